//! Delta: what is sent of a large file that changed, counted by the request log.

use wharf::{
    demo::s3::Denial,
    domain::{
        plan::{Existing, SyncOptions},
        progress::TaskState,
    },
};

use super::{BUCKET, Ended, PART, Rig, noise};

/// Parts of the file that is changed.
const PARTS: usize = 24;

fn rig() -> Rig {
    let mut rig = Rig::new();
    rig.tuning.delta_from = 4 * PART as u64;
    rig
}

fn options() -> SyncOptions {
    SyncOptions {
        existing: Existing::Update,
        ..SyncOptions::default()
    }
}

/// Sends a file, changes it, and sends it again.
async fn resent(rig: &Rig, old: &[u8], new: &[u8]) -> Ended {
    rig.file("model.bin", old);
    let (local, bucket) = (rig.local(), Rig::bucket("m/"));
    let first = rig.sync(&local, &bucket, options()).await;
    first.is_all_proven(1);
    // As written just now, so later than the object.
    std::fs::write(rig.path("model.bin"), new).unwrap();
    let later = std::time::SystemTime::now() + std::time::Duration::from_secs(5);
    let file = std::fs::File::options()
        .append(true)
        .open(rig.path("model.bin"));
    file.unwrap().set_modified(later).unwrap();
    let plan = rig.plan(&local, &bucket, options()).await;
    assert_eq!(plan.steps().count(), 1);
    let ended = rig.run(plan).await;
    assert_eq!(rig.body("m/model.bin").unwrap(), new);
    assert!(rig.demo.store().uploads(BUCKET).is_empty());
    ended
}

fn sent(rig: &Rig) -> u64 {
    let parts = rig.demo.log().of("UploadPart");
    parts.iter().map(|line| line.bytes_in).sum()
}

#[allow(clippy::print_stdout, reason = "the figures are the test's result")]
fn tell(rig: &Rig, what: &str, size: usize, ended: &Ended) {
    let count = |operation| rig.demo.log().count(operation);
    println!(
        "{what}: sent {} of {size} bytes ({:.1} %), {} kept; {} UploadPart, {} UploadPartCopy, {} GetObjectAttributes",
        sent(rig),
        sent(rig) as f64 * 100.0 / size as f64,
        ended.snapshot.kept,
        count("UploadPart"),
        count("UploadPartCopy"),
        count("GetObjectAttributes"),
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_the_parts_that_changed_are_sent() {
    let rig = rig();
    let old = noise(PARTS * PART + 17, 1);
    let mut new = old.clone();
    new[5 * PART + 3] ^= 1;
    new[11 * PART] ^= 1;
    let ended = resent(&rig, &old, &new).await;
    ended.is_all_proven(1);
    tell(&rig, "two bytes changed", new.len(), &ended);
    assert_eq!(rig.demo.log().count("UploadPart"), 2);
    assert_eq!(rig.demo.log().count("UploadPartCopy"), PARTS as u64 - 1);
    assert_eq!(rig.demo.log().count("GetObjectAttributes"), 1);
    assert_eq!(sent(&rig), 2 * PART as u64);
    assert_eq!(ended.snapshot.kept, (new.len() - 2 * PART) as u64);
    assert_eq!(ended.snapshot.bytes, new.len() as u64);
    let copies = rig.demo.log().of("UploadPartCopy");
    let pinned =
        |line: &wharf::demo::LogLine| line.condition("x-amz-copy-source-if-match").is_some();
    assert!(copies.iter().all(pinned));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_grew_or_shrank_keeps_its_beginning() {
    let rig = rig();
    let old = noise(PARTS * PART + 17, 1);
    let longer = [&old[..], &noise(3 * PART, 2)].concat();
    let ended = resent(&rig, &old, &longer).await;
    ended.is_all_proven(1);
    tell(&rig, "appended to", longer.len(), &ended);
    assert_eq!(ended.snapshot.kept, (PARTS * PART) as u64);
    let rig = self::rig();
    let shorter = &old[..10 * PART + 5];
    let ended = resent(&rig, &old, shorter).await;
    ended.is_all_proven(1);
    tell(&rig, "cut off", shorter.len(), &ended);
    assert_eq!(ended.snapshot.kept, 10 * PART as u64);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_shares_nothing_small_objects_and_those_who_may_not_ask_send_all() {
    let rig = rig();
    let (old, new) = (noise(PARTS * PART, 1), noise(PARTS * PART, 2));
    let ended = resent(&rig, &old, &new).await;
    ended.is_all_proven(1);
    tell(&rig, "another content", new.len(), &ended);
    assert_eq!(rig.demo.log().count("UploadPartCopy"), 0);
    assert_eq!(ended.snapshot.kept, 0);
    let rig = self::rig();
    let (old, mut new) = (noise(3 * PART, 1), noise(3 * PART, 1));
    new[0] ^= 1;
    let ended = resent(&rig, &old, &new).await;
    ended.is_all_proven(1);
    assert_eq!(rig.demo.log().count("GetObjectAttributes"), 0);
    let rig = self::rig();
    rig.demo.store().deny(Denial {
        operation: Some("GetObjectAttributes".into()),
        ..Denial::default()
    });
    let (old, mut new) = (noise(PARTS * PART, 1), noise(PARTS * PART, 1));
    new[0] ^= 1;
    let ended = resent(&rig, &old, &new).await;
    ended.is_all_proven(1);
    assert_eq!(ended.snapshot.kept, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_object_that_is_replaced_meanwhile_is_left_alone() {
    let rig = rig();
    let old = noise(PARTS * PART, 1);
    rig.file("model.bin", &old);
    let (local, bucket) = (rig.local(), Rig::bucket("m/"));
    rig.sync(&local, &bucket, options()).await.is_all_proven(1);
    let mut new = old.clone();
    new[0] ^= 1;
    rig.file("model.bin", &[&new[..], b"more"].concat());
    let plan = rig.plan(&local, &bucket, options()).await;
    rig.object("m/model.bin", b"somebody else's");
    let ended = rig.run(plan).await;
    assert_eq!(ended.state, TaskState::Failed);
    assert_eq!(rig.body("m/model.bin").unwrap(), b"somebody else's");
    assert!(rig.demo.store().uploads(BUCKET).is_empty());
}
