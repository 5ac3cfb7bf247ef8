//! `wharf verify` between any two places: what is proven, what is disproven, and what is neither.
#![allow(
    clippy::unwrap_used,
    reason = "a test stops where its stage cannot be set"
)]

use std::fs;

use serde_json::Value;

use crate::support::wharf::Stage;

const NAMES: [&str; 3] = ["a.txt", "raw/b.txt", "raw/c.txt"];

/// Two equal folders, and the first of them in S3 as `s3://proofs/data/`.
fn stage() -> Stage {
    let stage = Stage::new();
    stage.demo.store().create_bucket("proofs", "us-east-1");
    for name in NAMES {
        for folder in ["one", "two"] {
            stage.file(&format!("{folder}/{name}"), name.as_bytes());
        }
    }
    stage
        .run(&["sync", "one", "s3://proofs/data/"])
        .ended_with(0);
    stage
}

fn counts(summary: &Value) -> [u64; 4] {
    ["verified", "unproven", "mismatched", "missing"].map(|name| summary[name].as_u64().unwrap())
}

#[test]
fn two_folders_are_proven_by_reading() {
    let stage = stage();
    let run = stage.run(&["verify", "one", "two", "--json"]).ended_with(0);
    assert_eq!(counts(&run.summary()), [3, 0, 0, 0]);
    stage.file("two/raw/c.txt", b"raw/x.txt");
    let run = stage.run(&["verify", "one", "two", "--json"]).ended_with(4);
    assert_eq!(counts(&run.summary()), [2, 0, 1, 0]);
    fs::remove_file(stage.path("two/raw/c.txt")).unwrap();
    let run = stage.run(&["verify", "one", "two", "--json"]).ended_with(1);
    assert_eq!(counts(&run.summary()), [2, 0, 0, 1]);
    assert_eq!(stage.demo.log().count("DeleteObject"), 0);
}

#[test]
fn two_prefixes_are_proven_by_what_s3_keeps() {
    let stage = stage();
    stage
        .run(&["sync", "s3://proofs/data/", "s3://proofs/copy/"])
        .ended_with(0);
    stage.demo.log().clear();
    let verify = ["verify", "s3://proofs/data/", "s3://proofs/copy/", "--json"];
    let run = stage.run(&verify).ended_with(0);
    assert_eq!(counts(&run.summary()), [3, 0, 0, 0]);
    assert_eq!(stage.demo.log().count("GetObject"), 0, "nothing is read");
    stage
        .demo
        .store()
        .put("proofs", "copy/a.txt", "b.txt")
        .unwrap();
    let run = stage.run(&verify).ended_with(4);
    assert_eq!(counts(&run.summary()), [2, 0, 1, 0]);
}

#[test]
fn a_recorded_listing_proves_by_its_etags_and_disproves_nothing() {
    let stage = stage();
    stage
        .run(&["manifest", "s3://proofs/data/", "--out", "data.jsonl"])
        .ended_with(0);
    let manifest = "manifest:data.jsonl";
    for [source, destination] in [
        [manifest, "s3://proofs/data/"],
        ["s3://proofs/data/", manifest],
        [manifest, "one"],
        ["one", manifest],
        [manifest, manifest],
    ] {
        let run = stage
            .run(&["verify", source, destination, "--json"])
            .ended_with(0);
        assert_eq!(
            counts(&run.summary()),
            [3, 0, 0, 0],
            "{source} {destination}"
        );
    }
    // The same size and another content: the ETag does not agree, which is no proof of either.
    stage.file("one/a.txt", b"b.txt");
    let run = stage
        .run(&["verify", "one", manifest, "--json"])
        .ended_with(1);
    assert_eq!(counts(&run.summary()), [2, 1, 0, 0]);
    stage.file("one/a.txt", b"longer");
    let run = stage
        .run(&["verify", "one", manifest, "--json"])
        .ended_with(4);
    assert_eq!(counts(&run.summary()), [2, 0, 1, 0]);
}

#[test]
fn a_recorded_listing_cannot_be_read() {
    let stage = stage();
    stage
        .run(&["manifest", "one", "--out", "data.jsonl"])
        .ended_with(0);
    let verify = ["verify", "manifest:data.jsonl", "one"];
    let run = stage
        .run(&[&verify[..], &["--check", "read"]].concat())
        .ended_with(2);
    assert!(
        run.stderr.contains("holds no contents") && run.stderr.contains("--check checksum"),
        "{}",
        run.stderr
    );
    // A folder's listing has no ETags: sizes alone prove nothing.
    let run = stage
        .run(&[&verify[..], &["--json"]].concat())
        .ended_with(1);
    assert_eq!(counts(&run.summary()), [0, 3, 0, 0]);
}
