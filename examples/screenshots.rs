//! Makes the pictures of the README: drives the real binary on its demo in a terminal and writes what a person sees as SVG.
//!
//! `cargo run --example screenshots` writes `assets/screenshots/*.svg`; nothing there is drawn by hand.
#![allow(
    clippy::unwrap_used,
    reason = "the pictures are made at a desk: stopping at the first fault is what is wanted"
)]

#[path = "../tests/wharf/support/terminal.rs"]
#[allow(
    dead_code,
    reason = "the tests use more of the terminal than the pictures do"
)]
mod terminal;

use std::{fmt::Write as _, fs, path::Path, time::Duration};

use terminal::Terminal;
use vt100::{Cell, Color};

/// Width and height of a character cell, pixels.
const CELL: (f64, f64) = (8.4, 18.0);
const BACKGROUND: &str = "#11111b";
const FOREGROUND: &str = "#cdd6f4";
/// How long a screen is still before its picture is taken.
const QUIET: Duration = Duration::from_millis(300);
const SIZES: [(u16, u16); 3] = [(80, 24), (132, 36), (200, 60)];

fn main() -> std::io::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = root.join("assets/screenshots");
    fs::create_dir_all(&folder)?;
    let binary = std::env::current_exe()?
        .parent()
        .and_then(Path::parent)
        .unwrap_or(root)
        .join("wharf");
    for size in SIZES {
        // A home of its own, so that the pictures show `~` and not a folder of this machine.
        let home = tempfile::tempdir()?;
        let world = home.path().join("pokemon");
        let args = ["demo".as_ref(), "--keep".as_ref(), world.as_os_str()];
        let terminal = Terminal::start(&binary, &args, home.path(), size);
        let mut shots = Shots {
            terminal,
            folder: &folder,
            size,
        };
        shots.story()?;
    }
    Ok(())
}

/// The story, with a picture at each place that is worth one.
struct Shots<'a> {
    terminal: Terminal,
    folder: &'a Path,
    size: (u16, u16),
}

impl Shots<'_> {
    fn story(&mut self) -> std::io::Result<()> {
        self.terminal.until("raw/");
        self.take("browse")?;
        self.terminal.press("c");
        self.terminal.until("begin with \"M\"");
        self.take("gaps")?;
        self.terminal.press("L");
        self.terminal.until("extension");
        self.take("layout")?;
        self.terminal.press("L?");
        self.terminal.until("next difference");
        self.take("help")?;
        self.terminal.press("\x1b");
        self.terminal.until_gone("next difference");
        self.terminal.press("s");
        self.terminal.until("to count again");
        self.take("plan")?;
        self.terminal.press("\r2");
        self.terminal.until("in flight");
        self.take("tasks")?;
        self.terminal.until("0 running, 1 over");
        self.terminal.press("6");
        self.terminal.until("counted again");
        self.take("log")?;
        self.terminal.press("5");
        self.terminal.until("what still costs");
        self.take("wrap-up")
    }

    fn take(&mut self, name: &str) -> std::io::Result<()> {
        // The last frame counts: take in what comes until nothing came for a while.
        while let Ok(bytes) = self.terminal.output.recv_timeout(QUIET) {
            self.terminal.take(&bytes);
        }
        let path = self
            .folder
            .join(format!("{name}-{}x{}.svg", self.size.0, self.size.1));
        fs::write(path, svg(self.terminal.parser.screen(), self.size))
    }
}

/// The screen as an SVG picture of `columns` × `rows` cells.
fn svg(screen: &vt100::Screen, (columns, rows): (u16, u16)) -> String {
    let (width, height) = (
        f64::from(columns) * CELL.0 + 16.0,
        f64::from(rows) * CELL.1 + 16.0,
    );
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" viewBox=\"0 0 {width:.0} {height:.0}\">\n\
         <rect width=\"100%\" height=\"100%\" rx=\"6\" fill=\"{BACKGROUND}\"/>\n\
         <g font-family=\"ui-monospace, 'JetBrains Mono', 'DejaVu Sans Mono', Menlo, Consolas, monospace\" font-size=\"14\" xml:space=\"preserve\">\n"
    );
    for row in 0..rows {
        for run in runs(screen, row, columns) {
            run.write(&mut out, row);
        }
    }
    out.push_str("</g>\n</svg>\n");
    out
}

