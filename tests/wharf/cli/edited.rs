//! What is done to objects where they stand: found, addressed, undeleted, edited and restored.
#![allow(
    clippy::unwrap_used,
    reason = "a test stops where its program cannot be run"
)]

use wharf::demo::s3::{NewObject, Versioning};

use crate::support::wharf::Stage;

fn stage() -> Stage {
    Stage::vault(&["a/1.csv", "a/deep/Two.csv", "a/deep/two.txt", "b.txt"])
}

#[test]
fn a_deep_search_finds_by_text_and_by_glob() {
    let stage = stage();
    let found = |text: &str| {
        let run = stage.run(&["find", "s3://vault", text, "--json"]);
        let run = run.ended_with(0);
        let keys = run.of_type("entry");
        let keys: Vec<String> = keys
            .iter()
            .map(|entry| entry["key"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(run.summary()["seen"], 4);
        keys
    };
    assert_eq!(found("two"), ["a/deep/Two.csv", "a/deep/two.txt"]);
    assert_eq!(found("Two"), ["a/deep/Two.csv"]);
    assert_eq!(found("*.csv"), ["a/1.csv", "a/deep/Two.csv"]);
    assert_eq!(found("none"), Vec::<String>::new());
    stage.run(&["find", "s3://vault", "[a"]).ended_with(2);
    stage.run(&["find", "s3://nowhere", "a"]).ended_with(2);
}

#[test]
fn an_address_reads_its_object_and_stands_in_no_log() {
    let stage = stage();
    let run = stage.run(&["presign", "s3://vault/b.txt", "--expires", "15m", "-vvv"]);
    let run = run.ended_with(0);
    let address = run.stdout.trim();
    assert!(address.contains("X-Amz-Expires=900"), "{address}");
    let signature = address.split("X-Amz-Signature=").nth(1).unwrap();
    let signature = signature.split('&').next().unwrap();
    assert!(!run.stderr.contains(signature));
    let logs = std::fs::read_dir(stage.path("state/log")).unwrap();
    let mut seen = 0;
    for file in logs
        .map(|file| file.unwrap().path())
        .filter(|path| path.is_file())
    {
        let log = std::fs::read(file).unwrap();
        assert!(!String::from_utf8_lossy(&log).contains(signature));
        seen += 1;
    }
    assert!(seen > 0, "a log was written");
    for wrong in [
        ["s3://vault/a/", "1h"],
        ["s3://vault/b.txt", "8d"],
        ["here", "1h"],
    ] {
        let args = ["presign", wrong[0], "--expires", wrong[1]];
        stage.run(&args).ended_with(2);
    }
}

#[test]
fn what_was_deleted_is_brought_back_with_all_its_versions() {
    let stage = stage();
    let store = stage.demo.store();
    store.set_versioning("vault", Versioning::Enabled);
    stage
        .run(&["rm", "-r", "s3://vault/a", "--yes"])
        .ended_with(0);
    assert_eq!(stage.kept(), ["b.txt"]);
    let listed = stage.run(&["versions", "-r", "s3://vault/a", "--json"]);
    let listed = listed.ended_with(0);
    let versions = listed.of_type("version");
    assert_eq!(versions.len(), 6);
    let markers = versions
        .iter()
        .filter(|version| version["delete_marker"] == true);
    assert_eq!(markers.count(), 3);

    let look = stage.run(&["undelete", "-r", "s3://vault/a", "-n", "--json"]);
    assert_eq!(look.ended_with(0).of_type("step").len(), 3);
    stage.run(&["undelete", "s3://vault/a/1.csv"]).ended_with(0);
    assert_eq!(stage.kept(), ["a/1.csv", "b.txt"]);
    let run = stage.run(&["undelete", "-r", "s3://vault", "--json"]);
    assert_eq!(run.ended_with(0).summary()["done"], 2);
    assert_eq!(stage.kept().len(), 4);
    let nothing = stage.run(&["undelete", "-r", "s3://vault"]);
    assert!(nothing.ended_with(0).stderr.contains("nothing to do"));
    stage
        .run(&["undelete", "-r", "s3://vault", "--read-only"])
        .ended_with(0);
}

#[test]
fn class_metadata_and_tags_are_changed_where_objects_stand() {
    let stage = stage();
    // Nobody is here to agree.
    let args = [
        "edit",
        "-r",
        "s3://vault/a",
        "--storage-class",
        "STANDARD_IA",
    ];
    stage.run(&args).ended_with(5);
    let run = stage.run(&[
        "edit",
        "-r",
        "s3://vault/a",
        "--storage-class",
        "STANDARD_IA",
        "--metadata",
        "team=cards",
        "--yes",
        "--json",
    ]);
    assert_eq!(run.ended_with(0).summary()["done"], 3);
    let preview = |key: &str| {
        let run = stage
            .run(&["preview", key, "--json"])
            .ended_with(0)
            .records();
        run[0]["properties"].clone()
    };
    let seen = preview("s3://vault/a/1.csv");
    assert_eq!(seen["class"], "STANDARD_IA");
    assert_eq!(seen["meta team"], "cards");
    // What is not named stays.
    let more = ["edit", "s3://vault/a/1.csv", "--metadata", "run=7", "--yes"];
    stage.run(&more).ended_with(0);
    let seen = preview("s3://vault/a/1.csv");
    assert_eq!(
        (&seen["meta team"], &seen["meta run"]),
        (&"cards".into(), &"7".into())
    );
    assert_eq!(seen["class"], "STANDARD_IA");
    for copy in stage.demo.log().of("CopyObject") {
        assert!(copy.succeeded());
    }
    let tagged = ["edit", "-r", "s3://vault/a", "--tag", "kind=csv"];
    stage.run(&tagged).ended_with(0);
    assert_eq!(preview("s3://vault/a/1.csv")["tag kind"], "csv");
    stage.run(&["edit", "s3://vault/b.txt"]).ended_with(2);
    let wrong = ["edit", "s3://vault/b.txt", "--storage-class", "COLD"];
    stage.run(&wrong).ended_with(2);
}

#[test]
fn an_edit_that_is_refused_each_time_is_not_taken_for_done() {
    let stage = stage();
    stage
        .demo
        .faults()
        .set("500@CopyObject=100%".parse().unwrap());
    std::fs::write(stage.path("wharf.toml"), "[defaults]\nretries = 1\n").unwrap();
    let edit = ["edit", "s3://vault/b.txt", "--storage-class", "STANDARD_IA"];
    let run = stage.run(&[&edit[..], &["--yes", "--json"]].concat());
    let run = run.ended_with(3);
    assert_eq!(
        (&run.summary()["done"], &run.summary()["failed"]),
        (&0.into(), &1.into())
    );
    let objects = stage.demo.store().objects("vault");
    assert!(objects.iter().all(|object| object.class == "STANDARD"));
}

#[test]
fn archived_objects_are_restored_and_waited_for() {
    let stage = stage();
    let store = stage.demo.store();
    let object = NewObject {
        class: Some("GLACIER".to_owned()),
        ..NewObject::from(b"old".to_vec())
    };
    store.put("vault", "old/x", object).unwrap();
    let look = stage.run(&["restore", "-r", "s3://vault", "-n", "--json"]);
    assert_eq!(look.ended_with(0).of_type("step").len(), 1);
    let run = stage.run(&["restore", "-r", "s3://vault", "--tier", "expedited:2"]);
    run.ended_with(0);
    assert_eq!(stage.demo.log().of("RestoreObject").len(), 1);
    stage
        .run(&["restore", "s3://vault/old/x", "--tier", "soon"])
        .ended_with(2);
}

/// A footer of two columns and 300 rows, as a writer of Parquet makes it.
const FOOTER: &str = concat!(
    "1502194c4806736368656d6115040015042500180269640035021807706f6b656d6f6e150200",
    "150c250218046e616d65250000",
    "16d804190c28017400"
);

#[test]
fn a_parquet_file_tells_its_columns_by_its_end_alone() {
    let stage = stage();
    let footer = hex::decode(FOOTER).unwrap();
    let length = u32::try_from(footer.len()).unwrap().to_le_bytes();
    let body = [b"PAR1", &*vec![7; 1 << 20], &footer, &length, b"PAR1"].concat();
    let store = stage.demo.store();
    store
        .put("vault", "cards.parquet", NewObject::from(body))
        .unwrap();
    let run = stage.run(&["preview", "s3://vault/cards.parquet", "--json"]);
    let seen = &run.ended_with(0).records()[0];
    assert_eq!(
        seen["what"],
        "Parquet, 2 columns, 300 rows in 0 groups, by t"
    );
    assert_eq!(seen["lines"][2], "pokemon.name  text");
    let reads = stage.demo.log().of("GetObject");
    let read: u64 = reads.iter().map(|get| get.bytes_out).sum();
    assert!(read <= 64 << 10, "{read}");
}
