//! `wharf bucket metrics`: what CloudWatch knows of a bucket, without a listing.
#![allow(
    clippy::unwrap_used,
    reason = "a test stops where its program cannot be run"
)]

use serde_json::json;
use wharf::demo::{
    REGION,
    cloud::{Metric, Shape},
};

use crate::support::wharf::Stage;

fn metric(stage: &Stage, (name, every): (&str, u64), more: (&str, &str), value: f64) {
    let own = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    stage.demo.cloud().add_metric(Metric {
        region: REGION.to_owned(),
        namespace: "AWS/S3".to_owned(),
        name: name.to_owned(),
        dimensions: vec![own(("BucketName", "vault")), own(more)],
        shape: Shape::Flat(value),
        every,
        gaps: Vec::new(),
    });
}

#[test]
fn storage_objects_and_requests_are_told_with_their_age_and_nothing_is_listed() {
    let stage = Stage::vault(&["a"]);
    let day = 86_400;
    for (kind, bytes) in [("StandardStorage", 2e12), ("DeepArchiveStorage", 1e12)] {
        metric(
            &stage,
            ("BucketSizeBytes", day),
            ("StorageType", kind),
            bytes,
        );
    }
    metric(
        &stage,
        ("NumberOfObjects", day),
        ("StorageType", "AllStorageTypes"),
        51_970.0,
    );
    metric(
        &stage,
        ("AllRequests", 60),
        ("FilterId", "EntireBucket"),
        2.0,
    );
    let run = stage
        .run(&["bucket", "metrics", "s3://vault", "--json"])
        .ended_with(0);
    let summary = run.summary();
    assert_eq!(summary["bytes"], json!(3_000_000_000_000_u64));
    assert_eq!(summary["objects"], 51_970);
    let storage = run.of_type("storage");
    assert_eq!(storage[0]["kind"], "StandardStorage");
    assert!(storage[0]["month"].as_f64().unwrap() > 40.0, "{storage:?}");
    let requests = run.of_type("requests")[0]["requests"].as_u64().unwrap();
    assert!((2_600..=2_880).contains(&requests), "{requests}");
    let words = stage
        .run(&["bucket", "metrics", "s3://vault"])
        .ended_with(0);
    assert!(
        words
            .stdout
            .contains("51,970 objects, told for the day that began"),
        "{}",
        words.stdout
    );
    assert_eq!(stage.demo.log().count("ListObjectsV2"), 0);
}

#[test]
fn a_new_bucket_and_a_missing_right_are_told_as_such() {
    let stage = Stage::vault(&["a"]);
    let none = stage
        .run(&["bucket", "metrics", "s3://vault"])
        .ended_with(0);
    assert!(none.stdout.contains("told nothing"), "{}", none.stdout);
    stage.demo.cloud().deny("cloudwatch:ListMetrics");
    let denied = stage
        .run(&["bucket", "metrics", "s3://vault"])
        .ended_with(3);
    assert!(
        denied.stderr.contains("cloudwatch:ListMetrics"),
        "{}",
        denied.stderr
    );
    stage
        .run(&["bucket", "metrics", "s3://nowhere"])
        .ended_with(2);
}