/// Neighbouring cells of one look.
struct Run {
    column: u16,
    width: u16,
    text: String,
    look: Look,
}

#[derive(PartialEq, Clone)]
struct Look {
    foreground: String,
    background: Option<String>,
    bold: bool,
    dim: bool,
    underline: bool,
}

fn runs(screen: &vt100::Screen, row: u16, columns: u16) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for column in 0..columns {
        let Some(cell) = screen.cell(row, column) else {
            continue;
        };
        if cell.is_wide_continuation() {
            if let Some(run) = runs.last_mut() {
                run.width += 1;
            }
            continue;
        }
        let text = if cell.has_contents() {
            cell.contents()
        } else {
            " "
        };
        let look = Look::of(cell);
        match runs.last_mut().filter(|run| run.look == look) {
            Some(run) => {
                run.text.push_str(text);
                run.width += 1;
            }
            None => runs.push(Run {
                column,
                width: 1,
                text: text.to_owned(),
                look,
            }),
        }
    }
    runs.retain(|run| run.look.background.is_some() || !run.text.trim().is_empty());
    runs
}

impl Run {
    fn write(&self, out: &mut String, row: u16) {
        let (x, y) = (
            8.0 + f64::from(self.column) * CELL.0,
            8.0 + f64::from(row) * CELL.1,
        );
        let width = f64::from(self.width) * CELL.0;
        if let Some(background) = &self.look.background {
            // Writing to a String cannot fail.
            write!(out, "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{}\" fill=\"{background}\"/>", CELL.1).unwrap_or_default();
        }
        let mut style = String::new();
        for (on, text) in [
            (self.look.bold, " font-weight=\"bold\""),
            (self.look.dim, " opacity=\"0.6\""),
            (self.look.underline, " text-decoration=\"underline\""),
        ] {
            style.push_str(if on { text } else { "" });
        }
        writeln!(
            out,
            "<text x=\"{x:.1}\" y=\"{:.1}\" textLength=\"{width:.1}\" lengthAdjust=\"spacingAndGlyphs\" fill=\"{}\"{style}>{}</text>",
            y + 13.5,
            self.look.foreground,
            escaped(&self.text)
        )
        .unwrap_or_default();
    }
}

impl Look {
    fn of(cell: &Cell) -> Self {
        let (mut foreground, mut background) = (colour(cell.fgcolor()), colour(cell.bgcolor()));
        if cell.inverse() {
            (foreground, background) = (
                Some(background.unwrap_or_else(|| BACKGROUND.to_owned())),
                Some(foreground.unwrap_or_else(|| FOREGROUND.to_owned())),
            );
        }
        Self {
            foreground: foreground.unwrap_or_else(|| FOREGROUND.to_owned()),
            background,
            bold: cell.bold(),
            dim: cell.dim(),
            underline: cell.underline(),
        }
    }
}

/// The colour as a dark terminal shows it; `None` is the terminal's own.
fn colour(colour: Color) -> Option<String> {
    const NAMED: [&str; 16] = [
        "#45475a", "#f38ba8", "#a6e3a1", "#f9e2af", "#89b4fa", "#cba6f7", "#94e2d5", "#bac2de",
        "#6c7086", "#f38ba8", "#a6e3a1", "#f9e2af", "#89b4fa", "#cba6f7", "#94e2d5", "#ffffff",
    ];
    let hex = |r: u8, g: u8, b: u8| format!("#{r:02x}{g:02x}{b:02x}");
    match colour {
        Color::Default => None,
        Color::Rgb(r, g, b) => Some(hex(r, g, b)),
        Color::Idx(index @ 0..=15) => NAMED.get(usize::from(index)).map(|&name| name.to_owned()),
        Color::Idx(index @ 16..=231) => {
            let level = |step: u8| if step == 0 { 0 } else { 55 + 40 * step };
            let cube = index - 16;
            Some(hex(level(cube / 36), level(cube / 6 % 6), level(cube % 6)))
        }
        Color::Idx(index) => {
            let grey = 8 + 10 * (index - 232);
            Some(hex(grey, grey, grey))
        }
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
