//! `reach = "ssh"`: commands, GPUs, the lamps and the log of a training, and a fresh record in a wrap-up go by ssh. The ssh on the
//! path stands in for the instance: it runs what it is told here, or fails as ssh does.
#![allow(
    clippy::unwrap_used,
    reason = "a test stops where its stage cannot be set"
)]

use std::{fs, os::unix::fs::PermissionsExt as _, time::Duration};

use wharf::demo::{REGION, cloud::NewInstance};

use crate::support::wharf::{Run, Stage};

/// Runs the last of its arguments, as sshd hands it to the user's shell, and writes all of them down.
const COMES_IN: &str = "for word in \"$@\"; do echo \"$word\" >> \"$HOME/told\"; done\neval \"last=\\${$#}\"\nexec sh -c \"$last\"\n";
/// What ssh says where it does not know a host, and may not ask.
const STAYS_OUT: &str = "echo 'No ED25519 host key is known.' >&2\necho 'Host key verification failed.' >&2\nexit 255\n";

/// A stage with an instance without an agent, of a run that is reached by ssh.
fn stage(ssh: &str) -> (Stage, String) {
    let stage = Stage::new();
    let id = stage.demo.cloud().add_instance(NewInstance {
        name: "trainer".to_owned(),
        age: Duration::from_hours(1),
        unmanaged: true,
        ..NewInstance::default()
    });
    let address = "198.51.100.17";
    stage.demo.cloud().add_address(REGION, address, Some(&id));
    stand_in(&stage, "ssh", ssh);
    (stage, id)
}

fn stand_in(stage: &Stage, name: &str, text: &str) {
    let program = stage.file(
        &format!("bin/{name}"),
        format!("#!/bin/sh\n{text}").as_bytes(),
    );
    fs::set_permissions(program, fs::Permissions::from_mode(0o755)).unwrap();
}

fn configured(stage: &Stage, more: &str) {
    let log = stage.path("train.jsonl");
    let text = format!(
        "[runs.stage2]\ninstance = \"trainer\"\nreach = \"ssh\"\nssh_user = \"ubuntu\"\nprocess = \"pid:{}\"\n\
         metrics = [{{ from = \"box:{}\" }}]\n{more}",
        stage.path("pid").display(),
        log.display(),
    );
    stage.file("wharf.toml", text.as_bytes());
}

fn run(stage: &Stage, args: &[&str]) -> Run {
    let path = format!("{}:/usr/bin:/bin", stage.path("bin").display());
    let mut process = stage.process(args);
    Run::from(process.env("PATH", path).output().unwrap())
}

fn told(stage: &Stage) -> String {
    fs::read_to_string(stage.path("told")).unwrap_or_default()
}

#[test]
fn a_command_goes_by_ssh_where_its_run_says_so_and_stays_what_it_is() {
    let (stage, _) = stage(COMES_IN);
    configured(&stage, "");
    let words = ["echo", "a  b", "$(touch hacked)", "it's; `x`"];
    let args = [&["instances", "exec", "trainer", "--"][..], &words].concat();
    let ran = run(&stage, &args).ended_with(0);
    assert_eq!(ran.stdout, "a  b $(touch hacked) it's; `x`\n");
    let told = told(&stage);
    assert!(
        told.contains("BatchMode=yes\n") && told.contains("-l\nubuntu\n198.51.100.17\n"),
        "{told}"
    );
    assert!(!stage.path("hacked").exists());
    assert_eq!(stage.demo.log().count("SendCommand"), 0);
    let code = run(&stage, &["instances", "exec", "trainer", "--", "exit 7"]);
    code.ended_with(7);
    // A way that is named holds over the configuration.
    let by_ssm = [
        "instances",
        "exec",
        "trainer",
        "--reach",
        "ssm",
        "--",
        "date",
    ];
    let refused = run(&stage, &by_ssm).ended_with(3);
    assert!(
        refused.stderr.contains("reach = \"ssh\""),
        "{}",
        refused.stderr
    );
    let refused = run(
        &stage,
        &["--read-only", "instances", "exec", "trainer", "--", "date"],
    );
    refused.ended_with(5);
}

#[test]
fn what_is_too_much_or_too_long_or_does_not_come_in_is_told() {
    let (stage, id) = stage(COMES_IN);
    let by_ssh = |more: &[&str]| {
        let args = [&["instances", "exec", &id, "--reach", "ssh"][..], more].concat();
        run(&stage, &args)
    };
    let long = by_ssh(&["--", "head -c 1100000 /dev/zero | tr '\\0' x"]).ended_with(0);
    assert!(
        long.stderr.contains("first 1,048,576 characters"),
        "{}",
        long.stderr
    );
    assert_eq!(long.stdout.len(), 1 << 20);
    let late = by_ssh(&["--limit", "1s", "--", "exec sleep 30"]).ended_with(3);
    assert!(
        late.stderr.contains("longer than it may"),
        "{}",
        late.stderr
    );
    stand_in(&stage, "ssh", STAYS_OUT);
    let out = by_ssh(&["--user", "ada", "--", "date"]).ended_with(3);
    for words in [
        "ssh could not log in as ada@198.51.100.17: Host key verification failed.",
        "wharf instances shell",
    ] {
        assert!(out.stderr.contains(words), "{}", out.stderr);
    }
}

#[test]
fn the_gpus_are_asked_by_ssh() {
    let (stage, _) = stage(COMES_IN);
    configured(&stage, "");
    let nvidia = "case \"$*\" in *compute*) echo 'GPU-a, 4242, 18734, python3 train.py' ;; *) echo 'GPU-a, 0, NVIDIA A10G' ;; esac\n";
    stand_in(&stage, "nvidia-smi", nvidia);
    let gpus = run(&stage, &["instances", "gpu", "trainer"]).ended_with(0);
    assert!(
        gpus.stdout.contains("python3 train.py") && gpus.stdout.contains("18,734 MiB"),
        "{}",
        gpus.stdout
    );
}

#[test]
fn lamps_and_the_log_of_a_training_come_by_ssh() {
    let (stage, _) = stage(COMES_IN);
    configured(&stage, "");
    let own = std::process::id().to_string();
    stage.file("pid", own.as_bytes());
    let lines: Vec<String> = (0..20)
        .map(|step| format!("{{\"step\": {step}, \"loss\": 0.5}}\n"))
        .collect();
    stage.file("train.jsonl", lines.concat().as_bytes());
    let shown = run(&stage, &["training", "show", "stage2", "--json"]).ended_with(0);
    let told = &shown.of_type("run")[0];
    assert_eq!(told["last_step"], 19, "{told}");
    assert_eq!(told["lamps"]["agent"], "on", "{told}");
    assert_eq!(told["lamps"]["process"], "on", "{told}");
    assert_eq!(stage.demo.log().count("SendCommand"), 0);
    stand_in(&stage, "ssh", STAYS_OUT);
    let shown = run(&stage, &["training", "show", "stage2"]);
    let all = format!("{}{}", shown.stdout, shown.stderr);
    assert!(all.contains("Host key verification failed"), "{all}");
}

#[test]
fn a_slip_in_the_way_is_told_where_it_is_written() {
    let (stage, _) = stage(COMES_IN);
    stage.file(
        "wharf.toml",
        b"[runs.stage2]\ninstance = \"trainer\"\nreach = \"shh\"\n",
    );
    let checked = run(&stage, &["config", "check"]).ended_with(2);
    for words in ["reach", "ssm", "ssh"] {
        assert!(checked.stderr.contains(words), "{}", checked.stderr);
    }
}
