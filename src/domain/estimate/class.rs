//! What a storage class bills beyond bytes and months: a least size and a least time, told before a plan runs.

use crate::domain::plan::Plan;

use super::Prices;

const KIB: u64 = 1024;

/// Sentences about the class that a plan writes to, where it bills more than a person may expect.
pub fn about_class(plan: &Plan, prices: &Prices) -> Vec<String> {
    let Some(class) = plan.options.storage_class.as_deref() else {
        return Vec::new();
    };
    if plan.destination.s3().is_none() {
        return Vec::new();
    }
    let sizes = || {
        let written = plan.steps().filter(|step| step.op.moves());
        written.map(super::Step::size)
    };
    let tariff = prices.of(None, Some(class));
    let (all, small) = (
        sizes().count(),
        sizes().filter(|size| *size < tariff.minimum()).count(),
    );
    let mut told = Vec::new();
    if small > 0 {
        let billed: u64 = sizes().map(|size| size.max(tariff.minimum())).sum();
        let least = tariff.minimum() / KIB;
        let times = billed as f64 / sizes().sum::<u64>().max(1) as f64;
        told.push(format!(
            "{small} of {all} objects are smaller than the {least} KiB that {class} bills at least: {times:.1} times the bytes are paid for"
        ));
    }
    if all > 0 && tariff.days() > 0 {
        let days = tariff.days();
        told.push(format!(
            "{class} bills each object for {days} days at least, also where it is deleted or replaced before"
        ));
    }
    told
}
