//! The JSON records of instances.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use crate::domain::cloud::{Checks, Gauge, Observed, Price, Survey, Trouble};
use crate::humanize;

/// `instance`.
#[derive(Serialize)]
pub(super) struct InstanceRecord<'a> {
    r#type: &'static str,
    id: &'a str,
    name: &'a str,
    instance_type: &'a str,
    region: &'a str,
    zone: &'a str,
    state: &'static str,
    launched: Option<Timestamp>,
    up_seconds: Option<i64>,
    checks: ChecksRecord,
    scheduled: Vec<ScheduledRecord<'a>>,
    price_per_hour: Option<f64>,
    cost_so_far: Option<f64>,
    /// Whether the prices are estimates.
    estimate: bool,
    /// What holds now, percent and bytes a second.
    gauges: BTreeMap<&'static str, f64>,
    alarms: Vec<&'a str>,
    findings: Vec<FindingRecord>,
    tags: BTreeMap<&'a str, &'a str>,
}

#[derive(Serialize)]
pub(super) struct ChecksRecord {
    system: &'static str,
    instance: &'static str,
    ebs: &'static str,
}

impl From<&Checks> for ChecksRecord {
    fn from(checks: &Checks) -> Self {
        Self {
            system: checks.system.word(),
            instance: checks.instance.word(),
            ebs: checks.ebs.word(),
        }
    }
}

#[derive(Serialize)]
struct ScheduledRecord<'a> {
    code: &'a str,
    description: &'a str,
    not_before: Option<Timestamp>,
}

#[derive(Serialize)]
struct FindingRecord {
    rule: &'static str,
    sentence: String,
}

/// The name of a gauge in JSON.
fn key(gauge: Gauge) -> &'static str {
    match gauge {
        Gauge::Cpu => "cpu_percent",
        Gauge::Gpu => "gpu_percent",
        Gauge::Memory => "memory_percent",
        Gauge::Disk => "disk_percent",
        Gauge::NetworkIn => "network_in_bytes_per_second",
        Gauge::NetworkOut => "network_out_bytes_per_second",
        Gauge::DiskRead => "disk_read_bytes_per_second",
        Gauge::DiskWrite => "disk_write_bytes_per_second",
    }
}

impl<'a> InstanceRecord<'a> {
    pub(super) fn new(seen: &'a Observed, now: Timestamp) -> Self {
        let instance = &seen.instance;
        let price = seen.hourly();
        let so_far = seen.so_far(now);
        let gauges = Gauge::ALL.into_iter();
        let gauges = gauges.filter_map(|gauge| Some((key(gauge), seen.now(gauge, now)?)));
        Self {
            r#type: "instance",
            id: &instance.id,
            name: instance.name(),
            instance_type: &instance.kind,
            region: &instance.region,
            zone: &instance.zone,
            state: instance.state.word(),
            launched: instance.launched,
            up_seconds: instance.up(now).map(|up| up.as_secs()),
            checks: (&seen.checks).into(),
            scheduled: seen
                .scheduled
                .iter()
                .map(|planned| ScheduledRecord {
                    code: &planned.code,
                    description: &planned.description,
                    not_before: planned.not_before,
                })
                .collect(),
            price_per_hour: price.map(|price| price.amount),
            cost_so_far: so_far.map(|price| price.amount),
            estimate: price.or(so_far).is_some_and(|price| price.estimate),
            gauges: gauges.collect(),
            alarms: seen.alarms.iter().map(|alarm| &*alarm.name).collect(),
            findings: seen
                .findings
                .iter()
                .map(|finding| FindingRecord {
                    rule: finding.rule(),
                    sentence: humanize::finding(finding, now),
                })
                .collect(),
            tags: instance.tags.iter().map(|(k, v)| (&**k, &**v)).collect(),
        }
    }
}

/// `trouble`: a question that was not answered.
#[derive(Serialize)]
pub(in crate::cli::command) struct TroubleRecord<'a> {
    r#type: &'static str,
    operation: &'static str,
    region: &'a str,
    reason: &'a str,
}

impl<'a> TroubleRecord<'a> {
    pub(in crate::cli::command) fn new(trouble: &'a Trouble) -> Self {
        Self {
            r#type: "trouble",
            operation: trouble.operation,
            region: &trouble.region,
            reason: &trouble.words,
        }
    }
}

/// `summary` of a list of instances.
#[derive(Serialize)]
pub(super) struct SummaryRecord<'a> {
    r#type: &'static str,
    regions: &'a [Box<str>],
    instances: usize,
    price_per_hour: f64,
    estimate: bool,
    prices_dated: &'static str,
    requests: BTreeMap<&'a str, u64>,
    metrics: u64,
    cost: f64,
}

impl<'a> SummaryRecord<'a> {
    pub(super) fn new(survey: &'a Survey, shown: usize, hourly: Price) -> Self {
        let requests = survey.spent.requests.by_operation.iter();
        Self {
            r#type: "summary",
            regions: &survey.regions,
            instances: shown,
            price_per_hour: hourly.amount,
            estimate: hourly.estimate,
            prices_dated: &crate::domain::cloud::Rates::embedded().dated,
            requests: requests.map(|(name, n)| (&**name, *n)).collect(),
            metrics: survey.spent.metrics,
            cost: survey.spent.dollars(),
        }
    }
}

/// `console`: a line of a console, escaped.
#[derive(Serialize)]
pub(super) struct ConsoleRecord<'a> {
    r#type: &'static str,
    line: &'a str,
}

impl<'a> ConsoleRecord<'a> {
    pub(super) fn new(line: &'a str) -> Self {
        Self {
            r#type: "console",
            line,
        }
    }
}

/// `turned`: what was done to an instance, and the state in which its effect holds.
#[derive(Serialize)]
pub(super) struct TurnedRecord<'a> {
    pub(super) r#type: &'static str,
    pub(super) id: &'a str,
    pub(super) turn: &'static str,
    pub(super) state: &'static str,
    pub(super) seconds: f64,
}
