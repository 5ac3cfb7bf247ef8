//! The one door of all services: logs a request, lets the fault layer have it, and routes it by the service in the
//! signature's scope. Unsigned requests are for S3. A service that is not here yet gets a clean refusal.

use super::answer::{Answer, Harm, Watched};
use super::batch::Jobs;
use super::call::Call;
use super::clock::Clock;
use super::cloud::Cloud;
use super::control::Small;
use super::fault::{Fault, Faults, Sentence};
use super::log::{Log, Record};
use super::logs::Logs;
use super::s3::{Gate, Keys, Signed, Store};
use super::server::Cut;
use super::sts;
use super::uri;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, header, request::Parts};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use s3s::config::{S3Config, StaticConfigProvider};
use s3s::dto::{Timestamp, TimestampFormat};
use s3s::host::SingleDomain;
use s3s::service::{S3Service, S3ServiceBuilder};
use std::io;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

/// What the front knows and steers.
#[derive(Debug)]
pub(super) struct Front {
    pub log: Log,
    pub faults: Faults,
    pub store: Store,
    pub cloud: Cloud,
    pub logs: Logs,
    pub jobs: Jobs,
    pub clock: Clock,
}

/// The front with its services behind it.
pub(super) struct Service {
    pub(super) front: Front,
    s3: S3Service,
}

/// The connection is to be closed without an answer.
#[derive(Debug, thiserror::Error)]
#[error("hung up by a fault")]
pub(super) struct Hangup;

impl Front {
    /// Puts the services behind the front; buckets are also reached as `BUCKET.localhost:PORT`.
    pub(super) fn service(self, port: u16) -> io::Result<Service> {
        let mut s3 = S3ServiceBuilder::new(self.store.clone());
        s3.set_auth(Keys(self.store.clone()));
        s3.set_access(Gate(self.store.clone()));
        s3.set_config(Arc::new(StaticConfigProvider::new(Arc::new(any_time()))));
        s3.set_host(SingleDomain::new(&format!("localhost:{port}")).map_err(io::Error::other)?);
        Ok(Service {
            s3: s3.build(),
            front: self,
        })
    }
}

