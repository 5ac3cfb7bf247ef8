//! Transfers against the embedded S3: what arrives, what was asked on the way, and what happens when something goes wrong.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::large_futures,
    reason = "a test stops at the first surprise, and its futures hold whole tasks"
)]

mod bears;
mod changed;
mod delete;
mod delta;
mod faults;
mod gzip;
mod killed;
mod moving;
mod paused;
mod read_back;
mod remove;
mod restored;
mod rig;
mod verified;

pub(crate) use rig::{AROUND, BUCKET, Ended, PART, Rig, noise};
