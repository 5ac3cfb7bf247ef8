//! Which entries take part: globs in order, bounds of size and age, and the reason for leaving out.
//! Globs read as rsync's and rclone's do; `matcher` decides, once for listings, comparisons and plans.

mod matcher;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use matcher::{FilterError, LeftOut, Matcher, glob};

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
    /// Only what one of these globs matches takes part, whatever the rules say; everything where there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub only: Vec<String>,
}

/// One `--include` or `--exclude`.
///
/// `*` and `?` stay within a name, `**` crosses `/`, `{a,b}` and `[a-z]` choose, `\` takes the next character as it
/// is. A glob matches at any depth, and with a `/` in front only from the location itself; with a `/` behind it
/// matches folders only. What matches a folder holds for all below it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Glob {
    /// Take what matches.
    Include(String),
    /// Leave what matches.
    Exclude(String),
}

impl Glob {
    /// The glob as written.
    pub fn text(&self) -> &str {
        match self {
            Self::Include(text) | Self::Exclude(text) => text,
        }
    }

    /// Whether it takes what it matches.
    pub fn includes(&self) -> bool {
        matches!(self, Self::Include(_))
    }
}

impl Filter {
    /// Whether everything takes part.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
