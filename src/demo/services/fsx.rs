//! FSx: file systems of other makes, and their backups.

use serde_json::{Value, json};

use crate::demo::cloud::{Backup, Fsx, Refusal, Service, World};

use super::{Act, Ask, Said, Told, seconds, tags_of};

/// File systems on a page.
const MOST: usize = 50;

/// What leaves a last backup when it goes, unless somebody says otherwise.
const LEAVES_LAST: [&str; 2] = ["WINDOWS", "OPENZFS"];

pub(super) static OPERATIONS: [(&str, Act); 4] = [
    ("DeleteBackup", delete_backup),
    ("DeleteFileSystem", delete),
    ("DescribeBackups", backups),
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
    let kind = one.is.kind.clone();
    if LEAVES_LAST.contains(&kind.as_str()) {
        let last = Backup {
            of: id.to_owned(),
            kind,
            bytes: one.is.gib << 30,
            automatic: false,
        };
        world.add_last_backup(ask.region, last, ask.now);
    }
    Ok(Said::Json(
        json!({ "FileSystemId": id, "Lifecycle": "DELETING" }),
    ))
}

fn backups(ask: &Ask<'_>, world: &mut World) -> Told {
    let all = world.services.backups.iter();
    let here = all.filter(|((region, _), _)| region == ask.region);
    let here: Vec<Value> = here.map(|((_, id), one)| backup(id, one)).collect();
    let (page, next) = Ask::page(here, ask.text("NextToken"), MOST)?;
    Ok(Said::Json(json!({ "Backups": page, "NextToken": next })))
}

fn backup(id: &str, one: &Service<Backup>) -> Value {
    json!({
        "BackupId": id,
        // What goes is in no list from the moment that it was asked for on.
        "Lifecycle": if one.is_going() { "DELETED" } else { "AVAILABLE" },
        "Type": if one.is.automatic { "AUTOMATIC" } else { "USER_INITIATED" },
        "CreationTime": seconds(one.created),
        "SizeInBytes": one.is.bytes,
        "Tags": tags_of(&one.tags),
        "FileSystem": { "FileSystemId": one.is.of, "FileSystemType": one.is.kind },
    })
}

fn delete_backup(ask: &Ask<'_>, world: &mut World) -> Told {
    let id = ask.text("BackupId").unwrap_or_default();
    let found = world.services.backups.get_mut(&ask.key(id));
    let one = found.ok_or_else(|| {
        let message = format!("Backup '{id}' does not exist.");
        Refusal::new("BackupNotFound", message)
    })?;
    one.leave(ask.now);
    Ok(Said::Json(
        json!({ "BackupId": id, "Lifecycle": "DELETED" }),
    ))
}
