//! A look at the entry under the cursor, on the side that has the focus: asked for as soon as the cursor rests, the latest
//! wins. Only what was told is shown; nothing is kept of what the cursor left.

use std::cell::Cell;

use ratatui::{
    layout::Size,
    text::{Line, Span},
};

use crate::domain::{
    entry::Facts, key::Key, location::Location, side::Side, text::printable, version::Version,
};

use crate::engine::{Command, View, event::Failed, preview::Preview};

use crate::humanize;

use crate::tui::{
    dialog::{Dialog, pages::Pages},
    shell::{Question, Shell},
    tab::browse::{Browse, picture::Canvas},
};

/// Columns of a property's name in the reading view.
const NAME: usize = 18;

/// Which entry, on which side.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Seen {
    pub(super) side: Side,
    pub(super) place: Location,
    pub(super) key: Key,
    /// Whether this side has it.
    pub(super) is_here: bool,
}

/// How far the look is.
#[derive(Debug)]
pub(super) enum Stage {
    /// The cursor is to rest first.
    Waiting,
    /// The engine was asked.
    Asked(View),
    /// What it told.
    Told(Box<Preview>),
    /// Why it told nothing.
    Failed(String),
}

/// The panel's state.
#[derive(Debug)]
pub struct PreviewPanel {
    /// Whether it is on the screen.
    pub shown: bool,
    pub(super) seen: Option<Seen>,
    pub(super) stage: Stage,
    /// The picture that it is.
    pub(super) canvas: Canvas,
    /// The columns and lines that a picture has where it was drawn last.
    pub(super) room: Cell<Size>,
}

impl Default for PreviewPanel {
    fn default() -> Self {
        Self {
            shown: false,
            seen: None,
            stage: Stage::Waiting,
            canvas: Canvas::Empty,
            room: Cell::default(),
        }
    }
}

impl PreviewPanel {
    /// Takes the answer to the question that waits.
    pub fn absorb(&mut self, view: View, preview: Box<Preview>) {
        if matches!(self.stage, Stage::Asked(asked) if asked == view) {
            self.stage = Stage::Told(preview);
        }
    }

    /// Takes the bad news.
    pub fn fail(&mut self, view: View, failed: &Failed) {
        if matches!(self.stage, Stage::Asked(asked) if asked == view) {
            let help = failed.help.as_deref().unwrap_or_default();
            let text = format!("{} {help}", failed.message);
            self.stage = Stage::Failed(text.trim_end().to_owned());
        }
        self.fail_picture(view, failed);
    }
}

impl Browse {
    /// Shows the preview in the place of the other panels, or hides it.
    pub(super) fn toggle_preview(&mut self, shell: &mut Shell) {
        let shown = !self.preview.shown;
        if self.layout.shown {
            self.toggle_layout(shell);
        }
        self.gaps.focused = false;
        stop(shell);
        self.preview = PreviewPanel {
            shown,
            ..PreviewPanel::default()
        };
        self.attend_preview(shell, false);
    }

    /// Keeps the preview at the entry under the cursor; `rests` where time went by without a key.
    pub fn attend_preview(&mut self, shell: &mut Shell, rests: bool) {
        if !self.preview.shown {
            return;
        }
        let seen = self.seen();
        if seen != self.preview.seen {
            stop(shell);
            self.preview.seen = seen;
            self.preview.stage = Stage::Waiting;
            self.preview.canvas = Canvas::Empty;
        } else if rests && matches!(self.preview.stage, Stage::Waiting) {
            self.ask_preview(shell);
        }
        self.attend_picture(shell);
    }

    /// Looks at the file under the cursor, or reads what is seen of it.
    pub(super) fn look(&mut self, shell: &mut Shell) {
        if !self.preview.shown {
            return self.toggle_preview(shell);
        }
        let Some(seen) = &self.preview.seen else {
            return;
        };
        if let Stage::Told(preview) = &self.preview.stage {
            let lines = reading(preview, shell);
            let pages = Pages::new(seen.key.printable().into_owned(), lines);
            shell.dialogs.push(Dialog::Pages(pages));
        }
    }

    fn seen(&self) -> Option<Seen> {
        let place = self.place(self.focus)?.clone();
        let row = self.rows().current_row()?;
        let is_here = row.cell(self.focus).is_some();
        let key = self.rows().current_key()?;
        Some(Seen {
            side: self.focus,
            place,
            key,
            is_here,
        })
    }

    fn ask_preview(&mut self, shell: &mut Shell) {
        let Some(seen) = self.preview.seen.clone() else {
            return;
        };
        if !seen.is_here || seen.key.is_folder() {
            return;
        }
        let view = shell.ask(Question::Preview, |view| Command::Preview {
            view,
            location: seen.place,
            key: seen.key,
        });
        self.preview.stage = Stage::Asked(view);
    }
}

fn stop(shell: &mut Shell) {
    shell.stop(|question| matches!(question, Question::Preview | Question::Picture));
}

/// What an entry is, each with its name, safe for a terminal.
pub(super) fn facts(preview: &Preview, shell: &Shell) -> Vec<(String, String)> {
    let Facts { size, modified, .. } = &preview.facts;
    let bytes = match *size {
        ..1024 => format!("{} B", humanize::count(*size)),
        1024.. => format!("{} ({} B)", humanize::bytes(*size), humanize::count(*size)),
    };
    let mut facts = vec![("size".to_owned(), bytes)];
    let modified = modified.map(|at| humanize::timestamp_exact(at, &shell.zone));
    facts.extend(modified.map(|at| ("modified".to_owned(), at)));
    facts.extend(preview.properties.iter().map(|(name, value)| {
        let safe = |text: &str| printable(text.as_bytes()).into_owned();
        (safe(name), safe(value))
    }));
    facts.extend(versions(preview, shell));
    facts
}

/// The versions that there are, the newest first.
fn versions(preview: &Preview, shell: &Shell) -> Vec<(String, String)> {
    let count = preview.versions.len();
    let row = |(at, version): (usize, &Version)| {
        let name = format!("version {} of {count}", count - at);
        let size = version.content.as_ref();
        let size = size.map_or_else(|| "deleted".to_owned(), |held| humanize::bytes(held.size));
        let time = version
            .modified
            .map(|at| humanize::timestamp(at, &shell.zone));
        let latest = if version.is_latest { ", latest" } else { "" };
        (
            name,
            format!("{}, {size}{latest}", time.unwrap_or_default()),
        )
    };
    preview.versions.iter().enumerate().map(row).collect()
}

/// All that is known, to be read in full.
fn reading(preview: &Preview, shell: &Shell) -> Vec<Line<'static>> {
    let theme = &shell.theme;
    let mut lines: Vec<Line<'static>> = facts(preview, shell)
        .into_iter()
        .map(|(name, value)| {
            Line::from(vec![
                Span::styled(format!("{name:<NAME$}  "), theme.dim),
                Span::raw(value),
            ])
        })
        .collect();
    lines.push(Line::default());
    match &preview.content {
        Ok(glance) => {
            lines.push(Line::from(Span::styled(glance.what.clone(), theme.accent)));
            lines.extend(glance.lines.iter().map(|line| {
                let style = if line.heading {
                    theme.strong
                } else {
                    ratatui::style::Style::new()
                };
                Line::from(Span::styled(line.text.clone(), style))
            }));
            if glance.more {
                let text = "… only the beginning was read";
                lines.push(Line::from(Span::styled(text, theme.dim)));
            }
        }
        Err(why) => lines.push(Line::from(Span::styled(why.to_string(), theme.missing))),
    }
    lines
}
