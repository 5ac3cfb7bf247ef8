//! wharf: look at buckets, compare them, move data with proof. Rooms and their order: ARCHITECTURE.md.

pub mod backend;
pub mod cli;
pub mod config;
pub mod demo;
pub mod domain;
pub mod engine;
pub mod humanize;
pub mod logging;
pub mod tui;
