//! FSx: file systems of other makes.

use serde_json::{Value, json};

use crate::demo::cloud::{Fsx, Refusal, Service, World};

use super::{Act, Ask, Said, Told, seconds, tags_of};

/// File systems on a page.
const MOST: usize = 50;

pub(super) static OPERATIONS: [(&str, Act); 2] = [
    ("DeleteFileSystem", delete),
    ("DescribeFileSystems", describe),
];

fn describe(ask: &Ask<'_>, world: &mut World) -> Told {
    let all = world.services.fsx.iter();
    let here = all.filter(|((region, _), _)| region == ask.region);
    let here: Vec<Value> = here.map(|((_, id), one)| told(id, one)).collect();
    let (page, next) = Ask::page(here, ask.text("NextToken"), MOST)?;
    Ok(Said::Json(
        json!({ "FileSystems": page, "NextToken": next }),
    ))
}

fn told(id: &str, one: &Service<Fsx>) -> Value {
    let throughput = json!({ "ThroughputCapacity": one.is.throughput });
    let mut told = json!({
        "FileSystemId": id,
        "FileSystemType": one.is.kind,
        "Lifecycle": if one.is_going() { "DELETING" } else { "AVAILABLE" },
        "CreationTime": seconds(one.created),
        "StorageCapacity": one.is.gib,
        "StorageType": "SSD",
        "Tags": tags_of(&one.tags),
    });
    let configuration = match one.is.kind.as_str() {
        "WINDOWS" => "WindowsConfiguration",
        "ONTAP" => "OntapConfiguration",
        "OPENZFS" => "OpenZFSConfiguration",
        _ => return told,
    };
    if let Some(told) = told.as_object_mut() {
        told.insert(configuration.to_owned(), throughput);
    }
    told
}

fn delete(ask: &Ask<'_>, world: &mut World) -> Told {
    let id = ask.text("FileSystemId").unwrap_or_default();
    let found = world.services.fsx.get_mut(&ask.key(id));
    let one = found.ok_or_else(|| {
        let message = format!("File system '{id}' does not exist.");
        Refusal::new("FileSystemNotFound", message)
    })?;
    one.leave(ask.now);
    Ok(Said::Json(
        json!({ "FileSystemId": id, "Lifecycle": "DELETING" }),
    ))
}
