//! The world behind EC2, CloudWatch and SSM: instances, volumes, addresses, snapshots, metrics and alarms over one clock. Tests and
//! seeds make it what they need; the services answer from it. What takes time on AWS takes time here, by the demo's clock.

mod beside;
mod instance;
mod load;
mod managed;
mod metric;
mod place;
mod refusal;
mod resource;
mod services;
mod shell;
mod stat;

pub use beside::{Nat, OwnImage, SpotRequest, Template};
pub(super) use instance::Verdict;
pub use instance::{Check, Instance, NewInstance, Planned, State};
pub use load::Load;
pub use managed::{Parameter, Reply};
pub use metric::{Alarm, Metric, Shape};
pub use place::{Group, Image, Subnet};
pub use resource::{Address, Fate, NewVolume, Snapshot, Volume};
pub(super) use services::arn;
pub use services::{Backup, Balancer, Efs, Endpoint, Fsx, Group as ScalingGroup, Service};

pub(super) use managed::{Progress, Sent};
pub(super) use place::{Ground, KINDS};
pub(super) use refusal::Refusal;
pub(super) use stat::{Span, Statistic};

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use indexmap::IndexMap;

use super::clock::Clock;

/// The regions of this world; a region that is not among them is off.
const REGIONS: [&str; 4] = ["ap-northeast-1", "eu-central-1", "us-east-1", "us-east-2"];

/// The world of instances and what hangs on them; clones share it.
#[derive(Debug, Clone)]
pub struct Cloud {
    world: Arc<Mutex<World>>,
    clock: Clock,
}

/// Everything there is.
#[derive(Debug, Default)]
pub(super) struct World {
    pub(super) instances: IndexMap<String, Instance>,
    pub(super) volumes: IndexMap<String, Volume>,
    pub(super) addresses: IndexMap<String, Address>,
    pub(super) snapshots: IndexMap<String, Snapshot>,
    pub(super) metrics: IndexMap<String, Metric>,
    pub(super) alarms: Vec<Alarm>,
    /// What a spot hour costs, by type; US dollars.
    pub(super) spot: IndexMap<String, f64>,
    /// What lies beside instances.
    pub(super) beside: beside::Beside,
    /// What AWS runs beside them.
    pub(super) services: services::Services,
    /// What instances are launched from and into.
    pub(super) ground: Ground,
    /// Commands that were sent to instances, by their ids.
    pub(super) commands: IndexMap<String, Sent>,
    /// Parameters of SSM, by region and name.
    pub(super) parameters: BTreeMap<(String, String), Parameter>,
    shell: managed::Shell,
    /// Operations that the credentials may not ask, as `ec2:DescribeVolumes`.
    denied: BTreeSet<String>,
    /// Regions that were switched off.
    off: BTreeSet<String>,
    /// Whether what is asked for as a dry run is done, as by endpoints that do not know the flag.
    pub(super) ignores_dry_runs: bool,
    made: u64,
}

impl Cloud {
    pub(super) fn new(clock: Clock) -> Self {
        Self {
            world: Arc::default(),
            clock,
        }
    }

    /// Makes an instance with its volumes; returns its id.
    pub fn add_instance(&self, new: NewInstance) -> String {
        let now = self.clock.second();
        let mut world = self.settled();
        let id = world.id("i");
        for volume in &new.volumes {
            let volume_id = world.id("vol");
            let made = Volume::attached(volume, &new.zone, &id, now - new.age);
            world.volumes.insert(volume_id, made);
        }
        world.instances.insert(id.clone(), Instance::new(new, now));
        id
    }

    /// Makes a volume that hangs on nothing; returns its id.
    pub fn add_volume(&self, new: &NewVolume, zone: &str, age: Duration) -> String {
        let mut world = self.settled();
        let id = world.id("vol");
        let made = Volume::loose(new, zone, self.clock.second() - age);
        world.volumes.insert(id.clone(), made);
        id
    }

    /// Takes an address; returns its allocation id. It is tied to `instance` when one is named.
    pub fn add_address(&self, region: &str, public_ip: &str, instance: Option<&str>) -> String {
        let mut world = self.settled();
        let id = world.id("eipalloc");
        let association = instance.map(|_| world.id("eipassoc"));
        let address = Address {
            region: region.to_owned(),
            public_ip: public_ip.to_owned(),
            instance: instance.map(str::to_owned),
            association,
            tags: Vec::new(),
        };
        if let Some(found) = instance.and_then(|id| world.instances.get_mut(id)) {
            found.public_ip = Some(public_ip.to_owned());
        }
        world.addresses.insert(id.clone(), address);
        id
    }

    /// Makes a snapshot; returns its id.
    pub fn add_snapshot(&self, snapshot: Snapshot) -> String {
        let mut world = self.settled();
        let id = world.id("snap");
        world.snapshots.insert(id.clone(), snapshot);
        id
    }

    /// Adds a metric, with what it shows over time.
    pub fn add_metric(&self, metric: Metric) {
        let key = Metric::key(
            &metric.region,
            &metric.namespace,
            &metric.name,
            &metric.dimensions,
        );
        self.settled().metrics.insert(key, metric);
    }

