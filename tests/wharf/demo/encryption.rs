//! Encryption at rest: what is told, and customer keys that alone open.

use super::{BUCKET, body, client, code, demo};
use aws_sdk_s3::types::ServerSideEncryption;
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use md5::{Digest as _, Md5};

fn key(fill: u8) -> (String, String) {
    (
        BASE64.encode([fill; 32]),
        BASE64.encode(Md5::digest([fill; 32])),
    )
}

#[tokio::test]
async fn the_etag_is_an_md5_only_under_keys_of_s3() {
    let demo = demo();
    let s3 = client(&demo);
    let put = || s3.put_object().bucket(BUCKET).key("k").body(body("hello"));
    let plain = put()
        .server_side_encryption(ServerSideEncryption::Aes256)
        .send()
        .await
        .unwrap();
    assert_eq!(plain.e_tag(), Some("\"5d41402abc4b2a76b9719d911017c592\""));
    assert_eq!(
        plain.server_side_encryption(),
        Some(&ServerSideEncryption::Aes256)
    );
    let kms = put()
        .server_side_encryption(ServerSideEncryption::AwsKms)
        .ssekms_key_id("my-key")
        .send()
        .await
        .unwrap();
    assert_ne!(kms.e_tag(), plain.e_tag());
    let head = s3
        .head_object()
        .bucket(BUCKET)
        .key("k")
        .send()
        .await
        .unwrap();
    assert_eq!(
        (head.server_side_encryption(), head.ssekms_key_id()),
        (Some(&ServerSideEncryption::AwsKms), Some("my-key"))
    );
    assert_eq!(head.e_tag(), kms.e_tag());
}

#[tokio::test]
async fn only_the_customer_s_key_opens() {
    let demo = demo();
    let s3 = client(&demo);
    let ((one, one_md5), (two, two_md5)) = (key(1), key(2));
    let put = s3.put_object().bucket(BUCKET).key("k").body(body("secret"));
    let put = put
        .sse_customer_algorithm("AES256")
        .sse_customer_key(&one)
        .sse_customer_key_md5(&one_md5)
        .send()
        .await
        .unwrap();
    assert_eq!(put.sse_customer_key_md5(), Some(one_md5.as_str()));
    let get = || {
        s3.get_object()
            .bucket(BUCKET)
            .key("k")
            .sse_customer_algorithm("AES256")
    };
    let opened = get()
        .sse_customer_key(&one)
        .sse_customer_key_md5(&one_md5)
        .send()
        .await
        .unwrap();
    assert_eq!(opened.body.collect().await.unwrap().into_bytes(), "secret");
    assert_eq!(
        code(
            get()
                .sse_customer_key(&two)
                .sse_customer_key_md5(&two_md5)
                .send()
                .await
        ),
        "AccessDenied"
    );
    assert_eq!(
        code(s3.get_object().bucket(BUCKET).key("k").send().await),
        "InvalidRequest"
    );
    let head = s3
        .head_object()
        .bucket(BUCKET)
        .key("k")
        .send()
        .await
        .unwrap_err();
    assert_eq!(head.raw_response().unwrap().status().as_u16(), 400);
    let copy = s3
        .copy_object()
        .bucket(BUCKET)
        .key("c")
        .copy_source(format!("{BUCKET}/k"));
    assert_eq!(code(copy.clone().send().await), "InvalidRequest");
    let copy = copy
        .copy_source_sse_customer_algorithm("AES256")
        .copy_source_sse_customer_key(&one)
        .copy_source_sse_customer_key_md5(&one_md5);
    let copy = copy
        .sse_customer_algorithm("AES256")
        .sse_customer_key(&two)
        .sse_customer_key_md5(&two_md5);
    copy.send().await.unwrap();
    let copied = s3
        .get_object()
        .bucket(BUCKET)
        .key("c")
        .sse_customer_algorithm("AES256")
        .sse_customer_key(&two);
    assert!(copied.sse_customer_key_md5(&two_md5).send().await.is_ok());
    let text = format!("{:?}{:?}", demo.store(), demo.log().lines());
    assert!(
        !text.contains(&one) && text.contains(&one_md5),
        "the key itself is kept nowhere"
    );
}

#[tokio::test]
async fn every_part_needs_the_customer_s_key() {
    let demo = demo();
    let s3 = client(&demo);
    let (one, one_md5) = key(1);
    let begun = s3
        .create_multipart_upload()
        .bucket(BUCKET)
        .key("k")
        .sse_customer_algorithm("AES256");
    let begun = begun
        .sse_customer_key(&one)
        .sse_customer_key_md5(&one_md5)
        .send()
        .await
        .unwrap();
    let part = || {
        s3.upload_part()
            .bucket(BUCKET)
            .key("k")
            .upload_id(begun.upload_id().unwrap())
            .part_number(1)
            .body(body("x"))
    };
    assert_eq!(code(part().send().await), "InvalidRequest");
    part()
        .sse_customer_algorithm("AES256")
        .sse_customer_key(&one)
        .sse_customer_key_md5(&one_md5)
        .send()
        .await
        .unwrap();
}
