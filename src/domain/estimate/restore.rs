//! What is restored out of an archive before it moves: how much, how long that takes, and what it costs.

use crate::domain::{
    entry::{Facts, Tally},
    plan::Plan,
};

use super::Prices;

const GIB: f64 = 1_073_741_824.0;

/// A sentence about archived sources that are restored first; the price is that of the tier `standard`.
pub fn about_restore(plan: &Plan, prices: &Prices) -> Option<String> {
    let restore = plan.options.restore?;
    let mut all = Tally::default();
    let mut cost = 0.0;
    let region = plan.regions.source.as_deref();
    let sources = plan.steps().filter(|step| step.op.moves());
    let archived = sources
        .filter_map(|step| step.source.as_ref())
        .filter(|facts| facts.is_archived());
    for facts in archived {
        all.add(facts.size);
        cost += prices.of(region, Facts::class(facts)).retrieval(facts.size);
    }
    if all.objects == 0 {
        return None;
    }
    Some(format!(
        "{} archived, {:.2} GiB, restored first: the task waits for them ({}: {}; ~${cost:.2} by the price of standard; the copies stay for {} days)",
        all.objects,
        all.bytes as f64 / GIB,
        restore.tier.word(),
        restore.tier.times(),
        restore.days
    ))
}
