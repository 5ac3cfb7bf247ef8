//! What only the thin plane does by itself: a clock that is off, connections that died while they were kept, bodies that
//! wait for the server's word.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use wharf::{
    backend::{
        Error, RequestCounter, Store,
        store::{Condition, ReadQuery, WriteQuery},
    },
    demo::{Demo, Fault, Rule, s3::Limits},
    domain::{key::Key, retry::FailureKind},
};

use super::thin::{crc, demo, sessions, store, write};

fn statuses(demo: &Demo) -> Vec<u16> {
    demo.log().lines().iter().map(|line| line.status).collect()
}

async fn get(store: &Store, key: &str) -> Result<Bytes, Error> {
    let reading = store.read(&Key::from(key), ReadQuery::default()).await?;
    reading.all().await
}

#[tokio::test]
async fn a_signature_by_a_wrong_clock_is_made_anew_once_and_then_always_right() {
    let demo = demo();
    demo.store().set_limits(Limits {
        skew: Some(Duration::from_mins(15)),
        ..Limits::default()
    });
    demo.clock()
        .run_from(SystemTime::now() + Duration::from_hours(2));
    let sessions = sessions(&demo);
    let store = store(&sessions, "s3://pics").await;
    write(&store, "a", b"1", Condition::None).await.unwrap();
    store.stat(&"a".into()).await.unwrap();
    assert_eq!(statuses(&demo), [403, 200, 200]);
    assert_eq!(sessions.requests().total(), 3, "each try is counted");
    // HEAD has no body that could name the reason.
    demo.clock()
        .run_from(SystemTime::now() - Duration::from_hours(2));
    store.stat(&"a".into()).await.unwrap();
    assert_eq!(statuses(&demo)[3..], [403, 200]);
}

#[tokio::test]
async fn a_refusal_by_a_right_clock_is_told_at_once() {
    let demo = demo();
    demo.store().set_limits(Limits {
        skew: Some(Duration::ZERO),
        ..Limits::default()
    });
    let store = store(&sessions(&demo), "s3://pics").await;
    let error = write(&store, "a", b"1", Condition::None).await.unwrap_err();
    assert_eq!(error.failure_kind(), FailureKind::Credentials, "{error}");
    assert_eq!(statuses(&demo), [403]);
}

#[tokio::test]
async fn a_kept_connection_that_died_costs_a_read_nothing_but_a_try() {
    let demo = demo();
    let sessions = sessions(&demo);
    let store = store(&sessions, "s3://pics").await;
    write(&store, "a", b"1", Condition::None).await.unwrap();
    demo.faults()
        .add(Rule::new(Fault::Reset).on("GetObject").times(1));
    assert_eq!(&get(&store, "a").await.unwrap()[..], b"1");
    assert_eq!(sessions.requests().total(), demo.log().total());
    // A connection that never answered says something of the request, or of the place.
    demo.faults()
        .add(Rule::new(Fault::Reset).on("GetObject").times(2));
    let error = get(&store, "a").await.unwrap_err();
    assert_eq!(error.failure_kind(), FailureKind::Transient, "{error}");
}

#[tokio::test]
async fn a_large_body_leaves_only_once_the_server_wants_it() {
    let demo = demo();
    demo.store().create_bucket("far", "eu-central-1");
    let counter = RequestCounter::new();
    let far = store(&sessions(&demo), "s3://far").await;
    let Store::S3(s3) = far.with_counter(counter.clone()) else {
        panic!("no S3")
    };
    let body = Bytes::from(vec![7; 3 << 20]);
    let query = WriteQuery {
        checksum: Some(crc(&body)),
        ..WriteQuery::default()
    };
    s3.put(&"a".into(), body.clone(), &query).await.unwrap();
    assert_eq!(statuses(&demo), [301, 200]);
    assert_eq!(counter.sent(), body.len() as u64, "sent once");
    assert_eq!(
        s3.stat(&"a".into()).await.unwrap().entry.facts.size,
        3 << 20
    );
}
