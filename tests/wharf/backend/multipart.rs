//! Multipart uploads by the door: parts, their checksums, completion under a condition, what is left unfinished.

use bytes::Bytes;
use wharf::{
    backend::store::{Checksum, Condition, Slot, WriteQuery},
    demo::{Fault, Rule, s3::Limits},
    domain::{key::Key, retry::FailureKind},
};

use super::{BUCKET, crc, demo, s3_at};

const ODD: &str = "dir/ü \u{1b}[2J\n+%2F.bin";

fn small_parts(demo: &wharf::demo::Demo) {
    demo.store().set_limits(Limits {
        part: 10,
        ..Limits::default()
    });
}

#[tokio::test]
async fn parts_become_one_object_with_one_checksum_over_all() {
    let demo = demo();
    small_parts(&demo);
    let s3 = s3_at(&demo, "p").await;
    for name in ["plain", ODD] {
        let key = Key::from(name);
        let whole = Bytes::from((0..25_u8).collect::<Vec<_>>());
        let upload = s3.begin(&key, &WriteQuery::default()).await.unwrap();
        let mut parts = Vec::new();
        for (number, range) in [(3, 20..25), (1, 0..10), (2, 10..20)] {
            let body = whole.slice(range);
            let slot = Slot {
                key: &key,
                upload: &upload,
                number,
            };
            let part = s3.part(slot, body.clone(), crc(&body)).await.unwrap();
            assert_eq!(part.crc, Some(crc(&body)));
            parts.push(part);
        }
        let mut told = s3.parts(&key, &upload).await.unwrap();
        told.sort_by_key(|part| part.number);
        parts.sort_by_key(|part| part.number);
        assert_eq!(told, parts, "what the store has is what was sent");
        let query = WriteQuery {
            condition: Condition::Absent,
            checksum: Some(crc(&whole)),
            ..WriteQuery::default()
        };
        let written = s3.complete(&key, &upload, &parts, &query).await.unwrap();
        assert_eq!(
            written.checksum,
            Some(Checksum::Crc64Nvme(crc(&whole))),
            "{name:?}"
        );
        assert!(written.etag.unwrap().ends_with("-3"));
        assert_eq!(
            demo.store().body(BUCKET, &format!("p/{name}")).unwrap(),
            whole
        );
    }
}

#[tokio::test]
async fn a_completion_that_fails_makes_nothing() {
    let demo = demo();
    let s3 = s3_at(&demo, "").await;
    let key = Key::from("a");
    let body = Bytes::from_static(b"hello");
    demo.store()
        .put(BUCKET, "a", Bytes::from_static(b"old"))
        .unwrap();
    let upload = s3.begin(&key, &WriteQuery::default()).await.unwrap();
    let slot = Slot {
        key: &key,
        upload: &upload,
        number: 1,
    };
    let part = s3.part(slot, body.clone(), crc(&body)).await.unwrap();
    let complete = async |condition, checksum| {
        let query = WriteQuery {
            condition,
            checksum: Some(checksum),
            ..WriteQuery::default()
        };
        let made = s3
            .complete(&key, &upload, std::slice::from_ref(&part), &query)
            .await;
        made.map(drop).map_err(|error| error.failure_kind())
    };
    let right = crc(&body);
    assert_eq!(
        complete(Condition::Absent, right).await,
        Err(FailureKind::Changed)
    );
    assert_eq!(
        complete(Condition::None, 1).await,
        Err(FailureKind::Corrupt)
    );
    assert_eq!(demo.store().body(BUCKET, "a").unwrap(), "old");
    let inside_a_200 = Rule::new(Fault::Error200)
        .on("CompleteMultipartUpload")
        .times(1);
    demo.faults().add(inside_a_200);
    assert_eq!(
        complete(Condition::None, right).await,
        Err(FailureKind::Transient)
    );
    assert_eq!(complete(Condition::None, right).await, Ok(()));
    assert_eq!(demo.store().body(BUCKET, "a").unwrap(), "hello");
}

#[tokio::test]
async fn unfinished_uploads_are_told_and_aborted() {
    let demo = demo();
    let s3 = s3_at(&demo, "p/").await;
    for key in ["b", ODD] {
        s3.begin(&key.into(), &WriteQuery::default()).await.unwrap();
    }
    demo.store()
        .leave_upload(BUCKET, "elsewhere", &[], std::time::SystemTime::UNIX_EPOCH)
        .unwrap();
    let uploads = s3.uploads().await.unwrap();
    let keys: Vec<_> = uploads
        .iter()
        .map(|upload| upload.key.as_str().unwrap())
        .collect();
    assert_eq!(keys, ["b", ODD]);
    assert!(uploads.iter().all(|upload| upload.began.is_some()));
    for upload in &uploads {
        s3.abort(&upload.key, &upload.id).await.unwrap();
        s3.abort(&upload.key, &upload.id).await.unwrap();
    }
    assert!(s3.uploads().await.unwrap().is_empty());
    assert_eq!(demo.store().uploads(BUCKET).len(), 1);
    let gone = s3.parts(&"b".into(), &uploads[0].id).await.unwrap_err();
    assert_eq!(gone.failure_kind(), FailureKind::NotFound);
}
