//! Service Quotas: how many processors the account may run at once.

use serde::Deserialize;
use serde_json::json;

use crate::backend::{ec2::Ec2, error::Error};
use crate::domain::retry::FailureKind;

use super::{QUOTAS, unread};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Told {
    quota: Quota,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Quota {
    value: f64,
}

impl Ec2 {
    /// The value of a quota of EC2 in the region; AWS's own where nobody ever asked for another.
    pub async fn quota(&self, code: &str) -> Result<u64, Error> {
        let body = json!({ "ServiceCode": "ec2", "QuotaCode": code });
        let applied = ("GetServiceQuota", code);
        let told = match self.json::<Told>(&QUOTAS, applied, &body).await {
            Err(error) if error.failure_kind() == FailureKind::NotFound => {
                let default = ("GetAWSDefaultServiceQuota", code);
                self.json(&QUOTAS, default, &body).await?
            }
            told => told?,
        };
        whole(told.quota.value)
            .ok_or_else(|| unread(applied.0, code, "it is no number of processors"))
    }
}

/// A count that came as a number with a point.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "its range was looked at"
)]
fn whole(value: f64) -> Option<u64> {
    let fits = value.is_finite() && (0.0..1e15).contains(&value);
    fits.then_some(value as u64)
}
