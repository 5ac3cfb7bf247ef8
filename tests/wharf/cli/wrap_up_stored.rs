//! What S3 keeps of a run at its end: the places of its outputs with what they cost, kept whatever is ticked, and unfinished uploads
//! there, which can be ended.
#![allow(
    clippy::unwrap_used,
    reason = "a test stops where its stage cannot be set"
)]

use serde_json::{Value, json};
use wharf::demo::{REGION, s3::NewObject};

use super::wrap_up::applied;
use crate::support::wharf::{Run, Stage};

fn stage() -> Stage {
    let stage = Stage::new();
    stage.file(
        "wharf.toml",
        b"base_dir = \".\"\n[mappings.models]\nlocal = \"models\"\nremote = \"s3://vault/models\"\ndirection = \"both\"\n[runs.stage2]\noutputs = [\"models\"]\nfolder = \"s3://vault/runs/stage2\"\n",
    );
    let store = stage.demo.store();
    store.create_bucket("vault", REGION);
    for (key, bytes) in [
        ("models/a.bin", 300 << 10),
        ("models/b.bin", 212 << 10),
        ("runs/stage2/notes", 5),
        ("other", 9),
    ] {
        store
            .put("vault", key, NewObject::from(vec![7; bytes]))
            .unwrap();
    }
    stage
}

fn of(run: &Run, kind: &str) -> Vec<Value> {
    let all = run.of_type("resource").into_iter();
    all.filter(|one| one["kind"] == kind).collect()
}

#[test]
fn the_places_of_a_run_are_told_with_what_they_cost_and_stay() {
    let stage = stage();
    let run = stage.run(&["wrap-up", "stage2", "--json"]).ended_with(0);
    let stored = of(&run, "storage");
    let ids: Vec<&str> = stored.iter().filter_map(|one| one["id"].as_str()).collect();
    assert!(
        ids.len() == 2 && ids[0].starts_with("s3://vault/"),
        "{ids:?}"
    );
    let models = stored
        .iter()
        .find(|one| one["id"].as_str().unwrap().contains("models"));
    let models = models.unwrap();
    assert!(
        models["about"]
            .as_str()
            .unwrap()
            .starts_with("2 objects, 0.5 MiB"),
        "{models}"
    );
    assert_eq!(
        (&models["origin"], &models["kept"]),
        (&json!("this run"), &json!(true))
    );
    let month = models["price_per_hour"].as_f64().unwrap() * 730.0;
    assert!((month - 0.5 / 1024.0 * 0.023).abs() < 1e-9, "{month}");
    // Whatever is said, what is stored stays.
    let id = models["id"].as_str().unwrap();
    applied(&stage, &["--override-proof", "a test", "--also", id]).ended_with(0);
    assert_eq!(stage.kept().len(), 4);
    // No start reminds of it.
    let next = stage.run(&["ls", "s3://vault/"]);
    assert!(!next.stderr.contains("still"), "{}", next.stderr);
}

#[test]
fn unfinished_uploads_are_told_and_end_where_they_are_ticked() {
    let stage = stage();
    let store = stage.demo.store();
    let left = store
        .leave_upload(
            "vault",
            "models/c.bin",
            &[vec![1; 5 << 20].into()],
            stage.demo.clock().now(),
        )
        .unwrap();
    store
        .leave_upload("vault", "elsewhere/d.bin", &[], stage.demo.clock().now())
        .unwrap();
    let look = stage.run(&["wrap-up", "stage2", "--json"]).ended_with(0);
    let told = of(&look, "unfinished upload");
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(
        (&told[0]["id"], &told[0]["selected"]),
        (&json!(left), &json!(false))
    );
    assert!(
        told[0]["about"]
            .as_str()
            .unwrap()
            .contains("5.0 MiB in parts"),
        "{told:?}"
    );
    let run = applied(&stage, &["--override-proof", "a test", "--also", &left]).ended_with(0);
    assert_eq!(run.of_type("ended")[0]["gone"], true);
    let uploads = store.uploads("vault");
    assert_eq!(uploads.len(), 1, "{uploads:?}");
}
