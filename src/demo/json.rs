//! What the services that speak JSON 1.1 share: the operation that `x-amz-target` names, and how answers and refusals are written.

use http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use serde_json::{Value, json};

use super::cloud::Refusal;

/// The name of the operation that a request asks for.
pub(super) fn operation(headers: &HeaderMap) -> &str {
    let target = headers.get("x-amz-target");
    let target = target.and_then(|target| target.to_str().ok());
    let name = target.unwrap_or_default().rsplit('.').next();
    name.unwrap_or_default()
}

/// Writes an answer.
pub(super) fn respond(status: StatusCode, value: &Value) -> Response<s3s::Body> {
    let mut response = Response::new(s3s::Body::from(value.to_string()));
    *response.status_mut() = status;
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/x-amz-json-1.1"),
    );
    response
}

/// Writes a refusal.
pub(super) fn refuse(refusal: &Refusal) -> Response<s3s::Body> {
    let told = json!({ "__type": refusal.code, "message": refusal.message });
    respond(refusal.status, &told)
}
