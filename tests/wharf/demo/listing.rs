//! Listings: pages, folders, encodings and what an entry tells.

use super::{BUCKET, body, client, demo};
use aws_sdk_s3::Client;
use aws_sdk_s3::types::{EncodingType, StorageClass};

/// Every key and common prefix, page by page.
async fn walk(
    s3: &Client,
    prefix: &str,
    delimiter: Option<&str>,
    size: i32,
) -> (Vec<String>, Vec<String>, usize) {
    let (mut keys, mut prefixes, mut pages) = (Vec::new(), Vec::new(), 0);
    let mut token = None;
    loop {
        let listed = s3
            .list_objects_v2()
            .bucket(BUCKET)
            .prefix(prefix)
            .set_delimiter(delimiter.map(str::to_owned))
            .max_keys(size);
        let page = listed.set_continuation_token(token).send().await.unwrap();
        pages += 1;
        keys.extend(
            page.contents()
                .iter()
                .map(|object| object.key().unwrap().to_owned()),
        );
        prefixes.extend(
            page.common_prefixes()
                .iter()
                .map(|prefix| prefix.prefix().unwrap().to_owned()),
        );
        assert_eq!(
            page.key_count(),
            Some(i32::try_from(page.contents().len() + page.common_prefixes().len()).unwrap())
        );
        token = page.next_continuation_token().map(str::to_owned);
        assert_eq!(page.is_truncated(), Some(token.is_some()));
        if token.is_none() {
            return (keys, prefixes, pages);
        }
    }
}

#[tokio::test]
async fn pages_follow_each_other_in_byte_order() {
    let demo = demo();
    let keys = ["Z", "a", "a b", "a/1", "a/2", "a/b/3", "a0", "b", "é", "日"];
    for key in keys {
        demo.store().put(BUCKET, key, "x").unwrap();
    }
    let s3 = client(&demo);
    for size in [1, 3, 1000] {
        let (listed, _, pages) = walk(&s3, "", None, size).await;
        assert_eq!(listed, keys);
        assert_eq!(pages, keys.len().div_ceil(usize::try_from(size).unwrap()));
        let (files, folders, _) = walk(&s3, "", Some("/"), size).await;
        assert_eq!(files, ["Z", "a", "a b", "a0", "b", "é", "日"]);
        assert_eq!(folders, ["a/"]);
        let (files, folders, _) = walk(&s3, "a/", Some("/"), size).await;
        assert_eq!(
            (files.join(" "), folders.join(" ")),
            ("a/1 a/2".to_owned(), "a/b/".to_owned())
        );
    }
    let after = s3
        .list_objects_v2()
        .bucket(BUCKET)
        .start_after("a/2")
        .max_keys(2)
        .send()
        .await
        .unwrap();
    let after: Vec<_> = after
        .contents()
        .iter()
        .map(|object| object.key().unwrap())
        .collect();
    assert_eq!(after, ["a/b/3", "a0"]);
}

#[tokio::test]
async fn a_thousand_keys_are_a_page_and_no_more() {
    let demo = demo();
    for n in 0..2500 {
        demo.store().put(BUCKET, &format!("k{n:05}"), "x").unwrap();
    }
    let s3 = client(&demo);
    let (keys, _, pages) = walk(&s3, "", None, 5000).await;
    assert_eq!((keys.len(), pages), (2500, 3));
    assert_eq!(demo.log().count("ListObjectsV2"), 3);
}

#[tokio::test]
async fn an_entry_tells_size_class_etag_and_checksum_algorithm() {
    let demo = demo();
    let s3 = client(&demo);
    let put = s3
        .put_object()
        .bucket(BUCKET)
        .key("k")
        .body(body("hello"))
        .storage_class(StorageClass::StandardIa);
    put.send().await.unwrap();
    let listed = s3
        .list_objects_v2()
        .bucket(BUCKET)
        .fetch_owner(true)
        .send()
        .await
        .unwrap();
    let entry = &listed.contents()[0];
    assert_eq!(entry.size(), Some(5));
    assert_eq!(entry.e_tag(), Some("\"5d41402abc4b2a76b9719d911017c592\""));
    assert_eq!(entry.storage_class().unwrap().as_str(), "STANDARD_IA");
    assert_eq!(entry.checksum_algorithm()[0].as_str(), "CRC32");
    assert_eq!(entry.checksum_type().unwrap().as_str(), "FULL_OBJECT");
    assert_eq!(entry.last_modified().unwrap().subsec_nanos(), 0);
    assert!(entry.owner().is_some());
}

