//! Log: what happened, newest last, in a ring. Filtered by level, task and text; each line can lead to its row.

pub mod update;
pub mod view;

use std::{collections::VecDeque, sync::Arc};

use jiff::Timestamp;

use crate::domain::{
    key::Key,
    progress::{EndedStep, Outcome, TaskEvent, TaskId},
};

use crate::humanize;

use crate::tui::widget::window::Window;

/// The most lines that are kept.
const CAPACITY: usize = 20_000;

/// How grave a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Weight {
    /// It happened.
    #[default]
    Info,
    /// It went well.
    Good,
    /// Worth a look.
    Warning,
    /// It failed.
    Error,
}

impl Weight {
    /// The sign before the line.
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Info => "·",
            Self::Good => "✓",
            Self::Warning => "*",
            Self::Error => "!",
        }
    }

    /// The word beside it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Good => "done",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// One line.
#[derive(Debug, Clone)]
pub struct Entry {
    /// When.
    pub at: Timestamp,
    /// How grave.
    pub weight: Weight,
    /// Of which task.
    pub task: Option<TaskId>,
    /// About which key.
    pub key: Option<Key>,
    /// What happened.
    pub text: Arc<str>,
    /// S3's request id.
    pub request_id: Option<Box<str>>,
}

impl Entry {
    /// A line of no task.
    pub fn new(at: Timestamp, weight: Weight, text: impl Into<Arc<str>>) -> Self {
        Self {
            at,
            weight,
            task: None,
            key: None,
            text: text.into(),
            request_id: None,
        }
    }

    fn of_task(at: Timestamp, task: TaskId, weight: Weight, text: impl Into<Arc<str>>) -> Self {
        Self {
            task: Some(task),
            ..Self::new(at, weight, text)
        }
    }
}

/// The state of the tab.
#[derive(Debug, Default)]
pub struct Log {
    entries: VecDeque<Entry>,
    /// How many were dropped at the old end: numbers of lines stay what they are.
    dropped: usize,
    /// Only from this weight on.
    pub least: Weight,
    /// Only this task.
    pub task: Option<TaskId>,
    /// Only lines that contain this.
    pub text: String,
    /// The number of the line under the cursor; `None` follows the newest.
    cursor: Option<usize>,
    shown: VecDeque<usize>,
    /// What is on the screen.
    pub window: Window,
}

impl Log {
    /// Takes a line.
    pub fn push(&mut self, entry: Entry) {
        if self.entries.len() == CAPACITY {
            self.entries.pop_front();
            self.dropped += 1;
            if self
                .shown
                .front()
                .is_some_and(|&first| first < self.dropped)
            {
                self.shown.pop_front();
            }
        }
        let number = self.dropped + self.entries.len();
        if self.passes(&entry) {
            self.shown.push_back(number);
        }
        self.entries.push_back(entry);
    }

    /// Takes what a task told.
    pub fn record(&mut self, task: TaskId, event: &TaskEvent, now: Timestamp) {
        match event {
            TaskEvent::State { state, reason } => {
                let weight = if reason.is_some() {
                    Weight::Warning
                } else {
                    Weight::Info
                };
                let reason = reason
                    .as_ref()
                    .map(|reason| format!(": {reason}"))
                    .unwrap_or_default();
                let text = format!("{}{reason}", crate::tui::tab::tasks::state_word(*state));
                self.push(Entry::of_task(now, task, weight, text));
            }
            TaskEvent::Ended { steps } => steps
                .iter()
                .for_each(|step| self.push(ended(now, task, step))),
            TaskEvent::Retried { key, failure, .. } => {
                let text = format!(
                    "try {} failed, another follows: {}",
                    failure.attempts, failure.reason
                );
                let entry = Entry::of_task(now, task, Weight::Warning, text);
                self.push(Entry {
                    key: Some(key.clone()),
                    request_id: failure.request_id.clone(),
                    ..entry
                });
            }
            TaskEvent::Recounted(recount) => {
                let sign = if recount.equal { "=" } else { "≠" };
                let (source, destination) = (
                    humanize::count(recount.source),
                    humanize::count(recount.destination),
                );
                let weight = if recount.equal {
                    Weight::Good
                } else {
                    Weight::Error
                };
                self.push(Entry::of_task(
                    now,
                    task,
                    weight,
                    format!("counted again: {source} {sign} {destination}"),
                ));
            }
        }
    }

    fn passes(&self, entry: &Entry) -> bool {
        let found = |text: &str| text.to_lowercase().contains(&self.text.to_lowercase());
        let named = || {
            entry
                .key
                .as_ref()
                .is_some_and(|key| found(&key.printable()))
        };
        entry.weight >= self.least
            && self.task.is_none_or(|task| entry.task == Some(task))
            && (self.text.is_empty() || found(&entry.text) || named())
    }

