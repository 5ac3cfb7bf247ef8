//! The terminal: taken over and given back, also after a panic. The only place that touches its modes.

use std::{
    io::{self, Stdout, Write},
    mem::ManuallyDrop,
    thread,
};

use crossterm::{
    clipboard::CopyToClipboard,
    cursor,
    event::{DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture},
    execute,
    terminal::{
        Clear, ClearType, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode,
        enable_raw_mode, window_size,
    },
};
use ratatui::{Terminal, backend::CrosstermBackend, layout::Size};

use crate::tui::{state::State, view::view};

/// The screen, as long as it is ours.
#[derive(Debug)]
pub struct Screen {
    /// Never dropped: at its end it would show the cursor, as `give_back` does, and print where that fails, which panics
    /// where the connection and stderr with it are gone, before the tasks were left to a worker.
    terminal: ManuallyDrop<Terminal<CrosstermBackend<Stdout>>>,
    mouse: bool,
}

impl Screen {
    /// Takes the terminal over, with its mouse where that is wanted; from now on a panic of the thread that
    /// draws gives it back before it is told.
    pub fn take(mouse: bool) -> io::Result<Self> {
        let before = std::panic::take_hook();
        let screen = thread::current().id();
        std::panic::set_hook(Box::new(move |panic| {
            // Work beside the screen that panics is answered for where it was asked for; the screen goes on.
            if thread::current().id() != screen {
                tracing::error!(%panic, "work beside the screen broke off");
                return;
            }
            give_back().ok();
            before(panic);
        }));
        enter(mouse)?;
        Ok(Self {
            mouse,
            terminal: ManuallyDrop::new(Terminal::new(CrosstermBackend::new(io::stdout()))?),
        })
    }

    /// Draws a frame.
    pub fn draw(&mut self, state: &State) -> io::Result<()> {
        self.terminal.draw(|frame| view(state, frame)).map(|_| ())
    }

    /// Forgets what is on the screen, so that the next frame draws every cell. The terminal is asked nothing: its answer would mix
    /// with keys, and not every one answers.
    pub fn redraw(&mut self) -> io::Result<()> {
        execute!(io::stdout(), Clear(ClearType::All))?;
        // The frame before becomes an empty one.
        self.terminal.swap_buffers();
        Ok(())
    }

    /// Puts a text into the clipboard by OSC 52, which works over ssh.
    pub fn copy(&self, text: &str) -> io::Result<()> {
        execute!(io::stdout(), CopyToClipboard::to_clipboard_from(text))
    }

    /// Rings the bell and lets the terminal tell this (OSC 9), where it can; `text` is safe for a terminal.
    pub fn notify(&self, text: &str) -> io::Result<()> {
        let mut out = io::stdout();
        write!(out, "\x1b]9;{text}\x07\x07")?;
        out.flush()
    }

    /// Gives the terminal back for a while.
    pub fn leave(&mut self) -> io::Result<()> {
        give_back()
    }

    /// Takes the terminal over again.
    pub fn come_back(&mut self) -> io::Result<()> {
        enter(self.mouse)?;
        self.redraw()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back().ok();
    }
}

/// The pixels of a cell, where the terminal tells them.
pub fn cell() -> Option<Size> {
    let window = window_size().ok()?;
    let width = window.width.checked_div(window.columns)?;
    let height = window.height.checked_div(window.rows)?;
    (width > 0 && height > 0).then_some(Size::new(width, height))
}

fn enter(mouse: bool) -> io::Result<()> {
    enable_raw_mode()?;
    if mouse {
        execute!(io::stdout(), EnableMouseCapture)?;
    }
    execute!(
        io::stdout(),
        EnterAlternateScreen,
        EnableBracketedPaste,
        cursor::Hide
    )
}

fn give_back() -> io::Result<()> {
    disable_raw_mode()?;
    execute!(
        io::stdout(),
        DisableMouseCapture,
        DisableBracketedPaste,
        LeaveAlternateScreen,
        cursor::Show
    )?;
    io::stdout().flush()
}
