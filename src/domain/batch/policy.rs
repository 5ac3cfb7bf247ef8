//! The rights that a job's role needs for just these buckets, for a person to give them: a trust policy and a policy.

use serde_json::{Value, json};

/// What a job touches, without `s3://`: buckets, and prefixes as they stand in keys.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// Bucket and prefix that are read.
    pub source: (&'a str, &'a str),
    /// Bucket and prefix that are written.
    pub destination: (&'a str, &'a str),
    /// Bucket and prefix of manifest and report.
    pub report: (&'a str, &'a str),
    /// A key of KMS that encrypts what is written.
    pub kms_key: Option<&'a str>,
}

/// Who may take the role, and what it may do then, as JSON to be pasted.
pub fn policy(wanted: &Wanted<'_>) -> [String; 2] {
    let objects = |(bucket, prefix): (&str, &str)| format!("arn:aws:s3:::{bucket}/{prefix}*");
    let allow = |actions: &[&str], on: String| json!({"Effect": "Allow", "Action": actions, "Resource": on});
    let mut statements = vec![
        allow(
            &[
                "s3:GetObject",
                "s3:GetObjectVersion",
                "s3:GetObjectTagging",
                "s3:GetObjectVersionTagging",
            ],
            objects(wanted.source),
        ),
        allow(
            &["s3:PutObject", "s3:PutObjectTagging"],
            objects(wanted.destination),
        ),
        allow(
            &["s3:GetObject", "s3:GetObjectVersion", "s3:PutObject"],
            objects(wanted.report),
        ),
    ];
    if let Some(key) = wanted.kms_key {
        statements.push(allow(
            &["kms:Decrypt", "kms:GenerateDataKey"],
            key.to_owned(),
        ));
    }
    let trust = json!({
        "Effect": "Allow",
        "Principal": {"Service": "batchoperations.s3.amazonaws.com"},
        "Action": "sts:AssumeRole",
    });
    [vec![trust], statements].map(|statements| document(&statements))
}

fn document(statements: &[Value]) -> String {
    let policy = json!({"Version": "2012-10-17", "Statement": statements});
    serde_json::to_string_pretty(&policy).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{Wanted, policy};

    #[test]
    fn only_what_is_touched_is_allowed() {
        let wanted = Wanted {
            source: ("from", "data/"),
            destination: ("to", "new/data/"),
            report: ("to", "reports/"),
            kms_key: Some("arn:aws:kms:us-east-1:123456789012:key/k"),
        };
        let [trust, rights] = policy(&wanted);
        assert!(trust.contains("batchoperations.s3.amazonaws.com"));
        for told in [
            "arn:aws:s3:::from/data/*",
            "arn:aws:s3:::to/new/data/*",
            "arn:aws:s3:::to/reports/*",
            "kms:GenerateDataKey",
        ] {
            assert!(rights.contains(told), "{told}");
        }
        assert!(!rights.contains("s3:DeleteObject") && !rights.contains("\"*\""));
    }
}
