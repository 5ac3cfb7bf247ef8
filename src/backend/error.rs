//! Errors of the outside, classified once: what was done, to what, what kind of failure, and S3's own words.

use crate::domain::retry::FailureKind;

/// An operation on the outside that failed.
#[derive(Debug, thiserror::Error)]
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
}
