//! Removal of sources: contents in parts, stores that prove nothing, failures before, and what an earlier run proved.

use wharf::{
    demo::s3::Denial,
    domain::{
        plan::SyncOptions,
        progress::{Outcome, TaskState},
        retry::FailureKind,
    },
};

use super::rig::{PART, Rig, noise};

fn moves() -> SyncOptions {
    SyncOptions {
        remove_source: true,
        ..SyncOptions::default()
    }
}

#[tokio::test]
async fn contents_in_parts_go_by_the_checksum_of_their_whole() {
    let rig = Rig::new();
    let body = noise(3 * PART + 17, 1);
    rig.object("from/large", &body);
    let ended = rig
        .sync(&Rig::bucket("from/"), &Rig::bucket("to/"), moves())
        .await;
    assert_eq!(ended.state, TaskState::Done, "{:?}", ended.told);
    assert_eq!(rig.body("from/large"), None);
    assert_eq!(rig.body("to/large").unwrap(), body);
    let ended = rig.sync(&Rig::bucket("to/"), &rig.local(), moves()).await;
    assert_eq!(ended.state, TaskState::Done, "{:?}", ended.told);
    assert_eq!(rig.read("large"), body);
    let ended = rig.sync(&rig.local(), &Rig::bucket("up/"), moves()).await;
    assert_eq!(ended.state, TaskState::Done, "{:?}", ended.told);
    assert!(rig.files().is_empty());
    assert_eq!(rig.body("up/large").unwrap(), body);
}

/// A store that keeps no checksums, with an object whose copy in parts gets another ETag, and a small one.
fn unproving() -> (Rig, Vec<u8>) {
    let rig = Rig::new();
    let mut limits = rig.demo.store().limits();
    limits.checksums = false;
    rig.demo.store().set_limits(limits);
    let body = noise(2 * PART + 1, 2);
    rig.object("from/large", &body);
    rig.object("from/small", b"small");
    (rig, body)
}

#[tokio::test]
async fn what_a_store_does_not_prove_goes_once_it_was_read_back() {
    let (rig, body) = unproving();
    let ended = rig
        .sync(&Rig::bucket("from/"), &Rig::bucket("to/"), moves())
        .await;
    assert_eq!(ended.state, TaskState::Done, "{:?}", ended.told);
    assert_eq!(rig.body("from/large"), None);
    assert_eq!(rig.body("to/large").unwrap(), body);
}

#[tokio::test]
async fn what_a_store_does_not_prove_and_that_cannot_be_read_stays() {
    let (rig, body) = unproving();
    rig.demo.store().deny(Denial {
        operation: Some("GetObject".to_owned()),
        prefix: "to/large".to_owned(),
        ..Denial::default()
    });
    let ended = rig
        .sync(&Rig::bucket("from/"), &Rig::bucket("to/"), moves())
        .await;
    let Outcome::Failed(failure) = &ended.told.removed["large"] else {
        panic!("{:?}", ended.told);
    };
    assert_eq!(failure.kind, FailureKind::Denied, "{failure:?}");
    assert_eq!(rig.body("from/large").unwrap(), body);
    assert!(matches!(ended.told.removed["small"], Outcome::Done { .. }));
    assert_eq!(rig.body("from/small"), None);
    assert_eq!(ended.state, TaskState::Failed);
}

#[tokio::test]
async fn what_failed_to_arrive_stays_and_the_rest_goes() {
    let rig = Rig::new();
    rig.file("good", b"good");
    rig.file("bad", b"bad");
    let plan = rig.plan(&rig.local(), &Rig::bucket("to/"), moves()).await;
    rig.file("bad", b"changed since");
    let ended = rig.run(plan).await;
    assert_eq!(ended.failure("bad"), FailureKind::Changed);
    assert!(matches!(
        &ended.told.removed["bad"],
        Outcome::Skipped { reason } if reason.contains("stays")
    ));
    assert_eq!(rig.files(), ["bad"]);
}

#[tokio::test]
async fn a_file_changed_a_moment_ago_is_proven_once_more_when_another_change_would_show() {
    let rig = Rig::new();
    std::fs::write(rig.path("fresh"), b"fresh").unwrap();
    let changed = std::fs::metadata(rig.path("fresh")).unwrap();
    let changed = changed.modified().unwrap();
    let ended = rig.sync(&rig.local(), &Rig::bucket("to/"), moves()).await;
    assert_eq!(ended.state, TaskState::Done, "{:?}", ended.told);
    assert!(rig.files().is_empty());
    // Two changes within the clock's tick look like one: it went only when that was past.
    assert!(changed.elapsed().unwrap() >= std::time::Duration::from_secs(2));
}
