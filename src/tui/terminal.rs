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

use crate::config::Env;
use crate::tui::{state::State, view::view};

/// How the terminal is asked to tell a person something while the window is not looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Telling {
    /// OSC 9: iTerm2, Kitty, `WezTerm`, Ghostty, Windows Terminal.
    #[default]
    Osc9,
    /// OSC 777: rxvt, foot, terminals of VTE.
    Osc777,
}

impl Telling {
    /// What the environment tells of the terminal; both at once would be told twice by those that know both.
    pub fn of(env: &Env) -> Self {
        let term = env.variable("TERM").unwrap_or_default();
        let knows = ["rxvt", "foot"].iter().any(|word| term.contains(word));
        if knows || env.variable("VTE_VERSION").is_some() {
            return Self::Osc777;
        }
        Self::Osc9
    }

    /// The bell, and the text for the terminal to tell; `text` is safe for a terminal.
    fn written(self, text: &str) -> String {
        match self {
            Self::Osc9 => format!("\x1b]9;{text}\x07\x07"),
            Self::Osc777 => format!("\x1b]777;notify;wharf;{text}\x1b\\\x07"),
        }
    }
}

/// The screen, as long as it is ours.
#[derive(Debug)]
pub struct Screen {
    /// Never dropped: at its end it would show the cursor, as `give_back` does, and print where that fails, which panics
    /// where the connection and stderr with it are gone, before the tasks were left to a worker.
    terminal: ManuallyDrop<Terminal<CrosstermBackend<Stdout>>>,
    mouse: bool,
    telling: Telling,
}

impl Screen {
    /// Takes the terminal over, with its mouse where that is wanted; from now on a panic of the thread that
    /// draws gives it back before it is told.
    pub fn take(mouse: bool, telling: Telling) -> io::Result<Self> {
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
            telling,
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

    /// Rings the bell and lets the terminal tell this, where it can; `text` is safe for a terminal.
    pub fn notify(&self, text: &str) -> io::Result<()> {
        let mut out = io::stdout();
        out.write_all(self.telling.written(text).as_bytes())?;
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

#[cfg(test)]
mod tests {
    use super::Telling;
    use crate::config::Env;

    #[test]
    fn each_terminal_is_asked_in_the_form_that_it_knows() {
        let of = |name: &str, value: &str| Telling::of(&Env::of_variables(&[(name, value)]));
        assert_eq!(of("TERM", "xterm-kitty"), Telling::Osc9);
        assert_eq!(of("TERM", "foot-extra"), Telling::Osc777);
        assert_eq!(of("VTE_VERSION", "7600"), Telling::Osc777);
        assert_eq!(Telling::Osc9.written("a"), "\x1b]9;a\x07\x07");
        assert_eq!(
            Telling::Osc777.written("a"),
            "\x1b]777;notify;wharf;a\x1b\\\x07"
        );
    }
}
