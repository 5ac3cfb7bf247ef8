//! Reading objects: GET and HEAD with conditions, ranges, parts, versions and customer keys.

use super::checksum::echo;
use super::condition::{Conditions, Unmet, not_modified, precondition_failed};
use super::object::{Object, Version};
use super::sse::{CustomerHeaders, customer_headers, tell_encryption};
use super::{S3Error, S3Request, S3Response, S3Result, Store, s3_error};
use http::{HeaderMap, HeaderValue, StatusCode};
use s3s::dto::{self, Timestamp};
use std::ops::Range;
use std::sync::Arc;
use std::time::SystemTime;

/// An object found for reading, with the version it is.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub object: Arc<Object>,
    pub modified: SystemTime,
    /// The id to tell; `None` in a bucket without versions.
    pub version: Option<String>,
}

impl Store {
    /// The object under `key`: the current one, or the version asked for.
    pub(super) fn find(&self, bucket: &str, key: &str, version: Option<&str>) -> S3Result<Found> {
        let bucket = self.bucket(bucket)?;
        let state = bucket.read();
        let slot = state.keys.get(key).ok_or_else(no_such_key)?;
        let found = match version {
            None => &slot.current,
            Some(id) => slot
                .versions()
                .find(|version| version.name() == id)
                .ok_or_else(no_such_version)?,
        };
        let Some(object) = &found.object else {
            return Err(marker(found, version.is_some()));
        };
        let told = found.id.is_some() || state.settings.versioning != super::Versioning::Off;
        Ok(Found {
            object: Arc::clone(object),
            modified: found.modified,
            version: told.then(|| found.name().to_owned()),
        })
    }
}

pub(super) fn no_such_key() -> S3Error {
    s3_error!(NoSuchKey, "The specified key does not exist.")
}

fn no_such_version() -> S3Error {
    s3_error!(NoSuchVersion, "The specified version does not exist.")
}

/// What reading a delete marker answers: 404 for the current one, 405 when it was asked for by its id.
fn marker(version: &Version, by_id: bool) -> S3Error {
    let mut error = if by_id {
        s3_error!(
            MethodNotAllowed,
            "The specified method is not allowed against this resource."
        )
    } else {
        no_such_key()
    };
    let mut headers = HeaderMap::new();
    headers.insert("x-amz-delete-marker", HeaderValue::from_static("true"));
    if let Ok(id) = HeaderValue::from_str(version.name()) {
        headers.insert("x-amz-version-id", id);
    }
    error.set_headers(headers);
    error
}

/// What a GET or HEAD asks for.
struct Asked<'a> {
    bucket: &'a str,
    key: &'a str,
    version: Option<&'a str>,
    conditions: Conditions<'a>,
    customer: CustomerHeaders<'a>,
    range: Option<dto::Range>,
    part: Option<i32>,
}

/// Collects what GET and HEAD inputs have in common.
macro_rules! asked {
    ($input:expr) => {
        Asked {
            bucket: &$input.bucket,
            key: &$input.key,
            version: $input.version_id.as_deref(),
            conditions: Conditions {
                if_match: $input.if_match.as_ref(),
                if_none_match: $input.if_none_match.as_ref(),
                modified_since: $input.if_modified_since.as_ref(),
                unmodified_since: $input.if_unmodified_since.as_ref(),
            },
            customer: customer_headers!($input),
            range: $input.range,
            part: $input.part_number,
        }
    };
}

/// The bytes to be sent, and whether they are less than all.
struct Extent {
    span: Range<u64>,
    partial: bool,
    parts_count: Option<i32>,
}

impl Asked<'_> {
    fn read(&self, store: &Store) -> S3Result<(Found, Extent)> {
        let found = store.find(self.bucket, self.key, self.version)?;
        found.object.encryption.unlock(self.customer)?;
        if store.limits().conditions {
            self.conditions
                .check(&found.object.etag, found.modified)
                .map_err(|unmet| match unmet {
                    Unmet::Unchanged => not_modified(&found.object),
                    Unmet::Changed => precondition_failed(),
                })?;
        }
        let extent = self.extent(&found.object)?;
        Ok((found, extent))
    }

    fn extent(&self, object: &Object) -> S3Result<Extent> {
        let size = object.size();
        let whole = Extent {
            span: 0..size,
            partial: false,
            parts_count: None,
        };
        match (self.range, self.part) {
            (Some(_), Some(_)) => Err(s3_error!(
                InvalidRequest,
                "Cannot specify both Range header and partNumber query parameter"
            )),
            (Some(range), None) => {
                let span = range.check(size).map_err(|_beyond| unsatisfiable(size))?;
                Ok(Extent {
                    span,
                    partial: true,
                    ..whole
                })
            }
            (None, Some(number)) => part_extent(object, number),
            (None, None) => Ok(whole),
        }
    }
}

