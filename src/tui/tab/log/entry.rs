//! `Entry`: one line of Log, made from what a task told, what was said to the person, or what the program told about itself.

use std::{fmt::Write as _, sync::Arc};

use jiff::Timestamp;

use crate::domain::{
    key::Key,
    log::{Level, Record},
    progress::{EndedStep, Outcome, Recount, TaskEvent, TaskId, TaskKind},
};

use crate::humanize;

use crate::tui::tab::tasks::{op_words, state_word};

/// How grave a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Weight {
    /// How it came about: what the program tells only when it is asked to (`-v`).
    Detail,
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
            Self::Detail => " ",
            Self::Info => "·",
            Self::Good => "✓",
            Self::Warning => "*",
            Self::Error => "!",
        }
    }

    /// The word beside it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Detail => "detail",
            Self::Info => "info",
            Self::Good => "done",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

impl From<Level> for Weight {
    fn from(level: Level) -> Self {
        match level {
            Level::Trace | Level::Debug => Self::Detail,
            Level::Info => Self::Info,
            Level::Warn => Self::Warning,
            Level::Error => Self::Error,
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

    /// A line of a task.
    pub fn of_task(at: Timestamp, task: TaskId, weight: Weight, text: impl Into<Arc<str>>) -> Self {
        Self {
            task: Some(task),
            ..Self::new(at, weight, text)
        }
    }

    /// The lines of what a task told.
    pub(super) fn of_event(
        (task, kind): (TaskId, Option<TaskKind>),
        event: &TaskEvent,
        now: Timestamp,
    ) -> Vec<Self> {
        match event {
            // The end of a task is said to the person, and comes from there.
            TaskEvent::State { state, .. } if state.is_over() => Vec::new(),
            TaskEvent::State { state, reason } => {
                let weight = reason.as_ref().map_or(Weight::Info, |_| Weight::Warning);
                let reason = reason.as_ref().map(|reason| format!(": {reason}"));
                let text = format!("{}{}", state_word(*state), reason.unwrap_or_default());
                vec![Self::of_task(now, task, weight, text)]
            }
            TaskEvent::Ended { steps } => steps
                .iter()
                .map(|step| ended(now, (task, kind), step))
                .collect(),
            TaskEvent::Retried { key, failure, .. } => {
                let text = format!(
                    "try {} failed, another follows: {}",
                    failure.attempts, failure.reason
                );
                vec![Self {
                    key: Some(key.clone()),
                    request_id: failure.request_id.clone(),
                    ..Self::of_task(now, task, Weight::Warning, text)
                }]
            }
            TaskEvent::OtherWay {
                key, op, failure, ..
            } => {
                let (way, _) = op_words(*op);
                let text = format!("goes by {way} instead: {}", failure.reason);
                vec![Self {
                    key: Some(key.clone()),
                    request_id: failure.request_id.clone(),
                    ..Self::of_task(now, task, Weight::Warning, text)
                }]
            }
            TaskEvent::Recounted(recount) => vec![recounted(now, task, recount)],
            TaskEvent::Checked(checked) => {
                let weight = if checked.is_good() {
                    Weight::Good
                } else {
                    Weight::Error
                };
                vec![Self::of_task(now, task, weight, checked.words())]
            }
        }
    }

    /// The line of a record: task, key and request id have their own places, all else follows the message.
    pub(super) fn of_record(record: &Record) -> Self {
        let mut text = record.message.clone();
        let mut entry = Self::new(record.at, record.level.into(), "");
        for (name, value) in &record.fields {
            match &**name {
                "task" => entry.task = value.parse().ok().map(TaskId),
                "key" => entry.key = Some(Key::new(value)),
                "request_id" => entry.request_id = Some(value.as_str().into()),
                // Writing to a String cannot fail.
                name => write!(text, " {name}={value}").unwrap_or_default(),
            }
        }
        entry.text = text.into();
        entry
    }
}

fn ended(now: Timestamp, (task, kind): (TaskId, Option<TaskKind>), step: &EndedStep) -> Entry {
    let (weight, text, request_id) = match &step.outcome {
        Outcome::Done { bytes, proof } => {
            let proof = proof.map(|level| format!(", ={}", level.letter()));
            let done = if kind == Some(TaskKind::Verify) {
                "looked at"
            } else {
                op_words(step.op).1
            };
            let text = format!(
                "{done} {}{}",
                humanize::bytes(*bytes),
                proof.unwrap_or_default()
            );
            (Weight::Info, text, None)
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

fn recounted(now: Timestamp, task: TaskId, recount: &Recount) -> Entry {
    let (sign, weight) = if recount.equal {
        ("=", Weight::Good)
    } else {
        ("≠", Weight::Error)
    };
    let (source, destination) = (
        humanize::count(recount.source),
        humanize::count(recount.destination),
    );
    let text = format!("counted again: {source} {sign} {destination}");
    Entry::of_task(now, task, weight, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_records_fields_go_to_their_places() {
        let field = |name: &str, value: &str| (name.into(), value.to_owned());
        let record = Record {
            at: Timestamp::UNIX_EPOCH,
            level: Level::Warn,
            target: "wharf::engine".into(),
            message: "slow down".into(),
            fields: vec![
                field("task", "7"),
                field("key", "raw/a.png"),
                field("request_id", "4442587FB7D0A2F9"),
                field("status", "503"),
            ],
        };
        let entry = Entry::of_record(&record);
        assert_eq!(entry.weight, Weight::Warning);
        assert_eq!(entry.task, Some(TaskId(7)));
        assert_eq!(entry.key, Some(Key::from("raw/a.png")));
        assert_eq!(entry.request_id.as_deref(), Some("4442587FB7D0A2F9"));
        assert_eq!(&*entry.text, "slow down status=503");
    }
}
