//! Errors of the outside, classified once: what was done, to what, what kind of failure, and S3's own words.
//! Every reason ends with the next step where there is one; no message bears a secret.

mod answer;
mod disk;
mod sdk;

use crate::domain::{progress::Failure, retry::FailureKind};

pub(super) use answer::{Answer, region_of};
pub(super) use sdk::{Asked, broken, innermost, undelivered};

/// What a request failed with, in the words of the plane that sent it.
pub(super) trait Trouble {
    /// Whether the request may be sent once more at once, because this says nothing about it: a kept connection that had
    /// died meanwhile, or a signature by a clock that is set right by now.
    fn asks_again(&self) -> bool {
        false
    }

    /// The error of what was asked.
    fn told(self, asked: &Asked<'_>) -> Error;
}

/// The error that a code inside a larger answer stands for (`DeleteObjects` tells one for each key).
pub(super) fn answered(asked: &Asked<'_>, code: &str, message: &str) -> Error {
    let answer = Answer {
        status: 200,
        code: code.to_owned(),
        message: message.to_owned(),
        ..Answer::default()
    };
    answer.judge(asked)
}

/// An operation on the outside that failed.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{op} {target}: {reason}")]
pub struct Error {
    /// The operation as S3 or the system names it: `PutObject`, `open`.
    pub op: &'static str,
    /// On what, safe for a terminal.
    pub target: String,
    /// What kind of failure, and so what to do.
    pub kind: ErrorKind,
    /// What happened and what to do next, for a person.
    pub reason: String,
    /// S3's request id.
    pub request_id: Option<Box<str>>,
}

/// Finer than `FailureKind` where a person needs another remedy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ErrorKind {
    /// A failure of one object or request.
    Failure(FailureKind),
    /// No such bucket.
    NoBucket,
    /// The bucket lives in another region.
    WrongRegion {
        /// Where it lives, when the answer told it.
        region: Option<String>,
    },
    /// Nothing answered at the endpoint.
    Unreachable,
    /// The location is no folder, or cannot be a location.
    NotAFolder,
    /// It is still what the one who asks has already (304).
    Unmodified,
    /// It ends before the range that was asked for (416).
    OutOfRange,
}

impl From<FailureKind> for ErrorKind {
    fn from(kind: FailureKind) -> Self {
        Self::Failure(kind)
    }
}

impl Error {
    /// An error of wharf's own finding, not of an answer.
    pub(crate) fn new(
        op: &'static str,
        target: impl Into<String>,
        kind: FailureKind,
        reason: impl Into<String>,
    ) -> Self {
        Self {
            op,
            target: target.into(),
            kind: ErrorKind::Failure(kind),
            reason: reason.into(),
            request_id: None,
        }
    }

    /// What to do about it: the input of `domain::retry`.
    pub fn failure_kind(&self) -> FailureKind {
        match &self.kind {
            ErrorKind::Failure(kind) => *kind,
            ErrorKind::NoBucket => FailureKind::NotFound,
            ErrorKind::Unreachable => FailureKind::Transient,
            ErrorKind::WrongRegion { .. }
            | ErrorKind::NotAFolder
            | ErrorKind::Unmodified
            | ErrorKind::OutOfRange => FailureKind::Refused,
        }
    }

    /// The failure of one object after so many tries, as a task tells it.
    pub fn failure(&self, attempts: u32) -> Failure {
        Failure {
            kind: self.failure_kind(),
            reason: self.reason.as_str().into(),
            request_id: self.request_id.clone(),
            attempts,
        }
    }
}
