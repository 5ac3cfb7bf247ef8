//! A task of this or an earlier session, as the journal remembers it.

use std::sync::Arc;

use jiff::Timestamp;

use crate::domain::{
    location::Location,
    progress::{Recount, Requests, TaskId, TaskKind, TaskState},
    runs::Run,
};
use crate::engine::command::Check;

/// A task of this or an earlier session.
#[derive(Debug, Clone, PartialEq)]
pub struct PastTask {
    /// Its number.
    pub id: TaskId,
    /// The task that it is a part of.
    pub parent: Option<TaskId>,
    /// What a person calls it.
    pub name: Option<Arc<str>>,
    /// What kind of work.
    pub kind: TaskKind,
    /// Where it stands; `Interrupted` also where its program was killed, or is silent for too long.
    pub state: TaskState,
    /// Why it paused or failed.
    pub reason: Option<Box<str>>,
    /// The process that runs it, or ran it last.
    pub process: u32,
    /// The machine of that process.
    pub host: Box<str>,
    /// Exact text of the source's location.
    pub source: Box<str>,
    /// Exact text of the destination's location.
    pub destination: Box<str>,
    /// When it was accepted.
    pub started: Timestamp,
    /// When it was over.
    pub ended: Option<Timestamp>,
    /// When it was last heard of.
    pub heard: Timestamp,
    /// Steps planned.
    pub planned: u64,
    /// Bytes planned.
    pub planned_bytes: u64,
    /// Steps done; like the ones below at most two seconds old while it runs.
    pub done: u64,
    /// Steps failed.
    pub failed: u64,
    /// Steps skipped.
    pub skipped: u64,
    /// Steps done and proven by checksum or better.
    pub verified: u64,
    /// Bytes moved.
    pub bytes: u64,
    /// Tries beyond the first.
    pub retries: u64,
    /// 503 answers.
    pub throttled: u64,
    /// Requests by operation.
    pub requests: Requests,
    /// What both sides held at the end.
    pub recount: Option<Recount>,
    /// How often it was begun or taken over.
    pub runs: u64,
    /// Whether its plan was kept, so that it can be gone on with.
    pub has_plan: bool,
    /// What proves it at the end.
    pub check: Option<Check>,
    /// The global flags that it was begun with.
    pub flags: Vec<String>,
    /// Place in the queue: higher goes first.
    pub priority: i64,
    /// Not before this time.
    pub due: Option<Timestamp>,
    /// Of a group: how many of its children run at once; not kept before version 4.
    pub at_once: Option<u16>,
}

impl PastTask {
    /// Seconds from the beginning to the end, or to the last sign of life.
    pub fn seconds(&self) -> f64 {
        let end = self.ended.unwrap_or(self.heard);
        end.duration_since(self.started).as_secs_f64().max(0.0)
    }

    /// The folder of this machine that it reads or writes, where it has one.
    pub fn local(&self) -> Option<&str> {
        let sides = [&self.source, &self.destination].into_iter();
        let mut disks = sides.filter(|text| {
            Location::try_from(text.to_string()).is_ok_and(|place| place.disk().is_some())
        });
        disks.next().map(|text| &**text)
    }

    /// Bytes a second over its whole time; `None` for what moved nothing, or took no time.
    pub fn rate(&self) -> Option<f64> {
        let seconds = self.seconds();
        (seconds > 0.0 && self.bytes > 0).then(|| self.bytes as f64 / seconds)
    }

    /// As one of the runs of a mapping; `None` where it is none that is over.
    pub fn run(&self) -> Option<Run> {
        (self.kind == TaskKind::Sync && self.state.is_over()).then(|| Run {
            rate: self.rate(),
            bytes: self.bytes,
            failed: self.failed,
            well: self.state == TaskState::Done,
        })
    }

    /// Whether it went between these two places, either way.
    pub fn is_between(&self, one: &str, other: &str) -> bool {
        let ends = (&*self.source, &*self.destination);
        ends == (one, other) || ends == (other, one)
    }

    /// Whether it can be gone on with.
    pub fn can_go_on(&self) -> bool {
        (self.has_plan || self.kind == TaskKind::Group)
            && match self.state {
                TaskState::Interrupted | TaskState::Cancelled | TaskState::Failed => true,
                TaskState::Waiting
                | TaskState::Running
                | TaskState::Paused
                | TaskState::Recounting
                | TaskState::Done => false,
            }
    }
}