impl Service {
    /// Answers one request, or hangs up on it.
    pub(super) async fn answer(
        &self,
        request: Request<Incoming>,
        connection: u64,
        cut: &Cut,
    ) -> Result<Response<Answer>, Hangup> {
        let (parts, body) = request.into_parts();
        let call = Call::read(&parts);
        self.front.jobs.settle();
        if let Some(small) = Small::of(&call.service, &parts) {
            let request = (parts, Watched::new(body, Arc::default()));
            let answered = Box::pin(self.small(small, request, call, connection)).await;
            return answered.inspect_err(|_hangup| cut.reset());
        }
        let record = self.front.log.open(call, connection);
        self.front.log.tell();
        let sentence = self.front.faults.judge(&record.call);
        if let Some(fault) = sentence.fault {
            record.hurt_by(fault.name());
        }
        if !sentence.delay.is_zero() {
            tokio::time::sleep(sentence.delay).await;
        }
        let waits = parts.headers.contains_key(header::EXPECT);
        let begun = Arc::new(AtomicBool::new(false));
        let body = Watched::new(body, Arc::clone(&begun));
        let mut answered = Box::pin(self.go(parts, body, &record, sentence)).await;
        if let Ok(response) = &mut answered
            && waits
            && !begun.load(Ordering::Acquire)
        {
            // Who waits for 100 and gets the answer must not use the connection again: botocore would mistake the next.
            response
                .headers_mut()
                .insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        if let Ok(response) = &answered {
            record.answered(response.status().as_u16());
        } else {
            cut.reset();
        }
        self.front.log.tell();
        answered
    }

    async fn go(
        &self,
        parts: Parts,
        body: Watched,
        record: &Arc<Record>,
        sentence: Sentence,
    ) -> Result<Response<Answer>, Hangup> {
        self.front.faults.show(&record.call);
        let upload = ["PutObject", "UploadPart"].contains(&record.call.operation);
        let reads = record.call.operation == "GetObject";
        match sentence.fault {
            Some(Fault::Reset) => return Err(Hangup),
            Some(Fault::Stall) if !reads => self.front.faults.stall().await,
            _ => {}
        }
        if let Some((status, code, message)) = sentence.fault.and_then(Fault::refusal) {
            drain(body).await;
            let status = StatusCode::from_u16(status).unwrap_or_default();
            return Ok(self.finish(refusal(status, code, message), record, Harm::default()));
        }
        let bodily = sentence
            .fault
            .filter(|fault| reads || *fault != Fault::Stall);
        let harm = Harm::of(bodily, sentence.luck);
        let body = if upload && (harm != Harm::default() || self.front.faults.caps_bandwidth()) {
            let size = parts.headers.get(header::CONTENT_LENGTH);
            let size = size
                .and_then(|size| size.to_str().ok()?.parse().ok())
                .unwrap_or(0);
            s3s::Body::http_body_unsync(harm.uploading(body, size, self.front.faults.clone()))
        } else {
            s3s::Body::http_body_unsync(body)
        };
        let response = self.route(parts, body, record).await?;
        match sentence.fault {
            Some(Fault::Lost) => Err(Hangup),
            Some(Fault::Cut) if upload => Err(Hangup),
            _ if upload => Ok(self.finish(response, record, Harm::default())),
            Some(fault @ (Fault::Cut | Fault::Stall)) if is_empty(response.body()) => {
                self.instead_of_body(fault).await?;
                Ok(self.finish(response, record, Harm::default()))
            }
            _ => Ok(self.finish(response, record, harm)),
        }
    }

    /// A fault of bodies on an answer that has none: it hits the answer as a whole.
    async fn instead_of_body(&self, fault: Fault) -> Result<(), Hangup> {
        if fault == Fault::Cut {
            return Err(Hangup);
        }
        self.front.faults.stall().await;
        Ok(())
    }

    async fn route(
        &self,
        parts: Parts,
        body: s3s::Body,
        record: &Record,
    ) -> Result<Response<s3s::Body>, Hangup> {
        if record.call.service == "sts" {
            let form = http_body_util::BodyExt::collect(body).await;
            let form = form.map_err(|_broken| Hangup)?.to_bytes();
            let key = record.call.access_key.as_deref();
            let known = key.is_some_and(|key| self.front.store.knows_key(key));
            let date = parts.headers.get("x-amz-date").and_then(signed_at);
            let timely = self.front.store.is_timely(date);
            return Ok(sts::answer(&form, (known, timely)));
        }
        if record.call.service != "s3" {
            return Ok(unserved(&record.call.service, &parts.headers));
        }
        let date = parts.headers.get("x-amz-date").and_then(signed_at);
        let mut request = Request::from_parts(parts, body);
        request.extensions_mut().insert(Signed {
            region: record.call.region.clone(),
            key: record.call.key.clone(),
            date,
        });
        Box::pin(self.s3.call(request))
            .await
            .map_err(|_broken| Hangup)
    }

    /// Gives an answer what every answer has: request id, date, and the body's harm.
    pub(super) fn finish(
        &self,
        response: Response<s3s::Body>,
        record: &Arc<Record>,
        harm: Harm,
    ) -> Response<Answer> {
        let (mut parts, mut body) = response.into_parts();
        let id = format!("{:016X}", record.id);
        if let Ok(id) = HeaderValue::from_str(&id) {
            parts.headers.insert("x-amz-request-id", id);
        }
        if let Some(date) = http_date(&self.front.clock) {
            parts.headers.insert(header::DATE, date);
        }
        parts
            .headers
            .insert("x-amz-id-2", HeaderValue::from_static("embedded"));
        parts
            .headers
            .insert(header::SERVER, HeaderValue::from_static("AmazonS3"));
        if parts.status == StatusCode::NOT_MODIFIED {
            parts.headers.remove(header::CONTENT_TYPE);
            body = s3s::Body::empty();
        } else if parts.status != StatusCode::OK && parts.status != StatusCode::PARTIAL_CONTENT {
            body = with_request_id(body, &mut parts.headers, &id);
        }
        if record.call.operation == "GetObjectAttributes" {
            body = unquoted(body, &mut parts.headers);
        }
        let size = http_body::Body::size_hint(&body).exact().unwrap_or(0);
        let answer = Answer::new(
            body,
            Arc::clone(record),
            harm.within(size),
            self.front.faults.clone(),
        );
        let answer = match record.call.operation {
            "GetObject" => answer,
            _ => answer.unpaced(),
        };
        Response::from_parts(parts, answer)
    }
}

/// `s3s` would hold signatures against the system's time; ours goes by the demo's clock, where a limit is set at all.
fn any_time() -> S3Config {
    let mut config = S3Config::default();
    config.presigned_url_max_skew_time_secs = u32::MAX;
    config
}

/// The time in an `x-amz-date` header, such as `20260111T165800Z`.
pub(super) fn signed_at(header: &HeaderValue) -> Option<SystemTime> {
    let text = header.to_str().ok()?;
    let part = |at: Range<usize>| text.get(at);
    let (year, month, day) = (part(0..4)?, part(4..6)?, part(6..8)?);
    let (hour, minute, second) = (part(9..11)?, part(11..13)?, part(13..15)?);
    let date = format!("{year}-{month}-{day}T{hour}:{minute}:{second}Z");
    let parsed = Timestamp::parse(TimestampFormat::DateTime, &date).ok()?;
    let mut seconds = Vec::new();
    parsed
        .format(TimestampFormat::EpochSeconds, &mut seconds)
        .ok()?;
    let seconds = String::from_utf8(seconds).ok()?.parse::<f64>().ok()?;
    SystemTime::UNIX_EPOCH.checked_add(Duration::try_from_secs_f64(seconds).ok()?)
}

fn is_empty(body: &s3s::Body) -> bool {
    http_body::Body::size_hint(body).exact() == Some(0)
}

fn http_date(clock: &Clock) -> Option<HeaderValue> {
    let mut date = Vec::with_capacity(32);
    Timestamp::from(clock.now())
        .format(TimestampFormat::HttpDate, &mut date)
        .ok()?;
    HeaderValue::from_bytes(&date).ok()
}

/// Reads a body to its end, so that the client is ready to listen.
async fn drain(mut body: Watched) {
    while let Some(Ok(_)) = body.frame().await {}
}

fn error_xml(code: &str, message: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    )
}

