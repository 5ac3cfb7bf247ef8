//! Putting the parts together, with everything S3 checks first.

use super::{Upload, UploadedPart, no_such_upload};
use crate::demo::s3::bucket::State;
use crate::demo::s3::checksum::{self, Algorithm, Checksum, claimed, echo};
use crate::demo::s3::condition::WriteConditions;
use crate::demo::s3::content::Content;
use crate::demo::s3::object::{Object, StoredPart, Version};
use crate::demo::s3::sse::customer_headers;
use crate::demo::s3::{S3Request, S3Response, S3Result, Store, reply, s3_error};
use s3s::crypto::{Checksum as _, Md5};
use s3s::dto;
use std::sync::Arc;

/// What an upload became; a completion that is asked for again gets the same answer.
#[derive(Debug, Clone)]
pub(in crate::demo::s3) struct Finished {
    key: String,
    named: Vec<(i32, String)>,
    object: Arc<Object>,
    version: Option<String>,
}

/// The parts as the client names them.
struct Named {
    number: i32,
    etag: String,
    claim: Option<(Algorithm, String)>,
}

fn named(input: &dto::CompleteMultipartUploadInput) -> S3Result<Vec<Named>> {
    let parts = input
        .multipart_upload
        .as_ref()
        .and_then(|upload| upload.parts.as_ref());
    let parts = parts.filter(|parts| !parts.is_empty()).ok_or_else(|| {
        s3_error!(MalformedXML, "The XML you provided was not well-formed or did not validate against our published schema")
    })?;
    let read = |part: &dto::CompletedPart| -> S3Result<Named> {
        Ok(Named {
            number: part.part_number.unwrap_or(0),
            etag: part
                .e_tag
                .as_ref()
                .map_or_else(String::new, |etag| etag.value().to_owned()),
            claim: claimed!(part)?,
        })
    };
    let named = parts.iter().map(read).collect::<S3Result<Vec<_>>>()?;
    if named
        .windows(2)
        .any(|pair| pair[0].number >= pair[1].number)
    {
        return Err(s3_error!(
            InvalidPartOrder,
            "The list of parts was not in ascending order. Parts must be ordered by part number."
        ));
    }
    Ok(named)
}

/// The named parts, if each came in as the client thinks it did.
fn matched<'a>(
    upload: &'a Upload,
    named: &[Named],
    smallest: u64,
) -> S3Result<Vec<(i32, &'a UploadedPart)>> {
    let mut parts = Vec::with_capacity(named.len());
    for (at, name) in named.iter().enumerate() {
        let part = upload.parts.get(&name.number).filter(|part| part.etag == name.etag).ok_or_else(|| {
            s3_error!(InvalidPart, "One or more of the specified parts could not be found. The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.")
        })?;
        if let Some((algorithm, value)) = &name.claim
            && *algorithm == upload.algorithm
            && *value != part.checksum
        {
            return Err(s3_error!(
                InvalidPart,
                "One or more of the specified parts could not be found. The checksum of part {} does not match.",
                name.number
            ));
        }
        if at + 1 < named.len() && part.content.size() < smallest {
            return Err(s3_error!(
                EntityTooSmall,
                "Your proposed upload is smaller than the minimum allowed size"
            ));
        }
        parts.push((name.number, part));
    }
    Ok(parts)
}

impl Upload {
    /// The object that these parts make.
    fn put_together(&self, parts: &[(i32, &UploadedPart)], checksums: bool) -> Object {
        let mut content = Content::default();
        let mut md5s = Md5::new();
        for (_, part) in parts {
            content.append(&part.content);
            md5s.update(&part.md5);
        }
        let sums: Vec<_> = parts
            .iter()
            .map(|(_, part)| (part.checksum.as_str(), part.content.size()))
            .collect();
        let stored = parts.iter().map(|(number, part)| StoredPart {
            number: *number,
            size: part.content.size(),
            checksum: self.chosen.then(|| part.checksum.clone()),
        });
        Object {
            content,
            etag: format!("{}-{}", hex::encode(md5s.finalize()), parts.len()),
            checksum: checksum::of_parts(self.algorithm, self.kind, &sums).filter(|_| checksums),
            parts: stored.collect(),
            headers: Arc::clone(&self.headers),
            class: self.class,
            encryption: self.encryption.clone(),
            tags: self.tags.clone(),
            restored_until: None,
            restoring: false,
        }
    }
}

