//! Service Quotas, as far as it tells how many processors may run at once: the limit that launches are held against.

use serde_json::json;

use crate::demo::cloud::{Refusal, World};

use super::{Act, Ask, Said, Told};

/// What may run where nobody set a limit.
const PLENTY: u32 = 256;

pub(super) static OPERATIONS: [(&str, Act); 2] = [
    ("GetAWSDefaultServiceQuota", default),
    ("GetServiceQuota", applied),
];

/// What was granted; nothing is told of what nobody ever asked to change, as at AWS.
fn applied(ask: &Ask<'_>, world: &mut World) -> Told {
    match world.ground.quota {
        Some(quota) => tell(ask, quota),
        None => Err(Refusal::new(
            "NoSuchResourceException",
            "The request failed because the specified service quota does not exist.",
        )),
    }
}

fn default(ask: &Ask<'_>, _world: &mut World) -> Told {
    tell(ask, PLENTY)
}

fn tell(ask: &Ask<'_>, quota: u32) -> Told {
    let code = ask.text("QuotaCode").unwrap_or_default();
    if ask.text("ServiceCode") != Some("ec2") || !code.starts_with("L-") {
        let message = "The request failed because the specified service does not exist.";
        return Err(Refusal::new("IllegalArgumentException", message));
    }
    Ok(Said::Json(json!({
        "Quota": { "ServiceCode": "ec2", "QuotaCode": code, "Value": f64::from(quota), "Unit": "None" },
    })))
}
