//! Server-side copies.

use super::{BUCKET, body, client, code, demo};
use aws_sdk_s3::Client;
use aws_sdk_s3::operation::copy_object::builders::CopyObjectFluentBuilder;
use aws_sdk_s3::types::{MetadataDirective, StorageClass, TaggingDirective};
use wharf::demo::s3::Limits;

async fn with_source(s3: &Client) {
    let put = s3
        .put_object()
        .bucket(BUCKET)
        .key("src")
        .body(body("hello"))
        .content_type("text/x")
        .metadata("a", "1")
        .tagging("t=1");
    put.send().await.unwrap();
}

fn copy(s3: &Client, to: &str) -> CopyObjectFluentBuilder {
    s3.copy_object()
        .bucket(BUCKET)
        .key(to)
        .copy_source(format!("{BUCKET}/src"))
}

#[tokio::test]
async fn a_copy_takes_everything_over_or_replaces_it() {
    let demo = demo();
    let s3 = client(&demo);
    with_source(&s3).await;
    let copied = copy(&s3, "same").send().await.unwrap();
    let result = copied.copy_object_result().unwrap();
    assert_eq!(result.e_tag(), Some("\"5d41402abc4b2a76b9719d911017c592\""));
    assert!(result.checksum_crc32().is_some());
    let (source, same) = (
        demo.store().object(BUCKET, "src").unwrap(),
        demo.store().object(BUCKET, "same").unwrap(),
    );
    assert_eq!(
        (same.content_type, same.metadata, same.tags),
        (source.content_type, source.metadata, source.tags)
    );
    let replaced = copy(&s3, "other")
        .metadata_directive(MetadataDirective::Replace)
        .metadata("b", "2")
        .content_type("text/y");
    let replaced = replaced
        .tagging_directive(TaggingDirective::Replace)
        .tagging("u=2")
        .storage_class(StorageClass::StandardIa);
    replaced.send().await.unwrap();
    let other = demo.store().object(BUCKET, "other").unwrap();
    assert_eq!(
        other.metadata.into_iter().collect::<Vec<_>>(),
        [("b".to_owned(), "2".to_owned())]
    );
    assert_eq!(
        (other.content_type.as_deref(), other.class),
        (Some("text/y"), "STANDARD_IA")
    );
    assert_eq!(other.tags, [("u".to_owned(), "2".to_owned())]);
}

#[tokio::test]
async fn a_copy_has_conditions_on_both_ends() {
    let demo = demo();
    let s3 = client(&demo);
    with_source(&s3).await;
    assert_eq!(
        code(copy(&s3, "k").copy_source_if_match("\"0\"").send().await),
        "PreconditionFailed"
    );
    let etag = demo.store().object(BUCKET, "src").unwrap().etag;
    assert_eq!(
        code(copy(&s3, "k").copy_source_if_none_match(&etag).send().await),
        "PreconditionFailed"
    );
    copy(&s3, "k")
        .copy_source_if_match(&etag)
        .send()
        .await
        .unwrap();
    assert_eq!(
        code(copy(&s3, "k").if_none_match("*").send().await),
        "PreconditionFailed"
    );
    assert_eq!(
        code(copy(&s3, "k").if_match("\"0\"").send().await),
        "PreconditionFailed"
    );
    let line = &demo.log().of("CopyObject")[2];
    assert_eq!(
        line.condition("x-amz-copy-source-if-match"),
        Some(etag.as_str())
    );
}

#[tokio::test]
async fn what_s3_refuses_to_copy_is_refused() {
    let demo = demo();
    let s3 = client(&demo);
    with_source(&s3).await;
    assert_eq!(code(copy(&s3, "src").send().await), "InvalidRequest");
    copy(&s3, "src")
        .storage_class(StorageClass::OnezoneIa)
        .send()
        .await
        .unwrap();
    let none = s3
        .copy_object()
        .bucket(BUCKET)
        .key("k")
        .copy_source(format!("{BUCKET}/none"))
        .send()
        .await;
    assert_eq!(code(none), "NoSuchKey");
    demo.store().set_limits(Limits {
        single: 4,
        ..Limits::default()
    });
    assert_eq!(code(copy(&s3, "k").send().await), "InvalidRequest");
}
