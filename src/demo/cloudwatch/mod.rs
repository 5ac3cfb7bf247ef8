//! CloudWatch's wire: `rpc-v2-cbor` in and out, over the world of `cloud`.

mod alarms;
mod cbor;
mod data;
mod list;

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use std::time::SystemTime;

use super::cloud::{Cloud, Refusal, World};
use cbor::{Value, map, text};

/// What a request stands in.
struct Ask<'a> {
    body: &'a Value,
    region: &'a str,
    now: SystemTime,
}

type Told = Result<Value, Refusal>;

/// An operation.
type Act = fn(&Ask<'_>, &World) -> Told;

/// What is served here.
const OPERATIONS: [(&str, Act); 3] = [
    ("DescribeAlarms", alarms::describe),
    ("GetMetricData", data::get),
    ("ListMetrics", list::list),
];

/// The operation that a path names.
pub(super) fn operation(path: &str) -> &'static str {
    let name = path.rsplit('/').next().unwrap_or_default();
    find(name).map_or("Unknown", |(name, _)| name)
}

fn find(name: &str) -> Option<(&'static str, Act)> {
    OPERATIONS.into_iter().find(|(known, _)| *known == name)
}

/// Answers a request that was signed with a key that is known, or not.
pub(super) fn answer(
    cloud: &Cloud,
    (operation, body): (&str, &Bytes),
    region: &str,
    known: bool,
) -> Response<s3s::Body> {
    let told = told(cloud, (operation, body), region, known);
    match told {
        Ok(value) => respond(StatusCode::OK, &value, None),
        Err(refusal) => refuse(&refusal),
    }
}

fn told(cloud: &Cloud, (operation, body): (&str, &Bytes), region: &str, known: bool) -> Told {
    let world = cloud.settled();
    if !known || !world.is_on(region) {
        let message = "The security token included in the request is invalid.";
        let refusal = Refusal::new("InvalidClientTokenId", message);
        return Err(refusal.with_status(StatusCode::FORBIDDEN));
    }
    let Some((name, act)) = find(operation) else {
        let message = format!("Could not find operation {operation}");
        return Err(Refusal::new("InvalidAction", message));
    };
    if !world.allows("cloudwatch", name) {
        let message = format!("User is not authorized to perform: cloudwatch:{name}");
        return Err(Refusal::new("AccessDenied", message).with_status(StatusCode::FORBIDDEN));
    }
    let body = Value::read(body)
        .map_err(|error| Refusal::new("SerializationException", error.to_string()))?;
    let ask = Ask {
        body: &body,
        region,
        now: cloud.now(),
    };
    act(&ask, &world)
}

/// Writes a refusal as CloudWatch does.
pub(super) fn refuse(refusal: &Refusal) -> Response<s3s::Body> {
    let told = map([
        (
            "__type",
            text(format!("com.amazonaws.cloudwatch#{}", refusal.code)),
        ),
        ("message", text(&refusal.message)),
    ]);
    respond(refusal.status, &told, Some(&refusal.code))
}

fn respond(status: StatusCode, value: &Value, code: Option<&str>) -> Response<s3s::Body> {
    let mut response = Response::new(s3s::Body::from(Bytes::from(value.body())));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/cbor"),
    );
    headers.insert("smithy-protocol", HeaderValue::from_static("rpc-v2-cbor"));
    let code = code.and_then(|code| HeaderValue::from_str(&format!("{code};Sender")).ok());
    if let Some(code) = code {
        headers.insert("x-amzn-query-error", code);
    }
    response
}

impl Ask<'_> {
    /// Where the page begins that is asked for.
    fn offset(&self) -> Result<usize, Refusal> {
        let Some(token) = self.body.text("NextToken") else {
            return Ok(0);
        };
        let offset = token.strip_prefix("page-").and_then(|at| at.parse().ok());
        offset.ok_or_else(|| Refusal::new("InvalidNextToken", "The token is not valid"))
    }
}

/// What leads to the next page.
fn token(at: usize) -> (String, Value) {
    ("NextToken".to_owned(), text(format!("page-{at}")))
}

/// The dimensions of a metric in a request.
fn dimensions(of: &Value) -> Vec<(String, String)> {
    let pair = |dimension: &Value| {
        let value = dimension.text("Value").unwrap_or_default();
        Some((dimension.text("Name")?.to_owned(), value.to_owned()))
    };
    of.list("Dimensions").iter().filter_map(pair).collect()
}

/// Dimensions in an answer.
fn dimensions_told(dimensions: &[(String, String)]) -> Value {
    let told = |(name, value): &(String, String)| {
        map([
            ("Name", text(name.as_str())),
            ("Value", text(value.as_str())),
        ])
    };
    Value::List(dimensions.iter().map(told).collect())
}