/// Refuses an object that is not what the client says about the whole.
fn check_whole(input: &dto::CompleteMultipartUploadInput, object: &Object) -> S3Result<()> {
    if let Some(size) = input.mpu_object_size
        && u64::try_from(size) != Ok(object.size())
    {
        return Err(s3_error!(
            InvalidRequest,
            "The provided 'x-amz-mp-object-size' header value {size} does not match what was computed: {}",
            object.size()
        ));
    }
    let Some(checksum) = &object.checksum else {
        return Ok(());
    };
    if let Some(kind) = &input.checksum_type
        && kind.as_str() != checksum.kind.name()
    {
        return Err(s3_error!(
            InvalidRequest,
            "The upload was created using the {} checksum mode. The complete request must use the same checksum mode.",
            checksum.kind.name()
        ));
    }
    match claimed!(input)? {
        Some((algorithm, value)) if !agrees(checksum, algorithm, &value) => {
            Err(checksum::mismatch(algorithm))
        }
        _ => Ok(()),
    }
}

/// A composite checksum may be claimed with or without its `-N`.
fn agrees(checksum: &Checksum, algorithm: Algorithm, value: &str) -> bool {
    let bare = checksum.value.split('-').next();
    checksum.algorithm == algorithm && (checksum.value == value || bare == Some(value))
}

pub(in crate::demo::s3) fn complete_multipart_upload(
    store: &Store,
    request: S3Request<dto::CompleteMultipartUploadInput>,
) -> S3Result<S3Response<dto::CompleteMultipartUploadOutput>> {
    let input = request.input;
    let bucket = store.bucket(&input.bucket)?;
    let names = named(&input)?;
    let version = store.new_id();
    let mut state = bucket.write();
    let slot = (input.key.clone(), input.upload_id.clone());
    let Some(upload) = state.uploads.get(&slot) else {
        let done = again(&state, &input, &names)?;
        return reply(output(&input, &done));
    };
    if input.sse_customer_algorithm.is_some() {
        upload.encryption.unlock(customer_headers!(input))?;
    }
    let parts = matched(upload, &names, store.limits().part)?;
    let object = Arc::new(upload.put_together(&parts, store.limits().checksums));
    check_whole(&input, &object)?;
    if store.limits().conditions {
        let conditions = WriteConditions {
            if_match: input.if_match.as_ref(),
            if_none_match: input.if_none_match.as_ref(),
        };
        conditions.check(&state, &input.key)?;
    }
    state.uploads.remove(&slot);
    let stored = Version {
        id: None,
        modified: store.clock().second(),
        object: Some(Arc::clone(&object)),
    };
    let done = Finished {
        key: input.key.clone(),
        named: names
            .into_iter()
            .map(|name| (name.number, name.etag))
            .collect(),
        object,
        version: state.insert(&input.key, stored, version),
    };
    state.finished.insert(input.upload_id.clone(), done.clone());
    reply(output(&input, &done))
}

/// The answer to a completion that was done before, if it names the same parts.
fn again(
    state: &State,
    input: &dto::CompleteMultipartUploadInput,
    names: &[Named],
) -> S3Result<Finished> {
    let done = state
        .finished
        .get(&input.upload_id)
        .filter(|done| done.key == input.key);
    let done = done.ok_or_else(no_such_upload)?;
    let same = names.len() == done.named.len()
        && names
            .iter()
            .zip(&done.named)
            .all(|(name, (number, etag))| name.number == *number && name.etag == *etag);
    if same {
        Ok(done.clone())
    } else {
        Err(no_such_upload())
    }
}

fn output(
    input: &dto::CompleteMultipartUploadInput,
    done: &Finished,
) -> dto::CompleteMultipartUploadOutput {
    let told = done.object.encryption.tell();
    let mut output = dto::CompleteMultipartUploadOutput {
        bucket: Some(input.bucket.clone()),
        key: Some(input.key.clone()),
        location: Some(format!("/{}/{}", input.bucket, input.key)),
        e_tag: Some(done.object.etag()),
        version_id: done.version.clone(),
        server_side_encryption: told.method,
        ssekms_key_id: told.kms_key,
        bucket_key_enabled: told.bucket_key,
        ..dto::CompleteMultipartUploadOutput::default()
    };
    if let Some(checksum) = &done.object.checksum {
        echo!(output, checksum.algorithm, checksum.value);
        output.checksum_type = Some(checksum.kind.dto());
    }
    output
}
