//! `wharf versions --bring-back`: an older version is copied onto its key by plan, and nothing is lost by it.

use wharf::demo::s3::Versioning;

use crate::support::wharf::Stage;

/// Three versions of one object, the second of them a large text, and then a delete marker.
fn stage() -> Stage {
    let stage = Stage::new();
    let store = stage.demo.store();
    store.create_bucket("vault", "us-east-1");
    store.set_versioning("vault", Versioning::Enabled);
    for content in ["one", "the second one", "3"] {
        put(&stage, content);
    }
    stage
}

fn put(stage: &Stage, content: &str) {
    let store = stage.demo.store();
    store.put("vault", "a/notes.txt", content.to_owned()).ok();
}

/// Ids of the versions, the newest first.
fn ids(stage: &Stage) -> Vec<String> {
    let run = stage.run(&["versions", "s3://vault/a/notes.txt", "--json"]);
    let versions = run.ended_with(0).of_type("version");
    let id =
        |version: &serde_json::Value| version["version"].as_str().unwrap_or_default().to_owned();
    versions.iter().map(id).collect()
}

fn content(stage: &Stage) -> serde_json::Value {
    let run = stage.run(&["preview", "s3://vault/a/notes.txt", "--json"]);
    run.ended_with(0).records()[0]["lines"].clone()
}

const AT: [&str; 3] = ["versions", "s3://vault/a/notes.txt", "--bring-back"];

#[test]
fn an_older_version_is_copied_on_top_and_all_others_stay() {
    let stage = stage();
    let [latest, second, _] = &ids(&stage)[..] else {
        unreachable!("three were put");
    };
    let look = stage.run(&[&AT[..], &[second, "-n", "--json"]].concat());
    let look = look.ended_with(0);
    assert_eq!(look.of_type("step").len(), 1);
    assert_eq!(ids(&stage).len(), 3, "nothing was done");
    // Something stands there: nobody is here to agree.
    stage.run(&[&AT[..], &[second]].concat()).ended_with(5);
    let run = stage.run(&[&AT[..], &[second, "--yes", "--json"]].concat());
    let summary = run.ended_with(0).summary();
    assert_eq!(
        (&summary["done"], &summary["proof"]["checksum"]),
        (&1.into(), &1.into())
    );
    assert_eq!(content(&stage), serde_json::json!(["the second one"]));
    let after = ids(&stage);
    assert_eq!((after.len(), &after[1]), (4, latest));
}

#[test]
fn what_a_marker_hides_is_brought_back_as_an_older_version_too() {
    let stage = stage();
    let first = ids(&stage)[2].clone();
    stage
        .run(&["rm", "s3://vault/a/notes.txt", "--yes"])
        .ended_with(0);
    // Nothing stands there: nothing is written over, and no yes is wanted.
    stage.run(&[&AT[..], &[&first]].concat()).ended_with(0);
    assert_eq!(content(&stage), serde_json::json!(["one"]));
}

#[test]
fn what_cannot_be_brought_back_is_told() {
    let stage = stage();
    let latest = ids(&stage)[0].clone();
    let run = stage
        .run(&[&AT[..], &[&latest, "--yes"]].concat())
        .ended_with(5);
    assert!(
        run.stderr.contains("stands at a/notes.txt now")
            || run.stderr.contains("stands at notes.txt now"),
        "{}",
        run.stderr
    );
    let run = stage
        .run(&[&AT[..], &["nonsense", "--yes"]].concat())
        .ended_with(3);
    assert!(
        run.stderr.contains("has no version nonsense"),
        "{}",
        run.stderr
    );
    assert!(
        run.stderr.contains("wharf versions lists"),
        "{}",
        run.stderr
    );
    stage
        .run(&["rm", "s3://vault/a/notes.txt", "--yes"])
        .ended_with(0);
    let marker = ids(&stage)[0].clone();
    let run = stage
        .run(&[&AT[..], &[&marker, "--yes"]].concat())
        .ended_with(2);
    assert!(run.stderr.contains("wharf undelete"), "{}", run.stderr);
    let read_only = ["--read-only", "--yes"];
    let older = ids(&stage)[1].clone();
    stage
        .run(&[&AT[..], &[&older], &read_only[..]].concat())
        .ended_with(5);
    stage
        .run(&["versions", "-r", "s3://vault", "--bring-back", "x"])
        .ended_with(2);
}
