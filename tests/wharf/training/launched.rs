//! A run that wharf launched: its end is told by the status object that its instance writes, looked at beside the logs.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use wharf::domain::{
    launch::Phase,
    location::Location,
    training::{ask::RunAsk, run::State},
};

use super::watch::Watch;
use crate::{engine::desk::Desk, support::wharf::Stage};

const LOG: &str = "logs/metrics.jsonl";

/// Steps of one second each, up to now.
fn log(now: Timestamp) -> String {
    let line = |step: i64| {
        let at = now.as_second() - 60 + step;
        format!("{{\"step\": {step}, \"timestamp\": {at}}}\n")
    };
    (0..=60).map(line).collect()
}

fn status(launch: &str, state: &str, at: Timestamp) -> String {
    format!("{{\"launch\": \"{launch}\", \"state\": {state}, \"at\": \"{at}\"}}")
}

const FAILED: &str = r#""ended", "outcome": "failed", "exit": 3, "why": "out of \u001bmemory", "pushed": true, "proven": true"#;

fn watch(desk: Desk, now: Timestamp) -> Watch {
    desk.object(LOG, log(now).as_bytes());
    let from = Location::parse("s3://pics/logs/metrics.jsonl").unwrap();
    let ask = RunAsk {
        launches: Location::parse("s3://pics/runs/").ok(),
        ..RunAsk::of_place("run", from)
    };
    Watch::new(desk, ask)
}

#[tokio::test]
async fn the_newest_launch_says_how_the_run_ended() {
    let (desk, now) = (Desk::new(), Timestamp::now());
    // An earlier launch failed; this one trains.
    desk.object("runs/a/status.json", status("a", FAILED, now).as_bytes());
    desk.object(
        "runs/b/status.json",
        status("b", "\"training\"", now).as_bytes(),
    );
    let mut watch = watch(desk, now);
    watch.until_step(60).await;
    watch
        .until_told(|followed| followed.run.launch.is_some())
        .await;
    assert_eq!(watch.followed.run.state(now), State::Training);
    watch.desk.demo.log().clear();
    for _ in 0..20 {
        watch.round().await;
    }
    assert_eq!(watch.desk.demo.log().count("ListObjectsV2"), 0);
    watch
        .desk
        .object("runs/b/status.json", status("b", FAILED, now).as_bytes());
    watch
        .until_told(|followed| followed.run.state(now) == State::Failed)
        .await;
    let ended = watch.followed.run.ended().unwrap();
    assert_eq!(&*ended.words, "failed: out of \u{1b}memory, outputs proven");
    // Steps were told since: somebody trains on by hand, and that launch says nothing of it.
    let earlier = status("b", FAILED, now - SignedDuration::from_mins(5));
    watch.desk.object("runs/b/status.json", earlier.as_bytes());
    watch
        .until_told(|followed| followed.run.state(now) == State::Training)
        .await;
}

#[tokio::test]
async fn a_launch_that_boots_has_told_nothing_and_one_that_cannot_be_read_says_why() {
    let (desk, now) = (Desk::new(), Timestamp::now());
    desk.object("runs/a/box.sh", b"#");
    let mut watch = watch(desk, now);
    watch.until_step(60).await;
    for _ in 0..20 {
        watch.round().await;
    }
    assert_eq!(
        (&watch.followed.run.launch, &watch.followed.launch_failed),
        (&None, &None)
    );
    watch.desk.object("runs/a/status.json", b"<html>");
    watch
        .until_told(|followed| followed.launch_failed.is_some())
        .await;
    let why = watch.followed.launch_failed.clone().unwrap();
    assert!(why.contains("status.json"), "{why}");
    watch.desk.object(
        "runs/a/status.json",
        status("a", "\"inputs\"", now).as_bytes(),
    );
    let inputs = |followed: &wharf::engine::training::Followed| {
        followed
            .run
            .launch
            .as_ref()
            .is_some_and(|launch| launch.state == Phase::Inputs)
    };
    watch.until_told(inputs).await;
    assert_eq!(watch.followed.launch_failed, None);
}

const CONFIG: &str = r#"
[remotes.main]
region = "us-east-1"
[runs.stage2]
folder = "main:s3://vault/runs"
metrics = [{ from = "main:s3://vault/m.jsonl" }]
"#;

#[test]
fn the_command_tells_the_launch_and_ends_as_it_ended() {
    let stage = Stage::vault(&[]);
    let now = Timestamp::now();
    std::fs::write(stage.path("wharf.toml"), CONFIG).unwrap();
    for (key, body) in [
        ("m.jsonl", log(now)),
        ("runs/b/status.json", status("b", FAILED, now)),
    ] {
        stage
            .demo
            .store()
            .put("vault", key, Bytes::from(body))
            .unwrap();
    }
    let run = stage.run(&["training", "show", "stage2"]).ended_with(0);
    assert!(
        run.stdout.contains("launch       b ended, told"),
        "{}",
        run.stdout
    );
    assert!(run.stdout.contains("failed: out of") && !run.stdout.contains('\u{1b}'));
    let run = stage
        .run(&["training", "watch", "stage2", "--json"])
        .ended_with(3);
    let told = run.of_type("run");
    let last = told.last().unwrap();
    assert_eq!(last["launch"]["outcome"], "failed");
    assert_eq!(last["state"], "failed");
}