fn refusal(status: StatusCode, code: &str, message: &str) -> Response<s3s::Body> {
    let xml = error_xml(code, message);
    let xml = match status {
        StatusCode::OK => xml.replace("</Error>", "<RequestId>none</RequestId></Error>"),
        _ => xml,
    };
    let mut response = Response::new(s3s::Body::from(xml));
    *response.status_mut() = status;
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/xml"),
    );
    response
}

/// The answer for a service that is not part of this world: in its own wire's words.
fn unserved(service: &str, headers: &HeaderMap) -> Response<s3s::Body> {
    let message = format!("The embedded AWS does not serve {}", uri::encode(service));
    let json = headers.contains_key("x-amz-target");
    let (text, kind) = if json {
        (
            format!("{{\"__type\":\"UnknownOperationException\",\"message\":\"{message}\"}}"),
            "application/x-amz-json-1.1",
        )
    } else {
        let error =
            format!("<Error><Code>InvalidAction</Code><Message>{message}</Message></Error>");
        (
            format!("<Response><Errors>{error}</Errors><RequestID>none</RequestID></Response>"),
            "text/xml",
        )
    };
    let mut response = Response::new(s3s::Body::from(text));
    *response.status_mut() = StatusCode::BAD_REQUEST;
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

/// S3 tells the ETag among an object's attributes without its quotes; `s3s` writes them.
fn unquoted(body: s3s::Body, headers: &mut HeaderMap) -> s3s::Body {
    let text = body
        .bytes()
        .and_then(|bytes| String::from_utf8(bytes.into()).ok());
    let Some(text) = text else { return body };
    headers.remove(header::CONTENT_LENGTH);
    let text = text.replace("&quot;", "\"");
    s3s::Body::from(
        text.replace("<ETag>\"", "<ETag>")
            .replace("\"</ETag>", "</ETag>"),
    )
}

/// Writes the request id into an error's XML.
fn with_request_id(body: s3s::Body, headers: &mut HeaderMap, id: &str) -> s3s::Body {
    let Some(bytes) = body.bytes().filter(|bytes| bytes.ends_with(b"</Error>")) else {
        return body;
    };
    let Some(head) = bytes.get(..bytes.len() - b"</Error>".len()) else {
        return body;
    };
    let tail = format!("<RequestId>{id}</RequestId><HostId>embedded</HostId></Error>");
    headers.remove(header::CONTENT_LENGTH);
    s3s::Body::from(Bytes::from([head, tail.as_bytes()].concat()))
}
