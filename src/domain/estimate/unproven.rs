//! What stays unproven in a plan, with what would settle it and what that costs.

use crate::domain::plan::Plan;

use super::Prices;

const MIB: f64 = 1_048_576.0;

/// A sentence about pairs that listings and metadata could not prove, and that are left as they are.
pub fn about_unproven(plan: &Plan, prices: &Prices) -> Option<String> {
    let left = plan.left.unproven;
    if left.objects == 0 {
        return None;
    }
    if !plan.gzips() {
        return Some(format!(
            "{} unproven left as they are: --check checksum looks into them",
            left.objects
        ));
    }
    let tariff = prices.of(None, None);
    let cost = tariff.to_internet(left.bytes);
    Some(format!(
        "{} gzip streams are unproven and left as they are: --check read settles that by reading {:.1} MiB at most (~${cost:.2})",
        left.objects,
        left.bytes as f64 / MIB
    ))
}
