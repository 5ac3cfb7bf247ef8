//! T2: keys made to leave the destination, with symbolic links planted in it: nothing is written outside.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
};

use wharf::domain::{key::Key, plan::SyncOptions};

use crate::engine::transfer::Rig;

use super::{Luck, Rows, seed, size};

const PIECES: [&str; 28] = [
    ".wharf-object",
    "..",
    "..",
    "..",
    ".",
    "",
    "link",
    "link",
    "file-link",
    "deep",
    "up",
    "a",
    "b",
    "etc",
    "passwd",
    "~",
    "C:",
    "C:\\x",
    "..\\..",
    "...",
    "%2e%2e",
    "\u{ff0e}\u{ff0e}",
    "..\u{200b}",
    " ..",
    "\u{1}",
    "nul",
    "..;",
    ".ssh",
];

/// Every entry below a folder with its content; links are told, not followed.
fn below(folder: &Path) -> BTreeMap<PathBuf, Option<Vec<u8>>> {
    let mut found = BTreeMap::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let kind = fs::symlink_metadata(&path).unwrap().file_type();
            if kind.is_dir() {
                open.push(path);
            } else {
                let content = kind.is_file().then(|| fs::read(&path).unwrap());
                found.insert(path, content);
            }
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t2_no_key_and_no_link_leads_outside() {
    let (seed, count) = (seed(2), size(1_000, 10_500));
    let mut luck = Luck::new(seed);
    let rig = Rig::new();
    let mut keys = std::collections::BTreeSet::new();
    while keys.len() < count {
        let pieces = 1 + luck.below(6);
        let key: Vec<&str> = (0..pieces).map(|_| *luck.pick(&PIECES)).collect();
        let unlike = if luck.once_in(2) {
            format!("{}", luck.below(count))
        } else {
            String::new()
        };
        let key = format!("{}{unlike}", key.join("/"));
        if !key.is_empty() {
            keys.insert(key);
        }
    }
    for key in &keys {
        rig.object(&format!("h/{key}"), b"HOSTILE");
    }
    let (inside, outside) = (rig.path("inside"), rig.path("outside"));
    fs::create_dir_all(inside.join("deep")).unwrap();
    fs::create_dir_all(outside.join("a")).unwrap();
    fs::write(outside.join("secret"), "secret").unwrap();
    symlink(&outside, inside.join("link")).unwrap();
    symlink(outside.join("secret"), inside.join("file-link")).unwrap();
    symlink("../../outside", inside.join("deep/link")).unwrap();
    symlink("..", inside.join("up")).unwrap();

    let local = rig.local().child(&Key::from("inside/")).unwrap();
    let plan = rig
        .plan(&Rig::bucket("h/"), &local, SyncOptions::default())
        .await;
    let refused = plan.left.refused.len();
    let ended = rig.run(plan).await;
    let rows = Rows::of(&ended);
    assert_eq!(rows.all() + refused, count, "every key has its row");
    let outside = below(&outside);
    assert_eq!(outside.values().flatten().map(Vec::len).sum::<usize>(), 6);
    assert_eq!(outside.len(), 1, "{outside:?}");
    let inside = below(&inside);
    let written = inside.values().flatten().filter(|body| *body == b"HOSTILE");
    assert_eq!(written.count(), rows.done, "what is done is inside");
    let all = below(rig.folder.path());
    assert_eq!(all.len(), inside.len() + outside.len(), "nothing is beside");
    println!(
        "T2 seed={seed} keys={count} written={} refused={} outside_bytes=0",
        rows.done,
        refused + rows.failed + rows.skipped
    );
}
