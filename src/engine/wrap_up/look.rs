//! Looking: everything that is there in all regions.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;

use crate::backend::{Ec2, Error};
use crate::domain::{
    cloud::{Instance, Lifecycle, Managed, RUN_TAG, State, Trouble, What},
    launch::LAUNCH_TAG,
    wrap_up::{Alive, Awake, Estate, Kind, Origin, Resource, Target, Wake, Wrapped, estate},
};

use super::{WrapAsk, launches::Asked, storage::Storage};
use crate::engine::{
    cloud::{Regions, doors, patient, trouble},
    event::Failed,
    room::Room,
};

/// Looks at what is there, again and again.
pub(super) struct Look<'a> {
    ask: &'a WrapAsk,
    doors: Vec<Ec2>,
    told: Estate,
    /// Instances that are terminated, as long as AWS tells of them.
    over: Vec<Instance>,
    /// The run's places in S3.
    storage: Storage,
    /// What a spot hour costs, by region and type, once it was asked.
    spot: BTreeMap<(Box<str>, Box<str>), f64>,
    /// What endpoints run on, by region and name, once it was asked.
    machines: Machines,
    /// Whether anything was asked yet.
    looked: bool,
    /// What was asked for and told, by region: of anything else nobody knows whether it is gone.
    answered: BTreeSet<(Kind, Box<str>)>,
}

