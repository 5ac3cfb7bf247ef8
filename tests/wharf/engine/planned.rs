//! Plans as the engine makes them, and the guards before them and before their run.

use std::{fs, sync::Arc};

use wharf::{
    domain::{
        diff::Level,
        location::{Location, Remote},
        plan::{Existing, MaxDelete, Op, SyncOptions},
        progress::TaskState,
    },
    engine::{EngineOptions, FailedClass},
};

use super::desk::{BUCKET, Desk, bucket, steps};

fn default() -> SyncOptions {
    SyncOptions::default()
}

fn mirror() -> SyncOptions {
    SyncOptions {
        delete: wharf::domain::plan::Deletes::Mirror,
        max_delete: MaxDelete::Percent(100.0),
        ..SyncOptions::default()
    }
}

fn file(desk: &Desk, key: &str) -> Location {
    Location::Disk(desk.path(key))
}

#[tokio::test]
async fn a_plan_holds_what_is_missing_and_what_differs() {
    let mut desk = Desk::new();
    for key in ["a/gone.txt", "a/same.txt", "b/off.txt"] {
        desk.file(key, b"1234");
    }
    desk.object("p/a/same.txt", b"1234");
    desk.object("p/b/off.txt", b"12345");
    desk.object("p/extra.txt", b"1");
    desk.object("p2/never", b"1");
    let plan = desk
        .plan(&desk.local(), &bucket("p"), default())
        .await
        .unwrap();
    let expected = [("a/gone.txt", Op::Upload), ("b/off.txt", Op::Upload)];
    assert_eq!(steps(&plan), expected);
    assert_eq!(plan.left.extra.objects, 1);
    assert_eq!(plan.needs_consent().overwrites.objects, 1);
    let lists = desk.demo.log().counts();
    assert_eq!(lists, [("ListObjectsV2", 1)].into());
}

#[tokio::test]
async fn marked_keys_alone_take_part_and_are_listed_alone() {
    let mut desk = Desk::new();
    desk.objects("a/", 1500);
    desk.objects("m/", 2);
    desk.objects("z/", 1500);
    desk.file("m/00000", b"longer");
    desk.file("m/new", b"1");
    desk.file("n", b"1");
    let only = (["m/", "n"].as_slice(), mirror());
    let plan = desk
        .plan_only(&desk.local(), &bucket(""), only)
        .await
        .unwrap();
    let expected = [
        ("m/new", Op::Upload),
        ("n", Op::Upload),
        ("m/00000", Op::Upload),
        ("m/00001", Op::Delete),
    ];
    assert_eq!(steps(&plan), expected);
    assert_eq!(desk.demo.log().count("ListObjectsV2"), 1);
}

#[tokio::test]
async fn an_empty_source_and_many_deletes_stop_before_the_run() {
    let mut desk = Desk::new();
    desk.objects("k", 20);
    let plan = desk
        .plan(&desk.local(), &bucket(""), mirror())
        .await
        .unwrap();
    assert_eq!(
        desk.submit(&plan).await.unwrap_err().class,
        FailedClass::Guard
    );
    let some = SyncOptions {
        max_delete: MaxDelete::Objects(3),
        ..mirror()
    };
    desk.file("k00000", b"x");
    let plan = desk.plan(&desk.local(), &bucket(""), some).await.unwrap();
    let refused = desk.submit(&plan).await.unwrap_err();
    assert!(refused.help.unwrap().contains("--max-delete"));
    assert_eq!(desk.demo.store().keys(BUCKET, "").len(), 20);
}

