//! What both stores promise, in one set of functions that each of them must pass.

use wharf::{
    backend::{
        Store,
        store::{Condition, ListQuery, Pin, ReadQuery},
    },
    domain::{
        entry::{End, Kind},
        key::Key,
        retry::FailureKind,
    },
};

use super::{all, demo, listed, names, sessions, store, write};

/// Keys that are awkward for someone, and that both worlds hold.
const ODD: &[&str] = &[
    "100%.txt",
    "a b",
    "a%2Fb",
    "a+b",
    "a-",
    "a.txt",
    "a/b",
    "a0",
    "esc\u{1b}[2J",
    "new\nline",
    "q?x=1&y=2#z",
    "tab\t",
    "~",
    "ü",
    "\u{fc}ber/e\u{301}",
    "🎴/Mew.png",
    "<&>'\"",
    "\\back",
    ".hidden",
    "...",
    "-rf",
];

async fn order(store: &Store) {
    for key in ODD {
        write(store, key, key.as_bytes(), Condition::Absent)
            .await
            .unwrap();
    }
    // With the prefix of the S3 store 1,024 bytes, the longest key there is.
    let long = [
        "x".repeat(255),
        "y".repeat(255),
        "z".repeat(255),
        "w".repeat(245),
    ]
    .join("/");
    write(store, &long, b"long", Condition::Absent)
        .await
        .unwrap();
    let mut expected: Vec<&str> = ODD.to_vec();
    expected.push(&long);
    expected.sort_unstable_by_key(|key| key.as_bytes());
    let entries = all(store).await;
    assert_eq!(names(&entries), expected);
    for entry in &entries {
        let bytes = store
            .read(&entry.key, ReadQuery::default())
            .await
            .unwrap()
            .all()
            .await
            .unwrap();
        assert_eq!(entry.facts.size, bytes.len() as u64, "{}", entry.key);
        assert_eq!(entry.facts.kind, Kind::Object);
        assert!(entry.facts.modified.is_some());
        let expected = entry.key.as_bytes();
        assert!(
            bytes == expected || (expected.len() > 255 && &bytes[..] == b"long"),
            "{}",
            entry.key
        );
    }
}

async fn ranges(store: &Store) {
    for key in ["a", "a-", "b/x", "b/y", "c"] {
        write(store, key, b"1", Condition::None).await.unwrap();
    }
    let range = |after: Option<&str>, end: Option<&str>| ListQuery {
        start_after: after.map(Key::from),
        end: end.map(Key::from),
        ..ListQuery::default()
    };
    for (after, end, expected) in [
        (Some("a"), None, vec!["a-", "b/x", "b/y", "c"]),
        (None, Some("b/x"), vec!["a", "a-", "b/x"]),
        (Some("b/x"), Some("b/y"), vec!["b/y"]),
        (Some("b/"), Some("b0"), vec!["b/x", "b/y"]),
        (Some("zz"), None, vec![]),
    ] {
        let (entries, told) = listed(store, range(after, end)).await;
        assert_eq!(names(&entries), expected, "{after:?} {end:?}");
        assert_eq!(told, End::Complete);
    }
}

async fn one_level(store: &Store) {
    for key in ["a", "b.txt", "b/x", "b/y/z", "b0"] {
        write(store, key, b"1", Condition::None).await.unwrap();
    }
    let shallow = |folder: &str| ListQuery {
        folder: folder.into(),
        shallow: true,
        ..ListQuery::default()
    };
    let (entries, _) = listed(store, shallow("")).await;
    assert_eq!(names(&entries), ["a", "b.txt", "b/", "b0"]);
    assert_eq!(entries[2].facts.kind, Kind::Folder);
    let (entries, _) = listed(store, shallow("b/")).await;
    assert_eq!(names(&entries), ["b/x", "b/y/"]);
    let deep = ListQuery {
        folder: "b/".into(),
        ..ListQuery::default()
    };
    assert_eq!(names(&listed(store, deep).await.0), ["b/x", "b/y/z"]);
}

async fn stat(store: &Store) {
    write(store, "dir/a", b"hello", Condition::None)
        .await
        .unwrap();
    let told = store.stat(&"dir/a".into()).await.unwrap();
    let entry = &all(store).await[0];
    assert_eq!(told.entry.key, entry.key);
    assert_eq!(told.entry.facts.size, 5);
    assert_eq!(
        Pin::of(&told.entry.facts),
        Pin::of(&entry.facts),
        "the same content, by HEAD and by listing"
    );
    let gone = store.stat(&"dir/b".into()).await.unwrap_err();
    assert_eq!(gone.failure_kind(), FailureKind::NotFound);
}

