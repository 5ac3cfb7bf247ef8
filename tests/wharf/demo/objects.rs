//! Writing, reading and deleting single objects.

use super::{BUCKET, body, client, code, demo};
use aws_sdk_s3::types::ChecksumMode;

#[tokio::test]
async fn an_object_goes_up_and_comes_down_with_all_its_headers() {
    let demo = demo();
    let s3 = client(&demo);
    let put = s3
        .put_object()
        .bucket(BUCKET)
        .key("a b/ü+%2F.txt")
        .body(body("hello"))
        .content_type("text/plain")
        .content_encoding("gzip")
        .content_disposition("inline")
        .cache_control("no-store")
        .metadata("mtime", "1.5")
        .send()
        .await
        .unwrap();
    assert_eq!(put.e_tag(), Some("\"5d41402abc4b2a76b9719d911017c592\""));
    let got = s3
        .get_object()
        .bucket(BUCKET)
        .key("a b/ü+%2F.txt")
        .checksum_mode(ChecksumMode::Enabled)
        .send()
        .await
        .unwrap();
    assert_eq!(got.content_type(), Some("text/plain"));
    assert_eq!(got.content_encoding(), Some("gzip"));
    assert_eq!(got.content_disposition(), Some("inline"));
    assert_eq!(got.cache_control(), Some("no-store"));
    assert_eq!(got.metadata().unwrap()["mtime"], "1.5");
    assert_eq!(got.checksum_crc32(), put.checksum_crc32());
    assert!(put.checksum_crc32().is_some());
    assert_eq!(got.body.collect().await.unwrap().into_bytes(), "hello");
    let line = &demo.log().of("GetObject")[0];
    assert_eq!(
        (line.status, line.bytes_out, line.key.as_str()),
        (200, 5, "a b/ü+%2F.txt")
    );
    assert_eq!(demo.log().of("PutObject")[0].bytes_in, 5);
}

#[tokio::test]
async fn what_is_not_there_is_named() {
    let demo = demo();
    let s3 = client(&demo);
    let get = s3.get_object().bucket(BUCKET).key("none").send().await;
    assert_eq!(code(get), "NoSuchKey");
    let get = s3.get_object().bucket("no-such").key("none").send().await;
    assert_eq!(code(get), "NoSuchBucket");
    let head = s3.head_object().bucket(BUCKET).key("none").send().await;
    assert_eq!(
        head.unwrap_err().raw_response().unwrap().status().as_u16(),
        404
    );
}
