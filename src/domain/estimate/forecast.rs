//! What a plan is expected to ask, in short: kept with the task, so that what was sent can be held against it at the end.

use serde::{Deserialize, Serialize};

use super::{Estimate, Prices, Terms};
use crate::domain::{
    plan::{Op, Plan},
    progress::Requests,
};

/// What the selected steps of a plan ask, the recount among it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Forecast {
    /// By operation.
    pub requests: Requests,
    /// US dollars, requests and traffic.
    pub cost: f64,
    /// Change of the bill for storage, US dollars a month.
    pub month: f64,
    /// The same through this machine, where the server copies.
    pub relay: Option<Relayed>,
}

/// What a relay would ask for what the server copies.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Relayed {
    /// Requests in all.
    pub requests: u64,
    /// US dollars, requests and traffic.
    pub cost: f64,
}

impl Forecast {
    /// What this plan asks, at the embedded prices.
    pub fn of(plan: &Plan) -> Self {
        let (terms, prices) = (Terms::of(plan), Prices::embedded());
        let estimate = Estimate::of(plan, &terms, prices);
        let copies = plan.selected().any(|group| group.op == Op::Copy);
        let relay = copies.then(|| {
            let relayed = Estimate::through_here(plan, &terms, prices);
            Relayed {
                requests: all(&relayed).total(),
                cost: relayed.cost(),
            }
        });
        Self {
            requests: all(&estimate),
            cost: estimate.cost(),
            month: estimate.month_cost,
            relay,
        }
    }
}

/// The requests with those of the recount.
fn all(estimate: &Estimate) -> Requests {
    let mut requests = estimate.requests.clone();
    if estimate.recount > 0 {
        requests.join(&Requests {
            by_operation: vec![("ListObjectsV2".into(), estimate.recount)],
        });
    }
    requests
}
