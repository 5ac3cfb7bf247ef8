//! T1: random names and contents go S3 → folder → S3 → folder, and are the same; what a folder cannot hold is told.

use std::{collections::BTreeMap, os::unix::ffi::OsStrExt as _};

use wharf::domain::{
    codec::file_of, key::Key, location::Location, plan::SyncOptions, progress::Outcome,
};

use crate::engine::transfer::{AROUND, Ended, Rig, noise};

use super::{Luck, Rows, seed, size};

const PIECES: [&str; 42] = [
    "a",
    ".wharf-object",
    "/.wharf-object~",
    "Z",
    "0",
    "MiXed",
    " ",
    "+",
    "%2F",
    "%",
    "&",
    "=",
    "?",
    "#",
    ";",
    ":",
    "'",
    "\"",
    "\\",
    "*",
    "~",
    "-",
    "_",
    ".",
    "..",
    "/",
    "/",
    "/",
    "//",
    "./",
    "\n",
    "\t",
    "\r",
    "\u{1b}[31m",
    "\u{7f}",
    "é",
    "e\u{301}",
    "日本語",
    "😀",
    "ß",
    "\u{202e}",
    "\u{feff}",
];

/// A key of 1 to `most` bytes.
fn key(luck: &mut Luck, most: usize) -> String {
    let long = luck.once_in(10);
    let wanted = 1 + luck.below(if long { most } else { 40 });
    let tame = luck.once_in(2);
    let mut key = String::new();
    while key.len() < wanted {
        let piece = *luck.pick(&PIECES);
        // Half of the names are such that a folder can hold most of them.
        let slash = piece == "/" && !key.is_empty() && !key.ends_with('/');
        if tame && piece.starts_with(['.', '/']) && !slash {
            continue;
        }
        if key.len() + piece.len() > most {
            break;
        }
        key.push_str(piece);
    }
    if key.is_empty() { "x".to_owned() } else { key }
}

fn content(luck: &mut Luck) -> Vec<u8> {
    let size = if luck.once_in(20) {
        *luck.pick(&AROUND)
    } else {
        luck.below(300)
    };
    noise(size, luck.next())
}

fn done(ended: &Ended) -> Vec<&String> {
    let outcomes = ended.told.outcomes.iter();
    outcomes
        .filter(|(_, outcome)| matches!(outcome, Outcome::Done { .. }))
        .map(|(key, _)| key)
        .collect()
}

fn below(rig: &Rig, folder: &str) -> Location {
    rig.local().child(&Key::from(folder)).unwrap()
}

/// What the file of a key holds.
fn on_disk(rig: &Rig, folder: &str, name: &str) -> Vec<u8> {
    let path = file_of(&Key::from(name)).unwrap();
    std::fs::read(rig.path(folder).join(path)).unwrap()
}

/// Random keys with random contents, in the bucket below `in/`.
fn world(rig: &Rig, luck: &mut Luck, count: usize) -> BTreeMap<String, Vec<u8>> {
    let mut world = BTreeMap::new();
    while world.len() < count {
        let name = key(luck, 1024 - "out/".len());
        world.insert(name, content(luck));
    }
    for (name, content) in &world {
        rig.object(&format!("in/{name}"), content);
    }
    world
}

/// Files whose names no key can be: they are told as refused.
fn nameless(rig: &Rig, count: u8) {
    for number in 0..count {
        let name = [b'n', 0xff, b'0' + number];
        let path = rig.path("a").join(std::ffi::OsStr::from_bytes(&name));
        std::fs::write(path, "x").unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t1_names_and_contents_go_round_and_come_back_the_same() {
    let (seed, count) = (seed(1), size(600, 10_000));
    let rig = Rig::new();
    let world = world(&rig, &mut Luck::new(seed), count);
    let (here, there) = (below(&rig, "a/"), below(&rig, "b/"));
    let options = SyncOptions::default;
    let plan = rig.plan(&Rig::bucket("in/"), &here, options()).await;
    let told = plan.left.refused.len();
    let is_marker =
        |(name, content): &(&String, &Vec<u8>)| name.ends_with('/') && content.is_empty();
    let markers = world.iter().filter(is_marker).count();
    let down = rig.run(plan).await;
    let rows = Rows::of(&down);
    assert_eq!(rows.all() + told + markers, count, "every key has its row");
    let moved = done(&down);
    for name in &moved {
        assert_eq!(on_disk(&rig, "a", name), world[*name], "{name:?}");
    }

    nameless(&rig, 5);
    let plan = rig.plan(&here, &Rig::bucket("out/"), options()).await;
    assert_eq!(
        plan.left.refused.len(),
        5,
        "names that are no UTF-8 are told"
    );
    let up = rig.run(plan).await;
    assert_eq!(
        (done(&up), Rows::of(&up).all()),
        (moved.clone(), moved.len())
    );
    for name in &moved {
        let body = rig.body(&format!("out/{name}"));
        assert!(body.as_ref() == Some(&world[*name]), "{name:?}");
    }

    let back = rig.sync(&Rig::bucket("out/"), &there, options()).await;
    back.is_all_proven(moved.len());
    for name in &moved {
        assert_eq!(on_disk(&rig, "b", name), world[*name], "{name:?}");
    }
    println!(
        "T1 seed={seed} keys={count} round={} told={} dropped=0",
        moved.len(),
        told + rows.failed + rows.skipped
    );
}
