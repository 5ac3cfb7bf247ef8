//! A few things to choose from; the safe one first.

use std::time::Duration;

use ratatui::{buffer::Buffer, layout::Rect, style::Style};

use crate::domain::{
    cloud::Turn, key::Key, location::Location, plan::Edit, progress::TaskId, text::printable,
};

use crate::engine::cloud::Place;

use crate::tui::tab::{instances::Deed, wrap_up::Said};
use crate::tui::{
    action::{Answer, Move},
    dialog::{Decision, Dialog, centred, errand::Wish, plan::PlanForm},
    keymap::Context,
    shell::Shell,
    tab::browse::{Asked, stepped},
    theme::Theme,
    widget::{
        paint::{columns, put, put_middle, row as line_of, select, slice},
        panel::Panel,
        window::Window,
    },
};

/// An address that is to be signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// Where the object is.
    pub place: Location,
    /// Which one it is.
    pub key: Key,
    /// For how long the address holds.
    pub time: Duration,
}

/// What a row of a menu means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// Leave everything as it is.
    Nothing,
    /// Turn an instance.
    Turn(Place, Turn),
    /// Look at the launch of a run, by its number.
    PlanLaunch(usize),
    /// Go on with the end of a run.
    Wrap(Said),
    /// Stop a task.
    Cancel(TaskId),
    /// Put a text into the clipboard.
    Copy(String),
    /// Sign an address of an object, and put that into the clipboard.
    Address(Box<Signed>),
    /// Type what the chosen objects shall bear.
    Ask(Asked),
    /// Do this to all that is below the chosen folders.
    Below(Edit),
    /// Write the plan to a file, in this form.
    ExportPlan(PlanForm),
    /// Go to both places of a mapping, by its number.
    Mapping(usize),
    /// Choose parts of a mapping, by its number.
    Parts(usize),
    /// Plan what mappings shall do.
    Plan(Wish),
    /// Keep what is looked at under a name.
    Keep,
    /// Go to what is kept under this name.
    Bookmark(String),
    /// Leave as soon as no task runs.
    QuitWhenDone,
    /// Leave at once; a worker goes on with what runs.
    Detach,
    /// Leave at once.
    Quit,
}

impl Choice {
    fn decision(&self) -> Decision {
        match self {
            Self::Nothing => Decision::Nothing,
            Self::Turn(place, turn) => Decision::Instance(Deed::Turn(place.clone(), *turn)),
            Self::PlanLaunch(at) => Decision::Instance(Deed::PlanLaunch(*at)),
            Self::Wrap(said) => Decision::Wrap(said.clone()),
            Self::Cancel(task) => Decision::Cancel(*task),
            Self::Copy(text) => Decision::Copy(text.clone()),
            Self::Address(signed) => Decision::Address(signed.clone()),
            Self::Ask(asked) => Decision::Ask(*asked),
            Self::Below(edit) => Decision::Below(edit.clone()),
            Self::ExportPlan(form) => Decision::ExportPlan(*form),
            Self::Mapping(at) => Decision::Mapping(*at),
            Self::Parts(at) => Decision::Parts(*at),
            Self::Plan(wish) => Decision::Plan(wish.clone()),
            Self::Keep => Decision::AskBookmark,
            Self::Bookmark(name) => Decision::Bookmark(name.clone()),
            Self::QuitWhenDone => Decision::QuitWhenDone,
            Self::Detach => Decision::Detach,
            Self::Quit => Decision::Quit,
        }
    }
}

/// A few things to choose from.
#[derive(Debug)]
pub struct MenuDialog {
    title: String,
    about: Vec<String>,
    rows: Vec<(String, String, Choice)>,
    cursor: usize,
    window: Window,
}

impl MenuDialog {
    /// A question with its answers.
    pub fn ask(title: String, about: &str, choices: Vec<(&str, Choice)>) -> Self {
        let rows = choices
            .into_iter()
            .map(|(label, choice)| (label.to_owned(), String::new(), choice))
            .collect();
        let about = about.lines().map(str::to_owned).collect();
        Self {
            title,
            about,
            rows,
            cursor: 0,
            window: Window::default(),
        }
    }

