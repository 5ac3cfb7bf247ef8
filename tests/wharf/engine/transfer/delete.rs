//! Deletes: last, only where nothing failed, and only what the plan saw.

use wharf::{
    demo::{Fault, Rule},
    domain::{
        entry::End,
        plan::SyncOptions,
        progress::{Outcome, TaskState},
        retry::FailureKind,
    },
};

use super::{BUCKET, Ended, Rig};

fn deleting() -> SyncOptions {
    SyncOptions {
        delete: wharf::domain::plan::Deletes::Mirror,
        ..SyncOptions::default()
    }
}

fn is_skipped(ended: &Ended, key: &str) -> bool {
    matches!(ended.told.outcomes[key], Outcome::Skipped { .. })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deletes_come_last_in_batches_that_bear_every_etag() {
    let rig = Rig::new();
    rig.file("new", b"1");
    for number in 0..1203 {
        rig.object(&format!("old/{number:04}"), b"x");
    }
    let ended = rig.sync(&rig.local(), &Rig::bucket(""), deleting()).await;
    assert_eq!(ended.state, TaskState::Done, "{:?}", ended.told.states);
    assert_eq!(rig.demo.store().keys(BUCKET, ""), ["new"]);
    assert_eq!(rig.demo.log().count("DeleteObjects"), 2);
    let lines = rig.demo.log().lines();
    let place = |operation: &str| lines.iter().position(|line| line.operation == operation);
    assert!(place("PutObject") < place("DeleteObjects"));
    assert_eq!(ended.snapshot.done, 1204);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_deleted_where_something_failed_before() {
    let rig = Rig::new();
    rig.file("new", b"1");
    rig.object("old", b"x");
    let plan = rig.plan(&rig.local(), &Rig::bucket(""), deleting()).await;
    std::fs::write(rig.path("new"), b"2").unwrap();
    let ended = rig.run(plan).await;
    assert_eq!(ended.failure("new"), FailureKind::Changed);
    assert!(is_skipped(&ended, "old"));
    assert!(rig.body("old").is_some());
    assert_eq!(rig.demo.log().count("DeleteObjects"), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_deleted_that_a_broken_listing_did_not_show() {
    let rig = Rig::new();
    rig.file("kept", b"1");
    rig.object("old", b"x");
    let mut plan = rig.plan(&rig.local(), &Rig::bucket(""), deleting()).await;
    plan.source_print.end = End::Broken {
        after: None,
        reason: "as if".into(),
    };
    let ended = rig.run(plan).await;
    assert!(is_skipped(&ended, "old"));
    assert!(rig.body("old").is_some());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_object_that_was_replaced_since_the_plan_is_not_deleted() {
    let rig = Rig::new();
    rig.file("kept", b"1");
    rig.object("changed", b"x");
    rig.object("gone", b"x");
    rig.object("old", b"x");
    let plan = rig.plan(&rig.local(), &Rig::bucket(""), deleting()).await;
    rig.object("changed", b"precious");
    let ended = rig.run(plan).await;
    assert_eq!(ended.failure("changed"), FailureKind::Changed);
    assert_eq!(rig.demo.store().keys(BUCKET, ""), ["changed", "kept"]);
    assert_eq!(ended.state, TaskState::Failed);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_delete_whose_answer_was_lost_is_done() {
    let rig = Rig::new();
    rig.file("kept", b"1");
    rig.object("old", b"x");
    rig.object("old\nline", b"x");
    let plan = rig.plan(&rig.local(), &Rig::bucket(""), deleting()).await;
    for operation in ["DeleteObjects", "DeleteObject"] {
        rig.demo
            .faults()
            .add(Rule::new(Fault::Lost).on(operation).times(1));
    }
    let ended = rig.run(plan).await;
    assert_eq!(ended.state, TaskState::Done, "{:?}", ended.told);
    assert_eq!(rig.demo.store().keys(BUCKET, ""), ["kept"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn local_files_are_deleted_only_as_the_plan_saw_them() {
    let rig = Rig::new();
    rig.object("kept", b"1");
    rig.file("old", b"x");
    rig.file("edited", b"x");
    let plan = rig.plan(&Rig::bucket(""), &rig.local(), deleting()).await;
    rig.file("edited", b"precious");
    let ended = rig.run(plan).await;
    assert_eq!(ended.failure("edited"), FailureKind::Changed);
    assert_eq!(rig.files(), ["edited", "kept"]);
}
