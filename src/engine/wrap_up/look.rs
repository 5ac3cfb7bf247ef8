//! Looking: everything that is there in all regions, and how each output compares.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::backend::{Ec2, Error};
use crate::domain::{
    cloud::{State, Trouble},
    diff::Level,
    location::Location,
    plan::SyncOptions,
    side::Side,
    wrap_up::{Alive, Claim, Estate, Kind, Origin, OutputProof, Resource, Target, estate},
};

use super::{Output, WrapAsk};
use crate::engine::{
    cloud::{doors, patient, trouble},
    ends::Ends,
    event::Failed,
    plan,
    room::Room,
};

/// Looks at what is there, again and again.
pub(super) struct Look<'a> {
    ask: &'a WrapAsk,
    doors: Vec<Ec2>,
    told: Estate,
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
        told.instances.retain(|one| one.state != State::Terminated);
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

    /// The regions that were not asked although the ledger knows things of the run there.
    pub(super) fn unasked(&self, ledger: &BTreeSet<Target>) -> Vec<Trouble> {
        let regions: BTreeSet<&str> = ledger.iter().map(|seen| &*seen.region).collect();
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

/// How one output compares, by checksum at least.
pub(super) async fn proof(room: &Room, output: &Output) -> OutputProof {
    let claim = match &output.places {
        Err(why) => Claim::Nothing { why: why.clone() },
        Ok((made, kept, options)) => {
            let mut options = (**options).clone();
            options.check = options.check.max(Level::Checksum);
            match claimed(room, (made, kept), &options).await {
                Ok(claim) => claim,
                Err(failed) => Claim::Nothing {
                    why: failed.message,
                },
            }
        }
    };
    OutputProof {
        name: output.name.clone(),
        claim,
    }
}

async fn claimed(
    room: &Room,
    places: (&Location, &Location),
    options: &SyncOptions,
) -> Result<Claim, Failed> {
    let ends = Ends::of_comparison(&room.sessions, places, options).await?;
    let mut comparison = plan::compared(room, &ends, options).await?;
    while comparison.next().await.is_some() {}
    if let Some(error) = comparison.failure_at_start() {
        return Err(error.into());
    }
    let complete = [Side::Left, Side::Right]
        .into_iter()
        .all(|side| comparison.end(side).is_complete());
    Ok(Claim::of(comparison.totals(), complete, Timestamp::now()))
}
