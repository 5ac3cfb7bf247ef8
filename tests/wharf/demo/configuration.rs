//! Buckets and what is configured on them.

use super::{BUCKET, body, client, code, demo};
use aws_sdk_s3::types::{
    BucketLifecycleConfiguration, BucketVersioningStatus, ExpirationStatus, LifecycleExpiration,
    LifecycleRule, LifecycleRuleFilter, ServerSideEncryption, ServerSideEncryptionByDefault,
    ServerSideEncryptionConfiguration, ServerSideEncryptionRule, Tag, Tagging,
    VersioningConfiguration,
};

#[tokio::test]
async fn buckets_come_and_go_but_only_empty_ones_go() {
    let demo = demo();
    let s3 = client(&demo);
    s3.create_bucket().bucket("second").send().await.unwrap();
    assert_eq!(
        code(s3.create_bucket().bucket("second").send().await),
        "BucketAlreadyOwnedByYou"
    );
    let listed = s3.list_buckets().send().await.unwrap();
    let names: Vec<_> = listed
        .buckets()
        .iter()
        .map(|bucket| bucket.name().unwrap())
        .collect();
    assert_eq!(names, [BUCKET, "second"]);
    assert_eq!(
        s3.head_bucket()
            .bucket("second")
            .send()
            .await
            .unwrap()
            .bucket_region(),
        Some("us-east-1")
    );
    let location = s3
        .get_bucket_location()
        .bucket("second")
        .send()
        .await
        .unwrap();
    assert!(
        location
            .location_constraint()
            .is_none_or(|region| region.as_str().is_empty())
    );
    demo.store().put("second", "k", "x").unwrap();
    assert_eq!(
        code(s3.delete_bucket().bucket("second").send().await),
        "BucketNotEmpty"
    );
    demo.store().delete("second", "k");
    s3.delete_bucket().bucket("second").send().await.unwrap();
    assert_eq!(demo.store().bucket_names(), [BUCKET]);
    assert_eq!(
        code(s3.delete_bucket().bucket("second").send().await),
        "NoSuchBucket"
    );
}

#[tokio::test]
async fn versioning_is_set_and_told() {
    let demo = demo();
    let s3 = client(&demo);
    assert_eq!(
        s3.get_bucket_versioning()
            .bucket(BUCKET)
            .send()
            .await
            .unwrap()
            .status(),
        None
    );
    let enabled = VersioningConfiguration::builder()
        .status(BucketVersioningStatus::Enabled)
        .build();
    s3.put_bucket_versioning()
        .bucket(BUCKET)
        .versioning_configuration(enabled)
        .send()
        .await
        .unwrap();
    let told = s3
        .get_bucket_versioning()
        .bucket(BUCKET)
        .send()
        .await
        .unwrap();
    assert_eq!(told.status(), Some(&BucketVersioningStatus::Enabled));
    let first = s3
        .put_object()
        .bucket(BUCKET)
        .key("k")
        .body(body("1"))
        .send()
        .await
        .unwrap();
    s3.put_object()
        .bucket(BUCKET)
        .key("k")
        .body(body("2"))
        .send()
        .await
        .unwrap();
    let old = s3
        .head_object()
        .bucket(BUCKET)
        .key("k")
        .version_id(first.version_id().unwrap())
        .send()
        .await
        .unwrap();
    assert_eq!(old.e_tag(), first.e_tag());
}

#[tokio::test]
async fn lifecycle_rules_are_replaced_as_a_whole() {
    let demo = demo();
    let s3 = client(&demo);
    let told = async || {
        s3.get_bucket_lifecycle_configuration()
            .bucket(BUCKET)
            .send()
            .await
    };
    assert_eq!(code(told().await), "NoSuchLifecycleConfiguration");
    let rule = |id: &str| {
        let rule = LifecycleRule::builder()
            .id(id)
            .status(ExpirationStatus::Enabled);
        let rule = rule.filter(LifecycleRuleFilter::builder().prefix("logs/").build());
        rule.expiration(LifecycleExpiration::builder().days(30).build())
            .build()
            .unwrap()
    };
    for id in ["one", "two"] {
        let rules = BucketLifecycleConfiguration::builder()
            .rules(rule(id))
            .build()
            .unwrap();
        s3.put_bucket_lifecycle_configuration()
            .bucket(BUCKET)
            .lifecycle_configuration(rules)
            .send()
            .await
            .unwrap();
    }
    assert_eq!(told().await.unwrap().rules(), [rule("two")]);
    s3.delete_bucket_lifecycle()
        .bucket(BUCKET)
        .send()
        .await
        .unwrap();
    assert_eq!(code(told().await), "NoSuchLifecycleConfiguration");
}

