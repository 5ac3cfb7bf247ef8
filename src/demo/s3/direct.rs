//! The side door of the store: seeds and tests put and look without a request on the wire.

use super::checksum::{Algorithm, Checksum, Hasher, Kind};
use super::content::Content;
use super::multipart::{Upload, UploadedPart};
use super::object::{Headers, Object, Slot, StorageClass, Version};
use super::sse::Encryption;
use super::{S3Error, S3Result, Store};
use crate::demo::clock::whole_second;
use bytes::Bytes;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// Why the store did not take an object by the side door.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    /// What the wire would have answered, code and message.
    #[error("{code}: {message}")]
    Refused {
        /// The error code of S3.
        code: String,
        /// Its message.
        message: String,
    },
}

impl From<S3Error> for WriteError {
    fn from(error: S3Error) -> Self {
        Self::Refused {
            code: error.code().as_str().to_owned(),
            message: error.message().unwrap_or_default().to_owned(),
        }
    }
}

/// An object to be put by the side door; what is left open is as in a plain PUT of now.
#[derive(Debug, Clone, Default)]
pub struct NewObject {
    /// The bytes.
    pub body: Bytes,
    /// `LastModified`, cut to seconds; the clock's time when `None`.
    pub modified: Option<SystemTime>,
    /// The storage class by name; `STANDARD` when `None`.
    pub class: Option<String>,
    /// The content type.
    pub content_type: Option<String>,
    /// The content encoding.
    pub content_encoding: Option<String>,
    /// User metadata, names without `x-amz-meta-`.
    pub metadata: HashMap<String, String>,
    /// Tags.
    pub tags: Vec<(String, String)>,
}

impl<T: Into<Bytes>> From<T> for NewObject {
    fn from(body: T) -> Self {
        Self {
            body: body.into(),
            ..Self::default()
        }
    }
}

/// An object as it stands in the store.
#[derive(Debug, Clone, PartialEq)]
pub struct ObjectView {
    /// The key.
    pub key: String,
    /// Bytes.
    pub size: u64,
    /// Hex, without quotes.
    pub etag: String,
    /// `LastModified`.
    pub modified: SystemTime,
    /// The storage class by name.
    pub class: &'static str,
    /// What S3 tells with checksum mode.
    pub checksum: Option<Checksum>,
    /// The content type.
    pub content_type: Option<String>,
    /// The content encoding.
    pub content_encoding: Option<String>,
    /// User metadata, names without `x-amz-meta-`.
    pub metadata: BTreeMap<String, String>,
    /// Tags.
    pub tags: Vec<(String, String)>,
    /// Parts it was uploaded in; 0 for a single PUT.
    pub parts: usize,
    /// `AES256`, `aws:kms:KEY` or `customer`.
    pub encryption: String,
}

/// An unfinished upload as it stands in the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadView {
    /// The key it is for.
    pub key: String,
    /// Its id.
    pub id: String,
    /// When it was begun.
    pub initiated: SystemTime,
    /// Parts that have come in.
    pub parts: usize,
    /// Their bytes.
    pub bytes: u64,
}

fn view(key: &str, version: &Version, object: &Object) -> ObjectView {
    let metadata = object.headers.metadata.iter().flatten();
    ObjectView {
        key: key.to_owned(),
        size: object.size(),
        etag: object.etag.clone(),
        modified: version.modified,
        class: object.class.name(),
        checksum: object.checksum.clone(),
        content_type: object.headers.content_type.clone(),
        content_encoding: object.headers.content_encoding.clone(),
        metadata: metadata
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect(),
        tags: object.tags.clone(),
        parts: object.parts.len(),
        encryption: match &object.encryption {
            Encryption::Managed => "AES256".to_owned(),
            Encryption::Kms { method, key, .. } => format!("{method}:{key}"),
            Encryption::Customer { .. } => "customer".to_owned(),
        },
    }
}

impl Store {
    /// Puts an object without a request.
    ///
    /// # Errors
    /// When there is no such bucket, or no such storage class.
    pub fn put(
        &self,
        bucket: &str,
        key: &str,
        new: impl Into<NewObject>,
    ) -> Result<(), WriteError> {
        let new = new.into();
        let modified = whole_second(new.modified.unwrap_or_else(|| self.clock().now()));
        let object = self.made(new)?;
        let id = self.new_id();
        let bucket = self.bucket(bucket)?;
        let version = Version {
            id: None,
            modified,
            object: Some(Arc::new(object)),
        };
        bucket.write().insert(key, version, id);
        Ok(())
    }

    fn made(&self, new: NewObject) -> S3Result<Object> {
        let headers = Headers {
            content_type: new.content_type,
            content_encoding: new.content_encoding,
            metadata: (!new.metadata.is_empty()).then_some(new.metadata),
            ..Headers::default()
        };
        let mut hasher = Hasher::new(&[Algorithm::Crc64Nvme]);
        hasher.update(&new.body);
        let sums = hasher.finish();
        let value = sums
            .value(Algorithm::Crc64Nvme)
            .unwrap_or_default()
            .to_owned();
        Ok(Object {
            etag: hex::encode(sums.md5),
            checksum: Some(Checksum::full(Algorithm::Crc64Nvme, value))
                .filter(|_| self.limits().checksums),
            content: Content::from(new.body),
            parts: Arc::from([]),
            headers: headers.check()?,
            class: StorageClass::parse(new.class.as_deref())?,
            encryption: Encryption::Managed,
            tags: new.tags,
            restored_until: None,
            restoring: false,
        })
    }

