//! `GetObjectAttributes`, and bringing archived objects back for a while.

use super::checksum::echo;
use super::list::count;
use super::object::{Object, StoredPart};
use super::sse::customer_headers;
use super::{S3Request, S3Response, S3Result, Store, s3_error};
use http::StatusCode;
use s3s::dto::{self, Timestamp};
use std::time::Duration;

pub(super) fn get_object_attributes(
    store: &Store,
    request: S3Request<dto::GetObjectAttributesInput>,
) -> S3Result<S3Response<dto::GetObjectAttributesOutput>> {
    let input = &request.input;
    let found = store.find(&input.bucket, &input.key, input.version_id.as_deref())?;
    found.object.encryption.unlock(customer_headers!(input))?;
    let object = &found.object;
    let asks = |name: &str| {
        input
            .object_attributes
            .iter()
            .any(|asked| asked.as_str() == name)
    };
    let mut output = dto::GetObjectAttributesOutput {
        last_modified: Some(Timestamp::from(found.modified)),
        version_id: found.version.clone(),
        ..dto::GetObjectAttributesOutput::default()
    };
    if asks(dto::ObjectAttributes::ETAG) {
        output.e_tag = Some(object.etag());
    }
    if asks(dto::ObjectAttributes::OBJECT_SIZE) {
        output.object_size = i64::try_from(object.size()).ok();
    }
    if asks(dto::ObjectAttributes::STORAGE_CLASS) {
        output.storage_class = Some(dto::StorageClass::from_static(object.class.name()));
    }
    if asks(dto::ObjectAttributes::CHECKSUM) {
        output.checksum = checksum(object);
    }
    if asks(dto::ObjectAttributes::OBJECT_PARTS) && !object.parts.is_empty() {
        output.object_parts = Some(parts(
            object,
            input.part_number_marker,
            store.page_size(input.max_parts)?,
        ));
    }
    Ok(S3Response::new(output))
}

fn checksum(object: &Object) -> Option<dto::Checksum> {
    let kept = object.checksum.as_ref()?;
    let mut told = dto::Checksum {
        checksum_type: Some(kept.kind.dto()),
        ..dto::Checksum::default()
    };
    echo!(told, kept.algorithm, kept.value);
    Some(told)
}

/// The parts are listed only when they have checksums of their own; their number is told in any case.
fn parts(object: &Object, after: Option<i32>, limit: usize) -> dto::GetObjectAttributesParts {
    let after = after.unwrap_or(0);
    let listed: Vec<&StoredPart> = object
        .parts
        .iter()
        .filter(|part| part.number > after && part.checksum.is_some())
        .collect();
    let truncated = listed.len() > limit;
    let told: Vec<_> = listed
        .into_iter()
        .take(limit)
        .map(|part| told(part, object))
        .collect();
    let next = told.last().and_then(|part| part.part_number);
    dto::GetObjectAttributesParts {
        total_parts_count: Some(count(object.parts.len())),
        part_number_marker: Some(after),
        next_part_number_marker: next.filter(|_| truncated),
        max_parts: Some(count(limit)),
        is_truncated: Some(truncated),
        parts: (!told.is_empty()).then_some(told),
    }
}

fn told(part: &StoredPart, object: &Object) -> dto::ObjectPart {
    let mut told = dto::ObjectPart {
        part_number: Some(part.number),
        size: i64::try_from(part.size).ok(),
        ..dto::ObjectPart::default()
    };
    if let (Some(whole), Some(value)) = (&object.checksum, &part.checksum) {
        echo!(told, whole.algorithm, value);
    }
    told
}

/// Restores at once, unless a limit says otherwise: what takes hours elsewhere is a matter of the clock here.
pub(super) fn restore_object(
    store: &Store,
    request: S3Request<dto::RestoreObjectInput>,
) -> S3Result<S3Response<dto::RestoreObjectOutput>> {
    let input = request.input;
    let found = store.find(&input.bucket, &input.key, input.version_id.as_deref())?;
    if !found.object.class.archived() {
        return Err(s3_error!(
            InvalidObjectState,
            "Restore is not allowed for the object's current storage class"
        ));
    }
    let days = input
        .restore_request
        .and_then(|asked| asked.days)
        .unwrap_or(1);
    let days = u32::try_from(days).ok().filter(|days| *days > 0);
    let days = days.ok_or_else(|| s3_error!(MalformedXML, "Days must be a positive integer"))?;
    if found.object.restoring {
        let mut error = s3_error!(InvalidObjectState, "Object restore is already in progress");
        error.set_code(s3s::S3ErrorCode::RestoreAlreadyInProgress);
        return Err(error);
    }
    let now = store.clock().second();
    let until = now + Duration::from_hours(24) * days;
    store.amend(
        &input.bucket,
        &input.key,
        input.version_id.as_deref(),
        |object| {
            if store.limits().restores_at_once {
                object.restored_until = Some(until);
            } else {
                object.restoring = true;
            }
        },
    )?;
    let readable = found.object.readable(now);
    let status = if readable {
        StatusCode::OK
    } else {
        StatusCode::ACCEPTED
    };
    Ok(S3Response::with_status(
        dto::RestoreObjectOutput::default(),
        status,
    ))
}
