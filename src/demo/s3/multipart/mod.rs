//! Uploads in parts: begun, filled in any order, and put together or given up.

mod complete;
mod list;
mod part;

pub(super) use complete::{Finished, complete_multipart_upload};
pub(super) use list::{list_multipart_uploads, list_parts};
pub(super) use part::{upload_part, upload_part_copy};

use super::bucket::State;
use super::checksum::{Algorithm, Kind};
use super::content::Content;
use super::object::{Headers, StorageClass, headers_of};
use super::sse::{Encryption, customer_headers, tell_encryption};
use super::{S3Error, S3Request, S3Response, S3Result, Store, reply, s3_error, tags};
use http::StatusCode;
use s3s::dto;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::SystemTime;

/// An upload that is not finished.
#[derive(Debug, Clone)]
pub(super) struct Upload {
    pub initiated: SystemTime,
    pub algorithm: Algorithm,
    pub kind: Kind,
    /// Whether the client chose the algorithm; the parts' checksums are told only then.
    pub chosen: bool,
    pub headers: Arc<Headers>,
    pub class: StorageClass,
    pub encryption: Encryption,
    pub tags: Vec<(String, String)>,
    pub parts: BTreeMap<i32, UploadedPart>,
}

/// A part that has come in.
#[derive(Debug, Clone)]
pub(super) struct UploadedPart {
    pub content: Content,
    pub etag: String,
    pub md5: [u8; 16],
    /// By the upload's algorithm.
    pub checksum: String,
    pub modified: SystemTime,
}

pub(super) fn no_such_upload() -> S3Error {
    s3_error!(
        NoSuchUpload,
        "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed."
    )
}

impl State {
    fn upload(&self, key: &str, id: &str) -> S3Result<&Upload> {
        self.uploads
            .get(&(key.to_owned(), id.to_owned()))
            .ok_or_else(no_such_upload)
    }

    fn upload_mut(&mut self, key: &str, id: &str) -> S3Result<&mut Upload> {
        self.uploads
            .get_mut(&(key.to_owned(), id.to_owned()))
            .ok_or_else(no_such_upload)
    }
}

pub(super) fn create_multipart_upload(
    store: &Store,
    mut request: S3Request<dto::CreateMultipartUploadInput>,
) -> S3Result<S3Response<dto::CreateMultipartUploadOutput>> {
    let input = &mut request.input;
    let bucket = store.bucket(&input.bucket)?;
    let encryption = Encryption::asked(
        input.server_side_encryption.as_ref(),
        input.ssekms_key_id.as_ref(),
        input.bucket_key_enabled,
        customer_headers!(input),
        &bucket.read().settings.default_encryption,
    )?;
    let chosen = Algorithm::asked(input.checksum_algorithm.as_ref())?;
    let algorithm = chosen.unwrap_or(Algorithm::Crc64Nvme);
    let upload = Upload {
        initiated: store.clock().second(),
        algorithm,
        kind: Kind::of_upload(algorithm, input.checksum_type.as_ref())?,
        chosen: chosen.is_some(),
        class: StorageClass::parse(input.storage_class.as_ref().map(dto::StorageClass::as_str))?,
        tags: tags::parse_header(input.tagging.as_deref())?,
        headers: headers_of!(input)?,
        encryption: encryption.clone(),
        parts: BTreeMap::new(),
    };
    let told = upload.chosen.then_some((upload.algorithm, upload.kind));
    let id = store.new_id();
    bucket
        .write()
        .uploads
        .insert((input.key.clone(), id.clone()), upload);
    let mut output = dto::CreateMultipartUploadOutput {
        bucket: Some(input.bucket.clone()),
        key: Some(input.key.clone()),
        upload_id: Some(id),
        checksum_algorithm: told
            .map(|(algorithm, _)| dto::ChecksumAlgorithm::from_static(algorithm.name())),
        checksum_type: told.map(|(_, kind)| kind.dto()),
        ..dto::CreateMultipartUploadOutput::default()
    };
    tell_encryption!(output, encryption);
    reply(output)
}

pub(super) fn abort_multipart_upload(
    store: &Store,
    request: S3Request<dto::AbortMultipartUploadInput>,
) -> S3Result<S3Response<dto::AbortMultipartUploadOutput>> {
    let input = request.input;
    let bucket = store.bucket(&input.bucket)?;
    let mut state = bucket.write();
    let upload = state.upload(&input.key, &input.upload_id)?;
    if let Some(expected) = input.if_match_initiated_time
        && dto::Timestamp::from(upload.initiated) != expected
    {
        return Err(super::condition::precondition_failed());
    }
    state.uploads.remove(&(input.key, input.upload_id));
    Ok(S3Response::with_status(
        dto::AbortMultipartUploadOutput::default(),
        StatusCode::NO_CONTENT,
    ))
}
