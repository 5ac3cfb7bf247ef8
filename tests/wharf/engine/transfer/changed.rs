//! The world changes between plan and run, or while bytes move: nothing is mixed, nothing is overwritten unseen.

use wharf::{
    demo::{Fault, Rule},
    domain::{
        key::Key,
        plan::{Existing, SyncOptions},
        progress::{Outcome, TaskState},
        retry::FailureKind,
    },
};

use super::{BUCKET, PART, Rig, noise};

fn existing(existing: Existing) -> SyncOptions {
    SyncOptions {
        existing,
        ..SyncOptions::default()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_appears_at_the_destination_since_the_plan_is_not_overwritten() {
    for (rule, large) in [
        (Existing::Update, false),
        (Existing::Update, true),
        (Existing::Keep, false),
        (Existing::Keep, true),
    ] {
        let rig = Rig::new();
        let size = if large { 2 * PART } else { 10 };
        rig.file("a", &noise(size, 1));
        let plan = rig
            .plan(&rig.local(), &Rig::bucket(""), existing(rule))
            .await;
        rig.object("a", b"somebody else's");
        let ended = rig.run(plan).await;
        assert_eq!(rig.body("a").unwrap(), b"somebody else's");
        if rule == Existing::Keep {
            assert!(matches!(ended.told.outcomes["a"], Outcome::Skipped { .. }));
        } else {
            assert_eq!(ended.failure("a"), FailureKind::Changed);
        }
        assert_eq!(
            ended.state,
            TaskState::Failed,
            "the recount sees another size"
        );
        assert!(rig.demo.store().uploads(BUCKET).is_empty());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_overwrite_hits_only_what_the_plan_saw() {
    for size in [10, 2 * PART] {
        let rig = Rig::new();
        rig.object("a", b"old");
        rig.file("a", &noise(size, 1));
        let plan = rig
            .plan(&rig.local(), &Rig::bucket(""), existing(Existing::Update))
            .await;
        rig.object("a", b"newer");
        let ended = rig.run(plan).await;
        assert_eq!(ended.failure("a"), FailureKind::Changed);
        assert_eq!(rig.body("a").unwrap(), b"newer");

        let ended = rig
            .sync(&rig.local(), &Rig::bucket(""), existing(Existing::Update))
            .await;
        ended.is_all_proven(1);
        assert_eq!(rig.body("a").unwrap(), noise(size, 1));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_download_overwrites_only_the_file_that_the_plan_saw() {
    for size in [10, 2 * PART] {
        let rig = Rig::new();
        rig.file("a", b"old");
        rig.object("a", &noise(size, 1));
        let plan = rig
            .plan(&Rig::bucket(""), &rig.local(), existing(Existing::Update))
            .await;
        rig.file("a", b"edited meanwhile");
        let ended = rig.run(plan).await;
        assert_eq!(ended.failure("a"), FailureKind::Changed);
        assert_eq!(rig.read("a"), b"edited meanwhile");
        assert_eq!(rig.files(), ["a"]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_changed_since_the_plan_is_not_uploaded() {
    for size in [10, 2 * PART] {
        let rig = Rig::new();
        rig.file("a", &noise(size, 1));
        let plan = rig
            .plan(&rig.local(), &Rig::bucket(""), SyncOptions::default())
            .await;
        std::fs::write(rig.path("a"), noise(size, 2)).unwrap();
        let ended = rig.run(plan).await;
        assert_eq!(ended.failure("a"), FailureKind::Changed);
        assert!(rig.body("a").is_none());
        assert!(rig.demo.store().uploads(BUCKET).is_empty());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_changes_while_its_parts_are_sent_gives_no_object() {
    let rig = Rig::new();
    rig.file("a", &noise(4 * PART, 1));
    let plan = rig
        .plan(&rig.local(), &Rig::bucket(""), SyncOptions::default())
        .await;
    let faults = rig.demo.faults();
    faults.add(Rule::new(Fault::Stall).on("UploadPart").nth(2));
    let running = rig.start(plan).await;
    faults.until_stalled(1).await;
    std::fs::write(rig.path("a"), noise(4 * PART, 2)).unwrap();
    faults.release();
    let ended = running.end().await;
    assert_eq!(ended.failure("a"), FailureKind::Changed);
    assert!(rig.body("a").is_none());
    assert!(rig.demo.store().uploads(BUCKET).is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_object_that_is_replaced_during_a_ranged_download_gives_no_file() {
    let rig = Rig::new();
    rig.object("a", &noise(4 * PART, 1));
    let options = SyncOptions {
        workers: Some(1),
        ..SyncOptions::default()
    };
    let plan = rig.plan(&Rig::bucket(""), &rig.local(), options).await;
    let faults = rig.demo.faults();
    faults.add(Rule::new(Fault::Stall).on("GetObject").nth(2));
    let running = rig.start(plan).await;
    faults.until_stalled(1).await;
    rig.object("a", &noise(4 * PART, 2));
    faults.release();
    let ended = running.end().await;
    assert_eq!(ended.failure("a"), FailureKind::Changed);
    assert!(rig.files().is_empty(), "{:?}", rig.files());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_source_that_is_replaced_or_gone_since_the_plan_is_not_copied() {
    for size in [10, 2 * PART] {
        let rig = Rig::new();
        rig.object("a/x", &noise(size, 1));
        rig.object("a/y", &noise(size, 1));
        let plan = rig
            .plan(
                &Rig::bucket("a/"),
                &Rig::bucket("b/"),
                SyncOptions::default(),
            )
            .await;
        rig.object("a/x", &noise(size, 2));
        rig.demo.store().delete(BUCKET, "a/y");
        let ended = rig.run(plan).await;
        assert_eq!(ended.failure("x"), FailureKind::Changed);
        assert_eq!(ended.failure("y"), FailureKind::NotFound);
        assert!(rig.demo.store().keys(BUCKET, "b/").is_empty());
        assert!(rig.demo.store().uploads(BUCKET).is_empty());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_source_that_is_gone_is_not_taken_for_an_empty_one() {
    let rig = Rig::new();
    rig.file("data/a", b"1");
    rig.object("a", b"1");
    let source = rig.local().child(&Key::from("data/")).unwrap();
    let options = existing(Existing::Update);
    let plan = rig.plan(&source, &Rig::bucket(""), options).await;
    std::fs::rename(rig.path("data"), rig.path("unmounted")).unwrap();
    let ended = rig.run(plan).await;
    assert_eq!(ended.state, TaskState::Failed);
    assert!(!ended.told.recount.unwrap().equal);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_recount_names_what_appeared_at_the_source_meanwhile() {
    let rig = Rig::new();
    rig.file("a", b"1");
    let plan = rig
        .plan(&rig.local(), &Rig::bucket(""), SyncOptions::default())
        .await;
    rig.file("b", b"2");
    let ended = rig.run(plan).await;
    assert_eq!(ended.state, TaskState::Failed);
    let recount = ended.told.recount.as_ref().unwrap();
    assert_eq!(
        (recount.source, recount.destination, recount.off),
        (2, 1, 1)
    );
    assert_eq!(recount.examples[0].0.as_str(), Some("b"));
    let (_, reason) = ended.told.states.last().unwrap();
    assert!(reason.as_ref().unwrap().contains("recount"), "{reason:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_recount_counts_what_only_the_destination_has_apart() {
    let rig = Rig::new();
    rig.file("a", b"1");
    rig.object("other", b"x");
    let ended = rig
        .sync(&rig.local(), &Rig::bucket(""), SyncOptions::default())
        .await;
    ended.is_all_proven(1);
    let recount = ended.told.recount.unwrap();
    assert_eq!(
        (recount.source, recount.destination, recount.extra),
        (1, 1, 1)
    );
}
