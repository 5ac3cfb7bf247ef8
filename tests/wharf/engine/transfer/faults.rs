//! Everything that goes wrong on the way to S3 and back: nothing corrupt, nothing silent.

use wharf::{
    backend::{ChecksumMode, RemoteOptions},
    demo::{Fault, Rule, Spec},
    domain::{
        location::Location,
        plan::SyncOptions,
        progress::{Outcome, TaskState},
        retry::FailureKind,
    },
};

use super::{BUCKET, Ended, PART, Rig, noise};

const SIZES: [usize; 6] = [0, 1, 1000, PART, PART + 1, 3 * PART + 5];

fn name(index: usize) -> String {
    format!("f/{index:03}")
}

fn content(index: usize) -> Vec<u8> {
    noise(SIZES[index % SIZES.len()], index as u64)
}

/// Stops unless every object that was told as done holds the source's bytes, and all others failed with a row.
fn judge(ended: &Ended, count: usize, found: impl Fn(usize) -> Option<Vec<u8>>) {
    assert_eq!(ended.told.outcomes.len(), count, "every step has its row");
    for index in 0..count {
        match &ended.told.outcomes[&name(index)] {
            Outcome::Done { .. } => {
                assert!(found(index) == Some(content(index)), "{index} is corrupt");
            }
            Outcome::Failed(failure) => assert!(failure.attempts > 1, "{failure:?}"),
            Outcome::Skipped { reason } => panic!("{index}: {reason}"),
        }
    }
    let failed = ended.snapshot.failed > 0;
    assert_eq!(
        ended.state == TaskState::Failed,
        failed,
        "{:?}",
        ended.told.states
    );
}

async fn storm(rig: &Rig, fault: Fault, source: &Location, destination: &Location) -> Ended {
    let plan = rig.plan(source, destination, SyncOptions::default()).await;
    let mut spec = Spec {
        seed: 11,
        ..Spec::default()
    };
    // Listings are left alone: the recount is not what is tested here.
    for operation in [
        "PutObject",
        "GetObject",
        "CopyObject",
        "CreateMultipartUpload",
        "UploadPart",
        "UploadPartCopy",
        "CompleteMultipartUpload",
        "HeadObject",
    ] {
        if fault == Fault::Timeout && operation == "HeadObject" {
            // S3 says so only where a body came too slowly.
            continue;
        }
        // One flipped bit in any range spoils a whole download: rarer, so that tries come to an end.
        let share = if fault == Fault::Flip { 0.06 } else { 0.25 };
        spec.rules.push(Rule::new(fault).on(operation).share(share));
    }
    rig.demo.faults().set(spec);
    let ended = rig.run(plan).await;
    rig.demo.faults().clear();
    ended
}

