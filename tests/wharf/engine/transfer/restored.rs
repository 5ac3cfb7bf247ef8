//! Archived sources: asked for first, waited for, and copied when they can be read; without the option they stay behind.

use wharf::demo::s3::Denial;
use wharf::domain::{
    plan::{Restore, RestoreTier, SyncOptions},
    progress::{Outcome, TaskState},
    retry::FailureKind,
};

use super::{BUCKET, Rig, noise, rig::Running};

fn restoring() -> SyncOptions {
    SyncOptions {
        restore: Some(Restore {
            tier: RestoreTier::Bulk,
            days: 3,
        }),
        ..SyncOptions::default()
    }
}

/// Two archived objects and one that is not, below `a/`; restoring takes until the test says so.
async fn archived() -> Rig {
    let rig = Rig::new();
    rig.file("cold-1", &noise(100, 1));
    rig.file("cold-2", &noise(100, 2));
    let cold = SyncOptions {
        storage_class: Some("GLACIER".into()),
        ..SyncOptions::default()
    };
    rig.sync(&rig.local(), &Rig::bucket("a/"), cold).await;
    rig.object("a/warm", &noise(100, 3));
    let mut limits = rig.demo.store().limits();
    limits.restores_at_once = false;
    rig.demo.store().set_limits(limits);
    rig
}

/// Until the task tells that it waits for the archive.
async fn waits(running: &Running) {
    while running.task.snapshot().reason.is_none() {
        tokio::task::yield_now().await;
    }
    assert_eq!(running.task.snapshot().state, TaskState::Waiting);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn archived_sources_are_asked_for_waited_for_and_copied() {
    let rig = archived().await;
    let plan = rig
        .plan(&Rig::bucket("a/"), &Rig::bucket("b/"), restoring())
        .await;
    assert_eq!(plan.steps().count(), 3);
    let running = rig.start(plan).await;
    waits(&running).await;
    let store = rig.demo.store();
    assert_eq!(rig.demo.log().count("RestoreObject"), 2);
    assert_eq!(
        store.keys(BUCKET, "b/"),
        ["b/warm"],
        "the rest went meanwhile"
    );
    for key in ["a/cold-1", "a/cold-2"] {
        store.restore(BUCKET, key).unwrap();
    }
    let ended = running.end().await;
    ended.is_all_proven(3);
    let waited = ended
        .told
        .states
        .iter()
        .filter_map(|(_, reason)| reason.as_deref());
    assert!(
        waited
            .clone()
            .any(|why| why.contains("being restored by S3")),
        "{:?}",
        ended.told.states
    );
    assert_eq!(store.keys(BUCKET, "b/").len(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_goes_on_asks_again_and_a_stop_ends_the_wait() {
    let rig = archived().await;
    for _ in 0..2 {
        let plan = rig
            .plan(&Rig::bucket("a/"), &Rig::bucket("b/"), restoring())
            .await;
        let running = rig.start(plan).await;
        waits(&running).await;
        running.task.control.cancel();
        assert_eq!(running.end().await.state, TaskState::Cancelled);
    }
    assert_eq!(
        rig.demo.log().count("RestoreObject"),
        2,
        "of the second run alone"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_may_not_be_restored_is_a_row_and_without_the_option_it_stays() {
    let rig = archived().await;
    let plan = rig
        .plan(
            &Rig::bucket("a/"),
            &Rig::bucket("c/"),
            SyncOptions::default(),
        )
        .await;
    assert_eq!((plan.steps().count(), plan.left.archived.objects), (1, 2));
    rig.demo.store().deny(Denial {
        operation: Some("RestoreObject".to_owned()),
        prefix: "a/cold-1".to_owned(),
        ..Denial::default()
    });
    let plan = rig
        .plan(&Rig::bucket("a/"), &Rig::bucket("b/"), restoring())
        .await;
    let running = rig.start(plan).await;
    waits(&running).await;
    rig.demo.store().restore(BUCKET, "a/cold-2").unwrap();
    let ended = running.end().await;
    assert_eq!(ended.state, TaskState::Failed);
    assert_eq!(ended.failure("cold-1"), FailureKind::Archived);
    assert!(matches!(
        ended.told.outcomes["cold-2"],
        Outcome::Done { .. }
    ));
}
