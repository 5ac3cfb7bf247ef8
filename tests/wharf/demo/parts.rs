//! Uploads in parts, from begin to end or to abort.

use super::{BUCKET, body, client, code, demo};
use aws_sdk_s3::Client;
use aws_sdk_s3::types::{
    ChecksumAlgorithm, ChecksumMode, ChecksumType, CompletedMultipartUpload, CompletedPart,
    ObjectAttributes,
};
use bytes::Bytes;
use wharf::demo::s3::Limits;
use wharf::demo::{Demo, Fault, Rule};

const MIB: usize = 1 << 20;

fn bytes(size: usize, fill: u8) -> Bytes {
    Bytes::from(vec![fill; size])
}

async fn begin(
    s3: &Client,
    key: &str,
    algorithm: Option<ChecksumAlgorithm>,
    kind: Option<ChecksumType>,
) -> String {
    let begun = s3
        .create_multipart_upload()
        .bucket(BUCKET)
        .key(key)
        .set_checksum_algorithm(algorithm)
        .set_checksum_type(kind);
    begun.send().await.unwrap().upload_id().unwrap().to_owned()
}

async fn send(
    s3: &Client,
    upload: &str,
    number: i32,
    data: Bytes,
    algorithm: Option<ChecksumAlgorithm>,
) -> CompletedPart {
    let sent = s3
        .upload_part()
        .bucket(BUCKET)
        .key("k")
        .upload_id(upload)
        .part_number(number)
        .body(body(data));
    let sent = sent.set_checksum_algorithm(algorithm).send().await.unwrap();
    CompletedPart::builder()
        .part_number(number)
        .e_tag(sent.e_tag().unwrap())
        .set_checksum_crc32(sent.checksum_crc32().map(str::to_owned))
        .set_checksum_crc64_nvme(sent.checksum_crc64_nvme().map(str::to_owned))
        .set_checksum_sha256(sent.checksum_sha256().map(str::to_owned))
        .build()
}

fn list(parts: impl IntoIterator<Item = CompletedPart>) -> CompletedMultipartUpload {
    CompletedMultipartUpload::builder()
        .set_parts(Some(parts.into_iter().collect()))
        .build()
}

#[tokio::test]
async fn parts_make_an_object_with_the_etag_of_parts() {
    let demo = demo();
    let s3 = client(&demo);
    let upload = begin(&s3, "k", None, None).await;
    let two = send(&s3, &upload, 2, bytes(MIB, 2), None).await;
    let one = send(&s3, &upload, 1, bytes(5 * MIB, 1), None).await;
    let parts = s3
        .list_parts()
        .bucket(BUCKET)
        .key("k")
        .upload_id(&upload)
        .send()
        .await
        .unwrap();
    let sizes: Vec<_> = parts
        .parts()
        .iter()
        .map(|part| part.size().unwrap())
        .collect();
    assert_eq!(sizes, [5 * 1024 * 1024, 1024 * 1024]);
    let complete = || {
        s3.complete_multipart_upload()
            .bucket(BUCKET)
            .key("k")
            .upload_id(&upload)
    };
    let done = complete()
        .multipart_upload(list([one.clone(), two.clone()]))
        .send()
        .await
        .unwrap();
    let etag = done.e_tag().unwrap().to_owned();
    assert!(etag.ends_with("-2\""), "{etag}");
    assert_eq!(done.checksum_type(), Some(&ChecksumType::FullObject));
    let whole = [bytes(5 * MIB, 1), bytes(MIB, 2)].concat();
    assert_eq!(demo.store().body(BUCKET, "k").unwrap(), whole);
    let got = s3
        .get_object()
        .bucket(BUCKET)
        .key("k")
        .checksum_mode(ChecksumMode::Enabled)
        .send()
        .await
        .unwrap();
    assert_eq!(got.checksum_crc64_nvme(), done.checksum_crc64_nvme());
    assert_eq!(
        got.body.collect().await.unwrap().into_bytes(),
        whole,
        "and the SDK verified the checksum of the whole"
    );
    let again = complete()
        .multipart_upload(list([one, two]))
        .send()
        .await
        .unwrap();
    assert_eq!(
        again.e_tag(),
        Some(etag.as_str()),
        "a completion that is asked for again is answered again"
    );
    let part = s3
        .get_object()
        .bucket(BUCKET)
        .key("k")
        .part_number(2)
        .send()
        .await
        .unwrap();
    assert_eq!(
        (part.parts_count(), part.content_length()),
        (Some(2), Some(1024 * 1024))
    );
    assert!(demo.store().uploads(BUCKET).is_empty());
}

