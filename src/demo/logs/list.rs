//! `DescribeLogGroups` and `DescribeLogStreams`.

use serde_json::{Value, json};

use super::{
    Ask, Told, page,
    store::{World, arn_of},
};
use crate::demo::cloud::Refusal;

/// Groups or streams on a page.
const PAGE: usize = 50;

pub(super) fn groups(ask: &Ask<'_>, world: &mut World) -> Told {
    let prefix = ask.text("logGroupNamePrefix").unwrap_or_default();
    let pattern = ask.text("logGroupNamePattern").unwrap_or_default();
    if !prefix.is_empty() && !pattern.is_empty() {
        let message = "logGroupNamePattern and logGroupNamePrefix are mutually exclusive";
        return Err(Refusal::new("InvalidParameterException", message));
    }
    let found = world.groups(ask.region);
    let found = found.filter(|(name, _)| name.starts_with(prefix) && name.contains(pattern));
    let told = found.map(|(name, group)| {
        json!({
            "logGroupName": name,
            "arn": format!("{}:*", arn_of(ask.region, name)),
            "storedBytes": group.bytes(),
        })
    });
    let (found, next) = page(told.collect(), ask, PAGE)?;
    Ok(with_token(json!({ "logGroups": found }), next))
}

pub(super) fn delete_group(ask: &Ask<'_>, world: &mut World) -> Told {
    ask.group(world)?;
    world.forget(ask.region, ask.text("logGroupName").unwrap_or_default());
    Ok(Value::Null)
}

pub(super) fn streams(ask: &Ask<'_>, world: &mut World) -> Told {
    let group = ask.group(world)?;
    let prefix = ask.text("logStreamNamePrefix");
    let by_time = ask.text("orderBy") == Some("LastEventTime");
    if by_time && prefix.is_some() {
        let message = "Cannot order by LastEventTime with a logStreamNamePrefix.";
        return Err(Refusal::new("InvalidParameterException", message));
    }
    let mut found: Vec<(&str, Option<u64>, Option<u64>)> = group
        .streams
        .iter()
        .filter(|(name, _)| name.starts_with(prefix.unwrap_or_default()))
        .map(|(name, stream)| {
            let times = || stream.events.iter().map(|event| event.at);
            (name.as_str(), times().min(), times().max())
        })
        .collect();
    if by_time {
        found.sort_by_key(|(_, _, last)| *last);
    }
    if ask.body.get("descending").and_then(Value::as_bool) == Some(true) {
        found.reverse();
    }
    let (found, next) = page(found, ask, PAGE)?;
    let told: Vec<Value> = found
        .into_iter()
        .map(|(name, first, last)| {
            json!({
                "logStreamName": name,
                "firstEventTimestamp": first,
                "lastEventTimestamp": last,
                "storedBytes": 0,
            })
        })
        .collect();
    Ok(with_token(json!({ "logStreams": told }), next))
}

fn with_token(mut told: Value, next: Option<String>) -> Value {
    if let (Some(told), Some(next)) = (told.as_object_mut(), next) {
        told.insert("nextToken".to_owned(), next.into());
    }
    told
}
