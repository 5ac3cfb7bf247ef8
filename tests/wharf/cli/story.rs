//! The story, headless: count, explain, plan, sync, prove, all on one seeded world and by exit code and JSON alone.

use wharf::demo::seed;

use crate::support::wharf::Stage;

const SCALE: f64 = 0.01;

#[test]
fn the_missing_are_found_explained_moved_and_proven() {
    let stage = Stage::new();
    let world = seed::world(&stage.demo, &stage.path("pokemon"), SCALE).unwrap();
    let left = world.left.to_str().unwrap();
    let right = format!("s3://{}/{}", world.bucket, world.prefix);

    let diff = stage
        .run(&["diff", left, &right, "--json", "--gaps"])
        .ended_with(1);
    let summary = diff.summary();
    assert_eq!(summary["only_left"], world.missing.len());
    assert_eq!(summary["differs"], 1);
    assert_eq!(summary["only_right"], 0);
    assert_eq!(summary["complete"], true);
    let pairs = diff.of_type("pair");
    assert_eq!(pairs.len(), world.missing.len() + 1);
    let gaps = diff.of_type("gap");
    assert_eq!(gaps[0]["rule"], "name begins with \"M\"");
    assert_eq!(
        (&gaps[0]["matched_missing"], &gaps[0]["missing"]),
        (&36.into(), &36.into())
    );
    assert_eq!(gaps[0]["side"], "left");

    let dry = stage
        .run(&["sync", left, &right, "--dry-run", "--json"])
        .ended_with(0);
    assert_eq!(dry.of_type("step").len(), world.missing.len() + 1);
    assert_eq!(stage.demo.log().count("PutObject"), 0);

    let sync = stage
        .run(&["sync", left, &right, "--json", "--existing", "update"])
        .ended_with(0);
    let summary = sync.summary();
    assert_eq!(summary["done"], world.missing.len() + 1);
    assert_eq!(summary["failed"], 0);
    assert_eq!(summary["recount"]["equal"], true);
    assert_eq!(summary["proof"]["checksum"], world.missing.len() + 1);
    assert_eq!(
        stage.demo.log().count("PutObject"),
        world.missing.len() as u64 + 1
    );
    assert_eq!(stage.demo.log().count("HeadObject"), 0);

    let again = stage
        .run(&["sync", left, &right, "--json"])
        .ended_with(0)
        .summary();
    assert_eq!(again["done"], 0);
    stage.run(&["diff", left, &right]).ended_with(0);
    let verify = stage
        .run(&["verify", left, &right, "--json"])
        .ended_with(0)
        .summary();
    assert_eq!(
        (&verify["mismatched"], &verify["missing"]),
        (&0.into(), &0.into())
    );
    assert_eq!(verify["verified"], world.left_objects);
}

#[test]
fn a_manifest_stands_in_for_the_bucket() {
    let stage = Stage::new();
    let world = seed::world(&stage.demo, &stage.path("pokemon"), SCALE).unwrap();
    let right = format!("s3://{}/{}", world.bucket, world.prefix);
    stage
        .run(&["manifest", &right, "--out", "then.jsonl"])
        .ended_with(0);
    let same = stage
        .run(&["diff", "manifest:then.jsonl", &right, "--json"])
        .ended_with(0);
    assert_eq!(same.summary()["same"], world.right_objects);
    std::fs::write(stage.path("half.jsonl"), half_of(&stage.path("then.jsonl"))).unwrap();
    let half = stage
        .run(&["diff", "manifest:half.jsonl", &right, "--json"])
        .ended_with(3);
    assert_eq!(
        half.summary()["only_right"],
        0,
        "what a cut manifest does not tell is not missing"
    );
    assert_eq!(half.summary()["complete"], false);
}

fn half_of(path: &std::path::Path) -> String {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[..lines.len() / 2].join("\n")
}

#[test]
fn listings_are_counted_in_every_way() {
    let stage = Stage::new();
    let world = seed::world(&stage.demo, &stage.path("pokemon"), SCALE).unwrap();
    let right = format!("s3://{}/{}", world.bucket, world.prefix);
    let total = stage
        .run(&["ls", &right, "--summarize", "--json"])
        .ended_with(0)
        .summary();
    assert_eq!(total["objects"], world.right_objects);
    for by in ["letter", "folder", "extension", "day", "class", "size"] {
        let counts = stage
            .run(&["ls", &right, "--count-by", by, "--json"])
            .ended_with(0)
            .of_type("count");
        let sum: u64 = counts
            .iter()
            .filter_map(|count| count["objects"].as_u64())
            .sum();
        assert_eq!(sum, world.right_objects as u64, "by {by}");
    }
    let tree = stage.run(&["ls", &right, "--tree"]).ended_with(0);
    assert!(tree.stdout.contains("card_images/"), "{}", tree.stdout);
    let buckets = stage.run(&["ls", "s3://"]).ended_with(0);
    assert!(
        buckets.stdout.contains("s3://pokemon-card-training"),
        "{}",
        buckets.stdout
    );
    let entries = stage
        .run(&["ls", "-r", &right, "--json"])
        .ended_with(0)
        .of_type("entry");
    assert_eq!(
        entries
            .iter()
            .filter(|entry| entry["kind"] == "object")
            .count(),
        world.right_objects
    );
}
