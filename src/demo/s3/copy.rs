//! Server-side copies, and the source of any copy: its place, version, conditions and customer key.

use super::access::Wish;
use super::checksum::{Algorithm, Checksum, Hasher, Kind, echo};
use super::condition::{Conditions, WriteConditions, precondition_failed};
use super::get::Found;
use super::object::{Object, StorageClass, headers_of};
use super::sse::{Encryption, customer_headers, tell_encryption};
use super::{S3Request, S3Response, S3Result, Store, reply, s3_error, tags};
use http::HeaderMap;
use s3s::auth::Credentials;
use s3s::dto::{self, CopySource, ETagCondition, Timestamp};
use std::sync::Arc;

/// Whose copy it is and from where.
pub(super) struct Source<'a> {
    pub place: &'a CopySource,
    pub conditions: Conditions<'a>,
    pub customer: super::sse::CustomerHeaders<'a>,
    pub credentials: Option<&'a Credentials>,
}

/// The source in the input of `CopyObject` or `UploadPartCopy`.
macro_rules! source_of {
    ($request:expr) => {
        $crate::demo::s3::copy::Source {
            place: &$request.input.copy_source,
            conditions: Conditions {
                if_match: $request.input.copy_source_if_match.as_ref(),
                if_none_match: $request.input.copy_source_if_none_match.as_ref(),
                modified_since: $request.input.copy_source_if_modified_since.as_ref(),
                unmodified_since: $request.input.copy_source_if_unmodified_since.as_ref(),
            },
            customer: [
                $request.input.copy_source_sse_customer_algorithm.as_ref(),
                $request.input.copy_source_sse_customer_key.as_ref(),
                $request.input.copy_source_sse_customer_key_md5.as_ref(),
            ],
            credentials: $request.credentials.as_ref(),
        }
    };
}

pub(super) use source_of;

impl Source<'_> {
    /// Bucket, key and version; access points are not of this world.
    fn parts(&self) -> S3Result<(&str, &str, Option<&str>)> {
        match self.place {
            CopySource::Bucket {
                bucket,
                key,
                version_id,
            } => Ok((bucket, key, version_id.as_deref())),
            CopySource::AccessPoint { .. } | CopySource::Outpost { .. } => Err(s3_error!(
                NotImplemented,
                "Access points are not served here"
            )),
        }
    }

    /// Finds the source if it may be read and is what the caller takes it for.
    pub(super) fn find(&self, store: &Store) -> S3Result<Found> {
        let (bucket, key, version) = self.parts()?;
        store.permit(&Wish {
            operation: "GetObject",
            bucket,
            key,
            access_key: self
                .credentials
                .map(|credentials| credentials.access_key.as_str()),
        })?;
        let found = store.find(bucket, key, version)?;
        found.object.encryption.unlock(self.customer)?;
        if store.limits().conditions {
            let holds = self.conditions.check(&found.object.etag, found.modified);
            holds.map_err(|unmet| match unmet {
                super::condition::Unmet::Unchanged | super::condition::Unmet::Changed => {
                    precondition_failed()
                }
            })?;
        }
        if !found.object.readable(store.clock().now()) {
            return Err(s3_error!(
                InvalidObjectState,
                "Operation is not valid for the source object's storage class"
            ));
        }
        Ok(found)
    }
}

impl Source<'_> {
    /// Whoever copies an object that bears tags must be allowed to read them.
    fn may_read_tags(&self, store: &Store, object: &Object) -> S3Result<()> {
        if object.tags.is_empty() {
            return Ok(());
        }
        let (bucket, key, _) = self.parts()?;
        store.permit(&Wish {
            operation: "GetObjectTagging",
            bucket,
            key,
            access_key: self
                .credentials
                .map(|credentials| credentials.access_key.as_str()),
        })
    }
}

/// What a copy takes over and what it replaces.
struct Directives {
    metadata: bool,
    tags: bool,
}

impl Directives {
    fn read(input: &dto::CopyObjectInput) -> S3Result<Self> {
        let replaces = |word: Option<&str>| match word {
            None | Some("COPY") => Ok(false),
            Some("REPLACE") => Ok(true),
            Some(_) => Err(s3_error!(InvalidArgument, "Unknown metadata directive.")),
        };
        Ok(Self {
            metadata: replaces(
                input
                    .metadata_directive
                    .as_ref()
                    .map(dto::MetadataDirective::as_str),
            )?,
            tags: replaces(
                input
                    .tagging_directive
                    .as_ref()
                    .map(dto::TaggingDirective::as_str),
            )?,
        })
    }
}

/// Whether the copy goes onto its source; then it has to change something.
fn onto_itself(input: &dto::CopyObjectInput) -> bool {
    matches!(&input.copy_source, CopySource::Bucket { bucket, key, version_id: None } if **bucket == input.bucket && **key == input.key)
}

fn changes_nothing(
    input: &dto::CopyObjectInput,
    directives: &Directives,
    class: StorageClass,
    source: &Object,
) -> bool {
    !directives.metadata
        && !directives.tags
        && class == source.class
        && input.server_side_encryption.is_none()
        && input.sse_customer_algorithm.is_none()
        && input.website_redirect_location.is_none()
        && input.checksum_algorithm.is_none()
}

