//! What the services of forms share: answers and refusals in XML, lists of members.

use http::{HeaderValue, Response, StatusCode, header};

use crate::demo::{
    cloud::Refusal,
    ec2::xml::{Element, leaf, node},
};

use super::Said;

/// A list, as these services write them.
pub(super) fn members<T>(
    name: &'static str,
    things: impl IntoIterator<Item = T>,
    item: impl Fn(T) -> Vec<Element>,
) -> Element {
    let things = things.into_iter();
    node(name, things.map(|thing| node("member", item(thing))))
}

/// An answer: what an operation tells, below `…Result`.
pub(super) fn tells(
    (operation, result): (&'static str, &'static str),
    elements: impl IntoIterator<Item = Element>,
) -> Said {
    let mut inner = String::new();
    node(result, elements).write(&mut inner);
    node("ResponseMetadata", [leaf("RequestId", "none")]).write(&mut inner);
    Said::Xml(format!(
        "<{operation}Response>{inner}</{operation}Response>"
    ))
}

/// Writes a refusal.
pub(super) fn refuse(refusal: &Refusal) -> Response<s3s::Body> {
    let error = node(
        "Error",
        [
            leaf("Type", "Sender"),
            leaf("Code", &refusal.code),
            leaf("Message", &refusal.message),
        ],
    );
    let mut xml = String::new();
    node("ErrorResponse", [error, leaf("RequestId", "none")]).write(&mut xml);
    respond(refusal.status, xml)
}

/// Writes an answer.
pub(super) fn respond(status: StatusCode, xml: String) -> Response<s3s::Body> {
    let mut response = Response::new(s3s::Body::from(xml));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("text/xml"));
    response
}
