//! Records with checksums, and a run's outputs proven by those that its instance left in S3: no record, no proof; one that the
//! instance outlived proves nothing; a fresh one is asked for while it can be reached.
#![allow(
    clippy::unwrap_used,
    reason = "a test stops where its stage cannot be set"
)]

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt as _,
};

use serde_json::{Value, json};
use wharf::demo::{
    REGION,
    cloud::{NewInstance, Reply},
};

use crate::support::wharf::{Run, Stage};

const LAUNCH: &str = "wharf-runs/stage2/20260111-170203-0a1b/";

pub(super) fn stage() -> Stage {
    let stage = Stage::new();
    stage.file(
        "wharf.toml",
        b"base_dir = \"box\"\n[mappings.models]\nlocal = \"models\"\nremote = \"s3://vault/models\"\ndirection = \"both\"\nexclude = [\"*.tmp\"]\n[runs.stage2]\noutputs = [\"models\"]\n",
    );
    stage.file("box/models/a.bin", b"weights");
    stage.file("box/models/deep/b.bin", &vec![7; 100_000]);
    stage.file("box/models/c.tmp", b"half");
    stage.demo.store().create_bucket("vault", REGION);
    stage
}

fn put(stage: &Stage, key: &str, body: &[u8]) {
    stage.demo.store().put("vault", key, body.to_vec()).unwrap();
}

/// Leaves what an instance leaves: the record of what stands in `box`, and its last word.
pub(super) fn leave(stage: &Stage, status: &Value) {
    let out = stage.path("m.jsonl");
    let out = out.to_str().unwrap();
    stage
        .run(&["manifest", "models", "--checksum", "--out", out])
        .ended_with(0);
    let record = fs::read(out).unwrap();
    put(stage, &format!("{LAUNCH}manifest/models.jsonl"), &record);
    put(
        stage,
        &format!("{LAUNCH}status.json"),
        status.to_string().as_bytes(),
    );
}

pub(super) fn proof(stage: &Stage) -> Value {
    let run = stage.run(&["wrap-up", "stage2", "--json"]);
    let proofs = run.of_type("proof");
    assert_eq!(proofs.len(), 1, "{}{}", run.stdout, run.stderr);
    proofs[0].clone()
}

fn ended() -> Value {
    json!({"type": "status", "run": "stage2", "state": "ended", "instance": "i-0ab1", "recorded": true, "at": "2026-01-11T18:00:00Z"})
}

#[test]
fn a_record_with_checksums_proves_objects_and_disproves_them() {
    let stage = stage();
    stage.run(&["push", "models", "--yes"]).ended_with(0);
    let run = stage
        .run(&["manifest", "models", "--checksum"])
        .ended_with(0);
    let lines = run.records();
    assert_eq!(lines.len(), 3, "{}", run.stdout);
    let first = &lines[0];
    assert_eq!(first["key"], "a.bin");
    assert!(
        first["checksum"]
            .as_str()
            .unwrap()
            .starts_with("crc64nvme:")
    );
    assert_eq!(first["md5"].as_str().map(str::len), Some(32));
    stage.file("then.jsonl", run.stdout.as_bytes());
    let against = |right: &str| stage.run(&["verify", "manifest:then.jsonl", right, "--json"]);
    let proven = against("s3://vault/models").ended_with(0).summary();
    assert_eq!(
        (&proven["verified"], &proven["unproven"]),
        (&json!(2), &json!(0))
    );
    // The same size, other bytes.
    put(&stage, "models/a.bin", b"weighty");
    let run = against("s3://vault/models").ended_with(4);
    assert_eq!(run.summary()["mismatched"], 1);
    let diff = [
        "diff",
        "manifest:then.jsonl",
        "s3://vault/models",
        "--check",
        "checksum",
        "--json",
    ];
    let pairs = stage.run(&diff).ended_with(1).of_type("pair");
    assert_eq!((pairs.len(), &pairs[0]["key"]), (1, &json!("a.bin")));
    // What S3 keeps of objects is recorded too.
    let kept = stage.run(&["manifest", "s3://vault/models/deep", "--checksum"]);
    let kept = kept.ended_with(0).records();
    assert_eq!(
        kept[0]["checksum"], lines[1]["checksum"],
        "{kept:?} {lines:?}"
    );
}

