//! `wharf bucket`: what a bucket is set to, and its lifecycle changed only behind its name, with all other rules kept.
#![allow(
    clippy::unwrap_used,
    reason = "a test stops where its program cannot be run"
)]

use aws_sdk_s3::types::{BucketLifecycleConfiguration, TransitionDefaultMinimumObjectSize};
use wharf::demo::{
    REGION,
    s3::{Denial, NewObject, Versioning},
};

use crate::{demo::client, support::wharf::Stage};

fn stage() -> Stage {
    let stage = Stage::new();
    let store = stage.demo.store();
    store.create_bucket("vault", REGION);
    let object = |class: Option<&str>| NewObject {
        class: class.map(str::to_owned),
        ..NewObject::from(vec![7; 1000])
    };
    store.put("vault", "a", object(None)).unwrap();
    store
        .put("vault", "b", object(Some("STANDARD_IA")))
        .unwrap();
    stage
}

#[test]
fn a_bucket_is_told_with_what_it_holds_and_what_may_not_be_asked() {
    let stage = stage();
    stage
        .demo
        .store()
        .set_versioning("vault", Versioning::Enabled);
    stage.demo.store().deny(Denial {
        operation: Some("GetBucketEncryption".to_owned()),
        ..Denial::default()
    });
    let run = stage.run(&["bucket", "show", "s3://vault", "--json"]);
    let run = run.ended_with(0);
    let bucket = &run.of_type("bucket")[0];
    assert_eq!(bucket["versioning"], "enabled");
    assert_eq!(bucket["public_access_blocked"], true);
    let unknown = bucket["unknown"]["encryption"].as_str().unwrap();
    assert!(
        unknown.contains("s3:GetEncryptionConfiguration"),
        "{unknown}"
    );
    assert_eq!(run.summary()["objects"], 2);
    assert_eq!(run.summary()["classes"]["STANDARD_IA"], 1000);
    assert!(run.summary()["month"].as_f64().unwrap() > 0.0);
    stage.run(&["bucket", "show", "here"]).ended_with(2);
    stage.run(&["bucket", "show", "s3://nowhere"]).ended_with(2);
}

#[test]
fn a_rule_is_added_and_taken_away_behind_the_buckets_name() {
    let stage = stage();
    let rules = |args: &[&str]| {
        let all = [&["bucket", "lifecycle", "s3://vault", "--json"], args].concat();
        stage.run(&all)
    };
    let add = ["--add", "abort 7"];
    assert!(rules(&add).ended_with(5).stderr.contains("--confirm vault"));
    let confirmed = [&add[..], &["--confirm", "vault"]].concat();
    rules(&confirmed).ended_with(0);
    let expire = ["--add", "expire 30 logs/", "--confirm", "vault"];
    let run = rules(&expire).ended_with(0);
    assert_eq!(run.of_type("rule").len(), 3);
    // Its name is taken.
    rules(&confirmed).ended_with(2);
    rules(&["--add", "keep 7"]).ended_with(2);
    rules(&["--add", "expire 1", "-n"]).ended_with(0);
    let remove = ["--remove", "wharf-abort-7", "--confirm", "vault"];
    rules(&[&remove[..], &["--read-only"]].concat()).ended_with(5);
    rules(&remove).ended_with(0);
    let left = rules(&[]).ended_with(0).of_type("rule");
    assert_eq!(left.len(), 1);
    assert_eq!(left[0]["prefix"], "logs/");
    assert_eq!(left[0]["actions"][0], "deleted after 30 days");
    rules(&["--remove", "wharf-expire-30-logs", "--confirm", "vault"]).ended_with(0);
    assert!(rules(&[]).ended_with(0).of_type("rule").is_empty());
}

