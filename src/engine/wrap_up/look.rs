//! Looking: everything that is there in all regions.

use std::collections::BTreeSet;

use crate::backend::{Ec2, Error};
use crate::domain::{
    cloud::{Instance, RUN_TAG, State, Trouble},
    launch::LAUNCH_TAG,
    wrap_up::{Alive, Estate, Kind, Origin, Resource, Target, Wake, estate},
};

use super::{WrapAsk, launches::Asked};
use crate::engine::{
    cloud::{doors, patient, trouble},
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
    /// Whether anything was asked yet.
    looked: bool,
    /// What was asked for and told, by region: of anything else nobody knows whether it is gone.
    answered: BTreeSet<(Kind, Box<str>)>,
}

impl<'a> Look<'a> {
    /// Opens the doors to all regions.
    pub(super) async fn begin(room: &Room, ask: &'a WrapAsk) -> Result<Self, Failed> {
        Ok(Self {
            ask,
            doors: doors(room, &ask.scope).await?,
            told: Estate::default(),
            over: Vec::new(),
            looked: false,
            answered: BTreeSet::new(),
        })
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
                door,
                first,
                troubles,
                answered: &mut self.answered,
            };
            told.instances.extend(hear.hear(Kind::Instance, instances)?);
            told.volumes.extend(hear.hear(Kind::Volume, volumes)?);
            told.addresses.extend(hear.hear(Kind::Address, addresses)?);
            told.snapshots.extend(hear.hear(Kind::Snapshot, snapshots)?);
            told.nats.extend(hear.hear(Kind::Nat, nats)?);
            told.requests
                .extend(hear.hear(Kind::SpotRequest, requests)?);
            told.templates.extend(hear.hear(Kind::Template, templates)?);
            told.images.extend(hear.hear(Kind::Image, images)?);
        }
        let over = |one: &mut Instance| one.state == State::Terminated;
        self.over = told.instances.extract_if(.., over).collect();
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
                words: "it was not asked, and the ledger knows things of the run there: --all-regions asks"
                    .into(),
                throttled: false,
            })
            .collect()
    }

    /// The door to an instance of a run, where it runs.
    pub(super) fn awake(&self, id: &str, run: &str) -> Option<&Ec2> {
        let mut all = self.told.instances.iter();
        let found = all.find(|one| *one.id == *id && one.tag(RUN_TAG) == Some(run))?;
        let runs = found.state == State::Running;
        self.door(&found.region).filter(|_| runs)
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

    /// How many instances of the run are not at rest.
    pub(super) fn running(&self, resources: &[Resource]) -> usize {
        let own = |id: &str| {
            let mut all = resources.iter();
            all.any(|one| one.is(Kind::Instance, id) && one.origin == Origin::ThisRun)
        };
        let instances = self.told.instances.iter();
        let awake = instances.filter(|one| matches!(one.state, State::Running | State::Pending));
        awake.filter(|one| own(&one.id)).count()
    }
}

/// Takes answers, and tells those that did not come.
struct Hear<'a> {
    door: &'a Ec2,
    first: bool,
    troubles: &'a mut Vec<Trouble>,
    answered: &'a mut BTreeSet<(Kind, Box<str>)>,
}

impl Hear<'_> {
    fn hear<T>(&mut self, kind: Kind, answer: Result<Vec<T>, Error>) -> Result<Vec<T>, Failed> {
        let error = match answer {
            Ok(things) => {
                self.answered.insert((kind, self.door.region().into()));
                return Ok(things);
            }
            Err(error) => error,
        };
        let known = self.troubles.iter();
        let known = known
            .filter(|one| *one.region == *self.door.region())
            .any(|one| one.operation == error.op);
        // Without its instances a region says nothing of what hangs on what.
        if error.op == "DescribeInstances" || !(self.first || known) {
            return Err(error.into());
        }
        if !known {
            self.troubles.push(trouble(self.door.region(), &error));
        }
        Ok(Vec::new())
    }
}
