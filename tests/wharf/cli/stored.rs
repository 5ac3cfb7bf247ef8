//! What is stored, as a person asks for it: classes with what they bill, who pays, and what is left out.
#![allow(
    clippy::unwrap_used,
    reason = "a test stops where its stage cannot be set"
)]

use crate::support::wharf::Stage;

const BUCKET: &str = "attic";

fn stage() -> Stage {
    let stage = Stage::new();
    stage.demo.store().create_bucket(BUCKET, "us-east-1");
    stage
}

#[test]
fn a_class_is_told_with_what_it_bills_at_least() {
    let stage = stage();
    stage.file("d/small", &[1; 1000]);
    stage.file("d/large", &vec![1; 200_000]);
    let args = ["sync", "d", "s3://attic/d", "--storage-class"];
    let run = stage.run(&[&args[..], &["STANDARD_IA"]].concat());
    let told = run.ended_with(0).stderr;
    assert!(
        told.contains("1 of 2 objects are smaller than the 128 KiB that STANDARD_IA bills"),
        "{told}"
    );
    assert!(told.contains("for 30 days at least"), "{told}");
    let view = stage.demo.store().object(BUCKET, "d/small").unwrap();
    assert_eq!(view.class, "STANDARD_IA");
    let run = stage.run(&["sync", "d", "s3://attic/e", "--storage-class", "STANDARD"]);
    assert!(!run.ended_with(0).stderr.contains("bills"));
}

#[test]
fn what_a_filter_leaves_out_is_told_with_its_weight() {
    let stage = stage();
    for (name, size) in [
        ("download/a", 1_000_000),
        ("download/b", 200_000),
        ("keep", 1),
    ] {
        let key = format!("scenes/{name}");
        stage.demo.store().put(BUCKET, &key, vec![1; size]).unwrap();
    }
    let args = ["sync", "s3://attic/scenes", "d", "--exclude", "download/**"];
    let run = stage.run(&args).ended_with(0);
    assert!(
        run.stderr.contains("left out: 1.1 MiB in 2 files"),
        "{}",
        run.stderr
    );
}

#[test]
fn the_requester_pays_for_the_side_that_asks_for_it() {
    let stage = stage();
    stage.demo.store().create_bucket("paid", "us-east-1");
    stage.demo.store().put("paid", "a", &b"x"[..]).unwrap();
    stage.demo.store().set_requester_pays("paid", true);
    let refused = stage.run(&["sync", "s3://paid/", "d"]);
    assert_ne!(refused.code, 0, "{}", refused.stderr);
    let args = ["sync", "s3://paid/", "d", "--source-requester-pays"];
    stage.run(&args).ended_with(0);
    assert_eq!(std::fs::read(stage.path("d/a")).unwrap(), b"x");
    let args = [
        "sync",
        "s3://paid/",
        "s3://attic/",
        "--source-requester-pays",
    ];
    stage.run(&args).ended_with(0);
    assert_eq!(stage.demo.store().body(BUCKET, "a").unwrap(), "x");
}
