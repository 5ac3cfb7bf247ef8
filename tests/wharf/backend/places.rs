//! Places beside prefixes: buckets, recorded listings in S3, single files, and how a remote is reached.

use wharf::{
    backend::{Keys, RemoteOptions, Sessions, store::ReadQuery},
    domain::{
        key::Key,
        location::{Location, Remote},
        retry::FailureKind,
    },
};

use super::{BUCKET, all, demo, names, options, sessions, store, write};

#[tokio::test]
async fn buckets_are_told_by_name_with_their_region() {
    let demo = demo();
    demo.store().create_bucket("archive", "eu-west-1");
    let buckets = sessions(&demo).buckets(&Remote::default()).await.unwrap();
    let told: Vec<_> = buckets
        .iter()
        .map(|bucket| (&*bucket.name, bucket.region.as_deref()))
        .collect();
    assert_eq!(
        told,
        [("archive", Some("eu-west-1")), (BUCKET, Some("us-east-1"))]
    );
    assert!(buckets[0].created.is_some());
}

#[tokio::test]
async fn sts_tells_who_the_credentials_are() {
    let demo = demo();
    let who = sessions(&demo).identity(&Remote::default()).await.unwrap();
    assert_eq!((&*who.account, &*who.name), ("123456789012", "demo"));
    assert_eq!(demo.log().count("GetCallerIdentity"), 1);
    let keys = Keys {
        access: "AKIASOMEBODYELSE0000".into(),
        secret: "none".into(),
        token: None,
    };
    let unknown = RemoteOptions {
        keys: Some(keys),
        ..options(&demo)
    };
    let sessions = Sessions::new([(Remote::default(), unknown)]);
    let error = sessions.identity(&Remote::default()).await.unwrap_err();
    assert_eq!(error.failure_kind(), FailureKind::Credentials, "{error}");
}

#[tokio::test]
async fn a_recorded_listing_may_lie_in_s3() {
    let demo = demo();
    let lines = "{\"type\":\"entry\",\"key\":\"a\",\"size\":3}\n{\"type\":\"summary\"}\n";
    demo.store()
        .put(BUCKET, "lists/one.jsonl", lines.as_bytes().to_vec())
        .unwrap();
    let store = store(&sessions(&demo), "manifest:s3://pics/lists/one.jsonl").await;
    assert_eq!(names(&all(&store).await), ["a"]);
    let error = store
        .read(&"a".into(), ReadQuery::default())
        .await
        .unwrap_err();
    assert_eq!(error.failure_kind(), FailureKind::Refused);
    assert_eq!(
        demo.log().counts().into_iter().collect::<Vec<_>>(),
        [("GetObject", 1)]
    );
}

#[tokio::test]
async fn a_single_file_is_read_and_written_under_its_own_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("one.txt");
    std::fs::write(&path, "hello").unwrap();
    std::fs::write(folder.path().join("other"), "x").unwrap();
    let sessions = Sessions::new([]);
    let one = store(&sessions, path.to_str().unwrap()).await;
    assert_eq!(names(&all(&one).await), ["one.txt"]);
    assert_eq!(one.single().await.unwrap(), Some(Key::from("one.txt")));
    let reading = one
        .read(&"one.txt".into(), ReadQuery::default())
        .await
        .unwrap();
    assert_eq!(&reading.all().await.unwrap()[..], b"hello");
    let place = Location::Disk(folder.path().join("new/name"));
    let exact = sessions.exact(&place, &"one.txt".into()).unwrap();
    write(
        &exact,
        "one.txt",
        b"copy",
        wharf::backend::store::Condition::Absent,
    )
    .await
    .unwrap();
    assert_eq!(
        std::fs::read(folder.path().join("new/name")).unwrap(),
        b"copy"
    );
    assert_eq!(names(&all(&exact).await), ["one.txt"]);
    let foreign = write(
        &exact,
        "other",
        b"x",
        wharf::backend::store::Condition::None,
    )
    .await
    .unwrap_err();
    assert_eq!(foreign.failure_kind(), FailureKind::Refused);
}

#[tokio::test]
async fn how_a_remote_is_reached_is_told_without_a_request() {
    let demo = demo();
    let named = Remote::named("lab");
    let sessions = Sessions::new([(
        named.clone(),
        RemoteOptions {
            region: Some("eu-north-1".into()),
            ..options(&demo)
        },
    )]);
    let reach = sessions.reach(&named).await.unwrap();
    assert_eq!(reach.endpoint.as_deref(), Some(&*demo.endpoint()));
    assert_eq!(&*reach.region, "eu-north-1");
    assert_eq!(demo.log().total(), 0);
}
