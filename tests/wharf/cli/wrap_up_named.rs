//! A run, or an id of `--also` and `--leave`, that nothing bears: refused before anything is done, with what may have been meant.
#![allow(
    clippy::unwrap_used,
    reason = "a test stops where its stage cannot be set"
)]

use wharf::demo::cloud::NewInstance;

use super::wrap_up::own;
use crate::support::wharf::Stage;

/// A run of the configuration, one that a tag alone names, and nothing else.
fn world() -> (Stage, String) {
    let stage = Stage::new();
    stage.file("wharf.toml", b"[runs.stage2]\n");
    let id = stage.demo.cloud().add_instance(NewInstance {
        stopped: true,
        tags: vec![("wharf:run".to_owned(), "labeler-v3".to_owned())],
        ..NewInstance::default()
    });
    (stage, id)
}

#[track_caller]
fn refused(stage: &Stage, args: &[&str], words: &[&str]) {
    let run = stage.run(&[&["wrap-up"][..], args].concat()).ended_with(2);
    for word in words {
        assert!(run.stderr.contains(word), "{word} is not in {}", run.stderr);
    }
    assert!(run.stdout.is_empty(), "{}", run.stdout);
}

#[test]
fn a_run_that_nothing_knows_is_refused_with_those_that_are_near() {
    let (stage, _) = world();
    refused(
        &stage,
        &["stage3"],
        &[
            "no run stage3 is known",
            "did you mean stage2?",
            "--all-regions",
        ],
    );
    refused(&stage, &["labeler-v2"], &["did you mean labeler-v3?"]);
    refused(
        &stage,
        &[
            "zebra",
            "--apply",
            "--account",
            "123456789012",
            "--all-regions",
        ],
        &["runs that are known: labeler-v3, stage2"],
    );
    // Having been asked for makes it no run: the ledger knows of nothing.
    refused(&stage, &["stage3"], &["no run stage3 is known"]);
    stage.run(&["wrap-up", "labeler-v3"]).ended_with(0);
    stage.run(&["wrap-up", "stage2"]).ended_with(0);
}

#[test]
fn a_run_of_which_the_ledger_alone_knows_is_shown() {
    let (stage, id) = world();
    stage.run(&["wrap-up", "labeler-v3"]).ended_with(0);
    stage.demo.cloud().change(&id, |one| one.made.tags.clear());
    stage.run(&["wrap-up", "labeler-v3"]).ended_with(0);
    refused(&stage, &["lab"], &["did you mean labeler-v3?"]);
    refused(&stage, &["labeler-v1"], &["did you mean labeler-v3?"]);
}

#[test]
fn an_id_that_nothing_has_is_refused_with_and_without_a_deletion() {
    let (stage, id) = world();
    stage
        .demo
        .cloud()
        .change(&id, |one| one.made.tags = own(&[]));
    let near = format!("did you mean {id}");
    let slip = format!("{id}x");
    let beginning: String = id.chars().take(10).collect();
    for flag in ["--also", "--leave"] {
        let told = format!("{flag} {slip}: nothing here has this id");
        refused(&stage, &["stage2", flag, &slip], &[&told, &near]);
        refused(&stage, &["stage2", flag, &beginning], &[&near]);
        refused(
            &stage,
            &["stage2", flag, "zebra"],
            &["give an id as wharf wrap-up stage2 tells it"],
        );
        let args = [
            "stage2",
            "--apply",
            "--account",
            "123456789012",
            "--override-proof",
            "a test",
            flag,
            &slip,
        ];
        refused(&stage, &args, &[&told]);
    }
    assert_eq!(stage.demo.log().count("TerminateInstances"), 0);
    // What is gone already is no slip.
    stage
        .run(&["wrap-up", "stage2", "--also", &id])
        .ended_with(0);
}
