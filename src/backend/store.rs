//! The door of `backend`: one `Store` a location, with the same words for disk and S3.
//! The engine knows these types and no others; bodies are pooled `Bytes`, every answer tells its checksum and request id.

use std::{ops::Range, path::PathBuf, sync::Arc};

use bytes::Bytes;
use jiff::Timestamp;

use crate::domain::{
    entry::{Entry, Facts, FileId, Page},
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
    /// Follow symbolic links of a disk.
    pub follow_links: bool,
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

/// A checksum of a whole content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Checksum {
    /// CRC-64/NVME, the one wharf asks for; full object at any number of parts.
    Crc64Nvme(u64),
    /// CRC-32 of the whole object.
    Crc32(u32),
    /// CRC-32C of the whole object.
    Crc32c(u32),
    /// SHA-1 of the whole object.
    Sha1([u8; 20]),
    /// SHA-256 of the whole object.
    Sha256([u8; 32]),
    /// MD5 of the whole object.
    Md5([u8; 16]),
    /// A checksum of checksums, or of an algorithm not known here: text only, proves nothing by itself.
    Composite(Box<str>),
}

/// What HEAD (or stat) tells about one entry.
#[derive(Debug, Clone)]
pub struct Stat {
    /// The same facts that a listing tells.
    pub entry: Entry,
    /// Checksum that the store keeps.
    pub checksum: Option<Checksum>,
    /// What the object bears beside its content.
    pub headers: Headers,
    /// Answer's id.
    pub request_id: Option<Box<str>>,
}

/// What an object bears beside its content.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Headers {
    /// `Content-Type`.
    pub content_type: Option<String>,
    /// `Content-Encoding`.
    pub content_encoding: Option<String>,
    /// User metadata without the `x-amz-meta-` prefix. `mtime` is the source's, as rclone writes it: seconds with nine decimals.
    pub metadata: Vec<(String, String)>,
    /// Storage class asked for or told.
    pub class: Option<Arc<str>>,
    /// Encryption: `AES256`, `aws:kms` or `aws:kms:KEY`.
    pub sse: Option<Arc<str>>,
    /// Tags asked for.
    pub tags: Vec<(String, String)>,
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

/// What a store answered to a write.
#[derive(Debug, Clone, Default)]
pub struct Written {
    /// ETag of the new object, without quotes.
    pub etag: Option<Arc<str>>,
    /// Version of the new object.
    pub version: Option<Arc<str>>,
    /// The checksum that the store echoed; `None`: the store keeps none.
    pub checksum: Option<Checksum>,
    /// Identity of the new file, on disk.
    pub file: Option<FileId>,
    /// Answer's id.
    pub request_id: Option<Box<str>>,
}

/// An unfinished multipart upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    /// Its key below the location.
    pub key: Key,
    /// Its id.
    pub id: Arc<str>,
    /// When it began.
    pub began: Option<Timestamp>,
}

/// A part that the store has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// From 1 to 10,000.
    pub number: u32,
    /// ETag without quotes.
    pub etag: Arc<str>,
    /// Bytes.
    pub size: u64,
    /// CRC-64/NVME of the part, where the store echoed it.
    pub crc: Option<u64>,
}

/// Key → where it is on disk: what a download needs to write beneath the root.
#[derive(Debug, Clone)]
pub struct DiskRoot {
    /// The folder below which everything stays.
    pub path: PathBuf,
}

/// One page after another of a listing, in key order; the last one bears its `End`.
pub trait Pages: Send {
    /// The next page; `None` after the page that bore the `End`. A broken listing is an `End::Broken`, not an error.
    fn next(&mut self) -> impl Future<Output = Option<Page>> + Send;
}

/// A body in pieces.
pub trait Body: Send {
    /// The next piece; `None` at the end. Errors after the first byte are classified like any other.
    fn chunk(&mut self) -> impl Future<Output = Result<Option<Bytes>, super::Error>> + Send;
}
