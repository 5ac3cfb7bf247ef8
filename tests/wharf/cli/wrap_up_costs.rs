//! What a run costs and what it came to: what was deleted does not count any more, what is gone is remembered with what it cost, also
//! where it went before anybody looked.
#![allow(
    clippy::unwrap_used,
    reason = "a test stops where its stage cannot be set"
)]

use std::time::Duration;

use serde_json::{Value, json};
use wharf::demo::{
    REGION,
    cloud::{NewInstance, NewVolume, Snapshot, State},
};
use wharf::engine::wrap_up::accounts;

use super::{
    launched,
    wrap_up::{applied, own},
};
use crate::support::wharf::{Run, Stage};

const HOUR: Duration = Duration::from_hours(1);

/// A trainer that ran for ten hours, with a volume that it does not take along, and a snapshot that is kept.
fn world() -> (Stage, String) {
    let stage = Stage::new();
    let cloud = stage.demo.cloud();
    let trainer = cloud.add_instance(NewInstance {
        name: "trainer".to_owned(),
        kind: "g5.xlarge".to_owned(),
        age: 10 * HOUR,
        volumes: vec![
            NewVolume::default(),
            NewVolume {
                device: "/dev/sdf".to_owned(),
                gib: 200,
                delete_on_termination: false,
                tags: own(&[]),
                ..NewVolume::default()
            },
        ],
        tags: own(&[]),
        ..NewInstance::default()
    });
    cloud.add_snapshot(Snapshot {
        tags: own(&[("wharf:keep", "yes")]),
        ..Snapshot::new(REGION, "vol-1", 100, stage.demo.clock().now())
    });
    (stage, trainer)
}

fn cost_of(run: &Run, id: &str) -> Value {
    let costs = run.of_type("cost").into_iter();
    let mut own = costs.filter(|one| one["id"] == id && one["kind"] != "volumes of");
    own.next().unwrap_or_default()
}

fn near(told: &Value, amount: f64) {
    let told = told.as_f64().unwrap();
    assert!((told - amount).abs() < 0.1, "{told} is not about {amount}");
}

#[test]
fn what_went_costs_no_more_and_what_it_came_to_stays_known() {
    let (stage, trainer) = world();
    let more = ["--ended", "--override-proof", "a test"];
    let dry = stage.run(&["wrap-up", "stage2", "--json"]).ended_with(0);
    let all = dry.summary()["price_per_hour"].as_f64().unwrap();
    assert_eq!(dry.summary()["was_per_hour"], json!(all));
    stage
        .demo
        .cloud()
        .add_volume(&NewVolume::default(), "us-east-1a", HOUR);
    let run = applied(&stage, &[&more[..], &["--report", "end.md"]].concat()).ended_with(0);
    let summary = run.summary();
    let kept = run.of_type("resource");
    let stays = |one: &&Value| one["kept"] == true || one["origin"] == "not in the ledger";
    let left: f64 = kept
        .iter()
        .filter(stays)
        .map(|one| one["price_per_hour"].as_f64().unwrap())
        .sum();
    near(&summary["price_per_hour"], left);
    assert!(left > 0.0 && left < 0.05, "{left}");
    assert!(summary["was_per_hour"].as_f64().unwrap() > all, "{summary}");
    assert_eq!(summary["selected_per_hour"], 0.0, "{summary}");
    let cost = cost_of(&run, &trainer);
    near(&cost["cost"], 10.06);
    assert_eq!(cost["estimate"], false);
    assert!(cost["until"].is_string(), "{cost}");
    let report = std::fs::read_to_string(stage.path("end.md")).unwrap();
    for words in [
        "was $1.006/h",
        "Before: ~$1.0",
        "## What the run came to",
        "| $10.0",
        "costs on",
    ] {
        assert!(report.contains(words), "{words} is not in {report}");
    }
    // Later nothing of it is there; what it came to is still known.
    let later = stage.run(&["wrap-up", "stage2", "--json", "--report", "end.json"]);
    let later = later.ended_with(0);
    assert_eq!(cost_of(&later, &trainer)["cost"], cost["cost"]);
    near(
        &later.summary()["cost_so_far"],
        summary["cost_so_far"].as_f64().unwrap(),
    );
    let report: Value =
        serde_json::from_slice(&std::fs::read(stage.path("end.json")).unwrap()).unwrap();
    assert_eq!(report["costs"].as_array().unwrap().len(), 4, "{report}");
}

