//! SageMaker, as far as its endpoints go.

use serde_json::{Value, json};

use crate::demo::cloud::{Endpoint, Refusal, Service, World, arn};

use super::{Act, Ask, Said, Told, seconds};

/// The most endpoints on a page.
const MOST: usize = 100;
/// What the one variant of an endpoint is called.
const VARIANT: &str = "AllTraffic";

pub(super) static OPERATIONS: [(&str, Act); 4] = [
    ("DeleteEndpoint", delete),
    ("DescribeEndpoint", describe),
    ("DescribeEndpointConfig", describe_config),
    ("ListEndpoints", list),
];

/// The ARN of an endpoint.
pub(super) fn arn_of(region: &str, name: &str) -> String {
    arn("sagemaker", region, &format!("endpoint/{name}"))
}

fn list(ask: &Ask<'_>, world: &mut World) -> Told {
    let all = world.services.endpoints.iter();
    let here = all.filter(|((region, _), _)| region == ask.region);
    let here: Vec<Value> = here
        .map(|((region, name), one)| {
            json!({
                "EndpointName": name,
                "EndpointArn": arn_of(region, name),
                "CreationTime": seconds(one.created),
                "LastModifiedTime": seconds(one.created),
                "EndpointStatus": if one.is_going() { "Deleting" } else { "InService" },
            })
        })
        .collect();
    let most = ask.body.get("MaxResults").and_then(Value::as_u64);
    let most = most.and_then(|most| usize::try_from(most).ok());
    let most = most.unwrap_or(10).clamp(1, MOST);
    let (page, next) = Ask::page(here, ask.text("NextToken"), most)?;
    Ok(Said::Json(json!({ "Endpoints": page, "NextToken": next })))
}

/// The endpoint of a name; its configuration has the same.
fn named<'w>(
    ask: &Ask<'_>,
    world: &'w mut World,
    (called, key): (&str, &str),
) -> Result<(String, &'w mut Service<Endpoint>), Refusal> {
    let name = ask.text(key).unwrap_or_default().to_owned();
    let found = world.services.endpoints.get_mut(&ask.key(&name));
    let found = found.ok_or_else(|| {
        let message = format!("Could not find {called} \"{}\".", arn_of(ask.region, &name));
        Refusal::new("ValidationException", message)
    })?;
    Ok((name, found))
}

fn describe(ask: &Ask<'_>, world: &mut World) -> Told {
    let (name, one) = named(ask, world, ("endpoint", "EndpointName"))?;
    Ok(Said::Json(json!({
        "EndpointName": name,
        "EndpointArn": arn_of(ask.region, &name),
        "EndpointConfigName": name,
        "EndpointStatus": if one.is_going() { "Deleting" } else { "InService" },
        "ProductionVariants": [{ "VariantName": VARIANT, "CurrentInstanceCount": one.is.count }],
        "CreationTime": seconds(one.created),
    })))
}

fn describe_config(ask: &Ask<'_>, world: &mut World) -> Told {
    let config = ("endpoint configuration", "EndpointConfigName");
    let (name, one) = named(ask, world, config)?;
    Ok(Said::Json(json!({
        "EndpointConfigName": name,
        "ProductionVariants": [{
            "VariantName": VARIANT,
            "ModelName": "model",
            "InstanceType": one.is.machine,
            "InitialInstanceCount": one.is.count,
        }],
        "CreationTime": seconds(one.created),
    })))
}

fn delete(ask: &Ask<'_>, world: &mut World) -> Told {
    let now = ask.now;
    let (_, one) = named(ask, world, ("endpoint", "EndpointName"))?;
    one.leave(now);
    Ok(Said::Json(Value::Null))
}
