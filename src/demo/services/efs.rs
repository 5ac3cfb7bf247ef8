//! EFS: file systems and their mount targets.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::demo::cloud::{Efs, Refusal, Service, World};

use super::{Act, Ask, Said, Told, seconds, tags_of, uri};

/// File systems on a page.
const MOST: usize = 100;
const FILES: &str = "/2015-02-01/file-systems";
const MOUNTS: &str = "/2015-02-01/mount-targets";

pub(super) static OPERATIONS: [(&str, Act); 4] = [
    ("DeleteFileSystem", delete),
    ("DeleteMountTarget", delete_mount),
    ("DescribeFileSystems", describe),
    ("DescribeMountTargets", describe_mounts),
];

/// The operation of a method and a path.
pub(super) fn operation(method: &Method, path: &str) -> &'static str {
    let mounts = path.starts_with(MOUNTS);
    match (method, mounts, path.starts_with(FILES)) {
        (&Method::GET, true, _) => "DescribeMountTargets",
        (&Method::DELETE, true, _) => "DeleteMountTarget",
        (&Method::GET, _, true) => "DescribeFileSystems",
        (&Method::DELETE, _, true) => "DeleteFileSystem",
        _ => "Unknown",
    }
}

fn describe(ask: &Ask<'_>, world: &mut World) -> Told {
    let all = world.services.efs.iter();
    let here = all.filter(|((region, _), _)| region == ask.region);
    let here: Vec<Value> = here.map(|((_, id), one)| told(id, one)).collect();
    let marker = uri::query_value(ask.query, "Marker");
    let (page, next) = Ask::page(here, marker.as_deref(), MOST)?;
    let mut told = json!({ "FileSystems": page });
    if let (Some(told), Some(next)) = (told.as_object_mut(), next) {
        told.insert("NextMarker".to_owned(), next.into());
    }
    Ok(Said::Json(told))
}

fn told(id: &str, one: &Service<Efs>) -> Value {
    let (standard, infrequent) = one.is.bytes;
    json!({
        "FileSystemId": id,
        "Name": one.is.name,
        "CreationTime": seconds(one.created),
        "LifeCycleState": if one.is_going() { "deleting" } else { "available" },
        "NumberOfMountTargets": one.is.mounts.len(),
        "SizeInBytes": {
            "Value": standard + infrequent,
            "ValueInIA": infrequent,
            "ValueInStandard": standard,
        },
        "ThroughputMode": "elastic",
        "Tags": tags_of(&one.tags),
    })
}

fn unknown(code: &str, id: &str) -> Refusal {
    let message = format!("'{id}' does not exist.");
    Refusal::new(code, message).with_status(StatusCode::NOT_FOUND)
}

fn describe_mounts(ask: &Ask<'_>, world: &mut World) -> Told {
    let id = uri::query_value(ask.query, "FileSystemId").unwrap_or_default();
    let found = world.services.efs.get(&ask.key(&id));
    let one = found.ok_or_else(|| unknown("FileSystemNotFound", &id))?;
    let mounts = one.is.mounts.iter().map(|(mount, fate)| {
        let going = matches!(fate, crate::demo::cloud::Fate::GoneAt(_));
        json!({
            "MountTargetId": mount,
            "FileSystemId": id,
            "SubnetId": "subnet-0a1b2c3d",
            "LifeCycleState": if going { "deleting" } else { "available" },
        })
    });
    Ok(Said::Json(
        json!({ "MountTargets": mounts.collect::<Vec<_>>() }),
    ))
}

fn last<'a>(ask: &Ask<'a>) -> &'a str {
    ask.path.rsplit('/').next().unwrap_or_default()
}

fn delete_mount(ask: &Ask<'_>, world: &mut World) -> Told {
    let (id, now) = (last(ask), ask.now);
    let mut here = world
        .services
        .efs
        .iter_mut()
        .filter(|((region, _), _)| region == ask.region);
    if here.any(|(_, one)| one.is.leave_mount(id, now)) {
        return Ok(Said::Nothing);
    }
    Err(unknown("MountTargetNotFound", id))
}

fn delete(ask: &Ask<'_>, world: &mut World) -> Told {
    let id = last(ask);
    let found = world.services.efs.get_mut(&ask.key(id));
    let one = found.ok_or_else(|| unknown("FileSystemNotFound", id))?;
    if !one.is.mounts.is_empty() {
        let message = format!("File system {id} has mount targets and cannot be deleted.");
        return Err(Refusal::new("FileSystemInUse", message).with_status(StatusCode::CONFLICT));
    }
    one.leave(ask.now);
    Ok(Said::Nothing)
}
