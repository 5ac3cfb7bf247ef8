//! The engine: tokio lives here. Front ends know `submit`, `events` and `snapshot`, and nothing else.

pub mod command;
pub mod event;
pub mod journal;
pub mod scan;
pub mod tasks;
pub mod transfer;

pub use command::{Command, View};
pub use event::{Body, Event, Snapshot};
