//! S3: our store behind the wire of `s3s`, which does signatures, chunk framing and XML. One table says which function
//! answers which operation; what is not in it is answered 501.
#![allow(
    clippy::needless_pass_by_value,
    reason = "the table hands every operation its request by value"
)]

mod access;
mod attributes;
mod batch;
mod bucket;
mod checksum;
mod condition;
mod config;
mod content;
mod copy;
mod delete;
mod direct;
mod get;
mod list;
mod multipart;
mod object;
mod page;
mod put;
mod sse;
mod tags;
mod versions;

pub use access::Denial;
pub use bucket::Versioning;
pub use checksum::{Algorithm, Checksum, Kind};
pub use direct::{NewObject, ObjectView, UploadView, WriteError};

use super::clock::Clock;
use access::Access;
use bucket::Bucket;
use content::Spill;
use s3s::dto;
use s3s::{S3, S3Error, S3Request, S3Response, S3Result, s3_error};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

pub(super) use access::{Gate, Keys, Signed};
pub(super) use batch::{CopyAs, Place, Refused};

/// The store: every clone is the same one. Tests and seeds reach into it beside the wire.
#[derive(Debug, Clone)]
pub struct Store(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    buckets: RwLock<BTreeMap<String, Arc<Bucket>>>,
    access: Access,
    clock: Clock,
    spill: Option<Spill>,
    limits: RwLock<Limits>,
    serial: AtomicU64,
    unguarded: AtomicU64,
}

/// The limits of S3, smaller ones for tests, and what a lesser store would not do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is a habit of its own of some store"
)]
pub struct Limits {
    /// The smallest part but the last, in bytes.
    pub part: u64,
    /// The most bytes of a single PUT, and of a single copy.
    pub single: u64,
    /// The most keys in a listing's page.
    pub page: usize,
    /// Whether conditions are heeded; some compatible stores ignore them.
    pub conditions: bool,
    /// Whether checksums are kept and told; some compatible stores know none.
    pub checksums: bool,
    /// Whether an archived object can be read as soon as it is asked for; else once `Store::restore` says so.
    pub restores_at_once: bool,
    /// Whether a request signed for a bucket's wrong region is sent away.
    pub regions: bool,
    /// How far the signature's date may be from the demo's clock; any when `None`.
    pub skew: Option<Duration>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            part: 5 << 20,
            single: 5 << 30,
            page: 1000,
            conditions: true,
            checksums: true,
            restores_at_once: true,
            regions: true,
            skew: None,
        }
    }
}

/// Where bodies that are too big for memory go.
pub(super) type SpillTo = Option<(PathBuf, u64)>;

impl Store {
    pub(super) fn new(clock: Clock, spill: SpillTo) -> std::io::Result<Self> {
        let spill = spill
            .map(|(folder, over)| Spill::new(folder, over))
            .transpose()?;
        Ok(Self(Arc::new(Inner {
            buckets: RwLock::default(),
            access: Access::default(),
            clock,
            spill,
            limits: RwLock::default(),
            serial: AtomicU64::new(1),
            unguarded: AtomicU64::new(0),
        })))
    }

    /// The limits in force.
    pub fn limits(&self) -> Limits {
        *self.0.limits.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Deletes that were asked for without any condition, one by one or in a batch.
    pub fn unguarded_deletes(&self) -> u64 {
        self.0.unguarded.load(Ordering::Relaxed)
    }

    /// Changes the limits from here on.
    pub fn set_limits(&self, limits: Limits) {
        *self
            .0
            .limits
            .write()
            .unwrap_or_else(PoisonError::into_inner) = limits;
    }

    /// Makes another access key valid.
    pub fn add_key(&self, access_key: &str, secret_key: &str) {
        self.access().add_key(access_key, secret_key);
    }

    /// Whether requests may be signed with this key.
    pub(in crate::demo) fn knows_key(&self, access_key: &str) -> bool {
        self.access().knows(access_key)
    }

    /// Refuses what `denial` names with `AccessDenied`, from here on.
    pub fn deny(&self, denial: Denial) {
        self.access().deny(denial);
    }

    /// Forgets all denials.
    pub fn allow_all(&self) {
        self.access().allow_all();
    }

    fn access(&self) -> &Access {
        &self.0.access
    }

    fn clock(&self) -> &Clock {
        &self.0.clock
    }

    fn spill(&self) -> Option<&Spill> {
        self.0.spill.as_ref()
    }

    /// An id that was not given before: opaque, and later ones sort later.
    fn new_id(&self) -> String {
        let number = self.0.serial.fetch_add(1, Ordering::Relaxed);
        let noise = number.wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(17);
        format!("{number:012x}{noise:016x}")
    }

    fn bucket(&self, name: &str) -> S3Result<Arc<Bucket>> {
        let buckets = self
            .0
            .buckets
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        let found = buckets.get(name).cloned();
        found.ok_or_else(|| s3_error!(NoSuchBucket, "The specified bucket does not exist"))
    }
}

/// A reply without extra headers.
#[allow(
    clippy::unnecessary_wraps,
    reason = "every operation ends in a result, most of them with this"
)]
fn reply<T>(output: T) -> S3Result<S3Response<T>> {
    Ok(S3Response::new(output))
}

type Reply<'f, T> = Pin<Box<dyn Future<Output = S3Result<S3Response<T>>> + Send + 'f>>;