#[test]
fn the_bucket_of_a_run_gets_its_tiers_and_gives_up_what_nobody_finishes() {
    let stage = stage();
    let text = "[mappings.models]\nlocal = \"models\"\nremote = \"s3://vault/models\"\ndirection = \"push\"\n\
                [mappings.far]\nlocal = \"far\"\nremote = \"s3://other/far\"\ndirection = \"push\"\n\
                [runs.stage2]\noutputs = [\"models\", \"far\"]\n[runs.bare]\n";
    stage.file("wharf.toml", text.as_bytes());
    let rules = |args: &[&str]| {
        let all = [&["bucket", "lifecycle", "s3://vault", "--json"], args].concat();
        stage.run(&all)
    };
    let of_run = ["--for-run", "stage2"];
    let plan = stage.run(&[&["bucket", "lifecycle", "s3://vault", "-n"], &of_run[..]].concat());
    let plan = plan.ended_with(0).stdout;
    assert!(
        plan.contains("+ wharf-tier-models: models/, to INTELLIGENT_TIERING after 0 days"),
        "{plan}"
    );
    assert!(plan.contains("+ wharf-abort-7-models: models/"), "{plan}");
    assert!(!plan.contains("far"), "{plan}");
    rules(&of_run).ended_with(5);
    let confirmed = [&of_run[..], &["--confirm", "vault"]].concat();
    let log = || stage.demo.log().count("PutBucketLifecycleConfiguration");
    assert_eq!(log(), 0);
    rules(&confirmed).ended_with(0);
    assert_eq!(log(), 1, "both are written together");
    let now = rules(&[]).ended_with(0).of_type("rule");
    assert_eq!(now.len(), 2);
    assert_eq!(now[0]["actions"][0], "to INTELLIGENT_TIERING after 0 days");
    // What is there is not added again.
    rules(&of_run).ended_with(0);
    assert_eq!(log(), 1);
    for lost in ["bare", "nothing"] {
        rules(&["--for-run", lost]).ended_with(2);
    }
    stage
        .run(&[
            "bucket",
            "lifecycle",
            "s3://vault",
            "--add",
            "tier raw/",
            "-n",
        ])
        .ended_with(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_of_one_rule_keeps_what_holds_for_all() {
    let stage = stage();
    let add = |rule: &str| {
        let add = ["--add", rule, "--confirm", "vault"];
        let rules = ["bucket", "lifecycle", "s3://vault"];
        stage.run(&[&rules[..], &add].concat()).ended_with(0);
    };
    add("expire 30 logs/");
    let s3 = client(&stage.demo);
    let told = async || {
        let told = s3.get_bucket_lifecycle_configuration().bucket("vault");
        told.send().await.unwrap()
    };
    let least = TransitionDefaultMinimumObjectSize::VariesByStorageClass;
    let all = BucketLifecycleConfiguration::builder()
        .set_rules(Some(told().await.rules().to_vec()))
        .build();
    s3.put_bucket_lifecycle_configuration()
        .bucket("vault")
        .lifecycle_configuration(all.unwrap())
        .transition_default_minimum_object_size(least.clone())
        .send()
        .await
        .unwrap();
    add("abort 7");
    let now = told().await;
    assert_eq!(now.transition_default_minimum_object_size(), Some(&least));
}

#[test]
fn unfinished_uploads_are_told_and_given_up_behind_a_yes() {
    let stage = stage();
    let store = stage.demo.store();
    let part = || vec![7; 500].into();
    let old = std::time::SystemTime::UNIX_EPOCH;
    for key in ["a/old", "a/old", "b/other"] {
        store
            .leave_upload("vault", key, &[part(), part()], old)
            .unwrap();
    }
    let now = std::time::SystemTime::now();
    store
        .leave_upload("vault", "a/new", &[part()], now)
        .unwrap();
    let listed = |place: &str| {
        let run = stage.run(&["uploads", place, "--json"]).ended_with(0);
        (
            run.summary()["uploads"].clone(),
            run.summary()["bytes"].clone(),
        )
    };
    assert_eq!(listed("s3://vault"), (4.into(), 3500.into()));
    assert_eq!(listed("s3://vault/a"), (3.into(), 2500.into()));
    let abort = ["uploads", "s3://vault/a", "--abort", "--older-than", "7d"];
    // Nobody is here to agree.
    stage.run(&abort).ended_with(5);
    assert_eq!(store.uploads("vault").len(), 4);
    stage
        .run(&[&abort[..], &["--yes", "--read-only"]].concat())
        .ended_with(5);
    let run = stage.run(&[&abort[..], &["--yes", "--json"]].concat());
    assert_eq!(run.ended_with(0).summary()["done"], 2);
    let left = store.uploads("vault").into_iter().map(|upload| upload.key);
    assert_eq!(left.collect::<Vec<_>>(), ["a/new", "b/other"]);
    stage
        .run(&["uploads", "s3://vault", "--older-than", "soon"])
        .ended_with(2);
}
