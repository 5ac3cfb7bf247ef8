//! `wharf ls` where something is in its way.

use std::{fs, os::unix::fs::PermissionsExt as _};

use crate::support::wharf::Stage;

#[test]
fn nothing_is_counted_after_an_error() {
    let stage = Stage::new();
    let run = stage.run(&["ls", "s3://no-such-bucket/"]).ended_with(2);
    assert!(run.stderr.contains("no-such-bucket"), "{}", run.stderr);
    assert!(
        !run.stderr.contains("0 objects") && run.stdout.is_empty(),
        "{}{}",
        run.stdout,
        run.stderr
    );
    let run = stage
        .run(&["ls", "s3://no-such-bucket/", "--json"])
        .ended_with(2);
    assert_eq!(run.summary()["complete"], false);
}

#[test]
fn a_folder_that_cannot_be_read_breaks_the_listing_there_unless_it_is_left_out() {
    let stage = Stage::new();
    for name in ["data/a", "data/lost/x", "data/z"] {
        stage.file(name, b"1");
    }
    let lost = stage.path("data/lost");
    fs::set_permissions(&lost, fs::Permissions::from_mode(0o000)).unwrap();
    let run = stage
        .run_bound(&["ls", "-r", "data", "--json"])
        .ended_with(3);
    let keys: Vec<_> = run
        .of_type("entry")
        .iter()
        .map(|entry| entry["key"].clone())
        .collect();
    assert_eq!(keys, ["a"]);
    assert!(
        run.stderr.contains("the listing broke after a:")
            && run.stderr.contains("lost/")
            && run.stderr.contains("--exclude"),
        "{}",
        run.stderr
    );
    let left_out = ["ls", "-r", "data", "--exclude", "lost/", "--json"];
    let run = stage.run_bound(&left_out).ended_with(0);
    assert_eq!(run.summary()["objects"], 2);
    fs::set_permissions(&lost, fs::Permissions::from_mode(0o755)).unwrap();
}
