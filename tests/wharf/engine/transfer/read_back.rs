//! Reading back: what S3 keeps no checksum of is proven by its bytes, at the least price, and only where a proof was asked for.

use aws_sdk_s3::{
    Client,
    config::{BehaviorVersion, Builder, Credentials, Region},
    types::{ChecksumAlgorithm, ChecksumType, CompletedMultipartUpload, CompletedPart},
};
use wharf::{
    backend::RemoteOptions,
    demo::{ACCESS_KEY, REGION, SECRET_KEY, s3::Denial},
    domain::{
        diff::Level,
        plan::SyncOptions,
        progress::{Outcome, TaskState},
        retry::FailureKind,
    },
};

use super::{BUCKET, Ended, PART, Rig, noise};

/// A content whose parts are even, so that its ETag's rule can be found, and one whose parts are not.
const SIZES: [usize; 2] = [2 * PART, 2 * PART + 17];

fn name(size: usize) -> String {
    format!("{size:07}")
}

fn with_checksums(rig: &Rig, on: bool) {
    let mut limits = rig.demo.store().limits();
    limits.checksums = on;
    rig.demo.store().set_limits(limits);
}

/// Objects that were uploaded in parts to a store that kept no checksums then, copied as a whole from now on.
async fn old_uploads() -> Rig {
    let mut rig = Rig::with(RemoteOptions::default());
    with_checksums(&rig, false);
    for size in SIZES {
        rig.file(&name(size), &noise(size, size as u64));
    }
    let up = rig
        .sync(&rig.local(), &Rig::bucket("a/"), SyncOptions::default())
        .await;
    assert_eq!(up.state, TaskState::Done);
    rig.tuning.copy_in_parts_from = u64::MAX;
    rig.demo.log().clear();
    rig
}

async fn copied(rig: &Rig, options: SyncOptions) -> Ended {
    let plan = rig
        .plan(&Rig::bucket("a/"), &Rig::bucket("b/"), options)
        .await;
    rig.run(plan).await
}

fn levels(ended: &Ended) -> Vec<Option<Level>> {
    let level = |outcome: &Outcome| match outcome {
        Outcome::Done { proof, .. } => *proof,
        Outcome::Skipped { .. } | Outcome::Failed(_) => None,
    };
    ended.told.outcomes.values().map(level).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_of_which_s3_keeps_nothing_is_read_by_the_etags_rule_or_on_both_sides() {
    let rig = old_uploads().await;
    let ended = copied(&rig, SyncOptions::default()).await;
    ended.is_all_proven(SIZES.len());
    assert_eq!(
        levels(&ended),
        [Some(Level::Checksum), Some(Level::Read)],
        "even parts by the rule of their ETag, the others by both contents"
    );
    let log = rig.demo.log();
    assert_eq!((log.count("CopyObject"), log.count("GetObject")), (2, 3));
    let bytes: usize = SIZES.iter().sum();
    assert_eq!(
        ended.snapshot.bytes, bytes as u64,
        "what is read is not moved"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_the_copy_bears_a_checksum_only_its_source_is_read() {
    let rig = old_uploads().await;
    with_checksums(&rig, true);
    let ended = copied(&rig, SyncOptions::default()).await;
    ended.is_all_proven(SIZES.len());
    assert_eq!(levels(&ended), [Some(Level::Checksum); 2]);
    let read = rig.demo.log().of("GetObject");
    assert_eq!(read.len(), 2);
    assert!(read.iter().all(|line| line.key.starts_with("a/")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_read_where_no_proof_is_asked_for() {
    for verify in [None, Some(Level::Size)] {
        let rig = old_uploads().await;
        let options = SyncOptions {
            verify,
            ..SyncOptions::default()
        };
        let ended = copied(&rig, options).await;
        assert_eq!(ended.state, TaskState::Done);
        assert_eq!(levels(&ended), [Some(Level::Size); 2]);
        assert_eq!(rig.demo.log().count("GetObject"), 0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_that_may_not_be_read_stays_proven_by_its_size() {
    let rig = old_uploads().await;
    rig.demo.store().deny(Denial {
        operation: Some("GetObject".to_owned()),
        prefix: "b/".to_owned(),
        ..Denial::default()
    });
    let ended = copied(&rig, SyncOptions::default()).await;
    assert_eq!(ended.state, TaskState::Done, "{:#?}", ended.told);
    assert_eq!(levels(&ended), [Some(Level::Size); 2]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn verify_reads_what_other_tools_copied_and_names_what_differs() {
    let rig = old_uploads().await;
    for size in SIZES {
        rig.object(&format!("b/{}", name(size)), &noise(size, size as u64));
    }
    let sides = (Rig::bucket("a/"), Rig::bucket("b/"));
    let ended = rig.verify(&sides.0, &sides.1, SyncOptions::default()).await;
    ended.is_all_proven(SIZES.len());
    assert_eq!(levels(&ended), [Some(Level::Checksum), Some(Level::Read)]);
    let mut other = noise(SIZES[1], 7);
    other[SIZES[1] - 1] ^= 1;
    rig.object(&format!("b/{}", name(SIZES[1])), &other);
    let ended = rig.verify(&sides.0, &sides.1, SyncOptions::default()).await;
    assert_eq!(ended.failure(&name(SIZES[1])), FailureKind::Corrupt);
}

/// Uploads a content in two parts whose checksums alone the store keeps.
async fn upload_with_sums_of_parts(rig: &Rig, key: &str, parts: [&[u8]; 2]) {
    let config = Builder::new()
        .behavior_version(BehaviorVersion::latest())
        .endpoint_url(rig.demo.endpoint())
        .region(Region::new(REGION))
        .credentials_provider(Credentials::new(ACCESS_KEY, SECRET_KEY, None, None, "test"))
        .force_path_style(true);
    let client = Client::from_conf(config.build());
    let upload = client.create_multipart_upload().bucket(BUCKET).key(key);
    let upload = upload
        .checksum_algorithm(ChecksumAlgorithm::Sha256)
        .checksum_type(ChecksumType::Composite);
    let id = upload.send().await.unwrap().upload_id.unwrap();
    let mut done = CompletedMultipartUpload::builder();
    for (number, part) in (1..).zip(parts) {
        let request = client.upload_part().bucket(BUCKET).key(key).upload_id(&id);
        let request = request
            .part_number(number)
            .checksum_algorithm(ChecksumAlgorithm::Sha256)
            .body(part.to_vec().into());
        let sent = request.send().await.unwrap();
        done = done.parts(
            CompletedPart::builder()
                .part_number(number)
                .set_e_tag(sent.e_tag)
                .set_checksum_sha256(sent.checksum_sha256)
                .build(),
        );
    }
    let end = client.complete_multipart_upload().bucket(BUCKET).key(key);
    let end = end.upload_id(&id).multipart_upload(done.build());
    end.send().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_checksums_of_parts_are_compared_with_the_bytes_of_the_other_side() {
    let rig = Rig::new();
    let (one, other) = (noise(PART, 1), noise(9, 2));
    upload_with_sums_of_parts(&rig, "a/one", [&one, &other]).await;
    // Another tool's copy, under another ETag.
    rig.object("b/one", &[one.clone(), other.clone()].concat());
    let (left, right) = (Rig::bucket("a/"), Rig::bucket("b/"));
    rig.demo.log().clear();
    let ended = rig.verify(&left, &right, SyncOptions::default()).await;
    ended.is_all_proven(1);
    let read = rig.demo.log().of("GetObject");
    assert!(read.iter().all(|line| line.key == "b/one"), "{read:?}");
    assert_eq!(read.len(), 2, "a range for each part");
}
