//! What a task tells while it runs: facts as events, quantities as a snapshot, and the fold from one to the other.

mod fold;

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::{diff::Level, key::Key, plan::Op, retry::FailureKind};

pub use fold::{Failed, Progress, Proofs};

/// Number of a task, unique within a journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TaskId(pub u64);

/// What kind of work a task is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskKind {
    /// Runs a plan.
    Sync,
    /// Compares by checksum what already is on both sides.
    Verify,
    /// Removes the sources that another task proved.
    Cleanup,
    /// Several tasks that belong together: it moves nothing itself, and stands where they stand.
    Group,
}

impl TaskKind {
    /// Whether such a task, between these places, deletes what was named at one place.
    pub fn deletes(self, source: &str, destination: &str) -> bool {
        self == Self::Sync && !source.is_empty() && source == destination
    }
}

/// Where a task stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskState {
    /// Accepted, not begun.
    Waiting,
    /// Moving.
    Running,
    /// Held by a person, or by a failure that a person must mend; nothing new begins.
    Paused,
    /// Steps are over; both sides are being listed again.
    Recounting,
    /// Over: everything planned is done and counted.
    Done,
    /// Over: some objects failed, or the recount is off.
    Failed,
    /// Over: a person stopped it.
    Cancelled,
    /// Over here: its program ended without a word, or let go of it. What it did is kept; it can be gone on with.
    Interrupted,
}

impl TaskState {
    /// Whether nothing more will happen, unless somebody goes on with it.
    pub fn is_over(self) -> bool {
        matches!(
            self,
            Self::Done | Self::Failed | Self::Cancelled | Self::Interrupted
        )
    }
}

/// How one step ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "outcome")]
pub enum Outcome {
    /// Moved (or deleted); `proof` is `None` where nothing proves the content.
    Done {
        /// Bytes moved.
        bytes: u64,
        /// How the new content is proven equal to the source's.
        proof: Option<Level>,
    },
    /// Nothing was done, for a good reason (exists already, gone meanwhile).
    Skipped {
        /// Why, for a person.
        reason: Box<str>,
    },
    /// It failed, after all tries.
    Failed(Failure),
}

/// A failed object: a row with key, reason and request id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// What kind of failure, and so what to do.
    pub kind: FailureKind,
    /// What happened, for a person.
    pub reason: Box<str>,
    /// S3's request id, where an answer came.
    pub request_id: Option<Box<str>>,
    /// Tries that were made.
    pub attempts: u32,
}

/// A fact about a task; never lost, never a quantity.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "event")]
pub enum TaskEvent {
    /// The task entered a state; `reason` says why it paused or failed.
    State {
        /// The new state.
        state: TaskState,
        /// Why, where a person must know.
        reason: Option<Box<str>>,
    },
    /// Steps that ended since the last event, in batches.
    Ended {
        /// In the order they ended.
        steps: Vec<EndedStep>,
    },
    /// A try failed and another follows.
    Retried {
        /// The step.
        seq: u32,
        /// Its key.
        key: Key,
        /// What the try met.
        failure: Failure,
    },
    /// A way failed for a key, and another is taken.
    OtherWay {
        /// The step.
        seq: u32,
        /// Its key.
        key: Key,
        /// What is done instead.
        op: Op,
        /// Whether all keys that follow go this way at once.
        all: bool,
        /// What the first way met.
        failure: Failure,
    },
    /// Both sides were counted again.
    Recounted(Recount),
    /// The command that proves what was moved was run.
    Checked(Checked),
}

/// How a mapping's `verify_command` ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checked {
    /// As it stands in the configuration.
    pub command: Box<str>,
    /// Its exit code; `None` where it could not be run, or was killed.
    pub code: Option<i32>,
    /// The last lines that it wrote, safe for a terminal.
    pub lines: Vec<Box<str>>,
}

impl Checked {
    /// Whether it proved what it should.
    pub fn is_good(&self) -> bool {
        self.code == Some(0)
    }

    /// How it ended, in words.
    pub fn words(&self) -> String {
        match self.code {
            Some(0) => format!("{} is content", self.command),
            Some(code) => format!("{} ended with exit code {code}", self.command),
            None => format!("{} did not come to an end", self.command),
        }
    }
}

/// A step that ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndedStep {
    /// Number within the plan.
    pub seq: u32,
    /// Its key.
    pub key: Key,
    /// What it did.
    pub op: Op,
    /// How it ended.
    pub outcome: Outcome,
}

/// What both sides held when all was over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recount {
    /// Objects that should be at the destination: those of the source, after filters.
    pub source: u64,
    /// Those of them that are there and as they should be.
    pub destination: u64,
    /// Objects that only the destination has; where the plan deletes them, each is also off.
    #[serde(default)]
    pub extra: u64,
    /// Whether every key that should be there is there with its size.
    pub equal: bool,
    /// The first keys that are off, each with why, at most 100; `off` counts all.
    pub examples: Vec<(Key, Box<str>)>,
    /// How many keys are off.
    pub off: u64,
}

