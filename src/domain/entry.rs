//! What a listing tells: entries, pages and whether the listing came to its end.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::key::Key;

/// One thing below a location: its key and what the listing told about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The name below the location.
    pub key: Key,
    /// All else.
    pub facts: Facts,
}

/// What a listing tells about an entry, without its key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// Object or file, folder, or what cannot be moved.
    pub kind: Kind,
    /// Bytes; 0 for folders.
    pub size: u64,
    /// S3: time of upload, whole seconds. Disk: mtime, nanoseconds. `None` for a common prefix.
    pub modified: Option<Timestamp>,
    /// What tells this content from another of the same size.
    pub identity: Identity,
}

/// What kind of thing an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// An object in S3 or a regular file.
    Object,
    /// A common prefix (listing with a delimiter), a local folder, or a marker `dir/` of 0 bytes.
    Folder,
    /// A symbolic link: skipped with a word unless asked.
    Symlink,
    /// Socket, pipe, device: a row, never moved.
    Special,
}

/// What tells a content from another one of the same size; ordered by how a listing came to know it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Identity {
    /// Nothing: folders and recorded listings without it.
    #[default]
    None,
    /// An object in S3.
    Object(ObjectId),
    /// A file on disk.
    File(FileId),
}

/// Identity of an object as a listing or HEAD tells it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ObjectId {
    /// Without quotes; an MD5 only for single-part objects that no KMS or customer key encrypts.
    pub etag: Option<Arc<str>>,
    /// Version, where the bucket keeps versions and the answer told it.
    pub version: Option<Arc<str>>,
    /// STANDARD where the listing tells none.
    pub class: Option<Arc<str>>,
    /// The checksum algorithm, which a listing tells without the value.
    pub algorithm: Option<Arc<str>>,
    /// Archived, with a restored copy that can be read now.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub restored: bool,
}

/// Identity of a local file: two equal ones mean that nobody wrote to it between.
// Packed: a plan of a million steps keeps one or two of these in each, and the alignment of 16 would cost 32 bytes a step.
#[repr(C, packed(8))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, Serialize, Deserialize)]
pub struct FileId {
    /// Device number.
    pub device: u64,
    /// Inode number.
    pub inode: u64,
    /// Time of the last change of content, nanoseconds since 1970.
    pub mtime_ns: i128,
    /// Time of the last change of anything, nanoseconds since 1970.
    pub ctime_ns: i128,
}

/// Whether a listing told everything.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// The last page was seen: what is not listed does not exist.
    Complete,
    /// The listing broke: what is not listed may well exist.
    Broken {
        /// The last key that was seen before it broke.
        after: Option<Key>,
        /// What happened, for a person.
        reason: Arc<str>,
    },
}

impl End {
    /// Whether absence in this listing is a proven fact.
    pub fn is_complete(&self) -> bool {
        matches!(self, Self::Complete)
    }
}

/// Some entries in key order; `end` is told with the last page only.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Page {
    /// Strictly ascending by key, also across pages.
    pub entries: Vec<Entry>,
    /// `None` while more pages follow.
    pub end: Option<End>,
}

impl Facts {
    /// A folder of which nothing more is known.
    pub fn folder() -> Self {
        Self {
            kind: Kind::Folder,
            size: 0,
            modified: None,
            identity: Identity::None,
        }
    }

    /// The object's ETag, without quotes, where there is one.
    pub fn etag(&self) -> Option<&str> {
        self.object().and_then(|id| id.etag.as_deref())
    }

    /// The object's storage class, where it is an object that told one.
    pub fn class(&self) -> Option<&str> {
        self.object().and_then(|id| id.class.as_deref())
    }

    /// Whether the content must be restored before it can be read.
    pub fn is_archived(&self) -> bool {
        let restored = self.object().is_some_and(|id| id.restored);
        !restored && matches!(self.class(), Some("GLACIER" | "DEEP_ARCHIVE"))
    }

    /// Identity in S3, where this is an object.
    pub fn object(&self) -> Option<&ObjectId> {
        match &self.identity {
            Identity::Object(id) => Some(id),
            Identity::None | Identity::File(_) => None,
        }
    }

    /// Identity on disk, where this is a file.
    pub fn file(&self) -> Option<&FileId> {
        match &self.identity {
            Identity::File(id) => Some(id),
            Identity::None | Identity::Object(_) => None,
        }
    }
}

/// How many, and how many bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Objects or files.
    pub objects: u64,
    /// Bytes.
    pub bytes: u64,
}

impl Tally {
    /// Adds one entry of `bytes` bytes. Sizes that a recorded listing made up stop at the most that can be told.
    pub fn add(&mut self, bytes: u64) {
        self.join(Self { objects: 1, bytes });
    }

    /// Adds all of another tally.
    pub fn join(&mut self, other: Self) {
        self.objects = self.objects.saturating_add(other.objects);
        self.bytes = self.bytes.saturating_add(other.bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::Tally;

    #[test]
    fn sizes_beyond_all_measure_are_counted_and_not_wrapped() {
        let mut tally = Tally::default();
        tally.add(u64::MAX);
        tally.add(2);
        assert_eq!((tally.objects, tally.bytes), (2, u64::MAX));
    }
}
