//! What the head of an answer tells: what was written, a part, the facts of an object.

use http::HeaderMap;
use jiff::{Timestamp, fmt::rfc2822};

use crate::backend::{
    s3::wire::{self, Sums, Told},
    store::{Headers, Part, Stat, Written},
};
use crate::domain::key::Key;

use super::{
    Failure,
    reply::{request_id, text},
};

/// What was written.
pub(in crate::backend::s3) fn written(headers: &HeaderMap) -> Written {
    Written {
        etag: wire::etag(text(headers, "etag")),
        version: wire::version(text(headers, "x-amz-version-id")),
        checksum: sums(headers).best(),
        file: None,
        request_id: request_id(headers).map(Box::from),
    }
}

/// The part that was written.
pub(in crate::backend::s3) fn part(
    number: u32,
    size: u64,
    headers: &HeaderMap,
) -> Result<Part, Failure> {
    let etag = wire::etag(text(headers, "etag"));
    Ok(Part {
        number,
        etag: etag.ok_or_else(|| Failure::senseless("no ETag"))?,
        size,
        crc: wire::crc64(text(headers, "x-amz-checksum-crc64nvme")),
    })
}

/// The facts of an object; its size is that of the body that the answer has, or would have.
pub(in crate::backend::s3) fn stat(key: &Key, headers: &HeaderMap) -> Stat {
    let length = text(headers, "content-length");
    let told = Told {
        key: key.clone(),
        size: length
            .and_then(|length| length.parse().ok())
            .unwrap_or_default(),
        modified: text(headers, "last-modified").and_then(date),
        etag: text(headers, "etag"),
        version: text(headers, "x-amz-version-id"),
        class: text(headers, "x-amz-storage-class"),
        restore: text(headers, "x-amz-restore"),
    };
    Stat {
        entry: told.entry(),
        checksum: sums(headers).best(),
        headers: borne(headers),
        tag_count: text(headers, "x-amz-tagging-count").and_then(|count| count.parse().ok()),
        request_id: request_id(headers).map(Box::from),
    }
}

/// The checksums that a head tells.
pub(super) fn sums(headers: &HeaderMap) -> Sums<'_> {
    Sums {
        crc64: text(headers, "x-amz-checksum-crc64nvme"),
        crc32: text(headers, "x-amz-checksum-crc32"),
        crc32c: text(headers, "x-amz-checksum-crc32c"),
        sha1: text(headers, "x-amz-checksum-sha1"),
        sha256: text(headers, "x-amz-checksum-sha256"),
        kind: text(headers, "x-amz-checksum-type"),
    }
}

/// What an object bears beside its content.
fn borne(headers: &HeaderMap) -> Headers {
    let owned = |name| text(headers, name).map(str::to_owned);
    let metadata = headers.iter().filter_map(|(name, value)| {
        let name = name.as_str().strip_prefix("x-amz-meta-")?;
        let value = String::from_utf8_lossy(value.as_bytes());
        Some((name.to_owned(), value.into_owned()))
    });
    let mut metadata: Vec<_> = metadata.collect();
    metadata.sort();
    Headers {
        content_type: owned("content-type"),
        content_encoding: owned("content-encoding"),
        content_disposition: owned("content-disposition"),
        content_language: owned("content-language"),
        cache_control: owned("cache-control"),
        metadata,
        class: text(headers, "x-amz-storage-class").map(Into::into),
        sse: wire::sse_text(
            text(headers, "x-amz-server-side-encryption-customer-algorithm")
                .map(|_| "customer")
                .or_else(|| text(headers, "x-amz-server-side-encryption")),
            text(headers, "x-amz-server-side-encryption-aws-kms-key-id"),
        ),
        ..Headers::default()
    }
}

fn date(text: &str) -> Option<Timestamp> {
    rfc2822::DateTimeParser::new().parse_timestamp(text).ok()
}
