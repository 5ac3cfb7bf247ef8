//! A line to type in: at the foot of the screen for filters, in a box for places and numbers.

use std::path::Path;

use crossterm::event::{Event, KeyEvent};
use jiff::Timestamp;
use ratatui::{buffer::Buffer, layout::Rect, style::Style};
use tui_input::{Input, backend::crossterm::EventHandler};

use crate::config::quantity;

use crate::domain::{entry::Entry, location::Location, progress::TaskId, side::Side};

use crate::engine::{Pace, View, event::Bucket};

use crate::tui::tab::{instances::Deed, wrap_up::Said};
use crate::tui::{
    action::Answer,
    dialog::{Decision, centred, complete::Completion},
    shell::Shell,
    tab::browse::Asked,
    theme::Theme,
    widget::{
        paint::{clear, put, put_middle, put_right, row as line_of, slice, wrap},
        panel::Panel,
    },
};

/// The most completions that are shown.
const OFFERS: usize = 8;
/// Columns of a box.
const WIDTH: u16 = 76;

/// What the text is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// The place of a side.
    Place(Side),
    /// Names to show in Browse, as they are typed.
    Filter,
    /// Lines to show in Log, as they are typed.
    Search,
    /// The name under which the places are kept.
    Bookmark,
    /// Parallel requests of a task.
    Workers(TaskId),
    /// Bytes a second of a task.
    Bandwidth(TaskId),
    /// Requests a second of a task.
    Requests(TaskId),
    /// The time at which a plan runs.
    Start,
    /// Something that Browse asks for.
    Browse(Asked),
    /// Why a run's things go without proof of its outputs.
    Reason,
    /// What is run on an instance.
    Exec,
}

impl Purpose {
    fn title(self) -> String {
        match self {
            Self::Place(side) => format!("{} side: go to", side.word()),
            Self::Filter => "filter".to_owned(),
            Self::Search => "search".to_owned(),
            Self::Bookmark => "keep these places as".to_owned(),
            Self::Workers(task) => format!("parallel requests of task {}", task.0),
            Self::Bandwidth(task) => format!("bandwidth of task {}", task.0),
            Self::Requests(task) => format!("requests a second of task {}", task.0),
            Self::Start => "run this plan at".to_owned(),
            Self::Browse(asked) => asked.title().to_owned(),
            Self::Exec => "run on the instance".to_owned(),
            Self::Reason => "delete without proof, because".to_owned(),
        }
    }

    fn help(self) -> &'static str {
        match self {
            Self::Place(_) => {
                "a path, s3://bucket/prefix, REMOTE:s3://bucket/prefix, s3:// for buckets"
            }
            Self::Filter => "names by their letters, or by a text as it stands behind a '",
            Self::Search => "",
            Self::Bookmark => "a name; one that is kept already is replaced",
            Self::Workers(_) => "a number from 1 to 256",
            Self::Bandwidth(_) => "bytes a second, e.g. 20MiB; empty is unlimited",
            Self::Requests(_) => "a number; empty is unlimited",
            Self::Reason => "the outputs are not proven to be in S3; the report keeps the reason",
            Self::Exec => "a line for its shell, by SSM; it goes on there if the screen is left",
            Self::Start => "02:00, +2h or 2026-01-31 02:00; empty is at once",
            Self::Browse(asked) => asked.help(),
        }
    }
}

fn workers(text: &str) -> Result<Pace, String> {
    match text.parse::<u16>() {
        Ok(count @ 1..=256) => Ok(Pace {
            workers: Some(count),
            ..Pace::default()
        }),
        Ok(_) | Err(_) => Err(format!("\"{text}\" is no number from 1 to 256")),
    }
}

fn bandwidth(text: &str) -> Result<Pace, String> {
    let rate = if text.is_empty() {
        None
    } else {
        quantity::rate(text).map_err(|invalid| invalid.to_string())?
    };
    Ok(Pace {
        bandwidth: Some(rate.unwrap_or(0)),
        ..Pace::default()
    })
}

fn requests(text: &str) -> Result<Pace, String> {
    let count = if text.is_empty() { Ok(0) } else { text.parse() };
    let count = count.map_err(|_wrong| format!("\"{text}\" is no whole number"))?;
    Ok(Pace {
        requests: Some(count),
        ..Pace::default()
    })
}

fn start(text: &str, shell: &Shell) -> Result<Option<Timestamp>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let now = shell.now.to_zoned(shell.zone.clone());
    let start = quantity::start(text, &now);
    start.map(Some).map_err(|invalid| invalid.to_string())
}

/// A line to type in.
#[derive(Debug)]
pub struct InputDialog {
    purpose: Purpose,
    input: Input,
    boxed: bool,
    before: String,
    trouble: Option<String>,
    completion: Completion,
    /// What it is about, behind its title.
    about: String,
}

