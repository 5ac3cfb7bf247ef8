//! Training runs: files of the real writers, sources that grow, shrink and are replaced with the request log as the oracle,
//! and the command.

mod boxed;
mod cli;
mod fixtures;
mod launched;
mod logs;
mod machine;
mod packed;
mod replaced;
mod watch;
