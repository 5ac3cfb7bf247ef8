//! What is asked of a store: listings, conditions, pins, and how to read and write.

use std::{fmt, ops::Range, sync::Arc};

use crate::backend::store::Headers;
use crate::domain::{
    entry::{Facts, FileId},
    filter::{Filter, Matcher},
    key::Key,
};

/// What to list of a location.
#[derive(Debug, Clone, Default)]
pub struct ListQuery {
    /// Below this folder of the location; empty for all. Keys of the answer are relative to the location, not to this.
    pub folder: Key,
    /// Only one level: deeper entries are folded into folders.
    pub shallow: bool,
    /// Only keys after this one (exclusive).
    pub start_after: Option<Key>,
    /// Only keys up to this one (inclusive).
    pub end: Option<Key>,
    /// After so many pages nothing more is asked for until the listing is dropped (S3 only): who shares the rest with
    /// others wants no page of it twice.
    pub pages: Option<usize>,
    /// Follow symbolic links of a disk.
    pub follow_links: bool,
    /// A folder that is not there is empty instead of an error: right for a destination, deadly for a source.
    pub missing_is_empty: bool,
    /// Folders that need not be looked into, because nothing below them takes part (disk only).
    pub prune: Option<Prune>,
}

/// What must hold at the destination at the moment of writing or deleting.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Condition {
    /// Nothing is asked.
    #[default]
    None,
    /// Nothing may be there (`If-None-Match: *`, `RENAME_NOREPLACE`).
    Absent,
    /// It must still be this one (`If-Match`, or the file's identity).
    Unchanged(Pin),
}

/// The exact content that was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pin {
    /// ETag without quotes, and the version where known.
    Object {
        /// ETag without quotes.
        etag: Arc<str>,
        /// Version, where the bucket keeps versions.
        version: Option<Arc<str>>,
    },
    /// A file with this identity and size.
    File {
        /// Identity of the file.
        id: FileId,
        /// Bytes.
        size: u64,
    },
}

impl Pin {
    /// The pin of what a listing told; `None` where it told too little.
    pub fn of(facts: &Facts) -> Option<Self> {
        if let Some(id) = facts.file() {
            return Some(Self::File {
                id: *id,
                size: facts.size,
            });
        }
        let id = facts.object()?;
        Some(Self::Object {
            etag: id.etag.clone()?,
            version: id.version.clone(),
        })
    }
}

/// Which folders need not be looked into: given a folder's key with its `/`, below the location.
#[derive(Clone)]
pub struct Prune(Arc<dyn Fn(&Key) -> bool + Send + Sync>);

impl Prune {
    /// Leaves out the folders for which `skip` is true; they are not listed at all.
    pub fn new(skip: impl Fn(&Key) -> bool + Send + Sync + 'static) -> Self {
        Self(Arc::new(skip))
    }

    /// Leaves out the folders of which a filter takes nothing; `None` for one without rules, or whose rules cannot be read.
    pub fn of(filter: &Filter) -> Option<Self> {
        let matcher = Matcher::new(filter).ok()?;
        let rules = !filter.rules.is_empty();
        rules.then(|| Self::new(move |folder| matcher.skips_folder(folder)))
    }

    /// Whether this folder is left out.
    pub fn skips(&self, folder: &Key) -> bool {
        (self.0)(folder)
    }
}

impl fmt::Debug for Prune {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Prune")
    }
}

/// One part of a multipart upload: of which object, which upload, which number.
#[derive(Debug, Clone, Copy)]
pub struct Slot<'a> {
    /// The object's key.
    pub key: &'a Key,
    /// The upload's id.
    pub upload: &'a str,
    /// From 1 to 10,000.
    pub number: u32,
}

/// How to read.
#[derive(Debug, Clone, Default)]
pub struct ReadQuery {
    /// Bytes wanted; all when `None`.
    pub range: Option<Range<u64>>,
    /// Fail with `Changed` when the content is another one.
    pub pin: Option<Pin>,
}

/// How to write an object in one request or as a multipart upload.
#[derive(Debug, Clone, Default)]
pub struct WriteQuery {
    /// What must hold at the destination.
    pub condition: Condition,
    /// What it shall bear.
    pub headers: Headers,
    /// CRC-64/NVME of the body (of the whole object for `complete`), sent with the request so that the store checks it.
    pub checksum: Option<u64>,
}
