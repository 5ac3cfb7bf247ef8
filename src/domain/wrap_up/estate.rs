//! What AWS told of some regions, put together: what hangs on what, what each costs, and who made it.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::cloud::{
    Address, Image, Instance, Lifecycle, Nat, Price, RUN_TAG, Rates, Snapshot, SpotRequest, State,
    Tag, Template, Volume,
};

use super::{
    resource::{KEEP_TAG, Kind, Origin, Resource, Target},
    teardown::Alive,
};

/// What AWS told of some regions.
#[derive(Debug, Clone, Default)]
pub struct Estate {
    /// Instances that are not over.
    pub instances: Vec<Instance>,
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
}

impl Estate {
    /// What is there, each with what it hangs on.
    pub fn alive(&self) -> Alive {
        let mut alive = Alive::default();
        let instances = self.instances.iter();
        for one in instances.filter(|one| one.state != State::Terminated) {
            let request = self.request_of(&one.id);
            alive.add(Kind::Instance, &one.id, request, request.is_some());
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
        for (kind, id) in nats.chain(requests).chain(templates).chain(images) {
            alive.add(kind, id, None, false);
        }
        alive
    }

    /// The request that would launch an instance again.
    fn request_of(&self, instance: &str) -> Option<&str> {
        let mut requests = self.requests.iter();
        let of = |one: &&SpotRequest| one.persistent && one.instance.as_deref() == Some(instance);
        requests.find(of).map(|one| &*one.id)
    }

    /// The instance or the NAT gateway that has an address.
    fn holder_of<'a>(&'a self, address: &'a Address) -> Option<&'a str> {
        let has = |one: &&Nat| one.addresses.contains(&address.id);
        let nat = || self.nats.iter().find(has).map(|one| &*one.id);
        address.instance.as_deref().or_else(nat)
    }

    /// The image that stands on a snapshot.
    fn image_on(&self, snapshot: &str) -> Option<&str> {
        let on = |one: &&Image| one.snapshots.iter().any(|id| **id == *snapshot);
        self.images.iter().find(on).map(|one| &*one.id)
    }
}

/// Everything that costs, and what the ledger knows that is gone; what this run made is ticked, unless a tag keeps it.
pub fn estate(told: &Estate, run: &str, ledger: &BTreeSet<Target>) -> Vec<Resource> {
    let judge = Judge { told, run, ledger };
    let instances = told.instances.iter();
    let instances = instances.filter(|one| one.state != State::Terminated);
    let made = told.instances.iter().map(|one| {
        let origin = judge.made(Kind::Instance, &one.id, &one.tags);
        (&*one.id, origin)
    });
    let made: BTreeMap<&str, Origin> = made.collect();
    let mut all: Vec<Resource> = instances.map(|one| judge.instance(one)).collect();
    all.extend(told.addresses.iter().map(|one| judge.address(one)));
    all.extend(told.volumes.iter().map(|one| judge.volume(one)));
    all.extend(told.snapshots.iter().map(|one| judge.snapshot(one)));
    all.extend(judge.beside());
    for resource in &mut all {
        // What goes with an instance of a run is of that run, where its own tags say nothing.
        let with = resource.on.as_deref().and_then(|on| made.get(on));
        if let (Origin::Unknown, true, Some(origin)) = (&resource.origin, resource.goes_with, with)
        {
            resource.origin = origin.clone();
        }
        resource.selected = resource.origin == Origin::ThisRun && !resource.kept;
    }
    let there = |seen: &&Target| !all.iter().any(|one| one.is(seen.kind, &seen.id));
    let gone: Vec<Resource> = ledger.iter().filter(there).map(Resource::gone).collect();
    all.extend(gone);
    all.sort_by(|a, b| (a.kind, &a.id).cmp(&(b.kind, &b.id)));
    all
}

/// Who made what.
struct Judge<'a> {
    told: &'a Estate,
    run: &'a str,
    ledger: &'a BTreeSet<Target>,
}