#[tokio::test]
async fn keys_can_be_had_encoded() {
    let demo = demo();
    for key in ["a b+c", "new\nline", "ü/x"] {
        demo.store().put(BUCKET, key, "x").unwrap();
    }
    let s3 = client(&demo);
    let listed = s3
        .list_objects_v2()
        .bucket(BUCKET)
        .encoding_type(EncodingType::Url)
        .delimiter("/")
        .send()
        .await
        .unwrap();
    let keys: Vec<_> = listed
        .contents()
        .iter()
        .map(|object| object.key().unwrap())
        .collect();
    assert_eq!(keys, ["a%20b%2Bc", "new%0Aline"]);
    assert_eq!(listed.common_prefixes()[0].prefix(), Some("%C3%BC/"));
    assert_eq!(listed.encoding_type(), Some(&EncodingType::Url));
}

#[tokio::test]
async fn the_first_version_of_the_listing_goes_by_markers() {
    let demo = demo();
    for key in ["a/1", "a/2", "b", "c/1"] {
        demo.store().put(BUCKET, key, "x").unwrap();
    }
    let s3 = client(&demo);
    let first = s3
        .list_objects()
        .bucket(BUCKET)
        .delimiter("/")
        .max_keys(1)
        .send()
        .await
        .unwrap();
    assert_eq!(first.next_marker(), Some("a/"));
    let second = s3
        .list_objects()
        .bucket(BUCKET)
        .delimiter("/")
        .marker("a/")
        .send()
        .await
        .unwrap();
    assert_eq!(second.contents()[0].key(), Some("b"));
    assert_eq!(second.common_prefixes()[0].prefix(), Some("c/"));
    assert_eq!(second.is_truncated(), Some(false));
}

#[tokio::test]
async fn versions_are_listed_with_their_markers_page_by_page() {
    let demo = demo();
    let (s3, store) = (client(&demo), demo.store());
    store.put(BUCKET, "old", "before").unwrap();
    store.set_versioning(BUCKET, wharf::demo::Versioning::Enabled);
    for text in ["1", "2", "3"] {
        store.put(BUCKET, "k", text).unwrap();
    }
    store.delete(BUCKET, "k");
    let (mut told, mut key, mut id) = (Vec::new(), None, None);
    loop {
        let page = s3
            .list_object_versions()
            .bucket(BUCKET)
            .max_keys(2)
            .set_key_marker(key)
            .set_version_id_marker(id)
            .send()
            .await
            .unwrap();
        let versions = page.versions().iter().map(|v| {
            (
                v.key().unwrap(),
                v.version_id().unwrap(),
                v.is_latest().unwrap(),
                v.size(),
            )
        });
        let markers = page.delete_markers().iter().map(|m| {
            (
                m.key().unwrap(),
                m.version_id().unwrap(),
                m.is_latest().unwrap(),
                None,
            )
        });
        told.extend(
            markers
                .chain(versions)
                .map(|(key, id, latest, size)| (key.to_owned(), id.to_owned(), latest, size)),
        );
        if page.is_truncated() != Some(true) {
            break;
        }
        key = page.next_key_marker().map(str::to_owned);
        id = page.next_version_id_marker().map(str::to_owned);
    }
    let of_k: Vec<&str> = told
        .iter()
        .filter(|(key, ..)| key == "k")
        .map(|(_, id, ..)| id.as_str())
        .collect();
    let stored = store.versions(BUCKET, "k");
    assert_eq!(
        of_k,
        stored.iter().map(|(id, _)| id.as_str()).collect::<Vec<_>>()
    );
    assert_eq!(
        stored.iter().map(|(_, marker)| *marker).collect::<Vec<_>>(),
        [true, false, false, false]
    );
    assert_eq!(
        told.last().unwrap(),
        &("old".to_owned(), "null".to_owned(), true, Some(6))
    );
    let old = s3
        .get_object()
        .bucket(BUCKET)
        .key("k")
        .version_id(&stored[3].0)
        .send()
        .await
        .unwrap();
    assert_eq!(old.body.collect().await.unwrap().into_bytes(), "1");
    let listed = s3.list_objects_v2().bucket(BUCKET).send().await.unwrap();
    assert_eq!(listed.contents().len(), 1);
}
