//! Checksums: verified when they come in, kept, echoed and told.

use super::{BUCKET, body, builder, client, code, demo};
use aws_sdk_s3::Client;
use aws_sdk_s3::config::RequestChecksumCalculation;
use aws_sdk_s3::types::{ChecksumAlgorithm, ChecksumMode, ObjectAttributes};

#[tokio::test]
async fn every_algorithm_is_verified_echoed_and_told_again() {
    let demo = demo();
    let s3 = client(&demo);
    let known = [
        (ChecksumAlgorithm::Crc32, "y/Q5Jg=="),
        (ChecksumAlgorithm::Crc32C, "4waSgw=="),
        (ChecksumAlgorithm::Crc64Nvme, "rosUhgp5mIg="),
        (ChecksumAlgorithm::Sha1, "98O8HYCOBHMq32eZZczDTKeuNEE="),
        (
            ChecksumAlgorithm::Sha256,
            "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU=",
        ),
    ];
    for (algorithm, value) in known {
        let key = algorithm.as_str();
        let put = s3
            .put_object()
            .bucket(BUCKET)
            .key(key)
            .body(body("123456789"))
            .checksum_algorithm(algorithm.clone());
        put.send().await.unwrap();
        let stored = demo.store().object(BUCKET, key).unwrap().checksum.unwrap();
        assert_eq!(
            (stored.algorithm.name(), stored.value.as_str()),
            (key, value)
        );
        let head = s3
            .head_object()
            .bucket(BUCKET)
            .key(key)
            .checksum_mode(ChecksumMode::Enabled)
            .send()
            .await
            .unwrap();
        let told = [
            head.checksum_crc32(),
            head.checksum_crc32_c(),
            head.checksum_crc64_nvme(),
            head.checksum_sha1(),
            head.checksum_sha256(),
        ];
        assert_eq!(told.into_iter().flatten().collect::<Vec<_>>(), [value]);
        let silent = s3
            .head_object()
            .bucket(BUCKET)
            .key(key)
            .send()
            .await
            .unwrap();
        assert_eq!(
            (silent.checksum_crc32(), silent.checksum_sha256()),
            (None, None)
        );
    }
}

#[tokio::test]
async fn a_false_claim_is_refused_and_nothing_is_stored() {
    let demo = demo();
    let s3 = client(&demo);
    let put = || {
        s3.put_object()
            .bucket(BUCKET)
            .key("k")
            .body(body("123456789"))
    };
    assert_eq!(
        code(put().checksum_crc32("AAAAAA==").send().await),
        "BadDigest"
    );
    assert_eq!(
        code(
            put()
                .checksum_sha256("FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiA=")
                .send()
                .await
        ),
        "BadDigest"
    );
    assert_eq!(
        code(put().content_md5("AAAAAAAAAAAAAAAAAAAAAA==").send().await),
        "BadDigest"
    );
    assert!(demo.store().objects(BUCKET).is_empty());
    put()
        .content_md5("JfnnlDI7RTiF9RgfG2JNCw==")
        .send()
        .await
        .unwrap();
}

#[tokio::test]
async fn without_a_wish_the_store_computes_its_own() {
    let demo = demo();
    let config =
        builder(&demo).request_checksum_calculation(RequestChecksumCalculation::WhenRequired);
    let s3 = Client::from_conf(config.build());
    let put = s3
        .put_object()
        .bucket(BUCKET)
        .key("k")
        .body(body("123456789"))
        .send()
        .await
        .unwrap();
    assert_eq!(put.checksum_crc64_nvme(), Some("rosUhgp5mIg="));
    assert_eq!(put.checksum_type().unwrap().as_str(), "FULL_OBJECT");
    let told = s3.get_object_attributes().bucket(BUCKET).key("k");
    let told = told
        .object_attributes(ObjectAttributes::Checksum)
        .object_attributes(ObjectAttributes::Etag);
    let told = told
        .object_attributes(ObjectAttributes::ObjectSize)
        .send()
        .await
        .unwrap();
    assert_eq!(
        told.checksum().unwrap().checksum_crc64_nvme(),
        Some("rosUhgp5mIg=")
    );
    assert_eq!(told.object_size(), Some(9));
    assert_eq!(
        told.e_tag(),
        Some("25f9e794323b453885f5181f1b624d0b"),
        "here without quotes"
    );
    assert!(told.storage_class().is_none());
}

#[tokio::test]
async fn rot_in_the_store_is_seen_by_the_reader_s_checksum() {
    let demo = demo();
    let s3 = client(&demo);
    s3.put_object()
        .bucket(BUCKET)
        .key("k")
        .body(body("123456789"))
        .send()
        .await
        .unwrap();
    demo.store().rot(BUCKET, "k");
    let got = s3
        .get_object()
        .bucket(BUCKET)
        .key("k")
        .checksum_mode(ChecksumMode::Enabled)
        .send()
        .await
        .unwrap();
    assert!(got.body.collect().await.is_err());
}
