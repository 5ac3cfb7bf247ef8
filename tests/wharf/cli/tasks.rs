//! `wharf tasks`: what the journal tells of tasks, and going on, trying again, stopping and watching them, wherever they run.
#![allow(
    clippy::unwrap_used,
    reason = "a test stops where its program cannot be run"
)]

use std::{
    fs,
    process::{Child, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;
use wharf::demo::{Options, s3::Denial, s3::NewObject};

use crate::support::wharf::Stage;

/// A bucket with so many objects, fetched at a bandwidth that leaves time to step in.
fn slow(objects: u8) -> Stage {
    let faults = "bandwidth=2MB".parse().unwrap();
    let stage = Stage::with(Options {
        faults,
        ..Options::default()
    });
    stage.demo.store().create_bucket("vault", "us-east-1");
    for n in 0..objects {
        let object = NewObject::from(vec![n; 1 << 20]);
        let key = format!("big/{n}.bin");
        stage.demo.store().put("vault", &key, object).unwrap();
    }
    stage
}

fn start(stage: &Stage, args: &[&str]) -> Child {
    let mut command = stage.process(args);
    command
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// A sync that fetches already.
fn fetching(stage: &Stage) -> Child {
    let child = start(stage, &["sync", "s3://vault/big", "big", "--workers", "2"]);
    let began = Instant::now();
    while stage.demo.log().count("GetObject") < 2 {
        assert!(began.elapsed() < Duration::from_mins(1), "it never began");
        thread::yield_now();
    }
    child
}

fn task(stage: &Stage, id: &str) -> Value {
    let run = stage.run(&["tasks", "show", id, "--json"]).ended_with(0);
    run.of_type("task").pop().unwrap()
}

/// Looks at a task until this holds of it.
fn until(stage: &Stage, id: &str, holds: impl Fn(&Value) -> bool) -> Value {
    let began = Instant::now();
    loop {
        let task = task(stage, id);
        if holds(&task) {
            return task;
        }
        assert!(began.elapsed() < Duration::from_mins(1), "never: {task}");
    }
}

#[test]
fn a_task_is_run_by_one_watched_by_another_and_taken_over_when_its_program_dies() {
    let stage = slow(12);
    let mut owner = fetching(&stage);
    let watcher = start(&stage, &["tasks", "resume", "1", "--json"]);
    let seen = until(&stage, "1", |task| task["done"].as_u64() > Some(0));
    assert_eq!(
        (&seen["state"], &seen["process"]),
        (&"running".into(), &owner.id().into())
    );
    let listings = stage.demo.log().count("ListObjectsV2");
    owner.kill().unwrap();
    owner.wait().unwrap();
    let taken = until(&stage, "1", |task| task["process"] == watcher.id());
    assert_eq!(taken["runs"], 2);
    stage.demo.faults().clear();
    let output = watcher.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    let text = String::from_utf8(output.stdout).unwrap();
    let last: Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
    assert_eq!(
        (&last["task"]["state"], &last["task"]["done"]),
        (&"done".into(), &12.into())
    );
    assert_eq!(last["recount"]["equal"], true);
    // One for the recount: going on lists nothing.
    assert_eq!(stage.demo.log().count("ListObjectsV2"), listings + 1);
}

#[test]
fn a_task_that_runs_elsewhere_is_stopped_from_here_and_cleans_up() {
    let stage = slow(12);
    let mut owner = fetching(&stage);
    stage.run(&["tasks", "cancel", "1"]).ended_with(0);
    assert_eq!(owner.wait().unwrap().code(), Some(130));
    assert_eq!(task(&stage, "1")["state"], "cancelled");
    stage.demo.faults().clear();
    // It can still be gone on with.
    stage.run(&["tasks", "resume", "1"]).ended_with(0);
    assert_eq!(fs::read_dir(stage.path("big")).unwrap().count(), 12);
}

#[test]
fn a_task_that_nobody_runs_is_cancelled_with_what_it_left_half_done() {
    let stage = Stage::with(Options {
        faults: "bandwidth=8MB".parse().unwrap(),
        ..Options::default()
    });
    stage.demo.store().create_bucket("vault", "us-east-1");
    stage.file("here/large.bin", &vec![7; 24 << 20]);
    let mut owner = start(
        &stage,
        &["sync", "here", "s3://vault/to", "--part-size", "5MiB"],
    );
    let began = Instant::now();
    while stage.demo.log().count("UploadPart") < 2 {
        assert!(began.elapsed() < Duration::from_mins(1), "it never began");
        thread::yield_now();
    }
    owner.kill().unwrap();
    owner.wait().unwrap();
    assert_eq!(stage.demo.store().uploads("vault").len(), 1);
    stage.run(&["tasks", "cancel", "1"]).ended_with(0);
    assert_eq!(stage.demo.store().uploads("vault").len(), 0);
    assert_eq!(task(&stage, "1")["state"], "cancelled");
}

#[test]
fn what_failed_is_reported_and_tried_again_alone() {
    let stage = Stage::new();
    stage.demo.store().create_bucket("vault", "us-east-1");
    for name in ["a", "b", "c"] {
        stage.file(&format!("here/{name}"), b"x");
    }
    stage.demo.store().deny(Denial {
        operation: Some("PutObject".to_owned()),
        prefix: "to/b".to_owned(),
        ..Denial::default()
    });
    stage.run(&["sync", "here", "s3://vault/to"]).ended_with(3);
    let report = stage.run(&["tasks", "report", "1"]).ended_with(0).stdout;
    for part in [
        "# Task 1",
        "2 proven by checksum",
        "## Failed: 1",
        "| b |",
        "PutObject",
    ] {
        assert!(report.contains(part), "{part} in\n{report}");
    }
    let json = stage
        .run(&["tasks", "report", "1", "--format", "json"])
        .ended_with(0);
    let json: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(json["failed"][0]["key"], "b");
    assert!(json["failed"][0]["request_id"].is_string());
    assert_eq!(
        (&json["proof"]["checksum"], &json["task"]["failed"]),
        (&2.into(), &1.into())
    );
    stage.demo.store().allow_all();
    stage.demo.log().clear();
    stage.run(&["tasks", "retry", "1"]).ended_with(0);
    assert_eq!(stage.demo.log().count("PutObject"), 1);
    stage.run(&["tasks", "retry", "2"]).ended_with(2);
    let listed = stage
        .run(&["tasks", "list", "--state", "failed", "--json"])
        .ended_with(0);
    assert_eq!(listed.of_type("task").len(), 1);
    let listed = stage.run(&[
        "tasks", "list", "--match", "VAULT", "--since", "1h", "--json",
    ]);
    assert_eq!(listed.of_type("task").len(), 2);
}

#[test]
fn the_last_runs_of_a_mapping_tell_when_it_does_not_end_well() {
    let stage = Stage::new();
    stage.demo.store().create_bucket("vault", "us-east-1");
    let here = stage.file("here/a", b"x");
    let config = format!(
        "[mappings.pics]\nlocal = \"{}\"\nremote = \"s3://vault/to\"\ndirection = \"push\"\n",
        here.parent().unwrap().display()
    );
    fs::write(stage.path("wharf.toml"), config).unwrap();
    stage.run(&["push", "pics"]).ended_with(0);
    stage.demo.store().deny(Denial {
        operation: Some("PutObject".to_owned()),
        ..Denial::default()
    });
    stage.file("here/b", b"x");
    stage.run(&["push", "pics"]).ended_with(3);
    let told = stage
        .run(&["tasks", "list", "--mapping", "pics"])
        .ended_with(0)
        .stdout;
    assert_eq!(told.lines().count(), 4, "{told}");
    assert!(told.contains("pics: 2 runs  "), "{told}");
    assert!(told.contains("  failed 0 1  moved 1 B 0 B\n"), "{told}");
    assert!(
        told.contains("! pics: the last run did not end well"),
        "{told}"
    );
    let wrong = stage
        .run(&["tasks", "list", "--mapping", "pic"])
        .ended_with(2);
    assert!(wrong.stderr.contains("pics"), "{}", wrong.stderr);
}

#[test]
fn hooks_hear_how_a_task_ended() {
    let stage = Stage::new();
    stage.demo.store().create_bucket("vault", "us-east-1");
    stage.file("here/a", b"x");
    let config = "[hooks]\nsuccess = \"cat > success.json\"\nfailure = \"cat > failure.json\"\n";
    fs::write(stage.path("wharf.toml"), config).unwrap();
    let told = |name: &str| {
        let text = fs::read_to_string(stage.path(name)).unwrap();
        serde_json::from_str::<Value>(&text).unwrap()
    };
    stage.run(&["sync", "here", "s3://vault/to"]).ended_with(0);
    let success = told("success.json");
    assert_eq!(
        (&success["event"], &success["done"]),
        (&"success".into(), &1.into())
    );
    stage.demo.store().deny(Denial {
        operation: Some("PutObject".to_owned()),
        ..Denial::default()
    });
    stage.file("here/b", b"x");
    stage.run(&["sync", "here", "s3://vault/to"]).ended_with(3);
    let failure = told("failure.json");
    assert_eq!(
        (&failure["state"], &failure["failed"]),
        (&"failed".into(), &1.into())
    );
    assert!(failure["text"].as_str().unwrap().contains("failure"));
}

#[test]
fn what_cannot_be_gone_on_with_says_what_to_do() {
    let stage = Stage::new();
    let unknown = stage.run(&["tasks", "resume", "9"]).ended_with(2);
    assert!(
        unknown.stderr.contains("wharf tasks list"),
        "{}",
        unknown.stderr
    );
    stage.demo.store().create_bucket("vault", "us-east-1");
    stage.file("here/a", b"x");
    stage.run(&["sync", "here", "s3://vault/to"]).ended_with(0);
    let done = stage.run(&["tasks", "resume", "1"]).ended_with(2);
    assert!(
        done.stderr.contains("nothing is left to do"),
        "{}",
        done.stderr
    );
    let none = stage.run(&["tasks", "cancel", "1"]).ended_with(2);
    assert!(none.stderr.contains("is over"), "{}", none.stderr);
}

#[test]
fn the_time_of_a_sync_is_read_and_kept() {
    let stage = Stage::new();
    stage
        .demo
        .store()
        .create_bucket("vault", wharf::demo::REGION);
    stage.file("data/a.txt", b"a");
    let wrong = stage
        .run(&["sync", "data", "s3://vault/p", "--at", "soon"])
        .ended_with(2);
    assert!(wrong.stderr.contains("02:00"), "{}", wrong.stderr);
    // One that has passed holds nothing back.
    let passed = "2026-01-31T02:00:00Z";
    let run = stage
        .run(&["sync", "data", "s3://vault/p", "--at", passed, "--json"])
        .ended_with(0);
    assert_eq!(run.summary()["done"], 1);
    let task = stage.run(&["tasks", "list", "--json"]).ended_with(0);
    let task = &task.of_type("task")[0];
    assert_eq!(task["due"], passed, "{task}");
    assert_eq!(task["priority"], 0, "{task}");
}
