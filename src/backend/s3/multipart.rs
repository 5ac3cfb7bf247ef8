//! Multipart uploads: begin, parts from memory or from another object, complete, abort, and which parts are there.

use std::{ops::Range, sync::Arc};

use aws_sdk_s3::types::{ChecksumAlgorithm, ChecksumType, CompletedMultipartUpload, CompletedPart};
use bytes::Bytes;
use http::Method;

use crate::backend::{
    counter::Operation,
    error::Error,
    store::{Part, Slot, WriteQuery, Written},
};
use crate::domain::{key::Key, retry::FailureKind};

use super::{
    Call, CopySource, Patience, Progress, S3,
    hot::{self, Question},
    put::with_headers,
    wire, with_customer_key, with_source_key,
};

impl S3 {
    /// Begins an upload of which one CRC64NVME over the whole object is known at the end.
    ///
    /// # Errors
    /// As `put`'s, but for the condition, which is asked at the completion.
    pub async fn begin(&self, key: &Key, query: &WriteQuery) -> Result<Arc<str>, Error> {
        let operation = Operation::CreateMultipartUpload;
        let full = self.full(operation, key)?;
        let sums = self.has_checksums();
        let send = |client: aws_sdk_s3::Client| {
            let request = client
                .create_multipart_upload()
                .bucket(self.bucket())
                .key(&full)
                .set_checksum_algorithm(sums.then_some(ChecksumAlgorithm::Crc64Nvme))
                .set_checksum_type(sums.then_some(ChecksumType::FullObject))
                .set_request_payer(self.payer());
            let request = with_headers!(request, &query.headers);
            with_customer_key!(request, self).send()
        };
        let told = Box::pin(self.call(Call::new(operation, &full), send)).await?;
        told.upload_id()
            .map(Arc::from)
            .ok_or_else(|| self.senseless(operation, key, "no upload id"))
    }

    /// Sends one part; `crc` is its CRC64NVME.
    ///
    /// # Errors
    /// `NotFound` where the upload is gone, `Corrupt` where the store got other bytes.
    pub async fn part(&self, slot: Slot<'_>, body: Bytes, crc: u64) -> Result<Part, Error> {
        let Slot {
            key,
            upload,
            number,
        } = slot;
        let full = self.full(Operation::UploadPart, key)?;
        let sum = self.has_checksums().then(|| wire::crc64_text(crc));
        let progress = Progress::default();
        let call =
            Call::new(Operation::UploadPart, &full).patient(Patience::Body(progress.clone()));
        if self.is_thin().await {
            let question = Question::new(Method::PUT, Some(&full))
                .part(number, upload)
                .header("x-amz-checksum-crc64nvme", sum)
                .customer(self.customer.as_ref())
                .payer(self.pays())
                .body(self.payload(&body, &progress));
            let size = body.len() as u64;
            let read = async |reply: hot::Reply| hot::head::part(number, size, reply.headers());
            return Box::pin(self.ask(call, &question, read)).await;
        }
        let signed = self.session.connection().await.signs_bodies();
        let send = |client: aws_sdk_s3::Client| {
            let request = client
                .upload_part()
                .bucket(self.bucket())
                .key(&full)
                .upload_id(upload)
                .part_number(signed_number(number))
                .body(self.outgoing(&body, &progress, signed))
                .set_checksum_crc64_nvme(sum.clone())
                .set_request_payer(self.payer());
            with_customer_key!(request, self).send()
        };
        let told = Box::pin(self.call(call, send)).await?;
        let etag = wire::etag(told.e_tag())
            .ok_or_else(|| self.senseless(Operation::UploadPart, key, "no ETag"))?;
        Ok(Part {
            number,
            etag,
            size: body.len() as u64,
            crc: wire::crc64(told.checksum_crc64_nvme()),
        })
    }

    /// Makes one part of a range of another object, inside S3.
    ///
    /// # Errors
    /// `Changed` where the source is no longer what its pin says.
    pub async fn part_copy(
        &self,
        slot: Slot<'_>,
        source: CopySource<'_>,
        range: Range<u64>,
    ) -> Result<Part, Error> {
        let operation = Operation::UploadPartCopy;
        let Slot {
            key,
            upload,
            number,
        } = slot;
        let full = self.full(operation, key)?;
        let from = source.resolve(operation).await?;
        let bytes = format!("bytes={}-{}", range.start, range.end.saturating_sub(1));
        let call = Call::new(operation, &full).patient(Patience::Work);
        if self.is_thin().await {
            let question = Question::new(Method::PUT, Some(&full))
                .part(number, upload)
                .from(&from)
                .header("x-amz-copy-source-range", Some(bytes))
                .source_customer(source.store.customer.as_ref())
                .customer(self.customer.as_ref())
                .payer(self.pays() || source.store.pays());
            let size = range.end - range.start;
            let read = async |reply: hot::Reply| hot::copied::part(number, size, reply).await;
            return Box::pin(self.ask(call, &question, read)).await;
        }
        let send = |client: aws_sdk_s3::Client| {
            let request = client
                .upload_part_copy()
                .bucket(self.bucket())
                .key(&full)
                .upload_id(upload)
                .part_number(signed_number(number))
                .copy_source(&from.text)
                .copy_source_range(&bytes)
                .set_copy_source_if_match(from.if_match.clone())
                .set_request_payer(self.payer().or(source.store.payer()));
            let request = with_source_key!(request, source.store);
            with_customer_key!(request, self).send()
        };
        let told = Box::pin(self.call(call, send)).await?;
        let result = told.copy_part_result();
        let etag = wire::etag(result.and_then(|part| part.e_tag()))
            .ok_or_else(|| self.senseless(operation, key, "no ETag"))?;
        let crc = wire::crc64(result.and_then(|part| part.checksum_crc64_nvme()));
        Ok(Part {
            number,
            etag,
            size: range.end - range.start,
            crc,
        })
    }

