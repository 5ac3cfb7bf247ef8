//! Copies in parts by the server, killed while one part stands still: by a task, and for what a task keeps of what it loses.
//! The program copies in parts beyond 5 GiB only, so that these are tried here and not with it.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use wharf::{
    demo::{Fault, Rule, Spec},
    domain::{
        location::Location,
        plan::{Existing, Plan, SyncOptions},
        progress::{Outcome, TaskId, TaskState},
    },
    engine::{
        journal::Partial,
        transfer::{Earlier, Kept},
    },
};

use super::{BUCKET, PART, Rig, noise, rig::Running};

/// Parts of the object.
const PARTS: usize = 6;

/// Waits until all parts but the one that stands still are there, kills the task, and gives its upload.
async fn killed(rig: &Rig, running: Running) -> String {
    rig.demo.faults().until_stalled(1).await;
    let upload = loop {
        let uploads = rig.demo.store().uploads(BUCKET);
        if let Some(upload) = uploads.first().filter(|upload| upload.parts == PARTS - 1) {
            break upload.id.clone();
        }
        tokio::task::yield_now().await;
    };
    running.kill().await;
    rig.demo.faults().set(Spec::default());
    rig.demo.log().clear();
    upload
}

fn stall(rig: &Rig) {
    let third = Rule::new(Fault::Stall).on("UploadPartCopy").nth(3);
    rig.demo.faults().add(third);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_in_parts_sends_only_the_part_that_was_in_flight() {
    let rig = Rig::new();
    let content = noise(PARTS * PART, 1);
    rig.object("from/large", &content);
    let (from, to) = (Rig::bucket("from/"), Rig::bucket("to/"));
    let plan = rig.plan(&from, &to, SyncOptions::default()).await;
    let seq = plan.steps().next().unwrap().seq;
    stall(&rig);
    let running = rig.start(plan.clone()).await;
    let upload = killed(&rig, running).await;
    // What a row of the journal says, which knows of no part: the store is believed.
    let partial = Partial {
        handle: upload.into(),
        part_size: PART as u64,
        parts: BTreeMap::new(),
    };
    let earlier = Earlier {
        partials: HashMap::from([(seq, partial)]).into(),
        ..Earlier::default()
    };
    rig.go_on(plan, earlier, None).await.is_all_proven(1);
    assert_eq!(rig.demo.log().count("UploadPartCopy"), 1);
    assert_eq!(rig.demo.log().count("CreateMultipartUpload"), 0);
    assert!(rig.demo.store().uploads(BUCKET).is_empty());
    assert_eq!(rig.body("to/large").unwrap(), content);
}

/// Stores that list no parts, and policies that let nobody list them: all is sent anew, and nothing is left behind.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upload_whose_parts_cannot_be_listed_begins_anew() {
    let mut rig = Rig::new();
    rig.tuning.retry.tries = 2;
    let content = noise(PARTS * PART, 1);
    rig.object("from/large", &content);
    let (from, to) = (Rig::bucket("from/"), Rig::bucket("to/"));
    let plan = rig.plan(&from, &to, SyncOptions::default()).await;
    let seq = plan.steps().next().unwrap().seq;
    stall(&rig);
    let running = rig.start(plan.clone()).await;
    let upload = killed(&rig, running).await;
    let partial = Partial {
        handle: upload.into(),
        part_size: PART as u64,
        parts: BTreeMap::new(),
    };
    let earlier = Earlier {
        partials: HashMap::from([(seq, partial)]).into(),
        ..Earlier::default()
    };
    rig.demo
        .faults()
        .add(Rule::new(Fault::InternalError).on("ListParts"));
    rig.go_on(plan, earlier, None).await.is_all_proven(1);
    assert_eq!(rig.demo.log().count("UploadPartCopy"), PARTS as u64);
    assert!(rig.demo.store().uploads(BUCKET).is_empty());
    assert_eq!(rig.body("to/large").unwrap(), content);
}

/// A plan that writes over a large object, and the plan that keeps it.
async fn losing(rig: &Rig) -> (Plan, Option<Arc<Plan>>) {
    rig.object("to/large", &noise(PARTS * PART, 1));
    rig.file("large", &noise(100, 2));
    let options = SyncOptions {
        existing: Existing::Always,
        backup_dir: Some(Location::parse("s3://pics/kept").unwrap()),
        ..SyncOptions::default()
    };
    let plan = rig.plan(&rig.local(), &Rig::bucket("to/"), options).await;
    let kept = Kept::plan(&plan, TaskId(1));
    (plan, kept)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_kept_in_parts_goes_on_where_a_kill_cut_it() {
    let rig = Rig::new();
    let (plan, kept) = losing(&rig).await;
    stall(&rig);
    let running = rig.start_keeping(plan.clone(), kept.clone()).await;
    killed(&rig, running).await;
    let ended = rig.go_on(plan, Earlier::default(), kept).await;
    assert_eq!(ended.state, TaskState::Done, "{:?}", ended.told);
    assert_eq!(rig.demo.log().count("UploadPartCopy"), 1);
    assert_eq!(rig.demo.log().count("CreateMultipartUpload"), 0);
    assert!(rig.demo.store().uploads(BUCKET).is_empty());
    let copies = rig.demo.store().keys(BUCKET, "kept/");
    assert_eq!(copies.len(), 1, "{copies:?}");
    assert_eq!(rig.body(&copies[0]).unwrap(), noise(PARTS * PART, 1));
    assert_eq!(rig.body("to/large").unwrap(), noise(100, 2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_that_is_no_longer_wanted_leaves_no_upload_behind() {
    let rig = Rig::new();
    let (plan, kept) = losing(&rig).await;
    stall(&rig);
    let running = rig.start_keeping(plan.clone(), kept.clone()).await;
    killed(&rig, running).await;
    // As where a person settled the step in another way meanwhile.
    let seq = plan.steps().next().unwrap().seq;
    let done = Outcome::Done {
        bytes: 0,
        proof: None,
    };
    let earlier = Earlier {
        ended: HashMap::from([(seq, done)]),
        ..Earlier::default()
    };
    rig.go_on(plan, earlier, kept).await;
    assert_eq!(rig.demo.log().count("UploadPartCopy"), 0);
    assert!(rig.demo.store().uploads(BUCKET).is_empty());
}
