//! Faults as a client meets them, and that they can be told from the log.

use super::{BUCKET, body, builder, client, code, demo};
use aws_sdk_s3::Client;
use aws_sdk_s3::config::retry::RetryConfig;
use wharf::demo::{Fault, Log, Rule, Spec};

#[tokio::test]
async fn refusals_take_the_operation_s_place() {
    let demo = demo();
    let s3 = client(&demo);
    let put = async || {
        code(
            s3.put_object()
                .bucket(BUCKET)
                .key("k")
                .body(body("x"))
                .send()
                .await,
        )
    };
    for (fault, expected) in [
        (Fault::InternalError, "InternalError"),
        (Fault::SlowDown, "SlowDown"),
        (Fault::Conflict, "ConditionalRequestConflict"),
        (Fault::ExpiredToken, "ExpiredToken"),
        (Fault::Timeout, "RequestTimeout"),
    ] {
        demo.faults().add(Rule::new(fault).times(1));
        assert_eq!(put().await, expected);
    }
    assert!(demo.store().objects(BUCKET).is_empty());
    assert_eq!(put().await, "no error");
    let hurt: Vec<_> = demo.log().lines().iter().map(|line| line.fault).collect();
    assert_eq!(
        hurt,
        [
            Some("500"),
            Some("503"),
            Some("409"),
            Some("expired"),
            Some("timeout"),
            None
        ]
    );
}

#[tokio::test]
async fn a_client_with_retries_gets_through() {
    let demo = demo();
    demo.faults()
        .set("500@PutObject=2x,seed=1".parse::<Spec>().unwrap());
    let retrying = builder(&demo)
        .retry_config(RetryConfig::standard().with_initial_backoff(std::time::Duration::ZERO));
    let s3 = Client::from_conf(retrying.build());
    s3.put_object()
        .bucket(BUCKET)
        .key("k")
        .body(body("x"))
        .send()
        .await
        .unwrap();
    assert_eq!(
        (
            demo.log().count("PutObject"),
            demo.faults().hits(Fault::InternalError)
        ),
        (3, 2)
    );
}

#[tokio::test]
async fn a_reset_leaves_no_answer_and_a_lost_answer_leaves_the_object() {
    let demo = demo();
    let s3 = client(&demo);
    let put = async |key: &str| {
        s3.put_object()
            .bucket(BUCKET)
            .key(key)
            .body(body("x"))
            .send()
            .await
    };
    demo.faults().add(Rule::new(Fault::Reset).times(1));
    assert!(put("reset").await.is_err());
    demo.faults().add(Rule::new(Fault::Lost).times(1));
    assert!(put("lost").await.is_err());
    assert_eq!(demo.store().keys(BUCKET, ""), ["lost"]);
    assert!(
        demo.log()
            .of("PutObject")
            .iter()
            .all(|line| line.status == 0)
    );
    put("after").await.unwrap();
}

#[tokio::test]
async fn bodies_are_cut_and_flipped() {
    let demo = demo();
    demo.store().put(BUCKET, "k", vec![0; 100_000]).unwrap();
    let s3 = client(&demo);
    let get = async || {
        s3.get_object()
            .bucket(BUCKET)
            .key("k")
            .send()
            .await
            .unwrap()
            .body
            .collect()
            .await
    };
    demo.faults()
        .add(Rule::new(Fault::Cut).on("GetObject").times(1));
    assert!(get().await.is_err());
    let cut = demo.log().of("GetObject")[0].bytes_out;
    assert!((25_000..75_000).contains(&cut), "{cut}");
    demo.faults()
        .add(Rule::new(Fault::Flip).on("GetObject").times(1));
    assert!(
        get().await.is_err(),
        "the SDK's checksum sees the flipped bit"
    );
    demo.faults()
        .add(Rule::new(Fault::Flip).on("GetObject").times(1));
    let part = s3
        .get_object()
        .bucket(BUCKET)
        .key("k")
        .range("bytes=0-49999")
        .send()
        .await
        .unwrap();
    let part = part.body.collect().await.unwrap().into_bytes();
    let ones: u32 = part.iter().map(|byte| byte.count_ones()).sum();
    assert_eq!((part.len(), ones), (50_000, 1), "a range has no checksum");
    assert_eq!(get().await.unwrap().into_bytes(), vec![0; 100_000]);
}

