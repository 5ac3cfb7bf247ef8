//! What AWS told of some regions, put together: what hangs on what, what each costs, and who made it.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::cloud::{
    Address, Image, Instance, Managed, Nat, Snapshot, SpotRequest, State, Template, Volume, What,
};

use super::{
    judge::Judge,
    resource::{Kind, Origin, Resource, Target},
    stored::{Pending, Stored},
    teardown::Alive,
};

/// What AWS told of some regions.
#[derive(Debug, Clone, Default)]
pub struct Estate {
    /// Instances that are not over.
    pub instances: Vec<Instance>,
    /// What a spot hour costs, by region and type.
    pub spot: BTreeMap<(Box<str>, Box<str>), f64>,
    /// Volumes.
    pub volumes: Vec<Volume>,
    /// Addresses.
    pub addresses: Vec<Address>,
    /// Snapshots.
    pub snapshots: Vec<Snapshot>,
    /// NAT gateways.
    pub nats: Vec<Nat>,
    /// Spot requests that may launch.
    pub requests: Vec<SpotRequest>,
    /// Launch templates.
    pub templates: Vec<Template>,
    /// Images of the account.
    pub images: Vec<Image>,
    /// What AWS runs beside all that.
    pub managed: Vec<Managed>,
    /// What S3 keeps at the run's places.
    pub stored: Vec<Stored>,
    /// Unfinished uploads there.
    pub pending: Vec<Pending>,
}

impl Estate {
    /// What is there, each with what it hangs on.
    pub fn alive(&self) -> Alive {
        let mut alive = Alive::default();
        let instances = self.instances.iter();
        for one in instances.filter(|one| one.state != State::Terminated) {
            let launcher = self.launcher_of(&one.id);
            alive.add(Kind::Instance, &one.id, launcher, launcher.is_some());
        }
        for one in &self.volumes {
            let on = one.instance.as_deref();
            alive.add(Kind::Volume, &one.id, on, on.is_some());
        }
        for one in &self.addresses {
            alive.add(Kind::Address, &one.id, self.holder_of(one), one.tied);
        }
        for one in &self.snapshots {
            let image = self.image_on(&one.id);
            alive.add(Kind::Snapshot, &one.id, image, image.is_some());
        }
        let nats = self.nats.iter().map(|one| (Kind::Nat, &one.id));
        let requests = self.requests.iter();
        let requests = requests.map(|one| (Kind::SpotRequest, &one.id));
        let templates = self.templates.iter();
        let templates = templates.map(|one| (Kind::Template, &one.id));
        let images = self.images.iter().map(|one| (Kind::Image, &one.id));
        let beside = nats.chain(requests).chain(templates).chain(images);
        for one in &self.pending {
            alive.add(Kind::Upload, &one.id, None, false);
        }
        for (kind, id) in beside {
            alive.add(kind, id, None, false);
        }
        for one in &self.managed {
            // A backup may be deleted beside its file system: it is tied to nothing.
            let on = self.backs_up(one).map(|(id, _)| id);
            alive.add(kind(&one.what), &one.id, on, false);
        }
        alive
    }

    /// The request or the group that would launch an instance again.
    pub(super) fn launcher_of(&self, instance: &str) -> Option<&str> {
        let mut requests = self.requests.iter();
        let of = |one: &&SpotRequest| one.persistent && one.instance.as_deref() == Some(instance);
        let request = requests.find(of).map(|one| &*one.id);
        request.or_else(|| self.group_of(instance))
    }

    /// The group that has an instance; it goes with it.
    pub(super) fn group_of(&self, instance: &str) -> Option<&str> {
        self.managed.iter().find_map(|one| match &one.what {
            What::Group { instances, .. } => {
                let has = instances.iter().any(|id| **id == *instance);
                has.then_some(&*one.id)
            }
            What::Balancer { .. }
            | What::Efs(_)
            | What::Fsx(_)
            | What::Backup(_)
            | What::Logs { .. }
            | What::Endpoint(_) => None,
        })
    }

