//! The doors to the outside: one contract for disk and S3, then what only S3 or only a disk can do, with the demo's
//! request log as the oracle. All that speaks to S3 runs on both data planes.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::large_futures,
    reason = "a test may stop at the first surprise, and SDK futures are large"
)]

mod drafts;
mod hot;
#[allow(clippy::duplicate_mod, reason = "the same tests, once a plane")]
#[path = "plane.rs"]
mod sdk;
#[allow(clippy::duplicate_mod, reason = "the same tests, once a plane")]
#[path = "plane.rs"]
mod thin;
