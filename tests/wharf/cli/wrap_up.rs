//! `wharf wrap-up`: nothing goes without proof or a reason, what goes is followed until AWS says that it is gone, and a kill between
//! a call and its answer is settled at the next start.
#![allow(
    clippy::unwrap_used,
    reason = "a test stops where its stage cannot be set"
)]

use std::{
    process::Stdio,
    time::{Duration, SystemTime},
};

use serde_json::json;
use wharf::{
    demo::{
        Fault, REGION, Rule,
        cloud::{NewInstance, NewVolume, Snapshot, State},
        s3::Limits,
    },
    domain::wrap_up::Debt,
};

use super::doubted::debt;
use crate::support::wharf::{Run, Stage};

const ACCOUNT: &str = "123456789012";
const RUN: (&str, &str) = ("wharf:run", "stage2");
const MINUTE: Duration = Duration::from_mins(1);

/// A run with an instance, two volumes and an address, beside things of others.
struct World {
    stage: Stage,
    trainer: String,
    data: String,
    foreign: String,
}

pub(super) fn own(more: &[(&str, &str)]) -> Vec<(String, String)> {
    let tags = std::iter::once(&RUN).chain(more);
    tags.map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect()
}

fn world(stopped: bool) -> World {
    let stage = Stage::new();
    stage.file(
        "wharf.toml",
        b"base_dir = \".\"\n[mappings.models]\nlocal = \"models\"\nremote = \"s3://vault/models\"\ndirection = \"both\"\n[runs.stage2]\noutputs = [\"models\"]\n",
    );
    stage.file("models/a.bin", b"weights");
    stage.demo.store().create_bucket("vault", REGION);
    let cloud = stage.demo.cloud();
    let stays = NewVolume {
        device: "/dev/sdf".to_owned(),
        gib: 200,
        delete_on_termination: false,
        tags: own(&[("Name", "data")]),
        ..NewVolume::default()
    };
    let trainer = cloud.add_instance(NewInstance {
        name: "trainer".to_owned(),
        kind: "g5.xlarge".to_owned(),
        stopped,
        volumes: vec![NewVolume::default(), stays],
        tags: own(&[]),
        ..NewInstance::default()
    });
    let foreign = NewVolume {
        tags: vec![("wharf:run".to_owned(), "stage1".to_owned())],
        ..NewVolume::default()
    };
    let foreign = cloud.add_volume(&foreign, "us-east-1a", MINUTE);
    cloud.add_snapshot(Snapshot {
        tags: own(&[("wharf:keep", "yes")]),
        ..Snapshot::new(REGION, "vol-1", 8, stage.demo.clock().now())
    });
    let data = cloud
        .living()
        .into_iter()
        .filter(|id| id.starts_with("vol-"))
        .nth(1)
        .unwrap();
    World {
        stage,
        trainer,
        data,
        foreign,
    }
}

fn push(stage: &Stage) {
    stage.run(&["push", "models", "--yes"]).ended_with(0);
}

/// Runs it to its end while time goes on in the world.
pub(super) fn applied(stage: &Stage, more: &[&str]) -> Run {
    let args = [
        "wrap-up",
        "stage2",
        "--apply",
        "--account",
        ACCOUNT,
        "--json",
    ];
    let args: Vec<&str> = args.iter().chain(more).copied().collect();
    // Each look at the addresses lets a minute go by: what was asked for comes about.
    stage.run_while(&args, "DescribeAddresses", MINUTE)
}

/// How often something was done, and not only asked for by a dry run.
fn done(stage: &Stage, operation: &str) -> usize {
    let lines = stage.demo.log().lines();
    let done = lines
        .iter()
        .filter(|line| line.operation == operation && line.succeeded());
    done.count()
}

fn writes(stage: &Stage) -> u64 {
    let destructive = [
        "TerminateInstances",
        "DeleteVolume",
        "ReleaseAddress",
        "DeleteSnapshot",
        "StopInstances",
    ];
    destructive
        .iter()
        .map(|operation| stage.demo.log().count(operation))
        .sum()
}

