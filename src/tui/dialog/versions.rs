//! The versions of one object, or of all below a folder, delete markers among them: each with its age and size, and a key
//! away from being there again. What is listed is asked for once; nothing here changes anything but by the plan that follows.

use std::sync::Arc;

use ratatui::{buffer::Buffer, layout::Rect, style::Style};

use crate::domain::{key::Key, location::Location, plan::Edit, version::Version};

use crate::engine::{Command, View, event::Failed, look::LookAsk};

use crate::humanize;

use crate::tui::{
    action::{Answer, Move},
    dialog::{Decision, Dialog, centred},
    shell::{Question, Shell},
    tab::browse::stepped,
    widget::{
        paint::{put, put_middle, put_right, row as line_of, select, slice},
        panel::Panel,
        window::Window,
    },
};

/// The most versions that are kept.
const MOST: usize = 2_000;
// Columns of what a version is, its size, its age and its time.
const WHAT: u16 = 14;
const SIZE: u16 = 11;
const AGE: u16 = 9;
const TIME: u16 = 18;
const CLASS: u16 = 14;
/// The width from which on a list with names has all of them.
const WIDE: u16 = 100;

/// How far the listing is.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Stage {
    Running(View),
    Over,
    /// So many that it was stopped.
    Full,
    Broken(String),
}

/// The versions that there are.
#[derive(Debug)]
pub struct VersionsDialog {
    place: Location,
    below: Key,
    versions: Vec<Version>,
    stage: Stage,
    cursor: usize,
    window: Window,
}

impl VersionsDialog {
    /// Asks for the versions of an object, or of all below a folder.
    pub fn open(place: Location, below: Key, shell: &mut Shell) {
        let ask = Box::new(LookAsk::Versions {
            location: place.clone(),
            below: below.clone(),
        });
        let view = shell.ask(Question::Versions, |view| Command::Look { view, ask });
        shell.dialogs.push(Dialog::Versions(Box::new(Self {
            place,
            below,
            versions: Vec::new(),
            stage: Stage::Running(view),
            cursor: 0,
            window: Window::default(),
        })));
    }

    /// Takes some of them; `true` where no more are wanted.
    pub fn absorb(&mut self, view: View, versions: Vec<Version>, over: bool) -> bool {
        if self.stage != Stage::Running(view) {
            return false;
        }
        self.versions.extend(versions);
        if self.versions.len() > MOST {
            self.versions.truncate(MOST);
            self.stage = Stage::Full;
        } else if over {
            self.stage = Stage::Over;
        }
        matches!(self.stage, Stage::Full | Stage::Over)
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
        shell.stop(|question| matches!(question, Question::Versions));
        Decision::Nothing
    }

    pub(super) fn walk(&mut self, step: Move) {
        let last = self.versions.len().saturating_sub(1);
        self.cursor = stepped(step, self.cursor, &self.window).min(last);
    }

    pub(super) fn answer(&self, answer: Answer, shell: &mut Shell) -> Decision {
        let (Answer::Accept, Some(version)) = (answer, self.versions.get(self.cursor)) else {
            return Decision::Stay;
        };
        let edit = match (version.is_latest, version.is_marker()) {
            (true, true) => Edit::Undelete,
            (false, false) => Edit::BringBack {
                version: Arc::clone(&version.id),
            },
            (true, false) | (false, true) => return Decision::Stay,
        };
        Self::back(shell);
        Decision::BringBack(Box::new((self.place.clone(), version.key.clone(), edit)))
    }

    pub(super) fn draw(&self, shell: &Shell, screen: Rect, buffer: &mut Buffer) {
        let lines = u16::try_from(self.versions.len()).unwrap_or(u16::MAX);
        let height = lines.saturating_add(3).clamp(6, 30);
        let area = centred(screen, (110, height), buffer);
        let inner = Panel {
            label: "versions of",
            title: &self.place.show_key(&self.below),
            totals: &self.totals(shell),
            foot: self.foot(),
            focused: true,
            ..Panel::default()
        }
        .draw(area, buffer, &shell.theme);
        if self.versions.is_empty() {
            let (words, style) = self.words(shell);
            put_middle(buffer, line_of(inner, 0), &words, style);
            return;
        }
        let rows = Rect {
            y: inner.y + 1.min(inner.height),
            height: inner.height.saturating_sub(1),
            ..inner
        };
        self.draw_heading(line_of(inner, 0), shell, buffer);
        let shown = self
            .window
            .show(self.cursor, self.versions.len(), rows.height);
        for (at, number) in (0..).zip(shown) {
            let line = line_of(rows, at);
            if let Some(version) = self.versions.get(number) {
                self.draw_version(version, line, shell, buffer);
            }
            if number == self.cursor {
                select(buffer, line, &shell.theme);
            }
        }
    }

