//! Headless commands: the engine's questions and answers for scripts and CI. Sees no screen and no SDK.

pub mod args;
pub mod command;
pub mod ending;
pub mod errand;
pub mod exit;
pub mod launching;
pub mod lines;
pub mod output;
pub mod route;
pub mod setup;
pub mod target;
