//! What AWS runs beside instances: load balancers, Auto Scaling groups, file systems, endpoints of SageMaker. Their ends take
//! time by the demo's clock.

use std::time::{Duration, SystemTime};

use indexmap::IndexMap;

use super::{Cloud, Fate, NewInstance, World};
use crate::demo::sts::ACCOUNT;

/// Until one of these that is deleted is gone.
const LEAVING: Duration = Duration::from_secs(30);

/// Things by region and name or id.
type Things<T> = IndexMap<(String, String), T>;

/// What all of these have.
#[derive(Debug, Clone)]
pub struct Service<T> {
    /// When it was made.
    pub created: SystemTime,
    /// Its tags.
    pub tags: Vec<(String, String)>,
    /// What it is.
    pub is: T,
    pub(in crate::demo) fate: Fate,
}

/// A load balancer.
#[derive(Debug, Clone, Default)]
pub struct Balancer {
    /// `application`, `network`, `gateway` or `classic`.
    pub kind: String,
    /// The allocation ids of its addresses.
    pub addresses: Vec<String>,
    /// Whether a switch keeps it from being deleted.
    pub protected: bool,
    /// The last part of its ARN, which is made with it.
    pub number: String,
}

/// An Auto Scaling group.
#[derive(Debug, Clone, Default)]
pub struct Group {
    /// Its instances.
    pub instances: Vec<String>,
}

/// A file system of EFS.
#[derive(Debug, Clone, Default)]
pub struct Efs {
    /// Its name.
    pub name: String,
    /// Bytes that are read often, and now and then.
    pub bytes: (u64, u64),
    /// Its mount targets, which are made with it, with what becomes of each.
    pub mounts: IndexMap<String, Fate>,
}

/// A file system of FSx.
#[derive(Debug, Clone, Default)]
pub struct Fsx {
    /// `LUSTRE`, `WINDOWS`, ….
    pub kind: String,
    /// GiB.
    pub gib: u64,
    /// MB/s.
    pub throughput: u64,
}

/// A backup of a file system of FSx.
#[derive(Debug, Clone, Default)]
pub struct Backup {
    /// The id of its file system.
    pub of: String,
    /// `LUSTRE`, `WINDOWS`, ….
    pub kind: String,
    /// Bytes that it keeps.
    pub bytes: u64,
    /// Whether it was made by the clock, and goes with its file system.
    pub automatic: bool,
}

/// An endpoint of SageMaker.
#[derive(Debug, Clone, Default)]
pub struct Endpoint {
    /// The type of its machines.
    pub machine: String,
    /// How many.
    pub count: u64,
}

/// All that there are.
#[derive(Debug, Default)]
pub(in crate::demo) struct Services {
    pub(in crate::demo) balancers: Things<Service<Balancer>>,
    pub(in crate::demo) groups: Things<Service<Group>>,
    pub(in crate::demo) efs: Things<Service<Efs>>,
    pub(in crate::demo) fsx: Things<Service<Fsx>>,
    pub(in crate::demo) backups: Things<Service<Backup>>,
    pub(in crate::demo) endpoints: Things<Service<Endpoint>>,
    /// The names of the account.
    pub(in crate::demo) aliases: Vec<String>,
}

impl<T> Service<T> {
    /// Whether its end was asked for.
    pub(in crate::demo) fn is_going(&self) -> bool {
        matches!(self.fate, Fate::GoneAt(_))
    }

    pub(in crate::demo) fn leave(&mut self, now: SystemTime) {
        self.fate = Fate::GoneAt(now + LEAVING);
    }
}

impl Efs {
    pub(in crate::demo) fn leave_mount(&mut self, id: &str, now: SystemTime) -> bool {
        let found = self.mounts.get_mut(id);
        found
            .map(|fate| *fate = Fate::GoneAt(now + LEAVING))
            .is_some()
    }
}

/// The ARN of something of the demo's account.
pub(in crate::demo) fn arn(service: &str, region: &str, resource: &str) -> String {
    format!("arn:aws:{service}:{region}:{ACCOUNT}:{resource}")
}

impl Service<Balancer> {
    /// The end of a balancer's ARN, by which AWS also names it elsewhere.
    pub(in crate::demo) fn path(&self, name: &str) -> String {
        let kind = match self.is.kind.as_str() {
            "classic" => return name.to_owned(),
            "network" => "net",
            "gateway" => "gwy",
            _ => "app",
        };
        format!("{kind}/{name}/{}", self.is.number)
    }
}

impl Cloud {
    fn service<T>(&self, tags: &[(&str, &str)], is: T) -> Service<T> {
        let tags = tags.iter();
        Service {
            created: self.now(),
            tags: tags
                .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
                .collect(),
            is,
            fate: Fate::Stays,
        }
    }

    /// Makes a load balancer, with addresses that are there already; returns what tells it from others, `app/NAME/NUMBER`, and of a
    /// classic one its name.
    pub fn add_balancer(
        &self,
        (region, name): (&str, &str),
        balancer: Balancer,
        tags: &[(&str, &str)],
    ) -> String {
        let made = self.service(tags, balancer);
        let mut world = self.settled();
        let number = world.id("lb").replace("lb-", "");
        for address in &made.is.addresses {
            let association = world.id("eipassoc");
            if let Some(found) = world.addresses.get_mut(address) {
                found.association = Some(association);
            }
        }
        let made = Service {
            is: Balancer { number, ..made.is },
            ..made
        };
        let path = made.path(name);
        let key = (region.to_owned(), name.to_owned());
        world.services.balancers.insert(key, made);
        path
    }