    /// Makes one object of the parts, in the order of their numbers.
    ///
    /// # Errors
    /// `Changed` where the condition does not hold, `Corrupt` where the whole checksum differs. After a lost answer
    /// the object may be there all the same: ask with `stat`.
    pub async fn complete(
        &self,
        key: &Key,
        upload: &str,
        parts: &[Part],
        query: &WriteQuery,
    ) -> Result<Written, Error> {
        let operation = Operation::CompleteMultipartUpload;
        let full = self.full(operation, key)?;
        let holds = self.holds(operation, key, &query.condition)?;
        let sums = self.has_checksums();
        let whole = query.checksum.filter(|_| sums).map(wire::crc64_text);
        let list = completed(parts, sums);
        let call = Call::new(operation, &full).patient(Patience::Work);
        let send = |client: aws_sdk_s3::Client| {
            let request = client
                .complete_multipart_upload()
                .bucket(self.bucket())
                .key(&full)
                .upload_id(upload)
                .multipart_upload(list.clone())
                .set_checksum_type(whole.as_ref().map(|_| ChecksumType::FullObject))
                .set_checksum_crc64_nvme(whole.clone())
                .set_if_none_match(holds.none_match.clone())
                .set_if_match(holds.matches.clone())
                .set_request_payer(self.payer());
            with_customer_key!(request, self).send()
        };
        let told = Box::pin(self.call(call, send)).await?;
        Ok(Written {
            etag: wire::etag(told.e_tag()),
            version: wire::version(told.version_id()),
            checksum: wire::sums!(told).best(),
            file: None,
            request_id: wire::request_id(&told),
        })
    }

    /// Gives an upload up; its parts cost nothing more. One that is gone already is no error.
    ///
    /// # Errors
    /// `Denied`, or no answer.
    pub async fn abort(&self, key: &Key, upload: &str) -> Result<(), Error> {
        let full = self.full(Operation::AbortMultipartUpload, key)?;
        let send = |client: aws_sdk_s3::Client| {
            client
                .abort_multipart_upload()
                .bucket(self.bucket())
                .key(&full)
                .upload_id(upload)
                .set_request_payer(self.payer())
                .send()
        };
        let gone =
            Box::pin(self.call(Call::new(Operation::AbortMultipartUpload, &full), send)).await;
        match gone {
            Err(error) if error.failure_kind() != FailureKind::NotFound => Err(error),
            Ok(_) | Err(_) => Ok(()),
        }
    }

    /// The parts that the store has of an upload, by number: the truth for a resume.
    ///
    /// # Errors
    /// `NotFound` where the upload is gone.
    pub async fn parts(&self, key: &Key, upload: &str) -> Result<Vec<Part>, Error> {
        let full = self.full(Operation::ListParts, key)?;
        let mut parts = Vec::new();
        let mut marker: Option<String> = None;
        loop {
            let send = |client: aws_sdk_s3::Client| {
                let request = client
                    .list_parts()
                    .bucket(self.bucket())
                    .key(&full)
                    .upload_id(upload)
                    .set_part_number_marker(marker.clone())
                    .set_request_payer(self.payer());
                with_customer_key!(request, self).send()
            };
            let page = Box::pin(self.call(Call::new(Operation::ListParts, &full), send)).await?;
            parts.extend(page.parts().iter().filter_map(part));
            let next = page.next_part_number_marker().map(str::to_owned);
            if page.is_truncated() != Some(true) || next.is_none() || next == marker {
                return Ok(parts);
            }
            marker = next;
        }
    }

    pub(super) fn senseless(&self, operation: Operation, key: &Key, what: &str) -> Error {
        let reason = format!("the answer makes no sense: {what}");
        Error::new(
            operation.name(),
            self.target(key),
            FailureKind::Transient,
            reason,
        )
    }
}

fn signed_number(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

fn completed(parts: &[Part], sums: bool) -> CompletedMultipartUpload {
    let mut sorted: Vec<&Part> = parts.iter().collect();
    sorted.sort_by_key(|part| part.number);
    let one = |part: &Part| {
        CompletedPart::builder()
            .part_number(signed_number(part.number))
            .e_tag(wire::quoted(&part.etag))
            .set_checksum_crc64_nvme(part.crc.filter(|_| sums).map(wire::crc64_text))
            .build()
    };
    CompletedMultipartUpload::builder()
        .set_parts(Some(sorted.into_iter().map(one).collect()))
        .build()
}

fn part(part: &aws_sdk_s3::types::Part) -> Option<Part> {
    Some(Part {
        number: u32::try_from(part.part_number()?).ok()?,
        etag: wire::etag(part.e_tag())?,
        size: u64::try_from(part.size()?).ok()?,
        crc: wire::crc64(part.checksum_crc64_nvme()),
    })
}