impl InputDialog {
    /// At the foot of the screen.
    pub fn line(purpose: Purpose, text: String) -> Self {
        Self {
            purpose,
            input: Input::new(text.clone()),
            boxed: false,
            before: text,
            trouble: None,
            completion: Completion::default(),
            about: String::new(),
        }
    }

    /// In a box whose title says what it is about; `about` is safe for a terminal.
    pub fn boxed_about(purpose: Purpose, about: &str, text: String) -> Self {
        Self {
            about: format!(": {about}"),
            ..Self::boxed(purpose, text)
        }
    }

    /// In a box.
    pub fn boxed(purpose: Purpose, text: String) -> Self {
        Self {
            boxed: true,
            ..Self::line(purpose, text)
        }
    }

    /// Takes what was typed; a filter's text goes back to what it was.
    pub fn back(&self) -> Decision {
        match self.purpose {
            Purpose::Filter => Decision::Filter(self.before.clone()),
            Purpose::Search => Decision::Search(self.before.clone()),
            Purpose::Place(_)
            | Purpose::Bookmark
            | Purpose::Workers(_)
            | Purpose::Bandwidth(_)
            | Purpose::Requests(_)
            | Purpose::Reason
            | Purpose::Exec
            | Purpose::Start
            | Purpose::Browse(_) => Decision::Nothing,
        }
    }

    /// Whether the screen behind follows what is typed.
    pub fn is_live(&self) -> bool {
        matches!(self.purpose, Purpose::Filter | Purpose::Search)
    }

    pub(super) fn type_key(&mut self, event: KeyEvent) -> Decision {
        self.trouble = None;
        self.completion = Completion::default();
        self.input.handle_event(&Event::Key(event));
        self.typed()
    }

    fn typed(&self) -> Decision {
        match self.purpose {
            Purpose::Filter => Decision::Filter(self.input.value().to_owned()),
            Purpose::Search => Decision::Search(self.input.value().to_owned()),
            Purpose::Place(_)
            | Purpose::Bookmark
            | Purpose::Workers(_)
            | Purpose::Bandwidth(_)
            | Purpose::Requests(_)
            | Purpose::Reason
            | Purpose::Exec
            | Purpose::Start
            | Purpose::Browse(_) => Decision::Stay,
        }
    }

    pub(super) fn answer(&mut self, answer: Answer, shell: &mut Shell) -> Decision {
        match answer {
            Answer::Accept => self.accept(shell),
            Answer::Complete => {
                self.complete(shell);
                Decision::Stay
            }
            Answer::Tick
            | Answer::ExportPlan
            | Answer::StartAt
            | Answer::Batch
            | Answer::Fold
            | Answer::Remove => Decision::Stay,
        }
    }

    fn accept(&mut self, shell: &Shell) -> Decision {
        let text = self.input.value().trim();
        let taken = match self.purpose {
            Purpose::Place(side) => place(side, text, shell),
            Purpose::Filter | Purpose::Search => Ok(Decision::Nothing),
            Purpose::Bookmark if text.is_empty() => Err("a name is wanted".to_owned()),
            Purpose::Bookmark => Ok(Decision::Keep(text.to_owned())),
            Purpose::Workers(task) => workers(text).map(|change| Decision::Pace(task, change)),
            Purpose::Bandwidth(task) => bandwidth(text).map(|change| Decision::Pace(task, change)),
            Purpose::Requests(task) => requests(text).map(|change| Decision::Pace(task, change)),
            Purpose::Start => start(text, shell).map(Decision::Start),
            Purpose::Browse(asked) => asked
                .check(text)
                .map(|()| Decision::Typed(asked, text.to_owned())),
            Purpose::Exec if text.is_empty() => Err("a line is wanted".to_owned()),
            Purpose::Exec => Ok(Decision::Instance(Deed::Exec(text.to_owned()))),
            Purpose::Reason if text.is_empty() => Err("a reason is wanted".to_owned()),
            Purpose::Reason => Ok(Decision::Wrap(Said::Reason(text.to_owned()))),
        };
        taken.unwrap_or_else(|trouble| {
            self.trouble = Some(trouble);
            Decision::Stay
        })
    }

    /// Completes a place from what is named and listed.
    fn complete(&mut self, shell: &mut Shell) {
        let Purpose::Place(_) = self.purpose else {
            return;
        };
        let (completion, text) = Completion::begin(self.input.value(), shell);
        self.completion = completion;
        self.take_completed(text);
    }

    fn take_completed(&mut self, text: Option<String>) {
        if let Some(text) = text {
            self.input = Input::new(text);
        }
    }

    /// Takes what stands at the place that is typed.
    pub fn absorb(&mut self, view: View, entries: &[Entry], over: bool) {
        let text = self.completion.absorb(view, entries, over);
        self.take_completed(text);
    }

