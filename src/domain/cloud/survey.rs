//! What one look at all instances found, with what could not be had, and what the look itself cost.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::domain::{
    health::{Finding, Gravity},
    progress::Requests,
};

use super::{
    instance::{Checks, Instance, Scheduled, State},
    price::Price,
    series::{Gauge, Series, Span},
};

/// An alarm of CloudWatch that is in the state ALARM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alarm {
    /// Its name.
    pub name: Box<str>,
    /// The instance that it watches.
    pub instance: Option<Box<str>>,
    /// CloudWatch's sentence.
    pub reason: Box<str>,
    /// Since when.
    pub since: Option<Timestamp>,
}

/// An instance with all that is known of it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Observed {
    /// The instance.
    pub instance: Instance,
    /// What its checks say.
    pub checks: Checks,
    /// What AWS has planned for it.
    pub scheduled: Vec<Scheduled>,
    /// What an hour costs while it runs.
    pub price: Option<Price>,
    /// What was measured.
    pub gauges: BTreeMap<Gauge, Series>,
    /// From when on it was measured.
    pub looked_from: Option<Timestamp>,
    /// Alarms that are ringing.
    pub alarms: Vec<Alarm>,
    /// What the rules found.
    pub findings: Vec<Finding>,
}

impl Observed {
    /// What it has cost since it was started last; volumes, addresses and traffic are not in it.
    pub fn so_far(&self, now: Timestamp) -> Option<Price> {
        let up = self.instance.up(now)?;
        let price = self.price?;
        Some(Price {
            amount: price.amount * up.as_secs_f64() / 3600.0,
            ..price
        })
    }

    /// What it costs now, an hour; 0 where it does not run.
    pub fn hourly(&self) -> Option<Price> {
        if self.instance.state.costs() {
            return self.price;
        }
        let nothing = self.instance.state != State::Unknown;
        nothing.then(Price::default)
    }

    /// The value of a gauge that holds now.
    pub fn now(&self, gauge: Gauge, now: Timestamp) -> Option<f64> {
        self.gauges.get(&gauge)?.now(now)
    }

    /// What AWS has planned next; what has no time comes first, for it may happen now.
    pub fn next_event(&self) -> Option<&Scheduled> {
        self.scheduled.iter().min_by_key(|event| event.not_before)
    }

    /// The gravest of what was found.
    pub fn gravity(&self) -> Option<Gravity> {
        self.findings.iter().map(Finding::gravity).max()
    }
}

/// A question that was not answered: its column is empty, and says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// The operation.
    pub operation: &'static str,
    /// In which region.
    pub region: Box<str>,
    /// What happened, and what to do next.
    pub words: Box<str>,
    /// Whether AWS asked to slow down.
    pub throttled: bool,
}

/// What the questions to AWS cost.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Spent {
    /// By operation.
    pub requests: Requests,
    /// Metrics that `GetMetricData` was asked for.
    pub metrics: u64,
}

/// Dollars for a metric of `GetMetricData` ($0.01 for 1,000).
const A_METRIC: f64 = 0.000_01;
/// Dollars for any other request to CloudWatch ($0.01 for 1,000; a million a month are free, which is not counted here).
const A_REQUEST: f64 = 0.000_01;

impl Spent {
    /// US dollars; questions to EC2 are free.
    pub fn dollars(&self) -> f64 {
        let asked = |(operation, n): &(Box<str>, u64)| {
            let billed = matches!(&**operation, "DescribeAlarms" | "ListMetrics");
            if billed { *n } else { 0 }
        };
        let others: u64 = self.requests.by_operation.iter().map(asked).sum();
        self.metrics as f64 * A_METRIC + others as f64 * A_REQUEST
    }
}

/// One look at all instances of some regions.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Survey {
    /// When it was answered.
    pub at: Timestamp,
    /// Which regions were asked.
    pub regions: Vec<Box<str>>,
    /// How far back was looked.
    pub span: Span,
    /// All instances.
    pub seen: Vec<Observed>,
    /// What could not be had.
    pub troubles: Vec<Trouble>,
    /// What was sent since the program began.
    pub spent: Spent,
    /// Seconds until the next look, where one follows.
    pub next: Option<u64>,
}

impl Survey {
    /// What all that runs costs in an hour; an estimate where one of them is, or has no price.
    pub fn hourly(&self) -> Price {
        let mut sum = Price::default();
        for seen in &self.seen {
            match seen.hourly() {
                Some(price) => {
                    sum.amount += price.amount;
                    sum.estimate |= price.estimate;
                }
                None => sum.estimate = true,
            }
        }
        sum
    }
}