#[tokio::test]
async fn a_bucket_s_default_encryption_is_used() {
    let demo = demo();
    let s3 = client(&demo);
    let default = ServerSideEncryptionByDefault::builder()
        .sse_algorithm(ServerSideEncryption::AwsKms)
        .kms_master_key_id("k1")
        .build()
        .unwrap();
    let rule = ServerSideEncryptionRule::builder()
        .apply_server_side_encryption_by_default(default)
        .build();
    let rules = ServerSideEncryptionConfiguration::builder()
        .rules(rule)
        .build()
        .unwrap();
    s3.put_bucket_encryption()
        .bucket(BUCKET)
        .server_side_encryption_configuration(rules.clone())
        .send()
        .await
        .unwrap();
    let told = s3
        .get_bucket_encryption()
        .bucket(BUCKET)
        .send()
        .await
        .unwrap();
    assert_eq!(told.server_side_encryption_configuration(), Some(&rules));
    let put = s3
        .put_object()
        .bucket(BUCKET)
        .key("k")
        .body(body("x"))
        .send()
        .await
        .unwrap();
    assert_eq!(put.ssekms_key_id(), Some("k1"));
    s3.delete_bucket_encryption()
        .bucket(BUCKET)
        .send()
        .await
        .unwrap();
    let put = s3
        .put_object()
        .bucket(BUCKET)
        .key("k")
        .body(body("x"))
        .send()
        .await
        .unwrap();
    assert_eq!(
        put.server_side_encryption(),
        Some(&ServerSideEncryption::Aes256)
    );
}

#[tokio::test]
async fn objects_and_buckets_have_tags() {
    let demo = demo();
    let s3 = client(&demo);
    let tag = |key: &str, value: &str| Tag::builder().key(key).value(value).build().unwrap();
    let tags = |tags: Vec<Tag>| Tagging::builder().set_tag_set(Some(tags)).build().unwrap();
    s3.put_object()
        .bucket(BUCKET)
        .key("k")
        .body(body("x"))
        .tagging("a=1&b=%C3%BC")
        .send()
        .await
        .unwrap();
    let told = s3
        .get_object_tagging()
        .bucket(BUCKET)
        .key("k")
        .send()
        .await
        .unwrap();
    assert_eq!(told.tag_set(), [tag("a", "1"), tag("b", "ü")]);
    assert_eq!(
        s3.get_object()
            .bucket(BUCKET)
            .key("k")
            .send()
            .await
            .unwrap()
            .tag_count(),
        Some(2)
    );
    s3.put_object_tagging()
        .bucket(BUCKET)
        .key("k")
        .tagging(tags(vec![tag("c", "3")]))
        .send()
        .await
        .unwrap();
    assert_eq!(
        demo.store().object(BUCKET, "k").unwrap().tags,
        [("c".to_owned(), "3".to_owned())]
    );
    s3.delete_object_tagging()
        .bucket(BUCKET)
        .key("k")
        .send()
        .await
        .unwrap();
    assert!(demo.store().object(BUCKET, "k").unwrap().tags.is_empty());
    assert_eq!(
        code(s3.get_bucket_tagging().bucket(BUCKET).send().await),
        "NoSuchTagSet"
    );
    s3.put_bucket_tagging()
        .bucket(BUCKET)
        .tagging(tags(vec![tag("team", "cards")]))
        .send()
        .await
        .unwrap();
    assert_eq!(
        s3.get_bucket_tagging()
            .bucket(BUCKET)
            .send()
            .await
            .unwrap()
            .tag_set(),
        [tag("team", "cards")]
    );
}
