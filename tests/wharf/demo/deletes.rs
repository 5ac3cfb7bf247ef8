//! Deletes, with their conditions and markers.

use super::{BUCKET, client, code, demo};
use aws_sdk_s3::types::{Delete, ObjectIdentifier};
use wharf::demo::Versioning;
use wharf::demo::s3::Denial;

#[tokio::test]
async fn a_delete_goes_through_only_for_what_the_caller_takes_it_for() {
    let demo = demo();
    demo.store().put(BUCKET, "k", "hello").unwrap();
    let s3 = client(&demo);
    let delete = || s3.delete_object().bucket(BUCKET).key("k");
    assert_eq!(
        code(delete().if_match("\"0\"").send().await),
        "PreconditionFailed"
    );
    delete()
        .if_match("\"5d41402abc4b2a76b9719d911017c592\"")
        .send()
        .await
        .unwrap();
    assert!(demo.store().objects(BUCKET).is_empty());
    assert_eq!(code(delete().if_match("*").send().await), "NoSuchKey");
    delete().send().await.unwrap();
    assert_eq!(demo.log().of("DeleteObject").last().unwrap().status, 204);
}

fn batch(objects: Vec<ObjectIdentifier>) -> Delete {
    Delete::builder()
        .set_objects(Some(objects))
        .build()
        .unwrap()
}

fn named(key: &str, etag: Option<&str>) -> ObjectIdentifier {
    ObjectIdentifier::builder()
        .key(key)
        .set_e_tag(etag.map(str::to_owned))
        .build()
        .unwrap()
}

#[tokio::test]
async fn a_batch_tells_of_each_object() {
    let demo = demo();
    for key in ["a", "b", "c & <d>", "denied/x"] {
        demo.store().put(BUCKET, key, "hello").unwrap();
    }
    demo.store().deny(Denial {
        operation: Some("DeleteObject".to_owned()),
        prefix: "denied/".to_owned(),
        ..Denial::default()
    });
    let s3 = client(&demo);
    let objects = vec![
        named("a", Some("\"5d41402abc4b2a76b9719d911017c592\"")),
        named("b", Some("\"0\"")),
        named("c & <d>", None),
        named("denied/x", None),
        named("none", None),
    ];
    let done = s3
        .delete_objects()
        .bucket(BUCKET)
        .delete(batch(objects))
        .send()
        .await
        .unwrap();
    let deleted: Vec<_> = done
        .deleted()
        .iter()
        .map(|deleted| deleted.key().unwrap())
        .collect();
    assert_eq!(deleted, ["a", "c & <d>", "none"]);
    let errors: Vec<_> = done
        .errors()
        .iter()
        .map(|error| (error.key().unwrap(), error.code().unwrap()))
        .collect();
    assert_eq!(
        errors,
        [("b", "PreconditionFailed"), ("denied/x", "AccessDenied")]
    );
    assert_eq!(demo.store().keys(BUCKET, ""), ["b", "denied/x"]);
    let many = (0..1001).map(|n| named(&n.to_string(), None)).collect();
    assert_eq!(
        code(
            s3.delete_objects()
                .bucket(BUCKET)
                .delete(batch(many))
                .send()
                .await
        ),
        "MalformedXML"
    );
}

#[tokio::test]
async fn with_versions_a_delete_leaves_a_marker_that_can_be_taken_away() {
    let demo = demo();
    let store = demo.store();
    store.set_versioning(BUCKET, Versioning::Enabled);
    store.put(BUCKET, "k", "1").unwrap();
    let s3 = client(&demo);
    let deleted = s3
        .delete_object()
        .bucket(BUCKET)
        .key("k")
        .send()
        .await
        .unwrap();
    assert_eq!(deleted.delete_marker(), Some(true));
    let marker = deleted.version_id().unwrap();
    let gone = s3
        .get_object()
        .bucket(BUCKET)
        .key("k")
        .send()
        .await
        .unwrap_err();
    assert_eq!(
        gone.raw_response()
            .unwrap()
            .headers()
            .get("x-amz-delete-marker"),
        Some("true")
    );
    assert_eq!(
        code(
            s3.get_object()
                .bucket(BUCKET)
                .key("k")
                .version_id(marker)
                .send()
                .await
        ),
        "MethodNotAllowed"
    );
    s3.delete_object()
        .bucket(BUCKET)
        .key("k")
        .version_id(marker)
        .send()
        .await
        .unwrap();
    assert_eq!(store.body(BUCKET, "k").unwrap(), "1");
    assert_eq!(store.versions(BUCKET, "k").len(), 1);
}
