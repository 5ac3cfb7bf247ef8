//! The least that the instance's role must allow, as IAM writes it.

use serde_json::{Value, json};

use crate::domain::{cloud::RUN_TAG, location::Location};

use super::{AtEnd, Wish};

/// The policy: its run's folder, its inputs read, its outputs read and written, its deploy key, its own end; and, where the run is
/// reached by SSM, what its agent needs to be heard.
pub fn policy(
    wish: &Wish,
    (run, folder): (&str, &Location),
    (inputs, outputs): (&[Location], &[Location]),
    by_ssm: bool,
) -> Value {
    let mut statements = Vec::new();
    let read = inputs.iter().chain(outputs).chain([folder]);
    let written = outputs.iter().chain([folder]);
    let places: Vec<String> = sorted(read.clone().filter_map(objects));
    statements.push(json!({
        "Effect": "Allow",
        "Action": ["s3:GetObject", "s3:GetObjectAttributes"],
        "Resource": places,
    }));
    statements.push(json!({
        "Effect": "Allow",
        "Action": ["s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"],
        "Resource": sorted(written.filter_map(objects)),
    }));
    statements.push(json!({
        "Effect": "Allow",
        "Action": ["s3:ListBucket", "s3:GetBucketLocation"],
        "Resource": sorted(read.filter_map(bucket)),
    }));
    let key = wish.code.as_ref().and_then(|code| code.deploy_key.as_ref());
    if let Some(key) = key {
        let name = key.trim_start_matches('/');
        statements.push(json!({
            "Effect": "Allow",
            "Action": "ssm:GetParameter",
            "Resource": format!("arn:aws:ssm:*:*:parameter/{name}"),
        }));
    }
    if by_ssm {
        statements.push(json!({
            "Effect": "Allow",
            "Action": [
                "ssm:UpdateInstanceInformation",
                "ssmmessages:CreateControlChannel",
                "ssmmessages:CreateDataChannel",
                "ssmmessages:OpenControlChannel",
                "ssmmessages:OpenDataChannel",
                "ec2messages:AcknowledgeMessage",
                "ec2messages:DeleteMessage",
                "ec2messages:FailMessage",
                "ec2messages:GetEndpoint",
                "ec2messages:GetMessages",
                "ec2messages:SendReply",
            ],
            "Resource": "*",
        }));
    }
    if wish.at_end == AtEnd::Terminate {
        statements.push(json!({
            "Effect": "Allow",
            "Action": "ec2:DescribeInstances",
            "Resource": "*",
        }));
        let mut tags = serde_json::Map::new();
        tags.insert(format!("ec2:ResourceTag/{RUN_TAG}"), run.into());
        statements.push(json!({
            "Effect": "Allow",
            "Action": "ec2:TerminateInstances",
            "Resource": "arn:aws:ec2:*:*:instance/*",
            "Condition": { "StringEquals": tags },
        }));
    }
    if wish.volumes.iter().any(|volume| volume.mount.is_some()) {
        // Which volume is which disk; without it a disk is known by its name or its size.
        statements.push(json!({
            "Effect": "Allow",
            "Action": ["ec2:DescribeInstances", "ec2:DescribeVolumes"],
            "Resource": "*",
        }));
    }
    json!({ "Version": "2012-10-17", "Statement": statements })
}

fn sorted(all: impl Iterator<Item = String>) -> Vec<String> {
    let mut all: Vec<String> = all.collect();
    all.sort_unstable();
    all.dedup();
    all
}

fn objects(place: &Location) -> Option<String> {
    let prefix = place.s3()?;
    Some(format!(
        "arn:aws:s3:::{}/{}*",
        prefix.bucket,
        prefix.folder()
    ))
}

fn bucket(place: &Location) -> Option<String> {
    Some(format!("arn:aws:s3:::{}", place.s3()?.bucket))
}

#[cfg(test)]
mod tests {
    use super::{AtEnd, Location, Wish, policy};

    #[test]
    fn nothing_is_allowed_but_what_the_run_does() {
        let place = |text: &str| Location::parse(text).unwrap();
        let wish = Wish {
            at_end: AtEnd::Terminate,
            ..Wish::default()
        };
        let folder = place("s3://vault/runs/a");
        let told = policy(
            &wish,
            ("a", &folder),
            (&[place("s3://data/in")], &[place("s3://vault/out")]),
            false,
        );
        let statement = |at: usize| &told["Statement"][at];
        assert_eq!(
            statement(1)["Resource"],
            serde_json::json!(["arn:aws:s3:::vault/out/*", "arn:aws:s3:::vault/runs/a/*"])
        );
        assert_eq!(statement(0)["Resource"].as_array().map(Vec::len), Some(3));
        assert_eq!(
            statement(4)["Condition"]["StringEquals"]["ec2:ResourceTag/wharf:run"],
            "a"
        );
        let text = told.to_string();
        assert!(
            !text.contains("DeleteObject") && !text.contains("ssm:"),
            "{text}"
        );
        let stops = Wish::default();
        let told = policy(&stops, ("a", &folder), (&[], &[]), true);
        assert!(!told.to_string().contains("Terminate"));
        // Who is asked by SSM must be able to answer.
        assert!(told.to_string().contains("ssmmessages:OpenDataChannel"));
    }
}
