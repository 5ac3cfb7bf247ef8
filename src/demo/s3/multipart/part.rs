//! Parts coming in: from a body, or from another object.

use super::{UploadedPart, no_such_upload};
use crate::demo::s3::checksum::{Algorithm, Hasher, Sums, claimed, echo};
use crate::demo::s3::condition::Conditions;
use crate::demo::s3::content::Content;
use crate::demo::s3::copy::source_of;
use crate::demo::s3::object::Object;
use crate::demo::s3::put::Incoming;
use crate::demo::s3::sse::{CustomerHeaders, Encryption, customer_headers, tell_encryption};
use crate::demo::s3::{S3Request, S3Response, S3Result, Store, reply, s3_error};
use s3s::dto::{self, Timestamp};
use std::ops::Range;

/// Which part of which upload.
struct Place<'a> {
    bucket: &'a str,
    key: &'a str,
    upload: &'a str,
    number: i32,
}

/// What an upload fixed when it was begun.
struct Terms {
    algorithm: Algorithm,
    chosen: bool,
    encryption: Encryption,
}

macro_rules! place_of {
    ($input:expr) => {
        Place {
            bucket: &$input.bucket,
            key: &$input.key,
            upload: &$input.upload_id,
            number: $input.part_number,
        }
    };
}

impl Place<'_> {
    fn terms(&self, store: &Store, customer: CustomerHeaders<'_>) -> S3Result<Terms> {
        if !(1..=10_000).contains(&self.number) {
            return Err(s3_error!(
                InvalidArgument,
                "Part number must be an integer between 1 and 10000, inclusive"
            ));
        }
        let bucket = store.bucket(self.bucket)?;
        let state = bucket.read();
        let upload = state.upload(self.key, self.upload)?;
        upload.encryption.unlock(customer)?;
        Ok(Terms {
            algorithm: upload.algorithm,
            chosen: upload.chosen,
            encryption: upload.encryption.clone(),
        })
    }

    fn keep(
        &self,
        store: &Store,
        content: Content,
        sums: &Sums,
        terms: &Terms,
    ) -> S3Result<UploadedPart> {
        let part = UploadedPart {
            content,
            etag: store.etag(sums, &terms.encryption),
            md5: sums.md5,
            checksum: sums.value(terms.algorithm).unwrap_or_default().to_owned(),
            modified: store.clock().second(),
        };
        let bucket = store.bucket(self.bucket)?;
        let mut state = bucket.write();
        let upload = state
            .upload_mut(self.key, self.upload)
            .map_err(|_gone| no_such_upload())?;
        upload.parts.insert(self.number, part.clone());
        Ok(part)
    }
}

pub(in crate::demo::s3) async fn upload_part(
    store: &Store,
    mut request: S3Request<dto::UploadPartInput>,
) -> S3Result<S3Response<dto::UploadPartOutput>> {
    let input = &mut request.input;
    let terms = place_of!(input).terms(store, customer_headers!(input))?;
    let claim = claimed!(input)?;
    let announced = Algorithm::announced(&request.headers);
    let sent = claim
        .as_ref()
        .map(|(algorithm, _)| *algorithm)
        .or(announced);
    if let Some(sent) = sent
        && terms.chosen
        && sent != terms.algorithm
    {
        return Err(s3_error!(
            InvalidRequest,
            "Checksum Type mismatch occurred, expected checksum Type: {}, actual checksum Type: {}",
            terms.algorithm.name(),
            sent.name()
        ));
    }
    let received = store
        .receive(Incoming {
            body: input.body.take(),
            claim,
            content_md5: input.content_md5.take(),
            wanted: terms.algorithm,
            headers: &request.headers,
            trailers: request.trailing_headers.take(),
        })
        .await?;
    let part = place_of!(input).keep(store, received.content.clone(), &received.sums, &terms)?;
    let mut output = dto::UploadPartOutput {
        e_tag: Some(dto::ETag::Strong(part.etag)),
        ..dto::UploadPartOutput::default()
    };
    if store.limits().checksums {
        echo!(
            output,
            received.algorithm,
            received.value(received.algorithm)
        );
    }
    tell_encryption!(output, terms.encryption);
    reply(output)
}

/// The bytes of `bytes=first-last`, which must lie within the source.
fn span(range: Option<&str>, source: &Object) -> S3Result<Range<u64>> {
    let Some(range) = range else {
        return Ok(0..source.size());
    };
    let read = || -> Option<Range<u64>> {
        let (first, last) = range.strip_prefix("bytes=")?.split_once('-')?;
        let (first, last): (u64, u64) = (first.parse().ok()?, last.parse().ok()?);
        (first <= last).then_some(first..last.checked_add(1)?)
    };
    let span = read().ok_or_else(|| s3_error!(InvalidArgument, "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy"))?;
    if span.end > source.size() {
        return Err(s3_error!(
            InvalidArgument,
            "Range specified is not valid for source object of size: {}",
            source.size()
        ));
    }
    Ok(span)
}

pub(in crate::demo::s3) fn upload_part_copy(
    store: &Store,
    request: S3Request<dto::UploadPartCopyInput>,
) -> S3Result<S3Response<dto::UploadPartCopyOutput>> {
    let terms = place_of!(request.input).terms(store, customer_headers!(request.input))?;
    let found = source_of!(request).find(store)?;
    let span = span(request.input.copy_source_range.as_deref(), &found.object)?;
    if span.end - span.start > store.limits().single {
        return Err(s3_error!(
            InvalidRequest,
            "The specified copy source is larger than the maximum allowable size for a copy source: {}",
            store.limits().single
        ));
    }
    let content = found.object.content.slice(&span);
    let mut hasher = Hasher::new(&[terms.algorithm]);
    content
        .visit(|bytes| hasher.update(bytes))
        .map_err(s3s::S3Error::internal_error)?;
    let sums = hasher.finish();
    let part = place_of!(request.input).keep(store, content, &sums, &terms)?;
    let mut result = dto::CopyPartResult {
        e_tag: Some(dto::ETag::Strong(part.etag)),
        last_modified: Some(Timestamp::from(part.modified)),
        ..dto::CopyPartResult::default()
    };
    if store.limits().checksums && terms.chosen {
        echo!(result, terms.algorithm, part.checksum);
    }
    let mut output = dto::UploadPartCopyOutput {
        copy_part_result: Some(result),
        copy_source_version_id: found.version,
        ..dto::UploadPartCopyOutput::default()
    };
    tell_encryption!(output, terms.encryption);
    reply(output)
}
