//! The story's world: what is on each side, and that the same folder serves twice.

use super::demo as empty_demo;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use wharf::demo::seed::{self, SeedError};
use wharf::domain::gaps::{Explanation, Gaps, Presence, Seen};
use wharf::domain::side::Side;
use wharf::humanize::explain_gap;

/// Every file below `folder`, relative, with slashes.
fn files(folder: &Path, prefix: &str, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let name = format!("{prefix}{}", entry.file_name().to_str().unwrap());
        if entry.path().is_dir() {
            files(&entry.path(), &format!("{name}/"), found);
        } else {
            found.insert(name);
        }
    }
}

#[test]
fn the_bucket_lacks_what_the_story_says_and_the_folder_has_everything() {
    let (demo, folder) = (empty_demo(), tempfile::tempdir().unwrap());
    let world = seed::world(&demo, folder.path(), 0.05).unwrap();
    let (mut left, store) = (BTreeSet::new(), demo.store());
    files(&world.left, "", &mut left);
    let right: BTreeSet<String> = store
        .keys(&world.bucket, &world.prefix)
        .iter()
        .map(|key| key.strip_prefix(&world.prefix).unwrap().to_owned())
        .collect();
    assert_eq!(
        (left.len(), right.len()),
        (world.left_objects, world.right_objects)
    );
    let missing: Vec<String> = left.difference(&right).cloned().collect();
    assert_eq!(missing, world.missing);
    assert!(right.is_subset(&left));
    assert!(
        missing
            .iter()
            .all(|key| key.rsplit('/').take(2).any(|name| name.starts_with('M')))
    );
    let raw = missing.iter().filter(|key| key.starts_with("raw/")).count();
    let folders: BTreeSet<&str> = missing
        .iter()
        .filter_map(|key| key.strip_prefix("processed/")?.split('/').nth(1))
        .collect();
    assert_eq!((raw, folders.len()), (20, 16));
    assert_eq!(store.uploads(&world.bucket).len(), 1);
    assert!(
        !store
            .keys(&world.bucket, "project/pokemon-card-recognition/")
            .is_empty()
    );
}

#[test]
fn only_the_stale_one_differs_and_everything_else_looks_the_same_by_size_and_time() {
    let (demo, folder) = (empty_demo(), tempfile::tempdir().unwrap());
    let world = seed::world(&demo, folder.path(), 0.01).unwrap();
    let mut differing = Vec::new();
    for object in demo.store().objects(&world.bucket) {
        let Some(key) = object.key.strip_prefix(&world.prefix) else {
            continue;
        };
        let file = fs::metadata(world.left.join(key)).unwrap();
        if file.len() != object.size || file.modified().unwrap() > object.modified {
            differing.push(key.to_owned());
        } else {
            let bytes = fs::read(world.left.join(key)).unwrap();
            assert_eq!(
                demo.store().body(&world.bucket, &object.key).unwrap(),
                bytes
            );
        }
    }
    assert_eq!(differing.join(" "), world.stale);
    assert_eq!(world.stale, "raw/card_images/Mewtwo-en_base_base4_10.png");
}

#[test]
fn a_folder_that_holds_the_world_is_left_alone_and_a_stranger_s_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let first = seed::world(&empty_demo(), folder.path(), 0.01).unwrap();
    let mine = first.left.join("raw/card_images/mine.png");
    fs::write(&mine, "mine").unwrap();
    let second = seed::world(&empty_demo(), folder.path(), 0.01).unwrap();
    assert_eq!(first, second);
    assert_eq!(fs::read_to_string(&mine).unwrap(), "mine");
    let other = seed::world(&empty_demo(), folder.path(), 0.02);
    assert!(matches!(other, Err(SeedError::Occupied { .. })));
    let stranger = tempfile::tempdir().unwrap();
    fs::create_dir(stranger.path().join("data")).unwrap();
    let refused = seed::world(&empty_demo(), stranger.path(), 0.01);
    assert!(matches!(refused, Err(SeedError::Occupied { .. })));
}

/// What separates the names that the bucket lacks from those that it has.
fn explain(world: &seed::World) -> Explanation {
    let (mut left, mut gaps) = (BTreeSet::new(), Gaps::default());
    files(&world.left, "", &mut left);
    for key in left {
        let file = fs::metadata(world.left.join(&key)).unwrap();
        let age = file
            .modified()
            .unwrap()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap();
        let modified = i64::try_from(age.as_secs()).ok();
        let seen = Seen {
            marker: false,
            size: file.len(),
            modified,
            class: None,
        };
        let missing = world.missing.contains(&key);
        gaps.add(
            key.as_bytes(),
            seen,
            if missing {
                Presence::Missing
            } else {
                Presence::Present
            },
        );
    }
    gaps.explain()
}

#[test]
fn its_gap_reads_as_the_story_does_at_every_scale() {
    for scale in [0.01, 0.05, 0.2] {
        let (demo, folder) = (empty_demo(), tempfile::tempdir().unwrap());
        let world = seed::world(&demo, folder.path(), scale).unwrap();
        let told = explain_gap(&explain(&world), Side::Right);
        assert!(
            told[0].contains("are missing on the right: 20 single"),
            "{told:?}"
        );
        assert!(
            told[1].starts_with("36 of 36 names (20 files, 16 folders) begin with \"M\""),
            "{told:?}"
        );
        assert_eq!(
            told[2],
            "Reads like a shard, filter or worker that never ran."
        );
    }
}
