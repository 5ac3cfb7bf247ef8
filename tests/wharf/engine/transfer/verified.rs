//! Verify: what stands on both sides already is proven, or named.

use wharf::{
    backend::RemoteOptions,
    domain::{
        diff::Level,
        plan::SyncOptions,
        progress::{Outcome, TaskState},
        retry::FailureKind,
    },
};

use super::{AROUND, BUCKET, PART, Rig, noise};

fn name(size: usize) -> String {
    format!("{size:07}")
}

async fn both_sides() -> Rig {
    let rig = Rig::with(RemoteOptions::default());
    for size in AROUND {
        rig.file(&name(size), &noise(size, size as u64));
    }
    rig.sync(&rig.local(), &Rig::bucket("up/"), SyncOptions::default())
        .await;
    rig
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn equal_sides_are_proven_without_reading_the_bucket() {
    let rig = both_sides().await;
    let ended = rig
        .verify(&rig.local(), &Rig::bucket("up/"), SyncOptions::default())
        .await;
    ended.is_all_proven(AROUND.len());
    assert_eq!(rig.demo.log().count("GetObject"), 0);
    let large = AROUND.iter().filter(|size| **size > PART).count() as u64;
    assert_eq!(
        rig.demo.log().count("HeadObject"),
        large,
        "an ETag that is an MD5 needs no request"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_directions_and_two_buckets_are_proven() {
    let rig = both_sides().await;
    rig.sync(
        &Rig::bucket("up/"),
        &Rig::bucket("copy/"),
        SyncOptions::default(),
    )
    .await;
    for (left, right) in [
        (Rig::bucket("up/"), rig.local()),
        (Rig::bucket("up/"), Rig::bucket("copy/")),
    ] {
        let ended = rig.verify(&left, &right, SyncOptions::default()).await;
        ended.is_all_proven(AROUND.len());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_differs_is_a_row_and_a_missing_one_too() {
    let rig = both_sides().await;
    let mut content = noise(PART, PART as u64);
    content[7] ^= 1;
    rig.file(&name(PART), &content);
    let mut content = noise(3 * PART, 3 * PART as u64);
    content[7] ^= 1;
    rig.file(&name(3 * PART), &content);
    rig.demo.store().delete(BUCKET, &format!("up/{}", name(1)));
    let ended = rig
        .verify(&rig.local(), &Rig::bucket("up/"), SyncOptions::default())
        .await;
    assert_eq!(ended.state, TaskState::Failed);
    assert_eq!(ended.failure(&name(PART)), FailureKind::Corrupt);
    assert_eq!(ended.failure(&name(3 * PART)), FailureKind::Corrupt);
    assert_eq!(ended.failure(&name(1)), FailureKind::NotFound);
    assert_eq!(ended.told.recount.unwrap().off, 3);
    let others = ended
        .told
        .outcomes
        .values()
        .filter(|outcome| matches!(outcome, Outcome::Done { .. }));
    assert_eq!(others.count(), AROUND.len() - 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rot_is_found_by_reading() {
    let rig = both_sides().await;
    rig.demo.store().rot(BUCKET, &format!("up/{}", name(PART)));
    let read = SyncOptions {
        check: Level::Read,
        ..SyncOptions::default()
    };
    let ended = rig.verify(&rig.local(), &Rig::bucket("up/"), read).await;
    assert_eq!(ended.failure(&name(PART)), FailureKind::Corrupt);
    let all = ended.told.outcomes.values();
    let read = all.filter(|outcome| {
        matches!(
            outcome,
            Outcome::Done {
                proof: Some(Level::Read),
                ..
            }
        )
    });
    assert_eq!(read.count(), AROUND.len() - 1);
}
