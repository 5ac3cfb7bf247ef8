//! Whether a source may be removed: only while it is what the plan saw, and only where its destination is proven to be another
//! entry of the same content, and still is that. Decided from what both sides hold at the moment before; a move and a clean-up
//! after the fact ask the same.

use std::{fmt, sync::Arc};

use jiff::Timestamp;

use crate::domain::{diff::Level, entry::Facts};

/// A file that was changed so shortly before it was read is not trusted, nanoseconds: a second change might not show.
pub const RACY_NS: i128 = 2_000_000_000;

/// Sources behind a task go in batches from so many on: for fewer the question whether a store heeds conditions there is not
/// worth its request.
pub const IN_BATCHES_FROM: usize = 10;

/// What an entry was when it was proven: enough to tell whether anything else stands there now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    /// Bytes.
    pub size: u64,
    /// What is known of it.
    pub kind: TraceKind,
}

/// What tells an entry from another of its size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TraceKind {
    /// An object.
    Object {
        /// Without quotes.
        etag: Arc<str>,
        /// Where the bucket keeps versions and the answer told it.
        version: Option<Arc<str>>,
    },
    /// A file.
    File {
        /// Inode number.
        inode: u64,
        /// Time of the last change of content, nanoseconds since 1970.
        mtime_ns: i128,
        /// Time of the last change of anything, nanoseconds since 1970.
        ctime_ns: i128,
    },
}

impl Trace {
    /// The trace of an entry; `None` where too little is known of it.
    pub fn of(facts: &Facts) -> Option<Self> {
        let kind = if let Some(file) = facts.file() {
            TraceKind::File {
                inode: file.inode,
                mtime_ns: file.mtime_ns,
                ctime_ns: file.ctime_ns,
            }
        } else {
            let object = facts.object()?;
            TraceKind::Object {
                etag: object.etag.clone()?,
                version: object.version.clone(),
            }
        };
        Some(Self {
            size: facts.size,
            kind,
        })
    }

    /// Whether these facts are of the entry that left this trace. A listing tells no version.
    pub fn is(&self, now: &Facts) -> bool {
        let Some(now) = Self::of(now).filter(|now| now.size == self.size) else {
            return false;
        };
        match (&self.kind, &now.kind) {
            (
                TraceKind::Object { etag, version },
                TraceKind::Object {
                    etag: etag_now,
                    version: version_now,
                },
            ) => {
                etag == etag_now
                    && (version.is_none() || version_now.is_none() || version == version_now)
            }
            (one @ TraceKind::File { .. }, other) | (one, other @ TraceKind::File { .. }) => {
                one == other
            }
        }
    }
}

/// How a destination is proven to hold its source's content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proven {
    /// What stands behind it.
    pub level: Level,
    /// When the source was read, or the copy answered.
    pub at: Timestamp,
    /// The destination as it was then.
    pub destination: Trace,
}

impl Proven {
    /// Whether the proof speaks of exactly this source: a file that had just been changed when it was read may have changed
    /// once more without a trace.
    pub fn is_of(&self, source: &Facts) -> bool {
        self.level >= Level::Checksum
            && source
                .file()
                .is_none_or(|file| (self.at.as_nanosecond() - file.mtime_ns).abs() >= RACY_NS)
    }
}

/// Why a source stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stays {
    /// Nothing proves that the destination holds it.
    Unproven,
    /// It is not what the plan saw.
    Changed,
    /// Nothing tells it from another one.
    Unknown,
    /// The destination lacks it.
    Missing,
    /// The destination is not what was proven.
    Other,
    /// Both may be one object under two names.
    Itself,
}

impl fmt::Display for Stays {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unproven => "nothing proves that the destination holds the same",
            Self::Changed => "it changed since the plan",
            Self::Unknown => "nothing would tell whether it changed",
            Self::Missing => "the destination lacks it",
            Self::Other => "the destination is not what was proven",
            Self::Itself => "the destination may be the very same object under another name",
        })
    }
}

/// What is known at the moment before a source is removed.
#[derive(Debug, Clone, Copy)]
pub struct Claim<'a> {
    /// The source as the plan saw it.
    pub planned: &'a Facts,
    /// The source now.
    pub source: &'a Facts,
    /// The destination now; `None` where nothing is there.
    pub destination: Option<&'a Facts>,
    /// What proves the destination; `None` where nothing does.
    pub proven: Option<&'a Proven>,
    /// Whether both places may be one under two names.
    pub may_be_one: bool,
}

impl Claim<'_> {
    /// Whether the source may be removed, under the condition that it is still what it is now.
    pub fn judge(&self) -> Result<(), Stays> {
        let planned = Trace::of(self.planned).ok_or(Stays::Unknown)?;
        if !planned.is(self.source) || self.was_rewritten() {
            return Err(Stays::Changed);
        }
        let destination = self.destination.ok_or(Stays::Missing)?;
        let proven = self.proven.ok_or(Stays::Unproven)?;
        if !proven.is_of(self.planned) {
            return Err(Stays::Unproven);
        }
        if !proven.destination.is(destination) {
            return Err(Stays::Other);
        }
        if self.may_be_one && is_one(self.source, destination) {
            return Err(Stays::Itself);
        }
        Ok(())
    }

    /// Whether an object was written since the plan, be it with the same content: then a copy onto itself is told from one
    /// that went elsewhere.
    fn was_rewritten(&self) -> bool {
        let objects = self.planned.object().is_some() && self.source.object().is_some();
        let seconds = |facts: &Facts| facts.modified.map(Timestamp::as_second);
        let (planned, now) = (seconds(self.planned), seconds(self.source));
        objects && planned.is_some() && now.is_some() && planned != now
    }
}