#[tokio::test]
async fn sums_of_parts_are_composed_and_full_ones_are_combined() {
    let demo = demo();
    let s3 = client(&demo);
    let cases = [
        (ChecksumAlgorithm::Sha256, ChecksumType::Composite),
        (ChecksumAlgorithm::Crc32, ChecksumType::Composite),
        (ChecksumAlgorithm::Crc32, ChecksumType::FullObject),
        (ChecksumAlgorithm::Crc64Nvme, ChecksumType::FullObject),
    ];
    for (algorithm, kind) in cases {
        let upload = begin(&s3, "k", Some(algorithm.clone()), Some(kind.clone())).await;
        let one = send(&s3, &upload, 1, bytes(5 * MIB, 1), Some(algorithm.clone())).await;
        let two = send(&s3, &upload, 2, bytes(9, 2), Some(algorithm.clone())).await;
        let done = s3
            .complete_multipart_upload()
            .bucket(BUCKET)
            .key("k")
            .upload_id(&upload)
            .multipart_upload(list([one, two]));
        done.checksum_type(kind.clone()).send().await.unwrap();
        let stored = demo.store().object(BUCKET, "k").unwrap().checksum.unwrap();
        assert_eq!(
            (stored.algorithm.name(), stored.kind.name()),
            (algorithm.as_str(), kind.as_str())
        );
        assert_eq!(
            stored.value.ends_with("-2"),
            kind == ChecksumType::Composite
        );
        let got = s3
            .get_object()
            .bucket(BUCKET)
            .key("k")
            .checksum_mode(ChecksumMode::Enabled)
            .send()
            .await
            .unwrap();
        assert_eq!(
            got.body.collect().await.unwrap().into_bytes().len(),
            5 * MIB + 9
        );
        let told = s3
            .get_object_attributes()
            .bucket(BUCKET)
            .key("k")
            .object_attributes(ObjectAttributes::ObjectParts)
            .send()
            .await
            .unwrap();
        let parts = told.object_parts().unwrap();
        assert_eq!(
            (parts.total_parts_count(), parts.parts().len()),
            (Some(2), 2)
        );
    }
    let impossible = s3
        .create_multipart_upload()
        .bucket(BUCKET)
        .key("k")
        .checksum_algorithm(ChecksumAlgorithm::Sha256);
    assert_eq!(
        code(
            impossible
                .checksum_type(ChecksumType::FullObject)
                .send()
                .await
        ),
        "InvalidRequest"
    );
}

#[tokio::test]
async fn a_completion_that_does_not_fit_is_refused() {
    let demo = demo();
    let s3 = client(&demo);
    let upload = begin(&s3, "k", None, None).await;
    let one = send(&s3, &upload, 1, bytes(1000, 1), None).await;
    let two = send(&s3, &upload, 2, bytes(1000, 2), None).await;
    let complete = async |parts: Vec<CompletedPart>| {
        let done = s3
            .complete_multipart_upload()
            .bucket(BUCKET)
            .key("k")
            .upload_id(&upload);
        code(done.multipart_upload(list(parts)).send().await)
    };
    assert_eq!(
        complete(vec![one.clone(), two.clone()]).await,
        "EntityTooSmall"
    );
    assert_eq!(
        complete(vec![two.clone(), one.clone()]).await,
        "InvalidPartOrder"
    );
    let foreign = CompletedPart::builder()
        .part_number(1)
        .e_tag("\"0\"")
        .build();
    assert_eq!(complete(vec![foreign]).await, "InvalidPart");
    assert_eq!(complete(vec![]).await, "MalformedXML");
    let done = || {
        s3.complete_multipart_upload()
            .bucket(BUCKET)
            .key("k")
            .upload_id(&upload)
            .multipart_upload(list([one.clone()]))
    };
    assert_eq!(
        code(done().checksum_crc64_nvme("AAAAAAAAAAA=").send().await),
        "BadDigest"
    );
    assert_eq!(
        code(done().mpu_object_size(7).send().await),
        "InvalidRequest"
    );
    demo.store().put(BUCKET, "k", "x").unwrap();
    assert_eq!(
        code(done().if_none_match("*").send().await),
        "PreconditionFailed"
    );
    assert_eq!(
        demo.store().uploads(BUCKET)[0].parts,
        2,
        "a refused completion leaves the upload"
    );
    demo.store().set_limits(Limits {
        part: 1000,
        ..Limits::default()
    });
    assert_eq!(complete(vec![one, two]).await, "no error");
}