/// Implements `S3` from a table of operations; `wait` marks those that read a body.
macro_rules! operations {
    ($($name:ident($input:ident) -> $output:ident = $function:path $(, $wait:ident)?;)*) => {
        impl S3 for Store {
            $(
                fn $name<'life0, 'async_trait>(
                    &'life0 self,
                    request: S3Request<dto::$input>,
                ) -> Reply<'async_trait, dto::$output>
                where
                    'life0: 'async_trait,
                    Self: 'async_trait,
                {
                    operations!(@call self, request, $function $(, $wait)?)
                }
            )*
        }
    };
    (@call $self:ident, $request:ident, $function:path) => {
        Box::pin(std::future::ready($function($self, $request)))
    };
    (@call $self:ident, $request:ident, $function:path, wait) => {
        Box::pin($function($self, $request))
    };
}

operations! {
    list_buckets(ListBucketsInput) -> ListBucketsOutput = bucket::list_buckets;
    create_bucket(CreateBucketInput) -> CreateBucketOutput = bucket::create_bucket;
    head_bucket(HeadBucketInput) -> HeadBucketOutput = bucket::head_bucket;
    delete_bucket(DeleteBucketInput) -> DeleteBucketOutput = bucket::delete_bucket;
    get_bucket_location(GetBucketLocationInput) -> GetBucketLocationOutput = bucket::get_bucket_location;

    get_bucket_versioning(GetBucketVersioningInput) -> GetBucketVersioningOutput = config::get_versioning;
    put_bucket_versioning(PutBucketVersioningInput) -> PutBucketVersioningOutput = config::put_versioning;
    get_bucket_encryption(GetBucketEncryptionInput) -> GetBucketEncryptionOutput = config::get_encryption;
    put_bucket_encryption(PutBucketEncryptionInput) -> PutBucketEncryptionOutput = config::put_encryption;
    delete_bucket_encryption(DeleteBucketEncryptionInput) -> DeleteBucketEncryptionOutput = config::delete_encryption;
    get_bucket_lifecycle_configuration(GetBucketLifecycleConfigurationInput) -> GetBucketLifecycleConfigurationOutput = config::get_lifecycle;
    put_bucket_lifecycle_configuration(PutBucketLifecycleConfigurationInput) -> PutBucketLifecycleConfigurationOutput = config::put_lifecycle;
    delete_bucket_lifecycle(DeleteBucketLifecycleInput) -> DeleteBucketLifecycleOutput = config::delete_lifecycle;
    get_public_access_block(GetPublicAccessBlockInput) -> GetPublicAccessBlockOutput = config::get_public_access;
    put_public_access_block(PutPublicAccessBlockInput) -> PutPublicAccessBlockOutput = config::put_public_access;
    list_bucket_intelligent_tiering_configurations(ListBucketIntelligentTieringConfigurationsInput) -> ListBucketIntelligentTieringConfigurationsOutput = config::list_tiering;
    put_bucket_intelligent_tiering_configuration(PutBucketIntelligentTieringConfigurationInput) -> PutBucketIntelligentTieringConfigurationOutput = config::put_tiering;
    get_bucket_tagging(GetBucketTaggingInput) -> GetBucketTaggingOutput = tags::get_bucket_tagging;
    put_bucket_tagging(PutBucketTaggingInput) -> PutBucketTaggingOutput = tags::put_bucket_tagging;
    delete_bucket_tagging(DeleteBucketTaggingInput) -> DeleteBucketTaggingOutput = tags::delete_bucket_tagging;

    list_objects(ListObjectsInput) -> ListObjectsOutput = list::list_objects;
    list_objects_v2(ListObjectsV2Input) -> ListObjectsV2Output = list::list_objects_v2;
    list_object_versions(ListObjectVersionsInput) -> ListObjectVersionsOutput = versions::list_object_versions;

    put_object(PutObjectInput) -> PutObjectOutput = put::put_object, wait;
    get_object(GetObjectInput) -> GetObjectOutput = get::get_object;
    head_object(HeadObjectInput) -> HeadObjectOutput = get::head_object;
    copy_object(CopyObjectInput) -> CopyObjectOutput = copy::copy_object;
    delete_object(DeleteObjectInput) -> DeleteObjectOutput = delete::delete_object;
    delete_objects(DeleteObjectsInput) -> DeleteObjectsOutput = delete::delete_objects;
    get_object_attributes(GetObjectAttributesInput) -> GetObjectAttributesOutput = attributes::get_object_attributes;
    restore_object(RestoreObjectInput) -> RestoreObjectOutput = attributes::restore_object;
    get_object_tagging(GetObjectTaggingInput) -> GetObjectTaggingOutput = tags::get_object_tagging;
    put_object_tagging(PutObjectTaggingInput) -> PutObjectTaggingOutput = tags::put_object_tagging;
    delete_object_tagging(DeleteObjectTaggingInput) -> DeleteObjectTaggingOutput = tags::delete_object_tagging;

    create_multipart_upload(CreateMultipartUploadInput) -> CreateMultipartUploadOutput = multipart::create_multipart_upload;
    upload_part(UploadPartInput) -> UploadPartOutput = multipart::upload_part, wait;
    upload_part_copy(UploadPartCopyInput) -> UploadPartCopyOutput = multipart::upload_part_copy;
    complete_multipart_upload(CompleteMultipartUploadInput) -> CompleteMultipartUploadOutput = multipart::complete_multipart_upload;
    abort_multipart_upload(AbortMultipartUploadInput) -> AbortMultipartUploadOutput = multipart::abort_multipart_upload;
    list_parts(ListPartsInput) -> ListPartsOutput = multipart::list_parts;
    list_multipart_uploads(ListMultipartUploadsInput) -> ListMultipartUploadsOutput = multipart::list_multipart_uploads;
}
