//! The fingerprint of a listing: cheap to make while it passes, so that a later run can tell whether the world changed.

use crc_fast::{CrcAlgorithm, Digest};
use serde::{Deserialize, Serialize};

use crate::domain::{
    entry::{End, Facts, Tally},
    key::Key,
};

/// What a listing looked like when the plan was made, so that a later run can tell whether the world changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fingerprint {
    /// Entries after filtering.
    pub tally: Tally,
    /// CRC64NVME over keys, sizes, ETags and times in order, in hexadecimal.
    pub digest: Box<str>,
    /// Whether the listing was complete.
    pub end: End,
}

/// Makes a `Fingerprint` from entries in key order.
pub struct Printer {
    tally: Tally,
    digest: Digest,
}

impl Default for Printer {
    fn default() -> Self {
        Self {
            tally: Tally::default(),
            digest: Digest::new(CrcAlgorithm::Crc64Nvme),
        }
    }
}

impl Printer {
    /// Takes the next entry.
    pub fn add(&mut self, key: &Key, facts: &Facts) {
        self.tally.add(facts.size);
        // Each part tells its own length, so that no two listings are the same row of bytes.
        let modified = facts
            .modified
            .map_or(i128::MIN, jiff::Timestamp::as_nanosecond);
        let etag = facts.etag().unwrap_or_default().as_bytes();
        self.digest.update(&key.len().to_le_bytes());
        self.digest.update(key.as_bytes());
        self.digest.update(&facts.size.to_le_bytes());
        self.digest.update(&modified.to_le_bytes());
        self.digest.update(&etag.len().to_le_bytes());
        self.digest.update(etag);
    }

    /// What was taken so far.
    pub fn tally(&self) -> Tally {
        self.tally
    }

    /// The fingerprint of a listing that ended so.
    pub fn finish(self, end: End) -> Fingerprint {
        let digest = format!("{:016x}", self.digest.finalize()).into();
        Fingerprint {
            tally: self.tally,
            digest,
            end,
        }
    }
}
