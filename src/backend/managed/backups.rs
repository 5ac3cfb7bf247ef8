//! Backups of file systems of FSx.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::backend::{ec2::Ec2, error::Error};
use crate::domain::cloud::{Backup, Managed, What};

use super::{FSX, Went, files};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Page {
    backups: Vec<Told>,
    next_token: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Told {
    backup_id: String,
    lifecycle: Option<String>,
    #[serde(rename = "Type")]
    kind: Option<String>,
    creation_time: Option<f64>,
    size_in_bytes: Option<u64>,
    #[serde(default)]
    tags: Vec<files::Told>,
    file_system: Option<Of>,
    volume: Option<Of>,
}

/// What a backup is of: a file system, or a volume on one.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Of {
    file_system_id: Option<String>,
    file_system_type: Option<String>,
    volume_type: Option<String>,
    #[serde(default)]
    storage_capacity: u64,
}

impl Ec2 {
    /// All backups of FSx in the region.
    pub async fn fsx_backups(&self) -> Result<Vec<Managed>, Error> {
        let mut all = Vec::new();
        let mut token = None;
        loop {
            let body = match token.take() {
                Some(token) => json!({ "NextToken": Value::String(token) }),
                None => json!({}),
            };
            let page: Page = self.json(&FSX, ("DescribeBackups", ""), &body).await?;
            let there = page.backups.into_iter();
            let there = there.filter(|one| !files::is_over(one.lifecycle.as_deref()));
            all.extend(there.map(|one| self.backup(one)));
            token = page.next_token.filter(|token| !token.is_empty());
            if token.is_none() {
                return Ok(all);
            }
        }
    }

    fn backup(&self, told: Told) -> Managed {
        let of = told.file_system.or(told.volume);
        let (id, kind, gib) = of.map_or_else(Default::default, |of| {
            let kind = of.file_system_type.or(of.volume_type);
            (of.file_system_id, kind, of.storage_capacity)
        });
        Managed {
            id: told.backup_id.into(),
            region: self.region().into(),
            name: "".into(),
            what: What::Backup(Backup {
                of: id.unwrap_or_default().into(),
                kind: kind.unwrap_or_default().into(),
                bytes: told.size_in_bytes,
                gib,
                automatic: told.kind.as_deref() == Some("AUTOMATIC"),
            }),
            created: files::time(told.creation_time),
            tags: Some(files::tags(told.tags)),
        }
    }

    pub(super) async fn delete_backup(&self, id: &str) -> Result<Went, Error> {
        let body = json!({ "BackupId": id });
        let _: Value = self.json(&FSX, ("DeleteBackup", id), &body).await?;
        Ok(Went::Asked)
    }
}
