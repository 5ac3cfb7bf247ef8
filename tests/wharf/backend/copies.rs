//! Copies inside S3: pinned to what was seen, under a condition, proven by the answer.

use bytes::Bytes;
use wharf::{
    backend::{
        s3::CopySource,
        store::{Checksum, Condition, Headers, Pin, Slot, WriteQuery},
    },
    demo::{Fault, Rule, Versioning, s3::Limits, s3::NewObject},
    domain::{key::Key, retry::FailureKind},
};

use super::{BUCKET, all, crc, demo, s3_at};
use wharf::backend::Store;

const ODD: &str = "ü \u{1b}[2J\n+%2F?&#.bin";

#[tokio::test]
async fn a_copy_keeps_what_the_object_bears_and_is_proven_by_its_answer() {
    let demo = demo();
    let object = NewObject {
        content_type: Some("image/png".into()),
        metadata: [("mtime".to_owned(), "1.5".to_owned())].into(),
        tags: vec![("a".into(), "b".into())],
        ..Bytes::from_static(b"hello").into()
    };
    demo.store()
        .put(BUCKET, &format!("from/{ODD}"), object)
        .unwrap();
    let from = s3_at(&demo, "from").await;
    let to = s3_at(&demo, "to").await;
    let key = Key::from(ODD);
    let pin = Pin::of(&all(&Store::S3(from.clone())).await[0].facts);
    let source = CopySource {
        store: &from,
        key: &key,
        pin: pin.as_ref(),
    };
    let query = WriteQuery {
        condition: Condition::Absent,
        ..WriteQuery::default()
    };
    let written = to.copy(&key, source, &query).await.unwrap();
    assert_eq!(written.checksum, Some(Checksum::Crc64Nvme(crc(b"hello"))));
    assert_eq!(
        written.etag.as_deref(),
        Some("5d41402abc4b2a76b9719d911017c592")
    );
    let view = demo.store().object(BUCKET, &format!("to/{ODD}")).unwrap();
    assert_eq!(view.content_type.as_deref(), Some("image/png"));
    assert_eq!(view.metadata["mtime"], "1.5");
    assert_eq!(view.tags, [("a".to_owned(), "b".to_owned())]);
    let again = to.copy(&key, source, &query).await.unwrap_err();
    assert_eq!(again.failure_kind(), FailureKind::Changed);
}

#[tokio::test]
async fn a_source_that_changed_is_not_copied_and_headers_replace_where_given() {
    let demo = demo();
    demo.store()
        .put(BUCKET, "a", Bytes::from_static(b"one"))
        .unwrap();
    let s3 = s3_at(&demo, "").await;
    let key = Key::from("a");
    let pin = Pin::of(&all(&Store::S3(s3.clone())).await[0].facts);
    demo.store()
        .put(BUCKET, "a", Bytes::from_static(b"two"))
        .unwrap();
    let stale = CopySource {
        store: &s3,
        key: &key,
        pin: pin.as_ref(),
    };
    let error = s3
        .copy(&"b".into(), stale, &WriteQuery::default())
        .await
        .unwrap_err();
    assert_eq!(error.failure_kind(), FailureKind::Changed, "{error}");
    let headers = Headers {
        metadata: vec![("k".into(), "v".into())],
        tags: vec![("t".into(), "1".into())],
        class: Some("STANDARD_IA".into()),
        ..Headers::default()
    };
    let fresh = CopySource { pin: None, ..stale };
    s3.copy(
        &"b".into(),
        fresh,
        &WriteQuery {
            headers,
            ..WriteQuery::default()
        },
    )
    .await
    .unwrap();
    let view = demo.store().object(BUCKET, "b").unwrap();
    assert_eq!(
        (view.class, &*view.metadata["k"], view.tags.len()),
        ("STANDARD_IA", "v", 1)
    );
}

#[tokio::test]
async fn an_error_inside_a_200_is_an_error_and_a_missing_source_is_named() {
    let demo = demo();
    demo.store()
        .put(BUCKET, "a", Bytes::from_static(b"one"))
        .unwrap();
    let s3 = s3_at(&demo, "").await;
    demo.faults()
        .add(Rule::new(Fault::Error200).on("CopyObject").times(1));
    let (a, none) = (Key::from("a"), Key::from("none"));
    let source = CopySource {
        store: &s3,
        key: &a,
        pin: None,
    };
    let error = s3
        .copy(&"b".into(), source, &WriteQuery::default())
        .await
        .unwrap_err();
    assert_eq!(error.failure_kind(), FailureKind::Transient, "{error}");
    assert!(demo.store().object(BUCKET, "b").is_none());
    let missing = CopySource {
        key: &none,
        ..source
    };
    let error = s3
        .copy(&"b".into(), missing, &WriteQuery::default())
        .await
        .unwrap_err();
    assert_eq!(error.failure_kind(), FailureKind::NotFound, "{error}");
}

#[tokio::test]
async fn ranges_of_an_object_become_parts_of_another() {
    let demo = demo();
    demo.store().set_limits(Limits {
        part: 10,
        ..Limits::default()
    });
    demo.store().set_versioning(BUCKET, Versioning::Enabled);
    let whole: Vec<u8> = (0..25).collect();
    demo.store()
        .put(BUCKET, "a", Bytes::from(whole.clone()))
        .unwrap();
    let s3 = s3_at(&demo, "").await;
    let (from, key) = (Key::from("a"), Key::from("b"));
    let pin = Pin::of(&s3.stat(&from).await.unwrap().entry.facts);
    assert!(matches!(
        &pin,
        Some(Pin::Object {
            version: Some(_),
            ..
        })
    ));
    let upload = s3.begin(&key, &WriteQuery::default()).await.unwrap();
    let mut parts = Vec::new();
    for (number, range) in [(1, 0..10), (2, 10..20), (3, 20..25)] {
        let source = CopySource {
            store: &s3,
            key: &from,
            pin: pin.as_ref(),
        };
        let slot = Slot {
            key: &key,
            upload: &upload,
            number,
        };
        parts.push(s3.part_copy(slot, source, range).await.unwrap());
    }
    let query = WriteQuery {
        checksum: Some(crc(&whole)),
        ..WriteQuery::default()
    };
    let written = s3.complete(&key, &upload, &parts, &query).await.unwrap();
    assert_eq!(written.checksum, Some(Checksum::Crc64Nvme(crc(&whole))));
    assert_eq!(demo.store().body(BUCKET, "b").unwrap(), whole);
}
