//! One request before it is addressed and signed.

use std::{borrow::Cow, fmt};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::Method;
use md5::Digest as _;

use crate::backend::{
    counter::RequestCounter,
    customer::CustomerKey,
    s3::{
        body::{Outgoing, Progress},
        copy::From,
        put::Holds,
        wire,
    },
    store::Headers,
};
use crate::domain::sse;

use super::expect::Go;

/// From this size on a body waits for the server's word.
const LARGE: usize = 2 * 1024 * 1024;

/// One request.
pub(in crate::backend::s3) struct Question<'a> {
    pub(super) method: Method,
    key: Option<&'a str>,
    query: String,
    pub(super) headers: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    payload: Option<Payload<'a>>,
    /// Whether it may be sent twice: whoever does it again has done it once.
    pub(super) repeats: bool,
}

impl fmt::Debug for Question<'_> {
    /// Without its headers: a customer's key may be among them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut told = f.debug_struct("Question");
        told.field("method", &self.method).field("key", &self.key);
        told.field("query", &self.query).finish_non_exhaustive()
    }
}

/// A body, and who counts its bytes as they leave.
#[derive(Debug)]
pub(in crate::backend::s3) struct Payload<'a> {
    pub(in crate::backend::s3) bytes: &'a Bytes,
    pub(in crate::backend::s3) progress: &'a Progress,
    pub(in crate::backend::s3) counters: Vec<RequestCounter>,
}

impl<'a> Payload<'a> {
    /// A body that is no content, so that nobody counts it.
    pub(in crate::backend::s3) fn uncounted(bytes: &'a Bytes, progress: &'a Progress) -> Self {
        Self {
            bytes,
            progress,
            counters: Vec::new(),
        }
    }
}

impl<'a> Question<'a> {
    /// A request about a key, or about the bucket.
    pub(in crate::backend::s3) fn new(method: Method, key: Option<&'a str>) -> Self {
        Self {
            repeats: method == Method::GET || method == Method::HEAD,
            method,
            key,
            query: String::new(),
            headers: Vec::with_capacity(8),
            payload: None,
        }
    }

    /// With a parameter in its address.
    #[must_use]
    pub(in crate::backend::s3) fn query(mut self, name: &str, value: &str) -> Self {
        self.query
            .push(if self.query.is_empty() { '?' } else { '&' });
        self.query.push_str(name);
        if !value.is_empty() {
            self.query.push('=');
            wire::encode(&mut self.query, value, b"");
        }
        self
    }

