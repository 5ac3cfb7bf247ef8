//! Restoring archived sources before they are moved: how fast, and for how long the restored copies stay.

use serde::{Deserialize, Serialize};

/// How archived sources are restored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Restore {
    /// How fast.
    pub tier: RestoreTier,
    /// Days for which a restored copy stays, and is billed beside the archived object.
    pub days: u16,
}

/// How fast S3 restores, each at a price of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RestoreTier {
    /// Minutes; not out of `DEEP_ARCHIVE`.
    Expedited,
    /// Hours.
    Standard,
    /// The cheapest.
    Bulk,
}

impl RestoreTier {
    /// Every tier, the fastest first.
    pub const ALL: [Self; 3] = [Self::Expedited, Self::Standard, Self::Bulk];

    /// The word in files and flags.
    pub fn word(self) -> &'static str {
        match self {
            Self::Expedited => "expedited",
            Self::Standard => "standard",
            Self::Bulk => "bulk",
        }
    }

    /// How long it takes out of `GLACIER`, and out of `DEEP_ARCHIVE`, as S3 says.
    pub fn times(self) -> &'static str {
        match self {
            Self::Expedited => "1 to 5 minutes, not out of DEEP_ARCHIVE",
            Self::Standard => "3 to 5 hours, up to 12 out of DEEP_ARCHIVE",
            Self::Bulk => "5 to 12 hours, up to 48 out of DEEP_ARCHIVE",
        }
    }
}
