//! How a wrap-up stands: what front ends show and reports keep.

use jiff::Timestamp;

use super::{
    gate::{Open, OutputProof},
    resource::{Kind, Origin, Resource, Target},
    spent::Spent,
    teardown::{End, Fate},
    training::{Launched, Training},
};

use crate::domain::cloud::{Price, Trouble};

/// Kinds of things that cost and that this version does not look for: told, so that nobody takes silence for their absence.
pub const NOT_LOOKED_FOR: [&str; 5] = [
    "fleets",
    "reservations",
    "VPC endpoints",
    "notebooks",
    "traffic",
];

/// What a run allows a launch of its, as its configuration says.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Bounds {
    /// Hours after which it ends.
    pub max_hours: Option<f64>,
    /// US dollars after which it ends.
    pub max_cost: Option<f64>,
}

/// How it all stands.
#[derive(Debug, Clone, Default)]
pub struct Wrapped {
    /// The account.
    pub account: Box<str>,
    /// Its names; none where it has none, or nobody tells.
    pub aliases: Vec<Box<str>>,
    /// The newest launch of the run; `None` where nobody knows of any.
    pub launch: Option<Launched>,
    /// How its training stands.
    pub training: Training,
    /// What was seen of its process on its instances, in words; `None` where that was not asked.
    pub process: Option<Box<str>>,
    /// How many of its instances are not at rest.
    pub awake: usize,
    /// Everything that costs, or did.
    pub resources: Vec<Resource>,
    /// The outputs.
    pub proofs: Vec<OutputProof>,
    /// What keeps the gate shut; empty where it is open.
    pub open: Vec<Open>,
    /// Why it was done without proof.
    pub override_proof: Option<Box<str>>,
    /// Whether anything was to be deleted.
    pub applied: bool,
    /// What became of what was to go.
    pub ends: Vec<End>,
    /// What an hour of it all cost before anything went.
    pub was: Price,
    /// What the run came to, thing by thing, also what is gone.
    pub spent: Vec<Spent>,
    /// What could not be had.
    pub troubles: Vec<Trouble>,
    /// What the run allows.
    pub bounds: Bounds,
}

impl Wrapped {
    /// The account, with its names behind it.
    pub fn whose(&self) -> String {
        match self.aliases.as_slice() {
            [] => self.account.to_string(),
            names => format!("{} ({})", self.account, names.join(", ")),
        }
    }

    /// What still costs, as far as anybody knows.
    pub fn left(&self) -> impl Iterator<Item = &Resource> {
        let stays = |one: &&Resource| one.exists() && self.fate(&one.target()) != Some(&Fate::Gone);
        self.resources.iter().filter(stays)
    }

    /// The instance that its outputs can be pushed from: that of the newest launch, else one of the run.
    pub fn pusher(&self) -> Option<&Resource> {
        let launched = self.launch.as_ref().and_then(|one| one.instance.as_deref());
        let own = |one: &&Resource| one.kind == Kind::Instance && one.origin == Origin::ThisRun;
        let mut of_launch = self.left().filter(own);
        let found = of_launch.find(|one| Some(&*one.id) == launched);
        found.or_else(|| self.left().find(own))
    }

    /// What the run came to by now.
    pub fn spent(&self, now: Timestamp) -> Price {
        let all = self.spent.iter().map(|one| one.cost(now));
        all.fold(Price::default(), Price::and)
    }

    /// What became of a thing that was to go.
    pub fn fate(&self, target: &Target) -> Option<&Fate> {
        let end = self.ends.iter().find(|end| end.target == *target);
        end.map(|end| &end.fate)
    }
}

/// An hour of all that `wanted` takes.
pub fn cost<'a>(
    resources: impl IntoIterator<Item = &'a Resource>,
    wanted: impl Fn(&Resource) -> bool,
) -> Price {
    let taken = resources.into_iter().filter(|one| wanted(one));
    taken.fold(Price::default(), |sum, one| sum.and(one.price))
}

impl Resource {
    /// Whether it hangs on something that goes, and is not ticked itself: a ghost cost in the making.
    pub fn is_left_behind(&self, all: &[Self]) -> bool {
        let goes = |id: &str| all.iter().any(|other| other.selected && *other.id == *id);
        self.exists() && !self.selected && !self.goes_with && self.on.as_deref().is_some_and(goes)
    }

    /// The other run that made it.
    pub fn other_run(&self) -> Option<&str> {
        match &self.origin {
            Origin::OtherRun(run) => Some(run),
            Origin::ThisRun | Origin::Unknown | Origin::Gone => None,
        }
    }
}
