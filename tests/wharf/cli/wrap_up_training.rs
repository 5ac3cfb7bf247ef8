//! The first step of a wrap-up: how the training ended, by what its newest launch told, else by what runs; and what the report keeps
//! of the launch.
#![allow(
    clippy::unwrap_used,
    reason = "a test stops where its stage cannot be set"
)]

use std::time::Duration;

use serde_json::{Value, json};
use wharf::demo::{
    REGION,
    cloud::{NewInstance, NewVolume, Reply},
};
use wharf::engine::wrap_up::accounts;

use super::{launched, wrap_up::own};
use crate::support::wharf::{Run, Stage};

const HOUR: Duration = Duration::from_hours(1);
const STATUS: &str = "wharf-runs/stage2/20260111-170203-0a1b/status.json";

fn stage() -> Stage {
    let stage = Stage::new();
    stage.file(
        "wharf.toml",
        b"base_dir = \"box\"\n[mappings.models]\nlocal = \"models\"\nremote = \"s3://vault/models\"\ndirection = \"both\"\n[runs.stage2]\noutputs = [\"models\"]\n",
    );
    stage.demo.store().create_bucket("vault", REGION);
    stage
}

fn tell(stage: &Stage, status: &Value) {
    let body = status.to_string().into_bytes();
    stage.demo.store().put("vault", STATUS, body).unwrap();
}

fn trainer(stage: &Stage, stopped: bool) -> String {
    stage.demo.cloud().add_instance(NewInstance {
        kind: "g5.xlarge".to_owned(),
        spot: true,
        stopped,
        age: 10 * HOUR,
        volumes: vec![NewVolume::default()],
        tags: own(&[]),
        ..NewInstance::default()
    })
}

/// So many hours ago, as an instance tells it.
fn ago(hours: i64) -> String {
    let at = jiff::Timestamp::now() - jiff::SignedDuration::from_hours(hours);
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn look(stage: &Stage) -> (Run, Run) {
    let args = ["wrap-up", "stage2", "--report", "end.md"];
    (
        stage.run(&args),
        stage.run(&["wrap-up", "stage2", "--json"]),
    )
}

#[test]
fn an_end_that_was_told_is_told_in_words_and_kept_with_its_launch() {
    let stage = stage();
    let id = trainer(&stage, true);
    tell(
        &stage,
        &json!({"launch": "20260111-170203-0a1b", "instance": id, "state": "ended", "outcome": "done", "exit": 0,
            "pushed": true, "recorded": true, "commit": "4f1c2d3", "began": ago(9), "at": ago(3)}),
    );
    let (words, told) = look(&stage);
    assert!(
        words.stdout.contains("✓ training: exit 0 · "),
        "{}",
        words.stdout
    );
    let summary = told.summary();
    assert_eq!(summary["training"], "ended");
    let launch = &summary["launch"];
    let expected = [
        ("name", json!("20260111-170203-0a1b")),
        ("instance", json!(id)),
        ("instance_type", json!("g5.xlarge")),
        ("spot", json!(true)),
        ("outcome", json!("done")),
        ("exit", json!(0)),
        ("commit", json!("4f1c2d3")),
    ];
    for (name, value) in expected {
        assert_eq!(launch[name], value, "{launch}");
    }
    let report = std::fs::read_to_string(stage.path("end.md")).unwrap();
    for line in [
        "## Training\n\n- exit 0 · ".to_owned(),
        format!("- Launch 20260111-170203-0a1b: {id}, g5.xlarge, spot\n"),
        "- Outcome: done, exit 0\n".to_owned(),
        "- Commit: 4f1c2d3\n".to_owned(),
    ] {
        assert!(report.contains(&line), "{line} is not in {report}");
    }
    // Starts count from the end that it told, not from when somebody looked.
    let [account] = accounts(&stage.path("state/journal.sqlite"))
        .try_into()
        .unwrap();
    let ended = account.ended.unwrap();
    assert_eq!(json!(ended.to_string()), launch["at"]);
}

#[test]
fn an_instance_that_told_its_end_may_run_on_and_one_started_since_may_train() {
    let stage = stage();
    let id = trainer(&stage, false);
    let open = |stage: &Stage| look(stage).1.summary()["open"].to_string();
    tell(
        &stage,
        &json!({"instance": id, "state": "training", "at": ago(1)}),
    );
    let (words, _) = look(&stage);
    let told = "! training: 1 instance of it runs; its launch told last that it is training";
    assert!(words.stdout.contains(told), "{}", words.stdout);
    assert!(open(&stage).contains("still run"));
    let failed = |hours| json!({"instance": id, "state": "ended", "outcome": "failed", "exit": 3, "why": "the training ended with 3", "pushed": true, "at": ago(hours)});
    tell(&stage, &failed(1));
    let (words, _) = look(&stage);
    let told = "✓ training: failed, exit 3: the training ended with 3 · ";
    assert!(
        words.stdout.contains(told) && words.stdout.contains("1 instance of it still runs"),
        "{}",
        words.stdout
    );
    assert!(!open(&stage).contains("still run"), "{}", open(&stage));
    // It was started ten hours ago: that is after this end.
    tell(&stage, &failed(20));
    assert!(open(&stage).contains("still run"));
}

#[test]
fn where_no_launch_tells_anything_the_process_decides() {
    let stage = stage();
    let text = std::fs::read_to_string(stage.path("wharf.toml")).unwrap();
    stage.file(
        "wharf.toml",
        format!("{text}process = \"pgrep:train.py\"\n").as_bytes(),
    );
    let id = trainer(&stage, false);
    let says = |answer: &'static str| {
        stage.demo.cloud().set_shell(move |_, _| Reply {
            stdout: answer.to_owned(),
            ..Reply::default()
        });
        look(&stage)
    };
    let (words, told) = says("up 4242\n");
    let there = "! training: 1 instance of it runs; a process like \"train.py\" is there (4242)";
    assert!(words.stdout.contains(there), "{}", words.stdout);
    assert!(told.summary()["open"].to_string().contains("still run"));
    let (words, told) = says("none\n");
    let gone = "✓ training: 1 instance of it runs; a process like \"train.py\" is not there";
    assert!(words.stdout.contains(gone), "{}", words.stdout);
    assert_eq!(told.summary()["training"], "idle");
    assert!(!told.summary()["open"].to_string().contains("still run"));
    // What a launch tells counts more, and who may run no command asks nothing.
    let sent = stage.demo.log().count("SendCommand");
    let run = stage.run(&["--read-only", "wrap-up", "stage2", "--json"]);
    assert_eq!(run.summary()["training"], "runs");
    assert_eq!(stage.demo.log().count("SendCommand"), sent);
    tell(
        &stage,
        &json!({"instance": id, "state": "pushing", "at": ago(1)}),
    );
    assert_eq!(look(&stage).1.summary()["training"], "runs");
}

