//! Log: what tasks told, what was said to the person and what the program told about itself, newest last, in a ring.
//! Filtered by weight, task, key and text; each line can lead to its row.

mod entry;
pub mod update;
pub mod view;

use std::collections::VecDeque;

use jiff::Timestamp;

use crate::domain::{
    key::Key,
    log::Record,
    progress::{TaskEvent, TaskId, TaskKind},
};

use crate::tui::widget::window::Window;
pub use entry::{Entry, Weight};

/// The most lines that are kept.
const CAPACITY: usize = 20_000;
/// How many of the newest lines are looked at for a record that a notice told already.
const RECENT: usize = 64;

/// Which lines are shown; all hold at once.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    /// Only from this weight on.
    pub least: Weight,
    /// Only this task.
    pub task: Option<TaskId>,
    /// Only this key.
    pub key: Option<Key>,
    /// Only lines that contain this, in any case.
    pub text: String,
}

impl Filter {
    fn passes(&self, entry: &Entry) -> bool {
        let found = |text: &str| text.to_lowercase().contains(&self.text.to_lowercase());
        let named = || {
            let key = entry.key.as_ref();
            key.is_some_and(|key| found(&key.printable()))
        };
        let by_id = || entry.request_id.as_deref().is_some_and(found);
        entry.weight >= self.least
            && self.task.is_none_or(|task| entry.task == Some(task))
            && self
                .key
                .as_ref()
                .is_none_or(|key| entry.key.as_ref() == Some(key))
            && (self.text.is_empty() || found(&entry.text) || named() || by_id())
    }
}

/// The state of the tab.
#[derive(Debug, Default)]
pub struct Log {
    entries: VecDeque<Entry>,
    /// How many were dropped at the old end: numbers of lines stay what they are.
    dropped: usize,
    filter: Filter,
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
        if self.filter.passes(&entry) {
            self.shown.push_back(number);
        }
        self.entries.push_back(entry);
    }

    /// Takes what a task told.
    pub fn record(&mut self, task: (TaskId, Option<TaskKind>), event: &TaskEvent, now: Timestamp) {
        for entry in Entry::of_event(task, event, now) {
            self.push(entry);
        }
    }

    /// Takes what the program told about itself; what a notice told already is not told twice.
    pub fn tell(&mut self, record: &Record) {
        let entry = Entry::of_record(record);
        let told = |other: &Entry| other.text == entry.text && other.key == entry.key;
        if !self.entries.iter().rev().take(RECENT).any(told) {
            self.push(entry);
        }
    }

    /// Which lines are shown.
    pub fn filter(&self) -> &Filter {
        &self.filter
    }

    /// Shows the lines that pass a filter; the cursor stays on its line, or on the next that is shown.
    pub fn set_filter(&mut self, filter: Filter) {
        self.filter = filter;
        let entries = self.entries.iter().enumerate();
        let passing = entries.filter(|(_, entry)| self.filter.passes(entry));
        self.shown = passing.map(|(at, _)| self.dropped + at).collect();
    }

    /// How many lines pass the filter.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::log::Level;

    fn line(weight: Weight, text: &str) -> Entry {
        Entry::new(Timestamp::UNIX_EPOCH, weight, text)
    }

    fn record(message: &str, fields: &[(&str, &str)]) -> Record {
        let fields = fields.iter().copied();
        Record {
            at: Timestamp::UNIX_EPOCH,
            level: Level::Warn,
            target: "wharf".into(),
            message: message.to_owned(),
            fields: fields
                .map(|(name, value)| (name.into(), value.to_owned()))
                .collect(),
        }
    }

    #[test]
    fn the_ring_keeps_the_newest_and_the_cursor_its_line() {
        let mut log = Log::default();
        for at in 0..CAPACITY {
            log.push(line(Weight::Info, &at.to_string()));
        }
        log.put_on(10);
        assert_eq!(log.current().map(|entry| &*entry.text), Some("10"));
        log.push(line(Weight::Error, "last"));
        assert_eq!(log.len(), CAPACITY);
        assert_eq!(log.current().map(|entry| &*entry.text), Some("10"));
        assert_eq!(log.entry(0).map(|entry| &*entry.text), Some("1"));
        log.put_on(usize::MAX);
        log.push(line(Weight::Info, "newest"));
        assert_eq!(log.current().map(|entry| &*entry.text), Some("newest"));
    }

    #[test]
    fn filters_stand_together() {
        let mut log = Log::default();
        let task = TaskId(1);
        let of_task = |weight, text| Entry::of_task(Timestamp::UNIX_EPOCH, task, weight, text);
        log.push(of_task(Weight::Error, "failed: Mew"));
        log.push(of_task(Weight::Info, "uploaded"));
        log.push(line(Weight::Error, "no such bucket"));
        log.set_filter(Filter {
            least: Weight::Error,
            task: Some(task),
            text: "mew".to_owned(),
            ..Filter::default()
        });
        assert_eq!(log.len_shown(), 1);
        log.push(of_task(Weight::Error, "failed: MEWTWO"));
        assert_eq!(log.len_shown(), 2);
    }

    #[test]
    fn a_key_and_a_request_id_find_their_lines() {
        let mut log = Log::default();
        log.tell(&record("slow down", &[("key", "a"), ("request_id", "R1")]));
        log.tell(&record("slow down", &[("key", "b"), ("request_id", "R2")]));
        let shown = |log: &Log| log.entry(0).and_then(|entry| entry.key.clone());
        log.set_filter(Filter {
            key: Some("b".into()),
            ..Filter::default()
        });
        assert_eq!((log.len_shown(), shown(&log)), (1, Some("b".into())));
        log.set_filter(Filter {
            text: "r1".to_owned(),
            ..Filter::default()
        });
        assert_eq!((log.len_shown(), shown(&log)), (1, Some("a".into())));
    }

    #[test]
    fn details_are_shown_only_when_asked_for_and_notices_are_not_told_twice() {
        let mut log = Log::default();
        log.push(line(Weight::Warning, "the journal cannot be written"));
        log.tell(&record("the journal cannot be written", &[]));
        assert_eq!(log.len(), 1);
        log.push(line(Weight::Detail, "GET /"));
        assert_eq!((log.len(), log.len_shown()), (2, 1));
    }
}