#[tokio::test]
async fn uploads_are_cut_and_flipped_and_neither_is_stored() {
    let demo = demo();
    let s3 = client(&demo);
    let put = async || {
        code(
            s3.put_object()
                .bucket(BUCKET)
                .key("k")
                .body(body(vec![0; 100_000]))
                .send()
                .await,
        )
    };
    demo.faults()
        .add(Rule::new(Fault::Cut).on("PutObject").times(1));
    assert_ne!(put().await, "no error");
    demo.faults()
        .add(Rule::new(Fault::Flip).on("PutObject").times(1));
    let refused = put().await;
    assert!(
        ["BadDigest", "XAmzContentSHA256Mismatch"].contains(&refused.as_str()),
        "{refused}"
    );
    assert!(demo.store().objects(BUCKET).is_empty());
    assert_eq!(put().await, "no error");
}

#[tokio::test]
async fn what_is_stalled_goes_on_when_it_is_released() {
    let demo = demo();
    demo.store().put(BUCKET, "k", vec![7; 100_000]).unwrap();
    demo.faults().add(Rule::new(Fault::Stall).times(2));
    let s3 = client(&demo);
    let get = tokio::spawn({
        let s3 = s3.clone();
        async move {
            s3.get_object()
                .bucket(BUCKET)
                .key("k")
                .send()
                .await
                .unwrap()
                .body
                .collect()
                .await
        }
    });
    let put = tokio::spawn({
        let s3 = s3.clone();
        async move {
            s3.put_object()
                .bucket(BUCKET)
                .key("new")
                .body(body("x"))
                .send()
                .await
        }
    });
    demo.faults().until_stalled(2).await;
    assert_eq!(demo.store().object(BUCKET, "new"), None);
    demo.faults().release();
    assert_eq!(get.await.unwrap().unwrap().into_bytes().len(), 100_000);
    put.await.unwrap().unwrap();
    assert_eq!(demo.faults().stalled(), 0);
}

#[tokio::test]
async fn the_log_can_be_waited_for() {
    let demo = demo();
    let (s3, log) = (client(&demo), demo.log().clone());
    let both = |log: &Log| {
        log.of("PutObject")
            .iter()
            .filter(|line| line.succeeded())
            .count()
            == 2
    };
    let waiting = tokio::spawn(async move { log.until(both).await });
    for key in ["a", "b"] {
        s3.put_object()
            .bucket(BUCKET)
            .key(key)
            .body(body("x"))
            .send()
            .await
            .unwrap();
    }
    waiting.await.unwrap();
    assert_eq!(demo.log().connections(), 1, "one kept-alive connection");
}

#[tokio::test]
async fn the_cap_slows_the_data_of_objects_and_not_the_listings() {
    let demo = demo();
    for n in 0..500 {
        demo.store()
            .put(BUCKET, &format!("{n:0100}"), vec![1; 10])
            .unwrap();
    }
    // Slow enough that a busy machine is quicker by far than the cap would let a listing be.
    demo.store().put(BUCKET, "big", vec![1; 3_000]).unwrap();
    demo.faults().set("bandwidth=10KB".parse::<Spec>().unwrap());
    let s3 = client(&demo);
    let start = std::time::Instant::now();
    let listed = s3.list_objects_v2().bucket(BUCKET).send().await.unwrap();
    let listing = start.elapsed();
    let start = std::time::Instant::now();
    assert_eq!(listed.contents().len(), 501);
    let got = s3
        .get_object()
        .bucket(BUCKET)
        .key("big")
        .send()
        .await
        .unwrap();
    assert_eq!(got.body.collect().await.unwrap().into_bytes().len(), 3_000);
    let data = start.elapsed();
    assert!(data.as_millis() >= 290, "3 kB at 10 kB/s took {data:?}");
    let sent = demo.log().of("ListObjectsV2")[0].bytes_out;
    assert!(
        listing.as_secs_f64() < sent as f64 / 10_000.0,
        "{sent} bytes of listing took {listing:?}"
    );
}