#[test]
fn a_look_tells_what_costs_who_made_it_and_changes_nothing() {
    let world = world(false);
    let run = world
        .stage
        .run(&["wrap-up", "stage2", "--json"])
        .ended_with(0);
    let of = |id: &str| {
        let found = run
            .of_type("resource")
            .into_iter()
            .find(|one| one["id"] == id);
        found.unwrap_or_default()
    };
    let trainer = of(&world.trainer);
    assert_eq!(
        (&trainer["origin"], &trainer["selected"]),
        (&json!("this run"), &json!(true))
    );
    assert_eq!(trainer["price_per_hour"], 1.006);
    let foreign = of(&world.foreign);
    assert_eq!(
        (&foreign["origin"], &foreign["selected"]),
        (&json!("another run"), &json!(false))
    );
    assert_eq!(foreign["run"], "stage1");
    assert_eq!(of(&world.data)["on"], json!(world.trainer));
    let kept = run
        .of_type("resource")
        .into_iter()
        .find(|one| one["kept"] == true)
        .unwrap();
    assert_eq!(
        (&kept["kind"], &kept["selected"]),
        (&json!("snapshot"), &json!(false))
    );
    let summary = run.summary();
    assert_eq!(summary["account"], ACCOUNT);
    assert_eq!(summary["open"].as_array().unwrap().len(), 3, "{summary}");
    assert!(
        summary["not_looked_for"]
            .as_array()
            .unwrap()
            .contains(&json!("VPC endpoints"))
    );
    assert_eq!(writes(&world.stage), 0);
}

#[test]
fn without_proof_without_the_account_or_while_it_runs_the_gate_stays_shut() {
    let world = world(false);
    let stage = &world.stage;
    let refused = |more: &[&str], word: &str| {
        let args: Vec<&str> = ["wrap-up", "stage2", "--apply"]
            .iter()
            .chain(more)
            .copied()
            .collect();
        let run = stage.run(&args).ended_with(5);
        assert!(run.stderr.contains(word), "{word} is not in {}", run.stderr);
        assert_eq!(writes(stage), 0);
    };
    let named = ["--account", ACCOUNT];
    refused(&named, "still run");
    refused(&["--account", ACCOUNT, "--ended"], "models is not proven");
    refused(
        &["--account", ACCOUNT, "--ended", "--made-here"],
        "models is not proven",
    );
    push(stage);
    refused(&["--ended", "--made-here"], "nobody named the account");
    refused(
        &["--account", "210987654321", "--ended", "--made-here"],
        "210987654321 was named",
    );
    refused(
        &["--account", ACCOUNT, "--ended", "--override-proof", " "],
        "models is not proven",
    );
    stage.file("models/b.bin", b"not pushed");
    refused(
        &["--account", ACCOUNT, "--ended", "--made-here"],
        "models is not proven",
    );
    let read_only = [
        "--read-only",
        "wrap-up",
        "stage2",
        "--apply",
        "--account",
        ACCOUNT,
    ];
    stage.run(&read_only).ended_with(5);
    assert_eq!(
        stage.demo.cloud().state(&world.trainer),
        Some(State::Running)
    );
}

