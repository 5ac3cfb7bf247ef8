//! Copies inside S3: the bytes never pass through this machine.

use aws_sdk_s3::types::{ChecksumAlgorithm, MetadataDirective, TaggingDirective};
use http::Method;

use crate::backend::{
    counter::Operation,
    error::Error,
    store::{Headers, Pin, WriteQuery, Written},
};
use crate::domain::key::Key;

use super::{
    Call, Patience, S3,
    hot::{self, Question},
    put::{Holds, with_headers},
    wire, with_customer_key, with_source_key,
};

/// The largest object that one copy request takes; larger ones go by `part_copy`.
pub const COPY_MAX: u64 = 5 * 1024 * 1024 * 1024;

/// What is copied: a key of another store, as it was seen.
#[derive(Debug, Clone, Copy)]
pub struct CopySource<'a> {
    /// Where it is.
    pub store: &'a S3,
    /// Which entry.
    pub key: &'a Key,
    /// What it must still be.
    pub pin: Option<&'a Pin>,
}

/// The headers of a source.
pub(super) struct From {
    pub(super) text: String,
    pub(super) if_match: Option<String>,
}

impl CopySource<'_> {
    pub(super) async fn resolve(&self, operation: Operation) -> Result<From, Error> {
        let full = self.store.full_to_read(operation, self.key).await?;
        let (if_match, version) = self.store.pinned(operation, self.key, self.pin)?;
        let text = wire::copy_source(self.store.bucket(), &full, version.as_deref());
        Ok(From { text, if_match })
    }
}

impl S3 {
    /// Copies an object of up to `COPY_MAX` bytes, with what it bears; where `query.headers` names metadata, content type
    /// or encoding, all three are replaced, and tags likewise. The class is STANDARD where none is asked for.
    ///
    /// # Errors
    /// `Changed` where the source is no longer what its pin says, or the condition does not hold.
    pub async fn copy(
        &self,
        key: &Key,
        source: CopySource<'_>,
        query: &WriteQuery,
    ) -> Result<Written, Error> {
        let operation = Operation::CopyObject;
        let full = self.full(operation, key)?;
        let holds = self.holds(operation, key, &query.condition)?;
        let from = source.resolve(operation).await?;
        let call = Call::new(operation, &full).patient(Patience::Work);
        if self.is_thin().await {
            let question = self.copying((&full, &holds), (&from, source.store), query);
            return Box::pin(self.ask(call, &question, hot::copied::object)).await;
        }
        let send = |client: aws_sdk_s3::Client| {
            let request = client
                .copy_object()
                .bucket(self.bucket())
                .key(&full)
                .copy_source(&from.text)
                .set_copy_source_if_match(from.if_match.clone())
                .set_if_none_match(holds.none_match.clone())
                .set_if_match(holds.matches.clone())
                .set_metadata_directive(
                    replaces(&query.headers).then_some(MetadataDirective::Replace),
                )
                .set_tagging_directive(
                    (!query.headers.tags.is_empty()).then_some(TaggingDirective::Replace),
                )
                .set_checksum_algorithm(
                    self.has_checksums().then_some(ChecksumAlgorithm::Crc64Nvme),
                )
                .set_request_payer(self.payer().or(source.store.payer()));
            let request = with_headers!(request, &query.headers);
            let request = with_source_key!(request, source.store);
            with_customer_key!(request, self).send()
        };
        let told = Box::pin(self.call(call, send)).await?;
        let result = told
            .copy_object_result()
            .ok_or_else(|| self.senseless(operation, key, "no result of the copy"))?;
        Ok(Written {
            etag: wire::etag(result.e_tag()),
            version: wire::version(told.version_id()),
            checksum: wire::sums!(result).best(),
            file: None,
            request_id: wire::request_id(&told),
        })
    }
}

impl S3 {
    /// A copy as the thin plane asks for it.
    fn copying<'a>(
        &'a self,
        (full, holds): (&'a str, &'a Holds),
        (from, store): (&'a From, &'a Self),
        query: &'a WriteQuery,
    ) -> Question<'a> {
        Question::new(Method::PUT, Some(full))
            .bearing(&query.headers)
            .header("content-type", query.headers.content_type.as_deref())
            .holding(holds)
            .from(from)
            .header(
                "x-amz-metadata-directive",
                replaces(&query.headers).then_some("REPLACE"),
            )
            .header(
                "x-amz-tagging-directive",
                (!query.headers.tags.is_empty()).then_some("REPLACE"),
            )
            .header(
                "x-amz-checksum-algorithm",
                self.has_checksums().then_some("CRC64NVME"),
            )
            .source_customer(store.customer.as_ref())
            .customer(self.customer.as_ref())
            .payer(self.pays() || store.pays())
    }
}

fn replaces(headers: &Headers) -> bool {
    !headers.metadata.is_empty()
        || headers.content_type.is_some()
        || headers.content_encoding.is_some()
}
