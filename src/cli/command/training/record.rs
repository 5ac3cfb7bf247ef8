//! A run as a JSON record.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use crate::domain::{
    launch::Status,
    training::{
        alert::Alert, ask::SourceAsk, lamp::Lamp, machine::Machine, origin::Origin, read::Format,
        standing::Standing,
    },
};
use crate::engine::training::Followed;

/// `run`: how a training run stands. Values that are no finite number are null, with their word beside.
#[derive(Debug, Serialize)]
pub(super) struct RunRecord<'a> {
    r#type: &'static str,
    name: &'a str,
    state: &'static str,
    last_step: Option<u64>,
    total_steps: Option<u64>,
    epoch: Option<f64>,
    total_epochs: Option<f64>,
    progress: Option<f64>,
    eta_seconds: Option<[u64; 2]>,
    last_step_at: Option<Timestamp>,
    step_seconds: Option<f64>,
    metrics: BTreeMap<&'a str, Newest>,
    lamps: Lamps,
    checkpoints: Vec<CheckpointRecord>,
    sources: Vec<SourceRecord>,
    remarks: Vec<String>,
    ended: Option<Ending>,
    launch: Option<LaunchRecord<'a>>,
}

/// What its launch tells of itself.
#[derive(Debug, Serialize)]
struct LaunchRecord<'a> {
    name: &'a str,
    state: &'static str,
    outcome: Option<&'a str>,
    exit: Option<i64>,
    why: Option<&'a str>,
    pushed: Option<bool>,
    proven: Option<bool>,
    at: Option<Timestamp>,
}

impl<'a> LaunchRecord<'a> {
    fn new(status: &'a Status) -> Self {
        Self {
            name: &status.launch,
            state: status.state.word(),
            outcome: status.outcome.as_deref(),
            exit: status.exit,
            why: status.why.as_deref(),
            pushed: status.pushed,
            proven: status.proven,
            at: status.at,
        }
    }
}

#[derive(Debug, Serialize)]
struct Newest {
    step: u64,
    value: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    word: Option<String>,
    points: usize,
}

#[derive(Debug, Serialize)]
struct Lamps {
    checks: &'static str,
    agent: &'static str,
    process: &'static str,
    step: &'static str,
    instance: Option<Box<str>>,
    checks_evidence: Box<str>,
    agent_evidence: Box<str>,
    process_evidence: Box<str>,
    looked: Option<Timestamp>,
    step_age_seconds: Option<u64>,
    step_budget_seconds: Option<u64>,
}

#[derive(Debug, Serialize)]
struct CheckpointRecord {
    place: String,
    name: Option<String>,
    step: Option<u64>,
    size: Option<u64>,
    at: Option<Timestamp>,
    lost_steps: Option<u64>,
    lost_seconds: Option<u64>,
    reason: Option<Box<str>>,
}

#[derive(Debug, Serialize)]
struct SourceRecord {
    from: String,
    format: Option<&'static str>,
    files: usize,
    bytes: u64,
    skipped: u64,
    earlier: bool,
    odd: u64,
    written: Option<Timestamp>,
    reason: Option<Box<str>>,
}

#[derive(Debug, Serialize)]
struct Ending {
    well: bool,
    words: String,
}

/// `alert` of a run.
#[derive(Debug, Serialize)]
pub(super) struct AlertRecord<'a> {
    r#type: &'static str,
    run: &'a str,
    alert: &'static str,
    text: &'a str,
}

impl<'a> AlertRecord<'a> {
    pub(super) fn new(run: &'a str, alert: Alert, text: &'a str) -> Self {
        Self {
            r#type: "alert",
            run,
            alert: alert.word(),
            text,
        }
    }
}

/// The record of a run at `now`.
pub(super) fn record(followed: &Followed, now: Timestamp) -> RunRecord<'_> {
    let run = &followed.run;
    let metrics = run.metrics().filter_map(|(name, series)| {
        let last = series.last()?;
        let value = last.value;
        let newest = Newest {
            step: last.step,
            value,
            word: (!value.is_finite()).then(|| value.to_string()),
            points: series.len(),
        };
        Some((&**name, newest))
    });
    RunRecord {
        r#type: "run",
        name: &followed.ask.name,
        state: run.state(now).word(),
        last_step: run.last().map(|last| last.step),
        total_steps: run.total_steps(),
        epoch: run.epoch(),
        total_epochs: run.total_epochs(),
        progress: run.progress(),
        eta_seconds: run
            .eta(now)
            .map(|eta| [eta.soonest.as_secs(), eta.latest.as_secs()]),
        last_step_at: run.last_time(),
        step_seconds: run.usual().map(|usual| usual.step),
        metrics: metrics.collect(),
        lamps: lamps(&followed.machine, run.step_lamp(now)),
        checkpoints: checkpoints(followed),
        sources: sources(followed),
        remarks: run.remarks(),
        ended: run.ended().map(|ended| Ending {
            well: ended.well,
            words: ended.words.into(),
        }),
        launch: run.launch.as_ref().map(LaunchRecord::new),
    }
}

fn lamps(machine: &Machine, step: Lamp) -> Lamps {
    Lamps {
        checks: machine.checks.light.word(),
        agent: machine.agent.light.word(),
        process: machine.process.light.word(),
        step: step.light.word(),
        instance: machine.id.clone(),
        checks_evidence: machine.checks.words.clone(),
        agent_evidence: machine.agent.words.clone(),
        process_evidence: machine.process.words.clone(),
        looked: machine.each().iter().filter_map(|(_, seen)| seen.at).max(),
        step_age_seconds: step.age.map(|age| age.as_secs()),
        step_budget_seconds: step.budget.map(|budget| budget.as_secs()),
    }
}

fn checkpoints(followed: &Followed) -> Vec<CheckpointRecord> {
    let places = followed.ask.checkpoints.iter().enumerate();
    let of = |(at, place): (usize, &Origin)| {
        let newest = followed.run.checkpoints.get(at).and_then(Option::as_ref);
        let loss = newest
            .zip(followed.run.last())
            .map(|(newest, last)| newest.loss(last));
        CheckpointRecord {
            place: place.to_string(),
            name: newest.map(|newest| newest.name.printable().into_owned()),
            step: newest.and_then(|newest| newest.step),
            size: newest.map(|newest| newest.size),
            at: newest.map(|newest| newest.at),
            lost_steps: loss.and_then(|loss| loss.steps),
            lost_seconds: loss.map(|loss| loss.time.as_secs()),
            reason: followed.unlisted.get(at).cloned().flatten(),
        }
    };
    places.map(of).collect()
}

fn sources(followed: &Followed) -> Vec<SourceRecord> {
    let pairs = followed.ask.sources.iter().zip(&followed.standings);
    let record = |(ask, standing): (&SourceAsk, &Standing)| SourceRecord {
        from: ask.from.to_string(),
        format: standing.format.map(Format::word),
        files: standing.files,
        bytes: standing.bytes,
        skipped: standing.skipped,
        earlier: standing.earlier,
        odd: standing.odd,
        written: standing.written,
        reason: standing.trouble.clone(),
    };
    pairs.map(record).collect()
}
