//! SSM's wire: JSON 1.1 with `x-amz-target`, over the world of `cloud`: commands to instances, their output cut as SSM cuts it,
//! which agents answer, parameters.

mod commands;
mod parameters;

use bytes::Bytes;
use http::{HeaderMap, Response, StatusCode};
use serde_json::Value;
use std::time::{SystemTime, UNIX_EPOCH};

use super::{
    cloud::{Cloud, Refusal, World},
    json,
};

/// What a request stands in.
struct Ask<'a> {
    body: &'a Value,
    region: &'a str,
    now: SystemTime,
}

type Told = Result<Value, Refusal>;

/// An operation.
type Act = fn(&Ask<'_>, &mut World) -> Told;

/// What is served here.
const OPERATIONS: [(&str, Act); 6] = [
    ("CancelCommand", commands::cancel),
    ("DescribeInstanceInformation", commands::describe_agents),
    ("GetCommandInvocation", commands::invocation),
    ("GetParameter", parameters::get),
    ("SendCommand", commands::send),
    ("StartSession", commands::start_session),
];

/// The operation of a request, and the thing that it names.
pub(super) fn gist(headers: &HeaderMap, body: &Bytes) -> (&'static str, String) {
    let name = find(json::operation(headers)).map_or("Unknown", |(name, _)| name);
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let listed = body.pointer("/InstanceIds/0");
    let thing = ["InstanceId", "CommandId", "Target", "Name"];
    let named = thing.iter().find_map(|name| body.get(name));
    let named = listed.or(named).and_then(Value::as_str);
    (name, named.unwrap_or_default().to_owned())
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
    match told(cloud, (operation, body), region, known) {
        Ok(value) => json::respond(StatusCode::OK, &value),
        Err(refusal) => json::refuse(&refusal),
    }
}

fn told(cloud: &Cloud, (operation, body): (&str, &Bytes), region: &str, known: bool) -> Told {
    let mut world = cloud.settled();
    if !known || !world.is_on(region) {
        let message = "The security token included in the request is invalid.";
        return Err(Refusal::new("UnrecognizedClientException", message));
    }
    let Some((name, act)) = find(operation) else {
        return Err(Refusal::new("UnknownOperationException", ""));
    };
    if !world.allows("ssm", name) {
        let message = format!("User is not authorized to perform: ssm:{name}");
        return Err(Refusal::new("AccessDeniedException", message));
    }
    let body: Value = serde_json::from_slice(body)
        .map_err(|error| Refusal::new("SerializationException", error.to_string()))?;
    let ask = Ask {
        body: &body,
        region,
        now: cloud.now(),
    };
    act(&ask, &mut world)
}

impl Ask<'_> {
    fn text(&self, name: &str) -> Option<&str> {
        self.body.get(name)?.as_str()
    }

    /// A value without which the operation means nothing.
    fn needs(&self, name: &str) -> Result<&str, Refusal> {
        self.text(name).ok_or_else(|| {
            let message = format!("Value null at '{name}' failed to satisfy constraint");
            Refusal::new("ValidationException", message)
        })
    }
}

/// A time as JSON 1.1 has it.
fn seconds(at: SystemTime) -> f64 {
    at.duration_since(UNIX_EPOCH)
        .map_or(0.0, |since| since.as_secs_f64())
}