impl Judge<'_> {
    fn made(&self, kind: Kind, id: &str, tags: &[Tag]) -> Origin {
        let known = self
            .ledger
            .iter()
            .any(|seen| seen.kind == kind && *seen.id == *id);
        match tag(tags, RUN_TAG) {
            Some(run) if *run == *self.run => Origin::ThisRun,
            Some(run) => Origin::OtherRun(run.into()),
            None if known => Origin::ThisRun,
            None => Origin::Unknown,
        }
    }

    fn resource(&self, kind: Kind, (id, region): (&str, &str), tags: &[Tag]) -> Resource {
        Resource {
            kind,
            id: id.into(),
            region: region.into(),
            name: tag(tags, "Name").unwrap_or_default().into(),
            about: String::new(),
            price: Price::default(),
            since: None,
            origin: self.made(kind, id, tags),
            on: None,
            goes_with: false,
            kept: tag(tags, KEEP_TAG).is_some_and(|value| value != "false"),
            selected: false,
        }
    }

    fn instance(&self, one: &Instance) -> Resource {
        let price = match one.lifecycle {
            Lifecycle::OnDemand => {
                Rates::embedded().instance(&one.kind, &one.region, &one.platform)
            }
            Lifecycle::Spot => None,
        };
        // What has no price is not free: it is shown as unknown, not as nothing.
        let unknown = Price {
            amount: 0.0,
            estimate: true,
        };
        let price = if one.state.costs() || one.state.is_passing() {
            price.unwrap_or(unknown)
        } else {
            Price::default()
        };
        Resource {
            about: format!("{} {}", one.kind, one.state.word()),
            price,
            since: one.launched.filter(|_| one.state.costs()),
            on: self.told.request_of(&one.id).map(Box::from),
            ..self.resource(Kind::Instance, (&one.id, &one.region), &one.tags)
        }
    }

    fn volume(&self, one: &Volume) -> Resource {
        let where_from = match &one.instance {
            Some(instance) => format!("on {instance}"),
            None => "on nothing".to_owned(),
        };
        Resource {
            about: format!("{} GiB {} {where_from}", one.gib, one.kind),
            price: Rates::embedded().volume(one),
            since: one.created,
            on: one.instance.clone(),
            goes_with: one.goes_with_instance,
            ..self.resource(Kind::Volume, (&one.id, &one.region), &one.tags)
        }
    }

    fn address(&self, one: &Address) -> Resource {
        let holder = self.told.holder_of(one);
        let tied = match holder {
            Some(holder) => format!("tied to {holder}"),
            None if one.tied => "tied to a network interface".to_owned(),
            None => "tied to nothing".to_owned(),
        };
        Resource {
            about: format!("{} {tied}", one.ip),
            price: Rates::embedded().address(),
            on: holder.map(Box::from),
            ..self.resource(Kind::Address, (&one.id, &one.region), &one.tags)
        }
    }

    fn snapshot(&self, one: &Snapshot) -> Resource {
        Resource {
            about: format!("of {}, {} GiB", one.volume, one.gib),
            price: Rates::embedded().snapshot(one),
            since: one.started,
            on: self.told.image_on(&one.id).map(Box::from),
            ..self.resource(Kind::Snapshot, (&one.id, &one.region), &one.tags)
        }
    }

    /// What lies beside instances. What costs nothing and launches nothing by itself is told only where a run made it.
    fn beside(&self) -> Vec<Resource> {
        let nats = self.told.nats.iter().map(|one| Resource {
            about: format!("in {}, and what it carries", one.vpc),
            price: Rates::embedded().nat(&one.region),
            ..self.resource(Kind::Nat, (&one.id, &one.region), &one.tags)
        });
        let requests = self.told.requests.iter().map(|one| Resource {
            about: match (&one.instance, one.persistent) {
                (Some(_), _) => "launches again what ends".to_owned(),
                (None, true) => "would launch, again and again".to_owned(),
                (None, false) => "would launch".to_owned(),
            },
            ..self.request(one)
        });
        let images = self.told.images.iter().map(|one| Resource {
            name: one.name.clone(),
            about: format!("stands on {}", count(one.snapshots.len(), "snapshot")),
            ..self.resource(Kind::Image, (&one.id, &one.region), &one.tags)
        });
        let templates = self.told.templates.iter().map(|one| Resource {
            name: one.name.clone(),
            about: "launches nothing by itself".to_owned(),
            ..self.resource(Kind::Template, (&one.id, &one.region), &one.tags)
        });
        let templates = templates.filter(|one| one.origin != Origin::Unknown);
        nats.chain(requests)
            .chain(images)
            .chain(templates)
            .collect()
    }
}

impl Judge<'_> {
    /// A spot request; without a tag of its own it is of the run whose instance it launched.
    fn request(&self, one: &SpotRequest) -> Resource {
        let mut request = self.resource(Kind::SpotRequest, (&one.id, &one.region), &one.tags);
        let mut instances = self.told.instances.iter();
        let launched = instances.find(|instance| Some(&instance.id) == one.instance.as_ref());
        if let (Origin::Unknown, Some(instance)) = (&request.origin, launched) {
            request.origin = self.made(Kind::Instance, &instance.id, &instance.tags);
        }
        request
    }
}

fn count(n: usize, word: &str) -> String {
    format!("{n} {word}{}", if n == 1 { "" } else { "s" })
}

fn tag<'a>(tags: &'a [Tag], key: &str) -> Option<&'a str> {
    let found = tags.iter().find(|(known, _)| **known == *key);
    found.map(|(_, value)| &**value)
}
