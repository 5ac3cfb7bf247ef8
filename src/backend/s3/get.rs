//! GET: a body in pieces, pinned to the content that was seen, checked for its length.

use std::{ops::Range, time::Duration};

use aws_sdk_s3::{
    client::customize::CustomizableOperation, operation::get_object::GetObjectOutput,
    primitives::ByteStream,
};
use bytes::Bytes;
use http::Method;
use http_body_util::BodyExt as _;

use crate::backend::{
    counter::{Operation, RequestCounter},
    error::Error,
    store::{Pin, ReadQuery, Reading, Source, Stat},
};
use crate::domain::{key::Key, retry::FailureKind};

use super::{
    Call, S3,
    hot::{self, Question},
    wire, with_customer_key,
};

/// A body that is being read from S3.
#[derive(Debug)]
pub(in crate::backend) struct Incoming {
    body: Flow,
    left: u64,
    time: Duration,
    counters: Vec<RequestCounter>,
    target: String,
    request_id: Option<Box<str>>,
}

/// Where the pieces of a body come from.
#[derive(Debug)]
enum Flow {
    Sdk(ByteStream),
    Thin(hyper::body::Incoming),
    /// It broke off.
    Over,
}

/// An object that was opened, as its answer tells it: the size in `stat` is that of the body.
struct Opened {
    stat: Stat,
    content_range: Option<(Range<u64>, u64)>,
    body: Flow,
}

impl S3 {
    /// Opens an object, or a range of it.
    ///
    /// # Errors
    /// `Changed` where it is no longer what `query.pin` says, `NotFound`, `Archived`, `Denied`.
    pub async fn read(&self, key: &Key, query: ReadQuery) -> Result<Reading, Error> {
        self.read_unless(key, query, None).await
    }

    /// The same, unless the object is still the one of this `ETag`.
    ///
    /// # Errors
    /// `ErrorKind::Unmodified` where it is; `ErrorKind::OutOfRange` where it ends before the range.
    pub(in crate::backend) async fn read_unless(
        &self,
        key: &Key,
        query: ReadQuery,
        known: Option<&str>,
    ) -> Result<Reading, Error> {
        let known = known.map(wire::quoted);
        let full = self.full_to_read(Operation::GetObject, key).await?;
        let (etag, version) = self.pinned(Operation::GetObject, key, query.pin.as_ref())?;
        let range = query.range.as_ref().filter(|range| !range.is_empty());
        let header = range.map(|range| format!("bytes={}-{}", range.start, range.end - 1));
        let checksums = self.has_checksums();
        let call = Call::new(Operation::GetObject, &full);
        if self.is_thin().await {
            let question = Question::new(Method::GET, Some(&full))
                .version(version.as_deref())
                .header("range", header)
                .header("if-match", etag)
                .header("if-none-match", known)
                .asking_checksum(checksums)
                .customer(self.customer.as_ref())
                .payer(self.pays());
            let read = async |reply: hot::Reply| Ok(opened(key, reply));
            let opened = Box::pin(self.ask(call, &question, read)).await?;
            return self.reading(key, &query, opened);
        }
        let send = |client: aws_sdk_s3::Client| {
            let request = client
                .get_object()
                .bucket(self.bucket())
                .key(&full)
                .set_range(header.clone())
                .set_if_match(etag.clone())
                .set_if_none_match(known.clone())
                .set_version_id(version.clone())
                .set_request_payer(self.payer());
            let request = with_customer_key!(request, self).customize();
            asking_checksum(request, checksums).send()
        };
        let answer = Box::pin(self.call(call, send)).await?;
        self.reading(key, &query, opened_by_sdk(key, answer))
    }

    fn reading(&self, key: &Key, query: &ReadQuery, opened: Opened) -> Result<Reading, Error> {
        let Opened {
            mut stat,
            content_range,
            body,
        } = opened;
        let length = stat.entry.facts.size;
        let (range, size) = content_range.unwrap_or((0..length, length));
        stat.entry.facts.size = size;
        if let Some(asked) = &query.range
            && !asked.is_empty()
            && (range.start != asked.start || range.end != asked.end.min(size))
        {
            let reason = format!(
                "asked for bytes {}-{}, and S3 sent {}-{}",
                asked.start, asked.end, range.start, range.end
            );
            return Err(Error {
                request_id: stat.request_id,
                ..self.failed(key, FailureKind::Corrupt, reason)
            });
        }
        let wanted = if query.range.as_ref().is_some_and(Range::is_empty) {
            0..0
        } else {
            range
        };
        let incoming = Incoming {
            left: wanted.end - wanted.start,
            body,
            time: self.session.options().read_timeout,
            counters: self.counters().cloned().collect(),
            target: self.target(key),
            request_id: stat.request_id.clone(),
        };
        Ok(Reading::new(stat, wanted, Source::S3(Box::new(incoming))))
    }

