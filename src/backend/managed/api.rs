//! One request to a service of AWS of which wharf asks a handful of things: its SDK crate would take longer to compile than all that is
//! said to it. Signed by `aws-sigv4`, sent by the session's own http client, refused in the terms that the SDK's errors have; who
//! asks goes through `Ec2::call`, which counts, bounds and tells failures.

use aws_config::SdkConfig;
use aws_sdk_s3::{
    config::http::HttpResponse,
    error::{ErrorMetadata, SdkError},
    primitives::SdkBody,
};
use aws_sigv4::{
    http_request::{SignableBody, SignableRequest, SigningSettings, sign},
    sign::v4::SigningParams,
};
use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime_api::client::{
    orchestrator::{HttpRequest, OrchestratorError},
    result::ConnectorError,
};
use aws_types::service_config::ServiceConfigKey;
use bytes::Bytes;
use http::{HeaderValue, Method, Request, header};

use crate::backend::session::Connection;

use super::tree::Tree;

/// What the answers of AWS may be told by: our name and version.
const AGENT: &str = concat!("wharf/", env!("CARGO_PKG_VERSION"));

/// A service.
#[derive(Debug)]
pub(super) struct Api {
    /// Its name for a person; what its rights begin with is made of it.
    pub(super) name: &'static str,
    /// Its name in a signature.
    pub(super) signs_as: &'static str,
    /// Its id in settings, as `AWS_ENDPOINT_URL_AUTO_SCALING` has it.
    pub(super) id: &'static str,
    /// Its host before the region.
    pub(super) host: &'static str,
    /// Whether it has one place for all regions of a partition.
    pub(super) is_one: bool,
    pub(super) wire: Wire,
}

/// How it is spoken to.
#[derive(Debug, Clone, Copy)]
pub(super) enum Wire {
    /// A form with this version, answered in XML.
    Query(&'static str),
    /// JSON 1.1 with this before the operation.
    Json(&'static str),
    /// Paths and methods, answered in JSON.
    Rest,
}

/// One question to it.
#[derive(Debug)]
pub(super) struct Question {
    pub(super) method: Method,
    /// Encoded, with its query.
    pub(super) path: String,
    pub(super) body: String,
    pub(super) operation: &'static str,
}

/// A failure of a request, as the SDK has them.
pub(super) type Failure = SdkError<ErrorMetadata, HttpResponse>;

impl Api {
    /// Asks it in a region.
    pub(super) async fn ask(
        &self,
        connection: &Connection,
        region: &str,
        question: &Question,
    ) -> Result<Bytes, Failure> {
        let region = if self.is_one { home(region) } else { region };
        let base = self.base(connection.config(), region);
        let request = self.signed(connection, (&base, region), question).await?;
        let operation: Operation<HttpRequest, Bytes, ErrorMetadata> = Operation::builder()
            .service_name(self.id)
            .operation_name(question.operation)
            .http_client(connection.http())
            .endpoint_url(&base)
            .interceptor(connection.clock())
            .no_retry()
            .no_auth()
            .serializer(Ok)
            .deserializer(heard)
            .build();
        Box::pin(operation.invoke(request)).await
    }

    async fn signed(
        &self,
        connection: &Connection,
        (base, region): (&str, &str),
        question: &Question,
    ) -> Result<HttpRequest, Failure> {
        let keys = connection.ring();
        let keys = keys.ok_or_else(|| SdkError::construction_failure("nothing is signed"))?;
        let identity = keys.identity().await;
        let identity = identity
            .map_err(|error| SdkError::dispatch_failure(ConnectorError::user(error.into())))?;
        let url = format!("{base}{}", question.path);
        let mut request = Request::new(SdkBody::from(question.body.as_str()));
        *request.method_mut() = question.method.clone();
        *request.uri_mut() = url.parse().map_err(unmakeable)?;
        let headers = request.headers_mut();
        headers.insert(header::USER_AGENT, HeaderValue::from_static(AGENT));
        if let Some(kind) = self.content_type() {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        }
        if let Wire::Json(prefix) = self.wire {
            let target = format!("{prefix}.{}", question.operation);
            let target = HeaderValue::from_str(&target).map_err(unmakeable)?;
            headers.insert("x-amz-target", target);
        }
        let params = SigningParams::builder()
            .identity(&identity)
            .region(region)
            .name(self.signs_as)
            .time(connection.clock().signing_time())
            .settings(SigningSettings::default())
            .build()
            .map_err(unmakeable)?
            .into();
        let told = request.headers().iter();
        let told = told.filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
        let body = SignableBody::Bytes(question.body.as_bytes());
        let asked = SignableRequest::new(question.method.as_str(), &*url, told, body);
        let signed = asked.and_then(|asked| sign(asked, &params));
        let (instructions, _) = signed.map_err(unmakeable)?.into_parts();
        instructions.apply_to_request_http1x(&mut request);
        HttpRequest::try_from(request).map_err(unmakeable)
    }

    fn content_type(&self) -> Option<&'static str> {
        match self.wire {
            Wire::Query(_) => Some("application/x-www-form-urlencoded"),
            Wire::Json(_) => Some("application/x-amz-json-1.1"),
            Wire::Rest => None,
        }
    }

    /// Where it is: what a remote or the environment says, else AWS's own place.
    fn base(&self, config: &SdkConfig, region: &str) -> String {
        let key = ServiceConfigKey::builder()
            .service_id(self.id)
            .env("AWS_ENDPOINT_URL")
            .profile("endpoint_url")
            .build();
        let special = || config.service_config()?.load_config(key.ok()?);
        let given = config.endpoint_url().map(str::to_owned).or_else(special);
        if let Some(given) = given {
            return given.trim_end_matches('/').to_owned();
        }
        let fips = config.use_fips().unwrap_or(false);
        let host = if fips {
            // Before what names the service in the host: `api-fips.sagemaker`, `fsx-fips`.
            self.host.split_once('.').map_or_else(
                || format!("{}-fips", self.host),
                |(first, rest)| format!("{first}-fips.{rest}"),
            )
        } else {
            self.host.to_owned()
        };
        let domain = if region.starts_with("cn-") {
            "amazonaws.com.cn"
        } else {
            "amazonaws.com"
        };
        match (self.is_one, region) {
            (true, "us-east-1") => format!("https://{host}.{domain}"),
            (true, "us-gov-west-1") => format!("https://{host}.us-gov.{domain}"),
            (true | false, _) => format!("https://{host}.{region}.{domain}"),
        }
    }
}

/// The region whose name stands for all of its partition.
fn home(region: &str) -> &'static str {
    if region.starts_with("cn-") {
        "cn-north-1"
    } else if region.starts_with("us-gov-") {
        "us-gov-west-1"
    } else {
        "us-east-1"
    }
}

