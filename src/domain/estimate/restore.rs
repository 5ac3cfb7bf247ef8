//! What is restored out of an archive before it moves: how much, how long that takes, and what it costs.

use crate::domain::{
    entry::{Facts, Tally},
    plan::{Plan, RestoreTier},
};

use super::Prices;

const GIB: f64 = 1_073_741_824.0;

/// What a tier asks of this class: for the bytes as a share of what `standard` asks (the `retrieve` of the price table), and
/// US dollars for 1,000 requests. AWS's list for us-east-1 as of the table's date; other regions keep to these shares.
fn terms(class: Option<&str>, tier: RestoreTier) -> (f64, f64) {
    match (class, tier) {
        (Some("DEEP_ARCHIVE"), RestoreTier::Bulk) => (0.125, 0.025),
        (Some("DEEP_ARCHIVE"), RestoreTier::Standard | RestoreTier::Expedited) => (1.0, 0.1),
        (_, RestoreTier::Bulk) => (0.0, 0.0),
        (_, RestoreTier::Standard) => (1.0, 0.05),
        (_, RestoreTier::Expedited) => (3.0, 10.0),
    }
}

/// A sentence about archived sources that are restored first.
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
        let class = Facts::class(facts);
        let (share, request) = terms(class, restore.tier);
        cost += prices.of(region, class).retrieval(facts.size) * share + request / 1000.0;
    }
    if all.objects == 0 {
        return None;
    }
    Some(format!(
        "{} archived, {:.2} GiB, restored first: the task waits for them ({}: {}; ~${cost:.2}; the copies stay for {} days)",
        all.objects,
        all.bytes as f64 / GIB,
        restore.tier.word(),
        restore.tier.times(),
        restore.days
    ))
}

#[cfg(test)]
mod tests {
    use super::{RestoreTier, terms};

    #[test]
    fn tiers_cost_the_more_the_quicker_they_are() {
        for class in [Some("GLACIER"), Some("DEEP_ARCHIVE")] {
            let [expedited, standard, bulk] = RestoreTier::ALL.map(|tier| terms(class, tier));
            assert!(bulk.0 < standard.0 && bulk.1 < standard.1);
            assert!(standard.0 <= expedited.0 && standard.1 <= expedited.1);
        }
    }
}