/// Refuses what may not be copied: too much at once, or onto itself for nothing.
fn check(
    store: &Store,
    input: &dto::CopyObjectInput,
    directives: &Directives,
    class: StorageClass,
    source: &Object,
) -> S3Result<()> {
    let limit = store.limits().single;
    if source.size() > limit {
        return Err(s3_error!(
            InvalidRequest,
            "The specified copy source is larger than the maximum allowable size for a copy source: {limit}"
        ));
    }
    if onto_itself(input) && changes_nothing(input, directives, class, source) {
        return Err(s3_error!(
            InvalidRequest,
            "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes."
        ));
    }
    Ok(())
}

/// The object that the copy makes.
fn made(store: &Store, input: &mut dto::CopyObjectInput, source: &Object) -> S3Result<Object> {
    let directives = Directives::read(input)?;
    let class = StorageClass::parse(input.storage_class.as_ref().map(dto::StorageClass::as_str))?;
    check(store, input, &directives, class, source)?;
    let bucket = store.bucket(&input.bucket)?;
    let encryption = Encryption::asked(
        input.server_side_encryption.as_ref(),
        input.ssekms_key_id.as_ref(),
        input.bucket_key_enabled,
        customer_headers!(input),
        &bucket.read().settings.default_encryption,
    )?;
    let headers = if directives.metadata {
        headers_of!(input)?
    } else {
        Arc::clone(&source.headers)
    };
    let tags = if directives.tags {
        tags::parse_header(input.tagging.as_deref())?
    } else {
        source.tags.clone()
    };
    let algorithm = Algorithm::asked(input.checksum_algorithm.as_ref())?;
    let (etag, checksum) = store.sums_of_copy(source, algorithm, &encryption)?;
    Ok(Object {
        content: source.content.clone(),
        etag,
        checksum,
        parts: Arc::from([]),
        headers,
        class,
        encryption,
        tags,
        restored_until: None,
        restoring: false,
    })
}

pub(super) fn copy_object(
    store: &Store,
    mut request: S3Request<dto::CopyObjectInput>,
) -> S3Result<S3Response<dto::CopyObjectOutput>> {
    store.bucket(&request.input.bucket)?;
    let source = source_of!(request);
    let found = source.find(store)?;
    let replaced = request.input.tagging_directive.as_ref();
    if replaced.is_none_or(|directive| directive.as_str() != "REPLACE") {
        source.may_read_tags(store, &found.object)?;
    }
    let object = made(store, &mut request.input, &found.object)?;
    let (if_match, if_none_match) = destination_conditions(&request.headers)?;
    let conditions = WriteConditions {
        if_match: if_match.as_ref(),
        if_none_match: if_none_match.as_ref(),
    };
    let told = result(store, &object, found.version);
    let version_id = store.store(
        &request.input.bucket,
        &request.input.key,
        object,
        conditions,
    )?;
    reply(dto::CopyObjectOutput { version_id, ..told })
}

/// The conditions on what stands at the destination; `s3s` does not know them for copies.
fn destination_conditions(
    headers: &HeaderMap,
) -> S3Result<(Option<ETagCondition>, Option<ETagCondition>)> {
    let read = |name: &str| -> S3Result<Option<ETagCondition>> {
        let Some(value) = headers.get(name) else {
            return Ok(None);
        };
        let parsed = ETagCondition::parse_http_header(value.as_bytes()).ok();
        parsed
            .map(Some)
            .ok_or_else(|| s3_error!(InvalidArgument, "Invalid condition in {name}"))
    };
    Ok((read("if-match")?, read("if-none-match")?))
}

fn result(store: &Store, object: &Object, source_version: Option<String>) -> dto::CopyObjectOutput {
    let mut result = dto::CopyObjectResult {
        e_tag: Some(object.etag()),
        last_modified: Some(Timestamp::from(store.clock().second())),
        ..dto::CopyObjectResult::default()
    };
    if let Some(checksum) = &object.checksum {
        echo!(result, checksum.algorithm, checksum.value);
        result.checksum_type = Some(checksum.kind.dto());
    }
    let mut output = dto::CopyObjectOutput {
        copy_object_result: Some(result),
        copy_source_version_id: source_version,
        ..dto::CopyObjectOutput::default()
    };
    tell_encryption!(output, object.encryption);
    output
}

impl Store {
    /// ETag and checksum of a copy: those of a single write, whatever the source was; reads only when it must.
    fn sums_of_copy(
        &self,
        source: &Object,
        algorithm: Option<Algorithm>,
        encryption: &Encryption,
    ) -> S3Result<(String, Option<Checksum>)> {
        let kept = source.checksum.as_ref().filter(|sum| {
            sum.kind == Kind::FullObject && algorithm.is_none_or(|wanted| wanted == sum.algorithm)
        });
        let single =
            source.parts.is_empty() && source.encryption.etag_is_md5() && encryption.etag_is_md5();
        if single && (kept.is_some() || !self.limits().checksums) {
            return Ok((source.etag.clone(), kept.cloned()));
        }
        let own = source.checksum.as_ref().map(|sum| sum.algorithm);
        let algorithm = algorithm.or(own).unwrap_or(Algorithm::Crc64Nvme);
        let mut hasher = Hasher::new(&[algorithm]);
        let read = source.content.visit(|bytes| hasher.update(bytes));
        read.map_err(s3s::S3Error::internal_error)?;
        let sums = hasher.finish();
        let value = sums.value(algorithm).unwrap_or_default().to_owned();
        let checksum = Some(Checksum::full(algorithm, value)).filter(|_| self.limits().checksums);
        Ok((self.etag(&sums, encryption), checksum))
    }
}