    /// Applies the filters afresh.
    pub fn refilter(&mut self) {
        let passing = self
            .entries
            .iter()
            .enumerate()
            .filter(|(_, entry)| self.passes(entry));
        self.shown = passing.map(|(at, _)| self.dropped + at).collect();
    }

    /// How many lines pass the filters.
    pub fn len_shown(&self) -> usize {
        self.shown.len()
    }

    /// How many lines there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether nothing happened yet.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The line at a place among those shown.
    pub fn entry(&self, position: usize) -> Option<&Entry> {
        self.entries
            .get(self.shown.get(position)?.checked_sub(self.dropped)?)
    }

    /// Where the cursor stands among the lines shown.
    pub fn position(&self) -> usize {
        let last = self.shown.len().saturating_sub(1);
        self.cursor.map_or(last, |number| {
            self.shown
                .partition_point(|&shown| shown < number)
                .min(last)
        })
    }

    /// The line under the cursor.
    pub fn current(&self) -> Option<&Entry> {
        self.entry(self.position())
    }

    /// Puts the cursor on a place; on the last one it follows what comes.
    pub fn put_on(&mut self, position: usize) {
        let last = self.shown.len().saturating_sub(1);
        self.cursor = if position >= last {
            None
        } else {
            self.shown.get(position).copied()
        };
    }

    /// The tasks that lines tell of, in order.
    pub fn tasks(&self) -> Vec<TaskId> {
        let mut tasks: Vec<TaskId> = self.entries.iter().filter_map(|entry| entry.task).collect();
        tasks.sort_unstable();
        tasks.dedup();
        tasks
    }
}

fn ended(now: Timestamp, task: TaskId, step: &EndedStep) -> Entry {
    let (weight, text, request_id) = match &step.outcome {
        Outcome::Done { bytes, proof } => {
            let proof = proof
                .map(|level| format!(", ={}", level.letter()))
                .unwrap_or_default();
            (
                Weight::Info,
                format!("{} {}{proof}", done_word(step), humanize::bytes(*bytes)),
                None,
            )
        }
        Outcome::Skipped { reason } => (Weight::Warning, format!("skipped: {reason}"), None),
        Outcome::Failed(failure) => (
            Weight::Error,
            format!("failed: {}", failure.reason),
            failure.request_id.clone(),
        ),
    };
    Entry {
        key: Some(step.key.clone()),
        request_id,
        ..Entry::of_task(now, task, weight, text)
    }
}

/// What was done, in a word.
fn done_word(step: &EndedStep) -> &'static str {
    crate::tui::tab::tasks::op_words(step.op).1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ring_keeps_the_newest_and_the_cursor_its_line() {
        let mut log = Log::default();
        for at in 0..CAPACITY {
            log.push(Entry::new(
                Timestamp::UNIX_EPOCH,
                Weight::Info,
                at.to_string(),
            ));
        }
        log.put_on(10);
        assert_eq!(log.current().map(|entry| &*entry.text), Some("10"));
        log.push(Entry::new(Timestamp::UNIX_EPOCH, Weight::Error, "last"));
        assert_eq!(log.len(), CAPACITY);
        assert_eq!(log.current().map(|entry| &*entry.text), Some("10"));
        assert_eq!(log.entry(0).map(|entry| &*entry.text), Some("1"));
        log.put_on(usize::MAX);
        log.push(Entry::new(Timestamp::UNIX_EPOCH, Weight::Info, "newest"));
        assert_eq!(log.current().map(|entry| &*entry.text), Some("newest"));
    }

    #[test]
    fn filters_stand_together() {
        let mut log = Log::default();
        let task = TaskId(1);
        log.push(Entry::of_task(
            Timestamp::UNIX_EPOCH,
            task,
            Weight::Error,
            "failed: Mew",
        ));
        log.push(Entry::of_task(
            Timestamp::UNIX_EPOCH,
            task,
            Weight::Info,
            "uploaded",
        ));
        log.push(Entry::new(
            Timestamp::UNIX_EPOCH,
            Weight::Error,
            "no such bucket",
        ));
        log.least = Weight::Error;
        log.task = Some(task);
        log.text = "mew".to_owned();
        log.refilter();
        assert_eq!(log.len_shown(), 1);
        log.push(Entry::of_task(
            Timestamp::UNIX_EPOCH,
            task,
            Weight::Error,
            "failed: MEWTWO",
        ));
        assert_eq!(log.len_shown(), 2);
    }
}
