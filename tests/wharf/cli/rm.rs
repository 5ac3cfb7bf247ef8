//! `wharf rm`: what is named goes, and nothing else, only while it is what was listed.
#![allow(
    clippy::unwrap_used,
    reason = "a test stops where its program cannot be run"
)]

use std::fs;

use crate::support::wharf::Stage;

fn stage() -> Stage {
    Stage::vault(&["a/", "a/1", "a/2", "a/deep/3", "a.txt", "ab", "b"])
}

#[test]
fn a_prefix_goes_with_all_below_it_and_its_neighbours_stay() {
    let stage = stage();
    let look = stage
        .run(&["rm", "-r", "s3://vault/a", "--dry-run", "--json"])
        .ended_with(0);
    assert_eq!(look.of_type("step").len(), 4);
    assert_eq!(stage.kept().len(), 7);
    // Nobody is here to agree.
    stage.run(&["rm", "-r", "s3://vault/a"]).ended_with(5);
    assert_eq!(stage.kept().len(), 7);
    let run = stage
        .run(&["rm", "-r", "s3://vault/a", "--yes", "--json"])
        .ended_with(0);
    assert_eq!(run.summary()["done"], 4);
    assert_eq!(stage.kept(), ["a.txt", "ab", "b"]);
    for request in stage.demo.log().of("DeleteObjects") {
        assert!(request.succeeded());
    }
}

#[test]
fn one_object_goes_alone_and_a_folder_is_not_taken_for_one() {
    let stage = stage();
    stage.run(&["rm", "s3://vault/b", "--yes"]).ended_with(0);
    assert_eq!(stage.kept().len(), 6);
    let folder = stage.run(&["rm", "s3://vault/a/deep", "--yes"]);
    assert!(folder.ended_with(3).stderr.contains("-r takes all below"));
    // With its slash it is no object's name, though `ab` without one is.
    let slash = stage.run(&["rm", "s3://vault/ab/", "--yes"]);
    assert!(slash.ended_with(2).stderr.contains("-r takes all below"));
    let bucket = stage.run(&["rm", "-r", "s3://vault", "--yes"]);
    assert!(bucket.ended_with(2).stderr.contains("name what is to go"));
    stage
        .run(&["rm", "-r", "s3://vault/a", "--yes", "--read-only"])
        .ended_with(5);
    assert_eq!(stage.kept().len(), 6);
}

#[test]
fn files_of_a_folder_go_and_the_folder_of_a_mapping_is_refused() {
    let stage = stage();
    stage.file("here/x/1", b"1");
    stage.file("here/y", b"2");
    stage.run(&["rm", "-r", "here/x", "--yes"]).ended_with(0);
    assert!(!stage.path("here/x/1").exists());
    assert!(stage.path("here/y").exists());
    let config = format!(
        "[mappings.pics]\nlocal = \"{}\"\nremote = \"s3://vault/a\"\ndirection = \"pull\"\n",
        stage.path("here").display()
    );
    fs::write(stage.path("wharf.toml"), config).unwrap();
    let pulled = stage.run(&["rm", "-r", "s3://vault/a", "--yes"]);
    assert!(pulled.ended_with(5).stderr.contains("pics"));
}
