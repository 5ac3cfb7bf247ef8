//! Volumes and snapshots: what there is, and deleting what nothing hangs on.

use crate::demo::cloud::{Fate, Refusal, Snapshot, Volume, World};
use crate::demo::sts::ACCOUNT;

use super::{
    Ask, Told,
    form::{Facts, tag_facts},
    region_of, time,
    xml::{Element, leaf, set, tags},
};

const VOLUME_FILTERS: [&str; 3] = ["attachment.instance-id", "status", "volume-id"];
const SNAPSHOT_FILTERS: [&str; 3] = ["owner-id", "snapshot-id", "volume-id"];

pub(super) fn describe_volumes(ask: &Ask<'_>, world: &mut World) -> Told {
    let all = world.volumes.iter();
    let here = all.filter(|(_, volume)| region_of(&volume.zone) == ask.region);
    let here = here
        .map(|(id, volume)| (id.clone(), volume.clone()))
        .collect();
    let found = ask.named(here, "VolumeId", no_volume)?;
    let found = ask
        .form
        .filtered(found, &VOLUME_FILTERS, |(id, volume)| facts(id, volume))?;
    let page = ask.page(found, "VolumeId")?;
    let volumes = set("volumeSet", &page.things, |(id, volume)| shown(id, volume));
    Ok([volumes].into_iter().chain(page.token()).collect())
}

fn no_volume(id: &str) -> Refusal {
    Refusal::not_found("InvalidVolume.NotFound", "volume", id)
}

fn facts(id: &str, volume: &Volume) -> Facts {
    let mut facts = tag_facts(&volume.made.tags);
    facts.push(("volume-id".to_owned(), id.to_owned()));
    facts.push(("status".to_owned(), volume.state().to_owned()));
    let tie = volume.attachment.as_ref();
    facts.extend(tie.map(|tie| ("attachment.instance-id".to_owned(), tie.instance.clone())));
    facts
}

fn shown(id: &str, volume: &Volume) -> Vec<Element> {
    let attachments = set("attachmentSet", &volume.attachment, |tie| {
        vec![
            leaf("volumeId", id),
            leaf("instanceId", &tie.instance),
            leaf("device", &volume.made.device),
            leaf("status", "attached"),
            leaf("attachTime", time(tie.since)),
            leaf("deleteOnTermination", volume.made.delete_on_termination),
        ]
    });
    vec![
        leaf("volumeId", id),
        leaf("size", volume.made.gib),
        leaf("volumeType", &volume.made.kind),
        leaf("availabilityZone", &volume.zone),
        leaf("status", volume.state()),
        leaf("createTime", time(volume.created)),
        leaf("encrypted", true),
        attachments,
        tags(&volume.made.tags),
    ]
}

pub(super) fn delete_volume(ask: &Ask<'_>, world: &mut World) -> Told {
    let id = ask.needs("VolumeId")?;
    let volume = world.volumes.get_mut(id);
    let here = volume.filter(|volume| region_of(&volume.zone) == ask.region);
    let volume = here.ok_or_else(|| no_volume(id))?;
    if let Some(tie) = &volume.attachment {
        let message = format!("Volume {id} is currently attached to {}", tie.instance);
        return Err(Refusal::new("VolumeInUse", message));
    }
    volume.fate = Fate::deleted(ask.now);
    Ok(vec![leaf("return", true)])
}

pub(super) fn describe_snapshots(ask: &Ask<'_>, world: &mut World) -> Told {
    let all = world.snapshots.iter();
    let here = all.filter(|(_, snapshot)| snapshot.region == ask.region);
    let here = here
        .map(|(id, snapshot)| (id.clone(), snapshot.clone()))
        .collect();
    let found = ask.named(here, "SnapshotId", no_snapshot)?;
    let found = ask
        .form
        .filtered(found, &SNAPSHOT_FILTERS, |(id, snapshot)| {
            let mut facts = tag_facts(&snapshot.tags);
            facts.push(("snapshot-id".to_owned(), id.clone()));
            facts.push(("volume-id".to_owned(), snapshot.volume.clone()));
            facts.push(("owner-id".to_owned(), ACCOUNT.to_owned()));
            facts
        })?;
    let page = ask.page(found, "SnapshotId")?;
    let snapshots = set("snapshotSet", &page.things, |(id, snapshot)| {
        snapshot_shown(id, snapshot)
    });
    Ok([snapshots].into_iter().chain(page.token()).collect())
}

fn no_snapshot(id: &str) -> Refusal {
    Refusal::not_found("InvalidSnapshot.NotFound", "snapshot", id)
}

fn snapshot_shown(id: &str, snapshot: &Snapshot) -> Vec<Element> {
    vec![
        leaf("snapshotId", id),
        leaf("volumeId", &snapshot.volume),
        leaf("volumeSize", snapshot.gib),
        leaf("status", "completed"),
        leaf("progress", "100%"),
        leaf("startTime", time(snapshot.started)),
        leaf("ownerId", ACCOUNT),
        leaf("description", &snapshot.description),
        tags(&snapshot.tags),
    ]
}

pub(super) fn delete_snapshot(ask: &Ask<'_>, world: &mut World) -> Told {
    let id = ask.needs("SnapshotId")?;
    let snapshot = world.snapshots.get_mut(id);
    let here = snapshot.filter(|snapshot| snapshot.region == ask.region);
    let snapshot = here.ok_or_else(|| no_snapshot(id))?;
    if let Some(image) = &snapshot.image {
        let message = format!("The snapshot {id} is currently in use by {image}");
        return Err(Refusal::new("InvalidSnapshot.InUse", message));
    }
    snapshot.fate = Fate::deleted(ask.now);
    Ok(vec![leaf("return", true)])
}
