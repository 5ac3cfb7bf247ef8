//! The completion report: `PREFIX/job-ID/manifest.json` and a CSV for what succeeded and one for what failed, as AWS lays them
//! out. Rows have the status before the code, as those of AWS do, though the schema names them the other way round.

use bytes::Bytes;
use jiff::Timestamp;
use md5::{Digest as _, Md5};
use serde::Serialize;

use crate::demo::uri;

use super::{
    asked::Report,
    job::{Ended, Job, World},
};

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Manifest<'a> {
    format: &'a str,
    report_creation_date: String,
    results: Vec<Part<'a>>,
    report_schema: &'a str,
}

#[derive(Serialize)]
struct Part<'a> {
    #[serde(rename = "TaskExecutionStatus")]
    status: &'a str,
    #[serde(rename = "Bucket")]
    bucket: &'a str,
    #[serde(rename = "MD5Checksum")]
    md5: String,
    #[serde(rename = "Key")]
    key: String,
}

/// Writes the report of what was done so far, where one was asked for. A role that may not write it leaves none.
pub(super) fn write(job: &Job, world: &World<'_>) {
    let Some(report) = &job.asked.report else {
        return;
    };
    if let Err(refused) = written(job, report, world) {
        tracing::debug!(?refused, job = %job.id, "the report could not be written");
    }
}

fn written(job: &Job, report: &Report, world: &World<'_>) -> Result<(), crate::demo::s3::Refused> {
    let folder = match report.prefix.as_str() {
        "" => format!("job-{}", job.id),
        prefix => format!("{prefix}/job-{}", job.id),
    };
    let put = |key: &str, body: String| {
        let at = (report.bucket.as_str(), key);
        world.store.write_as(&job.asked.role, at, Bytes::from(body))
    };
    let mut results = Vec::new();
    for (status, failed) in [("succeeded", false), ("failed", true)] {
        let of_status = |ended: &&Ended| ended.refused.is_some() == failed;
        let rows: String = job.ended.iter().filter(of_status).map(row).collect();
        if rows.is_empty() || (report.only_failed && !failed) {
            continue;
        }
        let md5 = hex::encode(Md5::digest(rows.as_bytes()));
        let key = format!("{folder}/results/{}.csv", name(&job.id, status));
        put(&key, rows)?;
        results.push(Part {
            status,
            bucket: &report.bucket,
            md5,
            key,
        });
    }
    let made = Timestamp::try_from(world.now).unwrap_or_default();
    let manifest = Manifest {
        format: "Report_CSV_20180820",
        report_creation_date: made.to_string(),
        results,
        report_schema: "Bucket, Key, VersionId, TaskStatus, ErrorCode, HTTPStatusCode, ResultMessage",
    };
    let text = serde_json::to_string(&manifest).unwrap_or_default();
    let md5 = hex::encode(Md5::digest(text.as_bytes()));
    put(&format!("{folder}/manifest.json"), text)?;
    put(&format!("{folder}/manifest.json.md5"), md5)
}

/// A name for a part of a report: 40 digits that depend on the job and what it is.
fn name(job: &str, status: &str) -> String {
    let digest = Md5::digest(format!("{job}/{status}").as_bytes());
    let hex = hex::encode(digest);
    format!("{hex}{}", hex.get(..8).unwrap_or_default())
}

fn row(ended: &Ended) -> String {
    let place = &ended.place;
    let head = format!(
        "{},{},{}",
        place.bucket,
        uri::encode(&place.key),
        place.version.as_deref().unwrap_or_default()
    );
    match &ended.refused {
        None => format!("{head},succeeded,200,,Successful\n"),
        Some(refused) => format!(
            "{head},failed,{},{},\"{} (Service: Amazon S3; Status Code: {}; Error Code: {})\"\n",
            refused.status,
            refused.code,
            refused.message.replace('"', "\"\""),
            refused.status,
            refused.code
        ),
    }
}