    /// The columns; where names want the room, class and time go, as the age is told too.
    fn columns(&self, line: Rect) -> [Rect; 6] {
        let named = self.below.is_empty() || self.below.is_folder();
        let (time, class) = if named && line.width < WIDE {
            (0, 0)
        } else {
            (TIME, CLASS)
        };
        let rest = line
            .width
            .saturating_sub(WHAT + SIZE + AGE + time + class + 3);
        let name = if named { rest } else { 0 };
        let mut from = 2;
        [name, WHAT, SIZE, AGE, time, class].map(|width| {
            let column = slice(line, from, width.min(line.width.saturating_sub(from)));
            from += width;
            column
        })
    }

    fn draw_heading(&self, line: Rect, shell: &Shell, buffer: &mut Buffer) {
        let dim = shell.theme.dim;
        let [name, what, size, age, time, class] = self.columns(line);
        put(buffer, name, "name", dim);
        put(buffer, what, "version", dim);
        put_right(buffer, size, "size", dim);
        put_right(buffer, age, "age", dim);
        put_right(buffer, time, "written", dim);
        put(buffer, slice(class, 2, class.width), "class", dim);
    }

    fn draw_version(&self, version: &Version, line: Rect, shell: &Shell, buffer: &mut Buffer) {
        let theme = &shell.theme;
        let [name, what, size, age, time, class] = self.columns(line);
        let bytes = version.key.as_bytes();
        let below = bytes.strip_prefix(self.below.as_bytes()).unwrap_or(bytes);
        put_middle(
            buffer,
            slice(name, 0, name.width.saturating_sub(2)),
            &Key::new(below).printable(),
            Style::new(),
        );
        let (word, style) = match (version.is_latest, version.is_marker()) {
            (true, false) => ("latest", theme.strong),
            (true, true) => ("deleted", theme.missing),
            (false, true) => ("delete marker", theme.dim),
            (false, false) => ("older", Style::new()),
        };
        put(buffer, what, word, style);
        let held = version.content.as_ref();
        let bytes = held.map_or_else(|| "—".to_owned(), |held| humanize::bytes(held.size));
        put_right(buffer, size, &bytes, style);
        if let Some(at) = version.modified {
            put_right(buffer, age, &humanize::age_of(at, shell.now), theme.dim);
            put_right(
                buffer,
                time,
                &humanize::timestamp(at, &shell.zone),
                theme.dim,
            );
        }
        let kept = held
            .and_then(|held| held.class.as_deref())
            .unwrap_or_default();
        put(buffer, slice(class, 2, class.width), kept, theme.dim);
    }

    fn totals(&self, shell: &Shell) -> String {
        let bytes: u64 = self
            .versions
            .iter()
            .filter_map(|one| one.content.as_ref())
            .map(|held| held.size)
            .sum();
        let count = humanize::count(self.versions.len() as u64);
        let told = format!("{count} · {}", humanize::bytes(bytes));
        match &self.stage {
            Stage::Running(_) => format!("{} {told}", shell.spinner()),
            Stage::Full => format!("the first {told}"),
            Stage::Over | Stage::Broken(_) => told,
        }
    }

    fn foot(&self) -> &'static str {
        let version = self.versions.get(self.cursor);
        match version.map(|one| (one.is_latest, one.is_marker())) {
            Some((true, true)) => "Enter takes the delete marker away, by plan · Esc back",
            Some((false, false)) => "Enter brings this version back, by plan · Esc back",
            Some((true, false)) => "this is what stands there now · Esc back",
            Some((false, true)) | None => "Esc back",
        }
    }

    /// What stands in the place of versions.
    fn words(&self, shell: &Shell) -> (String, Style) {
        match &self.stage {
            Stage::Running(_) => (
                format!("{} listing versions", shell.spinner()),
                shell.theme.dim,
            ),
            Stage::Over | Stage::Full => ("It has no versions.".to_owned(), shell.theme.dim),
            Stage::Broken(why) => (format!("! {why}"), shell.theme.missing),
        }
    }
}
