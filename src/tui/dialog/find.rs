//! The deep search: a text or a glob is looked for below a folder, and what is found is shown as it is found. The latest
//! search wins; no more is kept than a person would read.

use std::sync::Arc;

use crossterm::event::{Event, KeyEvent};
use ratatui::{buffer::Buffer, layout::Rect, style::Style};
use tui_input::{Input, backend::crossterm::EventHandler};

use crate::domain::{
    entry::{End, Entry, Kind},
    find::Wanted,
    key::Key,
    location::Location,
    plan::SyncOptions,
};

use crate::engine::{Command, View, event::Failed, look::LookAsk};

use crate::humanize;

use crate::tui::{
    action::{Answer, Move},
    dialog::{
        Decision, centred,
        input::{draw_input, insert},
    },
    shell::{Question, Shell},
    tab::browse::stepped,
    theme::Theme,
    widget::{
        paint::{put, put_middle, put_right, row as line_of, select, slice, wrap},
        panel::Panel,
        window::Window,
    },
};

/// The most that is kept; a search stops there.
const MOST: usize = 1_000;
/// Columns of size and time at the right.
const FACTS: u16 = 30;

/// How far the search is.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Stage {
    /// Nothing was looked for yet.
    Idle,
    /// The listing goes on.
    Running(View),
    /// All was looked at.
    Over,
    /// So much was found that it was stopped.
    Full,
    /// It could not be looked at, or not all of it.
    Broken(String),
}

/// The deep search.
#[derive(Debug)]
pub struct FindDialog {
    place: Location,
    folder: Key,
    options: Arc<SyncOptions>,
    input: Input,
    /// What was looked for last.
    searched: String,
    found: Vec<Entry>,
    seen: u64,
    stage: Stage,
    cursor: usize,
    window: Window,
}

impl FindDialog {
    /// A search below a folder of a place.
    pub fn new((place, folder): (Location, Key), options: Arc<SyncOptions>) -> Self {
        Self {
            place,
            folder,
            options,
            input: Input::default(),
            searched: String::new(),
            found: Vec::new(),
            seen: 0,
            stage: Stage::Idle,
            cursor: 0,
            window: Window::default(),
        }
    }

    /// Takes what was found; `true` where that is enough.
    pub fn absorb(
        &mut self,
        view: View,
        entries: Vec<Entry>,
        (seen, end): (u64, Option<&End>),
    ) -> bool {
        if self.stage != Stage::Running(view) {
            return false;
        }
        self.seen = seen;
        self.found.extend(entries);
        match end {
            Some(End::Complete) => self.stage = Stage::Over,
            Some(End::Broken { reason, .. }) => {
                self.stage = Stage::Broken(format!("the listing broke: {reason}"));
            }
            None => {}
        }
        let full = self.found.len() > MOST;
        if full {
            self.found.truncate(MOST);
            self.stage = Stage::Full;
        }
        full
    }

    /// Takes the bad news.
    pub fn fail(&mut self, view: View, failed: &Failed) {
        if self.stage == Stage::Running(view) {
            let help = failed.help.as_deref().unwrap_or_default();
            let text = format!("{} {help}", failed.message);
            self.stage = Stage::Broken(text.trim_end().to_owned());
        }
    }

    pub(super) fn back(shell: &mut Shell) -> Decision {
        stop(shell);
        Decision::Nothing
    }

    pub(super) fn type_key(&mut self, event: KeyEvent) -> Decision {
        self.input.handle_event(&Event::Key(event));
        Decision::Stay
    }

    /// Takes a text at once, without what controls a terminal.
    pub fn paste(&mut self, text: &str) {
        insert(&mut self.input, text);
    }

    pub(super) fn walk(&mut self, step: Move) {
        let last = self.found.len().saturating_sub(1);
        self.cursor = stepped(step, self.cursor, &self.window).min(last);
    }

    pub(super) fn answer(&mut self, answer: Answer, shell: &mut Shell) -> Decision {
        match answer {
            Answer::Accept if self.input.value() == self.searched => {
                let Some(entry) = self.found.get(self.cursor) else {
                    return Decision::Stay;
                };
                stop(shell);
                Decision::Reveal(entry.key.clone())
            }
            Answer::Accept => {
                self.search(shell);
                Decision::Stay
            }
            Answer::Tick
            | Answer::ExportPlan
            | Answer::StartAt
            | Answer::Batch
            | Answer::Fold
            | Answer::Remove
            | Answer::Complete => Decision::Stay,
        }
    }

