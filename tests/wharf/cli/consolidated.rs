//! The whole story in one sitting: what is missing is found and copied, four routes are migrated and proven, the old data is
//! cleaned up by its proofs and by a typed word alone, and the report tells it. At 1 %; `WHARF_STORY=full` plays all of it.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test stops where its stage cannot be set"
)]

use std::{collections::BTreeSet, fs};

use wharf::demo::{s3::Denial, seed};

use crate::support::wharf::{Run, Stage};

const STORY: &str = include_str!("../../../config/examples/consolidate-bucket.toml");
const ROUTES: [&str; 4] = ["calibration", "raw", "processed", "reference"];

impl Stage {
    /// Runs the program to its end, however long that takes: at full size longer than other tests may.
    fn play(&self, args: &[&str]) -> Run {
        Run::from(self.process(args).output().unwrap())
    }
}

fn scale() -> f64 {
    let full = std::env::var("WHARF_STORY").is_ok_and(|word| word == "full");
    if full { 1.0 } else { 0.01 }
}

/// The world of the story, with its configuration, whole in S3: what was missing is there.
fn closed() -> (Stage, seed::World) {
    let stage = Stage::new();
    let world = seed::world(&stage.demo, &stage.path("pokemon"), scale()).unwrap();
    let text = STORY.replace("pokemon-card-training-us-east-2", &world.bucket);
    fs::write(stage.path("wharf.toml"), text).unwrap();
    let left = world.left.to_str().unwrap();
    let right = format!("s3://{}/{}", world.bucket, world.prefix);
    let found = stage
        .play(&["diff", left, &right, "--json", "--gaps"])
        .ended_with(1);
    assert_eq!(found.summary()["only_left"], world.missing.len());
    let gap = &found.of_type("gap")[0];
    assert_eq!(gap["rule"], "name begins with \"M\"");
    assert_eq!(
        (&gap["matched_missing"], &gap["missing"]),
        (&36.into(), &36.into())
    );
    stage.demo.log().clear();
    // What exists is left as it is: exactly the missing go.
    stage
        .play(&["sync", left, &right, "--existing", "keep"])
        .ended_with(0);
    let sent = stage.demo.log().of("PutObject");
    let mut sent: Vec<String> = sent
        .into_iter()
        .filter_map(|line| {
            line.key
                .strip_prefix(world.prefix.as_str())
                .map(str::to_owned)
        })
        .map(|key| key.trim_start_matches('/').to_owned())
        .collect();
    sent.sort();
    let mut missing = world.missing.clone();
    missing.sort();
    assert_eq!(sent, missing);
    stage.demo.log().clear();
    (stage, world)
}

fn migrated(stage: &Stage) -> Run {
    let run = stage
        .play(&["migrate", "consolidate", "--json"])
        .ended_with(0);
    for route in run.of_type("route") {
        assert_eq!(route["state"], "proven", "{route}");
        assert!(ROUTES.contains(&route["name"].as_str().unwrap()));
    }
    run
}

/// Neither no word nor another one lets anything go.
fn nothing_goes_without_the_word(stage: &Stage, task: &str, word: &str) {
    let refused = stage.play(&["cleanup", task]).ended_with(5);
    assert!(
        refused.stderr.contains(&format!("--confirm {word}")),
        "{}",
        refused.stderr
    );
    let wrong = stage
        .play(&["cleanup", task, "--confirm", "1"])
        .ended_with(5);
    assert!(
        wrong.stderr.contains("nobody gave its word"),
        "{}",
        wrong.stderr
    );
    let log = stage.demo.log();
    assert_eq!(
        (log.count("DeleteObject"), log.count("DeleteObjects")),
        (0, 0)
    );
}

/// The names at a place, in order.
fn names(stage: &Stage, place: &str) -> Vec<String> {
    let there = stage.play(&["ls", place, "--json"]).ended_with(0);
    let mut names: Vec<String> = there
        .of_type("entry")
        .iter()
        .map(|entry| entry["key"].as_str().unwrap().to_owned())
        .collect();
    names.sort();
    names
}

#[test]
fn the_bucket_is_consolidated_proven_and_cleaned_up() {
    let (stage, story) = closed();
    let all = story.left_objects as u64;
    let run = migrated(&stage);
    assert_eq!(run.summary()["done"], all);
    let task = run.summary()["task"].to_string();
    stage.demo.log().clear();
    let look = stage
        .play(&["cleanup", &task, "--dry-run", "--json"])
        .ended_with(0);
    let word = look.summary()["word"].as_str().unwrap().to_owned();
    assert_eq!(word, all.to_string());
    assert_eq!(look.summary()["stays"], 0);
    nothing_goes_without_the_word(&stage, &task, &word);
    let log = stage.demo.log();
    let cleaned = stage
        .play(&["cleanup", &task, "--confirm", &word, "--json"])
        .ended_with(0);
    assert_eq!(cleaned.summary()["deleted"], all);
    // In batches, after the question whether the store heeds conditions there; each key with the ETag that was proven.
    // A batch whose answer comes too late, at full size on a busy machine, is settled key by key.
    assert!(log.count("DeleteObject") <= all / 5);
    assert!(log.count("DeleteObjects") <= 2 * 4 + all / 500);
    assert_eq!(stage.demo.store().unguarded_deletes(), 0);
    let left = stage
        .play(&[
            "ls",
            &format!("s3://{}/data/raw/", story.bucket),
            "-r",
            "--json",
        ])
        .ended_with(0);
    assert_eq!(
        left.of_type("entry").len(),
        0,
        "nothing is left below the old place"
    );
    let report = stage.play(&["tasks", "report", &task]).ended_with(0);
    for told in [
        "## Before and after",
        "## Against a relay",
        "Exactly those that the plan",
    ] {
        assert!(report.stdout.contains(told), "{told}\n{}", report.stdout);
    }
}