/// The quantities of a task at one moment; made from counters, cheap to take on each frame.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TaskSnapshot {
    /// Which task.
    pub id: TaskId,
    /// The group that it belongs to.
    #[serde(default)]
    pub parent: Option<TaskId>,
    /// What a person calls it: the mapping, or what the group does.
    #[serde(default)]
    pub name: Option<Arc<str>>,
    /// What kind of work.
    pub kind: TaskKind,
    /// Where it stands.
    pub state: TaskState,
    /// Source and destination as a person would write them.
    pub source: Arc<str>,
    /// See `source`.
    pub destination: Arc<str>,
    /// When it was submitted.
    pub started: Timestamp,
    /// When it was over.
    pub ended: Option<Timestamp>,
    /// Steps planned (selected ones).
    pub planned: u64,
    /// Bytes planned.
    pub planned_bytes: u64,
    /// Steps done.
    pub done: u64,
    /// Steps failed.
    pub failed: u64,
    /// Steps skipped.
    pub skipped: u64,
    /// Steps done and proven by checksum or better.
    pub verified: u64,
    /// Bytes moved so far, parts in flight included.
    pub bytes: u64,
    /// Tries beyond the first.
    pub retries: u64,
    /// 503 answers.
    pub throttled: u64,
    /// Bytes of changed files that S3 had already, so that they were not sent again.
    #[serde(default)]
    pub kept: u64,
    /// Requests sent by this task.
    pub requests: u64,
    /// Workers allowed now.
    pub workers: u16,
    /// Bytes a second allowed; `None` is unlimited.
    pub bandwidth: Option<u64>,
    /// Requests a second allowed; `None` is unlimited.
    #[serde(default)]
    pub requests_per_second: Option<u32>,
    /// Requests a second that the store was found to bear; `None` where it never asked to slow down.
    #[serde(default)]
    pub slowed_to: Option<u32>,
    /// What is being moved now, oldest first, at most 64.
    pub in_flight: Vec<InFlight>,
    /// Why it waits, paused or failed, for a person.
    pub reason: Option<Box<str>>,
    /// Its place in the queue: higher goes first.
    #[serde(default)]
    pub priority: i64,
    /// Not before this time.
    #[serde(default)]
    pub due: Option<Timestamp>,
}

impl TaskSnapshot {
    /// Whether it is done, and all that it moved is proven by checksum or better.
    pub fn is_proven(&self) -> bool {
        self.state == TaskState::Done && self.verified == self.done && self.done > 0
    }

    /// Where a route of a migration stands, in a word.
    pub fn stage(&self) -> &'static str {
        let cleans = self.kind == TaskKind::Cleanup;
        match self.state {
            TaskState::Waiting => "waiting",
            TaskState::Running if cleans => "cleaning",
            TaskState::Done if cleans => "cleaned",
            TaskState::Running => "copying",
            TaskState::Paused => "paused",
            TaskState::Recounting => "verifying",
            TaskState::Done if self.is_proven() => "proven",
            TaskState::Done => "done",
            TaskState::Failed => "failed",
            TaskState::Cancelled => "cancelled",
            TaskState::Interrupted => "interrupted",
        }
    }

    /// The same among other tasks: behind a proven route a clean-up may be at work, or may have been.
    pub fn stage_among(&self, others: &[&Self]) -> &'static str {
        let behind = others.iter().filter(|other| other.cleans_behind(self));
        let last = behind.max_by_key(|other| other.started);
        match last.map(|cleanup| cleanup.state) {
            Some(TaskState::Done) => "cleaned",
            Some(TaskState::Failed) => "cleaned in part",
            Some(state) if !state.is_over() => "cleaning",
            Some(_) | None => self.stage(),
        }
    }

    /// Whether this removes the sources that another task, which is over, proved.
    fn cleans_behind(&self, other: &Self) -> bool {
        self.kind == TaskKind::Cleanup
            && other.kind == TaskKind::Sync
            && other.state.is_over()
            && self.started >= other.started
            && (&self.source, &self.destination) == (&other.source, &other.destination)
    }
}

/// A step on its way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InFlight {
    /// Number within the plan.
    pub seq: u32,
    /// Its key.
    pub key: Key,
    /// What it does.
    pub op: Op,
    /// Bytes moved so far.
    pub bytes: u64,
    /// Bytes in all.
    pub size: u64,
}

/// Requests sent, by S3's operation name in the price table's classes; counters since the start of the session.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Requests {
    /// By operation, e.g. `ListObjectsV2`; in alphabetical order.
    pub by_operation: Vec<(Box<str>, u64)>,
}

impl Requests {
    /// All requests.
    pub fn total(&self) -> u64 {
        self.by_operation.iter().map(|(_, n)| n).sum()
    }

    /// Adds those of another time.
    pub fn join(&mut self, other: &Self) {
        for (name, count) in &other.by_operation {
            match self
                .by_operation
                .iter_mut()
                .find(|(known, _)| known == name)
            {
                Some((_, known)) => *known += count,
                None => self.by_operation.push((name.clone(), *count)),
            }
        }
        self.by_operation.sort();
    }
}