#[tokio::test]
async fn a_place_is_not_moved_onto_itself_by_any_of_its_names() {
    let mut desk = Desk::new();
    desk.objects("p/", 2);
    desk.file("real/a", b"a");
    std::os::unix::fs::symlink(desk.path("real"), desk.path("link")).unwrap();
    let twin = Location::parse("twin:s3://pics/p").unwrap();
    for (source, destination) in [
        (bucket("p"), bucket("p/")),
        (bucket("p"), twin.clone()),
        (bucket(""), bucket("p")),
        (bucket("p/00000"), bucket("p/")),
        (bucket("p/00000"), bucket("p/00000")),
    ] {
        let refused = desk
            .plan(&source, &destination, default())
            .await
            .unwrap_err();
        assert_eq!(
            refused.class,
            FailedClass::Guard,
            "{source} -> {destination}"
        );
    }
    // Two disks have no way between them, whatever they are.
    let refused = desk
        .plan(&file(&desk, "real"), &file(&desk, "link"), default())
        .await;
    assert!(refused.is_err());
    assert!(
        desk.plan(&bucket("p"), &bucket("q"), default())
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn a_single_file_goes_into_a_folder_or_becomes_the_name_that_was_typed() {
    let mut desk = Desk::new();
    desk.file("mine.txt", b"mine");
    desk.file("other.txt", b"no");
    desk.object("old/x", b"x");
    for (destination, landed) in [
        ("new/", "new/mine.txt"),
        ("old", "old/mine.txt"),
        ("exact.txt", "exact.txt"),
        ("deep/exact.txt", "deep/exact.txt"),
    ] {
        let plan = desk
            .plan(&file(&desk, "mine.txt"), &bucket(destination), mirror())
            .await
            .unwrap();
        assert_eq!(steps(&plan), [("mine.txt", Op::Upload)], "{destination}");
        let (state, _) = desk.run(&plan).await;
        assert_eq!(state, TaskState::Done, "{destination}");
        assert_eq!(desk.demo.store().body(BUCKET, landed).unwrap(), "mine");
    }
    assert!(
        desk.demo.log().count("HeadObject") == 0,
        "a destination is never asked by HEAD"
    );
    assert_eq!(desk.demo.store().keys(BUCKET, "").len(), 5);
}

#[tokio::test]
async fn a_single_object_comes_into_a_folder_or_as_the_file_that_was_typed() {
    let mut desk = Desk::new();
    desk.object("raw/one.txt", b"one");
    desk.object("raw/two.txt", b"two");
    fs::create_dir(desk.path("into")).unwrap();
    for (destination, landed) in [("into", "into/one.txt"), ("as.txt", "as.txt")] {
        let to = file(&desk, destination);
        let plan = desk
            .plan(&bucket("raw/one.txt"), &to, mirror())
            .await
            .unwrap();
        let (state, _) = desk.run(&plan).await;
        assert_eq!(state, TaskState::Done, "{destination}");
        assert_eq!(fs::read(desk.path(landed)).unwrap(), b"one");
    }
    assert!(!desk.path("into/two.txt").exists());
}

#[tokio::test]
async fn a_read_only_engine_plans_and_runs_nothing() {
    let mut desk = Desk::with(EngineOptions {
        read_only: true,
        ..EngineOptions::default()
    });
    desk.file("a", b"a");
    let plan = desk
        .plan(&desk.local(), &bucket(""), default())
        .await
        .unwrap();
    assert_eq!(steps(&plan).len(), 1);
    let refused = desk.submit(&plan).await.unwrap_err();
    assert_eq!(refused.class, FailedClass::Guard);
    assert!(refused.help.unwrap().contains("--read-only"));
    assert_eq!(desk.demo.log().count("PutObject"), 0);
    assert!(desk.snapshot().tasks.is_empty());
}

#[tokio::test]
async fn a_production_remote_wants_its_name() {
    let twin = Remote::named("twin");
    let mut desk = Desk::with(EngineOptions {
        production: vec![twin.clone()],
        ..EngineOptions::default()
    });
    desk.file("a", b"a");
    let there = Location::parse("twin:s3://pics/").unwrap();
    let plan = desk.plan(&desk.local(), &there, default()).await.unwrap();
    let refused = desk.submit(&plan).await.unwrap_err();
    assert_eq!(refused.help.as_deref(), Some("--confirm twin"));
    desk.engine.confirm(twin);
    let (state, _) = desk.run(&plan).await;
    assert_eq!(state, TaskState::Done);
}

#[tokio::test]
async fn what_git_would_track_is_no_place_for_downloads() {
    let mut desk = Desk::new();
    desk.object("a", b"a");
    fs::create_dir_all(desk.path("repo/.git")).unwrap();
    fs::write(desk.path("repo/.gitignore"), "/data/\n").unwrap();
    let refused = desk
        .plan(&bucket(""), &file(&desk, "repo/src"), default())
        .await
        .unwrap_err();
    assert_eq!(refused.class, FailedClass::Guard);
    assert!(refused.message.contains(".gitignore"), "{refused:?}");
    assert!(
        desk.plan(&bucket(""), &file(&desk, "repo/data"), default())
            .await
            .is_ok()
    );
    assert_eq!(
        desk.demo.log().count("ListObjectsV2"),
        1,
        "a guard asks nothing"
    );
}

#[tokio::test]
async fn newest_asks_for_the_times_of_what_differs_only() {
    let mut desk = Desk::new();
    let now = jiff::Timestamp::now().as_second();
    let put = |key: &str, age: Option<i64>| {
        let metadata = age.map(|age| ("mtime".to_owned(), format!("{}.0", now - age)));
        let object = wharf::demo::s3::NewObject {
            body: bytes::Bytes::from_static(b"other one"),
            metadata: metadata.into_iter().collect(),
            ..Default::default()
        };
        desk.demo.store().put(BUCKET, key, object).unwrap();
    };
    put("newer", Some(7200));
    put("older", Some(60));
    put("unknown", None);
    desk.object("same", b"same");
    for key in ["newer", "older", "unknown", "same"] {
        desk.file(key, b"same");
    }
    let options = SyncOptions {
        existing: Existing::Newest,
        ..SyncOptions::default()
    };
    let plan = desk
        .plan(&desk.local(), &bucket(""), options)
        .await
        .unwrap();
    assert_eq!(steps(&plan), [("newer", Op::Upload)]);
    assert_eq!(plan.left.kept.objects, 1);
    assert_eq!(plan.left.conflicts.objects, 1);
    assert_eq!(desk.demo.log().count("HeadObject"), 3);
}

#[tokio::test]
async fn newest_trusts_no_time_of_upload_where_checksums_differ() {
    let mut desk = Desk::new();
    let changed = jiff::Timestamp::now().as_second() - 7200;
    let object = wharf::demo::s3::NewObject {
        body: bytes::Bytes::from_static(b"some"),
        metadata: [("mtime".to_owned(), format!("{changed}.0"))].into(),
        ..Default::default()
    };
    desk.demo.store().put(BUCKET, "a", object).unwrap();
    // Changed after the object was, and before that was uploaded.
    desk.file("a", b"same");
    let options = SyncOptions {
        existing: Existing::Newest,
        check: Level::Checksum,
        ..SyncOptions::default()
    };
    let plan = desk
        .plan(&bucket(""), &desk.local(), options)
        .await
        .unwrap();
    assert_eq!((steps(&plan), plan.left.kept.objects), (vec![], 1));
}

#[tokio::test]
async fn a_plan_of_a_later_wharf_is_refused() {
    let mut desk = Desk::new();
    desk.file("a", b"a");
    let mut plan = desk
        .plan(&desk.local(), &bucket(""), default())
        .await
        .unwrap();
    Arc::make_mut(&mut plan).version = 99;
    assert_eq!(
        desk.submit(&plan).await.unwrap_err().class,
        FailedClass::Usage
    );
}
