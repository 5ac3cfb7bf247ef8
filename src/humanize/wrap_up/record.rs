//! The JSON records of a wrap-up: of the command line, and of the report.

use jiff::Timestamp;
use serde::Serialize;

use crate::domain::wrap_up::{
    Claim, End, Fate, Keep, Launched, NOT_LOOKED_FOR, OutputProof, Resource, Spent, Wrapped, cost,
};

use super::open;

/// `resource`.
#[derive(Serialize)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own about the thing"
)]
pub struct ResourceRecord<'a> {
    r#type: &'static str,
    id: &'a str,
    kind: &'static str,
    region: &'a str,
    name: &'a str,
    about: &'a str,
    price_per_hour: f64,
    estimate: bool,
    /// Since when it costs; an instance since it was started last.
    since: Option<Timestamp>,
    origin: &'static str,
    /// The other run that made it.
    run: Option<&'a str>,
    on: Option<&'a str>,
    goes_with_instance: bool,
    /// What would go with it and stays: it is not selected for that.
    held_by: Option<&'a str>,
    kept: bool,
    /// Why.
    kept_because: Option<&'static str>,
    selected: bool,
}

impl<'a> ResourceRecord<'a> {
    /// As the contract has it.
    pub fn new(one: &'a Resource) -> Self {
        Self {
            r#type: "resource",
            id: &one.id,
            kind: one.kind.word(),
            region: &one.region,
            name: &one.name,
            about: &one.about,
            price_per_hour: one.price.amount,
            estimate: one.price.estimate,
            since: one.since,
            origin: one.origin.words(),
            run: one.other_run(),
            on: one.on.as_deref(),
            goes_with_instance: one.goes_with,
            held_by: one.held_by.as_deref(),
            kept: one.kept.is_some(),
            kept_because: one.kept.map(Keep::words),
            selected: one.selected,
        }
    }
}

/// `proof`: an output of the run.
#[derive(Serialize)]
pub struct ProofRecord<'a> {
    r#type: &'static str,
    output: &'a str,
    proven: bool,
    objects: Option<u64>,
    bytes: Option<u64>,
    at: Option<Timestamp>,
    /// When the instance recorded what it was compared with.
    record: Option<Timestamp>,
    reason: Option<&'a str>,
}

impl<'a> ProofRecord<'a> {
    /// As the contract has it.
    pub fn new(proof: &'a OutputProof) -> Self {
        let (mut proven, mut reason, mut gaps) = (None, None, None);
        match &proof.claim {
            Claim::Proven(told) => proven = Some(*told),
            Claim::Gaps { objects, words } => {
                gaps = Some(*objects);
                reason = Some(words.as_str());
            }
            Claim::Nothing { why } => reason = Some(why.as_str()),
        }
        Self {
            r#type: "proof",
            output: &proof.name,
            proven: proven.is_some(),
            objects: proven.map(|told| told.objects).or(gaps),
            bytes: proven.map(|told| told.bytes),
            at: proven.map(|told| told.at),
            record: proven.and_then(|told| told.record),
            reason,
        }
    }
}

/// `ended`: what became of a thing.
#[derive(Serialize)]
pub struct EndRecord<'a> {
    r#type: &'static str,
    id: &'a str,
    kind: &'static str,
    region: &'a str,
    gone: bool,
    reason: Option<&'a str>,
}

impl<'a> EndRecord<'a> {
    /// As the contract has it.
    pub fn new(end: &'a End) -> Self {
        let reason = match &end.fate {
            Fate::Gone => None,
            Fate::Stays { why } => Some(why.as_str()),
        };
        Self {
            r#type: "ended",
            id: &end.target.id,
            kind: end.target.kind.word(),
            region: &end.target.region,
            gone: reason.is_none(),
            reason,
        }
    }
}

/// `cost`: what a thing of the run came to.
#[derive(Serialize)]
pub struct CostRecord<'a> {
    r#type: &'static str,
    id: &'a str,
    kind: &'a str,
    region: &'a str,
    name: &'a str,
    about: &'a str,
    since: Option<Timestamp>,
    /// When it went; `None` where it costs on.
    until: Option<Timestamp>,
    cost: f64,
    estimate: bool,
}

