//! A job's completion report: `manifest.json` names its parts, each a CSV with a row for a task. What comes from it is a hint,
//! as all that others say: whether a copy stands is for the destination to tell.

use serde::Deserialize;

use crate::domain::text::printable;

use super::manifest::decoded;

/// A part of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Whether its tasks failed.
    pub failed: bool,
    /// The bucket that it is in.
    pub bucket: String,
    /// Its whole key.
    pub key: String,
    /// Hex, of its bytes.
    pub md5: String,
}

/// A task that was tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The whole key of its source.
    pub key: Vec<u8>,
    /// Whether it failed.
    pub failed: bool,
    /// S3's status; 0 where none is told.
    pub status: u16,
    /// S3's code; empty where none is told. Safe for a terminal.
    pub code: String,
    /// S3's message, safe for a terminal.
    pub message: String,
}

/// What is no report.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReportError {
    /// The list of its parts cannot be read.
    #[error("the completion report's manifest.json cannot be read: {0}")]
    Manifest(String),
    /// A part cannot be read.
    #[error("the completion report cannot be read: {0}")]
    Part(String),
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Manifest {
    #[serde(default)]
    results: Vec<Listed>,
}

#[derive(Deserialize)]
struct Listed {
    #[serde(rename = "TaskExecutionStatus")]
    status: String,
    #[serde(rename = "Bucket")]
    bucket: String,
    #[serde(rename = "MD5Checksum", default)]
    md5: String,
    #[serde(rename = "Key")]
    key: String,
}

/// The parts that a report's `manifest.json` names.
pub fn parts(json: &[u8]) -> Result<Vec<Part>, ReportError> {
    let manifest: Manifest = serde_json::from_slice(json)
        .map_err(|why| ReportError::Manifest(printable(why.to_string().as_bytes()).into_owned()))?;
    let part = |listed: Listed| Part {
        failed: listed.status != "succeeded",
        bucket: listed.bucket,
        key: listed.key,
        md5: listed.md5,
    };
    Ok(manifest.results.into_iter().map(part).collect())
}

/// The rows of a part. Bucket, key, version, word; then status and code, in whichever order: AWS's schema and its reports
/// disagree.
pub fn rows(text: &[u8]) -> Result<Vec<Row>, ReportError> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(text);
    let broken =
        |why: csv::Error| ReportError::Part(printable(why.to_string().as_bytes()).into_owned());
    let mut rows = Vec::new();
    for row in reader.byte_records() {
        let row = row.map_err(broken)?;
        let of = |at: usize| row.get(at).unwrap_or_default();
        let (Some(key), Some(word)) = (row.get(1), row.get(3)) else {
            let short = format!("row {} has {} columns", rows.len() + 1, row.len());
            return Err(ReportError::Part(short));
        };
        let number = |at: usize| std::str::from_utf8(of(at)).ok()?.parse::<u16>().ok();
        let (status, code) = match (number(4), number(5)) {
            (Some(status), _) => (status, of(5)),
            (None, status) => (status.unwrap_or_default(), of(4)),
        };
        rows.push(Row {
            key: decoded(&String::from_utf8_lossy(key)),
            failed: word != b"succeeded",
            status,
            code: printable(code).into_owned(),
            message: short(of(6)),
        });
    }
    Ok(rows)
}

/// Words for a person, not too many.
fn short(text: &[u8]) -> String {
    const LONGEST: usize = 300;
    let text = printable(text);
    text.chars().take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use super::{parts, rows};

    #[test]
    fn a_report_as_aws_shows_it_is_read() {
        let json = br#"{"Format":"Report_CSV_20180820","ReportCreationDate":"2019-04-05T17:48:39.725Z","Results":[
            {"TaskExecutionStatus":"succeeded","Bucket":"r","MD5Checksum":"83b1","Key":"job-1/results/62.csv"},
            {"TaskExecutionStatus":"failed","Bucket":"r","MD5Checksum":"22ee","Key":"job-1/results/b2.csv"}],
            "ReportSchema":"Bucket, Key, VersionId, TaskStatus, ErrorCode, HTTPStatusCode, ResultMessage"}"#;
        let parts = parts(json).unwrap();
        assert_eq!((parts[0].failed, parts[1].failed), (false, true));
        assert_eq!(parts[1].key, "job-1/results/b2.csv");
        let text = b"b,image_14975,,failed,200,PermanentFailure,\"Lambda said: {\"\"e\"\":1}\"\n\
            b,a%20b,,failed,AccessDenied,403,\"no \x1b[2J\"\nb,x,v1,succeeded,200,,\"\"\n";
        let rows = rows(text).unwrap();
        assert_eq!(
            (rows[0].status, rows[0].code.as_str()),
            (200, "PermanentFailure")
        );
        assert_eq!(
            (rows[1].status, rows[1].code.as_str()),
            (403, "AccessDenied")
        );
        assert_eq!(rows[1].key, b"a b");
        assert!(!rows[1].message.contains('\u{1b}') && rows[0].message.contains("\"e\""));
        assert!(!rows[2].failed && rows[2].code.is_empty());
    }

    #[test]
    fn what_is_no_report_says_so() {
        assert!(parts(b"<Error/>").is_err());
        let told = rows(b"b,k\n").unwrap_err().to_string();
        assert!(told.contains("row 1 has 2 columns"), "{told}");
    }
}
