//! Random worlds: instances, and all that hangs on them and lies beside them, by this run, by another and by nobody.

use proptest::prelude::*;

use super::RUN;
use crate::domain::{
    cloud::{
        Address, Attached, Backup, Fsx, Image, Instance, Managed, Nat, RUN_TAG, Snapshot,
        SpotRequest, State, Tag, Template, Volume, What,
    },
    wrap_up::{Estate, KEEP_TAG, Kind},
};

/// A world that can be torn down: what hangs on what, and what goes with whom.
#[derive(Debug, Clone)]
pub(super) struct World {
    pub(super) told: Estate,
    /// Deletes that were asked for.
    pub(super) deleted: Vec<Box<str>>,
}

impl World {
    /// AWS refuses what hangs; else it is gone at once.
    pub(super) fn delete(&mut self, kind: Kind, id: &str) -> bool {
        self.deleted.push(id.into());
        match kind {
            Kind::Instance => return self.end_instance(id),
            Kind::Volume => {
                let hangs = self.told.volumes.iter();
                if hangs
                    .clone()
                    .any(|one| *one.id == *id && one.instance.is_some())
                {
                    return false;
                }
                self.told.volumes.retain(|one| *one.id != *id);
            }
            Kind::Address => {
                let hangs = self.told.addresses.iter();
                if hangs.clone().any(|one| *one.id == *id && one.tied) {
                    return false;
                }
                self.told.addresses.retain(|one| *one.id != *id);
            }
            Kind::Snapshot => {
                let mut images = self.told.images.iter();
                if images.any(|one| one.snapshots.iter().any(|on| **on == *id)) {
                    return false;
                }
                self.told.snapshots.retain(|one| *one.id != *id);
            }
            Kind::Nat => self.end_nat(id),
            Kind::SpotRequest => self.told.requests.retain(|one| *one.id != *id),
            Kind::Image => self.told.images.retain(|one| *one.id != *id),
            Kind::Template => self.told.templates.retain(|one| *one.id != *id),
            Kind::Group => self.end_group(id),
            Kind::Storage | Kind::Upload => return false,
            Kind::Fsx => self.end_files(id),
            Kind::Endpoint | Kind::Balancer | Kind::Efs | Kind::Backup | Kind::Logs => {
                self.told.managed.retain(|one| *one.id != *id);
            }
        }
        true
    }

    fn end_instance(&mut self, id: &str) -> bool {
        let mut requests = self.told.requests.iter();
        if requests.any(|one| one.instance.as_deref() == Some(id)) {
            // It would come back at once.
            return false;
        }
        if self.told.managed.iter().any(|one| has(one, id)) {
            return false;
        }
        self.let_go(id);
        true
    }

    /// A group ends its instances.
    fn end_group(&mut self, id: &str) {
        let all = self.told.managed.iter();
        let group = all.clone().find(|one| *one.id == *id);
        let Some(What::Group { instances, .. }) = group.map(|one| one.what.clone()) else {
            return;
        };
        self.told.managed.retain(|one| *one.id != *id);
        for instance in instances {
            self.let_go(&instance);
        }
    }

    /// A file system takes the backups with it that were made by the clock.
    fn end_files(&mut self, id: &str) {
        let goes = |one: &Managed| {
            let with =
                matches!(&one.what, What::Backup(backup) if backup.automatic && *backup.of == *id);
            with || *one.id == *id
        };
        self.told.managed.retain(|one| !goes(one));
    }

    fn let_go(&mut self, id: &str) {
        self.told.instances.retain(|one| *one.id != *id);
        let goes = |one: &Volume| one.instance.as_deref() == Some(id) && one.goes_with_instance;
        self.told.volumes.retain(|one| !goes(one));
        for one in &mut self.told.volumes {
            one.instance.take_if(|on| **on == *id);
        }
        for one in &mut self.told.addresses {
            let untied = one.instance.take_if(|on| **on == *id).is_some();
            one.tied &= !untied;
        }
    }

    fn end_nat(&mut self, id: &str) {
        let ends = self.told.nats.iter().filter(|one| *one.id == *id);
        let loose: Vec<Box<str>> = ends.flat_map(|one| one.addresses.clone()).collect();
        self.told.nats.retain(|one| *one.id != *id);
        let addresses = self.told.addresses.iter_mut();
        for one in addresses.filter(|one| loose.contains(&one.id)) {
            one.tied = false;
        }
    }
}

