//! `wharf wrap-up --push`: a gap is pushed from where it was made, on the run's instance by the script that its launch left there, run
//! for real in a folder, or from this machine by the mapping; guards hold as for any push.
#![allow(
    clippy::unwrap_used,
    reason = "a test stops where its stage cannot be set"
)]

use std::fs;

use serde_json::json;
use wharf::demo::{REGION, cloud::NewInstance};

use super::{boxed, wrap_up::own};
use crate::support::wharf::{Run, Stage};

/// Runs what it is told in the run's folder here, and writes it down.
const SSH: &str = "eval \"last=\\${$#}\"\necho \"$last\" >> \"$WHARF_BOX/told\"\nexec sh -c \"$(printf %s \"$last\" | sed \"s#/opt/wharf-run#$WHARF_BOX#g\")\"\n";

/// A run whose outputs were made on this machine, and are not all in S3.
fn stage() -> Stage {
    let stage = Stage::new();
    let text = "base_dir = \".\"\n[mappings.models]\nlocal = \"models\"\nremote = \"s3://vault/models\"\ndirection = \"both\"\nexisting = \"update\"\n\
                [mappings.logs]\nlocal = \"logs\"\nremote = \"s3://vault/logs\"\ndirection = \"push\"\n\
                [runs.stage2]\noutputs = [\"models\", \"logs\"]\n";
    stage.file("wharf.toml", text.as_bytes());
    stage.file("models/a.bin", b"weights");
    stage.file("logs/train.log", b"step 1\n");
    stage.demo.store().create_bucket("vault", REGION);
    stage
}

fn push_here(stage: &Stage, more: &[&str]) -> Run {
    let args = [&["wrap-up", "stage2", "--made-here", "--push"], more].concat();
    stage.run(&args)
}

fn proven(run: &Run) -> Vec<bool> {
    let proofs = run.of_type("proof").into_iter();
    proofs.map(|proof| proof["proven"] == true).collect()
}

#[test]
fn what_was_made_here_is_pushed_by_its_mapping_and_proven() {
    let stage = stage();
    stage.run(&["push", "logs", "--yes"]).ended_with(0);
    let puts = stage.demo.log().count("PutObject");
    let run = push_here(&stage, &["--json"]).ended_with(0);
    assert_eq!(proven(&run), [true, true], "{}{}", run.stdout, run.stderr);
    assert!(run.summary()["open"].to_string().contains("account"));
    assert_eq!(stage.kept(), ["logs/train.log", "models/a.bin"]);
    assert_eq!(
        stage.demo.log().count("PutObject") - puts,
        1,
        "the gap alone"
    );
    let again = push_here(&stage, &[]).ended_with(0);
    assert!(
        again
            .stderr
            .contains("every output is proven: nothing is pushed")
    );
    // What differs is written over by the mapping's own rule, or by a word.
    stage.file("models/a.bin", b"heavier weights");
    let run = push_here(&stage, &["--json"]).ended_with(0);
    assert_eq!(proven(&run), [true, true]);
    stage.file("logs/train.log", b"step 1\nstep 2\n");
    let left = push_here(&stage, &["--json"]);
    assert_eq!(proven(&left), [true, false], "{}", left.stderr);
}

#[test]
fn a_push_and_a_deletion_are_one_command() {
    let stage = stage();
    stage.demo.cloud().add_instance(NewInstance {
        stopped: true,
        tags: own(&[]),
        ..NewInstance::default()
    });
    let run = super::wrap_up::applied(&stage, &["--made-here", "--push"]).ended_with(0);
    assert_eq!(run.summary()["gone"], 2, "{}", run.stdout);
    assert_eq!(proven(&run), [true, true]);
}

#[test]
fn nothing_is_pushed_read_only_or_to_production_without_its_name() {
    let stage = stage();
    let text = fs::read_to_string(stage.path("wharf.toml")).unwrap();
    let text = text.replace("s3://", "prod:s3://");
    let text = format!("{text}remote = \"prod\"\n[remotes.prod]\nproduction = true\n");
    stage.file("wharf.toml", text.as_bytes());
    for more in [&["--read-only"][..], &[]] {
        let args = [more, &["wrap-up", "stage2", "--made-here", "--push"]].concat();
        stage.run(&args).ended_with(5);
        assert_eq!(stage.kept(), [""; 0]);
    }
    // A command on an instance is held by the same guards.
    stage.demo.cloud().add_instance(NewInstance {
        tags: own(&[]),
        ..NewInstance::default()
    });
    for more in [&["--read-only"][..], &[]] {
        let run = stage.run(&[more, &["wrap-up", "stage2", "--push"]].concat());
        let run = run.ended_with(5);
        assert!(run.stderr.contains("no command is run"), "{}", run.stderr);
    }
    assert_eq!(stage.demo.log().count("SendCommand"), 0);
    let none = self::stage()
        .run(&["wrap-up", "stage2", "--push"])
        .ended_with(5);
    let words = ["no instance any more", "--made-here"];
    assert!(
        words.iter().all(|word| none.stderr.contains(word)),
        "{}",
        none.stderr
    );
}

#[test]
fn what_stands_on_the_instance_is_pushed_there_by_its_own_script() {
    let Some(machine) = boxed::machine(boxed::TRAIN, "init = \"scripts/init.sh\"\n") else {
        return;
    };
    let reached = "at_end = \"leave\"\nreach = \"ssh\"";
    let machine = machine
        .reconfigured("at_end = \"terminate\"", reached)
        .launched();
    machine.run();
    assert_eq!(
        machine.status()["state"],
        "ended",
        "{}",
        machine.text("log.txt")
    );
    let address = "198.51.100.17";
    machine
        .stage
        .demo
        .cloud()
        .add_address(REGION, address, Some(machine.id()));
    // Root's shell on the instance, with the run's folder where it is here.
    machine.stand_in("sudo", "shift\nexec \"$@\"\n");
    machine.stand_in("ssh", SSH);
    let late = machine.stage.path("box/data/models/late.bin");
    fs::write(&late, b"made after the end").unwrap();
    let look = machine.wrap_up(&["--json"]);
    let proof = &look.of_type("proof")[0];
    assert_eq!(
        (&proof["proven"], &proof["objects"]),
        (&json!(false), &json!(1)),
        "{proof} {}",
        machine.text("log.txt")
    );
    let run = machine.wrap_up(&["--push", "--json"]).ended_with(0);
    let proof = &run.of_type("proof")[0];
    assert_eq!(
        (&proof["proven"], &proof["objects"]),
        (&json!(true), &json!(2)),
        "{proof} {}",
        machine.text("log.txt")
    );
    assert_eq!(
        machine.kept("models/late.bin").unwrap(),
        b"made after the end"
    );
    assert_eq!(
        machine.text("told").matches("box.sh push").count(),
        2,
        "root's and sudo's, of one command"
    );
    // One that cannot push says so, and nothing is proven by it.
    fs::write(&late, b"changed since").unwrap();
    fs::write(machine.stage.path("box/wharf.toml"), b"nonsense").unwrap();
    let run = machine.wrap_up(&["--push"]).ended_with(3);
    assert!(
        run.stderr.contains("the outputs could not all be pushed"),
        "{}",
        run.stderr
    );
}
