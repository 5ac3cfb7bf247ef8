//! What two sides have in common: levels of proof, verdicts and pairs, and the merge that makes them.
//! Every comparison of wharf goes through `judge`, so that a sign means the same everywhere.

mod clash;
mod judge;
mod merge;
mod totals;

use serde::{Deserialize, Serialize};

use crate::domain::{
    entry::{Facts, Kind},
    key::Key,
};

pub use crate::domain::side::Side;
pub use judge::{Evidence, Known, NoEvidence, Rules, SideKind, judge};
pub use merge::{Merge, MergeOptions};
pub use totals::Totals;

/// How much stands behind a word "same", weakest first.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Equal sizes.
    Size,
    /// Equal sizes, and the times say that nothing changed since.
    #[default]
    Time,
    /// Equal checksums: told by the store, or by the journal of an earlier proof.
    Checksum,
    /// Both sides were read and compared.
    Read,
}

impl Level {
    /// The letter behind `=` in a sign.
    pub fn letter(self) -> char {
        match self {
            Self::Size => 's',
            Self::Time => 't',
            Self::Checksum => 'c',
            Self::Read => 'r',
        }
    }
}

/// Which side is newer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Newer {
    /// The left one.
    Left,
    /// The right one.
    Right,
    /// The evidence at hand does not tell.
    Unknown,
}

/// What was found for one key.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "word")]
pub enum Verdict {
    /// Equal, as far as `proof` says.
    Same {
        /// What stands behind it.
        proof: Level,
    },
    /// Missing on the right: a gap.
    OnlyLeft,
    /// Missing on the left.
    OnlyRight,
    /// Size, time or checksum differ.
    Differs {
        /// Which side is newer.
        newer: Newer,
    },
    /// Same size, but the evidence at hand proves nothing at the level asked for.
    Unproven,
    /// A file here and a folder there, or names that collide on a file system.
    Clash {
        /// Why, for a person.
        reason: Box<str>,
    },
    /// Could not be read.
    Error {
        /// Why, for a person.
        reason: Box<str>,
    },
    /// One side's listing broke before this key: nothing is known of the other side.
    NotScanned,
    /// A filter leaves it out.
    Excluded,
    /// In a class that must be restored first, and the other side lacks it or differs.
    Archived,
}

/// The signs, as keys for filters, counts and colours; the order is that of severity for a folder's worst sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Sign {
    /// `x`
    Excluded,
    /// `=`
    Same,
    /// `?`
    NotScanned,
    /// `~`
    Unproven,
    /// `@`
    Archived,
    /// `-`
    OnlyRight,
    /// `*`
    Differs,
    /// `+`
    OnlyLeft,
    /// `#`
    Clash,
    /// `!`
    Error,
}

impl Sign {
    /// Every sign, mildest first.
    pub const ALL: [Self; 10] = [
        Self::Excluded,
        Self::Same,
        Self::NotScanned,
        Self::Unproven,
        Self::Archived,
        Self::OnlyRight,
        Self::Differs,
        Self::OnlyLeft,
        Self::Clash,
        Self::Error,
    ];

    /// The sign as drawn and as typed after `--only`.
    pub fn symbol(self) -> char {
        match self {
            Self::Excluded => 'x',
            Self::Same => '=',
            Self::NotScanned => '?',
            Self::Unproven => '~',
            Self::Archived => '@',
            Self::OnlyRight => '-',
            Self::Differs => '*',
            Self::OnlyLeft => '+',
            Self::Clash => '#',
            Self::Error => '!',
        }
    }

    /// The word beside the sign.
    pub fn word(self) -> &'static str {
        match self {
            Self::Excluded => "excluded",
            Self::Same => "same",
            Self::NotScanned => "not scanned",
            Self::Unproven => "unproven",
            Self::Archived => "archived",
            Self::OnlyRight => "only right",
            Self::Differs => "differs",
            Self::OnlyLeft => "only left",
            Self::Clash => "clash",
            Self::Error => "error",
        }
    }
}

impl Verdict {
    /// The sign that this verdict bears.
    pub fn sign(&self) -> Sign {
        match self {
            Self::Same { .. } => Sign::Same,
            Self::OnlyLeft => Sign::OnlyLeft,
            Self::OnlyRight => Sign::OnlyRight,
            Self::Differs { .. } => Sign::Differs,
            Self::Unproven => Sign::Unproven,
            Self::Clash { .. } => Sign::Clash,
            Self::Error { .. } => Sign::Error,
            Self::NotScanned => Sign::NotScanned,
            Self::Excluded => Sign::Excluded,
            Self::Archived => Sign::Archived,
        }
    }
}

/// One key of the merged listing with what each side told, and what follows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pair {
    /// The name below both locations.
    pub key: Key,
    /// What the left listing told.
    pub left: Option<Facts>,
    /// What the right listing told.
    pub right: Option<Facts>,
    /// What follows.
    pub verdict: Verdict,
}

impl Pair {
    /// What is known of the entry itself: the left's facts, or the right's where the left has no content.
    pub fn facts(&self) -> Option<&Facts> {
        let sides = || [&self.left, &self.right].into_iter().flatten();
        sides()
            .find(|facts| facts.kind != Kind::Folder)
            .or_else(|| sides().next())
    }

    /// Whether neither side has more than a folder here.
    pub fn is_folder(&self) -> bool {
        self.facts().is_some_and(|facts| facts.kind == Kind::Folder)
    }
}
