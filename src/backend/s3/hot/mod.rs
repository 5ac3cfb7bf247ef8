//! The thin data plane: the hot calls of S3 on hyper, signed by `aws-sigv4`. Credentials, addresses and TLS come from the
//! SDK's own parts; everything that is not hot stays with the SDK. A request leaves here only by `S3::ask`.

mod address;
pub(super) mod copied;
pub(super) mod deleted;
mod dial;
pub(super) mod expect;
mod failure;
pub(super) mod head;
mod keys;
pub(super) mod page;
mod question;
mod reply;
pub(super) mod tags;
pub(in crate::backend) mod xml;

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_smithy_runtime_api::client::identity::Identity;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, Uri, header};
use hyper_util::{
    client::legacy,
    rt::{TokioExecutor, TokioTimer},
};

use crate::backend::session::{Clock, RemoteOptions};

use super::body::Outgoing;
use address::{Address, Addresses};
use dial::{Dialer, Uses};
use expect::Go;
use reply::Spare;

pub(in crate::backend) use address::Reach;
pub(super) use failure::Failure;
pub(in crate::backend) use keys::Ring;
pub(super) use question::{Payload, Question};
pub(super) use reply::Reply;

/// How long a connection is kept that nobody uses: shorter than S3 keeps it, so that few die at the moment of use.
const IDLE: std::time::Duration = std::time::Duration::from_secs(15);

/// Bytes that a connection reads at once at most. Grown to hold a whole page of a listing, the buffers of the connections were
/// the largest thing in memory.
const READ_MAX: usize = 64 * 1024;

/// What the answers of S3 may be told by: our name and version.
const AGENT: &str = concat!("wharf/", env!("CARGO_PKG_VERSION"));

/// The pool of connections of a remote; clones share it.
pub(in crate::backend) type Pool = legacy::Client<Dialer, Outgoing>;

/// A pool with no connection yet.
pub(in crate::backend) fn pool(options: &RemoteOptions) -> Pool {
    legacy::Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(IDLE)
        .pool_max_idle_per_host(options.max_connections)
        .http1_max_buf_size(READ_MAX)
        .build(Dialer::new(options.connect_timeout))
}

/// The thin plane of one connection to a remote.
pub(in crate::backend) struct Hot {
    pool: Pool,
    /// `None`: nothing is signed.
    ring: Option<Ring>,
    addresses: Addresses,
    signs_bodies: bool,
    clock: Clock,
    /// The server does not know `Expect: 100-continue`.
    is_deaf: AtomicBool,
    spare: Arc<Spare>,
}

impl Hot {
    pub(in crate::backend) fn new(pool: Pool, reach: Reach, clock: Clock) -> Self {
        Self {
            pool,
            ring: None,
            signs_bodies: false,
            addresses: Addresses::new(reach),
            clock,
            is_deaf: AtomicBool::new(false),
            spare: Arc::default(),
        }
    }

    /// The same plane, which signs; bodies too, where they cross a network in the clear.
    pub(in crate::backend) fn signing(
        self,
        provider: SharedCredentialsProvider,
        signs_bodies: bool,
    ) -> Self {
        Self {
            ring: Some(Ring::new(provider)),
            signs_bodies,
            ..self
        }
    }

    /// Whether this plane can speak to a bucket: its address needs a signature that it can make.
    pub(super) async fn reaches(&self, bucket: &str, region: &str) -> bool {
        self.addresses.of(bucket, region).await.is_some()
    }

    /// Sends one request; an answer that is no success is a failure.
    pub(super) async fn send(
        &self,
        question: &Question<'_>,
        bucket: &str,
        region: &str,
    ) -> Result<Reply, Failure> {
        let address = self.addresses.of(bucket, region).await;
        let address =
            address.ok_or_else(|| Failure::unmakeable("the bucket's address is not known"))?;
        let identity = match &self.ring {
            Some(ring) => Some(ring.identity().await.map_err(Failure::Credentials)?),
            None => None,
        };
        let (request, go) = self.request(question, &address, identity.as_ref())?;
        let response = match self.pool.request(request).await {
            Ok(response) => response,
            Err(error) => {
                let died = Uses::had_answered(&error);
                return Err(Failure::Undelivered {
                    error,
                    again: died && question.repeats,
                });
            }
        };
        if let Some(uses) = response.extensions().get::<Uses>() {
            uses.count();
        }
        // Whatever was answered was answered without the body.
        if let Some(go) = go {
            go.stop();
            self.is_deaf.fetch_or(go.was_late(), Relaxed);
        }
        let date = response.headers().get(header::DATE);
        if let Some(date) = date.and_then(|date| date.to_str().ok()) {
            self.clock.note(date);
        }
        Reply::of(response, &self.spare).success(&self.clock).await
    }

