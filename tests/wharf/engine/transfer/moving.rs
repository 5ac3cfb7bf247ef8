//! Every operation at every size, and the requests that it costs.

use std::collections::BTreeMap;

use jiff::Timestamp;
use wharf::{
    backend::{ChecksumMode, RemoteOptions},
    domain::{
        diff::Level,
        plan::{Op, Plan, SyncOptions},
        progress::{Outcome, TaskState},
    },
};

use super::{AROUND, BUCKET, PART, Rig, noise};

fn name(size: usize) -> String {
    format!("d/{size:07}.bin")
}

fn large() -> usize {
    AROUND.iter().filter(|size| **size > PART).count()
}

fn parts() -> u64 {
    let parts = |size: &usize| size.div_ceil(PART) as u64;
    AROUND.iter().filter(|size| **size > PART).map(parts).sum()
}

fn counts(rig: &Rig) -> BTreeMap<&'static str, u64> {
    let mut counts = rig.demo.log().counts();
    counts.remove("ListObjectsV2");
    counts
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn uploads_arrive_whole_with_their_times_and_no_question_asked() {
    let rig = Rig::new();
    for size in AROUND {
        rig.file(&name(size), &noise(size, size as u64));
    }
    let ended = rig
        .sync(&rig.local(), &Rig::bucket("up/"), SyncOptions::default())
        .await;
    ended.is_all_proven(AROUND.len());
    for size in AROUND {
        let key = format!("up/{}", name(size));
        assert_eq!(rig.body(&key).unwrap(), noise(size, size as u64));
        let object = rig.demo.store().object(BUCKET, &key).unwrap();
        let mtime = std::fs::metadata(rig.path(&name(size)))
            .unwrap()
            .modified()
            .unwrap();
        let mtime = Timestamp::try_from(mtime).unwrap().as_nanosecond();
        let expected = format!("{}.{:09}", mtime / 1_000_000_000, mtime % 1_000_000_000);
        assert_eq!(object.metadata["mtime"], expected);
    }
    let small = (AROUND.len() - large()) as u64;
    let expected = [
        ("PutObject", small),
        ("CreateMultipartUpload", large() as u64),
        ("UploadPart", parts()),
        ("CompleteMultipartUpload", large() as u64),
    ];
    assert_eq!(counts(&rig), BTreeMap::from(expected));
    assert!(
        rig.demo
            .log()
            .of("PutObject")
            .iter()
            .all(|line| line.condition("if-none-match") == Some("*"))
    );
    assert!(rig.demo.store().uploads(BUCKET).is_empty());
    let bytes: usize = AROUND.iter().sum();
    assert_eq!(ended.snapshot.bytes, bytes as u64);
    assert!(ended.snapshot.in_flight.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn downloads_arrive_whole_with_the_objects_time_and_a_head_for_large_ones_only() {
    let rig = Rig::new();
    for size in AROUND {
        rig.object(&name(size), &noise(size, size as u64));
    }
    let ended = rig
        .sync(&Rig::bucket(""), &rig.local(), SyncOptions::default())
        .await;
    ended.is_all_proven(AROUND.len());
    for size in AROUND {
        assert_eq!(rig.read(&name(size)), noise(size, size as u64), "{size}");
        let object = rig.demo.store().object(BUCKET, &name(size)).unwrap();
        let modified = std::fs::metadata(rig.path(&name(size)))
            .unwrap()
            .modified()
            .unwrap();
        assert_eq!(modified, object.modified);
    }
    let small = (AROUND.len() - large()) as u64;
    let expected = [
        ("GetObject", small + parts()),
        ("HeadObject", large() as u64),
    ];
    assert_eq!(counts(&rig), BTreeMap::from(expected));
    assert!(
        rig.demo
            .log()
            .of("GetObject")
            .iter()
            .all(|line| line.condition("if-match").is_some())
    );
    assert_eq!(rig.files().len(), AROUND.len(), "no temporary file is left");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_run_plans_nothing() {
    let rig = Rig::new();
    for size in AROUND {
        rig.file(&name(size), &noise(size, size as u64));
    }
    let (local, bucket) = (rig.local(), Rig::bucket("up/"));
    rig.sync(&local, &bucket, SyncOptions::default()).await;
    let again = rig.plan(&local, &bucket, SyncOptions::default()).await;
    assert!(again.groups.is_empty(), "{:?}", again.groups);
    let back = rig.plan(&bucket, &local, SyncOptions::default()).await;
    assert!(back.steps().all(|step| step.op == Op::Download));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn copies_are_made_by_the_server_and_bear_what_the_source_bore() {
    let rig = Rig::new();
    for size in AROUND {
        rig.file(&name(size), &noise(size, size as u64));
    }
    let options = || SyncOptions {
        metadata: vec![("card".to_owned(), "Mew".to_owned())],
        ..SyncOptions::default()
    };
    rig.sync(&rig.local(), &Rig::bucket("a/"), options()).await;
    let ended = rig
        .sync(
            &Rig::bucket("a/"),
            &Rig::bucket("b/"),
            SyncOptions::default(),
        )
        .await;
    ended.is_all_proven(AROUND.len());
    for size in AROUND {
        let key = format!("b/{}", name(size));
        assert_eq!(rig.body(&key).unwrap(), noise(size, size as u64), "{size}");
        let object = rig.demo.store().object(BUCKET, &key).unwrap();
        assert_eq!(object.metadata["card"], "Mew", "{size}");
        assert!(object.metadata.contains_key("mtime"));
    }
    let small = (AROUND.len() - large()) as u64;
    let expected = [
        ("CopyObject", small),
        ("HeadObject", large() as u64),
        ("GetObjectTagging", large() as u64),
        ("CreateMultipartUpload", large() as u64),
        ("UploadPartCopy", parts()),
        ("CompleteMultipartUpload", large() as u64),
    ];
    assert_eq!(counts(&rig), BTreeMap::from(expected));
    let copies = rig.demo.log().of("CopyObject");
    assert!(
        copies
            .iter()
            .all(|line| line.condition("x-amz-copy-source-if-match").is_some())
    );
}

fn relayed(mut plan: Plan) -> Plan {
    for group in &mut plan.groups {
        group.op = Op::Relay;
        for step in &mut group.steps {
            step.op = Op::Relay;
        }
    }
    plan
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_relay_reads_and_writes_what_the_server_cannot_copy() {
    let rig = Rig::new();
    for size in AROUND {
        rig.object(&format!("a/{}", name(size)), &noise(size, size as u64));
    }
    let plan = rig
        .plan(
            &Rig::bucket("a/"),
            &Rig::bucket("b/"),
            SyncOptions::default(),
        )
        .await;
    let ended = rig.run(relayed(plan)).await;
    ended.is_all_proven(AROUND.len());
    for size in AROUND {
        assert_eq!(
            rig.body(&format!("b/{}", name(size))).unwrap(),
            noise(size, size as u64)
        );
    }
    let bytes: usize = AROUND.iter().sum();
    assert_eq!(ended.snapshot.bytes, bytes as u64);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_without_checksums_is_proven_by_its_etags() {
    let rig = Rig::with(RemoteOptions {
        checksums: ChecksumMode::WhenRequired,
        ..RemoteOptions::default()
    });
    let mut limits = rig.demo.store().limits();
    limits.checksums = false;
    rig.demo.store().set_limits(limits);
    for size in AROUND {
        rig.file(&name(size), &noise(size, size as u64));
    }
    let up = rig
        .sync(&rig.local(), &Rig::bucket("up/"), SyncOptions::default())
        .await;
    up.is_all_proven(AROUND.len());
    let down = Rig::bucket("up/");
    std::fs::remove_dir_all(rig.path("d")).unwrap();
    let ended = rig.sync(&down, &rig.local(), SyncOptions::default()).await;
    assert_eq!(ended.state, TaskState::Done);
    for size in AROUND {
        let outcome = &ended.told.outcomes[&name(size)];
        // The ETag of a multipart upload is no MD5 of the content: told as proven by size only.
        let expected = if size > PART {
            Level::Size
        } else {
            Level::Checksum
        };
        assert!(
            matches!(outcome, Outcome::Done { proof: Some(proof), .. } if *proof == expected),
            "{size}: {outcome:?}"
        );
        assert_eq!(rig.read(&name(size)), noise(size, size as u64));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_without_conditions_still_takes_everything() {
    let rig = Rig::new();
    let mut limits = rig.demo.store().limits();
    limits.conditions = false;
    rig.demo.store().set_limits(limits);
    rig.file("a", b"new");
    let ended = rig
        .sync(&rig.local(), &Rig::bucket(""), SyncOptions::default())
        .await;
    ended.is_all_proven(1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn buffers_stay_within_their_budget_however_many_workers() {
    let mut rig = Rig::new();
    rig.tuning.memory = 2 * PART as u64;
    for number in 0..6 {
        rig.file(&format!("large/{number}"), &noise(5 * PART, number));
    }
    for number in 0..40 {
        rig.file(&format!("small/{number:02}"), &noise(PART / 2, number));
    }
    let ended = rig
        .sync(&rig.local(), &Rig::bucket(""), SyncOptions::default())
        .await;
    ended.is_all_proven(46);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_worker_holds_one_connection() {
    let rig = Rig::new();
    for number in 0..50 {
        rig.file(&format!("{number:02}"), &noise(100, number));
    }
    let options = SyncOptions {
        workers: Some(1),
        recount: false,
        ..SyncOptions::default()
    };
    let plan = rig.plan(&rig.local(), &Rig::bucket(""), options).await;
    let ended = rig.run(plan).await;
    assert_eq!(
        (ended.state, ended.snapshot.verified),
        (TaskState::Done, 50)
    );
    let lines = rig.demo.log().lines();
    let mut connections: Vec<u64> = lines.iter().map(|line| line.connection).collect();
    connections.dedup();
    assert_eq!((lines.len(), connections.len()), (50, 1));
}