/// Whether two entries bear all marks of one: the same version, or the same ETag and time where no version tells.
fn is_one(source: &Facts, destination: &Facts) -> bool {
    match (source.object(), destination.object()) {
        (Some(one), Some(other)) => match (&one.version, &other.version) {
            (Some(one), Some(other)) if **one != *"null" => one == other,
            _ => one.etag == other.etag && source.modified == destination.modified,
        },
        _ => match (source.file(), destination.file()) {
            (Some(one), Some(other)) => (one.device, one.inode) == (other.device, other.inode),
            _ => false,
        },
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::{Claim, Proven, Stays, Trace};
    use crate::domain::{
        diff::Level,
        entry::{Facts, FileId, Identity, Kind, ObjectId},
    };

    fn object(etag: &str, second: i64, version: Option<&str>) -> Facts {
        Facts {
            kind: Kind::Object,
            size: 3,
            modified: Some(Timestamp::from_second(second).unwrap()),
            identity: Identity::Object(ObjectId {
                etag: Some(etag.into()),
                version: version.map(Into::into),
                ..ObjectId::default()
            }),
        }
    }

    fn file(inode: u64, second: i64) -> Facts {
        let mtime_ns = i128::from(second) * 1_000_000_000;
        Facts {
            kind: Kind::Object,
            size: 3,
            modified: Some(Timestamp::from_second(second).unwrap()),
            identity: Identity::File(FileId {
                device: 1,
                inode,
                mtime_ns,
                ctime_ns: mtime_ns,
            }),
        }
    }

    fn proven(level: Level, destination: &Facts) -> Proven {
        Proven {
            level,
            at: Timestamp::from_second(1_000).unwrap(),
            destination: Trace::of(destination).unwrap(),
        }
    }

    fn judged(
        (planned, now): (&Facts, &Facts),
        there: Option<&Facts>,
        proven: Option<&Proven>,
    ) -> Result<(), Stays> {
        Claim {
            planned,
            source: now,
            destination: there,
            proven,
            may_be_one: true,
        }
        .judge()
    }

    #[test]
    fn only_an_unchanged_source_of_a_proven_copy_goes() {
        let (source, copy) = (object("a", 10, None), object("a", 20, None));
        let proof = proven(Level::Checksum, &copy);
        let with = |now: &Facts, there: Option<&Facts>, proof: Option<&Proven>| {
            judged((&source, now), there, proof)
        };
        assert_eq!(with(&source, Some(&copy), Some(&proof)), Ok(()));
        assert_eq!(with(&source, None, Some(&proof)), Err(Stays::Missing));
        assert_eq!(with(&source, Some(&copy), None), Err(Stays::Unproven));
        let weak = proven(Level::Size, &copy);
        assert_eq!(
            with(&source, Some(&copy), Some(&weak)),
            Err(Stays::Unproven)
        );
        let other = object("b", 20, None);
        assert_eq!(with(&source, Some(&other), Some(&proof)), Err(Stays::Other));
        assert_eq!(
            with(&object("b", 11, None), Some(&copy), Some(&proof)),
            Err(Stays::Changed)
        );
    }

    #[test]
    fn an_object_under_two_names_stays_whatever_its_etag_says() {
        let source = object("a", 10, None);
        // A copy onto itself leaves the ETag, and another time, on both.
        let rewritten = object("a", 20, None);
        let proof = proven(Level::Checksum, &rewritten);
        assert_eq!(
            judged((&source, &rewritten), Some(&rewritten), Some(&proof)),
            Err(Stays::Changed)
        );
        assert_eq!(
            judged((&source, &source), Some(&source), Some(&proof)),
            Err(Stays::Itself)
        );
        let (one, other) = (object("a", 10, Some("v1")), object("a", 10, Some("v2")));
        let proof = proven(Level::Checksum, &other);
        assert_eq!(judged((&one, &one), Some(&other), Some(&proof)), Ok(()));
        assert_eq!(
            judged((&one, &one), Some(&one), Some(&proof)),
            Err(Stays::Other)
        );
    }

    #[test]
    fn a_file_that_had_just_been_changed_when_it_was_read_is_not_trusted() {
        let copy = object("a", 1_001, None);
        let proof = proven(Level::Checksum, &copy);
        let (old, fresh) = (file(1, 900), file(1, 999));
        assert_eq!(judged((&old, &old), Some(&copy), Some(&proof)), Ok(()));
        assert_eq!(
            judged((&fresh, &fresh), Some(&copy), Some(&proof)),
            Err(Stays::Unproven)
        );
        assert_eq!(
            judged((&old, &file(2, 900)), Some(&copy), Some(&proof)),
            Err(Stays::Changed)
        );
    }
}
