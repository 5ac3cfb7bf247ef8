//! What goes wrong outside, and the words and kinds it is told with.

use std::time::Duration;

use bytes::Bytes;
use wharf::{
    backend::{
        Error, ErrorKind, Keys, RemoteOptions, Sessions, Store,
        store::{Condition, ListQuery, ReadQuery, WriteQuery},
    },
    demo::{Demo, Fault, Rule, s3::Denial},
    domain::{entry::End, key::Key, location::Remote, retry::FailureKind},
};

use super::{BUCKET, all, crc, demo, listed, options, s3_at, sessions, store, write};

fn with(options: RemoteOptions) -> Sessions {
    Sessions::new([(Remote::default(), options)])
}

async fn broken(store: &Store) -> String {
    match listed(store, ListQuery::default()).await.1 {
        End::Broken { reason, .. } => reason.to_string(),
        End::Complete => panic!("the listing is complete"),
    }
}

async fn get(store: &Store, key: &str) -> Result<Bytes, Error> {
    store
        .read(&Key::from(key), ReadQuery::default())
        .await?
        .all()
        .await
}

#[tokio::test]
async fn a_bucket_elsewhere_is_followed_once_and_remembered() {
    let demo = demo();
    demo.store().create_bucket("far", "eu-central-1");
    let sessions = sessions(&demo);
    let store = store(&sessions, "s3://far").await;
    write(&store, "a", b"1", Condition::None).await.unwrap();
    write(&store, "b", b"1", Condition::None).await.unwrap();
    let regions: Vec<_> = demo
        .log()
        .lines()
        .into_iter()
        .map(|line| (line.status, line.region.unwrap()))
        .collect();
    let far = |status| (status, "eu-central-1".to_owned());
    assert_eq!(regions, [(301, "us-east-1".to_owned()), far(200), far(200)]);
    let region = sessions
        .bucket_region(&Remote::default(), "far")
        .await
        .unwrap();
    assert_eq!(&*region, "eu-central-1");
}

#[tokio::test]
async fn a_missing_bucket_names_itself() {
    let demo = demo();
    let store = store(&sessions(&demo), "s3://nowhere-at-all").await;
    let reason = broken(&store).await;
    assert!(reason.contains("no bucket \"nowhere-at-all\""), "{reason}");
    let error = sessions(&demo)
        .bucket_region(&Remote::default(), "nowhere-at-all")
        .await
        .unwrap_err();
    assert_eq!(error.kind, ErrorKind::NoBucket);
}

#[tokio::test]
async fn a_missing_right_names_the_permission() {
    let demo = demo();
    let denied = |operation: &str| Denial {
        operation: Some(operation.into()),
        ..Denial::default()
    };
    demo.store().deny(denied("ListObjectsV2"));
    demo.store().deny(denied("PutObject"));
    let store = store(&sessions(&demo), "s3://pics/p/").await;
    let reason = broken(&store).await;
    assert!(
        reason.contains("s3:ListBucket on arn:aws:s3:::pics"),
        "{reason}"
    );
    let error = write(&store, "a", b"1", Condition::None).await.unwrap_err();
    assert_eq!(error.failure_kind(), FailureKind::Denied);
    assert!(
        error.reason.contains("s3:PutObject") && error.reason.contains("pics/p/a"),
        "{error}"
    );
}

#[tokio::test]
async fn an_endpoint_where_nobody_listens_is_unreachable() {
    let demo = demo();
    let gone = options(&demo);
    drop(demo);
    let sessions = with(gone);
    let store = store(&sessions, "s3://pics").await;
    let error = write(&store, "a", b"1", Condition::None).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unreachable, "{error}");
    assert!(error.reason.contains("endpoint_url"), "{error}");
    let nowhere = RemoteOptions {
        endpoint_url: Some("http://no-such-host.invalid".into()),
        ..options(&super::demo())
    };
    let error = with(nowhere).buckets(&Remote::default()).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unreachable, "{error}");
}

#[tokio::test]
async fn wrong_keys_say_what_to_check_and_never_show_a_secret() {
    let demo = demo();
    let keys = |access: &str| {
        let keys = Keys {
            access: access.into(),
            secret: "canary-of-a-secret".into(),
            token: None,
        };
        with(RemoteOptions {
            keys: Some(keys),
            ..options(&demo)
        })
    };
    for (access, word) in [
        (wharf::demo::ACCESS_KEY, "secret key"),
        ("AKIAUNKNOWN000000000", "does not know this access key"),
    ] {
        let store = store(&keys(access), "s3://pics").await;
        let error = write(&store, "a", b"1", Condition::None).await.unwrap_err();
        assert_eq!(error.failure_kind(), FailureKind::Credentials);
        assert!(error.reason.contains(word), "{error}");
        assert!(!format!("{error:?} {error}").contains("canary"));
    }
}

#[tokio::test]
async fn a_profile_without_credentials_says_how_to_get_some() {
    let demo = demo();
    let lost = RemoteOptions {
        keys: None,
        profile: Some("no-such-profile".into()),
        ..options(&demo)
    };
    let store = store(&with(lost), "s3://pics").await;
    let error = write(&store, "a", b"1", Condition::None).await.unwrap_err();
    assert_eq!(error.failure_kind(), FailureKind::Credentials, "{error}");
    assert!(
        error.reason.contains("no-such-profile") && error.reason.contains("aws "),
        "{error}"
    );
    assert_eq!(demo.log().total(), 0);
}

