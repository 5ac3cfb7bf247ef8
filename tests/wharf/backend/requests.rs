//! What goes over the wire: connections, checksums, conditions, headers, and where requests are counted.

use bytes::Bytes;
use wharf::{
    backend::{
        ChecksumMode, Operation, RemoteOptions, RequestCounter, Sessions, Store,
        store::{Checksum, Condition, Headers, Pin, ReadQuery, WriteQuery},
    },
    domain::{key::Key, location::Remote},
};

use super::{BUCKET, crc, demo, options, s3_at, sessions, store, write};

#[tokio::test]
async fn one_connection_carries_a_worker_s_requests_one_after_another() {
    let demo = demo();
    let store = store(&sessions(&demo), "s3://pics/up").await;
    for n in 0..50 {
        write(&store, &format!("{n}"), &[1; 4096], Condition::None)
            .await
            .unwrap();
    }
    assert_eq!(demo.log().connections(), 1);
    assert_eq!(
        demo.log().total(),
        50,
        "one request for each object and none beside"
    );
}

#[tokio::test]
async fn what_is_written_is_proven_by_the_answer_that_is_owed_anyway() {
    let demo = demo();
    let s3 = s3_at(&demo, "p/").await;
    let body = Bytes::from_static(b"hello");
    let query = WriteQuery {
        checksum: Some(crc(&body)),
        ..WriteQuery::default()
    };
    let written = s3.put(&"a".into(), body.clone(), &query).await.unwrap();
    assert_eq!(written.checksum, Some(Checksum::Crc64Nvme(crc(&body))));
    assert_eq!(
        written.etag.as_deref(),
        Some("5d41402abc4b2a76b9719d911017c592")
    );
    assert!(written.request_id.is_some());
    let reading = s3.read(&"a".into(), ReadQuery::default()).await.unwrap();
    assert_eq!(reading.stat.checksum, Some(Checksum::Crc64Nvme(crc(&body))));
    let stat = s3.stat(&"a".into()).await.unwrap();
    assert_eq!(stat.checksum, Some(Checksum::Crc64Nvme(crc(&body))));
    let wrong = WriteQuery {
        checksum: Some(1),
        ..WriteQuery::default()
    };
    let error = s3.put(&"b".into(), body, &wrong).await.unwrap_err();
    assert_eq!(
        error.failure_kind(),
        wharf::domain::retry::FailureKind::Corrupt,
        "{error}"
    );
    assert!(demo.store().object(BUCKET, "p/b").is_none());
}

#[tokio::test]
async fn a_store_that_knows_no_checksums_is_not_asked_for_any() {
    let demo = demo();
    let plain = RemoteOptions {
        checksums: ChecksumMode::WhenRequired,
        ..options(&demo)
    };
    let sessions = Sessions::new([(Remote::default(), plain)]);
    let Store::S3(s3) = store(&sessions, "s3://pics").await else {
        panic!("no S3")
    };
    let query = WriteQuery {
        checksum: Some(1),
        ..WriteQuery::default()
    };
    s3.put(&"a".into(), Bytes::from_static(b"x"), &query)
        .await
        .unwrap();
    assert_eq!(s3.stat(&"a".into()).await.unwrap().checksum, None);
}

#[tokio::test]
async fn an_object_bears_what_it_was_given() {
    let demo = demo();
    let s3 = s3_at(&demo, "").await;
    let headers = Headers {
        content_type: Some("image/png".into()),
        content_encoding: Some("gzip".into()),
        content_disposition: Some("attachment".into()),
        content_language: Some("kl".into()),
        cache_control: Some("max-age=60".into()),
        metadata: vec![("mtime".into(), "1700000000.123456789".into())],
        class: Some("STANDARD_IA".into()),
        sse: Some("AES256".into()),
        tags: vec![("a b".into(), "c&d".into())],
    };
    let query = WriteQuery {
        headers: headers.clone(),
        ..WriteQuery::default()
    };
    s3.put(&"a".into(), Bytes::from_static(b"x"), &query)
        .await
        .unwrap();
    let view = demo.store().object(BUCKET, "a").unwrap();
    assert_eq!(view.tags, headers.tags);
    assert_eq!(
        s3.tags(&"a".into(), None).await.unwrap(),
        headers.tags,
        "as they were given"
    );
    let told = s3.stat(&"a".into()).await.unwrap();
    assert_eq!(
        told.headers,
        Headers {
            tags: Vec::new(),
            ..headers
        }
    );
    assert_eq!(told.entry.facts.class(), Some("STANDARD_IA"));
}

#[tokio::test]
async fn every_condition_and_pin_is_on_the_wire() {
    let demo = demo();
    let store = store(&sessions(&demo), "s3://pics").await;
    let written = write(&store, "a", b"1", Condition::Absent).await.unwrap();
    let pin = Pin::Object {
        etag: written.etag.unwrap(),
        version: None,
    };
    write(&store, "a", b"1", Condition::Unchanged(pin.clone()))
        .await
        .unwrap();
    let query = ReadQuery {
        range: Some(0..1),
        pin: Some(pin.clone()),
    };
    store.read(&"a".into(), query).await.unwrap();
    store
        .delete(&"a".into(), &Condition::Unchanged(pin))
        .await
        .unwrap();
    let lines = demo.log().lines();
    let etag = "\"c4ca4238a0b923820dcc509a6f75849b\"";
    assert_eq!(lines[0].condition("if-none-match"), Some("*"));
    for line in &lines[1..] {
        assert_eq!(line.condition("if-match"), Some(etag), "{}", line.operation);
    }
    assert_eq!(lines[2].range.as_deref(), Some("bytes=0-0"));
}

#[tokio::test]
async fn a_task_counts_its_own_requests_and_the_session_counts_all() {
    let demo = demo();
    let sessions = sessions(&demo);
    let whole = store(&sessions, "s3://pics").await;
    let counter = RequestCounter::new();
    let task = whole.with_counter(counter.clone());
    write(&whole, "a", b"12345", Condition::None).await.unwrap();
    write(&task, "b", b"123", Condition::None).await.unwrap();
    let read = task
        .read(&Key::from("a"), ReadQuery::default())
        .await
        .unwrap();
    read.all().await.unwrap();
    assert_eq!(
        (
            counter.of(Operation::PutObject),
            counter.of(Operation::GetObject)
        ),
        (1, 1)
    );
    assert_eq!((counter.sent(), counter.received()), (3, 5));
    assert_eq!(sessions.counter().of(Operation::PutObject), 2);
    assert_eq!(sessions.counter().sent(), 8);
    assert_eq!(sessions.requests().total(), demo.log().total());
}

#[tokio::test]
async fn the_requester_pays_where_the_remote_says_so() {
    let demo = demo();
    demo.store().set_requester_pays(BUCKET, true);
    let payer = |requester_pays| {
        let options = RemoteOptions {
            requester_pays,
            ..options(&demo)
        };
        Sessions::new([(Remote::default(), options)])
    };
    let refused = write(
        &store(&payer(false), "s3://pics").await,
        "a",
        b"1",
        Condition::None,
    )
    .await;
    assert!(refused.is_err());
    let store = store(&payer(true), "s3://pics").await;
    write(&store, "a", b"1", Condition::None).await.unwrap();
    assert_eq!(super::all(&store).await.len(), 1);
}
