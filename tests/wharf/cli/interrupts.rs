//! A person or a system says stop in the middle: exit 130, nothing half-made stays, and the rest can be done later.
#![allow(
    clippy::unwrap_used,
    reason = "a test stops where its program cannot be run"
)]

use std::{
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use wharf::demo::{Options, s3::NewObject};

use crate::support::wharf::Stage;

/// Objects that take about half a minute at the stage's bandwidth.
fn slow() -> Stage {
    let faults = "bandwidth=1MB".parse().unwrap();
    let stage = Stage::with(Options {
        faults,
        ..Options::default()
    });
    stage.demo.store().create_bucket("vault", "us-east-1");
    for n in 0..6 {
        let object = NewObject::from(vec![n; 5 << 20]);
        let key = format!("big/{n}.bin");
        stage.demo.store().put("vault", &key, object).unwrap();
    }
    stage
}

/// A sync that fetches.
fn started(stage: &Stage) -> Child {
    let mut command = stage.process(&["sync", "s3://vault/big", "big"]);
    let child = command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let began = Instant::now();
    while stage.demo.log().count("GetObject") == 0 {
        assert!(began.elapsed() < Duration::from_mins(1), "it never began");
        thread::yield_now();
    }
    child
}

fn send(signal: &str, child: &Child) {
    let id = child.id().to_string();
    let sent = Command::new("kill").args([signal, &id]).status().unwrap();
    assert!(sent.success());
}

fn stopped_by(signal: &str) {
    let stage = slow();
    let mut child = started(&stage);
    send(signal, &child);
    assert_eq!(child.wait().unwrap().code(), Some(130), "{signal}");
    for file in std::fs::read_dir(stage.path("big")).into_iter().flatten() {
        let file = file.unwrap();
        let size = file.metadata().unwrap().len();
        assert_eq!(size, 5 << 20, "{} is half-made", file.path().display());
    }
    stage.demo.faults().clear();
    stage.run(&["sync", "s3://vault/big", "big"]).ended_with(0);
    stage
        .run(&["diff", "s3://vault/big", "big", "--check", "read"])
        .ended_with(0);
}

#[test]
fn ctrl_c_leaves_nothing_half_made() {
    stopped_by("-INT");
}

#[test]
fn a_terminated_program_leaves_nothing_half_made() {
    stopped_by("-TERM");
}

#[test]
fn a_lost_connection_loses_nothing_a_worker_goes_on() {
    let stage = slow();
    let mut child = started(&stage);
    send("-HUP", &child);
    assert_eq!(child.wait().unwrap().code(), Some(130));
    stage.demo.faults().clear();
    let attached = stage.run(&["tasks", "attach", "1", "--json"]).ended_with(0);
    let summary = attached.summary();
    assert_eq!(summary["task"]["state"], "done", "{summary}");
    assert_eq!(
        (&summary["task"]["done"], &summary["task"]["runs"]),
        (&6.into(), &2.into())
    );
    assert_ne!(summary["task"]["process"], child.id());
    stage
        .run(&["diff", "s3://vault/big", "big", "--check", "read"])
        .ended_with(0);
}