fn part_extent(object: &Object, number: i32) -> S3Result<Extent> {
    let count = i32::try_from(object.parts.len()).unwrap_or(i32::MAX);
    if count == 0 && number == 1 {
        return Ok(Extent {
            span: 0..object.size(),
            partial: object.size() > 0,
            parts_count: None,
        });
    }
    let mut start = 0;
    for part in object.parts.iter() {
        if part.number == number {
            return Ok(Extent {
                span: start..start + part.size,
                partial: true,
                parts_count: Some(count),
            });
        }
        start += part.size;
    }
    let mut error = s3_error!(InvalidPart, "The requested partnumber is not satisfiable");
    error.set_status_code(StatusCode::RANGE_NOT_SATISFIABLE);
    Err(error)
}

fn unsatisfiable(size: u64) -> S3Error {
    let mut error = s3_error!(InvalidRange, "The requested range is not satisfiable");
    let mut headers = HeaderMap::new();
    if let Ok(range) = HeaderValue::from_str(&format!("bytes */{size}")) {
        headers.insert(http::header::CONTENT_RANGE, range);
    }
    error.set_headers(headers);
    error
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Fills what GET and HEAD outputs have in common.
macro_rules! describe {
    ($out:expr, $found:expr, $extent:expr, $mode:expr) => {{
        let (found, extent) = (&$found, &$extent);
        let object = &found.object;
        let headers = &object.headers;
        $out.accept_ranges = Some("bytes".to_owned());
        $out.content_length = Some(signed(extent.span.end - extent.span.start));
        $out.content_type = headers.content_type.clone();
        $out.content_encoding = headers.content_encoding.clone();
        $out.content_disposition = headers.content_disposition.clone();
        $out.content_language = headers.content_language.clone();
        $out.cache_control = headers.cache_control.clone();
        $out.expires = headers.expires.clone();
        $out.website_redirect_location = headers.website_redirect.clone();
        $out.metadata = headers.metadata.clone();
        $out.e_tag = Some(object.etag());
        $out.last_modified = Some(Timestamp::from(found.modified));
        $out.storage_class = object.class.header();
        $out.restore = restore_header(object);
        $out.version_id = found.version.clone();
        $out.parts_count = extent.parts_count;
        if extent.partial && !extent.span.is_empty() {
            let (start, end) = (extent.span.start, extent.span.end - 1);
            $out.content_range = Some(format!("bytes {start}-{end}/{}", object.size()));
        }
        tell_encryption!($out, object.encryption);
        if let (Some(_), Some(checksum), false) = (&$mode, &object.checksum, extent.partial) {
            echo!($out, checksum.algorithm, checksum.value);
            $out.checksum_type = Some(checksum.kind.dto());
        }
    }};
}

fn restore_header(object: &Object) -> Option<String> {
    if object.restoring {
        return Some("ongoing-request=\"true\"".to_owned());
    }
    let until = Timestamp::from(object.restored_until?);
    let mut date = Vec::new();
    until
        .format(dto::TimestampFormat::HttpDate, &mut date)
        .ok()?;
    let date = String::from_utf8(date).ok()?;
    Some(format!("ongoing-request=\"false\", expiry-date=\"{date}\""))
}

pub(super) fn get_object(
    store: &Store,
    request: S3Request<dto::GetObjectInput>,
) -> S3Result<S3Response<dto::GetObjectOutput>> {
    let input = &request.input;
    let (found, extent) = asked!(input).read(store)?;
    if !found.object.readable(store.clock().now()) {
        return Err(s3_error!(
            InvalidObjectState,
            "The operation is not valid for the object's storage class"
        ));
    }
    let mut output = dto::GetObjectOutput::default();
    describe!(output, found, extent, input.checksum_mode);
    let tags = found.object.tags.len();
    output.tag_count = i32::try_from(tags).ok().filter(|count| *count > 0);
    output.body = Some(found.object.content.slice(&extent.span).stream());
    Ok(S3Response::new(output))
}

pub(super) fn head_object(
    store: &Store,
    request: S3Request<dto::HeadObjectInput>,
) -> S3Result<S3Response<dto::HeadObjectOutput>> {
    let input = &request.input;
    let (found, extent) = asked!(input).read(store)?;
    let mut output = dto::HeadObjectOutput::default();
    describe!(output, found, extent, input.checksum_mode);
    let mut response = S3Response::new(output);
    if extent.partial {
        response.status = Some(StatusCode::PARTIAL_CONTENT);
    }
    Ok(response)
}
