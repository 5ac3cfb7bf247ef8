//! Which entries take part: globs in order, bounds of size and age, and the reason for leaving out.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What a person asked to take or leave, as written; `Matcher` is what decides.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Filter {
    /// In the order they were given; the last that matches decides. Where the first one includes, all else is left out.
    pub rules: Vec<Glob>,
    /// Bytes, inclusive.
    pub min_size: Option<u64>,
    /// Bytes, inclusive.
    pub max_size: Option<u64>,
    /// Modified at or after.
    pub newer_than: Option<Timestamp>,
    /// Modified before.
    pub older_than: Option<Timestamp>,
}

/// One `--include` or `--exclude`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Glob {
    /// Take what matches.
    Include(String),
    /// Leave what matches.
    Exclude(String),
}
