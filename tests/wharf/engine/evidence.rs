//! The journal between sessions: what was proven once need not be proven again, and what was done is remembered.

use wharf::{
    domain::{
        plan::SyncOptions,
        progress::{TaskKind, TaskState},
    },
    engine::EngineOptions,
};

use super::desk::{Desk, bucket, steps};

fn remembering(folder: &tempfile::TempDir) -> EngineOptions {
    EngineOptions {
        journal: Some(folder.path().join("wharf/journal.sqlite")),
        ..EngineOptions::default()
    }
}

#[tokio::test]
async fn after_an_upload_the_journal_proves_both_sides_in_later_sessions() {
    let state = tempfile::tempdir().unwrap();
    let mut desk = Desk::with(remembering(&state));
    for key in ["raw/a", "raw/b", "c"] {
        desk.file(key, key.as_bytes());
    }
    let (here, there) = (desk.local(), bucket("p"));
    let plan = desk
        .plan(&here, &there, SyncOptions::default())
        .await
        .unwrap();
    assert_eq!(desk.run(&plan).await.0, TaskState::Done);
    let mut desk = desk.reopened(remembering(&state)).await;
    desk.demo.log().clear();
    let told = desk
        .compare(&here, &there, SyncOptions::default())
        .await
        .unwrap();
    assert!(
        told.signs().iter().all(|(_, sign)| sign == "=c"),
        "{:?}",
        told.signs()
    );
    assert_eq!(told.pairs.len(), 3);
    assert_eq!(desk.demo.log().counts(), [("ListObjectsV2", 1)].into());
    // From a folder inside as well: what was proven are the file and the object, not the pair of roots.
    let inside = wharf::domain::location::Location::Disk(desk.path("raw"));
    let told = desk
        .compare(&inside, &bucket("p/raw"), SyncOptions::default())
        .await
        .unwrap();
    assert_eq!(told.sign("a"), "=c");
    let plan = desk
        .plan(&here, &there, SyncOptions::default())
        .await
        .unwrap();
    assert!(steps(&plan).is_empty());
    assert_eq!(plan.left.same[2].objects, 3);
}

#[tokio::test]
async fn what_changed_since_its_proof_is_judged_anew() {
    let state = tempfile::tempdir().unwrap();
    let mut desk = Desk::with(remembering(&state));
    for key in ["file", "object", "stays"] {
        desk.file(key, b"1234");
    }
    let (here, there) = (desk.local(), bucket(""));
    let plan = desk
        .plan(&here, &there, SyncOptions::default())
        .await
        .unwrap();
    desk.run(&plan).await;
    desk.file_aged("file", b"5678", 7200);
    desk.object("object", b"5678");
    let told = desk
        .compare(&here, &there, SyncOptions::default())
        .await
        .unwrap();
    assert_ne!(told.sign("file"), "=c");
    assert_ne!(told.sign("object"), "=c");
    assert_eq!(told.sign("stays"), "=c");
}

#[tokio::test]
async fn after_a_download_nothing_is_planned_and_the_journal_says_why() {
    let state = tempfile::tempdir().unwrap();
    let mut desk = Desk::with(remembering(&state));
    desk.objects("raw/", 5);
    let (here, there) = (desk.local(), bucket("raw"));
    let plan = desk
        .plan(&there, &here, SyncOptions::default())
        .await
        .unwrap();
    assert_eq!(desk.run(&plan).await.0, TaskState::Done);
    let again = desk
        .plan(&there, &here, SyncOptions::default())
        .await
        .unwrap();
    assert!(steps(&again).is_empty());
    let back = desk
        .plan(&here, &there, SyncOptions::default())
        .await
        .unwrap();
    assert!(steps(&back).is_empty(), "{:?}", steps(&back));
}

#[tokio::test]
async fn what_was_found_by_hashing_is_remembered_too() {
    let state = tempfile::tempdir().unwrap();
    let mut desk = Desk::with(remembering(&state));
    desk.object("a", b"same");
    desk.file("a", b"same");
    let deep = SyncOptions {
        check: wharf::domain::diff::Level::Checksum,
        ..SyncOptions::default()
    };
    let (here, there) = (desk.local(), bucket(""));
    desk.compare(&here, &there, deep).await.unwrap();
    let told = desk
        .compare(&here, &there, SyncOptions::default())
        .await
        .unwrap();
    assert_eq!(told.sign("a"), "=c");
}

#[tokio::test]
async fn tasks_are_remembered_across_sessions_under_numbers_of_their_own() {
    let state = tempfile::tempdir().unwrap();
    let mut desk = Desk::with(remembering(&state));
    desk.file("a", b"12345");
    let (here, there) = (desk.local(), bucket(""));
    let plan = desk
        .plan(&here, &there, SyncOptions::default())
        .await
        .unwrap();
    desk.run(&plan).await;
    let mut desk = desk.reopened(remembering(&state)).await;
    desk.file("b", b"1");
    let plan = desk
        .plan(&here, &there, SyncOptions::default())
        .await
        .unwrap();
    let second = desk.submit(&plan).await.unwrap();
    desk.until_over().await;
    let past = desk.past().await.unwrap();
    assert_eq!(past.len(), 2);
    assert_eq!(past[0].id, second);
    assert_eq!(
        (past[1].kind, past[1].state),
        (TaskKind::Sync, TaskState::Done)
    );
    assert_eq!((past[1].done, past[1].bytes), (1, 5));
    assert!(past[1].ended.is_some() && !past[1].can_go_on());
}

#[tokio::test]
async fn a_journal_that_cannot_be_opened_is_told_and_stops_nothing() {
    let mut desk = Desk::with(EngineOptions {
        journal: Some("/proc/none/journal.sqlite".into()),
        ..EngineOptions::default()
    });
    desk.file("a", b"a");
    let plan = desk
        .plan(&desk.local(), &bucket(""), SyncOptions::default())
        .await
        .unwrap();
    assert_eq!(desk.run(&plan).await.0, TaskState::Done);
    let notices = desk.snapshot().notices;
    assert!(
        notices.len() == 1 && notices[0].contains("journal"),
        "{notices:?}"
    );
    assert!(desk.past().await.is_err());
}