    /// Texts to copy, each with its name, and addresses that are still to be signed.
    pub fn copy(texts: Vec<(&str, String)>, signed: Vec<(&str, Signed)>) -> Self {
        let texts = texts
            .into_iter()
            .map(|(name, text)| (name.to_owned(), text.clone(), Choice::Copy(text)));
        let signed = signed.into_iter().map(|(about, signed)| {
            let choice = Choice::Address(Box::new(signed));
            ("presigned".to_owned(), about.to_owned(), choice)
        });
        let rows = texts.chain(signed).collect();
        Self {
            title: "copy to the clipboard".to_owned(),
            about: Vec::new(),
            rows,
            cursor: 0,
            window: Window::default(),
        }
    }

    /// Places that are kept under names, and the wish to keep these.
    pub fn bookmarks(shell: &mut Shell) {
        let kept = shell.bookmarks.iter().map(|bookmark| {
            let name = printable(bookmark.name.as_bytes()).into_owned();
            let choice = Choice::Bookmark(bookmark.name.clone());
            (name, bookmark.scene.words(shell), choice)
        });
        let keep = ("keep these …".to_owned(), String::new(), Choice::Keep);
        let rows: Vec<_> = kept.chain([keep]).collect();
        let key = shell.keymap.key_of(Context::Menu, Answer::Remove.into());
        let about = key.filter(|_| rows.len() > 1);
        let about = about
            .map(|key| format!("Enter goes there, {key} takes one away"))
            .into_iter()
            .collect();
        shell.dialogs.push(Dialog::Menu(Self {
            title: "bookmarks".to_owned(),
            about,
            rows,
            cursor: 0,
            window: Window::default(),
        }));
    }

    /// Takes the bookmark under the cursor away.
    fn remove(&self) -> Decision {
        match self.rows.get(self.cursor) {
            Some((_, _, Choice::Bookmark(name))) => Decision::Forget(name.clone()),
            Some(_) | None => Decision::Stay,
        }
    }

    pub(super) fn walk(&mut self, step: Move) {
        let last = self.rows.len().saturating_sub(1);
        self.cursor = stepped(step, self.cursor, &self.window).min(last);
    }

    pub(super) fn answer(&self, answer: Answer) -> Decision {
        match answer {
            Answer::Accept => self
                .rows
                .get(self.cursor)
                .map_or(Decision::Nothing, |(_, _, choice)| choice.decision()),
            Answer::Remove => self.remove(),
            Answer::Tick
            | Answer::ExportPlan
            | Answer::StartAt
            | Answer::Batch
            | Answer::Fold
            | Answer::Complete => Decision::Stay,
        }
    }

    pub(super) fn draw(&self, shell: &Shell, screen: Rect, buffer: &mut Buffer) {
        let theme = &shell.theme;
        let widest = self
            .rows
            .iter()
            .map(|(name, text, _)| columns(name).max(8) + columns(text) + 6);
        let about = self.about.iter().map(|line| columns(line));
        let width = widest
            .chain(about)
            .chain([columns(&self.title) + 4, 34])
            .max()
            .unwrap_or(34)
            + 4;
        let lead = if self.about.is_empty() {
            0
        } else {
            self.about.len() + 1
        };
        let height = u16::try_from(self.rows.len() + lead + 2).unwrap_or(u16::MAX);
        let area = centred(screen, (width, height), buffer);
        let inner = Panel {
            title: &self.title,
            focused: true,
            ..Panel::default()
        }
        .draw(area, buffer, theme);
        for (at, text) in self.about.iter().enumerate() {
            put(
                buffer,
                line_of(inner, u16::try_from(at).unwrap_or(u16::MAX)),
                text,
                Style::new(),
            );
        }
        let lead = u16::try_from(lead).unwrap_or(0).min(inner.height);
        let rows = Rect {
            y: inner.y + lead,
            height: inner.height - lead,
            ..inner
        };
        self.draw_rows(rows, buffer, theme);
    }

    fn draw_rows(&self, area: Rect, buffer: &mut Buffer, theme: &Theme) {
        let shown = self.window.show(self.cursor, self.rows.len(), area.height);
        let names = self
            .rows
            .iter()
            .map(|(name, ..)| columns(name))
            .max()
            .unwrap_or(0);
        for (at, number) in shown.enumerate() {
            let line = line_of(area, u16::try_from(at).unwrap_or(u16::MAX));
            let Some((name, text, _)) = self.rows.get(number) else {
                continue;
            };
            let style = if text.is_empty() {
                Style::new()
            } else {
                theme.dim
            };
            put(buffer, slice(line, 2, line.width), name, style);
            put_middle(
                buffer,
                slice(line, names + 4, line.width),
                text,
                Style::new(),
            );
            if number == self.cursor {
                select(buffer, line, theme);
            }
        }
    }
}
