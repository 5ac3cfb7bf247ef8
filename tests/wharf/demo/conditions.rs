//! Conditional reads and writes.

use super::{BUCKET, body, client, code, demo};
use aws_sdk_s3::primitives::DateTime;
use wharf::demo::s3::Limits;

#[tokio::test]
async fn a_write_may_ask_that_nothing_stands_there() {
    let demo = demo();
    let s3 = client(&demo);
    let put = async || {
        s3.put_object()
            .bucket(BUCKET)
            .key("k")
            .if_none_match("*")
            .body(body("x"))
            .send()
            .await
    };
    put().await.unwrap();
    assert_eq!(code(put().await), "PreconditionFailed");
    let line = &demo.log().of("PutObject")[1];
    assert_eq!(
        (line.status, line.condition("if-none-match")),
        (412, Some("*"))
    );
}

#[tokio::test]
async fn a_write_may_ask_what_stands_there() {
    let demo = demo();
    let s3 = client(&demo);
    let put = async |etag: &str, text: &str| {
        let put = s3
            .put_object()
            .bucket(BUCKET)
            .key("k")
            .if_match(etag)
            .body(body(text.to_owned()));
        put.send().await
    };
    assert_eq!(code(put("\"0\"", "x").await), "NoSuchKey");
    let first = s3
        .put_object()
        .bucket(BUCKET)
        .key("k")
        .body(body("1"))
        .send()
        .await
        .unwrap();
    let second = put(first.e_tag().unwrap(), "2").await.unwrap();
    assert_eq!(
        code(put(first.e_tag().unwrap(), "3").await),
        "PreconditionFailed"
    );
    assert_eq!(demo.store().body(BUCKET, "k").unwrap(), "2");
    put(second.e_tag().unwrap(), "3").await.unwrap();
}

#[tokio::test]
async fn of_many_who_ask_that_nothing_stands_there_one_gets_through() {
    let demo = demo();
    let s3 = client(&demo);
    let writers: Vec<_> = (0..32)
        .map(|n: u8| {
            let put = s3.put_object().bucket(BUCKET).key("k").if_none_match("*");
            tokio::spawn(put.body(body(vec![n; 5000])).send())
        })
        .collect();
    let mut winners = Vec::new();
    for (n, writer) in (0_u8..).zip(writers) {
        match code(writer.await.unwrap()).as_str() {
            "no error" => winners.push(n),
            refused => assert_eq!(refused, "PreconditionFailed"),
        }
    }
    assert_eq!(winners.len(), 1);
    assert_eq!(
        demo.store().body(BUCKET, "k").unwrap(),
        vec![winners[0]; 5000]
    );
}

#[tokio::test]
async fn a_read_may_ask_for_what_is_known_or_not_known() {
    let demo = demo();
    demo.store().put(BUCKET, "k", "hello").unwrap();
    let s3 = client(&demo);
    let etag = "\"5d41402abc4b2a76b9719d911017c592\"";
    let get = || s3.get_object().bucket(BUCKET).key("k");
    assert!(get().if_match(etag).send().await.is_ok());
    assert_eq!(
        code(get().if_match("\"other\"").send().await),
        "PreconditionFailed"
    );
    let unchanged = get().if_none_match(etag).send().await.unwrap_err();
    assert_eq!(unchanged.raw_response().unwrap().status().as_u16(), 304);
    assert_eq!(
        unchanged.raw_response().unwrap().headers().get("etag"),
        Some(etag)
    );
    let long_ago = DateTime::from_secs(0);
    assert!(get().if_modified_since(long_ago).send().await.is_ok());
    assert_eq!(
        code(get().if_unmodified_since(long_ago).send().await),
        "PreconditionFailed"
    );
    let head = s3
        .head_object()
        .bucket(BUCKET)
        .key("k")
        .if_none_match(etag)
        .send()
        .await
        .unwrap_err();
    assert_eq!(head.raw_response().unwrap().status().as_u16(), 304);
    assert!(
        get().send().await.is_ok(),
        "the connection lives on after a 304"
    );
}

#[tokio::test]
async fn a_lesser_store_heeds_no_conditions_and_knows_no_checksums() {
    let demo = demo();
    demo.store().set_limits(Limits {
        conditions: false,
        checksums: false,
        ..Limits::default()
    });
    let s3 = client(&demo);
    for _ in 0..2 {
        let put = s3
            .put_object()
            .bucket(BUCKET)
            .key("k")
            .if_none_match("*")
            .body(body("x"))
            .send()
            .await
            .unwrap();
        assert_eq!((put.checksum_crc32(), put.checksum_type()), (None, None));
    }
}
