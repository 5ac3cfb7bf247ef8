//! `wharf rename` and `wharf mkdir`: nothing is written over, and an old name goes once the new one is proven.
#![allow(
    clippy::unwrap_used,
    reason = "a test stops where its program cannot be run"
)]

use std::fs;

use crate::support::wharf::Stage;

fn stage() -> Stage {
    Stage::vault(&["a/1", "a/deep/2", "ab", "b.txt", "c/1"])
}

#[test]
fn a_prefix_gets_another_name_with_all_below_it() {
    let stage = stage();
    // Nobody is here to agree.
    stage.run(&["rename", "s3://vault/a/", "z"]).ended_with(5);
    assert_eq!(stage.kept().len(), 5);
    let run = stage.run(&["rename", "s3://vault/a/", "z", "--yes", "--json"]);
    assert_eq!(run.ended_with(0).summary()["failed"], 0);
    assert_eq!(stage.kept(), ["ab", "b.txt", "c/1", "z/1", "z/deep/2"]);
    assert_eq!(stage.demo.store().unguarded_deletes(), 0);
    let copies = stage.demo.log().of("CopyObject");
    assert_eq!(copies.len(), 2);
}

#[test]
fn one_object_gets_another_name_and_never_one_that_is_taken() {
    let stage = stage();
    stage
        .run(&["rename", "s3://vault/b.txt", "d.txt", "--yes"])
        .ended_with(0);
    assert_eq!(stage.kept(), ["a/1", "a/deep/2", "ab", "c/1", "d.txt"]);
    stage.run(&["rename", "s3://vault/ab", "d.txt", "--yes"]);
    assert_eq!(stage.kept().len(), 5);
    let nothing = stage.run(&["rename", "s3://vault/none", "some", "--yes"]);
    assert!(nothing.ended_with(3).stderr.contains("nothing is at"));
    for wrong in ["x/y", "..", "ab", ""] {
        stage
            .run(&["rename", "s3://vault/ab", wrong, "--yes"])
            .ended_with(2);
    }
    stage.run(&["rename", "s3://vault", "w"]).ended_with(2);
    stage
        .run(&["rename", "s3://vault/ab", "e", "--yes", "--read-only"])
        .ended_with(5);
    assert_eq!(stage.kept().len(), 5);
}

#[test]
fn files_and_folders_get_other_names_at_once() {
    let stage = stage();
    stage.file("here/x/1", b"one");
    stage.file("here/y", b"two");
    stage.run(&["rename", "here/x", "z"]).ended_with(0);
    stage.run(&["rename", "here/y", "w"]).ended_with(0);
    assert_eq!(fs::read(stage.path("here/z/1")).unwrap(), b"one");
    assert_eq!(fs::read(stage.path("here/w")).unwrap(), b"two");
    let taken = stage.run(&["rename", "here/w", "z"]);
    assert!(taken.ended_with(5).stderr.contains("is there already"));
    let missing = stage.run(&["rename", "here/nothing", "z"]);
    assert!(missing.ended_with(3).stderr.contains("nothing is called"));
    let look = stage.run(&["rename", "here/w", "v", "--dry-run", "--json"]);
    assert_eq!(look.ended_with(0).of_type("step")[0]["op"], "edit");
    assert!(stage.path("here/w").exists());
}

#[test]
fn folders_are_made_once() {
    let stage = stage();
    stage.run(&["mkdir", "s3://vault/new"]).ended_with(0);
    assert!(stage.kept().contains(&"new/".to_owned()));
    for taken in ["s3://vault/new/", "s3://vault/a"] {
        let again = stage.run(&["mkdir", taken]);
        assert!(again.ended_with(5).stderr.contains("is there already"));
    }
    stage.run(&["mkdir", "here/deep/new"]).ended_with(0);
    assert!(stage.path("here/deep/new").is_dir());
    stage.run(&["mkdir", "here/deep/new"]).ended_with(5);
    stage
        .run(&["mkdir", "here/more", "--read-only"])
        .ended_with(5);
    assert!(!stage.path("here/more").exists());
    stage.run(&["mkdir", "s3://other"]).ended_with(2);
    let tasks = stage.run(&["tasks", "list"]);
    assert!(tasks.ended_with(0).stdout.contains("make folder"));
}