    /// Begins an upload of parts and leaves it unfinished; returns its id.
    ///
    /// # Errors
    /// When there is no such bucket.
    pub fn leave_upload(
        &self,
        bucket: &str,
        key: &str,
        parts: &[Bytes],
        initiated: SystemTime,
    ) -> Result<String, WriteError> {
        let modified = whole_second(initiated);
        let made = parts.iter().zip(1..).map(|(body, number)| {
            let mut hasher = Hasher::new(&[Algorithm::Crc64Nvme]);
            hasher.update(body);
            let sums = hasher.finish();
            let part = UploadedPart {
                etag: hex::encode(sums.md5),
                md5: sums.md5,
                checksum: sums
                    .value(Algorithm::Crc64Nvme)
                    .unwrap_or_default()
                    .to_owned(),
                content: Content::from(body.clone()),
                modified,
            };
            (number, part)
        });
        let upload = Upload {
            initiated: modified,
            algorithm: Algorithm::Crc64Nvme,
            kind: Kind::FullObject,
            chosen: false,
            headers: Headers::default().check()?,
            class: StorageClass::default(),
            encryption: Encryption::Managed,
            tags: Vec::new(),
            parts: made.collect(),
        };
        let id = self.new_id();
        let bucket = self.bucket(bucket)?;
        bucket
            .write()
            .uploads
            .insert((key.to_owned(), id.clone()), upload);
        Ok(id)
    }

    /// All current objects of a bucket in key order; none when there is no such bucket.
    pub fn objects(&self, bucket: &str) -> Vec<ObjectView> {
        let Ok(bucket) = self.bucket(bucket) else {
            return Vec::new();
        };
        let state = bucket.read();
        let objects = state.keys.iter().filter_map(|(key, slot)| {
            Some(view(key, &slot.current, slot.current.object.as_ref()?))
        });
        objects.collect()
    }

    /// The keys of all current objects that begin with `prefix`, in order.
    pub fn keys(&self, bucket: &str, prefix: &str) -> Vec<String> {
        let Ok(bucket) = self.bucket(bucket) else {
            return Vec::new();
        };
        let state = bucket.read();
        let from = (
            std::ops::Bound::Included(prefix),
            std::ops::Bound::Unbounded,
        );
        let below = state
            .keys
            .range::<str, _>(from)
            .take_while(|(key, _)| key.starts_with(prefix));
        below
            .filter(|(_, slot)| slot.current.object.is_some())
            .map(|(key, _)| key.to_string())
            .collect()
    }

    /// The object that stands under `key`.
    pub fn object(&self, bucket: &str, key: &str) -> Option<ObjectView> {
        let bucket = self.bucket(bucket).ok()?;
        let state = bucket.read();
        let (version, object) = state.current(key)?;
        Some(view(key, version, object))
    }

    /// The bytes that stand under `key`.
    pub fn body(&self, bucket: &str, key: &str) -> Option<Bytes> {
        let bucket = self.bucket(bucket).ok()?;
        let state = bucket.read();
        let (_, object) = state.current(key)?;
        object.content.bytes().ok()
    }

    /// Restores an archived object for a day, at once.
    ///
    /// # Errors
    /// `NoSuchKey`, `NoSuchBucket`.
    pub fn restore(&self, bucket: &str, key: &str) -> Result<(), WriteError> {
        let until = self.clock().second() + Duration::from_hours(24);
        let restored = |object: &mut Object| {
            object.restored_until = Some(until);
            object.restoring = false;
        };
        self.amend(bucket, key, None, restored)?;
        Ok(())
    }

    /// Changes one bit of an object behind everybody's back: ETag, date and checksum stay. For tests of verification.
    pub fn rot(&self, bucket: &str, key: &str) {
        let Some(body) = self.body(bucket, key).filter(|body| !body.is_empty()) else {
            return;
        };
        let mut bytes = body.to_vec();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        let rotten = Content::from(Bytes::from(bytes));
        drop(self.amend(bucket, key, None, |object| object.content = rotten));
    }

    /// The unfinished uploads of a bucket, by key.
    pub fn uploads(&self, bucket: &str) -> Vec<UploadView> {
        let Ok(bucket) = self.bucket(bucket) else {
            return Vec::new();
        };
        let state = bucket.read();
        let uploads = state.uploads.iter().map(|((key, id), upload)| UploadView {
            key: key.clone(),
            id: id.clone(),
            initiated: upload.initiated,
            parts: upload.parts.len(),
            bytes: upload.parts.values().map(|part| part.content.size()).sum(),
        });
        uploads.collect()
    }

    /// The numbers of the parts that an unfinished upload has.
    pub fn part_numbers(&self, bucket: &str, id: &str) -> Vec<u32> {
        let Ok(bucket) = self.bucket(bucket) else {
            return Vec::new();
        };
        let state = bucket.read();
        let of_id = state.uploads.iter().filter(|((_, own), _)| own == id);
        of_id
            .flat_map(|(_, upload)| upload.parts.keys().copied())
            .filter_map(|number| number.try_into().ok())
            .collect()
    }

    /// The versions of a key, newest first: id and whether it is a delete marker.
    pub fn versions(&self, bucket: &str, key: &str) -> Vec<(String, bool)> {
        let Ok(bucket) = self.bucket(bucket) else {
            return Vec::new();
        };
        let state = bucket.read();
        let versions = state.keys.get(key).into_iter().flat_map(Slot::versions);
        versions
            .map(|version| (version.name().to_owned(), version.object.is_none()))
            .collect()
    }
}
