//! `wharf wrap-up --all-regions`: what a run made in another region than the remote's own is found, costed and torn down, and is in
//! doubt, not gone, where that region is not asked.
#![allow(
    clippy::unwrap_used,
    reason = "a test stops where its stage cannot be set"
)]

use std::collections::BTreeSet;

use serde_json::{Value, json};
use wharf::demo::{
    REGION,
    cloud::{NewInstance, NewVolume, State},
};

use super::wrap_up::{applied, own};
use crate::support::wharf::{Run, Stage};

const OTHER: &str = "us-east-2";

/// A run with a trainer in the remote's region, and a trainer, a volume and an address in another.
fn world() -> (Stage, [String; 4]) {
    let stage = Stage::new();
    let cloud = stage.demo.cloud();
    let trainer = |zone: &str| {
        cloud.add_instance(NewInstance {
            kind: "g5.xlarge".to_owned(),
            zone: zone.to_owned(),
            volumes: Vec::new(),
            tags: own(&[]),
            ..NewInstance::default()
        })
    };
    let here = trainer("us-east-1a");
    let there = trainer("us-east-2b");
    let volume = NewVolume {
        gib: 200,
        tags: own(&[]),
        ..NewVolume::default()
    };
    let hour = std::time::Duration::from_hours(1);
    let volume = cloud.add_volume(&volume, "us-east-2b", hour);
    let address = cloud.add_address(OTHER, "203.0.113.9", Some(&there));
    (stage, [here, there, volume, address])
}

fn ids(run: &Run) -> BTreeSet<String> {
    let all = run.of_type("resource").into_iter();
    all.map(|one| one["id"].as_str().unwrap().to_owned())
        .collect()
}

fn per_hour(run: &Run) -> f64 {
    run.summary()["price_per_hour"].as_f64().unwrap()
}

#[test]
fn what_another_region_holds_is_found_costed_and_torn_down() {
    let (stage, [here, there, volume, address]) = world();
    let own_region = stage.run(&["wrap-up", "stage2", "--json"]).ended_with(0);
    assert_eq!(ids(&own_region), BTreeSet::from([here.clone()]));
    let look = ["wrap-up", "stage2", "--all-regions", "--json"];
    let all = stage.run(&look).ended_with(0);
    let expected = [&here, &there, &volume, &address].map(Clone::clone);
    assert_eq!(ids(&all), BTreeSet::from(expected));
    let region = |id: &str| {
        let mut all = all.of_type("resource").into_iter();
        all.find(|one| one["id"] == id).unwrap()["region"].clone()
    };
    assert_eq!(
        (region(&here), region(&volume)),
        (json!(REGION), json!(OTHER))
    );
    // The trainer there, 200 GiB of gp3 and the address come to it.
    let more = per_hour(&all) - per_hour(&own_region);
    assert!(
        (more - (1.006 + 200.0 * 0.08 / 730.0 + 0.005)).abs() < 1e-6,
        "{more}"
    );
    // What the ledger knows there by now is looked for without a word, and in doubt where a person asks elsewhere alone.
    let remembered = stage.run(&["wrap-up", "stage2", "--json"]).ended_with(0);
    assert_eq!(ids(&remembered), ids(&all));
    let here_alone = ["wrap-up", "stage2", "--regions", REGION, "--json"];
    let doubt = stage.run(&here_alone).ended_with(3);
    let trouble = doubt.of_type("trouble").remove(0);
    assert_eq!(trouble["region"], OTHER);
    assert!(trouble.to_string().contains("--all-regions"), "{trouble}");
    let gone = |run: &Run| {
        let all = run.of_type("resource").into_iter();
        all.filter(|one| one["origin"] == "gone").count()
    };
    assert_eq!(gone(&doubt), 0);
    let more = [
        "--all-regions",
        "--ended",
        "--override-proof",
        "a test",
        "--also",
        &address,
    ];
    let run = applied(&stage, &more).ended_with(0);
    assert_eq!(run.summary()["gone"], 4, "{}", run.stdout);
    let cloud = stage.demo.cloud();
    for id in [&here, &there] {
        assert_eq!(cloud.state(id), Some(State::Terminated));
    }
    assert_eq!(cloud.living(), [""; 0]);
    let after = stage.run(&look).ended_with(0);
    assert_eq!(
        (per_hour(&after), gone(&after)),
        (0.0, 3),
        "{}",
        after.stdout
    );
    let costs = after.of_type("cost");
    let there = costs.iter().find(|one| one["region"] == OTHER).unwrap();
    assert_ne!(there["until"], Value::Null);
}

#[test]
fn a_region_that_is_off_by_now_is_told_and_the_rest_works() {
    let (stage, [here, ..]) = world();
    stage
        .run(&["wrap-up", "stage2", "--all-regions"])
        .ended_with(0);
    stage.demo.cloud().switch_off(OTHER);
    let look = stage.run(&["wrap-up", "stage2", "--json"]).ended_with(3);
    assert_eq!(ids(&look), BTreeSet::from([here]));
    let trouble = look.of_type("trouble").remove(0);
    assert_eq!(trouble["region"], OTHER);
}

#[test]
fn one_region_is_named_instead_and_the_deletion_stays_there() {
    let (stage, [here, there, ..]) = world();
    let more = ["--regions", OTHER, "--ended", "--override-proof", "a test"];
    let run = applied(&stage, &more).ended_with(0);
    assert!(!ids(&run).contains(&here));
    let cloud = stage.demo.cloud();
    let states = [&here, &there].map(|id| cloud.state(id).unwrap());
    assert_eq!(states, [State::Running, State::Terminated]);
}
