//! `wharf move`: sources go once their copies are proven, and a script is told exactly what stayed.
#![allow(
    clippy::unwrap_used,
    reason = "a test stops where its stage cannot be set"
)]

use wharf::demo::s3::NewObject;

use crate::support::wharf::Stage;

fn stage() -> Stage {
    let stage = Stage::new();
    stage
        .demo
        .store()
        .create_bucket("vault", wharf::demo::REGION);
    stage
}

fn put(stage: &Stage, key: &str, body: &'static [u8]) {
    let object = NewObject::from(body);
    stage.demo.store().put("vault", key, object).unwrap();
}

fn keys(stage: &Stage, prefix: &str) -> Vec<String> {
    stage.demo.store().keys("vault", prefix)
}

#[test]
fn files_go_to_the_bucket_and_leave_the_folder() {
    let stage = stage();
    stage.file("data/a.txt", b"a");
    stage.file("data/b/c.txt", b"c");
    let dry = stage
        .run(&["move", "data", "s3://vault/p", "--dry-run", "--json"])
        .ended_with(0);
    assert_eq!(dry.summary()["planned"]["remove"]["objects"], 2);
    let ops: Vec<String> = dry
        .of_type("step")
        .iter()
        .map(|step| step["op"].to_string())
        .collect();
    assert_eq!(
        ops,
        ["\"upload\"", "\"upload\"", "\"remove\"", "\"remove\""]
    );
    assert!(stage.path("data/a.txt").exists() && keys(&stage, "p/").is_empty());
    let moved = stage
        .run(&["move", "data", "s3://vault/p", "--yes", "--json"])
        .ended_with(0)
        .summary();
    assert_eq!(
        (&moved["done"], &moved["failed"], &moved["verified"]),
        (&4.into(), &0.into(), &2.into()),
        "{moved}"
    );
    assert_eq!(moved["recount"]["source"], 2, "counted before they went");
    assert_eq!(keys(&stage, "p/"), ["p/a.txt", "p/b/c.txt"]);
    assert!(!stage.path("data/a.txt").exists() && !stage.path("data/b/c.txt").exists());
}

#[test]
fn objects_move_within_a_bucket_and_down_to_a_folder() {
    let stage = stage();
    put(&stage, "from/a", b"a");
    put(&stage, "from/b", b"b");
    // A copy that stands there already is proven, and its source goes too.
    put(&stage, "to/b", b"b");
    stage
        .run(&["move", "s3://vault/from", "s3://vault/to", "--yes"])
        .ended_with(0);
    assert_eq!(keys(&stage, ""), ["to/a", "to/b"]);
    stage
        .run(&["move", "s3://vault/to", "here", "--yes"])
        .ended_with(0);
    assert!(keys(&stage, "").is_empty());
    assert_eq!(std::fs::read(stage.path("here/b")).unwrap(), b"b");
    let lines = stage.demo.log().lines();
    let deletes = lines
        .iter()
        .filter(|line| line.operation.starts_with("Delete"));
    for line in deletes {
        assert!(line.condition("if-match").is_some(), "{line:?}");
    }
}

#[test]
fn nobody_to_ask_means_that_nothing_is_done() {
    let stage = stage();
    stage.file("data/a.txt", b"a");
    let refused = stage
        .run(&["move", "data", "s3://vault/p"])
        .ended_with(5)
        .stderr;
    assert!(
        refused.contains("1 object would be removed from data") && refused.contains("--yes"),
        "{refused}"
    );
    assert!(keys(&stage, "").is_empty(), "not even copied");
}

#[test]
fn what_differs_and_is_kept_stays_on_both_sides() {
    let stage = stage();
    stage.file("data/same.txt", b"same");
    stage.file("data/kept.txt", b"mine");
    put(&stage, "p/same.txt", b"same");
    put(&stage, "p/kept.txt", b"another");
    stage
        .run(&[
            "move",
            "data",
            "s3://vault/p",
            "--existing",
            "keep",
            "--yes",
        ])
        .ended_with(0);
    assert!(stage.path("data/kept.txt").exists());
    assert!(!stage.path("data/same.txt").exists());
    assert_eq!(
        stage.demo.store().body("vault", "p/kept.txt").unwrap(),
        "another"
    );
}

#[test]
fn a_source_that_only_looks_the_same_stays_and_is_a_failed_row() {
    let stage = stage();
    stage.file("data/a.txt", b"mine");
    // As large, and later: the same by size and time, and another content.
    put(&stage, "p/a.txt", b"else");
    let run = stage
        .run(&["move", "data", "s3://vault/p", "--yes", "--json"])
        .ended_with(3);
    let row = run.of_type("outcome").pop().unwrap();
    assert_eq!(row["op"], "remove", "{row}");
    let reason = row["reason"].as_str().unwrap();
    assert!(reason.contains("the source stays"), "{reason}");
    assert!(stage.path("data/a.txt").exists());
}

#[test]
fn what_would_remove_without_proof_is_refused_by_a_word() {
    let stage = stage();
    stage.file("data/a.txt", b"a");
    for (more, told) in [
        (&["--verify", "off"][..], "proven by checksum"),
        (&["--delete"], "a move empties its source"),
        (&["--symlinks", "follow"], "what a link points to"),
    ] {
        let line = [&["move", "data", "s3://vault/p", "--yes"], more].concat();
        let refused = stage.run(&line).ended_with(2).stderr;
        assert!(refused.contains(told), "{refused}");
    }
    let onto_itself = ["move", "s3://vault/p", "s3://vault/p/", "--yes"];
    put(&stage, "p/only", b"copy");
    stage.run(&onto_itself).ended_with(5);
    assert_eq!(keys(&stage, ""), ["p/only"]);
    assert!(stage.path("data/a.txt").exists());
}

#[test]
fn what_a_mapping_pulls_is_not_moved_away() {
    let stage = stage();
    put(&stage, "flow/a", b"a");
    let config =
        "[mappings.flow]\nlocal = \"flow\"\nremote = \"s3://vault/flow\"\ndirection = \"pull\"\n";
    stage.file("wharf.toml", config.as_bytes());
    let refused = stage
        .run(&["move", "s3://vault/flow", "elsewhere", "--yes"])
        .ended_with(5);
    assert!(refused.stderr.contains("flow"), "{}", refused.stderr);
    let refused = stage.run(&["move", "flow", "--yes"]).ended_with(2);
    assert!(refused.stderr.contains("mapping"), "{}", refused.stderr);
    assert_eq!(keys(&stage, ""), ["flow/a"]);
}
