//! Going on after the program was killed, where a task was begun with more than places: flags of one side, and families.

#![allow(
    clippy::unwrap_used,
    reason = "a test stops where its program cannot be run"
)]

use std::{
    collections::BTreeMap,
    fs,
    process::{Child, Stdio},
    time::{Duration, Instant},
};

use wharf::demo::{Options, REGION, s3::NewObject};

use crate::support::wharf::Stage;

/// A bucket with so many objects below each prefix, fetched at a bandwidth that leaves time to step in.
fn slow(prefixes: &[&str], objects: u8, size: usize) -> Stage {
    let stage = Stage::with(Options {
        faults: "bandwidth=2MB".parse().unwrap(),
        ..Options::default()
    });
    stage.demo.store().create_bucket("vault", REGION);
    for prefix in prefixes {
        for n in 0..objects {
            let object = NewObject::from(vec![n; size]);
            let key = format!("{prefix}/{n}.bin");
            stage.demo.store().put("vault", &key, object).unwrap();
        }
    }
    stage
}

/// Starts a command and kills it as soon as so many objects were fetched and their outcome is on record.
fn killed_after(stage: &Stage, args: &[&str], done: u64) {
    let mut command = stage.process(args);
    let mut child: Child = command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let began = Instant::now();
    let count = || -> u64 {
        let run = stage.run(&["tasks", "list", "--json"]).ended_with(0);
        let tasks = run.of_type("task").into_iter();
        tasks.filter_map(|task| task["done"].as_u64()).sum()
    };
    while count() < done {
        assert!(began.elapsed() < Duration::from_mins(1), "it never began");
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

/// How often each object was asked for.
fn fetched(stage: &Stage) -> BTreeMap<String, usize> {
    let mut times = BTreeMap::new();
    for request in stage.demo.log().of("GetObject") {
        *times.entry(request.key).or_default() += 1;
    }
    times
}

#[test]
fn flags_of_one_side_are_those_of_the_task_when_it_is_gone_on_with() {
    let stage = slow(&["big"], 12, 1 << 20);
    let region = ["--source-region", REGION, "--workers", "2"];
    let sync = ["sync", "s3://vault/big", "big"];
    killed_after(&stage, &[&sync[..], &region[..]].concat(), 2);
    stage.demo.faults().clear();
    let run = stage.run(&["tasks", "resume", "1", "--json"]).ended_with(0);
    assert_eq!(run.summary()["task"]["source"], "source:s3://vault/big");
    assert_eq!(fs::read_dir(stage.path("big")).unwrap().count(), 12);
}

#[test]
fn a_group_goes_on_with_the_children_that_are_not_over() {
    let stage = slow(&["one", "two", "three"], 6, 1 << 18);
    let mappings: String = ["one", "two", "three"]
        .map(|name| {
            format!(
                "[mappings.{name}]\nlocal = \"{}\"\nremote = \"s3://vault/{name}\"\ndirection = \"pull\"\n",
                stage.path(name).display()
            )
        })
        .concat();
    let group = "[groups.all]\nmappings = [\"one\", \"two\", \"three\"]\n";
    fs::write(stage.path("wharf.toml"), mappings + group).unwrap();
    killed_after(&stage, &["pull", "all", "--workers", "2"], 4);
    stage.demo.faults().clear();
    let heads = stage.run(&["tasks", "list", "--json"]).ended_with(0);
    let heads = heads.of_type("task");
    let head = heads.iter().find(|task| task["kind"] == "group").unwrap();
    let id = head["id"].to_string();
    stage.run(&["tasks", "resume", &id]).ended_with(0);
    for name in ["one", "two", "three"] {
        for n in 0..6_u8 {
            let content = fs::read(stage.path(&format!("{name}/{n}.bin"))).unwrap();
            assert_eq!(content, vec![n; 1 << 18], "{name}/{n}.bin");
        }
    }
    let fetched = fetched(&stage);
    assert_eq!(fetched.len(), 18);
    // Four were on record; of the others, those that were under way are asked for again.
    let once = fetched.values().filter(|times| **times == 1).count();
    assert!(once >= 4, "{fetched:?}");
    let run = stage.run(&["tasks", "list", "--json"]).ended_with(0);
    let tasks = run.of_type("task");
    let head = tasks.iter().find(|task| task["kind"] == "group").unwrap();
    assert_eq!(
        (&head["state"], &head["done"]),
        (&"done".into(), &18.into())
    );
    let over = stage.run(&["tasks", "resume", &id]).ended_with(2);
    assert!(
        over.stderr.contains("nothing is left to do"),
        "{}",
        over.stderr
    );
}

#[test]
fn a_migration_goes_on_with_as_many_routes_at_once_as_it_had() {
    let stage = slow(&["one", "two", "three"], 12, 100);
    let routes = ["one", "two", "three"]
        .map(|name| {
            format!(
                "{{ name = \"{name}\", from = \"s3://vault/{name}\", to = \"s3://vault/new/{name}\" }},\n"
            )
        })
        .concat();
    let migration = format!("[migrations.all]\nparallel = 1\nworkers = 2\nroutes = [\n{routes}]\n");
    fs::write(stage.path("wharf.toml"), migration).unwrap();
    stage.demo.faults().set("latency=100ms".parse().unwrap());
    killed_after(&stage, &["migrate", "all", "--yes"], 3);
    stage.demo.faults().clear();
    stage.run(&["tasks", "resume", "1"]).ended_with(0);
    let mut begun: Vec<String> = Vec::new();
    for copy in stage.demo.log().of("CopyObject") {
        let route = copy.key.split('/').nth(1).unwrap_or_default().to_owned();
        if begun.last() != Some(&route) {
            begun.push(route);
        }
    }
    assert_eq!(begun, ["one", "two", "three"]);
}