    /// The instance, the NAT gateway or the balancer that has an address.
    pub(super) fn holder_of<'a>(&'a self, address: &'a Address) -> Option<&'a str> {
        let has = |one: &&Nat| one.addresses.contains(&address.id);
        let nat = || self.nats.iter().find(has).map(|one| &*one.id);
        let balancer = || self.balancer_of(&address.id);
        address.instance.as_deref().or_else(nat).or_else(balancer)
    }

    fn balancer_of(&self, address: &str) -> Option<&str> {
        self.managed.iter().find_map(|one| match &one.what {
            What::Balancer { addresses, .. } => {
                let has = addresses.iter().any(|id| **id == *address);
                has.then_some(&*one.id)
            }
            What::Group { .. }
            | What::Efs(_)
            | What::Fsx(_)
            | What::Backup(_)
            | What::Logs { .. }
            | What::Endpoint(_) => None,
        })
    }

    /// The file system of a backup, while it is there, and whether the backup goes with it.
    pub(super) fn backs_up(&self, one: &Managed) -> Option<(&str, bool)> {
        let What::Backup(backup) = &one.what else {
            return None;
        };
        let mut all = self.managed.iter();
        let of = all.find(|other| other.id == backup.of && other.region == one.region)?;
        Some((&of.id, backup.automatic))
    }

    /// The image that stands on a snapshot.
    pub(super) fn image_on(&self, snapshot: &str) -> Option<&str> {
        let on = |one: &&Image| one.snapshots.iter().any(|id| **id == *snapshot);
        self.images.iter().find(on).map(|one| &*one.id)
    }
}

/// Everything that costs, and what the ledger knows that is gone; what this run made is ticked, unless a tag keeps it.
pub fn estate(told: &Estate, run: &str, ledger: &BTreeSet<Target>) -> Vec<Resource> {
    let judge = Judge { told, run, ledger };
    let instances = told.instances.iter();
    let instances = instances.filter(|one| one.state != State::Terminated);
    let mut all = judge.managed();
    all.extend(instances.map(|one| judge.instance(one)));
    all.extend(told.addresses.iter().map(|one| judge.address(one)));
    all.extend(told.volumes.iter().map(|one| judge.volume(one)));
    all.extend(told.snapshots.iter().map(|one| judge.snapshot(one)));
    all.extend(judge.beside());
    let filled = told
        .stored
        .iter()
        .filter(|one| one.holds.total().objects > 0);
    all.extend(filled.map(Stored::resource));
    all.extend(told.pending.iter().map(Pending::resource));
    let mut made: BTreeMap<Box<str>, Origin> = BTreeMap::new();
    for resource in &mut all {
        // What goes with a group, an instance or a file system of a run is of that run, where its own tags say nothing.
        let with = resource.on.as_deref().and_then(|on| made.get(on));
        if let (Origin::Unknown, true, Some(origin)) = (&resource.origin, resource.goes_with, with)
        {
            resource.origin = origin.clone();
        }
        resource.selected = resource.origin == Origin::ThisRun && resource.kept.is_none();
        if matches!(resource.kind, Kind::Group | Kind::Instance | Kind::Fsx) {
            made.insert(resource.id.clone(), resource.origin.clone());
        }
    }
    let there = |seen: &&Target| !all.iter().any(|one| one.is(seen.kind, &seen.id));
    let gone: Vec<Resource> = ledger.iter().filter(there).map(Resource::gone).collect();
    all.extend(gone);
    all.sort_by(|a, b| (a.kind, &a.id).cmp(&(b.kind, &b.id)));
    all
}

/// The kind of something that AWS runs.
pub(super) fn kind(what: &What) -> Kind {
    match what {
        What::Balancer { .. } => Kind::Balancer,
        What::Group { .. } => Kind::Group,
        What::Efs(_) => Kind::Efs,
        What::Fsx(_) => Kind::Fsx,
        What::Backup(_) => Kind::Backup,
        What::Logs { .. } => Kind::Logs,
        What::Endpoint(_) => Kind::Endpoint,
    }
}
