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

#[test]
fn one_object_is_looked_at_and_no_more_of_it_than_its_beginning() {
    let stage = Stage::new();
    stage.demo.store().create_bucket("pics", "us-east-1");
    let rows = (0..20_000).map(|n| format!("{n},card {n}"));
    let table: Vec<String> = std::iter::once("number,name".to_owned())
        .chain(rows)
        .collect();
    let file = stage.file("cards.csv", table.join("\n").as_bytes());
    let file = file.to_str().unwrap();
    let up = [
        "sync",
        file,
        "s3://pics/",
        "--tag",
        "team=cards",
        "--metadata",
        "owner=ada",
    ];
    stage.run(&up).ended_with(0);
    let run = stage
        .run(&["preview", "s3://pics/cards.csv", "-n", "2", "--json"])
        .ended_with(0);
    let told = &run.of_type("preview")[0];
    assert_eq!(told["what"], "CSV, 2 columns");
    assert_eq!(told["lines"][1], "     0  card 0");
    assert_eq!(told["lines"].as_array().unwrap().len(), 2);
    assert_eq!(told["more"], true);
    let bears = &told["properties"];
    assert_eq!(
        (&bears["tag team"], &bears["meta owner"]),
        (&"cards".into(), &"ada".into())
    );
    assert_eq!(bears["content type"], "text/csv");
    assert!(
        bears["checksum"]
            .as_str()
            .unwrap()
            .starts_with("crc64nvme ")
    );
    let reads = stage.demo.log().of("GetObject");
    assert_eq!(reads.last().unwrap().bytes_out, 64 * 1024);
    let run = stage.run(&["preview", "s3://pics/nothing"]).ended_with(2);
    assert!(run.stderr.contains("nothing"), "{}", run.stderr);
}
