//! Who gets in: signatures, anonymous readers, denials, regions and the service that is asked.

use super::{ACCESS_KEY, BUCKET, REGION, SECRET_KEY, body, builder, client, code, demo};
use aws_sdk_s3::Client;
use aws_sdk_s3::config::{Credentials, Region};
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::types::RequestPayer;
use std::time::Duration;
use wharf::demo::Demo;
use wharf::demo::s3::Denial;

fn signed_by(demo: &Demo, access_key: &str, secret_key: &str) -> Client {
    let keys = Credentials::new(access_key, secret_key, None, None, "test");
    Client::from_conf(builder(demo).credentials_provider(keys).build())
}

fn anonymous(demo: &Demo) -> Client {
    let config = aws_sdk_s3::Config::builder()
        .behavior_version(aws_sdk_s3::config::BehaviorVersion::latest());
    let config = config
        .endpoint_url(demo.endpoint())
        .region(Region::new(REGION))
        .force_path_style(true);
    Client::from_conf(config.allow_no_auth().build())
}

#[tokio::test]
async fn wrong_keys_and_secrets_are_named() {
    let demo = demo();
    let list = async |s3: Client| code(s3.list_objects_v2().bucket(BUCKET).send().await);
    assert_eq!(
        list(signed_by(&demo, "AKIANOBODY", SECRET_KEY)).await,
        "InvalidAccessKeyId"
    );
    assert_eq!(
        list(signed_by(&demo, ACCESS_KEY, "wrong")).await,
        "SignatureDoesNotMatch"
    );
    assert_eq!(list(anonymous(&demo)).await, "AccessDenied");
    demo.store().add_key("AKIASECOND", "another");
    assert_eq!(
        list(signed_by(&demo, "AKIASECOND", "another")).await,
        "no error"
    );
    assert_eq!(
        demo.log().lines().last().unwrap().access_key.as_deref(),
        Some("AKIASECOND")
    );
}

#[tokio::test]
async fn anybody_may_read_a_public_bucket_and_nobody_write() {
    let demo = demo();
    demo.store().put(BUCKET, "k", "x").unwrap();
    demo.store().set_public(BUCKET, true);
    let s3 = anonymous(&demo);
    assert_eq!(
        s3.list_objects_v2()
            .bucket(BUCKET)
            .send()
            .await
            .unwrap()
            .contents()
            .len(),
        1
    );
    assert!(s3.get_object().bucket(BUCKET).key("k").send().await.is_ok());
    assert_eq!(
        code(
            s3.put_object()
                .bucket(BUCKET)
                .key("k")
                .body(body("y"))
                .send()
                .await
        ),
        "AccessDenied"
    );
    assert_eq!(code(s3.list_buckets().send().await), "AccessDenied");
}

#[tokio::test]
async fn denials_hit_what_they_name() {
    let demo = demo();
    demo.store().put(BUCKET, "raw/a", "x").unwrap();
    let deny = |operation: &str, prefix: &str| {
        demo.store().deny(Denial {
            operation: Some(operation.to_owned()),
            prefix: prefix.to_owned(),
            ..Denial::default()
        });
    };
    deny("PutObject", "raw/");
    deny("ListObjectsV2", "secret/");
    let s3 = client(&demo);
    let put = async |key: &str| {
        code(
            s3.put_object()
                .bucket(BUCKET)
                .key(key)
                .body(body("x"))
                .send()
                .await,
        )
    };
    assert_eq!(
        (put("raw/b").await, put("other").await),
        ("AccessDenied".to_owned(), "no error".to_owned())
    );
    assert_eq!(
        code(
            s3.list_objects_v2()
                .bucket(BUCKET)
                .prefix("secret/")
                .send()
                .await
        ),
        "AccessDenied"
    );
    assert_eq!(
        code(
            s3.list_objects_v2()
                .bucket(BUCKET)
                .prefix("raw/")
                .send()
                .await
        ),
        "no error"
    );
    deny("GetObject", "raw/");
    let copy = s3
        .copy_object()
        .bucket(BUCKET)
        .key("c")
        .copy_source(format!("{BUCKET}/raw/a"))
        .send()
        .await;
    assert_eq!(code(copy), "AccessDenied");
    demo.store().allow_all();
    assert_eq!(put("raw/b").await, "no error");
}