impl<'a> Look<'a> {
    /// Opens the doors to all regions; where nobody named any, also to those of which the ledger knows.
    pub(super) async fn begin(
        room: &Room,
        (ask, known): (&'a WrapAsk, &BTreeSet<Box<str>>),
        troubles: &mut Vec<Trouble>,
    ) -> Result<Self, Failed> {
        let mut doors = doors(room, &ask.scope).await?;
        if ask.scope.regions == Regions::Own {
            let own = doors.first().map(|door| door.region().to_owned());
            let more = known
                .iter()
                .filter(|region| Some(&***region) != own.as_deref());
            doors.extend(remembered(room, ask, more).await?);
        }
        Ok(Self {
            ask,
            doors,
            storage: Storage::of(room, ask, troubles).await,
            told: Estate::default(),
            over: Vec::new(),
            spot: BTreeMap::new(),
            machines: Machines::new(),
            looked: false,
            answered: BTreeSet::new(),
        })
    }

    /// The names of the account; where they are not told, why.
    pub(super) async fn aliases(&self) -> Result<Vec<Box<str>>, Trouble> {
        let Some(door) = self.doors.first() else {
            return Ok(Vec::new());
        };
        let told = patient(|| door.aliases()).await;
        told.map_err(|error| trouble(door.region(), &error))
    }

    /// Ends an unfinished upload that was found.
    pub(super) async fn abort(&self, id: &str) -> Result<(), Error> {
        let mut all = self.told.pending.iter();
        match all.find(|one| *one.id == *id) {
            Some(pending) => self.storage.abort(pending).await,
            // It is gone already.
            None => Ok(()),
        }
    }

    /// The door to a region.
    pub(super) fn door(&self, region: &str) -> Option<&Ec2> {
        self.doors.iter().find(|door| door.region() == region)
    }

    /// What is there now. A question that is not answered is told once; where it was answered before, the whole look failed:
    /// what is not listed would read as gone.
    pub(super) async fn again(&mut self, troubles: &mut Vec<Trouble>) -> Result<Alive, Failed> {
        let first = !std::mem::replace(&mut self.looked, true);
        let mut told = Estate::default();
        self.answered.clear();
        for door in &self.doors {
            let (instances, volumes, addresses, snapshots) = tokio::join!(
                patient(|| door.instances()),
                patient(|| door.volumes()),
                patient(|| door.addresses()),
                patient(|| door.snapshots()),
            );
            let (nats, requests, templates, images) = tokio::join!(
                patient(|| door.nats()),
                patient(|| door.spot_requests()),
                patient(|| door.templates()),
                patient(|| door.images()),
            );
            let mut hear = Hear {
                region: door.region(),
                first,
                troubles,
                answered: &mut self.answered,
            };
            let instances = hear.hear(Kind::Instance, instances)?;
            spot_prices(door, &instances, &mut hear, &mut self.spot).await?;
            told.instances.extend(instances);
            told.volumes.extend(hear.hear(Kind::Volume, volumes)?);
            told.addresses.extend(hear.hear(Kind::Address, addresses)?);
            told.snapshots.extend(hear.hear(Kind::Snapshot, snapshots)?);
            told.nats.extend(hear.hear(Kind::Nat, nats)?);
            told.requests
                .extend(hear.hear(Kind::SpotRequest, requests)?);
            told.templates.extend(hear.hear(Kind::Template, templates)?);
            told.images.extend(hear.hear(Kind::Image, images)?);
            told.managed
                .extend(managed(door, &mut hear, &mut self.machines).await?);
        }
        told.stored = self.storage.stored(troubles).await;
        for (region, pending) in self.storage.pending().await {
            let mut hear = Hear {
                region: &region,
                first,
                troubles,
                answered: &mut self.answered,
            };
            told.pending.extend(hear.hear(Kind::Upload, pending)?);
        }
        let over = |one: &mut Instance| one.state == State::Terminated;
        self.over = told.instances.extract_if(.., over).collect();
        told.spot.clone_from(&self.spot);
        self.told = told;
        Ok(self.told.alive())
    }

    /// Everything that costs, ticked as it was asked for; what the ledger knows of regions and kinds that were not told is in
    /// doubt, not gone.
    pub(super) fn resources(&self, ledger: &BTreeSet<Target>) -> Vec<Resource> {
        let known = ledger.iter().filter(|seen| self.looked_for(seen));
        let mut all = estate(&self.told, &self.ask.run, &known.cloned().collect());
        self.ask.ticks.apply(&mut all);
        all
    }

    /// Whether AWS told whether this thing is there.
    pub(super) fn looked_for(&self, target: &Target) -> bool {
        let asked = (target.kind, target.region.clone());
        self.answered.contains(&asked)
    }

    /// The regions that were asked, and the launches whose instances were found there.
    pub(super) fn asked(&self) -> Asked {
        let doors = self.doors.iter();
        let found = self.told.instances.iter().chain(&self.over);
        Asked {
            regions: doors.map(|door| door.region().into()).collect(),
            launches: found
                .filter_map(|one| one.tag(LAUNCH_TAG).map(Box::from))
                .collect(),
        }
    }

    /// The regions that were not asked although the ledger knows things of the run there, or a launch whose end is not known.
    pub(super) fn unasked(
        &self,
        ledger: &BTreeSet<Target>,
        in_doubt: &BTreeSet<Box<str>>,
    ) -> Vec<Trouble> {
        let seen = ledger.iter().map(|seen| &*seen.region);
        let regions: BTreeSet<&str> = seen.chain(in_doubt.iter().map(|one| &**one)).collect();
        let unasked = regions
            .into_iter()
            .filter(|region| self.door(region).is_none());
        unasked
            .map(|region| Trouble {
                operation: "DescribeInstances",
                region: region.into(),
                words: "it was not asked or did not answer, and the ledger knows things of the run there: --all-regions asks"
                    .into(),
                throttled: false,
            })
            .collect()
    }

    /// The door to an instance of a run, where it runs.
    pub(super) fn awake(&self, id: &str, run: &str) -> Option<(&Ec2, &Instance)> {
        let mut all = self.told.instances.iter();
        let found = all.find(|one| *one.id == *id && one.tag(RUN_TAG) == Some(run))?;
        let runs = found.state == State::Running;
        let door = self.door(&found.region).filter(|_| runs)?;
        Some((door, found))
    }

    /// How awake the instances of a run are; `told` is the one that told its status.
    pub(super) fn wake(&self, run: &str, told: Option<&str>) -> Wake {
        let own = |one: &&Instance| one.run() == Some(run) || Some(&*one.id) == told;
        let at_rest = |state| matches!(state, State::Stopped | State::Terminated);
        let all = self.told.instances.iter().chain(&self.over).filter(own);
        all.fold(Wake::default(), |wake, one| Wake {
            awake: wake.awake || !at_rest(one.state),
            started: wake.started.max(one.launched),
            ..wake
        })
    }

    /// When instances came to be in the state that they are in: as AWS tells, else as the launch told its end.
    pub(super) fn changed(&self, wrapped: &Wrapped) -> BTreeMap<Box<str>, Timestamp> {
        let all = self.told.instances.iter().chain(&self.over);
        let told = all.filter(|one| !matches!(one.state, State::Running | State::Pending));
        let told = told.filter_map(|one| Some((one.id.clone(), one.changed()?)));
        let launch = wrapped.launch.as_ref().filter(|_| wrapped.awake == 0);
        let ended = launch.and_then(|one| Some((one.instance.clone()?, one.ended()?)));
        ended.into_iter().chain(told).collect()
    }

    /// The instances of the run that are not at rest.
    pub(super) fn running(&self, resources: &[Resource]) -> Vec<Awake> {
        let own = |id: &str| {
            let mut all = resources.iter();
            all.any(|one| one.is(Kind::Instance, id) && one.origin == Origin::ThisRun)
        };
        let instances = self.told.instances.iter();
        let awake = instances.filter(|one| matches!(one.state, State::Running | State::Pending));
        awake
            .filter(|one| own(&one.id))
            .map(|one| Awake {
                id: one.id.clone(),
                started: one.launched,
            })
            .collect()
    }

    /// The instance of a launch, by its id or by the launch's tag, as long as AWS tells of it.
    pub(super) fn of_launch(&self, launch: &str, id: Option<&str>) -> Option<&Instance> {
        let mut all = self.told.instances.iter().chain(&self.over);
        all.find(|one| Some(&*one.id) == id || one.tag(LAUNCH_TAG) == Some(launch))
    }
}

/// Doors to regions of which the ledger knows. One that does not answer is left out, and told as one that was not asked: the rest
/// works.
async fn remembered(
    room: &Room,
    ask: &WrapAsk,
    regions: impl Iterator<Item = &Box<str>>,
) -> Result<Vec<Ec2>, Failed> {
    let mut doors = Vec::new();
    for region in regions {
        let door = room.sessions.ec2(&ask.scope.remote, Some(region)).await?;
        match patient(|| door.instances()).await {
            Ok(_) => doors.push(door),
            Err(error) => tracing::warn!(%error, region = &**region, "a region is left out"),
        }
    }
    Ok(doors)
}

/// Asks what the types of spot instances cost that were not asked of yet.
async fn spot_prices(
    door: &Ec2,
    instances: &[Instance],
    hear: &mut Hear<'_>,
    known: &mut BTreeMap<(Box<str>, Box<str>), f64>,
) -> Result<(), Failed> {
    let region: Box<str> = door.region().into();
    let spot = instances
        .iter()
        .filter(|one| one.lifecycle == Lifecycle::Spot && one.state != State::Terminated);
    let kinds: BTreeSet<&str> = spot
        .map(|one| &*one.kind)
        .filter(|kind| !known.contains_key(&(region.clone(), (*kind).into())))
        .collect();
    if kinds.is_empty() {
        return Ok(());
    }
    let kinds: Vec<&str> = kinds.into_iter().collect();
    let told = patient(|| door.spot_prices(&kinds)).await;
    let told = hear.answer(told)?.unwrap_or_default().into_iter();
    known.extend(told.map(|(kind, price)| ((region.clone(), kind), price)));
    Ok(())
}

/// What AWS runs beside instances in a region.
async fn managed(
    door: &Ec2,
    hear: &mut Hear<'_>,
    machines: &mut Machines,
) -> Result<Vec<Managed>, Failed> {
    let tags = hear
        .answer(patient(|| door.tags_of_managed()).await)?
        .unwrap_or_default();
    let (groups, balancers, endpoints) = tokio::join!(
        patient(|| door.scaling_groups()),
        patient(|| door.balancers(&tags)),
        patient(|| door.endpoints(&tags)),
    );
    let (efs, fsx, backups, logs) = tokio::join!(
        patient(|| door.efs()),
        patient(|| door.fsx()),
        patient(|| door.fsx_backups()),
        patient(|| door.log_groups(&tags)),
    );
    let mut all = hear.hear(Kind::Group, groups)?;
    all.extend(hear.hear(Kind::Balancer, balancers)?);
    all.extend(hear.hear(Kind::Efs, efs)?);
    all.extend(hear.hear(Kind::Fsx, fsx)?);
    all.extend(hear.hear(Kind::Backup, backups)?);
    all.extend(hear.hear(Kind::Logs, logs)?);
    for mut endpoint in hear.hear(Kind::Endpoint, endpoints)? {
        let name = (endpoint.region.clone(), endpoint.id.clone());
        if !machines.contains_key(&name) {
            let told = patient(|| door.machines_of(&endpoint.id)).await;
            machines.extend(hear.answer(told)?.map(|told| (name.clone(), told)));
        }
        let known = machines.get(&name);
        endpoint.what = What::Endpoint(known.cloned().unwrap_or_default());
        all.push(endpoint);
    }
    Ok(all)
}

/// What endpoints run on, by region and name.
type Machines = HashMap<(Box<str>, Box<str>), Vec<(Box<str>, u64)>>;

/// Takes answers, and tells those that did not come.
struct Hear<'a> {
    region: &'a str,
    first: bool,
    troubles: &'a mut Vec<Trouble>,
    answered: &'a mut BTreeSet<(Kind, Box<str>)>,
}

impl Hear<'_> {
    /// All things of a kind; none where the answer did not come.
    fn hear<T>(&mut self, kind: Kind, answer: Result<Vec<T>, Error>) -> Result<Vec<T>, Failed> {
        let told = self.answer(answer)?;
        if told.is_some() {
            self.answered.insert((kind, self.region.into()));
        }
        Ok(told.unwrap_or_default())
    }

    /// An answer; `None` where it did not come, which is told once.
    fn answer<T>(&mut self, answer: Result<T, Error>) -> Result<Option<T>, Failed> {
        let error = match answer {
            Ok(told) => return Ok(Some(told)),
            Err(error) => error,
        };
        let known = self.troubles.iter();
        let known = known
            .filter(|one| *one.region == *self.region)
            .any(|one| one.operation == error.op);
        // Without its instances a region says nothing of what hangs on what.
        if error.op == "DescribeInstances" || !(self.first || known) {
            return Err(error.into());
        }
        if !known {
            self.troubles.push(trouble(self.region, &error));
        }
        Ok(None)
    }
}