/// Behind a clean-up nothing can be cleaned up.
fn a_clean_up_has_nothing_behind_it(stage: &Stage) {
    let of_kind = stage.play(&["tasks", "list", "--json"]).ended_with(0);
    let mut tasks = of_kind.of_type("task").into_iter();
    let cleanup = tasks.find(|task| task["kind"] == "cleanup").unwrap();
    let behind = stage
        .play(&["cleanup", &cleanup["id"].to_string(), "--dry-run"])
        .ended_with(2);
    assert!(
        behind.stderr.contains("copied nothing"),
        "{}",
        behind.stderr
    );
}

#[test]
fn what_is_not_proven_any_more_stays_and_is_told_by_its_reason() {
    let (stage, story) = closed();
    let run = migrated(&stage);
    let task = run.summary()["task"].to_string();
    let bucket = &story.bucket;
    let put = |key: &str, content: &str| {
        let file = stage.file("made/object", content.as_bytes());
        let target = format!("s3://{bucket}/{key}");
        stage
            .play(&[
                "sync",
                file.to_str().unwrap(),
                &target,
                "--existing",
                "always",
            ])
            .ended_with(0);
    };
    let copies = "project/pokemon-card-recognition/data/reference";
    put("data/reference/index.json", "changed at the source");
    put(
        &format!("{copies}/metadata.json"),
        "changed at the destination",
    );
    put("data/reference/new.json", "came later");
    stage.demo.log().clear();
    let look = stage.play(&["cleanup", &task, "--dry-run"]).ended_with(0);
    for told in [
        "it changed since it was proven",
        "      index.json",
        "the destination is not what was proven",
        "      metadata.json",
        "      new.json",
    ] {
        assert!(look.stdout.contains(told), "{told}\n{}", look.stdout);
    }
    let json = stage
        .play(&["cleanup", &task, "--dry-run", "--json"])
        .ended_with(0);
    assert_eq!(json.of_type("stays").len(), 3);
    let word = json.summary()["word"].as_str().unwrap().to_owned();
    // A delete that the store refuses leaves its source, and says so.
    stage.demo.store().deny(Denial {
        operation: Some("DeleteObject".to_owned()),
        prefix: "data/reference/embeddings.npy".to_owned(),
        ..Denial::default()
    });
    let cleaned = stage
        .play(&["cleanup", &task, "--confirm", &word, "--json"])
        .ended_with(3);
    let summary = cleaned.summary();
    assert_eq!(
        (&summary["failed"], &summary["stays"]),
        (&1.into(), &3.into())
    );
    a_clean_up_has_nothing_behind_it(&stage);
    let names = names(&stage, &format!("s3://{bucket}/data/reference/"));
    assert_eq!(
        names,
        ["embeddings.npy", "index.json", "metadata.json", "new.json"]
    );
}

#[test]
fn a_store_that_ignores_conditions_is_looked_at_before_each_delete() {
    let (stage, world) = closed();
    let run = migrated(&stage);
    let task = run.summary()["task"].to_string();
    let objects = stage.demo.store();
    let mut limits = objects.limits();
    limits.conditions = false;
    objects.set_limits(limits);
    let look = stage
        .play(&["cleanup", &task, "--dry-run", "--json"])
        .ended_with(0);
    let license = look.summary()["word"].as_str().unwrap().to_owned();
    let log = stage.demo.log();
    log.clear();
    // Somebody replaces a source after it was listed: no condition would stop the delete.
    let victim = "data/reference/index.json";
    let (replaced, bucket) = (objects.clone(), world.bucket.clone());
    stage.demo.faults().before_each(move |asked| {
        if asked.operation == "HeadObject" && asked.key == victim {
            replaced.put(&bucket, victim, "replaced").unwrap();
        }
    });
    let cleaned = stage
        .play(&["cleanup", &task, "--confirm", &license, "--json"])
        .ended_with(3);
    assert_eq!(cleaned.summary()["failed"], 1);
    assert_eq!(
        names(&stage, &format!("s3://{}/data/reference/", world.bucket)),
        ["index.json"]
    );
    let looked: BTreeSet<String> = keys_of(&stage, "HeadObject").into_iter().collect();
    let deleted = keys_of(&stage, "DeleteObject");
    assert_eq!(deleted.len() as u64, world.left_objects as u64 - 1);
    assert!(deleted.iter().all(|key| looked.contains(key)));
    // The questions whether it heeds conditions named nothing that is there.
    assert!(log.count("DeleteObjects") <= ROUTES.len() as u64);
}

fn keys_of(stage: &Stage, operation: &str) -> Vec<String> {
    let lines = stage.demo.log().of(operation).into_iter();
    lines.map(|line| line.key).collect()
}
