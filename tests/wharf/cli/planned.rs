//! `wharf run`: exactly the steps of a plan that was written down, refused by name where the world has changed under it; and
//! plans as command files of s5cmd.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test stops where its stage cannot be set"
)]

use std::fs;

use serde_json::Value;

use crate::support::wharf::Stage;

/// What a person may do to a plan in a file.
type Change = fn(&mut Value);

/// A folder of five files, a bucket with a prefix of as many objects.
fn stage() -> Stage {
    let stage = Stage::new();
    stage.demo.store().create_bucket("bucket", "us-east-1");
    for n in 0..5 {
        stage.file(&format!("data/k{n}"), format!("content {n}").as_bytes());
    }
    stage
        .run(&["sync", "data", "s3://bucket/src"])
        .ended_with(0);
    stage.demo.log().clear();
    stage
}

fn edit(stage: &Stage, file: &str, change: impl FnOnce(&mut Value)) {
    let text = fs::read_to_string(stage.path(file)).unwrap();
    let mut plan: Value = serde_json::from_str(&text).unwrap();
    change(&mut plan);
    fs::write(stage.path(file), plan.to_string()).unwrap();
}

#[test]
fn a_plan_runs_exactly_its_steps_and_is_refused_by_name_when_the_world_has_changed() {
    let stage = stage();
    let plan = |to: &str, out: &str| {
        stage
            .run(&["plan", "s3://bucket/src", to, "--out", out])
            .ended_with(0);
    };
    plan("s3://bucket/one", "one.json");
    edit(&stage, "one.json", |plan| {
        let steps = plan["groups"][0]["steps"].as_array_mut().unwrap();
        steps.truncate(3);
    });
    let run = stage.run(&["run", "one.json", "--json"]).ended_with(3);
    assert_eq!(
        stage.demo.log().count("CopyObject"),
        3,
        "the steps of the file, no more"
    );
    assert_eq!(run.summary()["done"], 3);
    let off = run.of_type("task")[0]["recount"]["off"].clone();
    assert_eq!(off, 2, "the recount tells what the plan left out");
    plan("s3://bucket/two", "two.json");
    stage.file("data/k1", b"changed since");
    stage
        .run(&["sync", "data", "s3://bucket/src", "--yes"])
        .ended_with(0);
    stage.demo.log().clear();
    let refused = stage.run(&["run", "two.json"]).ended_with(5);
    assert!(
        refused
            .stderr
            .contains("! plan: k1: it changed at the source"),
        "{}",
        refused.stderr
    );
    assert!(refused.stderr.contains("--replan"), "{}", refused.stderr);
    assert_eq!(stage.demo.log().count("CopyObject"), 0);
    stage.run(&["run", "two.json", "--replan"]).ended_with(0);
    assert_eq!(stage.demo.log().count("CopyObject"), 5);
    let again = stage.run(&["run", "two.json"]).ended_with(5);
    assert!(
        again
            .stderr
            .contains("k0: nothing is to be done for it any more")
    );
}

#[test]
fn a_file_that_holds_no_plan_is_refused_with_its_version_first() {
    let stage = stage();
    let write = || {
        stage
            .run(&[
                "plan",
                "s3://bucket/src",
                "s3://bucket/to",
                "--out",
                "p.json",
            ])
            .ended_with(0);
    };
    let changes: [(Change, &str); 5] = [
        (
            |plan| {
                plan["version"] = 99.into();
                plan["groups"] = Value::Null;
            },
            "this plan has version 99",
        ),
        (|plan| plan["version"] = Value::Null, "it tells no version"),
        (
            |plan| plan["groups"][0]["op"] = "upload".into(),
            "a group is to upload what nothing between these places can upload",
        ),
        (
            |plan| {
                plan["groups"][0]["steps"][1]["key"] = plan["groups"][0]["steps"][0]["key"].clone();
            },
            "k0 is there twice",
        ),
        (
            |plan| plan["groups"][0]["steps"][0]["source"] = Value::Null,
            "k0 does not fit into its group",
        ),
    ];
    for (change, told) in changes {
        write();
        edit(&stage, "p.json", change);
        let run = stage.run(&["run", "p.json"]).ended_with(2);
        assert!(run.stderr.contains(told), "{told}\n{}", run.stderr);
    }
    stage.file("no.json", b"{\"version\": 1, ");
    let run = stage.run(&["run", "no.json"]).ended_with(2);
    assert!(
        run.stderr.contains("no plan of wharf: EOF"),
        "{}",
        run.stderr
    );
    assert_eq!(stage.demo.log().count("CopyObject"), 0);
}