impl<'a> CostRecord<'a> {
    /// As the contract has it.
    pub fn new(one: &'a Spent, now: Timestamp) -> Self {
        let cost = one.cost(now);
        Self {
            r#type: "cost",
            id: &one.id,
            kind: &one.kind,
            region: &one.region,
            name: &one.name,
            about: &one.about,
            since: one.since(),
            until: one.until(),
            cost: cost.amount,
            estimate: cost.estimate,
        }
    }
}

/// The newest launch of the run.
#[derive(Serialize)]
pub struct LaunchRecord<'a> {
    name: &'a str,
    instance: Option<&'a str>,
    instance_type: Option<&'a str>,
    spot: Option<bool>,
    /// Where it told last that it is.
    state: Option<&'static str>,
    outcome: Option<&'a str>,
    exit: Option<i64>,
    why: Option<&'a str>,
    commit: Option<&'a str>,
    began: Option<Timestamp>,
    /// When it told that.
    at: Option<Timestamp>,
}

impl<'a> LaunchRecord<'a> {
    /// As the contract has it.
    pub fn new(one: &'a Launched) -> Self {
        let status = one.status.as_ref();
        Self {
            name: &one.name,
            instance: one.instance.as_deref(),
            instance_type: one.kind.as_deref(),
            spot: one.spot,
            state: status.map(|status| status.state.word()),
            outcome: status.and_then(|status| status.outcome.as_deref()),
            exit: status.and_then(|status| status.exit),
            why: status.and_then(|status| status.why.as_deref()),
            commit: status.and_then(|status| status.commit.as_deref()),
            began: status.and_then(|status| status.began),
            at: status.and_then(|status| status.at),
        }
    }
}

/// `summary` of a wrap-up.
#[derive(Serialize)]
pub struct SummaryRecord<'a> {
    r#type: &'static str,
    run: &'a str,
    account: &'a str,
    aliases: &'a [Box<str>],
    /// How the training stands: `ended`, `runs`, `idle`, `silent`, `never trained`, `never launched`.
    training: &'static str,
    launch: Option<LaunchRecord<'a>>,
    applied: bool,
    open: Vec<String>,
    override_proof: Option<&'a str>,
    /// What still costs.
    price_per_hour: f64,
    /// What it all cost before anything went.
    was_per_hour: f64,
    selected_per_hour: f64,
    /// What the run came to by now, also what is gone.
    cost_so_far: f64,
    cost_is_estimate: bool,
    gone: usize,
    stays: usize,
    not_looked_for: &'static [&'static str],
    max_hours: Option<f64>,
    max_cost: Option<f64>,
}

impl<'a> SummaryRecord<'a> {
    /// As the contract has it.
    pub fn new(run: &'a str, wrapped: &'a Wrapped, now: Timestamp) -> Self {
        let cost = |wanted: fn(&Resource) -> bool| cost(wrapped.left(), wanted).amount;
        let spent = wrapped.spent(now);
        let gone = wrapped.ends.iter();
        let gone = gone.filter(|end| end.fate == Fate::Gone).count();
        Self {
            r#type: "summary",
            run,
            account: &wrapped.account,
            aliases: &wrapped.aliases,
            training: wrapped.training.word(),
            launch: wrapped.launch.as_ref().map(LaunchRecord::new),
            applied: wrapped.applied,
            open: wrapped.open.iter().map(open).collect(),
            override_proof: wrapped.override_proof.as_deref(),
            price_per_hour: cost(|_| true),
            was_per_hour: wrapped.was.amount,
            selected_per_hour: cost(|one| one.selected),
            cost_so_far: spent.amount,
            cost_is_estimate: spent.estimate,
            gone,
            stays: wrapped.ends.len() - gone,
            not_looked_for: &NOT_LOOKED_FOR,
            max_hours: wrapped.bounds.max_hours,
            max_cost: wrapped.bounds.max_cost,
        }
    }
}
