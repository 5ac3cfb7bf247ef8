//! How a source of a run stands: what it is, how much of it was read, what is wrong with it.

use jiff::Timestamp;

use super::read::Format;

/// How a source stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standing {
    /// What it is; `None` before its first bytes told.
    pub format: Option<Format>,
    /// Files or objects of it.
    pub files: usize,
    /// Bytes that there are.
    pub bytes: u64,
    /// Bytes of the middle that were left out.
    pub skipped: u64,
    /// When it was last written to.
    pub written: Option<Timestamp>,
    /// Lines or records that could not be understood.
    pub odd: u64,
    /// What is wrong with it, and what to do.
    pub trouble: Option<Box<str>>,
}