    /// `If-Match` and version of a pin.
    pub(super) fn pinned(
        &self,
        operation: Operation,
        key: &Key,
        pin: Option<&Pin>,
    ) -> Result<(Option<String>, Option<String>), Error> {
        match pin {
            None => Ok((None, None)),
            Some(Pin::Object { etag, version }) => Ok((
                Some(wire::quoted(etag)),
                version.as_deref().map(str::to_owned),
            )),
            Some(Pin::File { .. }) => Err(self.refused(
                operation,
                key,
                "a file's identity says nothing of an object",
            )),
        }
    }

    pub(super) fn target(&self, key: &Key) -> String {
        format!(
            "s3://{}/{}{key}",
            self.bucket(),
            self.place.printable_folder()
        )
    }

    fn failed(&self, key: &Key, kind: FailureKind, reason: String) -> Error {
        Error::new(Operation::GetObject.name(), self.target(key), kind, reason)
    }
}

impl Incoming {
    /// The next piece; `None` once all bytes came. A body that is too short or too long is an error.
    pub(in crate::backend) async fn chunk(&mut self) -> Result<Option<Bytes>, Error> {
        if self.left == 0 {
            return Ok(None);
        }
        let piece = tokio::time::timeout(self.time, self.body.next()).await;
        let Ok(piece) = piece else {
            return Err(self.broken(format!("no byte came for {} s", self.time.as_secs())));
        };
        let piece = match piece {
            Some(Ok(piece)) => piece,
            Some(Err(why)) => {
                return Err(self.broken(format!(
                    "the body broke off with {} bytes to go ({why})",
                    self.left
                )));
            }
            None => {
                return Err(self.broken(format!("the body ended with {} bytes to go", self.left)));
            }
        };
        let bytes = piece.len() as u64;
        self.counters
            .iter()
            .for_each(|counter| counter.count_received(bytes));
        match self.left.checked_sub(bytes) {
            Some(left) => self.left = left,
            None => return Err(self.broken("the body is longer than S3 said".to_owned())),
        }
        Ok(Some(piece))
    }

    fn broken(&mut self, reason: String) -> Error {
        // Whoever asks again gets an error again, never a quiet end.
        self.body = Flow::Over;
        let error = Error::new(
            Operation::GetObject.name(),
            self.target.clone(),
            FailureKind::Transient,
            reason,
        );
        Error {
            request_id: self.request_id.take(),
            ..error
        }
    }
}

impl Flow {
    /// The next piece, or why there is none.
    async fn next(&mut self) -> Option<Result<Bytes, String>> {
        match self {
            Self::Sdk(stream) => Some(stream.next().await?.map_err(|error| error.to_string())),
            Self::Thin(body) => match body.frame().await? {
                // What is no data (trailers) is an empty piece.
                Ok(frame) => Some(Ok(frame.into_data().unwrap_or_default())),
                Err(error) => Some(Err(error.to_string())),
            },
            Self::Over => None,
        }
    }
}

fn opened(key: &Key, reply: hot::Reply) -> Opened {
    Opened {
        stat: hot::head::stat(key, reply.headers()),
        content_range: reply.header("content-range").and_then(content_range),
        body: Flow::Thin(reply.into_body()),
    }
}

fn opened_by_sdk(key: &Key, answer: GetObjectOutput) -> Opened {
    let told = wire::Told {
        key: key.clone(),
        size: answer
            .content_length()
            .and_then(|length| u64::try_from(length).ok())
            .unwrap_or_default(),
        modified: answer.last_modified().and_then(wire::timestamp),
        etag: answer.e_tag(),
        version: answer.version_id(),
        class: answer
            .storage_class()
            .map(aws_sdk_s3::types::StorageClass::as_str),
        restore: answer.restore(),
    };
    Opened {
        stat: Stat {
            entry: told.entry(),
            checksum: wire::sums!(answer).best(),
            headers: wire::headers!(answer),
            tag_count: answer
                .tag_count()
                .and_then(|count| u32::try_from(count).ok()),
            request_id: wire::request_id(&answer),
        },
        content_range: answer.content_range().and_then(content_range),
        body: Flow::Sdk(answer.body),
    }
}

/// Asks for the checksum by hand: with the SDK's own switch it would hash each body a second time.
fn asking_checksum<T, E, B>(
    request: CustomizableOperation<T, E, B>,
    wanted: bool,
) -> CustomizableOperation<T, E, B> {
    if !wanted {
        return request;
    }
    request.mutate_request(|request| {
        request
            .headers_mut()
            .insert("x-amz-checksum-mode", "ENABLED");
    })
}

/// `bytes 0-99/1234` → what came, and the size of all.
fn content_range(text: &str) -> Option<(Range<u64>, u64)> {
    let (range, size) = text.strip_prefix("bytes ")?.split_once('/')?;
    let (first, last) = range.split_once('-')?;
    let first: u64 = first.parse().ok()?;
    let last: u64 = last.parse().ok()?;
    (first <= last).then_some((first..last + 1, size.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::content_range;

    #[test]
    fn a_content_range_tells_what_came_and_the_whole_size() {
        assert_eq!(content_range("bytes 5-9/100"), Some((5..10, 100)));
        assert_eq!(content_range("bytes 9-5/100"), None);
        assert_eq!(content_range("bytes */100"), None);
    }
}
