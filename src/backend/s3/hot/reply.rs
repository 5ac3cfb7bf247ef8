//! One answer: its head, and its body as a stream, as bytes or as XML. An error inside a success is found by whoever reads it.

use std::{
    ops::RangeInclusive,
    sync::{Arc, Mutex, PoisonError},
};

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, Response, StatusCode};
use http_body_util::BodyExt as _;
use hyper::body::{Body as _, Incoming};

use crate::backend::{
    error::{Answer, region_of},
    session::Clock,
};

use super::{Failure, xml};

/// Bytes of an error's body that are read at most.
const ERROR_MAX: usize = 64 * 1024;

/// Bytes that are set aside at most for a body that tells its length.
const ROOM: usize = 4 << 20;

/// Buffers of whole bodies that were read, for the next ones: a page of a listing is as large as the one before, and an
/// allocator that gets each back for a moment keeps holes for all of them.
#[derive(Debug, Default)]
pub(super) struct Spare(Mutex<Vec<BytesMut>>);

impl Spare {
    /// Buffers that are kept.
    const MOST: usize = 4;
    /// Bytes of those that are worth it.
    const WORTH: RangeInclusive<usize> = 64 * 1024..=1 << 20;
    /// Their sizes are multiples of this, so that a page that is a little longer fits too.
    const STEP: usize = 64 * 1024;

    /// An empty buffer with room for so many bytes.
    fn take(&self, room: usize) -> BytesMut {
        if !Self::WORTH.contains(&room) {
            return BytesMut::with_capacity(room);
        }
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let fits = kept.iter().position(|kept| kept.capacity() >= room);
        fits.map_or_else(
            || BytesMut::with_capacity(room.next_multiple_of(Self::STEP)),
            |at| kept.swap_remove(at),
        )
    }

    /// Keeps the buffer of a body that nobody reads any more.
    fn keep(&self, body: Bytes) {
        let Ok(mut buffer) = body.try_into_mut() else {
            return;
        };
        buffer.clear();
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if Self::WORTH.contains(&buffer.capacity()) && kept.len() < Self::MOST {
            kept.push(buffer);
        }
    }
}

/// An answer.
#[derive(Debug)]
pub(in crate::backend::s3) struct Reply {
    status: StatusCode,
    headers: HeaderMap,
    body: Incoming,
    spare: Arc<Spare>,
}

impl Reply {
    pub(super) fn of(response: Response<Incoming>, spare: &Arc<Spare>) -> Self {
        let (head, body) = response.into_parts();
        Self {
            status: head.status,
            headers: head.headers,
            body,
            spare: Arc::clone(spare),
        }
    }

    /// This answer, or the error that it is.
    pub(super) async fn success(self, clock: &Clock) -> Result<Self, Failure> {
        if self.status.is_success() {
            return Ok(self);
        }
        let Self {
            status,
            headers,
            body,
            spare,
        } = self;
        let said = match collected(body, ERROR_MAX, &spare).await {
            Ok(said) => said,
            // The status alone says much.
            Err(_broken) => Bytes::new(),
        };
        let mut answer = answer(status, &headers, &said);
        if answer.region.is_none() {
            answer.region = region_of(&said);
        }
        let date = headers.get("date").and_then(|date| date.to_str().ok());
        let late = answer.code == "RequestTimeTooSkewed"
            || (answer.code.is_empty() && status == StatusCode::FORBIDDEN);
        let again = late && date.is_some_and(|date| clock.correct(date));
        Err(Failure::Answered {
            answer: Box::new(answer),
            again,
        })
    }

    /// A header as text.
    pub(in crate::backend::s3) fn header(&self, name: &str) -> Option<&str> {
        text(&self.headers, name)
    }

    /// All headers.
    pub(in crate::backend::s3) fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The body, to be read piece by piece.
    pub(in crate::backend::s3) fn into_body(self) -> Incoming {
        self.body
    }

    /// The answer with its whole body.
    pub(in crate::backend::s3) async fn whole(self) -> Result<Whole, Failure> {
        Ok(Whole {
            status: self.status,
            headers: self.headers,
            body: collected(self.body, usize::MAX, &self.spare).await?,
            spare: self.spare,
        })
    }
}

/// An answer with its whole body, which is XML.
#[derive(Debug)]
pub(in crate::backend::s3) struct Whole {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
    spare: Arc<Spare>,
}

impl Drop for Whole {
    fn drop(&mut self) {
        self.spare.keep(std::mem::take(&mut self.body));
    }
}

impl Whole {
    /// Reads the body; an `<Error>` in it is an error, whatever the status says.
    pub(super) fn read<'a>(
        &'a self,
        reads: &mut impl xml::Reads<'a>,
    ) -> Result<&'a HeaderMap, Failure> {
        match xml::read(&self.body, reads) {
            Ok(xml::Root::Other) => Ok(&self.headers),
            Ok(xml::Root::Error) => Err(Failure::Answered {
                answer: Box::new(answer(self.status, &self.headers, &self.body)),
                again: false,
            }),
            Err(why) => Err(Failure::Senseless(why)),
        }
    }
}

/// A header as text.
pub(in crate::backend::s3) fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// The id of an answer.
pub(in crate::backend::s3) fn request_id(headers: &HeaderMap) -> Option<&str> {
    text(headers, "x-amz-request-id").or_else(|| text(headers, "x-amzn-requestid"))
}

/// What an error answer says.
fn answer(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Answer {
    let mut said = xml::Said::default();
    // What is no XML (a proxy's page) says no more than its status.
    let read = xml::read(body, &mut said);
    let xml::Said {
        code,
        message,
        request_id: told,
    } = if read.is_ok() {
        said
    } else {
        xml::Said::default()
    };
    Answer {
        status: status.as_u16(),
        code,
        message,
        region: text(headers, "x-amz-bucket-region").map(str::to_owned),
        request_id: request_id(headers).map(Box::from).or(told),
    }
}

/// A whole body of at most `most` bytes; what is beyond is not read.
async fn collected(mut body: Incoming, most: usize, spare: &Spare) -> Result<Bytes, Failure> {
    let expected = body.size_hint().lower();
    // Room that grows by doubling would hold twice a page of a listing, eight times at once.
    let room = usize::try_from(expected)
        .unwrap_or(most)
        .min(most)
        .min(ROOM);
    let mut all = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| Failure::broke_off(&error))?;
        let Ok(piece) = frame.into_data() else {
            continue;
        };
        if all.is_empty() && piece.len() as u64 == expected {
            return Ok(piece);
        }
        if all.is_empty() {
            all = spare.take(room.max(piece.len()));
        }
        all.extend_from_slice(&piece);
        if all.len() >= most {
            break;
        }
    }
    Ok(all.freeze())
}