    /// Makes an Auto Scaling group that launched these instances; returns their ids.
    pub fn add_group(
        &self,
        (region, name): (&str, &str),
        instances: impl IntoIterator<Item = NewInstance>,
        tags: &[(&str, &str)],
    ) -> Vec<String> {
        let instances = instances.into_iter();
        let instances: Vec<String> = instances.map(|new| self.add_instance(new)).collect();
        let ids = instances.clone();
        let group = self.service(tags, Group { instances });
        let key = (region.to_owned(), name.to_owned());
        self.settled().services.groups.insert(key, group);
        ids
    }

    /// Makes a file system of EFS with so many mount targets; returns its id.
    pub fn add_efs(
        &self,
        region: &str,
        (mut efs, mounts): (Efs, usize),
        tags: &[(&str, &str)],
    ) -> String {
        let made = |efs| self.service(tags, efs);
        let mut world = self.settled();
        let id = world.id("fs");
        efs.mounts = (0..mounts)
            .map(|_| (world.id("fsmt"), Fate::Stays))
            .collect();
        let key = (region.to_owned(), id.clone());
        world.services.efs.insert(key, made(efs));
        id
    }

    /// Makes a file system of FSx; returns its id.
    pub fn add_fsx(&self, region: &str, fsx: Fsx, tags: &[(&str, &str)]) -> String {
        let made = self.service(tags, fsx);
        let mut world = self.settled();
        let id = world.id("fs");
        let key = (region.to_owned(), id.clone());
        world.services.fsx.insert(key, made);
        id
    }

    /// Makes a backup of a file system of FSx; returns its id.
    pub fn add_fsx_backup(&self, region: &str, backup: Backup, tags: &[(&str, &str)]) -> String {
        let made = self.service(tags, backup);
        let mut world = self.settled();
        let id = world.id("backup");
        let key = (region.to_owned(), id.clone());
        world.services.backups.insert(key, made);
        id
    }

    /// Makes an endpoint of SageMaker.
    pub fn add_endpoint(
        &self,
        (region, name): (&str, &str),
        endpoint: Endpoint,
        tags: &[(&str, &str)],
    ) {
        let made = self.service(tags, endpoint);
        let key = (region.to_owned(), name.to_owned());
        self.settled().services.endpoints.insert(key, made);
    }

    /// The alias of the account; none where it is empty.
    pub fn set_alias(&self, alias: &str) {
        let alias = (!alias.is_empty()).then(|| alias.to_owned());
        self.settled().services.aliases = alias.into_iter().collect();
    }
}

/// Takes out what is gone by now.
fn sweep<T>(things: &mut Things<Service<T>>, now: SystemTime) {
    things.retain(|_, one| !one.fate.is_gone(now));
}

impl World {
    /// The last backup of a file system that goes; it has no tags.
    pub(in crate::demo) fn add_last_backup(
        &mut self,
        region: &str,
        is: Backup,
        created: SystemTime,
    ) {
        let id = self.id("backup");
        let last = Service {
            created,
            tags: Vec::new(),
            is,
            fate: Fate::Stays,
        };
        let key = (region.to_owned(), id);
        self.services.backups.insert(key, last);
    }

    /// Lets all that was to go by now be gone, and what hung on it be loose.
    pub(super) fn settle_services(&mut self, now: SystemTime) {
        let gone = self.services.balancers.values();
        let gone = gone.filter(|one| one.fate.is_gone(now));
        let loose: Vec<String> = gone.flat_map(|one| one.is.addresses.clone()).collect();
        for address in loose {
            if let Some(found) = self.addresses.get_mut(&address) {
                found.association = None;
            }
        }
        let services = &mut self.services;
        let ended = services.fsx.iter().filter(|(_, one)| one.fate.is_gone(now));
        let ended: Vec<_> = ended.map(|(key, _)| key.clone()).collect();
        let goes_too = |region: &str, of: &str| {
            let mut ended = ended.iter();
            ended.any(|(there, id)| there == region && id == of)
        };
        services
            .backups
            .retain(|(region, _), one| !(one.is.automatic && goes_too(region, &one.is.of)));
        sweep(&mut services.backups, now);
        sweep(&mut services.balancers, now);
        sweep(&mut services.groups, now);
        sweep(&mut services.fsx, now);
        sweep(&mut services.endpoints, now);
        for one in services.efs.values_mut() {
            one.is.mounts.retain(|_, fate| !fate.is_gone(now));
        }
        sweep(&mut services.efs, now);
    }

    /// What tells each of these from its like, as the wire has it.
    pub(super) fn ids_of_services(&self) -> Vec<String> {
        let services = &self.services;
        let balancers = services.balancers.iter();
        let named = services.groups.keys().chain(services.endpoints.keys());
        let files = services.efs.keys().chain(services.fsx.keys());
        let files = files.chain(services.backups.keys());
        balancers
            .map(|((_, name), one)| one.path(name))
            .chain(named.chain(files).map(|(_, id)| id.clone()))
            .collect()
    }
}
