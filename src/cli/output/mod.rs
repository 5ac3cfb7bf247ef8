//! What a headless command says: results on stdout (lines for people, JSON lines for programs), all else on stderr.
//! A reader that went away ends the output quietly; nothing else writes to stdout.

pub mod record;
pub mod table;

use std::{
    fmt::Display,
    io::{self, IsTerminal as _, Write},
};

use serde::Serialize;

use crate::cli::args::When;

/// Where results and remarks go, and in which form.
pub struct Output {
    out: Box<dyn Write + Send>,
    err: Box<dyn Write + Send>,
    style: Style,
    /// The reader of stdout went away: go on in silence.
    gone: bool,
}

/// The form of what is written.
#[derive(Debug, Clone, Copy, Default)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own about the process"
)]
pub struct Style {
    /// One JSON object a line instead of text.
    pub json: bool,
    /// Only results and errors.
    pub quiet: bool,
    /// Stdout is a terminal: tables, aligned.
    pub terminal: bool,
    /// Stderr is a terminal: bars that move.
    pub live: bool,
    /// Somebody can answer a question.
    pub asks: bool,
    /// Colour may be used.
    pub colour: bool,
}

impl Style {
    /// The form that fits this process and these flags. `no_color` is whether `NO_COLOR` is set.
    pub fn of_process(json: bool, quiet: bool, color: When, no_color: bool) -> Self {
        let terminal = io::stdout().is_terminal();
        let live = io::stderr().is_terminal();
        Self {
            json,
            quiet,
            terminal,
            live: live && !json && !quiet,
            asks: io::stdin().is_terminal() && live && !json,
            colour: match color {
                When::Auto => terminal && !no_color,
                When::Always => true,
                When::Never => false,
            },
        }
    }
}

impl Output {
    /// Output to these writers.
    pub fn new(out: Box<dyn Write + Send>, err: Box<dyn Write + Send>, style: Style) -> Self {
        Self {
            out,
            err,
            style,
            gone: false,
        }
    }

    /// Output of this process: stdout in large blocks, flushed at the end; stderr at once.
    pub fn of_process(style: Style) -> Self {
        let out = io::BufWriter::with_capacity(64 * 1024, io::stdout());
        Self::new(Box::new(out), Box::new(io::stderr()), style)
    }

    /// The form.
    pub fn style(&self) -> Style {
        self.style
    }

    /// A result for programs: one JSON object on a line, only with `--json`.
    pub fn record(&mut self, record: &impl Serialize) {
        if !self.style.json || self.gone {
            return;
        }
        let written = serde_json::to_writer(&mut self.out, record)
            .map_err(io::Error::from)
            .and_then(|()| self.out.write_all(b"\n"));
        self.gone |= written.is_err();
    }

    /// A result for people: one line, only without `--json`.
    pub fn line(&mut self, line: impl Display) {
        if self.style.json || self.gone {
            return;
        }
        self.gone |= writeln!(self.out, "{line}").is_err();
    }

    /// Exactly this text on stdout, in either form (completions, a file's content).
    pub fn text(&mut self, text: &str) {
        self.gone |= self.gone || self.out.write_all(text.as_bytes()).is_err();
    }

    /// A remark for people on stderr: what is read, what is about to happen. Silent with `--quiet` and `--json`.
    pub fn remark(&mut self, line: impl Display) {
        if !self.style.quiet && !self.style.json {
            self.tell(line);
        }
    }

    /// What must be told in any case, on stderr.
    pub fn tell(&mut self, line: impl Display) {
        // Where stderr is gone, nobody is left to tell.
        let _told = writeln!(self.err, "{line}");
    }

    /// A question's text on stderr, without a line's end.
    pub fn ask(&mut self, question: impl Display) {
        let _asked = write!(self.err, "{question}").and_then(|()| self.err.flush());
    }

    /// An error and what to do next.
    pub fn error(&mut self, message: impl Display, help: Option<&str>) {
        self.flush();
        self.tell(format_args!("wharf: {message}"));
        if let Some(help) = help {
            self.tell(format_args!("help: {help}"));
        }
    }

    /// Whether nobody reads stdout any more.
    pub fn is_gone(&self) -> bool {
        self.gone
    }

    /// Writes out what is still held back.
    pub fn flush(&mut self) {
        self.gone |= self.out.flush().is_err();
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        self.flush();
    }
}