#[test]
fn outputs_are_proven_by_what_the_instance_recorded_and_the_age_is_told() {
    let stage = stage();
    assert!(
        proof(&stage)["reason"]
            .as_str()
            .unwrap()
            .contains("no launch left anything")
    );
    stage.run(&["push", "models", "--yes"]).ended_with(0);
    leave(&stage, &ended());
    let told = proof(&stage);
    assert_eq!(
        (&told["proven"], &told["objects"]),
        (&json!(true), &json!(2)),
        "{told}"
    );
    assert!(told["record"].is_string());
    let words = stage.run(&["wrap-up", "stage2"]).stdout;
    assert!(words.contains("with what the instance recorded"), "{words}");
    // A later launch that recorded nothing outdoes the earlier one.
    let later = "wharf-runs/stage2/20260112-080000-0c2d/status.json";
    put(
        &stage,
        later,
        br#"{"state":"training","instance":"i-0ab2"}"#,
    );
    let told = proof(&stage);
    let reason = told["reason"].as_str().unwrap();
    assert!(
        reason.contains("no record") && reason.contains("training"),
        "{reason}"
    );
}

#[test]
fn a_gap_behind_the_record_keeps_the_gate_shut() {
    let stage = stage();
    stage.run(&["push", "models", "--yes"]).ended_with(0);
    stage.file("box/models/late.bin", b"never pushed");
    leave(&stage, &ended());
    let told = proof(&stage);
    assert_eq!(told["proven"], false);
    assert!(
        told["reason"].as_str().unwrap().contains("1 missing in S3"),
        "{told}"
    );
    let record = b"{\"type\":\"entry\",\"key\":\"a.bin\",\"size\":7}\n";
    put(&stage, &format!("{LAUNCH}manifest/models.jsonl"), record);
    let told = proof(&stage);
    let reason = told["reason"].as_str().unwrap();
    assert!(
        !told["proven"].as_bool().unwrap() && reason.contains("broke"),
        "{reason}"
    );
}

#[test]
fn a_fresh_record_is_asked_for_while_the_instance_answers() {
    let stage = stage();
    stage.run(&["push", "models", "--yes"]).ended_with(0);
    let id = stage.demo.cloud().add_instance(NewInstance {
        tags: vec![("wharf:run".to_owned(), "stage2".to_owned())],
        ..NewInstance::default()
    });
    let training = json!({"state": "training", "instance": id, "at": "2099-01-01T00:00:00Z"});
    leave(&stage, &training);
    // Its agent is lost: the record is older than its last word.
    stage.demo.cloud().change(&id, |one| one.unreachable = true);
    let told = proof(&stage);
    assert!(
        told["reason"].as_str().unwrap().contains("went on after"),
        "{told}"
    );
    stage
        .demo
        .cloud()
        .change(&id, |one| one.unreachable = false);
    stage.demo.cloud().set_shell(|_, script| {
        let record = "bash /opt/wharf-run/box.sh record";
        assert!(script.contains(record), "{script}");
        Reply::default()
    });
    assert_eq!(proof(&stage)["proven"], true);
    // By ssh, where the run says so: the agent is not asked.
    let text = fs::read_to_string(stage.path("wharf.toml")).unwrap();
    let by_ssh = format!("{text}reach = \"ssh\"\n");
    stage.file("wharf.toml", by_ssh.as_bytes());
    let address = "198.51.100.17";
    stage.demo.cloud().add_address(REGION, address, Some(&id));
    let asked = stage.demo.log().count("SendCommand");
    let ssh = "#!/bin/sh\nfor word in \"$@\"; do echo \"$word\" >> \"$HOME/told\"; done\n";
    let ssh = stage.file("bin/ssh", ssh.as_bytes());
    fs::set_permissions(ssh, Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:/usr/bin:/bin", stage.path("bin").display());
    let mut look = stage.process(&["wrap-up", "stage2", "--json"]);
    let look = Run::from(look.env("PATH", path).output().unwrap());
    assert_eq!(look.of_type("proof")[0]["proven"], true, "{}", look.stdout);
    let told = fs::read_to_string(stage.path("told")).unwrap();
    assert!(
        told.contains("box.sh record") && told.contains(address),
        "{told}"
    );
    assert_eq!(stage.demo.log().count("SendCommand"), asked);
    stage.file("wharf.toml", text.as_bytes());
    // An instance of another run is asked nothing.
    stage.demo.cloud().change(&id, |one| one.made.tags.clear());
    assert_eq!(proof(&stage)["proven"], false);
}