fn unmakeable(error: impl Into<Box<dyn std::error::Error + Send + Sync + 'static>>) -> Failure {
    SdkError::construction_failure(error)
}

/// The body of an answer, or what it was refused with.
fn heard(response: &HttpResponse) -> Result<Bytes, OrchestratorError<ErrorMetadata>> {
    let body = response.body().bytes().unwrap_or_default();
    if response.status().is_success() {
        return Ok(Bytes::copy_from_slice(body));
    }
    let (mut code, message) = refusal(body);
    if let Some(told) = response.headers().get("x-amzn-errortype") {
        told.clone_into(&mut code);
    }
    // A code may have a namespace before it, and an address behind.
    let code = code.rsplit('#').next().unwrap_or_default();
    let code = code.split(':').next().unwrap_or_default();
    let told = ErrorMetadata::builder().code(code).message(message).build();
    Err(OrchestratorError::operation(told))
}

/// Code and message, from JSON or XML.
fn refusal(body: &[u8]) -> (String, String) {
    if let Ok(told) = serde_json::from_slice::<serde_json::Value>(body) {
        let word = |names: &[&str]| {
            let mut found = names.iter().filter_map(|name| told.get(name)?.as_str());
            found.next().unwrap_or_default().to_owned()
        };
        return (
            word(&["__type", "ErrorCode", "code"]),
            word(&["message", "Message"]),
        );
    }
    let Ok(tree) = Tree::read(body) else {
        return (String::new(), String::new());
    };
    let error = ["Error", "Errors/Error"]
        .into_iter()
        .find_map(|path| tree.at(path));
    let word = |name| error.map(|error| error.text(name)).unwrap_or_default();
    (word("Code").to_owned(), word("Message").to_owned())
}

#[cfg(test)]
mod tests {
    use super::refusal;

    #[test]
    fn a_refusal_is_read_in_each_wire() {
        for (body, code) in [
            (
                r#"{"__type":"com.amazonaws.x#AccessDeniedException","Message":"no"}"#,
                "com.amazonaws.x#AccessDeniedException",
            ),
            (
                r#"{"ErrorCode":"FileSystemInUse","Message":"no"}"#,
                "FileSystemInUse",
            ),
            (
                "<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>",
                "AccessDenied",
            ),
            (
                "<Response><Errors><Error><Code>InvalidAction</Code><Message>no</Message></Error></Errors></Response>",
                "InvalidAction",
            ),
        ] {
            let (told, message) = refusal(body.as_bytes());
            assert_eq!((&*told, &*message), (code, "no"));
        }
        assert_eq!(refusal(b"<html>gateway").0, "");
    }
}
