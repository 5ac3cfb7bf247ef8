//! File systems of EFS and of FSx.

use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::backend::{ec2::Ec2, error::Error};
use crate::domain::cloud::{Efs, Fsx, Managed, Tag, What};

use super::{EFS, FSX, Question, Went, encoded, unread};

/// The version in each path of EFS.
const VERSION: &str = "/2015-02-01";

/// A tag, as both write it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Told {
    key: String,
    #[serde(default)]
    value: String,
}

/// Tags in our words.
pub(super) fn tags(told: Vec<Told>) -> Vec<Tag> {
    let told = told.into_iter();
    told.map(|tag| (tag.key.into(), tag.value.into())).collect()
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct EfsPage {
    file_systems: Vec<EfsTold>,
    next_marker: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct EfsTold {
    file_system_id: String,
    name: Option<String>,
    creation_time: Option<f64>,
    life_cycle_state: Option<String>,
    #[serde(default)]
    number_of_mount_targets: u64,
    size_in_bytes: Sizes,
    provisioned_throughput_in_mibps: Option<f64>,
    availability_zone_id: Option<String>,
    #[serde(default)]
    tags: Vec<Told>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Sizes {
    #[serde(default)]
    value: u64,
    #[serde(rename = "ValueInIA")]
    infrequent: Option<u64>,
    #[serde(rename = "ValueInArchive")]
    archive: Option<u64>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Mounts {
    mount_targets: Vec<Mount>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Mount {
    mount_target_id: String,
    life_cycle_state: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct FsxPage {
    file_systems: Vec<FsxTold>,
    next_token: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct FsxTold {
    file_system_id: String,
    file_system_type: String,
    lifecycle: Option<String>,
    creation_time: Option<f64>,
    #[serde(default)]
    storage_capacity: u64,
    storage_type: Option<String>,
    #[serde(default)]
    tags: Vec<Told>,
    windows_configuration: Option<Throughput>,
    ontap_configuration: Option<Throughput>,
    #[serde(rename = "OpenZFSConfiguration")]
    open_zfs_configuration: Option<Throughput>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Throughput {
    throughput_capacity: Option<f64>,
}

/// A time as JSON has it: seconds, with their fractions.
pub(super) fn time(seconds: Option<f64>) -> Option<jiff::Timestamp> {
    let span = jiff::SignedDuration::try_from_secs_f64(seconds?).ok()?;
    jiff::Timestamp::UNIX_EPOCH.checked_add(span).ok()
}

/// A whole number of something that is told as a fraction.
fn whole(told: Option<f64>) -> u64 {
    let told = told.unwrap_or_default().max(0.0).round();
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is whole and not below nothing; what is too large stays the largest"
    )]
    let whole = told as u64;
    whole
}

/// Whether it is over, or will be.
pub(super) fn is_over(state: Option<&str>) -> bool {
    state.is_some_and(|state| state.eq_ignore_ascii_case("deleted"))
}

impl Ec2 {
    /// Asks EFS.
    async fn efs_asks(
        &self,
        (operation, target): (&'static str, &str),
        (method, path): (Method, String),
    ) -> Result<bytes::Bytes, Error> {
        let question = Question {
            method,
            path: format!("{VERSION}{path}"),
            body: String::new(),
            operation,
        };
        self.ask(&EFS, target, question).await
    }

    /// All file systems of EFS in the region.
    pub async fn efs(&self) -> Result<Vec<Managed>, Error> {
        let mut all = Vec::new();
        let mut marker = String::new();
        loop {
            let operation = ("DescribeFileSystems", "");
            let path = format!("/file-systems{marker}");
            let body = self.efs_asks(operation, (Method::GET, path)).await?;
            let page: EfsPage = serde_json::from_slice(&body)
                .map_err(|why| unread(operation.0, "", &why.to_string()))?;
            let there = page.file_systems.into_iter();
            let there = there.filter(|one| !is_over(one.life_cycle_state.as_deref()));
            all.extend(there.map(|one| self.one_efs(one)));
            match page.next_marker.filter(|next| !next.is_empty()) {
                Some(next) => marker = format!("?Marker={}", encoded(&next)),
                None => return Ok(all),
            }
        }
    }

    fn one_efs(&self, told: EfsTold) -> Managed {
        let sizes = told.size_in_bytes;
        let (infrequent, archive) = (
            sizes.infrequent.unwrap_or_default(),
            sizes.archive.unwrap_or_default(),
        );
        Managed {
            id: told.file_system_id.into(),
            region: self.region().into(),
            name: told.name.unwrap_or_default().into(),
            what: What::Efs(Efs {
                standard: sizes.value.saturating_sub(infrequent + archive),
                infrequent,
                archive,
                one_zone: told.availability_zone_id.is_some(),
                provisioned: whole(told.provisioned_throughput_in_mibps),
                mounts: told.number_of_mount_targets,
            }),
            created: time(told.creation_time),
            tags: Some(tags(told.tags)),
        }
    }

    /// Its mount targets first, and when they are gone itself.
    pub(super) async fn delete_efs(&self, id: &str) -> Result<Went, Error> {
        let operation = ("DescribeMountTargets", id);
        let path = format!("/mount-targets?FileSystemId={}", encoded(id));
        let body = self.efs_asks(operation, (Method::GET, path)).await?;
        let mounts: Mounts = serde_json::from_slice(&body)
            .map_err(|why| unread(operation.0, id, &why.to_string()))?;
        for mount in &mounts.mount_targets {
            if mount.life_cycle_state.as_deref() == Some("deleting") {
                continue;
            }
            let operation = ("DeleteMountTarget", mount.mount_target_id.as_str());
            let path = format!("/mount-targets/{}", encoded(operation.1));
            self.efs_asks(operation, (Method::DELETE, path)).await?;
        }
        if !mounts.mount_targets.is_empty() {
            return Ok(Went::Prepared);
        }
        let path = format!("/file-systems/{}", encoded(id));
        self.efs_asks(("DeleteFileSystem", id), (Method::DELETE, path))
            .await?;
        Ok(Went::Asked)
    }

    /// All file systems of FSx in the region.
    pub async fn fsx(&self) -> Result<Vec<Managed>, Error> {
        let mut all = Vec::new();
        let mut token = None;
        loop {
            let body = match token.take() {
                Some(token) => json!({ "NextToken": Value::String(token) }),
                None => json!({}),
            };
            let page: FsxPage = self.json(&FSX, ("DescribeFileSystems", ""), &body).await?;
            let there = page.file_systems.into_iter();
            let there = there.filter(|one| !is_over(one.lifecycle.as_deref()));
            all.extend(there.map(|one| self.one_fsx(one)));
            token = page.next_token.filter(|token| !token.is_empty());
            if token.is_none() {
                return Ok(all);
            }
        }
    }

    fn one_fsx(&self, told: FsxTold) -> Managed {
        let configured = told
            .windows_configuration
            .or(told.ontap_configuration)
            .or(told.open_zfs_configuration);
        Managed {
            id: told.file_system_id.into(),
            region: self.region().into(),
            name: "".into(),
            what: What::Fsx(Fsx {
                kind: told.file_system_type.into(),
                storage: told.storage_type.unwrap_or_default().into(),
                gib: told.storage_capacity,
                throughput: whole(configured.and_then(|one| one.throughput_capacity)),
            }),
            created: time(told.creation_time),
            tags: Some(tags(told.tags)),
        }
    }

    pub(super) async fn delete_fsx(&self, id: &str) -> Result<Went, Error> {
        let body = json!({ "FileSystemId": id });
        let _: Value = self.json(&FSX, ("DeleteFileSystem", id), &body).await?;
        Ok(Went::Asked)
    }
}