#[tokio::test]
async fn a_public_bucket_is_read_without_keys() {
    let demo = demo();
    demo.store()
        .put(BUCKET, "a", Bytes::from_static(b"open"))
        .unwrap();
    demo.store().set_public(BUCKET, true);
    let anonymous = RemoteOptions {
        keys: None,
        anonymous: true,
        ..options(&demo)
    };
    let store = store(&with(anonymous), "s3://pics").await;
    assert_eq!(all(&store).await.len(), 1);
    assert_eq!(&get(&store, "a").await.unwrap()[..], b"open");
    assert!(
        demo.log()
            .lines()
            .iter()
            .all(|line| line.access_key.is_none())
    );
}

#[tokio::test]
async fn faults_of_one_request_are_classified_and_not_tried_again_here() {
    let demo = demo();
    let store = store(&sessions(&demo), "s3://pics").await;
    for (fault, kind) in [
        (Fault::InternalError, FailureKind::Transient),
        (Fault::SlowDown, FailureKind::Throttled),
        (Fault::Timeout, FailureKind::Transient),
        (Fault::Conflict, FailureKind::Transient),
        (Fault::ExpiredToken, FailureKind::Credentials),
        (Fault::Reset, FailureKind::Transient),
        (Fault::Lost, FailureKind::Transient),
        (Fault::Flip, FailureKind::Corrupt),
    ] {
        demo.faults().clear();
        demo.faults().add(Rule::new(fault).on("PutObject").times(1));
        demo.log().clear();
        let error = write(&store, "a", &vec![7; 70_000], Condition::None)
            .await
            .unwrap_err();
        assert_eq!(error.failure_kind(), kind, "{fault:?}: {error}");
        assert_eq!(demo.log().total(), 1, "{fault:?}");
        write(&store, "a", b"1", Condition::None).await.unwrap();
    }
}

async fn cut_or_stalled(demo: &Demo, fault: Fault) -> Error {
    demo.faults().add(Rule::new(fault).on("GetObject").times(1));
    // Long enough for a busy machine to begin the answer, and hasty only where silence is waited for.
    let hasty = RemoteOptions {
        read_timeout: Duration::from_secs(3),
        ..options(demo)
    };
    let patient = store(&with(options(demo)), "s3://pics").await;
    let store = if fault == Fault::Stall {
        store(&with(hasty), "s3://pics").await
    } else {
        patient.clone()
    };
    let error = get(&store, "big").await.unwrap_err();
    assert_eq!(error.failure_kind(), FailureKind::Transient, "{error}");
    demo.faults().clear();
    let store = patient;
    assert_eq!(get(&store, "big").await.unwrap().len(), 3_000_000);
    error
}

#[tokio::test]
async fn a_body_that_breaks_off_or_stands_still_is_never_taken_for_whole() {
    let demo = demo();
    demo.store()
        .put(BUCKET, "big", Bytes::from(vec![1; 3_000_000]))
        .unwrap();
    let cut = cut_or_stalled(&demo, Fault::Cut).await;
    assert!(cut.reason.contains("to go"), "{cut}");
    let stalled = cut_or_stalled(&demo, Fault::Stall).await;
    assert!(stalled.reason.contains("no byte came"), "{stalled}");
    assert!(stalled.request_id.is_some());
}

#[tokio::test]
async fn an_upload_that_stands_still_is_given_up() {
    let demo = demo();
    demo.faults()
        .add(Rule::new(Fault::Stall).on("PutObject").times(1));
    let hasty = RemoteOptions {
        read_timeout: Duration::from_millis(300),
        ..options(&demo)
    };
    let store = store(&with(hasty), "s3://pics").await;
    let error = write(&store, "a", &vec![1; 100_000], Condition::None)
        .await
        .unwrap_err();
    assert_eq!(error.failure_kind(), FailureKind::Transient);
    assert!(error.reason.contains("no answer"), "{error}");
    demo.faults().clear();
}

#[tokio::test]
async fn a_lost_answer_may_have_written_all_the_same() {
    let demo = demo();
    let s3 = s3_at(&demo, "").await;
    demo.faults()
        .add(Rule::new(Fault::Lost).on("PutObject").times(1));
    let body = Bytes::from_static(b"there");
    let query = WriteQuery {
        checksum: Some(crc(&body)),
        ..WriteQuery::default()
    };
    let error = s3.put(&"a".into(), body, &query).await.unwrap_err();
    assert_eq!(error.failure_kind(), FailureKind::Transient);
    assert_eq!(s3.stat(&"a".into()).await.unwrap().entry.facts.size, 5);
}

#[tokio::test]
async fn an_archived_object_says_how_to_restore_it() {
    let demo = demo();
    let object = wharf::demo::s3::NewObject {
        class: Some("GLACIER".into()),
        ..Bytes::from_static(b"cold").into()
    };
    demo.store().put(BUCKET, "a", object).unwrap();
    let store = store(&sessions(&demo), "s3://pics").await;
    let error = get(&store, "a").await.unwrap_err();
    assert_eq!(error.failure_kind(), FailureKind::Archived, "{error}");
    assert!(error.reason.contains("restore"), "{error}");
}

#[tokio::test]
async fn a_clock_that_is_off_is_measured_and_told() {
    let demo = demo();
    let sessions = sessions(&demo);
    let store = store(&sessions, "s3://pics").await;
    assert!(sessions.skew(&Remote::default()).is_none());
    all(&store).await;
    let skew = sessions.skew(&Remote::default()).unwrap();
    assert!(skew.as_secs().abs() <= 2, "{skew}");
}