    /// Adds an alarm, or takes the place of the one of its name.
    pub fn set_alarm(&self, alarm: Alarm) {
        let mut world = self.settled();
        world.alarms.retain(|known| known.name != alarm.name);
        world.alarms.push(alarm);
    }

    /// What a spot hour of a type costs from here on, US dollars.
    pub fn set_spot_price(&self, kind: &str, price: f64) {
        self.settled().spot.insert(kind.to_owned(), price);
    }

    /// Changes an instance beside the wire; nothing happens where there is none of this id.
    pub fn change(&self, instance: &str, change: impl FnOnce(&mut Instance)) {
        if let Some(found) = self.settled().instances.get_mut(instance) {
            change(found);
        }
    }

    /// Changes a volume beside the wire.
    pub fn change_volume(&self, volume: &str, change: impl FnOnce(&mut Volume)) {
        if let Some(found) = self.settled().volumes.get_mut(volume) {
            change(found);
        }
    }

    /// Takes an instance out of the world, as when somebody else ended it long ago.
    pub fn forget_instance(&self, id: &str) {
        self.settled().instances.shift_remove(id);
    }

    /// Refuses an operation from here on: `ec2:DescribeVolumes`.
    pub fn deny(&self, operation: &str) {
        self.settled().denied.insert(operation.to_owned());
    }

    /// Allows again what was denied.
    pub fn allow(&self, operation: &str) {
        self.settled().denied.remove(operation);
    }

    /// Switches a region off: nothing answers there any more.
    pub fn switch_off(&self, region: &str) {
        self.settled().off.insert(region.to_owned());
    }

    /// Does what is asked for as a dry run from here on, as endpoints do that do not know the flag.
    pub fn ignore_dry_runs(&self) {
        self.settled().ignores_dry_runs = true;
    }

    /// The state of an instance now; `None` where there is none of this id.
    pub fn state(&self, instance: &str) -> Option<State> {
        self.settled().instances.get(instance).map(Instance::state)
    }

    /// The ids of everything that is there now: instances that are not over, volumes, addresses, snapshots.
    pub fn living(&self) -> Vec<String> {
        let world = self.settled();
        let instances = world.instances.iter();
        let instances = instances
            .filter(|(_, one)| one.state() != State::Terminated)
            .map(|(id, _)| id);
        let rest = world.volumes.keys().chain(world.addresses.keys());
        instances
            .chain(rest)
            .chain(world.snapshots.keys())
            .chain(world.ids_beside())
            .cloned()
            .chain(world.ids_of_services())
            .collect()
    }

    /// The time it shows.
    pub(super) fn now(&self) -> SystemTime {
        self.clock.now()
    }

    /// The world, with all that has come about by now.
    pub(super) fn settled(&self) -> MutexGuard<'_, World> {
        let mut world = self.world.lock().unwrap_or_else(PoisonError::into_inner);
        world.settle(self.clock.now());
        world
    }
}

impl World {
    /// A new id of a kind, such as `vol-0…`: seventeen digits, the same in each run.
    pub(super) fn id(&mut self, kind: &str) -> String {
        self.made += 1;
        let mixed = self.made.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0x0ab1_5f00_2f9f_0001;
        format!("{kind}-0{mixed:016x}")
    }

    /// Whether the credentials may ask this.
    pub(super) fn allows(&self, service: &str, operation: &str) -> bool {
        !self.denied.contains(&format!("{service}:{operation}"))
    }

    /// The regions with whether each is on.
    pub(super) fn regions(&self) -> impl Iterator<Item = (&'static str, bool)> {
        REGIONS
            .iter()
            .map(|region| (*region, !self.off.contains(*region)))
    }

    /// Whether a region answers.
    pub(super) fn is_on(&self, region: &str) -> bool {
        self.regions().any(|(known, on)| known == region && on)
    }

    /// Lets all that was to happen until `now` have happened.
    fn settle(&mut self, now: SystemTime) {
        let mut over = Vec::new();
        for (id, instance) in &mut self.instances {
            let before = instance.state();
            instance.settle(now);
            if instance.state() == State::Terminated && before != State::Terminated {
                over.push(id.clone());
            }
        }
        for id in over {
            self.let_go(&id);
        }
        self.settle_beside(now);
        self.settle_services(now);
        self.instances.retain(|_, one| !one.is_forgotten(now));
        self.volumes.retain(|_, volume| !volume.is_gone(now));
        self.snapshots.retain(|_, snapshot| !snapshot.is_gone(now));
    }

    /// What hangs on an instance that is over: volumes go with it or stay loose, addresses are untied.
    fn let_go(&mut self, instance: &str) {
        self.let_requests_go(instance);
        let hangs = |volume: &Volume| volume.is_on(instance);
        self.volumes
            .retain(|_, volume| !(hangs(volume) && volume.goes_with_instance()));
        for volume in self.volumes.values_mut().filter(|volume| hangs(volume)) {
            volume.detach();
        }
        let tied = |address: &&mut Address| address.instance.as_deref() == Some(instance);
        for address in self.addresses.values_mut().filter(tied) {
            address.instance = None;
            address.association = None;
        }
    }
}
