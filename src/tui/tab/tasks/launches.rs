//! Launches of this session, as rows among the tasks: no plan stands behind them, and the run's ledger remembers them in place of
//! the journal. What the engine tells of one moves it from step to step.

use std::{sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};
use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::Style,
    text::{Line, Span},
};

use crate::domain::{cloud::State, progress::TaskState, text::printable};
use crate::engine::{
    event::Failed,
    launch::{LaunchAsk, LaunchTold},
};
use crate::humanize;
use crate::tui::{
    action::Tasking,
    dialog::{Dialog, pages::Pages},
    shell::Shell,
    tab::{log::Weight, tasks::Tasks},
    theme::Theme,
    widget::{
        gauge::gauge,
        paint::{columns, put, put_line, put_middle, put_right, row as line_of, slice, wrap},
        panel::Panel,
    },
};

use super::{state_sign, view::state_style};

/// Its steps, in their order.
const STEPS: [&str; 5] = ["checks", "files", "instance", "running", "status checks"];
/// Columns of a name before its value.
const WORD: usize = 15;
/// Columns of a report.
const REPORT: u16 = 96;

/// A launch of this session.
#[derive(Debug)]
pub struct Launch {
    /// The run.
    pub run: Arc<str>,
    /// Its name, which no other has.
    pub name: Box<str>,
    /// Its instance, once AWS has told it.
    pub id: Option<Box<str>>,
    began: Timestamp,
    ended: Option<Timestamp>,
    /// Steps that are over, each with what came of it and when.
    over: Vec<(String, Timestamp)>,
    /// What is told of the step under way.
    now: String,
    folder: String,
    price: String,
    put: (u64, u64),
    failed: Option<Failed>,
}

impl Launch {
    fn of(ask: &LaunchAsk, now: Timestamp) -> Self {
        Self {
            run: Arc::clone(&ask.run),
            name: ask.named.clone().unwrap_or_default(),
            id: None,
            began: now,
            ended: None,
            over: Vec::new(),
            now: "looked at once more".to_owned(),
            folder: ask.folder.to_string(),
            price: String::new(),
            put: (0, 0),
            failed: None,
        }
    }

    /// Where it stands.
    pub(super) fn state(&self) -> TaskState {
        match (&self.failed, self.ended) {
            (Some(_), _) => TaskState::Failed,
            (None, Some(_)) => TaskState::Done,
            (None, None) => TaskState::Running,
        }
    }

    /// What it is called; safe for a terminal.
    pub(super) fn title(&self) -> String {
        format!("launch {}", printable(self.run.as_bytes()))
    }

