//! Groups of CloudWatch Logs, with what they keep.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::backend::{ec2::Ec2, error::Error};
use crate::domain::cloud::{Managed, What};

use super::{LOGS, Tags, Went};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    log_groups: Vec<Told>,
    next_token: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    log_group_name: String,
    arn: Option<String>,
    /// Milliseconds.
    creation_time: Option<i64>,
    #[serde(default)]
    stored_bytes: u64,
    retention_in_days: Option<u64>,
}

impl Ec2 {
    /// All log groups of the region; `tags` are those of the region.
    pub async fn log_groups(&self, tags: &Tags) -> Result<Vec<Managed>, Error> {
        let mut all = Vec::new();
        let mut token = None;
        loop {
            let body = match token.take() {
                Some(token) => json!({ "nextToken": Value::String(token) }),
                None => json!({}),
            };
            let page: Page = self.json(&LOGS, ("DescribeLogGroups", ""), &body).await?;
            all.extend(page.log_groups.into_iter().map(|one| {
                // The ARN of a group ends with `:*` for its streams, and without it among tags.
                let arn = one.arn.unwrap_or_default();
                let made = one.creation_time;
                Managed {
                    region: self.region().into(),
                    name: "".into(),
                    what: What::Logs {
                        bytes: one.stored_bytes,
                        days: one.retention_in_days,
                    },
                    created: made.and_then(|at| jiff::Timestamp::from_millisecond(at).ok()),
                    tags: tags.of(arn.trim_end_matches(":*")),
                    id: one.log_group_name.into(),
                }
            }));
            token = page.next_token.filter(|token| !token.is_empty());
            if token.is_none() {
                return Ok(all);
            }
        }
    }

    pub(super) async fn delete_log_group(&self, id: &str) -> Result<Went, Error> {
        let body = json!({ "logGroupName": id });
        let _: Value = self.json(&LOGS, ("DeleteLogGroup", id), &body).await?;
        Ok(Went::Asked)
    }
}
