//! STS of this world: who an access key is. Any known key may ask, as on AWS; others are refused in STS's own words.

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};

use super::uri;

/// The account of everything here.
pub(super) const ACCOUNT: &str = "123456789012";
/// The user that the keys belong to.
const USER: &str = "demo";
/// The namespace of the answers.
const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";

/// Answers a form of the query protocol; `known` tells whether the key that signed it exists, `timely` whether it was signed near the
/// clock's time.
pub(super) fn answer(form: &Bytes, (known, timely): (bool, bool)) -> Response<s3s::Body> {
    let form = String::from_utf8_lossy(form);
    let action = uri::query_value(&form, "Action").unwrap_or_default();
    if !known {
        let message = "The security token included in the request is invalid.";
        return refusal(StatusCode::FORBIDDEN, "InvalidClientTokenId", message);
    }
    if !timely {
        let message =
            "Signature expired: it is now earlier than 15 minutes before the server's time";
        return refusal(StatusCode::FORBIDDEN, "SignatureDoesNotMatch", message);
    }
    if action != "GetCallerIdentity" {
        let message = format!("Could not find operation {}", uri::encode(&action));
        return refusal(StatusCode::BAD_REQUEST, "InvalidAction", &message);
    }
    let xml = format!(
        "<GetCallerIdentityResponse xmlns=\"{NAMESPACE}\"><GetCallerIdentityResult>\
         <Arn>arn:aws:iam::{ACCOUNT}:user/{USER}</Arn><UserId>AIDADEMO</UserId><Account>{ACCOUNT}</Account>\
         </GetCallerIdentityResult><ResponseMetadata><RequestId>none</RequestId></ResponseMetadata></GetCallerIdentityResponse>"
    );
    respond(StatusCode::OK, xml)
}

fn refusal(status: StatusCode, code: &str, message: &str) -> Response<s3s::Body> {
    let xml = format!(
        "<ErrorResponse xmlns=\"{NAMESPACE}\"><Error><Type>Sender</Type><Code>{code}</Code>\
         <Message>{message}</Message></Error><RequestId>none</RequestId></ErrorResponse>"
    );
    respond(status, xml)
}

fn respond(status: StatusCode, xml: String) -> Response<s3s::Body> {
    let mut response = Response::new(s3s::Body::from(xml));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("text/xml"));
    response
}
