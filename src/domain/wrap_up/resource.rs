//! What still costs, by kind, with its price and where it came from.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::cloud::{
    Address, Instance, Lifecycle, Price, RUN_TAG, Rates, Snapshot, State, Tag, Volume,
};

/// A tag that keeps a thing from ever being deleted by wharf; any value but `false` counts.
pub const KEEP_TAG: &str = "wharf:keep";

/// What kind of thing it is; the order is that in which they go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// An instance.
    Instance,
    /// An elastic address.
    Address,
    /// A volume.
    Volume,
    /// A snapshot.
    Snapshot,
}

impl Kind {
    /// All that are looked for.
    pub const ALL: [Self; 4] = [Self::Instance, Self::Address, Self::Volume, Self::Snapshot];

    /// A word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Instance => "instance",
            Self::Address => "address",
            Self::Volume => "volume",
            Self::Snapshot => "snapshot",
        }
    }

    /// The kind of this word.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// Where a thing came from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// This run made it: by its tag, or by the ledger.
    ThisRun,
    /// Another run made it, by its tag.
    OtherRun(Box<str>),
    /// On AWS, but not in the ledger.
    Unknown,
    /// In the ledger, but gone.
    Gone,
}

impl Origin {
    /// Words for it.
    pub fn words(&self) -> &'static str {
        match self {
            Self::ThisRun => "this run",
            Self::OtherRun(_) => "another run",
            Self::Unknown => "not in the ledger",
            Self::Gone => "gone",
        }
    }
}

/// Something that costs, or did.
#[derive(Debug, Clone, PartialEq)]
pub struct Resource {
    /// What it is.
    pub kind: Kind,
    /// Its id.
    pub id: Box<str>,
    /// Its region.
    pub region: Box<str>,
    /// Its name or address, as AWS tells it; empty where it has none.
    pub name: Box<str>,
    /// What it is, in words: `g5.xlarge running`, `200 GiB gp3 on i-…`.
    pub about: String,
    /// An hour of it, as it stands now.
    pub price: Price,
    /// Where it came from.
    pub origin: Origin,
    /// The instance that it hangs on.
    pub on: Option<Box<str>>,
    /// Whether it goes when that instance ends.
    pub goes_with: bool,
    /// Whether a tag keeps it.
    pub kept: bool,
    /// Whether it is to be deleted.
    pub selected: bool,
}

/// A thing by its name: one that the ledger knows, or that is to go.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Target {
    /// What it is.
    pub kind: Kind,
    /// Its id.
    pub id: Box<str>,
    /// Its region.
    pub region: Box<str>,
}

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
}

/// Everything that costs, and what the ledger knows that is gone; what this run made is ticked, unless a tag keeps it.
pub fn estate(told: &Estate, run: &str, ledger: &BTreeSet<Target>) -> Vec<Resource> {
    let judge = Judge { run, ledger };
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

impl Resource {
    /// Whether it is this thing.
    pub fn is(&self, kind: Kind, id: &str) -> bool {
        self.kind == kind && *self.id == *id
    }

    /// Which thing it is.
    pub fn target(&self) -> Target {
        Target {
            kind: self.kind,
            id: self.id.clone(),
            region: self.region.clone(),
        }
    }

    /// Whether AWS still has it.
    pub fn exists(&self) -> bool {
        self.origin != Origin::Gone
    }

    fn gone(seen: &Target) -> Self {
        Self {
            kind: seen.kind,
            id: seen.id.clone(),
            region: seen.region.clone(),
            name: "".into(),
            about: "in the ledger, and gone".to_owned(),
            price: Price::default(),
            origin: Origin::Gone,
            on: None,
            goes_with: false,
            kept: false,
            selected: false,
        }
    }
}

/// Lets an instance stay that holds what must stay and would go with it: what a tag keeps, another run made, or is in `leave`.
pub fn hold_back(resources: &mut [Resource], leave: &[Box<str>]) {
    let stays = |one: &&Resource| {
        let named = leave.contains(&one.id) || matches!(one.origin, Origin::OtherRun(_));
        one.exists() && one.goes_with && (one.kept || named)
    };
    let held = resources.iter().filter(stays);
    let held: Vec<(Box<str>, Box<str>)> = held
        .filter_map(|one| Some((one.on.clone()?, one.id.clone())))
        .collect();
    for (instance, volume) in held {
        let holds = |one: &&mut Resource| one.is(Kind::Instance, &instance);
        for one in resources.iter_mut().filter(holds) {
            one.selected = false;
            one.about = format!("{}, holds {volume}, which stays", one.about);
        }
    }
}

/// Who made what.
struct Judge<'a> {
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
            on: one.instance.clone(),
            goes_with: one.goes_with_instance,
            ..self.resource(Kind::Volume, (&one.id, &one.region), &one.tags)
        }
    }

    fn address(&self, one: &Address) -> Resource {
        let tied = match &one.instance {
            Some(instance) => format!("tied to {instance}"),
            None if one.tied => "tied to a network interface".to_owned(),
            None => "tied to nothing".to_owned(),
        };
        Resource {
            about: format!("{} {tied}", one.ip),
            price: Rates::embedded().address(),
            on: one.instance.clone(),
            ..self.resource(Kind::Address, (&one.id, &one.region), &one.tags)
        }
    }

    fn snapshot(&self, one: &Snapshot) -> Resource {
        Resource {
            about: format!("of {}, {} GiB", one.volume, one.gib),
            price: Rates::embedded().snapshot(one),
            ..self.resource(Kind::Snapshot, (&one.id, &one.region), &one.tags)
        }
    }
}

fn tag<'a>(tags: &'a [Tag], key: &str) -> Option<&'a str> {
    let found = tags.iter().find(|(known, _)| **known == *key);
    found.map(|(_, value)| &**value)
}
