//! Commands about the program itself: its configuration, completions and manual page. None of them needs the engine.

mod config;
mod doctor;
mod shell;

pub use config::config;
pub use doctor::{Subject, doctor, subjects};
pub use shell::{completions, man};