#[test]
fn what_was_never_launched_never_trained_or_told_no_end_is_said_so() {
    let stage = stage();
    let training = |words: &str, word: &str| {
        let (told, json) = look(&stage);
        assert!(
            told.stdout.contains(&format!("- training: {words}")),
            "{}",
            told.stdout
        );
        assert_eq!(json.summary()["training"], word);
    };
    training("nothing of it was ever launched", "never launched");
    assert_eq!(look(&stage).1.summary()["launch"], Value::Null);
    tell(
        &stage,
        &json!({"state": "ended", "outcome": "inputs", "why": "training did not begin", "pushed": null}),
    );
    training(
        "it never came to train: inputs: training did not begin",
        "never trained",
    );
    tell(&stage, &json!({"state": "training", "at": ago(5)}));
    training(
        "no instance of it runs; its launch told no end, only that it is training",
        "silent",
    );
    stage
        .demo
        .store()
        .put("vault", STATUS, b"{}".to_vec())
        .unwrap();
    training(
        "no instance of it runs; its launch told no end, only that it is unknown",
        "silent",
    );
}

#[test]
fn a_launch_that_told_nothing_is_known_by_the_ledger_when_aws_has_forgotten_it() {
    let stage = launched::stage("");
    let summary = launched::launch(&stage, &["--yes", "--no-wait"])
        .ended_with(0)
        .summary();
    let id = summary["id"].as_str().unwrap();
    let end = ["instances", "terminate", id, "--confirm", id];
    stage
        .run_while(&end, "DescribeInstances", Duration::from_mins(1))
        .ended_with(0);
    stage.demo.clock().advance(3 * HOUR);
    let told = stage.run(&["wrap-up", "stage2", "--json"]).summary();
    assert_eq!(told["training"], "silent");
    let launch = &told["launch"];
    assert_eq!(launch["name"], summary["launch"]);
    assert_eq!(
        (
            &launch["instance"],
            &launch["instance_type"],
            &launch["spot"]
        ),
        (&json!(id), &json!("g5.xlarge"), &json!(false))
    );
    assert_eq!(launch["outcome"], Value::Null);
    let words = stage.run(&["wrap-up", "stage2"]).stdout;
    assert!(
        words.contains("its launch told nothing: it never came to train"),
        "{words}"
    );
}
