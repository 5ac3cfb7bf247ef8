//! Writing an object in one go, and receiving a body with everything its sender claims about it.

use super::checksum::{Algorithm, Checksum, Hasher, Sums, claimed, echo};
use super::condition::WriteConditions;
use super::content::{Content, gather};
use super::object::{Object, StorageClass, Version, headers_of};
use super::sse::{Encryption, customer_headers, tell_encryption};
use super::{S3Error, S3Request, S3Response, S3Result, Store, reply, s3_error, tags};
use http::HeaderMap;
use s3s::dto::{self, StreamingBlob};
use s3s::{S3ErrorCode, StdError, TrailingHeaders};
use std::sync::Arc;

/// A body on its way in, with what its sender claims.
pub(super) struct Incoming<'a> {
    pub body: Option<StreamingBlob>,
    pub claim: Option<(Algorithm, String)>,
    pub content_md5: Option<String>,
    /// What is to be computed in any case.
    pub wanted: Algorithm,
    pub headers: &'a HeaderMap,
    pub trailers: Option<TrailingHeaders>,
}

/// A body that came in whole and is what its sender claims.
pub(super) struct Received {
    pub content: Content,
    pub sums: Sums,
    /// The algorithm that the sender chose; what was wanted when it chose none.
    pub algorithm: Algorithm,
}

impl Received {
    pub(super) fn value(&self, algorithm: Algorithm) -> String {
        self.sums.value(algorithm).unwrap_or_default().to_owned()
    }
}

impl Store {
    pub(super) async fn receive(&self, incoming: Incoming<'_>) -> S3Result<Received> {
        let announced = Algorithm::announced(incoming.headers);
        let chosen = incoming
            .claim
            .as_ref()
            .map(|(algorithm, _)| *algorithm)
            .or(announced);
        let algorithm = chosen.unwrap_or(incoming.wanted);
        let mut hasher = Hasher::new(&[algorithm, incoming.wanted]);
        let content = gather(incoming.body, self.spill(), |bytes| hasher.update(bytes))
            .await
            .map_err(|error| unreadable(&error))?;
        if content.size() > self.limits().single {
            return Err(s3_error!(
                EntityTooLarge,
                "Your proposed upload exceeds the maximum allowed size"
            ));
        }
        let sums = hasher.finish();
        let in_trailer = announced.and_then(|algorithm| {
            let value = incoming
                .trailers?
                .read(|trailers| algorithm.trailer(trailers))??;
            Some((algorithm, value))
        });
        sums.verify(incoming.claim.as_ref(), incoming.content_md5.as_deref())?;
        sums.verify(in_trailer.as_ref(), None)?;
        Ok(Received {
            content,
            sums,
            algorithm,
        })
    }

    /// Stores an object under the bucket's lock if the conditions hold; returns the version id to tell.
    pub(super) fn store(
        &self,
        bucket: &str,
        key: &str,
        object: Object,
        conditions: WriteConditions<'_>,
    ) -> S3Result<Option<String>> {
        let bucket = self.bucket(bucket)?;
        let id = self.new_id();
        let mut state = bucket.write();
        if self.limits().conditions {
            conditions.check(&state, key)?;
        }
        let version = Version {
            id: None,
            modified: self.clock().second(),
            object: Some(Arc::new(object)),
        };
        Ok(state.insert(key, version, id))
    }

    pub(super) fn etag(&self, sums: &Sums, encryption: &Encryption) -> String {
        if encryption.etag_is_md5() {
            return hex::encode(sums.md5);
        }
        let mut veiled = Hasher::new(&[]);
        veiled.update(&sums.md5);
        veiled.update(self.new_id().as_bytes());
        hex::encode(veiled.finish().md5)
    }
}

/// The error of a body that broke off or was not what was signed; the types are private to `s3s`, their names are not.
fn unreadable(error: &StdError) -> S3Error {
    let text = error.to_string();
    if text.contains("Sha256Mismatch") {
        let code = S3ErrorCode::Custom("XAmzContentSHA256Mismatch".into());
        let mut mismatch = S3Error::with_message(
            code,
            "The provided 'x-amz-content-sha256' header does not match what was computed.",
        );
        mismatch.set_status_code(http::StatusCode::BAD_REQUEST);
        return mismatch;
    }
    if text.contains("SignatureMismatch") {
        return s3_error!(SignatureDoesNotMatch);
    }
    s3_error!(
        IncompleteBody,
        "You did not provide the number of bytes specified by the Content-Length HTTP header"
    )
}

pub(super) async fn put_object(
    store: &Store,
    mut request: S3Request<dto::PutObjectInput>,
) -> S3Result<S3Response<dto::PutObjectOutput>> {
    let input = &mut request.input;
    let bucket = store.bucket(&input.bucket)?;
    let encryption = Encryption::asked(
        input.server_side_encryption.as_ref(),
        input.ssekms_key_id.as_ref(),
        input.bucket_key_enabled,
        customer_headers!(input),
        &bucket.read().settings.default_encryption,
    )?;
    let class = StorageClass::parse(input.storage_class.as_ref().map(dto::StorageClass::as_str))?;
    let headers = headers_of!(input)?;
    let tags = tags::parse_header(input.tagging.as_deref())?;
    let conditions = WriteConditions {
        if_match: input.if_match.as_ref(),
        if_none_match: input.if_none_match.as_ref(),
    };
    let received = store
        .receive(Incoming {
            body: input.body.take(),
            claim: claimed!(input)?,
            content_md5: input.content_md5.take(),
            wanted: Algorithm::asked(input.checksum_algorithm.as_ref())?
                .unwrap_or(Algorithm::Crc64Nvme),
            headers: &request.headers,
            trailers: request.trailing_headers.take(),
        })
        .await?;
    let checksum = Checksum::full(received.algorithm, received.value(received.algorithm));
    let checksum = Some(checksum).filter(|_| store.limits().checksums);
    let object = Object {
        etag: store.etag(&received.sums, &encryption),
        content: received.content,
        checksum: checksum.clone(),
        parts: Arc::from([]),
        headers,
        class,
        encryption: encryption.clone(),
        tags,
        restored_until: None,
        restoring: false,
    };
    let mut output = dto::PutObjectOutput {
        e_tag: Some(object.etag()),
        ..dto::PutObjectOutput::default()
    };
    output.version_id = store.store(&input.bucket, &input.key, object, conditions)?;
    tell_encryption!(output, encryption);
    if let Some(checksum) = checksum {
        echo!(output, checksum.algorithm, checksum.value);
        output.checksum_type = Some(checksum.kind.dto());
    }
    reply(output)
}