#[test]
fn proven_outputs_let_all_that_the_run_made_go_in_order_until_it_is_gone() {
    let world = world(false);
    let stage = &world.stage;
    push(stage);
    let address = stage
        .demo
        .cloud()
        .add_address(REGION, "203.0.113.8", Some(&world.trainer));
    let run = applied(
        stage,
        &[
            "--ended",
            "--made-here",
            "--also",
            &address,
            "--report",
            "end.md",
        ],
    );
    let run = run.ended_with(0);
    let gone: Vec<_> = run
        .of_type("ended")
        .iter()
        .map(|end| end["gone"].clone())
        .collect();
    assert_eq!(gone, vec![json!(true); 4], "{}", run.stdout);
    let proof = run.of_type("proof").remove(0);
    assert_eq!(
        (&proof["proven"], &proof["objects"]),
        (&json!(true), &json!(1))
    );
    let lines = stage.demo.log().lines();
    let writes = lines.iter().filter(|line| line.succeeded());
    let order: Vec<&str> = writes
        .map(|line| line.operation)
        .filter(|operation| {
            ["TerminateInstances", "ReleaseAddress", "DeleteVolume"].contains(operation)
        })
        .collect();
    assert_eq!(
        order,
        ["TerminateInstances", "ReleaseAddress", "DeleteVolume"]
    );
    let left = stage.demo.cloud().living();
    assert!(left.contains(&world.foreign) && left.len() == 2, "{left:?}");
    let report = std::fs::read_to_string(stage.path("end.md")).unwrap();
    assert!(
        report.contains("proven by checksum") && report.contains("| deleted |"),
        "{report}"
    );
    let again = stage.run(&["wrap-up", "stage2", "--json"]).ended_with(0);
    let origins: Vec<_> = again
        .of_type("resource")
        .iter()
        .map(|one| one["origin"].clone())
        .collect();
    let gone = origins.iter().filter(|origin| **origin == "gone").count();
    assert_eq!(
        gone, 3,
        "the ledger still knows what the run made: {origins:?}"
    );
}

#[test]
fn what_would_be_left_behind_is_told() {
    let world = world(true);
    let address = world
        .stage
        .demo
        .cloud()
        .add_address(REGION, "203.0.113.8", Some(&world.trainer));
    let look = world.stage.run(&["wrap-up", "stage2"]).ended_with(0);
    let told =
        format!("! address {address} hangs on what goes, stays, and costs on (--also {address})");
    assert!(look.stdout.contains(&told), "{}", look.stdout);
}

#[test]
fn a_reason_takes_the_place_of_proof_and_is_kept() {
    let world = world(true);
    let stage = &world.stage;
    let run = applied(
        stage,
        &[
            "--override-proof",
            "the box is lost",
            "--report",
            "end.json",
        ],
    );
    let run = run.ended_with(0);
    assert_eq!(run.summary()["override_proof"], "the box is lost");
    let report = std::fs::read_to_string(stage.path("end.json")).unwrap();
    assert!(report.contains("the box is lost"));
    assert_eq!(
        stage.demo.cloud().state(&world.trainer),
        Some(State::Terminated)
    );
}

#[test]
fn what_hangs_on_what_is_not_ticked_stays_with_its_reason() {
    let world = world(true);
    let stage = &world.stage;
    let more = ["--override-proof", "a test", "--leave", &world.trainer];
    let run = applied(stage, &more).ended_with(3);
    let ends = run.of_type("ended");
    let reasons: Vec<&str> = ends
        .iter()
        .filter_map(|end| end["reason"].as_str())
        .collect();
    assert!(
        reasons
            .iter()
            .any(|why| why.contains("which is not ticked")),
        "{reasons:?}"
    );
    assert_eq!(done(stage, "DeleteVolume"), 0);
}

#[test]
fn what_is_protected_keeps_the_gate_shut_before_anything_goes() {
    let world = world(true);
    let stage = &world.stage;
    stage
        .demo
        .cloud()
        .change(&world.trainer, |instance| instance.made.protected = true);
    let run = applied(stage, &["--override-proof", "a test"]).ended_with(5);
    let open = run.summary()["open"].to_string();
    for words in [
        &world.trainer,
        "termination protection is on",
        "--no-disable-api-termination",
    ] {
        assert!(open.contains(words), "{words} is not in {open}");
    }
    let real = ["TerminateInstances", "DeleteVolume", "ReleaseAddress"];
    assert!(real.iter().all(|operation| done(stage, operation) == 0));
    // Who may not ask is told, and what is not protected goes.
    let cloud = stage.demo.cloud();
    cloud.change(&world.trainer, |instance| instance.made.protected = false);
    cloud.deny("ec2:DescribeInstanceAttribute");
    let run = applied(stage, &["--override-proof", "a test"]).ended_with(3);
    assert!(run.stdout.contains("DescribeInstanceAttribute"));
    assert_eq!(cloud.state(&world.trainer), Some(State::Terminated));
}

