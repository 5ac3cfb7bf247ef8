//! Pause, cancel, pace, and failures that hold a task until a person mended the cause.

use wharf::{
    demo::{Fault, Rule},
    domain::{
        plan::SyncOptions,
        progress::{Outcome, TaskState},
        retry::FailureKind,
    },
    engine::Pace,
};

use super::{BUCKET, PART, Rig, noise};

fn one_worker() -> SyncOptions {
    SyncOptions {
        workers: Some(1),
        ..SyncOptions::default()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_held_task_ends_what_is_in_flight_and_begins_nothing_new() {
    let rig = Rig::new();
    for number in 0..20 {
        rig.file(&format!("{number:02}"), &noise(100, number));
    }
    let plan = rig.plan(&rig.local(), &Rig::bucket(""), one_worker()).await;
    let faults = rig.demo.faults();
    faults.add(Rule::new(Fault::Stall).on("PutObject").nth(3));
    let running = rig.start(plan).await;
    faults.until_stalled(1).await;
    running.task.control.pause();
    faults.release();
    let counters = std::sync::Arc::clone(&running.task.counters);
    while counters.ended_steps() < 3 {
        tokio::task::yield_now().await;
    }
    // All that could still run on this runtime runs before a request would reach the log.
    for _ in 0..1000 {
        tokio::task::yield_now().await;
    }
    assert_eq!(rig.demo.log().count("PutObject"), 3);
    running.task.control.resume();
    running.end().await.is_all_proven(20);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancelled_upload_leaves_no_parts_behind() {
    let rig = Rig::new();
    rig.file("a", &noise(6 * PART, 1));
    let plan = rig.plan(&rig.local(), &Rig::bucket(""), one_worker()).await;
    let faults = rig.demo.faults();
    faults.add(Rule::new(Fault::Stall).on("UploadPart").nth(3));
    let running = rig.start(plan).await;
    faults.until_stalled(1).await;
    running.task.control.cancel();
    let ended = running.end().await;
    assert_eq!(ended.state, TaskState::Cancelled);
    assert_eq!(ended.failure("a"), FailureKind::Cancelled);
    assert!(rig.demo.store().uploads(BUCKET).is_empty());
    assert!(rig.body("a").is_none());
    assert_eq!(ended.snapshot.bytes, 0);
    assert!(ended.told.recount.is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancelled_download_leaves_no_file_behind() {
    for size in [PART, 6 * PART] {
        let rig = Rig::new();
        rig.object("a", &noise(size, 1));
        let plan = rig.plan(&Rig::bucket(""), &rig.local(), one_worker()).await;
        let faults = rig.demo.faults();
        faults.add(Rule::new(Fault::Stall).on("GetObject"));
        let running = rig.start(plan).await;
        faults.until_stalled(1).await;
        running.task.control.cancel();
        let ended = running.end().await;
        assert_eq!(ended.state, TaskState::Cancelled);
        assert!(rig.files().is_empty(), "{:?}", rig.files());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_that_is_cancelled_while_held_ends() {
    let rig = Rig::new();
    rig.file("a", b"1");
    let plan = rig.plan(&rig.local(), &Rig::bucket(""), one_worker()).await;
    rig.demo
        .faults()
        .add(Rule::new(Fault::ExpiredToken).on("PutObject"));
    let running = rig.start(plan).await;
    running.until(TaskState::Paused).await;
    running.task.control.cancel();
    assert_eq!(running.end().await.state, TaskState::Cancelled);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn expired_credentials_hold_the_task_and_say_so() {
    let rig = Rig::new();
    for number in 0..10 {
        rig.file(&format!("{number:02}"), &noise(100, number));
    }
    rig.file("large", &noise(3 * PART, 1));
    let plan = rig
        .plan(&rig.local(), &Rig::bucket(""), SyncOptions::default())
        .await;
    rig.demo.faults().add(Rule::new(Fault::ExpiredToken));
    let running = rig.start(plan).await;
    running.until(TaskState::Paused).await;
    let reason = running.task.snapshot().reason.unwrap();
    assert!(reason.to_lowercase().contains("expired"), "{reason}");
    rig.demo.faults().clear();
    running.task.control.resume();
    let ended = running.end().await;
    ended.is_all_proven(11);
    assert!(
        ended.told.retried.is_empty(),
        "waiting for a person is no try"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_failed_is_tried_again_when_a_person_lets_the_task_go_on() {
    let rig = Rig::new();
    for number in 0..5 {
        rig.file(&format!("{number:02}"), &noise(100, number));
    }
    let plan = rig.plan(&rig.local(), &Rig::bucket(""), one_worker()).await;
    let faults = rig.demo.faults();
    faults.add(Rule::new(Fault::InternalError).on("PutObject").key("00"));
    faults.add(Rule::new(Fault::Stall).on("PutObject").key("03"));
    let running = rig.start(plan).await;
    faults.until_stalled(1).await;
    assert_eq!(running.task.snapshot().failed, 1);
    running.task.control.pause();
    running.task.control.resume();
    faults.clear();
    let ended = running.end().await;
    ended.is_all_proven(5);
    assert_eq!(ended.snapshot.failed, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn workers_can_be_changed_while_a_task_runs() {
    let rig = Rig::new();
    for number in 0..12 {
        rig.file(&format!("{number:02}"), &noise(100, number));
    }
    let plan = rig.plan(&rig.local(), &Rig::bucket(""), one_worker()).await;
    let faults = rig.demo.faults();
    faults.add(Rule::new(Fault::Stall).on("PutObject"));
    let running = rig.start(plan).await;
    faults.until_stalled(1).await;
    running.task.control.set_pace(Pace {
        workers: Some(4),
        ..Pace::default()
    });
    faults.until_stalled(4).await;
    assert_eq!(faults.stalled(), 4);
    assert_eq!(running.task.snapshot().workers, 4);
    faults.clear();
    running.end().await.is_all_proven(12);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn small_files_do_not_wait_behind_large_ones() {
    let rig = Rig::new();
    for number in 0..4 {
        rig.file(&format!("a/{number}"), &noise(30 * PART, number));
    }
    rig.file("z", b"small");
    let options = SyncOptions {
        workers: Some(4),
        ..SyncOptions::default()
    };
    let plan = rig.plan(&rig.local(), &Rig::bucket(""), options).await;
    let faults = rig.demo.faults();
    faults.add(Rule::new(Fault::Stall).on("UploadPart"));
    let running = rig.start(plan).await;
    while rig.body("z").is_none() {
        tokio::task::yield_now().await;
    }
    faults.clear();
    let ended = running.end().await;
    ended.is_all_proven(5);
    assert!(matches!(ended.told.outcomes["z"], Outcome::Done { .. }));
}