    /// The same in a word: the step under way, or how it ended.
    fn word(&self) -> &'static str {
        match self.state() {
            TaskState::Failed => "failed",
            TaskState::Done => "launched",
            TaskState::Waiting
            | TaskState::Running
            | TaskState::Paused
            | TaskState::Recounting
            | TaskState::Cancelled
            | TaskState::Interrupted => STEPS.get(self.over.len()).copied().unwrap_or("launched"),
        }
    }

    /// In a line, as tasks are told.
    pub fn summary(&self, now: Timestamp) -> String {
        format!(
            "{} {}  {}  {}",
            state_sign(self.state()),
            self.title(),
            self.word(),
            self.elapsed(now)
        )
    }

    /// Does what the person means with it.
    pub(super) fn act(&self, action: Tasking, shell: &mut Shell) {
        match action {
            Tasking::Errors | Tasking::Report => {
                let lines = self.lines(shell, REPORT);
                let pages = Pages::new(self.title(), lines);
                shell.dialogs.push(Dialog::Pages(pages));
            }
            Tasking::Pause
            | Tasking::Resume
            | Tasking::Cancel
            | Tasking::Raise
            | Tasking::Lower
            | Tasking::Workers
            | Tasking::Bandwidth
            | Tasking::Requests
            | Tasking::CleanUp => {
                let run = printable(self.run.as_bytes());
                let text = format!(
                    "A launch is neither held nor taken back: the wrap-up of {run} ends what it made."
                );
                shell.say(Weight::Info, text);
            }
            // Leads to another tab: the root does it.
            Tasking::Follow => {}
        }
    }

    /// Whether an action would have an effect now.
    pub(super) fn offers(&self, action: Tasking) -> bool {
        match action {
            Tasking::Report => true,
            Tasking::Errors => self.failed.is_some(),
            Tasking::Pause
            | Tasking::Resume
            | Tasking::Cancel
            | Tasking::Raise
            | Tasking::Lower
            | Tasking::Workers
            | Tasking::Bandwidth
            | Tasking::Requests
            | Tasking::CleanUp
            | Tasking::Follow => false,
        }
    }

    fn elapsed(&self, now: Timestamp) -> String {
        let time = length(self.began, self.ended.unwrap_or(now));
        if self.ended.is_some() {
            humanize::duration(time)
        } else {
            humanize::clock(time)
        }
    }

    /// How long it took, once it is over.
    pub fn took(&self) -> Option<SignedDuration> {
        self.ended.map(|ended| ended.duration_since(self.began))
    }

    fn take(&mut self, told: &LaunchTold, now: Timestamp) {
        match told {
            LaunchTold::Planned(plan) => {
                self.folder = plan.folder.to_string();
                self.price = humanize::launch_price(plan.whole, plan.limits);
                let bad = plan.checks.iter().filter(|check| check.forbids()).count();
                let all = humanize::counted(plan.checks.len() as u64, "check");
                if bad == 0 {
                    self.done_until(1, &format!("{all}, none forbids it"), now);
                } else {
                    self.now = format!("{all}, {bad} will not do");
                }
            }
            LaunchTold::Putting { name, bytes } => {
                self.put = (self.put.0 + 1, self.put.1 + bytes);
                let size = humanize::bytes(*bytes);
                self.now = format!("{}: {name}, {size}", self.put.0);
            }
            LaunchTold::Asking => {
                let (files, bytes) = (self.put.0, humanize::bytes(self.put.1));
                let words = format!(
                    "{} beside the run, {bytes}",
                    humanize::counted(files, "file")
                );
                self.done_until(2, &words, now);
                "AWS is asked".clone_into(&mut self.now);
            }
            LaunchTold::Launched { id } => {
                self.id = Some(id.clone());
                self.done_until(3, id, now);
                State::Pending.word().clone_into(&mut self.now);
            }
            LaunchTold::State(State::Running) => self.runs(now),
            LaunchTold::State(state) => state.word().clone_into(&mut self.now),
            LaunchTold::Over { state, .. } => {
                if *state == State::Running {
                    self.runs(now);
                }
                self.done_until(STEPS.len(), "passed", now);
                self.ended = Some(now);
            }
        }
    }

    fn runs(&mut self, now: Timestamp) {
        self.done_until(4, "", now);
        "waited for".clone_into(&mut self.now);
    }

    /// All steps before this one are over; the last of them came to these words.
    fn done_until(&mut self, step: usize, words: &str, now: Timestamp) {
        while self.over.len() < step {
            let last = self.over.len() + 1 == step;
            let words = if last { words } else { "" };
            self.over.push((words.to_owned(), now));
            self.now.clear();
        }
    }

    fn fail(&mut self, failed: &Failed, now: Timestamp) {
        self.failed = Some(failed.clone());
        self.ended = Some(now);
    }

    /// Its steps, then what is known of it, then why it failed, in so many columns.
    fn lines(&self, shell: &Shell, width: u16) -> Vec<Line<'static>> {
        let theme = &shell.theme;
        let steps = STEPS.iter().zip(0..);
        let mut lines: Vec<Line<'static>> = steps
            .flat_map(|(step, at)| self.step((step, at), (shell, width)))
            .collect();
        lines.push(Line::default());
        let id = self.id.as_deref().unwrap_or("none yet").to_owned();
        let known = [
            ("launch", self.name.to_string()),
            ("beside it", self.folder.clone()),
            ("instance", id),
            ("costs", self.price.clone()),
        ];
        for (name, value) in known {
            let sign = Span::raw("  ");
            lines.extend(row((sign, name), (&value, Style::new()), width, theme));
        }
        let told = |text: &str, style: Style| {
            let text = printable(text.as_bytes()).into_owned();
            let rows = wrap(&text, width).into_iter();
            rows.map(move |row| Line::styled(row, style))
        };
        if let Some(failed) = &self.failed {
            lines.push(Line::default());
            lines.extend(told(&failed.message, theme.missing));
            let id = failed.request_id.as_deref();
            let id = id.map(|id| format!("request id {id}"));
            lines.extend(id.iter().flat_map(|id| told(id, theme.dim)));
            let help = failed.help.iter();
            lines.extend(help.flat_map(|help| told(help, Style::new())));
        } else if self.ended.is_some() {
            lines.push(Line::default());
            let words = "It runs; Enter shows its instance, 4 its training.";
            lines.extend(told(words, theme.dim));
        }
        lines
    }

    fn step(&self, (step, at): (&str, usize), (shell, width): (&Shell, u16)) -> Vec<Line<'static>> {
        let theme = &shell.theme;
        let over = self.over.get(at);
        let state = match over {
            Some(_) => TaskState::Done,
            None if at == self.over.len() => self.state(),
            None => TaskState::Waiting,
        };
        let since = at.checked_sub(1).and_then(|before| self.over.get(before));
        let since = since.map_or(self.began, |(_, at)| *at);
        let words = match (over, state) {
            (Some((words, at)), _) => {
                let took = humanize::duration(length(since, *at));
                let words = [words.as_str(), &took].map(str::to_owned);
                let told = words.iter().filter(|words| !words.is_empty());
                told.map(String::as_str).collect::<Vec<_>>().join(" · ")
            }
            (None, TaskState::Running | TaskState::Failed) => self.now.clone(),
            (None, _) => String::new(),
        };
        let style = state_style(state, theme);
        let sign = Span::styled(format!("{} ", state_sign(state)), style);
        row((sign, step), (&words, Style::new()), width, theme)
    }
}

