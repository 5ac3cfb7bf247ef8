//! What reaches `update`, and what it asks of the world in return. `run` is the only one who does either.

use std::sync::Arc;

use crossterm::event::{KeyEvent, MouseEvent};
use jiff::Timestamp;
use ratatui::layout::Size;

use crate::domain::{location::Remote, log::Record};
use crate::engine::{
    Command, Event, Snapshot, View, cloud::Opening, event::Failed, picture::Pixels,
};
use crate::tui::{
    brush::{Brush, Painted},
    kept::Change,
};

/// Something happened.
#[derive(Debug, Clone)]
pub enum Msg {
    /// A key was pressed.
    Key(KeyEvent),
    /// The mouse did something.
    Mouse(MouseEvent),
    /// Text was pasted.
    Paste(String),
    /// The terminal has this many columns and rows.
    Resize(u16, u16),
    /// The engine told a fact.
    Event(Box<Event>),
    /// Time went on.
    Tick {
        /// The time.
        now: Timestamp,
        /// Everything countable.
        snapshot: Box<Snapshot>,
    },
    /// The program told these about itself.
    Records(Vec<Arc<Record>>),
    /// A picture was painted for a room of so many columns and lines, or why not.
    Painted {
        /// Whose pixels, and the room.
        of: (View, Size),
        /// What to draw.
        painted: Result<Painted, String>,
    },
    /// A shell on an instance, for which the screen was put aside, is over.
    ShellOver(Box<ShellOver>),
    /// A file was written, or not.
    Saved(Result<Arc<str>, Arc<str>>),
    /// A signal asks the program to end; nothing is asked.
    Terminate,
    /// The terminal is gone: an ssh session was lost.
    Hangup,
}

/// How a shell on an instance ended.
#[derive(Debug, Clone)]
pub struct ShellOver {
    /// The instance's name.
    pub name: Arc<str>,
    /// Its exit code, where it had one, and what the program that opened it said last; or why there was none.
    pub ended: Result<(Option<i32>, Option<String>), Failed>,
}

/// What `update` wants done.
#[derive(Debug, Clone)]
pub enum Effect {
    /// Ask the engine.
    Engine(Command),
    /// A person gave this production remote's name: it may be written to.
    Consent(Remote),
    /// Put a text into the clipboard (OSC 52).
    Clipboard(String),
    /// Write a file where the program was started; an existing one gets a number, it is never overwritten.
    Save {
        /// Name without number.
        name: String,
        /// All of it.
        content: String,
    },
    /// Keep a bookmark, or what is looked at, for later sessions.
    Keep(Change),
    /// Paint a picture beside the screen.
    Paint {
        /// Whose pixels, and for which room.
        of: (View, Size),
        /// What.
        pixels: Pixels,
        /// By what means.
        brush: Brush,
    },
    /// Ring the bell, and let the terminal say this wherever the person looks (OSC 9).
    Notify(String),
    /// Draw every cell afresh.
    Redraw,
    /// Put the screen aside for a shell on an instance.
    Lend {
        /// The instance's name, safe for a terminal.
        name: Arc<str>,
        /// What opens it.
        opening: Box<Opening>,
    },
    /// Go back to the shell until `fg`.
    Suspend,
    /// Leave; a worker goes on with what runs.
    Detach,
    /// Leave.
    Quit,
}
