//! Writing, reading and deleting single objects.

use super::{BUCKET, REGION, body, client, code, demo};
use aws_sdk_s3::types::{ChecksumMode, RestoreRequest, StorageClass};
use wharf::demo::{Demo, Options};

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

#[tokio::test]
async fn ranges_are_cut_and_what_lies_beyond_is_refused() {
    let demo = demo();
    demo.store().put(BUCKET, "k", "0123456789").unwrap();
    let s3 = client(&demo);
    let range = async |range: &str| {
        s3.get_object()
            .bucket(BUCKET)
            .key("k")
            .range(range)
            .send()
            .await
    };
    let middle = range("bytes=2-4").await.unwrap();
    assert_eq!(middle.content_range(), Some("bytes 2-4/10"));
    assert_eq!(middle.body.collect().await.unwrap().into_bytes(), "234");
    let tail = range("bytes=-3").await.unwrap();
    assert_eq!(tail.body.collect().await.unwrap().into_bytes(), "789");
    let open = range("bytes=8-99").await.unwrap();
    assert_eq!(
        (open.content_range(), open.content_length()),
        (Some("bytes 8-9/10"), Some(2))
    );
    assert_eq!(code(range("bytes=10-").await), "InvalidRange");
    let statuses: Vec<u16> = demo
        .log()
        .of("GetObject")
        .iter()
        .map(|line| line.status)
        .collect();
    assert_eq!(statuses, [206, 206, 206, 416]);
    assert_eq!(
        demo.log().of("GetObject")[0].range.as_deref(),
        Some("bytes=2-4")
    );
    let head = s3
        .head_object()
        .bucket(BUCKET)
        .key("k")
        .range("bytes=2-4")
        .send()
        .await
        .unwrap();
    assert_eq!(head.content_length(), Some(3));
}

#[tokio::test]
async fn strange_keys_are_kept_exactly() {
    let demo = demo();
    let s3 = client(&demo);
    let long = "k".repeat(1024);
    let keys = [
        "a",
        "a/b",
        "a//b",
        "./a",
        "a/./b",
        "a/../b",
        "/lead",
        "trail/",
        "sp ace",
        "pl+us",
        "per%2Fcent",
        "é",
        "日本/🎴",
        "new\nline",
        "esc\u{1b}[31m",
        "q?x=1&y",
        "h#sh",
        "quote\"'<>&",
        &long,
    ];
    for key in keys {
        s3.put_object()
            .bucket(BUCKET)
            .key(key)
            .body(body(key.to_owned()))
            .send()
            .await
            .unwrap();
    }
    for key in keys {
        let got = s3
            .get_object()
            .bucket(BUCKET)
            .key(key)
            .send()
            .await
            .unwrap();
        assert_eq!(
            got.body.collect().await.unwrap().into_bytes(),
            key.as_bytes(),
            "{key:?}"
        );
    }
    let mut stored = demo.store().keys(BUCKET, "");
    stored.sort_unstable();
    let mut sent = keys.map(str::to_owned);
    sent.sort_unstable();
    assert_eq!(stored, sent);
    let too_long = s3
        .put_object()
        .bucket(BUCKET)
        .key("k".repeat(1025))
        .body(body("x"))
        .send()
        .await;
    assert_eq!(code(too_long), "KeyTooLongError");
}

#[tokio::test]
async fn every_answer_has_an_id_and_the_clock_s_date() {
    let demo = demo();
    demo.clock()
        .hold(std::time::UNIX_EPOCH + std::time::Duration::from_hours(24 * 365 * 30));
    let s3 = client(&demo);
    s3.put_object()
        .bucket(BUCKET)
        .key("k")
        .body(body("x"))
        .send()
        .await
        .unwrap();
    let failed = s3
        .get_object()
        .bucket(BUCKET)
        .key("none")
        .send()
        .await
        .unwrap_err();
    let raw = failed.raw_response().unwrap();
    assert_eq!(
        raw.headers().get("date"),
        Some("Sat, 25 Dec 1999 00:00:00 GMT")
    );
    assert_eq!(
        raw.headers().get("x-amz-request-id"),
        Some("0000000000000002")
    );
    let xml = std::str::from_utf8(raw.body().bytes().unwrap()).unwrap();
    assert!(
        xml.contains("<RequestId>0000000000000002</RequestId>"),
        "{xml}"
    );
    assert_eq!(
        demo.store().object(BUCKET, "k").unwrap().modified,
        demo.clock().now()
    );
}

#[tokio::test]
async fn big_bodies_go_to_the_spill_folder_and_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options {
        spill: Some(folder.path().join("bodies")),
        spill_over: 1000,
        ..Options::default()
    };
    let demo = Demo::start(options).unwrap();
    demo.store().create_bucket(BUCKET, REGION);
    let s3 = client(&demo);
    let big: Vec<u8> = (0..2_000_000_u32).flat_map(u32::to_le_bytes).collect();
    s3.put_object()
        .bucket(BUCKET)
        .key("big")
        .body(body(big.clone()))
        .send()
        .await
        .unwrap();
    s3.put_object()
        .bucket(BUCKET)
        .key("small")
        .body(body("x"))
        .send()
        .await
        .unwrap();
    assert_eq!(
        std::fs::read_dir(folder.path().join("bodies"))
            .unwrap()
            .count(),
        1
    );
    let got = s3
        .get_object()
        .bucket(BUCKET)
        .key("big")
        .send()
        .await
        .unwrap();
    assert_eq!(got.body.collect().await.unwrap().into_bytes(), big);
    demo.store().delete(BUCKET, "big");
    assert_eq!(
        std::fs::read_dir(folder.path().join("bodies"))
            .unwrap()
            .count(),
        0
    );
}

#[tokio::test]
async fn archived_objects_are_read_only_after_they_are_restored() {
    let demo = demo();
    let s3 = client(&demo);
    let put = s3
        .put_object()
        .bucket(BUCKET)
        .key("old")
        .body(body("cold"))
        .storage_class(StorageClass::DeepArchive);
    put.send().await.unwrap();
    let get = async || s3.get_object().bucket(BUCKET).key("old").send().await;
    assert_eq!(code(get().await), "InvalidObjectState");
    let head = s3
        .head_object()
        .bucket(BUCKET)
        .key("old")
        .send()
        .await
        .unwrap();
    assert_eq!(head.storage_class(), Some(&StorageClass::DeepArchive));
    let request = RestoreRequest::builder().days(2).build();
    s3.restore_object()
        .bucket(BUCKET)
        .key("old")
        .restore_request(request)
        .send()
        .await
        .unwrap();
    assert_eq!(
        get()
            .await
            .unwrap()
            .body
            .collect()
            .await
            .unwrap()
            .into_bytes(),
        "cold"
    );
    let head = s3
        .head_object()
        .bucket(BUCKET)
        .key("old")
        .send()
        .await
        .unwrap();
    assert!(
        head.restore()
            .unwrap()
            .contains("ongoing-request=\"false\"")
    );
    demo.clock().advance(std::time::Duration::from_hours(49));
    assert_eq!(code(get().await), "InvalidObjectState");
    let bad = s3
        .put_object()
        .bucket(BUCKET)
        .key("x")
        .body(body("x"))
        .storage_class("COLD".into())
        .send()
        .await;
    assert_eq!(code(bad), "InvalidStorageClass");
}