    /// With a parameter, where there is something to say.
    #[must_use]
    pub(in crate::backend::s3) fn query_if(self, name: &str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.query(name, value),
            None => self,
        }
    }

    /// With a header, where there is something to say.
    #[must_use]
    pub(in crate::backend::s3) fn header(
        mut self,
        name: impl Into<Cow<'a, str>>,
        value: Option<impl Into<Cow<'a, str>>>,
    ) -> Self {
        if let Some(value) = value {
            self.headers.push((name.into(), value.into()));
        }
        self
    }

    /// With the version that is meant.
    #[must_use]
    pub(in crate::backend::s3) fn version(self, version: Option<&str>) -> Self {
        self.query_if("versionId", version)
    }

    /// About one part of an upload, which may be sent twice: the last one counts, and it is the same.
    #[must_use]
    pub(in crate::backend::s3) fn part(self, number: u32, upload: &str) -> Self {
        let part = self
            .query("partNumber", &number.to_string())
            .query("uploadId", upload);
        Self {
            repeats: true,
            ..part
        }
    }

    /// Under a condition.
    #[must_use]
    pub(in crate::backend::s3) fn holding(self, holds: &'a Holds) -> Self {
        self.header("if-none-match", holds.none_match.as_deref())
            .header("if-match", holds.matches.as_deref())
    }

    /// A copy of another object, or of a range of it.
    #[must_use]
    pub(in crate::backend::s3) fn from(self, from: &'a From) -> Self {
        self.header("x-amz-copy-source", Some(&*from.text))
            .header("x-amz-copy-source-if-match", from.if_match.as_deref())
    }

    /// What is made shall bear these; the content's type has a word of its own.
    #[must_use]
    pub(in crate::backend::s3) fn bearing(self, headers: &'a Headers) -> Self {
        let managed = headers.sse.as_deref().filter(|sse| !sse::is_customer(sse));
        let sse = managed.map(wire::sse_parts);
        let mut question = self
            .header("content-encoding", headers.content_encoding.as_deref())
            .header(
                "content-disposition",
                headers.content_disposition.as_deref(),
            )
            .header("content-language", headers.content_language.as_deref())
            .header("cache-control", headers.cache_control.as_deref())
            .header("x-amz-storage-class", headers.class.as_deref())
            .header(
                "x-amz-server-side-encryption",
                sse.map(|(algorithm, _)| algorithm),
            )
            .header(
                "x-amz-server-side-encryption-aws-kms-key-id",
                sse.and_then(|(_, key)| key),
            )
            .header("x-amz-tagging", wire::tagging(&headers.tags));
        for (name, value) in &headers.metadata {
            question = question.header(format!("x-amz-meta-{name}"), Some(&**value));
        }
        question
    }

    /// Under a customer's key, where the content has one.
    #[must_use]
    pub(in crate::backend::s3) fn customer(self, key: Option<&'a CustomerKey>) -> Self {
        let head = "x-amz-server-side-encryption-customer";
        self.locked(head, key)
    }

    /// The customer's key of a copy's source.
    #[must_use]
    pub(in crate::backend::s3) fn source_customer(self, key: Option<&'a CustomerKey>) -> Self {
        let head = "x-amz-copy-source-server-side-encryption-customer";
        self.locked(head, key)
    }

    fn locked(self, head: &str, key: Option<&'a CustomerKey>) -> Self {
        let Some(key) = key else {
            return self;
        };
        self.header(format!("{head}-algorithm"), Some(CustomerKey::ALGORITHM))
            .header(format!("{head}-key"), Some(key.header()))
            .header(format!("{head}-key-md5"), Some(key.md5()))
    }

    /// The type of the content; S3 keeps a word of its own where none is told, and the SDK tells this one.
    #[must_use]
    pub(in crate::backend::s3) fn kind_of_content(self, kind: Option<&'a str>) -> Self {
        self.header(
            "content-type",
            Some(kind.unwrap_or("application/octet-stream")),
        )
    }

    /// Asks for the checksum that the store keeps.
    #[must_use]
    pub(in crate::backend::s3) fn asking_checksum(self, wanted: bool) -> Self {
        self.header("x-amz-checksum-mode", wanted.then_some("ENABLED"))
    }

    /// The requester pays.
    #[must_use]
    pub(in crate::backend::s3) fn payer(self, pays: bool) -> Self {
        self.header("x-amz-request-payer", pays.then_some("requester"))
    }

    /// With the checksum of a body that S3 demands one of; an MD5 for stores that know no other.
    #[must_use]
    pub(in crate::backend::s3) fn summed(self, body: &Bytes, knows_crc: bool) -> Self {
        if knows_crc {
            let crc = crc_fast::checksum(crc_fast::CrcAlgorithm::Crc64Nvme, body);
            return self.header("x-amz-checksum-crc64nvme", Some(wire::crc64_text(crc)));
        }
        let md5 = STANDARD.encode(md5::Md5::digest(body));
        self.header("content-md5", Some(md5))
    }

    /// With a body.
    #[must_use]
    pub(in crate::backend::s3) fn body(self, payload: Payload<'a>) -> Self {
        Self {
            payload: Some(payload),
            ..self
        }
    }

    /// The whole address.
    pub(super) fn url(&self, base: &str) -> String {
        let key = self.key.unwrap_or_default();
        let mut url = String::with_capacity(base.len() + key.len() + self.query.len() + 24);
        url.push_str(base);
        url.push('/');
        wire::encode(&mut url, key, b"/");
        url.push_str(&self.query);
        url
    }

    /// The headers that the signature covers: those that S3 demands, and no other.
    pub(super) fn signed(&self) -> impl Iterator<Item = (&str, &str)> {
        let demanded = |name: &str| name.starts_with("x-amz-") || name.starts_with("content-");
        let all = self.headers.iter();
        all.filter(move |(name, _)| demanded(name))
            .map(|(name, value)| (&**name, &**value))
    }

    pub(super) fn bytes(&self) -> &[u8] {
        self.payload.as_ref().map_or(&[], |payload| payload.bytes)
    }

    /// Whether the body is large enough to wait for the server's word.
    pub(super) fn is_large(&self) -> bool {
        self.bytes().len() >= LARGE
    }

    pub(super) fn outgoing(&self, go: Option<Go>) -> Outgoing {
        match &self.payload {
            Some(payload) => {
                let counters = payload.counters.clone();
                Outgoing::new(payload.bytes.clone(), payload.progress, counters).after(go)
            }
            None => Outgoing::new(Bytes::new(), &Progress::default(), Vec::new()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Method, Question};

    #[test]
    fn keys_and_parameters_are_coded_once_and_never_normalised() {
        let question = Question::new(Method::GET, Some("a b/../ü+%2F//./"))
            .query("uploads", "")
            .query("prefix", "a/b&c+d");
        assert_eq!(
            question.url("http://127.0.0.1:9/pics"),
            "http://127.0.0.1:9/pics/a%20b/../%C3%BC%2B%252F//./?uploads&prefix=a%2Fb%26c%2Bd"
        );
        assert_eq!(
            Question::new(Method::GET, None).url("https://b.s3"),
            "https://b.s3/"
        );
    }
}
