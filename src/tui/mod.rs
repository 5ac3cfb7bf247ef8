//! The terminal user interface. `run` is the door: it owns the `State`, feeds `update` with what happens, carries out
//! the effects, and draws `view`. Nothing else in this room waits, reads or writes.

pub mod action;
pub mod ascii;
mod bookmarks;
pub mod brush;
pub mod dialog;
mod export;
pub mod facts;
mod identity;
pub mod kept;
pub mod keymap;
pub mod mouse;
pub mod msg;
pub mod options;
mod rules;
pub mod run;
pub mod scene;
pub mod shell;
pub mod state;
pub mod tab;
pub mod terminal;
pub mod theme;
pub mod update;
pub mod view;
mod ways;
pub mod widget;

pub use options::Options;
pub use run::{Error, Handed, run};
pub use tab::{instances::Launchable, wrap_up::Ending};
