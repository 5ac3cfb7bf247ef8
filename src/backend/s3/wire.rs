//! Between the SDK's words and ours: times, ETags, checksums, keys in URLs.

use std::{borrow::Cow, sync::Arc};

use aws_sdk_s3::{operation::RequestId, primitives::DateTime};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use jiff::Timestamp;

use crate::backend::store::{Checksum, Headers};
use crate::domain::{
    entry::{Entry, Facts, Identity, Kind, ObjectId},
    key::Key,
};

/// A time of the SDK.
pub(in crate::backend) fn timestamp(time: &DateTime) -> Option<Timestamp> {
    let nanos = i32::try_from(time.subsec_nanos()).ok()?;
    Timestamp::new(time.secs(), nanos).ok()
}

/// The id of an answer.
pub(super) fn request_id(answer: &impl RequestId) -> Option<Box<str>> {
    answer.request_id().map(Box::from)
}

/// An ETag without its quotes.
pub(super) fn bare(etag: &str) -> &str {
    etag.strip_prefix('"')
        .and_then(|inner| inner.strip_suffix('"'))
        .unwrap_or(etag)
}

/// An ETag as a header wants it.
pub(super) fn quoted(etag: &str) -> String {
    format!("\"{}\"", bare(etag))
}

/// An ETag as we keep it; an empty one is none.
pub(super) fn etag(told: Option<&str>) -> Option<Arc<str>> {
    told.map(bare)
        .filter(|etag| !etag.is_empty())
        .map(Arc::from)
}

/// A text of an answer whose keys are written as in an address, where it says so.
pub(super) fn plain(text: &str, url: bool) -> String {
    if url {
        String::from_utf8_lossy(&decoded(text.as_bytes())).into_owned()
    } else {
        text.to_owned()
    }
}

/// A version as we keep it: buckets without versions call it `null`.
pub(super) fn version(told: Option<&str>) -> Option<Arc<str>> {
    told.filter(|version| !version.is_empty() && *version != "null")
        .map(Arc::from)
}

/// CRC-64/NVME as a header has it.
pub(super) fn crc64_text(crc: u64) -> String {
    STANDARD.encode(crc.to_be_bytes())
}

/// CRC-64/NVME of a header; `None` where it is none of a whole content.
pub(super) fn crc64(text: Option<&str>) -> Option<u64> {
    bytes(text?).map(u64::from_be_bytes)
}

fn bytes<const N: usize>(text: &str) -> Option<[u8; N]> {
    STANDARD.decode(text).ok()?.try_into().ok()
}

/// The checksum headers of an answer.
#[derive(Debug, Default)]
pub(super) struct Sums<'a> {
    pub(super) crc64: Option<&'a str>,
    pub(super) crc32: Option<&'a str>,
    pub(super) crc32c: Option<&'a str>,
    pub(super) sha1: Option<&'a str>,
    pub(super) sha256: Option<&'a str>,
    pub(super) kind: Option<&'a str>,
}

/// Collects the checksum headers of any answer that bears them.
macro_rules! sums {
    ($answer:expr) => {
        $crate::backend::s3::wire::Sums {
            crc64: $answer.checksum_crc64_nvme(),
            crc32: $answer.checksum_crc32(),
            crc32c: $answer.checksum_crc32_c(),
            sha1: $answer.checksum_sha1(),
            sha256: $answer.checksum_sha256(),
            kind: $answer
                .checksum_type()
                .map(aws_sdk_s3::types::ChecksumType::as_str),
        }
    };
}
pub(super) use sums;

impl Sums<'_> {
    /// The best checksum told; one of parts (`…-3`, or type COMPOSITE) is kept as text.
    pub(super) fn best(&self) -> Option<Checksum> {
        let text = [self.crc64, self.sha256, self.crc32c, self.crc32, self.sha1]
            .into_iter()
            .flatten()
            .next()?;
        if self.kind == Some("COMPOSITE") || text.contains('-') {
            return Some(Checksum::Composite(text.into()));
        }
        let whole = crc64(self.crc64)
            .map(Checksum::Crc64Nvme)
            .or_else(|| self.sha256.and_then(bytes).map(Checksum::Sha256))
            .or_else(|| {
                self.crc32c
                    .and_then(bytes)
                    .map(|b| Checksum::Crc32c(u32::from_be_bytes(b)))
            })
            .or_else(|| {
                self.crc32
                    .and_then(bytes)
                    .map(|b| Checksum::Crc32(u32::from_be_bytes(b)))
            })
            .or_else(|| self.sha1.and_then(bytes).map(Checksum::Sha1));
        Some(whole.unwrap_or_else(|| Checksum::Composite(text.into())))
    }
}

