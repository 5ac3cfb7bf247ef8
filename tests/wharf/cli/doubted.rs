//! Launches and records of which somebody is in doubt: an answer that was lost, a region that was not asked, an endpoint that does
//! what it was only asked about, an instance that went on. Doubt never reads as "gone", "failed" or "proven".
#![allow(
    clippy::unwrap_used,
    reason = "a test stops where its stage cannot be set"
)]

use std::time::Duration;

use serde_json::json;
use wharf::{
    demo::{
        Fault, Rule,
        cloud::{NewInstance, Reply, State},
    },
    domain::wrap_up::Debt,
    engine::wrap_up::accounts,
};

use super::{
    launched::{launch, stage},
    recorded,
    wrap_up::own,
};
use crate::support::wharf::Stage;

const MINUTE: Duration = Duration::from_mins(1);

fn instances(stage: &Stage) -> usize {
    let living = stage.demo.cloud().living();
    living.iter().filter(|id| id.starts_with("i-")).count()
}

/// What a start of wharf says first.
pub(super) fn debt(stage: &Stage) -> Debt {
    let now = jiff::Timestamp::now();
    let told = accounts(&stage.path("state/journal.sqlite"));
    assert_eq!(told.len(), 1, "{told:?}");
    told[0].debt(now).unwrap()
}

/// What it costs an hour, to a tenth of a cent.
fn hour(debt: Debt) -> String {
    match debt {
        Debt::Launched(_, price) | Debt::Ended(_, price) | Debt::Seen(_, price) => {
            format!("{:.3}", price.amount)
        }
        Debt::InDoubt(_) | Debt::Deleting(_) => "in doubt".to_owned(),
    }
}

#[test]
fn a_launch_whose_answers_are_all_lost_is_found_by_its_tag() {
    let stage = stage("");
    let lost = Rule::new(Fault::Lost).on("RunInstances").from(2);
    stage.demo.faults().add(lost);
    let summary = launch(&stage, &["--yes", "--no-wait"])
        .ended_with(0)
        .summary();
    let id = summary["id"].as_str().unwrap();
    assert_eq!(stage.demo.cloud().state(id), Some(State::Pending));
    assert_eq!(instances(&stage), 1);
}

#[test]
fn a_launch_of_which_nothing_is_known_stays_in_doubt_with_its_files() {
    let stage = stage("");
    let failed = Rule::new(Fault::InternalError).on("RunInstances").from(2);
    stage.demo.faults().add(failed);
    let run = launch(&stage, &["--yes", "--no-wait"]).ended_with(3);
    assert!(run.stderr.contains("nobody knows"), "{}", run.stderr);
    let left = stage.run(&["ls", "s3://vault/wharf-runs/", "-r", "--json"]);
    assert_eq!(left.of_type("entry").len(), 5, "{}", left.stdout);
    assert!(matches!(debt(&stage), Debt::InDoubt(_)));
    // A region that it was not launched in settles nothing, and neither does a look before AWS had time to tell.
    for region in ["us-west-2", "us-east-1"] {
        stage.run(&["wrap-up", "stage2", "--region", region]);
        assert!(matches!(debt(&stage), Debt::InDoubt(_)), "{region}");
    }
}

#[test]
fn what_still_costs_counts_the_volumes_before_aws_tells_their_ids() {
    let stage = stage("");
    launch(&stage, &["--yes", "--no-wait"]).ended_with(0);
    // 1.006 for the instance, 0.0228 for 208 GiB of gp3.
    assert_eq!(hour(debt(&stage)), "1.029");
    stage.demo.clock().advance(MINUTE);
    stage.run(&["wrap-up", "stage2"]).ended_with(0);
    assert_eq!(hour(debt(&stage)), "1.029", "counted twice, or not at all");
}

#[test]
fn an_endpoint_that_does_what_it_is_only_asked_about_is_asked_no_more() {
    let stage = stage("");
    let [one, two] = ["a", "b"].map(|name| {
        stage.demo.cloud().add_instance(NewInstance {
            name: name.to_owned(),
            stopped: true,
            tags: own(&[]),
            ..NewInstance::default()
        })
    });
    stage.demo.cloud().ignore_dry_runs();
    let args = [
        "wrap-up",
        "stage2",
        "--apply",
        "--account",
        "123456789012",
        "--override-proof",
        "a test",
    ];
    let run = stage.run(&args).ended_with(5);
    assert!(run.stderr.contains("only a dry run"), "{}", run.stderr);
    assert_eq!(stage.demo.log().count("TerminateInstances"), 1);
    let states = [one, two].map(|id| stage.demo.cloud().state(&id));
    let stopped = states
        .iter()
        .filter(|state| **state == Some(State::Stopped));
    assert_eq!(stopped.count(), 1, "{states:?}");
    let launched = launch(&stage, &["--dry-run"]).ended_with(2);
    assert!(launched.stdout.contains("only a dry run"));
}

#[test]
fn a_record_that_its_instance_outlived_proves_nothing() {
    let stage = recorded::stage();
    stage.run(&["push", "models", "--yes"]).ended_with(0);
    let cloud = stage.demo.cloud();
    let id = cloud.add_instance(NewInstance {
        tags: own(&[]),
        stopped: true,
        ..NewInstance::default()
    });
    let status = |recorded: serde_json::Value| json!({"state": "ended", "instance": id, "recorded": recorded, "at": "2026-01-11T18:00:00Z"});
    let reason = |word: &str| {
        let told = recorded::proof(&stage);
        assert_eq!(told["proven"], false, "{told}");
        let reason = told["reason"].as_str().unwrap_or_default();
        assert!(reason.contains(word), "{word}: {reason}");
    };
    stage.demo.clock().advance(MINUTE);
    recorded::leave(&stage, &status(json!(true)));
    assert_eq!(recorded::proof(&stage)["proven"], true);
    // Its record of the end failed: the one that is there is an earlier one.
    recorded::leave(&stage, &status(json!(false)));
    reason("did not record");
    recorded::leave(&stage, &status(json!(true)));
    stage.demo.clock().advance(MINUTE);
    // Started anew, it may write; stopped again, it may have written.
    stage
        .run_while(&["instances", "start", &id], "DescribeInstances", MINUTE)
        .ended_with(0);
    cloud.change(&id, |one| one.unreachable = true);
    reason("still runs");
    let stop = ["instances", "stop", &id, "--confirm", &id];
    stage
        .run_while(&stop, "DescribeInstances", MINUTE)
        .ended_with(0);
    reason("started anew");
}

#[test]
fn a_record_is_not_asked_for_where_no_command_may_be_run() {
    let stage = recorded::stage();
    stage.run(&["push", "models", "--yes"]).ended_with(0);
    let id = stage.demo.cloud().add_instance(NewInstance {
        tags: own(&[]),
        ..NewInstance::default()
    });
    let status = json!({"state": "training", "instance": id, "at": "2099-01-01T00:00:00Z"});
    recorded::leave(&stage, &status);
    stage.demo.cloud().set_shell(|_, _| Reply::default());
    let run = stage.run(&["--read-only", "wrap-up", "stage2", "--json"]);
    let told = &run.of_type("proof")[0];
    assert_eq!(told["proven"], false, "{told}");
    assert!(told["reason"].as_str().unwrap().contains("read-only"));
    assert_eq!(stage.demo.log().count("SendCommand"), 0);
    assert_eq!(recorded::proof(&stage)["proven"], true);
}
