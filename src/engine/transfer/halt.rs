//! `Halt`: why a step (or a try of one) stopped, and `Done`: what it did. Workers turn both into outcomes.

use crate::backend::Error;
use crate::domain::{
    diff::Level,
    progress::{Failure, Outcome},
    retry::FailureKind,
};
use crate::engine::journal::Proof;

/// A step that succeeded.
#[derive(Debug)]
pub(super) struct Done {
    /// Bytes moved.
    pub(super) bytes: u64,
    /// How the new content is proven equal to the source's.
    pub(super) level: Option<Level>,
    /// What the journal keeps of it.
    pub(super) proof: Option<Box<Proof>>,
}

/// Why a step stopped.
#[derive(Debug)]
pub(super) enum Halt {
    /// A try failed; whether another follows is for `Tries` to say.
    Failed(Failure),
    /// All tries were made, or none helps.
    GaveUp(Failure),
    /// Nothing had to be done, for this reason.
    Skipped(Box<str>),
}

impl Halt {
    /// A failure of our own finding.
    pub(super) fn failed(kind: FailureKind, reason: impl Into<Box<str>>) -> Self {
        Self::Failed(Failure {
            kind,
            reason: reason.into(),
            request_id: None,
            attempts: 0,
        })
    }

    /// The world is not what the plan saw.
    pub(super) fn changed(what: &str) -> Self {
        let reason = format!("{what} changed since the plan: compare again");
        Self::failed(FailureKind::Changed, reason)
    }

    /// A person stopped the task.
    pub(super) fn cancelled() -> Self {
        Self::GaveUp(Failure {
            kind: FailureKind::Cancelled,
            reason: "the task was cancelled".into(),
            request_id: None,
            attempts: 1,
        })
    }

    /// Whether a person stopped the task.
    pub(super) fn is_cancelled(&self) -> bool {
        let failure = self.failure();
        failure.is_some_and(|failure| failure.kind == FailureKind::Cancelled)
    }

    /// The failure; `None` for a skip.
    pub(super) fn failure(&self) -> Option<&Failure> {
        match self {
            Self::Failed(failure) | Self::GaveUp(failure) => Some(failure),
            Self::Skipped(_) => None,
        }
    }
}

impl From<Error> for Halt {
    fn from(error: Error) -> Self {
        Self::Failed(error.failure(0))
    }
}

/// How a step ended, as a task tells it.
pub(super) fn outcome(result: Result<&Done, Halt>) -> Outcome {
    match result {
        Ok(done) => Outcome::Done {
            bytes: done.bytes,
            proof: done.level,
        },
        Err(Halt::Skipped(reason)) => Outcome::Skipped { reason },
        Err(Halt::Failed(failure) | Halt::GaveUp(failure)) => Outcome::Failed(Failure {
            attempts: failure.attempts.max(1),
            ..failure
        }),
    }
}