/// A key of a listing with `encoding-type=url`: `%XX` and `+`. Anything else stays as it is.
pub(in crate::backend) fn decoded(bytes: &[u8]) -> Cow<'_, [u8]> {
    if !bytes.iter().any(|byte| matches!(byte, b'%' | b'+')) {
        return Cow::Borrowed(bytes);
    }
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let hex = (byte == b'%').then(|| bytes.get(at + 1..at + 3)).flatten();
        let coded =
            hex.and_then(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok());
        out.push(coded.unwrap_or(if byte == b'+' { b' ' } else { byte }));
        at += if coded.is_some() { 3 } else { 1 };
    }
    Cow::Owned(out)
}

/// `bucket/key` for `x-amz-copy-source`, with the version where one is pinned.
pub(super) fn copy_source(bucket: &str, key: &str, version: Option<&str>) -> String {
    let mut text = format!("{bucket}/{}", encoded(key, b"/"));
    if let Some(version) = version {
        text.push_str("?versionId=");
        text.push_str(&encoded(version, b""));
    }
    text
}

/// Tags as their header wants them: `a=b&c=d`.
pub(super) fn tagging(tags: &[(String, String)]) -> Option<String> {
    let pair =
        |(key, value): &(String, String)| format!("{}={}", encoded(key, b""), encoded(value, b""));
    (!tags.is_empty()).then(|| tags.iter().map(pair).collect::<Vec<_>>().join("&"))
}

fn encoded(text: &str, also: &[u8]) -> String {
    let mut out = String::with_capacity(text.len());
    encode(&mut out, text, also);
    out
}

/// Text as an address has it, behind `out`: letters, digits, `-._~` and what `also` holds stay as they are.
pub(super) fn encode(out: &mut String, text: &str, also: &[u8]) {
    let digit = |half: u8| char::from_digit(half.into(), 16).unwrap_or('0');
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) || also.contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push(digit(byte >> 4).to_ascii_uppercase());
            out.push(digit(byte & 15).to_ascii_uppercase());
        }
    }
}

/// How encryption is written in our options: `AES256`, `aws:kms`, `aws:kms:KEY`.
pub(super) fn sse_text(algorithm: Option<&str>, key: Option<&str>) -> Option<Arc<str>> {
    match (algorithm?, key) {
        ("aws:kms", Some(key)) => Some(format!("aws:kms:{key}").into()),
        (algorithm, _) => Some(algorithm.into()),
    }
}

/// Algorithm and KMS key of such a text.
pub(super) fn sse_parts(text: &str) -> (&str, Option<&str>) {
    match text.strip_prefix("aws:kms:") {
        Some(key) => ("aws:kms", Some(key)),
        None => (text, None),
    }
}

/// Whether `x-amz-restore` tells of a copy that can be read: `ongoing-request="false", expiry-date="…"`.
fn is_restored(header: &str) -> bool {
    header.contains("ongoing-request=\"false\"")
}

/// What HEAD and GET tell about an object.
#[derive(Debug)]
pub(super) struct Told<'a> {
    pub(super) key: Key,
    pub(super) size: u64,
    pub(super) modified: Option<Timestamp>,
    pub(super) etag: Option<&'a str>,
    pub(super) version: Option<&'a str>,
    pub(super) class: Option<&'a str>,
    /// `x-amz-restore`.
    pub(super) restore: Option<&'a str>,
}

impl Told<'_> {
    /// The entry, with the same facts that a listing tells.
    pub(super) fn entry(self) -> Entry {
        let marker = self.key.is_folder() && self.size == 0;
        let id = ObjectId {
            etag: etag(self.etag),
            version: version(self.version),
            class: Some(self.class.unwrap_or("STANDARD").into()),
            algorithm: None,
            restored: self.restore.is_some_and(is_restored),
        };
        let facts = Facts {
            kind: if marker { Kind::Folder } else { Kind::Object },
            size: self.size,
            modified: self.modified,
            identity: Identity::Object(id),
        };
        Entry {
            key: self.key,
            facts,
        }
    }
}

