//! PUT: one object in one request, with its checksum and its condition.

use aws_sdk_s3::{
    primitives::ByteStream,
    types::{ServerSideEncryption, StorageClass},
};
use bytes::Bytes;
use http::Method;

use crate::backend::{
    counter::Operation,
    error::Error,
    store::{Condition, Headers, Pin, WriteQuery, Written},
};
use crate::domain::{key::Key, sse};

use super::{
    Call, Patience, Progress, S3,
    body::Outgoing,
    hot::{self, Payload, Question},
    wire, with_customer_key,
};

/// Sets what an object shall bear on any request that makes one.
macro_rules! with_headers {
    ($request:expr, $headers:expr) => {{
        let headers: &$crate::backend::store::Headers = $headers;
        let bear = $crate::backend::s3::put::Bear::of(headers);
        $request
            .set_content_type(headers.content_type.clone())
            .set_content_encoding(headers.content_encoding.clone())
            .set_content_disposition(headers.content_disposition.clone())
            .set_content_language(headers.content_language.clone())
            .set_cache_control(headers.cache_control.clone())
            .set_metadata(bear.metadata)
            .set_storage_class(bear.class)
            .set_server_side_encryption(bear.sse)
            .set_ssekms_key_id(bear.kms_key)
            .set_tagging(bear.tagging)
    }};
}
pub(super) use with_headers;

/// What an object shall bear, in the SDK's types.
pub(super) struct Bear {
    pub(super) metadata: Option<std::collections::HashMap<String, String>>,
    pub(super) class: Option<StorageClass>,
    pub(super) sse: Option<ServerSideEncryption>,
    pub(super) kms_key: Option<String>,
    pub(super) tagging: Option<String>,
}

impl Bear {
    pub(super) fn of(headers: &Headers) -> Self {
        let managed = headers.sse.as_deref().filter(|sse| !sse::is_customer(sse));
        let sse = managed.map(wire::sse_parts);
        Self {
            metadata: (!headers.metadata.is_empty())
                .then(|| headers.metadata.iter().cloned().collect()),
            class: headers.class.as_deref().map(StorageClass::from),
            sse: sse.map(|(algorithm, _)| ServerSideEncryption::from(algorithm)),
            kms_key: sse.and_then(|(_, key)| key).map(str::to_owned),
            tagging: wire::tagging(&headers.tags),
        }
    }
}

/// A condition as headers.
#[derive(Debug, Clone, Default)]
pub(super) struct Holds {
    pub(super) none_match: Option<String>,
    pub(super) matches: Option<String>,
}

impl S3 {
    /// Writes an object in one request.
    ///
    /// # Errors
    /// `Changed` where the condition does not hold, `Corrupt` where the store got other bytes.
    pub async fn put(&self, key: &Key, body: Bytes, query: &WriteQuery) -> Result<Written, Error> {
        let full = self.full(Operation::PutObject, key)?;
        let holds = self.holds(Operation::PutObject, key, &query.condition)?;
        let sum = query
            .checksum
            .filter(|_| self.has_checksums())
            .map(wire::crc64_text);
        let progress = Progress::default();
        let call = Call::new(Operation::PutObject, &full).patient(Patience::Body(progress.clone()));
        if self.is_thin().await {
            let question = Question::new(Method::PUT, Some(&full))
                .bearing(&query.headers)
                .kind_of_content(query.headers.content_type.as_deref())
                .holding(&holds)
                .header("x-amz-checksum-crc64nvme", sum)
                .customer(self.customer.as_ref())
                .payer(self.pays())
                .body(self.payload(&body, &progress));
            let read = async |reply: hot::Reply| Ok(hot::head::written(reply.headers()));
            return Box::pin(self.ask(call, &question, read)).await;
        }
        let signed = self.session.connection().await.signs_bodies();
        let send = |client: aws_sdk_s3::Client| {
            let request = client
                .put_object()
                .bucket(self.bucket())
                .key(&full)
                .body(self.outgoing(&body, &progress, signed))
                .set_if_none_match(holds.none_match.clone())
                .set_if_match(holds.matches.clone())
                .set_checksum_crc64_nvme(sum.clone())
                .set_request_payer(self.payer());
            let request = with_headers!(request, &query.headers);
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

    /// The body as it leaves: counted in slices and not signed, or whole and signed where others could change it on its way.
    pub(super) fn outgoing(&self, body: &Bytes, progress: &Progress, signed: bool) -> ByteStream {
        if signed {
            return ByteStream::from(body.clone());
        }
        Outgoing::new(body.clone(), progress, self.counters().cloned().collect()).stream()
    }

    /// The body as the thin plane sends it.
    pub(super) fn payload<'a>(&self, bytes: &'a Bytes, progress: &'a Progress) -> Payload<'a> {
        Payload {
            bytes,
            progress,
            counters: self.counters().cloned().collect(),
        }
    }

    /// The headers of a condition.
    pub(super) fn holds(
        &self,
        operation: Operation,
        key: &Key,
        condition: &Condition,
    ) -> Result<Holds, Error> {
        match condition {
            Condition::None => Ok(Holds::default()),
            Condition::Absent => Ok(Holds {
                none_match: Some("*".to_owned()),
                ..Holds::default()
            }),
            Condition::Unchanged(Pin::Object { etag, .. }) => Ok(Holds {
                matches: Some(wire::quoted(etag)),
                ..Holds::default()
            }),
            Condition::Unchanged(Pin::File { .. }) => Err(self.refused(
                operation,
                key,
                "a file's identity says nothing of an object",
            )),
        }
    }
}
