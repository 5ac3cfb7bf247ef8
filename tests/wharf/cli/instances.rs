//! `wharf instances` as a script sees it: tables and records, guards and exit codes, and nothing of somebody else's that a
//! terminal could act on.
#![allow(
    clippy::unwrap_used,
    reason = "a test stops where its stage cannot be set"
)]

use std::time::{Duration, SystemTime};

use serde_json::json;
use wharf::demo::cloud::{Check, Load, NewInstance, Shape, State};

use crate::support::wharf::Stage;

const HOUR: Duration = Duration::from_hours(1);
const MINUTE: Duration = Duration::from_mins(1);

fn stage() -> Stage {
    let stage = Stage::new();
    stage
        .demo
        .clock()
        .hold(SystemTime::UNIX_EPOCH + 491_148 * HOUR);
    stage
}

fn add(stage: &Stage, name: &str, kind: &str) -> String {
    let id = stage.demo.cloud().add_instance(NewInstance {
        name: name.to_owned(),
        kind: kind.to_owned(),
        age: 2 * HOUR,
        ..NewInstance::default()
    });
    let load = Load {
        cpu: Shape::Flat(41.0),
        ..Load::default()
    };
    stage.demo.cloud().set_load(&id, load);
    id
}

#[test]
fn the_list_has_a_line_an_instance_and_a_line_for_what_is_wrong() {
    let stage = stage();
    add(&stage, "labeler", "t3.large");
    let id = add(&stage, "trainer", "g5.xlarge");
    let since = stage.demo.clock().now() - 41 * MINUTE;
    stage.demo.cloud().change(&id, |instance| {
        instance.impaired.insert(Check::Instance, since);
    });
    let run = stage.run(&["instances"]).ended_with(0);
    let lines: Vec<&str> = run.stdout.lines().collect();
    assert!(lines[0].starts_with("name     id"), "{}", run.stdout);
    assert!(lines[1].starts_with("labeler"), "{}", run.stdout);
    let words: Vec<&str> = lines[2].split_whitespace().collect();
    assert_eq!(
        words[2..],
        [
            "g5.xlarge",
            "us-east-1a",
            "running",
            "2/3",
            "!",
            "2h00m",
            "1.006",
            "$2.01",
            "41%",
            "—",
            "—",
            "—"
        ]
    );
    assert_eq!(
        lines[3],
        "! trainer: the instance check has been impaired for 41m"
    );
    assert!(
        run.stderr.contains("2 running, 0 stopped: $1.09 an hour"),
        "{}",
        run.stderr
    );
    let dear = stage.run(&["instances", "list", "--sort", "price", "--filter", "LARGE"]);
    let first = dear.stdout.lines().nth(1).unwrap().to_owned();
    assert!(first.starts_with("trainer"), "{}", dear.stdout);
}

#[test]
fn records_are_as_the_contract_says() {
    let stage = stage();
    let id = add(&stage, "trainer", "g5.xlarge");
    let run = stage.run(&["instances", "--json"]).ended_with(0);
    let instance = run.of_type("instance").remove(0);
    for (key, value) in [
        ("id", json!(id)),
        ("name", json!("trainer")),
        ("instance_type", json!("g5.xlarge")),
        ("zone", json!("us-east-1a")),
        ("state", json!("running")),
        (
            "checks",
            json!({"system": "ok", "instance": "ok", "ebs": "ok"}),
        ),
        ("price_per_hour", json!(1.006)),
        ("alarms", json!([])),
        ("estimate", json!(false)),
    ] {
        assert_eq!(instance[key], value, "{key}");
    }
    let so_far = instance["cost_so_far"].as_f64().unwrap();
    assert!((so_far - 2.012).abs() < 0.01, "{so_far}");
    assert_eq!(instance["gauges"]["cpu_percent"], 41.0);
    let summary = run.summary();
    assert_eq!(summary["requests"]["DescribeInstances"], 1);
    assert_eq!(summary["metrics"], 5);
}

#[test]
fn hostile_names_reach_a_terminal_as_escapes() {
    let stage = stage();
    add(&stage, "a\u{202e}b", "t3.large");
    let run = stage.run(&["instances"]).ended_with(0);
    assert!(run.stdout.contains("a\\u{202e}b"), "{}", run.stdout);
    let shown = stage
        .run(&["instances", "show", "a\u{202e}b"])
        .ended_with(0);
    assert!(!shown.stdout.contains('\u{202e}'), "{}", shown.stdout);
    assert!(
        shown.stdout.contains("goes with the instance"),
        "{}",
        shown.stdout
    );
}

#[test]
fn what_may_not_be_asked_leaves_its_column_empty_and_is_exit_3() {
    let stage = stage();
    add(&stage, "trainer", "g5.xlarge");
    stage.demo.cloud().deny("ec2:DescribeInstanceStatus");
    let run = stage.run(&["instances"]).ended_with(3);
    assert!(run.stdout.contains("trainer"));
    assert!(
        run.stderr.contains(
            "! DescribeInstanceStatus in us-east-1: the credentials lack ec2:DescribeInstanceStatus"
        ),
        "{}",
        run.stderr
    );
    let nobody = stage.run(&["instances", "show", "nobody"]).ended_with(2);
    assert!(
        nobody
            .stderr
            .contains("there is none of this name in us-east-1"),
        "{}",
        nobody.stderr
    );
}

#[test]
fn an_end_is_refused_without_the_name_and_followed_with_it() {
    let stage = stage();
    let id = add(&stage, "trainer", "g5.xlarge");
    let refused = stage
        .run(&["instances", "terminate", "trainer"])
        .ended_with(5);
    assert!(
        refused.stderr.contains("--confirm trainer"),
        "{}",
        refused.stderr
    );
    stage
        .run(&["--read-only", "instances", "stop", &id])
        .ended_with(5);
    assert_eq!(stage.demo.cloud().state(&id), Some(State::Running));
    let mut process = stage.process(&[
        "instances",
        "terminate",
        "trainer",
        "--confirm",
        "trainer",
        "--json",
    ]);
    let child = process
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(
        stage
            .demo
            .log()
            .until(|log| log.count("TerminateInstances") > 0),
    );
    runtime.block_on(stage.demo.log().until(|log| {
        log.of("TerminateInstances")
            .iter()
            .any(wharf::demo::LogLine::succeeded)
    }));
    stage.demo.clock().advance(MINUTE);
    let output = child.wait_with_output().unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{told}");
    assert!(
        told.contains("\"turn\":\"terminate\",\"state\":\"terminated\""),
        "{told}"
    );
    assert_eq!(stage.demo.cloud().state(&id), Some(State::Terminated));
}

#[test]
fn a_console_goes_to_a_pipe_as_it_is() {
    let stage = stage();
    stage.demo.cloud().add_instance(NewInstance {
        name: "box".to_owned(),
        console: "one\ntwo\u{1b}[0m\n".to_owned(),
        ..NewInstance::default()
    });
    let run = stage.run(&["instances", "console", "box"]).ended_with(0);
    assert_eq!(run.stdout, "one\ntwo\u{1b}[0m\n");
    let json = stage
        .run(&["instances", "console", "box", "--json"])
        .ended_with(0);
    assert_eq!(json.of_type("console")[1]["line"], "two\\x1b[0m");
}