/// The headers of an answer to HEAD or GET.
macro_rules! headers {
    ($answer:expr) => {
        $crate::backend::s3::wire::headers_of(
            $answer.metadata(),
            $crate::backend::store::Headers {
                content_type: $answer.content_type().map(str::to_owned),
                content_encoding: $answer.content_encoding().map(str::to_owned),
                content_disposition: $answer.content_disposition().map(str::to_owned),
                content_language: $answer.content_language().map(str::to_owned),
                cache_control: $answer.cache_control().map(str::to_owned),
                class: $answer.storage_class().map(|class| class.as_str().into()),
                sse: $crate::backend::s3::wire::sse_text(
                    $answer
                        .sse_customer_algorithm()
                        .map(|_| "customer")
                        .or_else(|| $answer.server_side_encryption().map(|sse| sse.as_str())),
                    $answer.ssekms_key_id(),
                ),
                ..$crate::backend::store::Headers::default()
            },
        )
    };
}
pub(super) use headers;

/// `headers` with the user metadata, sorted by name.
pub(super) fn headers_of(
    metadata: Option<&std::collections::HashMap<String, String>>,
    headers: Headers,
) -> Headers {
    let mut metadata: Vec<_> = metadata
        .into_iter()
        .flatten()
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    metadata.sort();
    Headers {
        metadata,
        ..headers
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{
        Checksum, Sums, bare, copy_source, crc64, crc64_text, decoded, encoded, is_restored,
        quoted, sse_parts, tagging,
    };

    #[test]
    fn url_encoded_keys_are_decoded_byte_by_byte() {
        assert_eq!(
            *decoded(b"a+b%2Bc%2f%0A%1B%C3%A9"),
            *b"a b+c/\n\x1b\xc3\xa9"
        );
        assert_eq!(*decoded(b"100%"), *b"100%");
        assert_eq!(*decoded(b"%zz%4"), *b"%zz%4");
    }

    #[test]
    fn composite_checksums_prove_nothing_by_themselves() {
        let crc = crc64_text(0x0123_4567_89ab_cdef);
        assert_eq!(crc64(Some(&crc)), Some(0x0123_4567_89ab_cdef));
        let whole = Sums {
            crc64: Some(&crc),
            kind: Some("FULL_OBJECT"),
            ..Sums::default()
        };
        assert_eq!(
            whole.best(),
            Some(Checksum::Crc64Nvme(0x0123_4567_89ab_cdef))
        );
        let parts = Sums {
            crc32: Some("AAAAAA==-3"),
            ..Sums::default()
        };
        assert_eq!(parts.best(), Some(Checksum::Composite("AAAAAA==-3".into())));
        let told = Sums {
            sha256: Some("AAAA"),
            kind: Some("COMPOSITE"),
            ..Sums::default()
        };
        assert_eq!(told.best(), Some(Checksum::Composite("AAAA".into())));
        assert_eq!(Sums::default().best(), None);
    }

    #[test]
    fn small_words_go_both_ways() {
        assert_eq!(bare("\"abc\""), "abc");
        assert_eq!(quoted("abc"), "\"abc\"");
        assert_eq!(quoted("\"abc\""), "\"abc\"");
        assert_eq!(
            copy_source("b", "a b/ü+%", Some("v=1")),
            "b/a%20b/%C3%BC%2B%25?versionId=v%3D1"
        );
        assert_eq!(
            tagging(&[("a b".into(), "c&d".into())]).as_deref(),
            Some("a%20b=c%26d")
        );
        assert_eq!(sse_parts("aws:kms:arn:x"), ("aws:kms", Some("arn:x")));
        assert_eq!(sse_parts("AES256"), ("AES256", None));
        assert!(is_restored(
            "ongoing-request=\"false\", expiry-date=\"Fri, 21 Dec 2029 00:00:00 GMT\""
        ));
        assert!(!is_restored("ongoing-request=\"true\""));
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_decoded_again(text in any::<String>()) {
            let coded = encoded(&text, b"/");
            prop_assert_eq!(&*decoded(coded.as_bytes()), text.as_bytes());
        }
    }
}