    /// Takes the buckets of the remote that is typed.
    pub fn absorb_buckets(&mut self, view: View, buckets: &[Bucket]) {
        let text = self.completion.absorb_buckets(view, buckets);
        self.take_completed(text);
    }

    /// Takes a pasted text.
    pub fn paste(&mut self, text: &str) -> Decision {
        self.trouble = None;
        self.completion = Completion::default();
        insert(&mut self.input, text);
        self.typed()
    }

    pub(super) fn draw(&self, shell: &Shell, screen: Rect, buffer: &mut Buffer) {
        let theme = &shell.theme;
        if !self.boxed {
            let line = line_of(screen, screen.height.saturating_sub(1));
            clear(buffer, line);
            let used = put(
                buffer,
                slice(line, 1, line.width),
                &format!("{}  ", self.purpose.title()),
                theme.accent,
            );
            draw_input(
                &self.input,
                slice(line, 1 + used, line.width),
                buffer,
                theme,
            );
            if self.input.value().is_empty() {
                let help = slice(line, 3 + used, line.width);
                put(buffer, help, self.purpose.help(), theme.dim);
            }
            return;
        }
        let offers = self.completion.found.len();
        let shown = offers.min(OFFERS);
        let rows = if shown > 1 { shown + 1 } else { 0 };
        let (text, style) = match &self.trouble {
            Some(trouble) => (format!("! {trouble}"), theme.missing),
            None => (self.purpose.help().to_owned(), theme.dim),
        };
        let lines = wrap(&text, WIDTH.min(screen.width).saturating_sub(6));
        let height = u16::try_from(4 + lines.len() + rows).unwrap_or(u16::MAX);
        let area = centred(screen, (WIDTH, height), buffer);
        let inner = Panel {
            title: &format!("{}{}", self.purpose.title(), self.about),
            focused: true,
            ..Panel::default()
        }
        .draw(area, buffer, theme);
        draw_input(&self.input, line_of(inner, 0), buffer, theme);
        let mut below = 2;
        for line in &lines {
            put(buffer, line_of(inner, below), line, style);
            below += 1;
        }
        if shown < 2 {
            return;
        }
        for (at, offer) in (below + 1..).zip(self.completion.offers().take(shown)) {
            let offer = crate::domain::text::printable(offer.as_bytes());
            put_middle(buffer, line_of(inner, at), &offer, Style::new());
        }
        if offers > shown {
            let more = format!("and {} more", offers - shown);
            put_right(buffer, line_of(inner, below), &more, theme.dim);
        }
    }
}

/// What a typed place means: a mapping or a bookmark of this name, else a location.
fn place(side: Side, text: &str, shell: &Shell) -> Result<Decision, String> {
    let mut mappings = shell.settings.mappings.iter();
    if let Some(at) = mappings.position(|mapping| *mapping.name == *text) {
        return Ok(Decision::Mapping(at));
    }
    if shell.bookmarks.iter().any(|bookmark| bookmark.name == text) {
        return Ok(Decision::Bookmark(text.to_owned()));
    }
    Location::parse(&expanded(text, shell.settings.home.as_deref()))
        .map(|place| Decision::Go(side, place))
        .map_err(|wrong| wrong.to_string())
}

/// `~` as the shell would have it; other people's homes are left as they are typed.
pub(super) fn expanded(text: &str, home: Option<&Path>) -> String {
    match (text.strip_prefix('~'), home) {
        (Some(rest), Some(home)) if rest.is_empty() || rest.starts_with('/') => {
            format!("{}{rest}", home.display())
        }
        (Some(_) | None, _) => text.to_owned(),
    }
}

/// Inserts a text that was pasted, without what controls a terminal.
pub(super) fn insert(input: &mut Input, text: &str) {
    for character in text.chars().filter(|character| !character.is_control()) {
        input.handle(tui_input::InputRequest::InsertChar(character));
    }
}

/// Draws a line that is typed in, with its cursor.
pub(super) fn draw_input(input: &Input, area: Rect, buffer: &mut Buffer, theme: &Theme) {
    let width = usize::from(area.width);
    if width == 0 {
        return;
    }
    let scroll = input.visual_scroll(width.saturating_sub(1));
    let text: String = crate::domain::text::printable(input.value().as_bytes()).into_owned();
    let shown: String = text.chars().skip(scroll).collect();
    put(buffer, area, &shown, Style::new());
    let at = u16::try_from(input.visual_cursor().saturating_sub(scroll)).unwrap_or(0);
    let cursor = slice(area, at, 1).intersection(buffer.area);
    buffer.set_style(
        cursor,
        theme
            .accent
            .add_modifier(ratatui::style::Modifier::REVERSED),
    );
}