#[tokio::test]
async fn the_requester_pays_or_is_sent_away() {
    let demo = demo();
    demo.store().set_requester_pays(BUCKET, true);
    let s3 = client(&demo);
    assert_eq!(
        code(s3.list_objects_v2().bucket(BUCKET).send().await),
        "AccessDenied"
    );
    let paid = s3
        .list_objects_v2()
        .bucket(BUCKET)
        .request_payer(RequestPayer::Requester)
        .send()
        .await;
    assert_eq!(code(paid), "no error");
}

#[tokio::test]
async fn a_bucket_of_another_region_names_its_own() {
    let demo = demo();
    demo.store().create_bucket("far", "ap-northeast-1");
    let s3 = client(&demo);
    let sent_away = s3.list_objects_v2().bucket("far").send().await.unwrap_err();
    let raw = sent_away.raw_response().unwrap();
    assert_eq!(raw.status().as_u16(), 301);
    assert_eq!(
        raw.headers().get("x-amz-bucket-region"),
        Some("ap-northeast-1")
    );
    let location = s3.get_bucket_location().bucket("far").send().await.unwrap();
    assert_eq!(
        location.location_constraint().unwrap().as_str(),
        "ap-northeast-1"
    );
    let there = Client::from_conf(builder(&demo).region(Region::new("ap-northeast-1")).build());
    assert_eq!(
        code(there.list_objects_v2().bucket("far").send().await),
        "no error"
    );
    assert_eq!(
        demo.log().lines().last().unwrap().region.as_deref(),
        Some("ap-northeast-1")
    );
}

#[tokio::test]
async fn virtual_hosts_and_presigned_urls_lead_to_the_same_object() {
    let demo = demo();
    demo.store().put(BUCKET, "a/ü k", "hosted").unwrap();
    let hosted = builder(&demo)
        .endpoint_url(format!("http://localhost:{}", demo.address().port()))
        .force_path_style(false);
    let presigned = Client::from_conf(builder(&demo).build());
    let presigned = presigned.get_object().bucket(BUCKET).key("a/ü k");
    let presigned = presigned
        .presigned(PresigningConfig::expires_in(Duration::from_mins(1)).unwrap())
        .await
        .unwrap();
    let url = presigned.uri().to_owned();
    let fetched = tokio::task::spawn_blocking(move || get(&url))
        .await
        .unwrap();
    assert!(
        fetched.starts_with("HTTP/1.1 200") && fetched.ends_with("hosted"),
        "{fetched}"
    );
    let hosted = Client::from_conf(hosted.build())
        .get_object()
        .bucket(BUCKET)
        .key("a/ü k")
        .send()
        .await;
    // `*.localhost` is not resolved everywhere; where it is, it has to work.
    if let Ok(got) = hosted {
        assert_eq!(got.body.collect().await.unwrap().into_bytes(), "hosted");
    }
}

/// A GET by hand, so that no SDK signs it again.
fn get(url: &str) -> String {
    use std::io::{Read as _, Write as _};
    let (host, path) = url
        .strip_prefix("http://")
        .unwrap()
        .split_once('/')
        .unwrap();
    let mut stream = std::net::TcpStream::connect(host).unwrap();
    write!(
        stream,
        "GET /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[tokio::test]
async fn a_service_that_is_not_here_says_so() {
    let demo = demo();
    let config = aws_sdk_ssm::Config::builder()
        .behavior_version(aws_sdk_ssm::config::BehaviorVersion::latest());
    let keys = Credentials::new(ACCESS_KEY, SECRET_KEY, None, None, "test");
    let config = config
        .endpoint_url(demo.endpoint())
        .region(Region::new(REGION))
        .credentials_provider(keys);
    let ssm = aws_sdk_ssm::Client::from_conf(config.build());
    let refused = ssm.describe_parameters().send().await.unwrap_err();
    assert_eq!(refused.raw_response().unwrap().status().as_u16(), 400);
    assert_eq!(demo.log().lines()[0].service, "ssm");
}

#[tokio::test]
async fn a_clock_that_is_off_is_told_where_the_store_minds() {
    let demo = demo();
    let s3 = client(&demo);
    let list = async || code(s3.list_objects_v2().bucket(BUCKET).send().await);
    let limits = wharf::demo::s3::Limits {
        skew: Some(Duration::from_mins(15)),
        ..Default::default()
    };
    demo.store().set_limits(limits);
    assert_eq!(list().await, "no error");
    demo.clock().advance(Duration::from_mins(20));
    assert_eq!(list().await, "RequestTimeTooSkewed");
}