    fn request(
        &self,
        question: &Question<'_>,
        address: &Address,
        identity: Option<&Identity>,
    ) -> Result<(Request<Outgoing>, Option<Go>), Failure> {
        let url = question.url(&address.base);
        let waits = question.is_large() && !self.is_deaf.load(Relaxed);
        let go = waits.then(Go::default);
        let mut request = Request::new(question.outgoing(go.clone()));
        *request.method_mut() = question.method.clone();
        let headers = request.headers_mut();
        headers.reserve(question.headers.len() + 6);
        headers.insert(header::USER_AGENT, HeaderValue::from_static(AGENT));
        for (name, value) in &question.headers {
            let name = HeaderName::from_bytes(name.as_bytes()).map_err(Failure::unmakeable)?;
            let value = HeaderValue::from_str(value).map_err(Failure::unmakeable)?;
            headers.append(name, value);
        }
        if let Some(go) = &go {
            go.ask(&mut request);
        }
        if let Some(identity) = identity {
            self.sign(&mut request, &url, question, (address, identity))?;
        }
        let url = Bytes::from(url);
        *request.uri_mut() = Uri::from_maybe_shared(url).map_err(Failure::unmakeable)?;
        Ok((request, go))
    }

    fn sign(
        &self,
        request: &mut Request<Outgoing>,
        url: &str,
        question: &Question<'_>,
        (address, identity): (&Address, &Identity),
    ) -> Result<(), Failure> {
        let params = aws_sigv4::sign::v4::SigningParams::builder()
            .identity(identity)
            .region(&address.region)
            .name(&address.service)
            .time(self.clock.signing_time())
            .settings(settings())
            .build()
            .map_err(Failure::unmakeable)?
            .into();
        let body = if self.signs_bodies {
            SignableBody::Bytes(question.bytes())
        } else {
            SignableBody::UnsignedPayload
        };
        let asked = SignableRequest::new(question.method.as_str(), url, question.signed(), body);
        let signed = asked.and_then(|asked| sign(asked, &params));
        let (instructions, _) = signed.map_err(Failure::unmakeable)?.into_parts();
        instructions.apply_to_request_http1x(request);
        Ok(())
    }
}

/// S3's own way: paths as they are, the payload's hash in a header. What is signed is chosen by `Question::signed`.
fn settings() -> SigningSettings {
    let mut settings = SigningSettings::default();
    settings.percent_encoding_mode = aws_sigv4::http_request::PercentEncodingMode::Single;
    settings.uri_path_normalization_mode =
        aws_sigv4::http_request::UriPathNormalizationMode::Disabled;
    settings.payload_checksum_kind = aws_sigv4::http_request::PayloadChecksumKind::XAmzSha256;
    settings.excluded_headers = None;
    settings
}

impl fmt::Debug for Hot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hot").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use aws_credential_types::Credentials;
    use bytes::Bytes;
    use http::{Method, Request};

    use super::{
        Clock, Hot, Outgoing, Payload, Question, Reach, RemoteOptions, SharedCredentialsProvider,
        pool,
    };
    use crate::backend::s3::body::Progress;

    async fn asked(signs_bodies: bool) -> Request<Outgoing> {
        let reach = Reach {
            endpoint: Some("http://10.0.0.7:80".into()),
            path_style: true,
            ..Reach::default()
        };
        let keys = Credentials::new("access", "secret", Some("token".into()), None, "test");
        let hot = Hot::new(pool(&RemoteOptions::default()), reach, Clock::default())
            .signing(SharedCredentialsProvider::new(keys), signs_bodies);
        let (body, progress) = (Bytes::from_static(b"hello"), Progress::default());
        let question = Question::new(Method::PUT, Some("a b"))
            .header("if-none-match", Some("*"))
            .header("x-amz-meta-who", Some("me"))
            .body(Payload::uncounted(&body, &progress));
        let address = hot.addresses.of("pics", "us-east-1").await.unwrap();
        let identity = hot.ring.as_ref().unwrap().identity().await.unwrap();
        let (request, go) = hot.request(&question, &address, Some(&identity)).unwrap();
        assert!(go.is_none(), "five bytes wait for nobody");
        request
    }

    #[tokio::test]
    async fn a_request_is_signed_with_all_that_s3_demands() {
        let request = asked(false).await;
        assert_eq!(request.uri(), "http://10.0.0.7:80/pics/a%20b");
        let header = |name| request.headers()[name].to_str().unwrap();
        assert_eq!(header("x-amz-content-sha256"), "UNSIGNED-PAYLOAD");
        assert_eq!(header("x-amz-security-token"), "token");
        let signed = "SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-meta-who;x-amz-security-token,";
        assert!(
            header("authorization").contains(signed),
            "{}",
            header("authorization")
        );
    }

    #[tokio::test]
    async fn a_body_that_crosses_a_network_in_the_clear_is_signed() {
        let request = asked(true).await;
        assert_eq!(
            request.headers()["x-amz-content-sha256"],
            "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
        );
    }
}