#[test]
fn what_holds_an_instance_is_a_field_and_words_beside_what_it_is() {
    let (stage, trainer) = world();
    let root = stage
        .demo
        .cloud()
        .living()
        .into_iter()
        .find(|id| id.starts_with("vol-"))
        .unwrap();
    let args = ["wrap-up", "stage2", "--leave", &root];
    let run = stage.run(&[&args[..], &["--json"]].concat()).ended_with(0);
    let resources = run.of_type("resource");
    let trainer = resources.iter().find(|one| one["id"] == trainer).unwrap();
    assert_eq!(
        (&trainer["held_by"], &trainer["selected"]),
        (&json!(root), &json!(false))
    );
    assert_eq!(trainer["about"], "g5.xlarge running");
    let words = stage.run(&args).stdout;
    assert!(
        words.contains(&format!("g5.xlarge running, holds {root}, which stays")),
        "{words}"
    );
}

#[test]
fn a_launch_that_ended_itself_before_anybody_looked_is_counted_with_its_volumes() {
    let stage = launched::stage("");
    let summary = launched::launch(&stage, &["--yes", "--no-wait"])
        .ended_with(0)
        .summary();
    let id = summary["id"].as_str().unwrap();
    stage.demo.clock().advance(3 * HOUR);
    let end = ["instances", "terminate", id, "--confirm", id];
    stage
        .run_while(&end, "DescribeInstances", Duration::from_mins(1))
        .ended_with(0);
    assert_eq!(stage.demo.cloud().state(id), Some(State::Terminated));
    let run = stage.run(&["wrap-up", "stage2", "--json"]);
    let instance = cost_of(&run, id);
    near(&instance["cost"], 3.02);
    assert_eq!(instance["estimate"], false, "{instance}");
    // Its root went with it, and was never seen; the volume that is kept costs on by itself.
    let costs = run.of_type("cost");
    let root = costs
        .iter()
        .find(|one| one["kind"] == "volumes of")
        .unwrap();
    assert!(
        root["until"].is_string() && root["cost"].as_f64().unwrap() > 0.0,
        "{root}"
    );
    let kept: Vec<&Value> = costs.iter().filter(|one| one["kind"] == "volume").collect();
    assert_eq!(kept.len(), 1, "{costs:?}");
    assert_eq!(kept[0]["until"], Value::Null);
}

#[test]
fn what_spot_costs_stays_known_after_a_look() {
    let stage = launched::stage("spot = true\n");
    stage.demo.cloud().set_spot_price("g5.xlarge", 0.4123);
    let summary = launched::launch(&stage, &["--yes", "--no-wait"])
        .ended_with(0)
        .summary();
    let owed = || {
        let accounts = accounts(&stage.path("state/journal.sqlite"));
        let owed = accounts[0].owed.iter();
        owed.map(|one| one.price.amount).sum::<f64>()
    };
    let before = owed();
    assert!(before > 0.1, "{before}");
    stage.demo.clock().advance(Duration::from_mins(1));
    let run = stage.run(&["wrap-up", "stage2", "--json"]).ended_with(0);
    assert!((owed() - before).abs() < 0.001, "{} after {before}", owed());
    let cost = cost_of(&run, summary["id"].as_str().unwrap());
    assert!(cost["cost"].as_f64().unwrap() > 0.0, "{cost}");
    assert_eq!(cost["until"], Value::Null);
    let told = |run: &Run| {
        let mut all = run.of_type("resource").into_iter();
        let found = all.find(|one| one["id"] == summary["id"]).unwrap();
        (found["price_per_hour"].clone(), found["estimate"].clone())
    };
    assert_eq!(told(&run), (json!(0.4123), json!(true)));
    let sum = run.summary()["selected_per_hour"].as_f64().unwrap();
    assert!(sum > 0.4123, "{sum}");
    // Without that right the price is unknown, not nothing, and the rest works.
    stage.demo.cloud().deny("ec2:DescribeSpotPriceHistory");
    let run = stage.run(&["wrap-up", "stage2", "--json"]).ended_with(3);
    assert_eq!(told(&run), (json!(0.0), json!(true)));
    assert!(
        run.stdout.contains("DescribeSpotPriceHistory"),
        "{}",
        run.stdout
    );
}