#[test]
fn a_sample_goes_first_and_the_rest_only_where_it_went_well() {
    let stage = stage();
    let words = [
        "migrate",
        "--route",
        "s3://bucket/src=s3://bucket/new",
        "--sample",
        "40%",
    ];
    let run = stage.run(&words).ended_with(0);
    for told in [
        "a sample of 2 objects goes first",
        "the sample went well",
        "objects/s (measured)",
    ] {
        assert!(run.stderr.contains(told), "{told}\n{}", run.stderr);
    }
    assert_eq!(stage.demo.log().count("CopyObject"), 5);
    stage
        .run(&["diff", "s3://bucket/src", "s3://bucket/new"])
        .ended_with(0);
    stage.demo.log().clear();
    stage.demo.store().deny(wharf::demo::s3::Denial {
        operation: Some("CopyObject".to_owned()),
        ..wharf::demo::s3::Denial::default()
    });
    let words = [
        "migrate",
        "--route",
        "s3://bucket/src=s3://bucket/other",
        "--sample",
        "2",
        "--mode",
        "direct",
    ];
    let run = stage.run(&words).ended_with(3);
    assert!(
        run.stderr.contains("the rest was not begun"),
        "{}",
        run.stderr
    );
    assert_eq!(stage.demo.log().count("CopyObject"), 2);
}

#[test]
fn a_migration_is_written_down_and_run_later() {
    let stage = stage();
    let words = [
        "migrate",
        "--route",
        "s3://bucket/src=s3://bucket/a/src",
        "--route",
        "s3://bucket/other=s3://bucket/b/other",
        "--out",
        "routes.json",
    ];
    stage
        .run(&["sync", "data", "s3://bucket/other"])
        .ended_with(0);
    stage.run(&words).ended_with(0);
    assert_eq!(stage.demo.log().count("CopyObject"), 0);
    let run = stage.run(&["run", "routes.json", "--json"]).ended_with(0);
    let states: Vec<Value> = run
        .of_type("route")
        .iter()
        .map(|route| route["state"].clone())
        .collect();
    assert_eq!(states, ["proven", "proven"]);
    assert_eq!(stage.demo.log().count("CopyObject"), 10);
}

#[test]
fn a_plan_is_written_as_command_files_of_s5cmd() {
    let stage = stage();
    stage.file("data/it's *.txt", b"quoted");
    let plan = [
        "plan",
        "data",
        "s3://bucket/new",
        "--storage-class",
        "STANDARD_IA",
    ];
    let out = ["--format", "s5cmd", "--batch", "4", "--out", "c.s5cmd"];
    stage.run(&[plan.as_slice(), &out].concat()).ended_with(0);
    let read = |name: &str| fs::read_to_string(stage.path(name)).unwrap();
    let (first, second) = (read("c-001.s5cmd"), read("c-002.s5cmd"));
    assert!(
        first.starts_with("# Written by wharf: 4 of 6 commands, file 1 of 2."),
        "{first}"
    );
    let endpoint = stage.demo.endpoint();
    let line = format!("# s5cmd --endpoint-url {endpoint} --retry-count 5 run c-001.s5cmd");
    assert!(first.contains(&line), "{first}");
    assert!(
        first.contains(
            r"cp -n --raw --storage-class 'STANDARD_IA' 'data/it'\''s *.txt' 's3://bucket/new/it'\''s *.txt'"
        ),
        "{first}"
    );
    assert!(second.contains("'s3://bucket/new/k4'"), "{second}");
    let tagged = [plan.as_slice(), &["--tags", "a=b", "--format", "s5cmd"]].concat();
    let refused = stage.run(&tagged).ended_with(2);
    assert!(
        refused.stderr.contains("s5cmd knows no tags"),
        "{}",
        refused.stderr
    );
}
