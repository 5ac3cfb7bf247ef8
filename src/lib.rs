//! wharf: look at buckets, compare them, move data with proof. Rooms and their order: ARCHITECTURE.md.

// What the engine's nested futures are proven to be is deeper than the compiler looks by itself.
#![recursion_limit = "256"]

pub mod backend;
pub mod cli;
pub mod config;
pub mod demo;
pub mod domain;
pub mod engine;
pub mod humanize;
pub mod logging;
pub mod tui;