/// All faults but stalls, which need a person's patience, and expired tokens, which need a person.
const STORMS: [Fault; 9] = [
    Fault::InternalError,
    Fault::SlowDown,
    Fault::Conflict,
    Fault::Timeout,
    Fault::Reset,
    Fault::Cut,
    Fault::Error200,
    Fault::Flip,
    Fault::Lost,
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn uploads_survive_every_fault() {
    const COUNT: usize = 36;
    for fault in STORMS {
        let rig = Rig::new();
        for index in 0..COUNT {
            rig.file(&name(index), &content(index));
        }
        let ended = storm(&rig, fault, &rig.local(), &Rig::bucket("")).await;
        judge(&ended, COUNT, |index| rig.body(&name(index)));
        assert_eq!(ended.state, TaskState::Done, "{fault:?}: {:?}", ended.told);
        assert!(rig.demo.store().uploads(BUCKET).is_empty(), "{fault:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn downloads_survive_every_fault() {
    const COUNT: usize = 36;
    for fault in STORMS {
        let rig = Rig::new();
        for index in 0..COUNT {
            rig.object(&name(index), &content(index));
        }
        let ended = storm(&rig, fault, &Rig::bucket(""), &rig.local()).await;
        judge(&ended, COUNT, |index| {
            std::fs::read(rig.path(&name(index))).ok()
        });
        assert_eq!(ended.state, TaskState::Done, "{fault:?}: {:?}", ended.told);
        assert_eq!(rig.files().len(), COUNT, "no temporary file is left");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn copies_survive_every_fault() {
    const COUNT: usize = 36;
    for fault in STORMS {
        let rig = Rig::new();
        for index in 0..COUNT {
            rig.object(&format!("a/{}", name(index)), &content(index));
        }
        let ended = storm(&rig, fault, &Rig::bucket("a/"), &Rig::bucket("b/")).await;
        judge(&ended, COUNT, |index| {
            rig.body(&format!("b/{}", name(index)))
        });
        assert_eq!(ended.state, TaskState::Done, "{fault:?}: {:?}", ended.told);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_whose_answer_was_lost_is_settled_by_head() {
    let rig = Rig::new();
    rig.file("small", &noise(10, 1));
    rig.file("large", &noise(2 * PART, 2));
    let plan = rig
        .plan(&rig.local(), &Rig::bucket(""), SyncOptions::default())
        .await;
    for operation in ["PutObject", "CompleteMultipartUpload"] {
        rig.demo
            .faults()
            .add(Rule::new(Fault::Lost).on(operation).times(1));
    }
    let ended = rig.run(plan).await;
    ended.is_all_proven(2);
    // S3 answers a second completion as it answered the first.
    assert_eq!(rig.demo.log().count("HeadObject"), 1);
    assert_eq!(ended.told.retried, [FailureKind::Transient; 2]);
}

fn lose_answers(rig: &Rig) {
    for operation in ["PutObject", "CompleteMultipartUpload", "CopyObject"] {
        rig.demo.faults().add(Rule::new(Fault::Lost).on(operation));
    }
}

/// Objects whose every answer to a write is lost: what HEAD finds is ours, and proven as other writes are.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_whose_every_answer_was_lost_is_settled_by_head() {
    for with_checksums in [true, false] {
        let mut rig = if with_checksums {
            Rig::new()
        } else {
            without_checksums()
        };
        // S3 answers no other completion than the first one; here none of them is heard.
        rig.tuning.retry.tries = 3;
        for side in ["a", "to/b"] {
            rig.object(&format!("from/{side}-small"), &noise(10, 1));
            rig.object(&format!("from/{side}-large"), &noise(2 * PART, 2));
        }
        rig.file("small", &noise(10, 3));
        rig.file("large", &noise(2 * PART, 4));
        rig.file("stream/text", &noise(2 * PART, 5));
        let (up, copy) = (Rig::bucket("up/"), Rig::bucket("copy/"));
        for (source, destination, count) in [(rig.local(), up, 3), (Rig::bucket("from/"), copy, 4)]
        {
            let plan = rig
                .plan(&source, &destination, SyncOptions::default())
                .await;
            lose_answers(&rig);
            let ended = rig.run(plan).await;
            rig.demo.faults().clear();
            assert_eq!(ended.state, TaskState::Done, "{:?}", ended.told);
            assert_eq!(ended.told.outcomes.len(), count);
            assert!(ended.told.recount.as_ref().unwrap().equal);
            assert!(rig.demo.store().uploads(BUCKET).is_empty());
        }
        assert_eq!(rig.body("up/large").unwrap(), noise(2 * PART, 4));
        assert_eq!(rig.body("copy/a-large").unwrap(), noise(2 * PART, 2));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_doubt_what_somebody_else_wrote_is_not_ours() {
    let mut rig = Rig::new();
    rig.tuning.retry.tries = 3;
    rig.file("small", &noise(10, 1));
    rig.file("large", &noise(2 * PART, 2));
    let plan = rig
        .plan(&rig.local(), &Rig::bucket(""), SyncOptions::default())
        .await;
    // The connection breaks before the write, and another's object stands there afterwards.
    for operation in ["PutObject", "CompleteMultipartUpload"] {
        rig.demo.faults().add(Rule::new(Fault::Reset).on(operation));
    }
    rig.object("small", &noise(10, 8));
    rig.object("large", &noise(2 * PART, 9));
    let ended = rig.run(plan).await;
    for key in ["small", "large"] {
        assert_eq!(ended.failure(key), FailureKind::Transient);
    }
    assert_eq!(rig.body("large").unwrap(), noise(2 * PART, 9));
    assert!(rig.demo.store().uploads(BUCKET).is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upload_that_could_never_be_begun_is_not_forgotten_at_the_store() {
    let mut rig = Rig::new();
    rig.tuning.retry.tries = 3;
    rig.file("large", &noise(2 * PART, 2));
    let plan = rig
        .plan(&rig.local(), &Rig::bucket(""), SyncOptions::default())
        .await;
    let lost = Rule::new(Fault::Lost).on("CreateMultipartUpload");
    rig.demo.faults().add(lost);
    let ended = rig.run(plan).await;
    assert_eq!(ended.failure("large"), FailureKind::Transient);
    assert_eq!(rig.demo.log().count("CreateMultipartUpload"), 3);
    assert!(rig.demo.store().uploads(BUCKET).is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_that_breaks_goes_on_where_it_broke() {
    let mut rig = Rig::new();
    rig.tuning.in_parts_from = 8 << 20;
    rig.object("a", &noise(4 << 20, 1));
    let plan = rig
        .plan(&Rig::bucket(""), &rig.local(), SyncOptions::default())
        .await;
    rig.demo
        .faults()
        .add(Rule::new(Fault::Cut).on("GetObject").times(1));
    let ended = rig.run(plan).await;
    ended.is_all_proven(1);
    let gets = rig.demo.log().of("GetObject");
    assert_eq!(gets.len(), 2);
    let range = gets[1].range.as_deref().unwrap();
    assert!(
        range.starts_with("bytes=") && !range.starts_with("bytes=0-"),
        "{range}"
    );
    assert!(gets[1].condition("if-match").is_some());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flipped_bit_is_seen_and_the_object_read_again() {
    let rig = Rig::new();
    rig.object("small", &noise(1000, 1));
    rig.object("large", &noise(4 * PART, 2));
    let plan = rig
        .plan(&Rig::bucket(""), &rig.local(), SyncOptions::default())
        .await;
    rig.demo
        .faults()
        .add(Rule::new(Fault::Flip).on("GetObject").times(3));
    let ended = rig.run(plan).await;
    ended.is_all_proven(2);
    assert!(ended.told.retried.contains(&FailureKind::Corrupt));
    assert_eq!(rig.read("small"), noise(1000, 1));
    assert_eq!(rig.read("large"), noise(4 * PART, 2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_object_that_rots_is_named_and_never_written() {
    let rig = Rig::new();
    rig.object("small", &noise(1000, 1));
    rig.object("large", &noise(4 * PART, 2));
    rig.demo.store().rot(BUCKET, "small");
    rig.demo.store().rot(BUCKET, "large");
    let mut rig = rig;
    rig.tuning.retry.tries = 2;
    let ended = rig
        .sync(&Rig::bucket(""), &rig.local(), SyncOptions::default())
        .await;
    assert_eq!(ended.failure("small"), FailureKind::Corrupt);
    assert_eq!(ended.failure("large"), FailureKind::Corrupt);
    assert!(rig.files().is_empty());
    assert_eq!(
        ended.snapshot.bytes, 0,
        "bytes of what failed are taken back"
    );
}

fn without_checksums() -> Rig {
    let rig = Rig::with(RemoteOptions {
        checksums: ChecksumMode::WhenRequired,
        ..RemoteOptions::default()
    });
    let mut limits = rig.demo.store().limits();
    limits.checksums = false;
    rig.demo.store().set_limits(limits);
    rig
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flipped_bit_is_seen_without_checksums_too_and_what_it_spoiled_is_replaced() {
    let rig = without_checksums();
    rig.file("small", &noise(1000, 1));
    rig.file("large", &noise(3 * PART, 2));
    let plan = rig
        .plan(&rig.local(), &Rig::bucket(""), SyncOptions::default())
        .await;
    for operation in ["PutObject", "UploadPart"] {
        rig.demo
            .faults()
            .add(Rule::new(Fault::Flip).on(operation).times(1));
    }
    let ended = rig.run(plan).await;
    assert_eq!(ended.state, TaskState::Done, "{:?}", ended.told);
    assert_eq!(rig.body("small").unwrap(), noise(1000, 1));
    assert!(ended.told.retried.contains(&FailureKind::Corrupt));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flipped_bit_on_the_way_down_is_seen_without_checksums_too() {
    let rig = without_checksums();
    for number in 0..4 {
        rig.object(&format!("{number}"), &noise(1000, number));
    }
    let plan = rig
        .plan(&Rig::bucket(""), &rig.local(), SyncOptions::default())
        .await;
    rig.demo
        .faults()
        .add(Rule::new(Fault::Flip).on("GetObject").times(2));
    let ended = rig.run(plan).await;
    ended.is_all_proven(4);
    for number in 0..4 {
        assert_eq!(rig.read(&format!("{number}")), noise(1000, number));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn throttling_slows_the_task_and_is_counted() {
    let rig = Rig::new();
    for number in 0..100 {
        rig.file(&format!("{number:02}"), &noise(10, number));
    }
    let plan = rig
        .plan(&rig.local(), &Rig::bucket(""), SyncOptions::default())
        .await;
    rig.demo
        .faults()
        .add(Rule::new(Fault::SlowDown).on("PutObject").times(10));
    let ended = rig.run(plan).await;
    ended.is_all_proven(100);
    assert_eq!(ended.snapshot.throttled, 10);
    assert!(ended.snapshot.slowed_to.is_some());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_denied_key_fails_alone_with_its_request() {
    let rig = Rig::new();
    rig.file("a", b"1");
    rig.file("b", b"2");
    let plan = rig
        .plan(&rig.local(), &Rig::bucket(""), SyncOptions::default())
        .await;
    rig.demo
        .faults()
        .add(Rule::new(Fault::InternalError).on("PutObject").key("a"));
    let ended = rig.run(plan).await;
    let Outcome::Failed(failure) = &ended.told.outcomes["a"] else {
        panic!("{:?}", ended.told.outcomes);
    };
    assert_eq!(
        (failure.kind, failure.attempts),
        (FailureKind::Transient, 8)
    );
    assert!(failure.request_id.is_some());
    assert!(rig.body("b").is_some());
    assert_eq!(ended.state, TaskState::Failed);
}
