//! The Resource Groups Tagging API: the tags of things of several services in one answer.

use serde_json::{Value, json};

use crate::demo::cloud::World;

use super::{Act, Ask, Said, Told, balancing, sagemaker, tags_of};

/// The most things on a page.
const MOST: usize = 100;

pub(super) static OPERATIONS: [(&str, Act); 1] = [("GetResources", get)];

fn get(ask: &Ask<'_>, world: &mut World) -> Told {
    let kinds = ask.body.get("ResourceTypeFilters");
    let kinds = kinds.and_then(Value::as_array).cloned().unwrap_or_default();
    let service = |kind: &str| kind.split(':').next().unwrap_or_default().to_owned();
    let wants = |kind: &str| {
        let is = |wanted: &Value| wanted == kind || *wanted == service(kind);
        kinds.is_empty() || kinds.iter().any(is)
    };
    let mut all: Vec<(String, Vec<(String, String)>)> = Vec::new();
    if wants("elasticloadbalancing:loadbalancer") {
        let balancers = world.services.balancers.iter();
        let here = balancers.filter(|((region, _), _)| region == ask.region);
        all.extend(
            here.map(|((region, name), one)| {
                (balancing::arn_of(region, name, one), one.tags.clone())
            }),
        );
    }
    if wants("sagemaker:endpoint") {
        let endpoints = world.services.endpoints.iter();
        let here = endpoints.filter(|((region, _), _)| region == ask.region);
        all.extend(
            here.map(|((region, name), one)| (sagemaker::arn_of(region, name), one.tags.clone())),
        );
    }
    if wants("logs:log-group") {
        all.extend(ask.logs.tags(ask.region));
    }
    // What never had a tag is not told.
    all.retain(|(_, tags)| !tags.is_empty());
    let (page, next) = Ask::page(all, ask.text("PaginationToken"), MOST)?;
    let list: Vec<Value> = page
        .iter()
        .map(|(arn, tags)| json!({ "ResourceARN": arn, "Tags": tags_of(tags) }))
        .collect();
    Ok(Said::Json(json!({
        "ResourceTagMappingList": list,
        "PaginationToken": next.unwrap_or_default(),
    })))
}
