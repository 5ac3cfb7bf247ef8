//! Files on their way to disk: nothing half-written shows, nothing is left behind, no link leads out.

use std::{fs, os::unix::fs::symlink, path::Path};

use bytes::Bytes;
use jiff::Timestamp;
use wharf::{
    backend::{
        disk::Disk,
        store::{Condition, Pin},
    },
    domain::{key::Key, retry::FailureKind},
};

fn count(folder: &Path) -> usize {
    fs::read_dir(folder).unwrap().count()
}

#[tokio::test]
async fn parts_in_any_order_become_a_file_with_its_time_and_mode() {
    let folder = tempfile::tempdir().unwrap();
    let disk = Disk::new(folder.path().into());
    let draft = disk.draft(&Key::from("a/b/c"), 10).await.unwrap();
    draft
        .write_at(5, Bytes::from_static(b"56789"))
        .await
        .unwrap();
    assert!(
        !folder.path().join("a/b/c").exists(),
        "nothing shows before the commit"
    );
    draft
        .write_at(0, Bytes::from_static(b"01234"))
        .await
        .unwrap();
    let mtime: Timestamp = "2020-02-02T02:02:02.123456789Z".parse().unwrap();
    let written = draft
        .commit(&Condition::Absent, Some(mtime), true)
        .await
        .unwrap();
    drop(draft);
    let path = folder.path().join("a/b/c");
    assert_eq!(fs::read(&path).unwrap(), b"0123456789");
    assert_eq!({ written.file.unwrap().mtime_ns }, mtime.as_nanosecond());
    let pin = Pin::of(&disk.stat(&Key::from("a/b/c")).await.unwrap().entry.facts);
    assert_eq!(
        pin,
        Some(Pin::File {
            id: written.file.unwrap(),
            size: 10
        }),
        "the identity told is the file's"
    );
    let plain = folder.path().join("plain");
    fs::write(&plain, "x").unwrap();
    let mode = |path: &Path| {
        std::os::unix::fs::PermissionsExt::mode(&fs::metadata(path).unwrap().permissions())
    };
    assert_eq!(
        mode(&path),
        mode(&plain),
        "as any other program would have made it"
    );
    assert_eq!(count(&folder.path().join("a/b")), 1);
}

#[tokio::test]
async fn a_draft_that_is_dropped_or_refused_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let disk = Disk::new(folder.path().into());
    let draft = disk.draft(&Key::from("a"), 3).await.unwrap();
    draft.write_at(0, Bytes::from_static(b"abc")).await.unwrap();
    drop(draft);
    assert_eq!(count(folder.path()), 0);
    let short = disk.draft(&Key::from("a"), 3).await.unwrap();
    short.write_at(0, Bytes::from_static(b"ab")).await.unwrap();
    let error = short
        .commit(&Condition::None, None, false)
        .await
        .unwrap_err();
    assert_eq!(error.failure_kind(), FailureKind::Corrupt, "{error}");
    let long = short
        .write_at(2, Bytes::from_static(b"cd"))
        .await
        .unwrap_err();
    assert_eq!(long.failure_kind(), FailureKind::Refused, "{long}");
    drop(short);
    assert_eq!(count(folder.path()), 0);
}

#[tokio::test]
async fn a_failed_write_keeps_the_old_file_and_a_link_is_replaced_not_followed() {
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("secret"), "secret").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let disk = Disk::new(folder.path().into());
    symlink(outside.path().join("secret"), folder.path().join("a")).unwrap();
    symlink(outside.path(), folder.path().join("dir")).unwrap();
    let through = disk.draft(&Key::from("dir/new"), 1).await.unwrap_err();
    assert_eq!(through.failure_kind(), FailureKind::Refused, "{through}");
    let through = disk
        .delete(&Key::from("dir/secret"), &Condition::None)
        .await
        .unwrap_err();
    assert_eq!(through.failure_kind(), FailureKind::Refused, "{through}");
    let draft = disk.draft(&Key::from("a"), 3).await.unwrap();
    draft.write_at(0, Bytes::from_static(b"new")).await.unwrap();
    let taken = draft
        .commit(&Condition::Absent, None, false)
        .await
        .unwrap_err();
    assert_eq!(taken.failure_kind(), FailureKind::Changed);
    draft.commit(&Condition::None, None, false).await.unwrap();
    assert_eq!(fs::read(folder.path().join("a")).unwrap(), b"new");
    assert_eq!(fs::read(outside.path().join("secret")).unwrap(), b"secret");
    assert_eq!(count(outside.path()), 1);
}

#[tokio::test]
async fn a_folder_or_a_file_in_the_way_is_told_and_stays() {
    let folder = tempfile::tempdir().unwrap();
    let disk = Disk::new(folder.path().into());
    fs::create_dir(folder.path().join("d")).unwrap();
    fs::write(folder.path().join("f"), "x").unwrap();
    let draft = disk.draft(&Key::from("d"), 0).await.unwrap();
    let error = draft
        .commit(&Condition::None, None, false)
        .await
        .unwrap_err();
    assert_eq!(error.failure_kind(), FailureKind::Refused, "{error}");
    drop(draft);
    let below = disk.draft(&Key::from("f/x"), 0).await.unwrap_err();
    assert_eq!(below.kind, wharf::backend::ErrorKind::NotAFolder, "{below}");
    assert!(folder.path().join("d").is_dir());
    assert_eq!(count(folder.path()), 2);
    disk.make_folder(&Key::from("e/mpty/")).await.unwrap();
    disk.make_folder(&Key::from("e/mpty/")).await.unwrap();
    assert!(folder.path().join("e/mpty").is_dir());
    disk.delete(&Key::from("e/mpty/"), &Condition::None)
        .await
        .unwrap();
    assert!(!folder.path().join("e/mpty").exists());
}

#[tokio::test]
async fn a_name_that_the_file_system_cannot_hold_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let disk = Disk::new(folder.path().into());
    for key in [
        "x".repeat(256),
        "a\0b".to_owned(),
        "a/../../b".to_owned(),
        String::new(),
    ] {
        let error = disk.draft(&Key::from(key.as_str()), 0).await.unwrap_err();
        assert_eq!(error.failure_kind(), FailureKind::Refused, "{error}");
    }
    assert_eq!(count(folder.path()), 0);
}
