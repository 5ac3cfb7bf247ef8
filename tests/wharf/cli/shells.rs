//! `wharf instances shell`: the programs that are given the terminal, and what they are told.
#![allow(
    clippy::unwrap_used,
    reason = "a test stops where its stage cannot be set"
)]

use std::{fs, os::unix::fs::PermissionsExt as _};

use wharf::demo::{REGION, cloud::NewInstance};

use crate::support::wharf::{Run, Stage};

/// A stage on whose path `name` writes down its arguments and ends with 7.
fn stage(name: &str) -> (Stage, String) {
    let stage = Stage::new();
    let id = stage.demo.cloud().add_instance(NewInstance {
        name: "trainer".to_owned(),
        ..NewInstance::default()
    });
    stage
        .demo
        .cloud()
        .add_address(REGION, "198.51.100.17", Some(&id));
    let program = stage.file(
        &format!("bin/{name}"),
        b"#!/bin/sh\n[ \"$1\" != --version ] || exit 1\nfor word in \"$@\"; do echo \"$word\" >> \"$HOME/told\"; done\nexit 7\n",
    );
    fs::set_permissions(program, fs::Permissions::from_mode(0o755)).unwrap();
    (stage, id)
}

fn shell(stage: &Stage, more: &[&str]) -> (Run, String) {
    let args = ["instances", "shell", "trainer"];
    let args: Vec<&str> = args.iter().chain(more).copied().collect();
    let mut process = stage.process(&args);
    let path = format!("{}:/usr/bin:/bin", stage.path("bin").display());
    let run = Run::from(process.env("PATH", path).output().unwrap());
    let told = fs::read_to_string(stage.path("told")).unwrap_or_default();
    (run, told)
}

#[test]
fn the_plugin_gets_the_session_and_its_end_is_ours() {
    let (stage, id) = stage("session-manager-plugin");
    let (run, told) = shell(&stage, &[]);
    let run = run.ended_with(7);
    let words: Vec<&str> = told.lines().collect();
    assert!(words[0].contains("the-token-of-the-session") && words[0].contains("StreamUrl"));
    assert_eq!(words[1..3], [REGION, "StartSession"]);
    assert_eq!(words[4], format!("{{\"Target\":\"{id}\"}}"));
    assert_eq!(words[5], stage.demo.endpoint());
    assert!(!run.stderr.contains("token"), "{}", run.stderr);
    let refused = stage.run(&["--read-only", "instances", "shell", "trainer"]);
    assert_eq!(refused.code, 5);
}

#[test]
fn a_plugin_that_can_takes_the_token_from_its_surroundings() {
    let (stage, _) = stage("session-manager-plugin");
    let text = "#!/bin/sh\n[ \"$1\" != --version ] || { echo 1.2.553.0; exit; }\necho \"$1\" > \"$HOME/told\"\necho \"$AWS_SSM_START_SESSION_RESPONSE\" > \"$HOME/session\"\nexit 7\n";
    let program = stage.file("bin/session-manager-plugin", text.as_bytes());
    fs::set_permissions(program, fs::Permissions::from_mode(0o755)).unwrap();
    let (run, told) = shell(&stage, &[]);
    run.ended_with(7);
    assert_eq!(told, "AWS_SSM_START_SESSION_RESPONSE\n");
    let session = fs::read_to_string(stage.path("session")).unwrap();
    assert!(session.contains("the-token-of-the-session"), "{session}");
}

#[test]
fn ssh_gets_the_address_and_what_is_not_there_is_told() {
    let (stage, _) = stage("ssh");
    let (run, told) = shell(&stage, &["--reach", "ssh", "--user", "ubuntu"]);
    run.ended_with(7);
    assert_eq!(told, "-l\nubuntu\n198.51.100.17\n");
    let (run, _) = shell(&stage, &[]);
    let run = run.ended_with(2);
    assert!(run.stderr.contains("--reach ssh"), "{}", run.stderr);
}