#[tokio::test]
async fn unfinished_uploads_are_listed_and_can_be_given_up() {
    let demo = demo();
    let s3 = client(&demo);
    for key in ["a/1", "a/2", "b"] {
        begin(&s3, key, None, None).await;
    }
    let listed = s3
        .list_multipart_uploads()
        .bucket(BUCKET)
        .max_uploads(2)
        .send()
        .await
        .unwrap();
    assert_eq!(
        (listed.uploads().len(), listed.is_truncated()),
        (2, Some(true))
    );
    let rest = s3
        .list_multipart_uploads()
        .bucket(BUCKET)
        .key_marker(listed.next_key_marker().unwrap());
    let rest = rest
        .upload_id_marker(listed.next_upload_id_marker().unwrap())
        .send()
        .await
        .unwrap();
    assert_eq!(rest.uploads()[0].key(), Some("b"));
    let folders = s3
        .list_multipart_uploads()
        .bucket(BUCKET)
        .delimiter("/")
        .send()
        .await
        .unwrap();
    assert_eq!(
        (folders.common_prefixes().len(), folders.uploads().len()),
        (1, 1)
    );
    let id = rest.uploads()[0].upload_id().unwrap();
    s3.abort_multipart_upload()
        .bucket(BUCKET)
        .key("b")
        .upload_id(id)
        .send()
        .await
        .unwrap();
    let gone = s3
        .abort_multipart_upload()
        .bucket(BUCKET)
        .key("b")
        .upload_id(id)
        .send()
        .await;
    assert_eq!(code(gone), "NoSuchUpload");
    let gone = s3
        .upload_part()
        .bucket(BUCKET)
        .key("b")
        .upload_id(id)
        .part_number(1)
        .body(body("x"))
        .send()
        .await;
    assert_eq!(code(gone), "NoSuchUpload");
    assert_eq!(demo.store().uploads(BUCKET).len(), 2);
}

#[tokio::test]
async fn parts_are_copied_from_ranges_of_what_the_caller_takes_it_for() {
    let demo = demo();
    demo.store()
        .put(BUCKET, "src/ü 1", bytes(6 * MIB, 3))
        .unwrap();
    let etag = demo.store().object(BUCKET, "src/ü 1").unwrap().etag;
    let s3 = client(&demo);
    let upload = begin(&s3, "k", None, None).await;
    let copy = |number: i32, range: &str| {
        let copy = s3
            .upload_part_copy()
            .bucket(BUCKET)
            .key("k")
            .upload_id(&upload)
            .part_number(number);
        copy.copy_source(format!("{BUCKET}/src/%C3%BC%201"))
            .copy_source_range(range)
    };
    let mut parts = Vec::new();
    for (number, range) in [(1, "bytes=0-5242879"), (2, "bytes=5242880-6291455")] {
        let copied = copy(number, range)
            .copy_source_if_match(&etag)
            .send()
            .await
            .unwrap();
        let etag = copied
            .copy_part_result()
            .unwrap()
            .e_tag()
            .unwrap()
            .to_owned();
        parts.push(
            CompletedPart::builder()
                .part_number(number)
                .e_tag(etag)
                .build(),
        );
    }
    assert_eq!(
        code(
            copy(3, "bytes=0-9")
                .copy_source_if_match("\"0\"")
                .send()
                .await
        ),
        "PreconditionFailed"
    );
    assert_eq!(
        code(copy(3, "bytes=0-99999999").send().await),
        "InvalidArgument"
    );
    let done = s3
        .complete_multipart_upload()
        .bucket(BUCKET)
        .key("k")
        .upload_id(&upload);
    done.multipart_upload(list(parts)).send().await.unwrap();
    assert_eq!(
        demo.store().body(BUCKET, "k").unwrap(),
        demo.store().body(BUCKET, "src/ü 1").unwrap()
    );
}

#[tokio::test]
async fn an_error_inside_a_200_is_an_error_and_nothing_is_done() {
    let demo: Demo = demo();
    let s3 = client(&demo);
    let upload = begin(&s3, "k", None, None).await;
    let one = send(&s3, &upload, 1, bytes(10, 1), None).await;
    demo.faults().add(Rule::new(Fault::Error200).times(1));
    let complete = async || {
        let done = s3
            .complete_multipart_upload()
            .bucket(BUCKET)
            .key("k")
            .upload_id(&upload);
        done.multipart_upload(list([one.clone()])).send().await
    };
    assert_eq!(code(complete().await), "InternalError");
    assert_eq!(demo.log().of("CompleteMultipartUpload")[0].status, 200);
    assert_eq!(demo.store().object(BUCKET, "k"), None);
    complete().await.unwrap();
}