#[test]
fn what_is_to_stay_holds_its_instance() {
    let world = world(true);
    let stage = &world.stage;
    let volumes = stage.demo.cloud().living();
    let root = volumes.iter().find(|id| id.starts_with("vol-")).unwrap();
    assert_ne!(root, &world.data);
    applied(stage, &["--override-proof", "a test", "--leave", root]);
    assert_eq!(done(stage, "TerminateInstances"), 0);
    assert!(stage.demo.cloud().living().contains(root));
}

/// Kills a wrap-up while this request of its is without an answer.
fn killed_at(stage: &Stage, (operation, nth): (&'static str, u64)) {
    stage
        .demo
        .faults()
        .add(Rule::new(Fault::Stall).on(operation).nth(nth));
    let args = [
        "wrap-up",
        "stage2",
        "--apply",
        "--account",
        ACCOUNT,
        "--override-proof",
        "a test",
    ];
    let mut child = stage
        .process(&args)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(stage.demo.faults().until_stalled(1));
    child.kill().unwrap();
    child.wait().unwrap();
    stage.demo.faults().clear();
}

#[test]
fn a_clock_that_is_off_is_put_right_by_the_answers_of_aws() {
    for ahead in [true, false] {
        let world = world(true);
        let demo = &world.stage.demo;
        demo.store().set_limits(Limits {
            skew: Some(15 * MINUTE),
            ..Limits::default()
        });
        let (now, off) = (SystemTime::now(), Duration::from_hours(2));
        demo.clock()
            .run_from(if ahead { now + off } else { now - off });
        let look = world.stage.run(&["wrap-up", "stage2", "--json"]);
        let look = look.ended_with(0);
        assert_eq!(look.of_type("trouble").len(), 0, "{}", look.stdout);
        assert!(look.stdout.contains(&world.trainer), "{}", look.stdout);
        let list = world.stage.run(&["instances", "--json"]).ended_with(0);
        assert!(list.stdout.contains(&world.trainer), "{}", list.stdout);
        let end = applied(&world.stage, &["--override-proof", "a test"]);
        assert_eq!(end.ended_with(0).summary()["stays"], 0);
    }
}

#[test]
fn a_wrap_up_killed_at_any_deletion_leaves_nothing_unlisted_and_the_next_ends_it() {
    // The first of each operation of EC2 is its dry run.
    let deletions = [
        ("TerminateInstances", 1),
        ("TerminateInstances", 2),
        ("DeleteVolume", 1),
        ("DeleteVolume", 2),
    ];
    for deletion in deletions {
        let world = world(true);
        let stage = &world.stage;
        killed_at(stage, deletion);
        let look = stage.run(&["wrap-up", "stage2", "--json"]).ended_with(0);
        let listed = look.of_type("resource");
        for living in stage.demo.cloud().living() {
            let known = listed.iter().any(|one| one["id"] == living);
            assert!(
                known,
                "{deletion:?}: {living} is not listed: {}",
                look.stdout
            );
        }
        let end = applied(stage, &["--override-proof", "a test"]).ended_with(0);
        assert_eq!(end.summary()["stays"], 0, "{deletion:?}: {}", end.stdout);
        let last = stage.demo.cloud().state(&world.trainer);
        assert_eq!(last, Some(State::Terminated), "{deletion:?}");
    }
}

#[test]
fn a_kill_between_a_call_and_its_answer_is_settled_at_the_next_start() {
    let world = world(true);
    let stage = &world.stage;
    killed_at(stage, ("TerminateInstances", 2));
    assert!(matches!(debt(stage), Debt::Deleting(_)));
    let look = stage.run(&["wrap-up", "stage2"]).ended_with(0);
    let told = format!("was stopped while it deleted instance {}", world.trainer);
    assert!(look.stderr.contains(&told), "{}", look.stderr);
    assert!(look.stdout.contains(&world.trainer), "{}", look.stdout);
    applied(stage, &["--override-proof", "a test"]).ended_with(0);
    assert_eq!(
        stage.demo.cloud().state(&world.trainer),
        Some(State::Terminated)
    );
}
