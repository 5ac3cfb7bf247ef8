//! What a store answers: checksums, stats, what was written, uploads and their parts.

use std::sync::Arc;

use jiff::Timestamp;

use crate::domain::{
    entry::{Entry, FileId},
    key::Key,
};

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
    /// What the object bears beside its content, but for its tags.
    pub headers: Headers,
    /// How many tags it has; `None` where the answer told nothing of them.
    pub tag_count: Option<u32>,
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
    /// `Content-Disposition`.
    pub content_disposition: Option<String>,
    /// `Content-Language`.
    pub content_language: Option<String>,
    /// `Cache-Control`.
    pub cache_control: Option<String>,
    /// User metadata without the `x-amz-meta-` prefix. `mtime` is the source's, as rclone writes it: seconds with nine decimals.
    pub metadata: Vec<(String, String)>,
    /// Storage class asked for or told.
    pub class: Option<Arc<str>>,
    /// Encryption: `AES256`, `aws:kms` or `aws:kms:KEY`; told of an object under a customer's key: `customer`.
    pub sse: Option<Arc<str>>,
    /// Tags asked for.
    pub tags: Vec<(String, String)>,
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
