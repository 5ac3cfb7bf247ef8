//! CloudWatch Logs: groups, streams and their events over the demo's clock, and the wire (JSON 1.1 with `x-amz-target`) that
//! tells them in pages, by tokens. Tests and seeds write what they need; the service reads, and deletes groups.

mod events;
mod list;
mod store;

use bytes::Bytes;
use http::{HeaderMap, Response, StatusCode};
use serde_json::Value;

use super::{
    cloud::{Cloud, Refusal},
    json,
};

pub use store::Logs;

use store::{Group, World};

/// What a request stands in.
struct Ask<'a> {
    body: &'a Value,
    region: &'a str,
}

type Told = Result<Value, Refusal>;

/// An operation.
type Act = fn(&Ask<'_>, &mut World) -> Told;

/// What is served here.
const OPERATIONS: [(&str, Act); 4] = [
    ("DeleteLogGroup", list::delete_group),
    ("DescribeLogGroups", list::groups),
    ("DescribeLogStreams", list::streams),
    ("GetLogEvents", events::get),
];

/// The operation of a request, and the group and stream that it names.
pub(super) fn gist(headers: &HeaderMap, body: &Bytes) -> (&'static str, String) {
    let name = find(json::operation(headers)).map_or("Unknown", |(name, _)| name);
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let part = |key: &str| body.get(key).and_then(Value::as_str);
    let named = ["logGroupName", "logStreamName"].into_iter();
    (name, named.filter_map(part).collect::<Vec<_>>().join(":"))
}

fn find(name: &str) -> Option<(&'static str, Act)> {
    OPERATIONS.into_iter().find(|(known, _)| *known == name)
}

/// Answers a request that was signed with a key that is known, or not.
pub(super) fn answer(
    (cloud, logs): (&Cloud, &Logs),
    (operation, body): (&str, &Bytes),
    region: &str,
    known: bool,
) -> Response<s3s::Body> {
    match told((cloud, logs), (operation, body), region, known) {
        Ok(value) => json::respond(StatusCode::OK, &value),
        Err(refusal) => json::refuse(&refusal),
    }
}

fn told(
    (cloud, logs): (&Cloud, &Logs),
    (operation, body): (&str, &Bytes),
    region: &str,
    known: bool,
) -> Told {
    if !known || !cloud.settled().is_on(region) {
        let message = "The security token included in the request is invalid.";
        return Err(Refusal::new("UnrecognizedClientException", message));
    }
    let Some((name, act)) = find(operation) else {
        let message = format!("Could not find operation {operation}");
        return Err(Refusal::new("UnknownOperationException", message));
    };
    if !cloud.settled().allows("logs", name) {
        let message = format!("User is not authorized to perform: logs:{name}");
        return Err(Refusal::new("AccessDeniedException", message));
    }
    let body: Value = serde_json::from_slice(body)
        .map_err(|error| Refusal::new("SerializationException", error.to_string()))?;
    let ask = Ask {
        body: &body,
        region,
    };
    act(&ask, &mut logs.world())
}

impl Ask<'_> {
    fn text(&self, key: &str) -> Option<&str> {
        self.body.get(key).and_then(Value::as_str)
    }

    /// How many things a page may hold, up to `most`.
    fn limit(&self, most: usize) -> Result<usize, Refusal> {
        let Some(limit) = self.body.get("limit").and_then(Value::as_u64) else {
            return Ok(most);
        };
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        if (1..=most).contains(&limit) {
            return Ok(limit);
        }
        let message = format!(
            "1 validation error detected: Value '{limit}' at 'limit' failed to satisfy constraint: Member must have value less than or equal to {most}"
        );
        Err(Refusal::new("InvalidParameterException", message))
    }

    fn group<'w>(&self, world: &'w World) -> Result<&'w Group, Refusal> {
        let name = self.text("logGroupName").unwrap_or_default();
        world.group(self.region, name).ok_or_else(|| {
            Refusal::new(
                "ResourceNotFoundException",
                "The specified log group does not exist.",
            )
        })
    }
}

/// The page of some things that a token asks for, and the token of the next one.
fn page<T>(
    things: Vec<T>,
    ask: &Ask<'_>,
    most: usize,
) -> Result<(Vec<T>, Option<String>), Refusal> {
    let from: usize = match ask.text("nextToken") {
        None => 0,
        Some(token) => token
            .strip_prefix("page-")
            .and_then(|at| at.parse().ok())
            .ok_or_else(bad_token)?,
    };
    let limit = ask.limit(most)?;
    let end = from.saturating_add(limit);
    let next = (end < things.len()).then(|| format!("page-{end}"));
    Ok((things.into_iter().skip(from).take(limit).collect(), next))
}

fn bad_token() -> Refusal {
    Refusal::new(
        "InvalidParameterException",
        "The specified nextToken is invalid.",
    )
}
