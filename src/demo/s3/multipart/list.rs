//! Listings of unfinished uploads and of their parts.

use super::{Upload, UploadedPart};
use crate::demo::s3::bucket::owner;
use crate::demo::s3::checksum::echo;
use crate::demo::s3::list::{Spelling, count};
use crate::demo::s3::{S3Request, S3Response, S3Result, Store, reply};
use s3s::dto::{self, Timestamp};

pub(in crate::demo::s3) fn list_parts(
    store: &Store,
    request: S3Request<dto::ListPartsInput>,
) -> S3Result<S3Response<dto::ListPartsOutput>> {
    let input = request.input;
    let bucket = store.bucket(&input.bucket)?;
    let state = bucket.read();
    let upload = state.upload(&input.key, &input.upload_id)?;
    let limit = store.page_size(input.max_parts)?;
    let after = input.part_number_marker.unwrap_or(0);
    let mut parts: Vec<_> = upload
        .parts
        .range(after.saturating_add(1)..)
        .take(limit + 1)
        .collect();
    let truncated = parts.len() > limit;
    parts.truncate(limit);
    let next = parts.last().map(|(number, _)| **number);
    reply(dto::ListPartsOutput {
        bucket: Some(input.bucket),
        key: Some(input.key),
        upload_id: Some(input.upload_id),
        part_number_marker: Some(after),
        next_part_number_marker: next.filter(|_| truncated),
        max_parts: Some(count(limit)),
        is_truncated: Some(truncated),
        parts: Some(
            parts
                .into_iter()
                .map(|(number, part)| told(*number, part, upload))
                .collect(),
        ),
        owner: Some(owner()),
        initiator: Some(initiator()),
        storage_class: Some(dto::StorageClass::from_static(upload.class.name())),
        checksum_algorithm: upload
            .chosen
            .then(|| dto::ChecksumAlgorithm::from_static(upload.algorithm.name())),
        checksum_type: upload.chosen.then(|| upload.kind.dto()),
        ..dto::ListPartsOutput::default()
    })
}

fn told(number: i32, part: &UploadedPart, upload: &Upload) -> dto::Part {
    let mut told = dto::Part {
        part_number: Some(number),
        size: i64::try_from(part.content.size()).ok(),
        e_tag: Some(dto::ETag::Strong(part.etag.clone())),
        last_modified: Some(Timestamp::from(part.modified)),
        ..dto::Part::default()
    };
    if upload.chosen {
        echo!(told, upload.algorithm, part.checksum);
    }
    told
}

fn initiator() -> dto::Initiator {
    let owner = owner();
    dto::Initiator {
        display_name: owner.display_name,
        id: owner.id,
    }
}

pub(in crate::demo::s3) fn list_multipart_uploads(
    store: &Store,
    request: S3Request<dto::ListMultipartUploadsInput>,
) -> S3Result<S3Response<dto::ListMultipartUploadsOutput>> {
    let input = request.input;
    let bucket = store.bucket(&input.bucket)?;
    let spelling = Spelling::asked(input.encoding_type.as_ref())?;
    let limit = store.page_size(input.max_uploads)?;
    let prefix = input.prefix.as_deref().unwrap_or("");
    let delimiter = input.delimiter.as_deref().unwrap_or("");
    let state = bucket.read();
    let mut found = Found::default();
    for ((key, id), upload) in &state.uploads {
        if !key.starts_with(prefix) || told_before(&input, key, id) {
            continue;
        }
        let rolled = rolled_up(key, prefix, delimiter);
        if rolled.is_some() && found.prefixes.last().map(String::as_str) == rolled {
            continue;
        }
        if found.uploads.len() + found.prefixes.len() >= limit {
            found.truncated = true;
            break;
        }
        found.last = Some((key.clone(), id.clone()));
        match rolled {
            Some(prefix) => found.prefixes.push(prefix.to_owned()),
            None => found.uploads.push(entry(&spelling.write(key), id, upload)),
        }
    }
    let (next_key, next_id) = found.last.filter(|_| found.truncated).unzip();
    reply(dto::ListMultipartUploadsOutput {
        bucket: Some(input.bucket),
        prefix: input.prefix.as_deref().map(|prefix| spelling.write(prefix)),
        delimiter: input
            .delimiter
            .as_deref()
            .map(|delimiter| spelling.write(delimiter)),
        encoding_type: input.encoding_type,
        key_marker: Some(spelling.write(input.key_marker.as_deref().unwrap_or(""))),
        upload_id_marker: Some(input.upload_id_marker.unwrap_or_default()),
        max_uploads: Some(count(limit)),
        is_truncated: Some(found.truncated),
        next_key_marker: next_key.map(|key| spelling.write(&key)),
        next_upload_id_marker: next_id,
        common_prefixes: spelling.prefixes(&found.prefixes),
        uploads: Some(found.uploads),
        request_charged: None,
    })
}

#[derive(Default)]
struct Found {
    uploads: Vec<dto::MultipartUpload>,
    prefixes: Vec<String>,
    last: Option<(String, String)>,
    truncated: bool,
}

fn told_before(input: &dto::ListMultipartUploadsInput, key: &str, id: &str) -> bool {
    let Some(marker) = input
        .key_marker
        .as_deref()
        .filter(|marker| !marker.is_empty())
    else {
        return false;
    };
    match input
        .upload_id_marker
        .as_deref()
        .filter(|marker| !marker.is_empty())
    {
        Some(upload) => (key, id) <= (marker, upload),
        None => key <= marker,
    }
}

fn rolled_up<'k>(key: &'k str, prefix: &str, delimiter: &str) -> Option<&'k str> {
    if delimiter.is_empty() {
        return None;
    }
    let at = key.strip_prefix(prefix)?.find(delimiter)?;
    key.get(..prefix.len() + at + delimiter.len())
}

fn entry(key: &str, id: &str, upload: &Upload) -> dto::MultipartUpload {
    dto::MultipartUpload {
        key: Some(key.to_owned()),
        upload_id: Some(id.to_owned()),
        initiated: Some(Timestamp::from(upload.initiated)),
        storage_class: Some(dto::StorageClass::from_static(upload.class.name())),
        owner: Some(owner()),
        initiator: Some(initiator()),
        checksum_algorithm: upload
            .chosen
            .then(|| dto::ChecksumAlgorithm::from_static(upload.algorithm.name())),
        checksum_type: upload.chosen.then(|| upload.kind.dto()),
    }
}