fn length(from: Timestamp, to: Timestamp) -> Duration {
    Duration::try_from(to.duration_since(from)).unwrap_or_default()
}

/// A sign, a name, and its value over as many lines as it takes.
fn row(
    (sign, name): (Span<'static>, &str),
    (value, style): (&str, Style),
    width: u16,
    theme: &Theme,
) -> Vec<Line<'static>> {
    let value = printable(value.as_bytes()).into_owned();
    let room = width.saturating_sub(u16::try_from(WORD + 2).unwrap_or(0));
    let name = Span::styled(format!("{name:<WORD$}"), theme.dim);
    let mut before = vec![sign, name];
    let mut lines = Vec::new();
    for part in wrap(&value, room) {
        before.push(Span::styled(part, style));
        lines.push(Line::from(std::mem::take(&mut before)));
        before.push(Span::raw(" ".repeat(WORD + 2)));
    }
    lines
}

/// Draws a launch in the list: its state, then how many of its steps are over.
pub(super) fn draw_row(launch: &Launch, shell: &Shell, lines: [Rect; 2], buffer: &mut Buffer) {
    let theme = &shell.theme;
    let [upper, lower] = lines;
    let state = launch.state();
    let style = state_style(state, theme);
    put(buffer, upper, state_sign(state), style);
    let title = launch.title();
    let used = put(buffer, slice(upper, 2, upper.width), &title, theme.strong);
    let word = launch.word();
    put_right(buffer, upper, word, style);
    let from = 2 + used + 2;
    let room = upper.width.saturating_sub(from + columns(word) + 2);
    let folder = printable(launch.folder.as_bytes());
    let route = format!("→ {folder}");
    put_middle(buffer, slice(upper, from, room), &route, theme.dim);
    let lower = slice(lower, 2, lower.width);
    let bar = lower.width.saturating_sub(7 + 16 + 13);
    let (over, all) = (launch.over.len() as u64, STEPS.len() as u64);
    gauge(buffer, slice(lower, 0, bar), (over, all), theme);
    let share = humanize::percent(over, all);
    put_right(buffer, slice(lower, bar, 7), &share, Style::new());
    let steps = format!("{over}/{all}");
    put_right(buffer, slice(lower, bar + 7, 16), &steps, theme.dim);
    let time = launch.elapsed(shell.now);
    put_right(buffer, slice(lower, bar + 23, 13), &time, theme.dim);
}

/// Draws what is known of a launch.
pub(super) fn draw_detail(launch: &Launch, shell: &Shell, area: Rect, buffer: &mut Buffer) {
    let title = format!("{} · {}", launch.title(), launch.word());
    let inner = Panel {
        title: &title,
        totals: &launch.elapsed(shell.now),
        ..Panel::default()
    }
    .draw(area, buffer, &shell.theme);
    for (line, at) in launch.lines(shell, inner.width).iter().zip(0..inner.height) {
        put_line(buffer, line_of(inner, at), line);
    }
}

impl Tasks {
    /// A launch begins; the cursor goes to it.
    pub fn launch(&mut self, ask: &LaunchAsk, now: Timestamp) {
        let launch = Launch::of(ask, now);
        self.cursor = Some(super::Focus::Launch(launch.name.clone()));
        self.launches.insert(0, launch);
    }

    /// Launches that are not over.
    pub fn launching(&self) -> impl Iterator<Item = &Launch> {
        let all = self.launches.iter();
        all.filter(|launch| launch.ended.is_none())
    }

    /// All of them.
    pub fn launches(&self) -> usize {
        self.launches.len()
    }

    /// Takes what the engine tells of the launch of this name, or why it came to nothing; it is returned where it is over now.
    pub fn launch_told(
        &mut self,
        name: &str,
        told: Result<&LaunchTold, &Failed>,
        now: Timestamp,
    ) -> Option<&Launch> {
        let mut all = self.launches.iter_mut();
        let launch = all.find(|launch| *launch.name == *name && launch.ended.is_none())?;
        match told {
            Ok(told) => launch.take(told, now),
            Err(failed) => launch.fail(failed, now),
        }
        launch.ended.is_some().then_some(&*launch)
    }
}
