//! What a walk tells, against a naive listing sorted by bytes.

use std::{
    ffi::OsStr,
    fs,
    os::unix::{ffi::OsStrExt as _, fs::symlink},
    path::Path,
};

use proptest::prelude::*;

use super::{Disk, Kind, ListQuery};
use crate::backend::store::{Pages as _, Store};
use crate::domain::{
    entry::{End, Entry},
    key::Key,
};

async fn listed(root: &Path, query: ListQuery) -> (Vec<Entry>, End) {
    let mut pages = Store::Disk(Disk::new(root.into())).pages(query);
    let mut entries = Vec::new();
    while let Some(page) = pages.next().await {
        entries.extend(page.entries);
        if let Some(end) = page.end {
            return (entries, end);
        }
    }
    panic!("a listing without its end");
}

fn keys(entries: &[Entry]) -> Vec<&str> {
    entries
        .iter()
        .map(|entry| entry.key.as_str().unwrap_or("?"))
        .collect()
}

fn make(root: &Path, files: &[&str]) {
    for file in files {
        let path = root.join(file);
        if file.ends_with('/') {
            fs::create_dir_all(path).unwrap();
        } else {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, file).unwrap();
        }
    }
}

#[tokio::test]
async fn folders_sort_as_their_name_and_a_slash() {
    let root = tempfile::tempdir().unwrap();
    make(
        root.path(),
        &["a.txt", "a/b", "a0", "a-b", "empty/", "z/deep/", "ü", "Z"],
    );
    let (entries, end) = listed(root.path(), ListQuery::default()).await;
    assert_eq!(
        keys(&entries),
        ["Z", "a-b", "a.txt", "a/b", "a0", "empty/", "z/deep/", "ü"]
    );
    assert_eq!(end, End::Complete);
    assert_eq!(entries[1].facts.size, 3);
    assert_eq!(entries[5].facts.kind, Kind::Folder);
    let shallow = ListQuery {
        shallow: true,
        ..ListQuery::default()
    };
    assert_eq!(
        keys(&listed(root.path(), shallow).await.0),
        ["Z", "a-b", "a.txt", "a/", "a0", "empty/", "z/", "ü"]
    );
    let below = ListQuery {
        shallow: true,
        folder: "z/".into(),
        ..ListQuery::default()
    };
    assert_eq!(keys(&listed(root.path(), below).await.0), ["z/deep/"]);
    let empty = ListQuery {
        folder: "empty/".into(),
        ..ListQuery::default()
    };
    assert_eq!(
        listed(root.path(), empty).await,
        (Vec::new(), End::Complete)
    );
}

#[tokio::test]
async fn links_are_told_or_followed_but_never_in_a_circle() {
    let root = tempfile::tempdir().unwrap();
    make(root.path(), &["real/x", "real-2", "f"]);
    for (to, name) in [
        ("real", "link"),
        ("f", "file-link"),
        ("nowhere", "dangling"),
        ("..", "real/up"),
        ("real", "real/self"),
    ] {
        symlink(to, root.path().join(name)).unwrap();
    }
    fs::remove_file(root.path().join("real/self")).unwrap();
    let (entries, _) = listed(root.path(), ListQuery::default()).await;
    assert_eq!(
        keys(&entries),
        [
            "dangling",
            "f",
            "file-link",
            "link",
            "real-2",
            "real/up",
            "real/x"
        ]
    );
    let links = entries
        .iter()
        .filter(|entry| entry.facts.kind == Kind::Symlink)
        .count();
    assert_eq!(links, 4);
    let follow = ListQuery {
        follow_links: true,
        ..ListQuery::default()
    };
    let (entries, end) = listed(root.path(), follow).await;
    assert_eq!(
        keys(&entries),
        [
            "dangling",
            "f",
            "file-link",
            "link/up",
            "link/x",
            "real-2",
            "real/up",
            "real/x"
        ]
    );
    assert_eq!(end, End::Complete);
    assert_eq!(entries[2].facts.kind, Kind::Object);
    assert_eq!(
        entries[6].facts.kind,
        Kind::Symlink,
        "a circle is told as the link it is"
    );
}

#[tokio::test]
async fn names_that_are_not_utf8_and_special_files_are_told_and_temporaries_are_not() {
    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join(OsStr::from_bytes(b"bad-\xff")), "x").unwrap();
    fs::write(root.path().join(super::temporary::name()), "x").unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(root.path().join("socket")).unwrap();
    let (entries, _) = listed(root.path(), ListQuery::default()).await;
    assert_eq!(entries.len(), 2);
    assert_eq!(entries[0].key, Key::new(b"bad-\xff"));
    assert_eq!(entries[1].facts.kind, Kind::Special);
}

#[tokio::test]
async fn a_missing_folder_is_broken_unless_it_may_be_missing() {
    let root = tempfile::tempdir().unwrap();
    let gone = root.path().join("gone");
    let (_, end) = listed(&gone, ListQuery::default()).await;
    assert!(matches!(end, End::Broken { .. }));
    let may = ListQuery {
        missing_is_empty: true,
        ..ListQuery::default()
    };
    assert_eq!(listed(&gone, may).await, (Vec::new(), End::Complete));
}

#[tokio::test]
async fn a_location_that_is_a_file_is_one_entry() {
    let root = tempfile::tempdir().unwrap();
    make(root.path(), &["one.txt"]);
    let (entries, end) = listed(&root.path().join("one.txt"), ListQuery::default()).await;
    assert_eq!((keys(&entries), end), (vec!["one.txt"], End::Complete));
}

/// Small trees with names around the order of `/`.
fn tree() -> impl Strategy<Value = Vec<String>> {
    let name = prop::sample::select(vec!["a", "a-", "a.", "a0", "b", "\u{1}", "é"]);
    let path = prop::collection::vec(name, 1..4).prop_map(|names| names.join("/"));
    prop::collection::vec(path, 0..24)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn the_order_is_that_of_the_keys_and_ranges_cut_it_exactly(paths in tree(), start in tree(), end in tree()) {
        let root = tempfile::tempdir().unwrap();
        for path in &paths {
            let path = root.path().join(path);
            if fs::create_dir_all(path.parent().unwrap()).is_ok() {
                fs::write(&path, "x").ok();
            }
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (all, complete) = runtime.block_on(listed(root.path(), ListQuery::default()));
        prop_assert_eq!(complete, End::Complete);
        let files: std::collections::BTreeSet<String> = paths.iter().filter(|path| root.path().join(path).is_file()).cloned().collect();
        prop_assert_eq!(keys(&all), files.iter().map(String::as_str).collect::<Vec<_>>());
        let range = ListQuery {
            start_after: start.first().map(|key| Key::from(key.as_str())),
            end: end.first().map(|key| Key::from(key.as_str())),
            ..ListQuery::default()
        };
        let within = |entry: &&Entry| {
            range.start_after.as_ref().is_none_or(|start| entry.key > *start) && range.end.as_ref().is_none_or(|end| entry.key <= *end)
        };
        let expected: Vec<Entry> = all.iter().filter(within).cloned().collect();
        let (some, complete) = runtime.block_on(listed(root.path(), range.clone()));
        prop_assert_eq!(complete, End::Complete);
        prop_assert_eq!(some, expected);
    }
}