async fn reading(store: &Store) {
    write(store, "a", b"0123456789", Condition::None)
        .await
        .unwrap();
    write(store, "empty", b"", Condition::None).await.unwrap();
    let key = Key::from("a");
    let read = async |range, pin| {
        let reading = store.read(&key, ReadQuery { range, pin }).await?;
        let size = reading.size();
        reading.all().await.map(|bytes| (size, bytes))
    };
    let (size, bytes) = read(Some(2..5), None).await.unwrap();
    assert_eq!(
        (size, &bytes[..]),
        (10, &b"234"[..]),
        "a range, and the size of all"
    );
    assert_eq!(&read(Some(8..99), None).await.unwrap().1[..], b"89");
    assert!(read(Some(4..4), None).await.unwrap().1.is_empty());
    let empty = store
        .read(&"empty".into(), ReadQuery::default())
        .await
        .unwrap();
    assert!(empty.all().await.unwrap().is_empty());
    let pin = Pin::of(&all(store).await[0].facts);
    assert_eq!(&read(Some(0..2), pin.clone()).await.unwrap().1[..], b"01");
    write(store, "a", b"other", Condition::None).await.unwrap();
    let error = read(Some(0..2), pin).await.unwrap_err();
    assert_eq!(error.failure_kind(), FailureKind::Changed, "{error}");
}

async fn conditions(store: &Store) {
    let written = write(store, "a", b"one", Condition::Absent).await.unwrap();
    assert!(written.etag.is_some() || written.file.is_some());
    let again = write(store, "a", b"two", Condition::Absent)
        .await
        .unwrap_err();
    assert_eq!(again.failure_kind(), FailureKind::Changed, "{again}");
    let pin = Pin::of(&all(store).await[0].facts).unwrap();
    write(store, "a", b"three", Condition::Unchanged(pin.clone()))
        .await
        .unwrap();
    let late = write(store, "a", b"four!", Condition::Unchanged(pin))
        .await
        .unwrap_err();
    assert_eq!(late.failure_kind(), FailureKind::Changed, "{late}");
    let bytes = store
        .read(&"a".into(), ReadQuery::default())
        .await
        .unwrap()
        .all()
        .await
        .unwrap();
    assert_eq!(&bytes[..], b"three");
    assert_eq!(
        all(store).await.len(),
        1,
        "a write that was refused leaves nothing behind"
    );
}

async fn deletes(store: &Store) {
    write(store, "a", b"one", Condition::None).await.unwrap();
    write(store, "b", b"keep", Condition::None).await.unwrap();
    let pin = Pin::of(&all(store).await[0].facts).unwrap();
    write(store, "a", b"two!", Condition::None).await.unwrap();
    let key = Key::from("a");
    let stale = store
        .delete(&key, &Condition::Unchanged(pin))
        .await
        .unwrap_err();
    assert_eq!(stale.failure_kind(), FailureKind::Changed, "{stale}");
    let pin = Pin::of(&all(store).await[0].facts).unwrap();
    store
        .delete(&key, &Condition::Unchanged(pin))
        .await
        .unwrap();
    assert_eq!(names(&all(store).await), ["b"]);
    let nonsense = store.delete(&key, &Condition::Absent).await.unwrap_err();
    assert_eq!(nonsense.failure_kind(), FailureKind::Refused);
}

/// What a key cannot be on disk is refused there; S3 holds every one of them under its exact name.
async fn hostile(store: &Store) {
    let keys = [
        "../up",
        "./here",
        "a//b",
        "a/../../b",
        "/absolute",
        "a/",
        "dir/./x",
        ".",
    ];
    for key in keys {
        let wrote = write(store, key, b"x", Condition::None).await;
        match store {
            Store::S3(_) => drop(wrote.unwrap()),
            Store::Disk(_) | Store::Manifest(_) if key == "a/" => {}
            Store::Disk(_) | Store::Manifest(_) => {
                assert_eq!(
                    wrote.unwrap_err().failure_kind(),
                    FailureKind::Refused,
                    "{key}"
                );
            }
        }
    }
    if let Store::S3(_) = store {
        let mut sorted = keys.to_vec();
        sorted.sort_unstable();
        assert_eq!(names(&all(store).await), sorted);
        for key in keys {
            store.delete(&key.into(), &Condition::None).await.unwrap();
        }
        assert!(all(store).await.is_empty());
    }
}

/// Each promise twice: on a disk, and on S3 below a prefix.
macro_rules! contract {
    ($($promise:ident),+) => {
        mod disk {
            $(#[tokio::test]
            async fn $promise() {
                let folder = tempfile::tempdir().unwrap();
                let root = folder.path().join("root");
                std::fs::create_dir(&root).unwrap();
                let sessions = wharf::backend::Sessions::new([]);
                let store = super::store(&sessions, root.to_str().unwrap()).await;
                super::$promise(&store).await;
                let beside: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
                assert_eq!(beside.len(), 1, "nothing was written outside");
            })+
        }
        mod s3 {
            $(#[tokio::test]
            async fn $promise() {
                let demo = super::demo();
                let sessions = super::sessions(&demo);
                super::$promise(&super::store(&sessions, "s3://pics/some/where").await).await;
            })+
        }
    };
}

contract!(
    order, ranges, one_level, stat, reading, conditions, deletes, hostile
);
