//! What a bucket holds under a key: versions of objects, each with its headers, encryption, class and checksums.

use super::checksum::Checksum;
use super::content::Content;
use super::sse::Encryption;
use super::{S3Result, s3_error};
use s3s::dto;
use std::sync::Arc;
use std::time::SystemTime;

/// One object as it was stored; never changed, only replaced.
#[derive(Debug, Clone)]
pub(super) struct Object {
    pub content: Content,
    /// Hex, without quotes; the MD5 of the content only for a single, not KMS or customer encrypted write.
    pub etag: String,
    pub checksum: Option<Checksum>,
    /// Empty unless it was uploaded in parts.
    pub parts: Arc<[StoredPart]>,
    pub headers: Arc<Headers>,
    pub class: StorageClass,
    pub encryption: Encryption,
    pub tags: Vec<(String, String)>,
    /// Until when a restored copy of an archived object can be read.
    pub restored_until: Option<SystemTime>,
    /// Whether a copy was asked for that is not there yet.
    pub restoring: bool,
}

/// A part of an object that was uploaded in parts.
#[derive(Debug, Clone)]
pub(super) struct StoredPart {
    pub number: i32,
    pub size: u64,
    pub checksum: Option<String>,
}

/// The headers that are kept with an object and given back.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Headers {
    pub content_type: Option<String>,
    pub content_encoding: Option<String>,
    pub content_disposition: Option<String>,
    pub content_language: Option<String>,
    pub cache_control: Option<String>,
    pub expires: Option<dto::Timestamp>,
    pub website_redirect: Option<String>,
    pub metadata: Option<dto::Metadata>,
}

/// Bytes that names and values of user metadata may have together.
const METADATA_LIMIT: usize = 2048;

impl Headers {
    /// Takes the headers out of an input that has them all.
    pub(super) fn check(mut self) -> S3Result<Arc<Self>> {
        let size = self
            .metadata
            .iter()
            .flatten()
            .map(|(name, value)| name.len() + value.len())
            .sum::<usize>();
        if size > METADATA_LIMIT {
            return Err(s3_error!(
                MetadataTooLarge,
                "Your metadata headers exceed the maximum allowed metadata size"
            ));
        }
        self.content_encoding = self
            .content_encoding
            .and_then(|encoding| without_chunking(&encoding));
        self.content_type
            .get_or_insert_with(|| "binary/octet-stream".to_owned());
        Ok(Arc::new(self))
    }
}

/// `aws-chunked` is the wire's, not the object's.
fn without_chunking(encoding: &str) -> Option<String> {
    let kept: Vec<&str> = encoding
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty() && *name != "aws-chunked")
        .collect();
    (!kept.is_empty()).then(|| kept.join(","))
}

/// Takes the headers of an object out of an input.
macro_rules! headers_of {
    ($input:expr) => {
        $crate::demo::s3::object::Headers {
            content_type: $input.content_type.take(),
            content_encoding: $input.content_encoding.take(),
            content_disposition: $input.content_disposition.take(),
            content_language: $input.content_language.take(),
            cache_control: $input.cache_control.take(),
            expires: $input.expires.take(),
            website_redirect: $input.website_redirect_location.take(),
            metadata: $input.metadata.take(),
        }
        .check()
    };
}

pub(super) use headers_of;

/// A storage class, by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct StorageClass(&'static str);

const CLASSES: [&str; 9] = [
    "STANDARD",
    "STANDARD_IA",
    "ONEZONE_IA",
    "INTELLIGENT_TIERING",
    "GLACIER_IR",
    "GLACIER",
    "DEEP_ARCHIVE",
    "REDUCED_REDUNDANCY",
    "EXPRESS_ONEZONE",
];

impl StorageClass {
    pub(super) fn parse(name: Option<&str>) -> S3Result<Self> {
        let name = name.unwrap_or(CLASSES[0]);
        let known = CLASSES.into_iter().find(|class| *class == name);
        known.map(Self).ok_or_else(|| {
            s3_error!(
                InvalidStorageClass,
                "The storage class you specified is not valid"
            )
        })
    }

    pub(super) fn name(self) -> &'static str {
        if self.0.is_empty() {
            CLASSES[0]
        } else {
            self.0
        }
    }

    /// The header is left out for `STANDARD`, as S3 does.
    pub(super) fn header(self) -> Option<dto::StorageClass> {
        (self.name() != CLASSES[0]).then(|| dto::StorageClass::from_static(self.name()))
    }

    pub(super) fn archived(self) -> bool {
        ["GLACIER", "DEEP_ARCHIVE"].contains(&self.name())
    }
}

impl Object {
    pub(super) fn size(&self) -> u64 {
        self.content.size()
    }

    pub(super) fn etag(&self) -> dto::ETag {
        dto::ETag::Strong(self.etag.clone())
    }

    /// Whether its bytes can be read at `now`.
    pub(super) fn readable(&self, now: SystemTime) -> bool {
        !self.class.archived() || self.restored_until.is_some_and(|until| now < until)
    }
}

/// One version of a key: an object, or the mark that it was deleted.
#[derive(Debug, Clone)]
pub(super) struct Version {
    /// `None` is the version called `null`.
    pub id: Option<Arc<str>>,
    pub modified: SystemTime,
    pub object: Option<Arc<Object>>,
}

impl Version {
    pub(super) fn name(&self) -> &str {
        self.id.as_deref().unwrap_or("null")
    }
}

/// All versions of a key, newest first; there is always one.
#[derive(Debug, Clone)]
pub(super) struct Slot {
    pub current: Version,
    pub older: Vec<Version>,
}

impl Slot {
    pub(super) fn versions(&self) -> impl Iterator<Item = &Version> {
        std::iter::once(&self.current).chain(&self.older)
    }

    pub(super) fn version_mut(&mut self, id: Option<&str>) -> Option<&mut Version> {
        let Some(id) = id else {
            return Some(&mut self.current);
        };
        std::iter::once(&mut self.current)
            .chain(&mut self.older)
            .find(|version| version.name() == id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wire_s_encoding_is_not_kept() {
        assert_eq!(without_chunking("aws-chunked"), None);
        assert_eq!(
            without_chunking("gzip, aws-chunked").as_deref(),
            Some("gzip")
        );
    }

    #[test]
    fn only_real_classes_are_taken() {
        assert_eq!(StorageClass::parse(None).unwrap().header(), None);
        assert!(
            StorageClass::parse(Some("DEEP_ARCHIVE"))
                .unwrap()
                .archived()
        );
        assert!(StorageClass::parse(Some("COLD")).is_err());
        assert_eq!(StorageClass::default().name(), "STANDARD");
    }
}