    /// Looks for what is typed; what an earlier search still told is no longer wanted.
    fn search(&mut self, shell: &mut Shell) {
        stop(shell);
        self.input.value().clone_into(&mut self.searched);
        self.found.clear();
        (self.seen, self.cursor, self.stage) = (0, 0, Stage::Idle);
        if self.searched.is_empty() {
            return;
        }
        if let Err(error) = Wanted::of(&self.searched) {
            self.stage = Stage::Broken(error.to_string());
            return;
        }
        let ask = Box::new(LookAsk::Find {
            location: self.place.clone(),
            folder: self.folder.clone(),
            text: self.searched.clone(),
            options: Arc::clone(&self.options),
        });
        let view = shell.ask(Question::Found, |view| Command::Look { view, ask });
        self.stage = Stage::Running(view);
    }

    pub(super) fn draw(&self, shell: &Shell, screen: Rect, buffer: &mut Buffer) {
        let theme = &shell.theme;
        let height = screen.height.saturating_sub(4).clamp(6, 40);
        let area = centred(screen, (110, height), buffer);
        let below = self.place.show_key(&self.folder);
        let inner = Panel {
            label: "find below",
            title: &below,
            totals: &self.totals(),
            foot: self.foot(),
            focused: true,
            ..Panel::default()
        }
        .draw(area, buffer, theme);
        draw_input(&self.input, line_of(inner, 0), buffer, theme);
        let rows = Rect {
            y: inner.y + 2.min(inner.height),
            height: inner.height.saturating_sub(2),
            ..inner
        };
        if self.found.is_empty() {
            let (words, style) = self.words(shell);
            for (at, line) in (0..).zip(wrap(&words, rows.width)) {
                put(buffer, line_of(rows, at), &line, style);
            }
            return;
        }
        if let Stage::Broken(why) = &self.stage {
            let words = format!("! {why}");
            put_middle(buffer, line_of(inner, 1), &words, theme.missing);
        }
        self.draw_found(rows, shell, buffer);
    }

    fn draw_found(&self, rows: Rect, shell: &Shell, buffer: &mut Buffer) {
        let shown = self.window.show(self.cursor, self.found.len(), rows.height);
        for (at, number) in (0..).zip(shown) {
            let line = line_of(rows, at);
            if let Some(entry) = self.found.get(number) {
                draw_entry(entry, (self, shell), line, buffer);
            }
            if number == self.cursor {
                select(buffer, line, &shell.theme);
            }
        }
    }

    fn totals(&self) -> String {
        let found = humanize::count(self.found.len() as u64);
        let seen = humanize::count(self.seen);
        match self.stage {
            Stage::Idle => String::new(),
            Stage::Full => format!("the first {found}"),
            Stage::Running(_) => format!("{found} of {seen} so far"),
            Stage::Over | Stage::Broken(_) => format!("{found} of {seen}"),
        }
    }

    fn foot(&self) -> &'static str {
        if self.input.value() != self.searched || self.searched.is_empty() {
            "Enter searches · Esc back"
        } else if self.found.is_empty() {
            "Esc back"
        } else {
            "Enter goes there · Esc back"
        }
    }

    /// What stands in the place of what is found.
    fn words(&self, shell: &Shell) -> (String, Style) {
        let theme: &Theme = &shell.theme;
        match &self.stage {
            Stage::Idle => (
                "A text of the key, or a glob of its name: mewtwo, *.parquet, 2024-*/part-?.csv"
                    .to_owned(),
                theme.dim,
            ),
            Stage::Running(_) => (format!("{} looking", shell.spinner()), theme.dim),
            Stage::Over | Stage::Full => ("Nothing is named so below it.".to_owned(), theme.dim),
            Stage::Broken(why) => (format!("! {why}"), theme.missing),
        }
    }
}

fn draw_entry(
    entry: &Entry,
    (dialog, shell): (&FindDialog, &Shell),
    line: Rect,
    buffer: &mut Buffer,
) {
    let theme = &shell.theme;
    let bytes = entry.key.as_bytes();
    let below = bytes
        .strip_prefix(dialog.folder.as_bytes())
        .unwrap_or(bytes);
    let name = Key::new(below);
    let room = line.width.saturating_sub(FACTS + 4);
    put_middle(
        buffer,
        slice(line, 2, room),
        &name.printable(),
        Style::new(),
    );
    if entry.facts.kind != Kind::Folder {
        let size = humanize::bytes(entry.facts.size);
        let right = slice(line, line.width.saturating_sub(FACTS), 10);
        put_right(buffer, right, &size, theme.dim);
    }
    if let Some(at) = entry.facts.modified {
        let time = humanize::timestamp(at, &shell.zone);
        put_right(buffer, line, &time, theme.dim);
    }
}

fn stop(shell: &mut Shell) {
    shell.stop(|question| matches!(question, Question::Found));
}