/// Whether a group has an instance.
fn has(one: &Managed, instance: &str) -> bool {
    matches!(&one.what, What::Group { instances, .. } if instances.iter().any(|id| **id == *instance))
}

fn tags(run: Option<&str>, kept: bool) -> Vec<Tag> {
    let run = run.map(|run| (RUN_TAG.into(), run.into()));
    let kept = kept.then(|| (KEEP_TAG.into(), "yes".into()));
    run.into_iter().chain(kept).collect()
}

fn whose() -> impl Strategy<Value = Option<&'static str>> {
    prop_oneof![Just(Some(RUN)), Just(Some("other")), Just(None)]
}

/// Things by their tags, each tied to something by its number.
type Things = Vec<(Option<&'static str>, usize, bool)>;

fn things(most: usize) -> impl Strategy<Value = Things> {
    prop::collection::vec((whose(), 0..6_usize, any::<bool>()), 0..most)
}

pub(super) fn worlds() -> impl Strategy<Value = World> {
    let hung = (things(4), things(6), things(3));
    let beside = (things(3), things(3), things(2), things(3), things(2));
    let keeps = prop::collection::vec(any::<bool>(), 6);
    let groups = things(3);
    (hung, beside, (keeps, groups)).prop_map(
        |((instances, volumes, addresses), beside, (keeps, groups))| {
            let instances_count = instances.len();
            let on = |at: usize| (at < instances_count).then(|| Box::from(format!("i-{at}")));
            let instances = instances.iter().enumerate();
            let volumes = volumes.iter().enumerate();
            let addresses = addresses.iter().enumerate();
            let mut told = Estate {
                instances: instances.map(|(at, one)| instance(at, one)).collect(),
                volumes: volumes
                    .map(|(at, one)| volume(at, one, (on(one.1), keeps.get(at) == Some(&true))))
                    .collect(),
                addresses: addresses
                    .map(|(at, one)| address(at, one, on(one.1)))
                    .collect(),
                ..Estate::default()
            };
            lay_beside(&mut told, beside);
            lay_files(&mut told, &groups);
            lay_groups(&mut told, groups);
            World {
                told,
                deleted: Vec::new(),
            }
        },
    )
}

fn instance(at: usize, (run, _, kept): &(Option<&str>, usize, bool)) -> Instance {
    Instance {
        id: format!("i-{at}").into(),
        region: "us-east-1".into(),
        state: State::Running,
        tags: tags(*run, *kept),
        volumes: Vec::<Attached>::new(),
        ..Instance::default()
    }
}

fn volume(
    at: usize,
    (run, _, goes): &(Option<&str>, usize, bool),
    (on, kept): (Option<Box<str>>, bool),
) -> Volume {
    Volume {
        id: format!("vol-{at}").into(),
        region: "us-east-1".into(),
        gib: 8,
        kind: "gp3".into(),
        state: "in-use".into(),
        goes_with_instance: *goes && on.is_some(),
        instance: on,
        device: "".into(),
        created: None,
        encrypted: true,
        tags: tags(*run, kept),
    }
}

fn address(
    at: usize,
    (run, _, _): &(Option<&str>, usize, bool),
    instance: Option<Box<str>>,
) -> Address {
    Address {
        id: format!("eipalloc-{at}").into(),
        region: "us-east-1".into(),
        ip: "203.0.113.1".into(),
        tied: instance.is_some(),
        instance,
        tags: tags(*run, false),
    }
}

/// NAT gateways with free addresses, requests behind instances, and what stands on nothing of theirs.
fn lay_beside(told: &mut Estate, beside: (Things, Things, Things, Things, Things)) {
    let (nats, requests, templates, snapshots, images) = beside;
    for (at, (run, tie, kept)) in nats.into_iter().enumerate() {
        let id = format!("eipalloc-{tie}");
        let mut addresses = told.addresses.iter_mut();
        let free = addresses.find(|one| *one.id == *id && !one.tied);
        let addresses = free.map(|one| {
            one.tied = true;
            one.id.clone()
        });
        told.nats.push(Nat {
            id: format!("nat-{at}").into(),
            region: "us-east-1".into(),
            vpc: "vpc-1".into(),
            addresses: addresses.into_iter().collect(),
            tags: tags(run, kept),
        });
    }
    for (at, (run, tie, persistent)) in requests.into_iter().enumerate() {
        let id = format!("i-{tie}");
        let has = |one: &SpotRequest| one.instance.as_deref() == Some(&*id);
        let free = !told.requests.iter().any(has);
        let instance = told.instances.iter().find(|one| *one.id == *id && free);
        told.requests.push(SpotRequest {
            id: format!("sir-{at}").into(),
            region: "us-east-1".into(),
            persistent: persistent || instance.is_some(),
            instance: instance.map(|one| one.id.clone()),
            tags: tags(run, false),
        });
    }
    lay_images(told, (templates, snapshots, images));
}

/// Templates, and images on snapshots.
fn lay_images(told: &mut Estate, (templates, snapshots, images): (Things, Things, Things)) {
    for (at, (run, _, kept)) in templates.into_iter().enumerate() {
        told.templates.push(Template {
            id: format!("lt-{at}").into(),
            region: "us-east-1".into(),
            name: "workers".into(),
            tags: tags(run, kept),
        });
    }
    for (at, (run, _, kept)) in snapshots.into_iter().enumerate() {
        told.snapshots.push(Snapshot {
            id: format!("snap-{at}").into(),
            region: "us-east-1".into(),
            volume: "vol-0".into(),
            gib: 8,
            started: None,
            description: "".into(),
            tags: tags(run, kept),
        });
    }
    for (at, (run, tie, kept)) in images.into_iter().enumerate() {
        let id = format!("snap-{tie}");
        let used = |one: &Image| one.snapshots.iter().any(|known| **known == *id);
        let free = !told.images.iter().any(used);
        let snapshot = told.snapshots.iter().find(|one| *one.id == *id && free);
        told.images.push(Image {
            id: format!("ami-{at}").into(),
            region: "us-east-1".into(),
            name: "trained".into(),
            snapshots: snapshot.map(|one| one.id.clone()).into_iter().collect(),
            tags: tags(run, kept),
        });
    }
}

/// File systems, and backups of one of them or of one that is gone.
fn lay_files(told: &mut Estate, things: &Things) {
    for (at, (run, tie, kept)) in things.iter().enumerate() {
        let one = |id: String, what, kept| Managed {
            id: id.into(),
            region: "us-east-1".into(),
            name: "".into(),
            what,
            created: None,
            tags: Some(tags(*run, kept)),
        };
        let backup = What::Backup(Backup {
            of: format!("fs-{}", tie % 3).into(),
            automatic: tie % 2 == 0,
            ..Backup::default()
        });
        let files = What::Fsx(Fsx::default());
        let both = [
            one(format!("fs-{at}"), files, false),
            one(format!("backup-{at}"), backup, *kept),
        ];
        told.managed.extend(both);
    }
}

/// Groups with an instance that nothing else would launch again, and with none; log groups of those.
fn lay_groups(told: &mut Estate, groups: Things) {
    for (at, (run, tie, kept)) in groups.into_iter().enumerate() {
        let id = format!("i-{tie}");
        let free = |one: &&Instance| {
            let asked = told
                .requests
                .iter()
                .any(|request| request.instance.as_ref() == Some(&one.id));
            *one.id == *id && !asked && !told.managed.iter().any(|group| has(group, &id))
        };
        let instances: Vec<Box<str>> = told
            .instances
            .iter()
            .filter(free)
            .map(|one| one.id.clone())
            .collect();
        let one = |id: String, what| Managed {
            id: id.into(),
            region: "us-east-1".into(),
            name: "".into(),
            what,
            created: None,
            tags: Some(tags(run, kept)),
        };
        let logs = What::Logs {
            bytes: 1,
            days: None,
        };
        let group = What::Group {
            wanted: instances.len() as u64,
            instances,
        };
        let both = [
            one(format!("/logs/{at}"), logs),
            one(format!("workers-{at}"), group),
        ];
        told.managed.extend(both);
    }
}
