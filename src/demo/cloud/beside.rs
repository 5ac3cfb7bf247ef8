//! What lies beside instances and costs, or would launch again: NAT gateways, spot requests, launch templates, images of one's own.

use std::time::{Duration, SystemTime};

use indexmap::IndexMap;

use super::{Cloud, Fate, World};

/// Until a NAT gateway that is deleted is gone.
const LEAVING: Duration = Duration::from_secs(30);

/// A NAT gateway.
#[derive(Debug, Clone)]
pub struct Nat {
    /// Its region.
    pub region: String,
    /// Its network.
    pub vpc: String,
    /// The allocation id of its address.
    pub address: String,
    /// When it was made.
    pub created: SystemTime,
    /// Its tags.
    pub tags: Vec<(String, String)>,
    pub(in crate::demo) fate: Fate,
}

/// A request for spot capacity that stays open.
#[derive(Debug, Clone)]
pub struct SpotRequest {
    /// Its region.
    pub region: String,
    /// Whether it launches again what was interrupted or terminated.
    pub persistent: bool,
    /// The instance that it launched.
    pub instance: Option<String>,
    /// Its tags.
    pub tags: Vec<(String, String)>,
}

/// A launch template.
#[derive(Debug, Clone)]
pub struct Template {
    /// Its region.
    pub region: String,
    /// Its name.
    pub name: String,
    /// Its tags.
    pub tags: Vec<(String, String)>,
}

/// An image that the account owns; the snapshots below it know it by its id.
#[derive(Debug, Clone)]
pub struct OwnImage {
    /// Its region.
    pub region: String,
    /// Its name.
    pub name: String,
    /// When it was made.
    pub created: SystemTime,
    /// Its tags.
    pub tags: Vec<(String, String)>,
}

/// All of these that there are.
#[derive(Debug, Default)]
pub(in crate::demo) struct Beside {
    pub(in crate::demo) nats: IndexMap<String, Nat>,
    pub(in crate::demo) requests: IndexMap<String, SpotRequest>,
    pub(in crate::demo) templates: IndexMap<String, Template>,
    pub(in crate::demo) images: IndexMap<String, OwnImage>,
}

impl Nat {
    /// EC2's word for how it stands.
    pub(in crate::demo) fn state(&self) -> &'static str {
        match self.fate {
            Fate::Stays => "available",
            Fate::GoneAt(_) => "deleting",
        }
    }

    pub(in crate::demo) fn leave(&mut self, now: SystemTime) {
        self.fate = Fate::GoneAt(now + LEAVING);
    }
}

impl SpotRequest {
    /// EC2's word for how it stands.
    pub(in crate::demo) fn state(&self) -> &'static str {
        if self.instance.is_some() {
            "active"
        } else {
            "open"
        }
    }
}

impl Cloud {
    /// Makes a NAT gateway with the address of this allocation; returns its id.
    pub fn add_nat(&self, region: &str, address: &str, tags: &[(&str, &str)]) -> String {
        let created = self.now();
        let mut world = self.settled();
        let id = world.id("nat");
        let association = world.id("eipassoc");
        if let Some(found) = world.addresses.get_mut(address) {
            found.association = Some(association);
        }
        let nat = Nat {
            region: region.to_owned(),
            vpc: "vpc-0a1b2c3d".to_owned(),
            address: address.to_owned(),
            created,
            tags: owned(tags),
            fate: Fate::Stays,
        };
        world.beside.nats.insert(id.clone(), nat);
        id
    }

    /// Makes a spot request that launched this instance, or none yet; returns its id.
    pub fn add_spot_request(&self, request: SpotRequest) -> String {
        let mut world = self.settled();
        let id = world.id("sir");
        world.beside.requests.insert(id.clone(), request);
        id
    }

    /// Makes a launch template; returns its id.
    pub fn add_template(&self, region: &str, name: &str, tags: &[(&str, &str)]) -> String {
        let mut world = self.settled();
        let id = world.id("lt");
        let template = Template {
            region: region.to_owned(),
            name: name.to_owned(),
            tags: owned(tags),
        };
        world.beside.templates.insert(id.clone(), template);
        id
    }

    /// Makes an image that stands on a snapshot; returns its id.
    pub fn add_own_image(
        &self,
        region: &str,
        (name, snapshot): (&str, &str),
        tags: &[(&str, &str)],
    ) -> String {
        let created = self.now();
        let mut world = self.settled();
        let id = world.id("ami");
        if let Some(found) = world.snapshots.get_mut(snapshot) {
            found.image = Some(id.clone());
        }
        let image = OwnImage {
            region: region.to_owned(),
            name: name.to_owned(),
            created,
            tags: owned(tags),
        };
        world.beside.images.insert(id.clone(), image);
        id
    }
}

fn owned(tags: &[(&str, &str)]) -> Vec<(String, String)> {
    let tags = tags.iter();
    tags.map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect()
}

impl World {
    /// Lets NAT gateways go whose time has come, and their addresses with them.
    pub(super) fn settle_beside(&mut self, now: SystemTime) {
        let gone = self
            .beside
            .nats
            .values()
            .filter(|nat| nat.fate.is_gone(now));
        let loose: Vec<String> = gone.map(|nat| nat.address.clone()).collect();
        for address in loose {
            if let Some(found) = self.addresses.get_mut(&address) {
                found.association = None;
            }
        }
        self.beside.nats.retain(|_, nat| !nat.fate.is_gone(now));
    }

    /// A persistent request whose instance is over would launch it again; any other is over with it.
    pub(super) fn let_requests_go(&mut self, instance: &str) {
        let of = |request: &SpotRequest| request.instance.as_deref() == Some(instance);
        let requests = &mut self.beside.requests;
        requests.retain(|_, request| request.persistent || !of(request));
        for request in requests.values_mut().filter(|request| of(request)) {
            request.instance = None;
        }
    }

    /// The ids of all of these.
    pub(super) fn ids_beside(&self) -> impl Iterator<Item = &String> {
        let beside = &self.beside;
        let (nats, requests) = (beside.nats.keys(), beside.requests.keys());
        let rest = beside.templates.keys().chain(beside.images.keys());
        nats.chain(requests).chain(rest)
    }
}
