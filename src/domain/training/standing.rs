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
    /// Whether there is more before what was read, and nobody knows how much.
    pub earlier: bool,
    /// When it was last written to.
    pub written: Option<Timestamp>,
    /// Lines or records that could not be understood.
    pub odd: u64,
    /// What is wrong with it, and what to do.
    pub trouble: Option<Box<str>>,
}

impl Standing {
    /// Whether only a part of it was read.
    pub fn is_part(&self) -> bool {
        self.skipped > 0 || self.earlier
    }
}
