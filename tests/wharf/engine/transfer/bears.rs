//! What an object bears beside its content: what copies keep of it, and what uploads give it.

use wharf::{
    demo::s3::NewObject,
    domain::{
        plan::{Op, Plan, SyncOptions},
        progress::TaskState,
    },
};

use super::{BUCKET, PART, Rig, noise};

/// An object with everything that one can bear.
fn dressed(size: usize, class: &'static str) -> NewObject {
    NewObject {
        content_type: Some("image/png".into()),
        metadata: [("card".to_owned(), "Mew".to_owned())].into(),
        tags: vec![("owner".into(), "ada".into()), ("a b".into(), "c&d".into())],
        class: Some(class.into()),
        ..bytes::Bytes::from(noise(size, 1)).into()
    }
}

fn is_dressed(rig: &Rig, key: &str, class: &str) {
    let view = rig.demo.store().object(BUCKET, key).unwrap();
    assert_eq!(view.class, class, "{key}");
    assert_eq!(view.content_type.as_deref(), Some("image/png"), "{key}");
    assert_eq!(view.metadata["card"], "Mew", "{key}");
    assert_eq!(view.tags.len(), 2, "{key}");
    assert!(view.tags.contains(&("a b".into(), "c&d".into())), "{key}");
}

fn relayed(mut plan: Plan) -> Plan {
    for group in &mut plan.groups {
        group.op = Op::Relay;
        group.steps.iter_mut().for_each(|step| step.op = Op::Relay);
    }
    plan
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn copies_whole_in_parts_and_relayed_keep_class_tags_and_headers() {
    let rig = Rig::new();
    for (name, size) in [("small", 100), ("large", 3 * PART)] {
        let object = dressed(size, "STANDARD_IA");
        rig.demo
            .store()
            .put(BUCKET, &format!("a/{name}"), object)
            .unwrap();
    }
    let from = Rig::bucket("a/");
    let ended = rig
        .sync(&from, &Rig::bucket("b/"), SyncOptions::default())
        .await;
    ended.is_all_proven(2);
    let plan = rig
        .plan(&from, &Rig::bucket("c/"), SyncOptions::default())
        .await;
    rig.run(relayed(plan)).await.is_all_proven(2);
    for key in ["b/small", "b/large", "c/small", "c/large"] {
        is_dressed(&rig, key, "STANDARD_IA");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_options_ask_goes_before_what_the_source_bears() {
    let rig = Rig::new();
    for (name, size) in [("small", 100), ("large", 3 * PART)] {
        let object = dressed(size, "STANDARD_IA");
        rig.demo
            .store()
            .put(BUCKET, &format!("a/{name}"), object)
            .unwrap();
    }
    let options = SyncOptions {
        storage_class: Some("GLACIER_IR".into()),
        metadata: vec![("run".into(), "7".into())],
        tags: vec![("t".into(), "1".into())],
        ..SyncOptions::default()
    };
    let ended = rig
        .sync(&Rig::bucket("a/"), &Rig::bucket("b/"), options)
        .await;
    ended.is_all_proven(2);
    for key in ["b/small", "b/large"] {
        let view = rig.demo.store().object(BUCKET, key).unwrap();
        assert_eq!(view.class, "GLACIER_IR", "{key}");
        assert_eq!(view.metadata["run"], "7", "{key}");
        assert_eq!(view.content_type.as_deref(), Some("image/png"), "{key}");
        assert_eq!(view.tags, [("t".to_owned(), "1".to_owned())], "{key}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn archived_objects_stay_behind_without_failing_the_recount_and_restored_ones_go() {
    let rig = Rig::new();
    for name in ["cold", "thawed"] {
        let object = dressed(100, "DEEP_ARCHIVE");
        rig.demo
            .store()
            .put(BUCKET, &format!("a/{name}"), object)
            .unwrap();
    }
    rig.object("a/warm", b"warm");
    rig.demo.store().restore(BUCKET, "a/thawed").unwrap();
    let ended = rig
        .sync(
            &Rig::bucket("a/"),
            &Rig::bucket("b/"),
            SyncOptions::default(),
        )
        .await;
    assert_eq!(ended.state, TaskState::Done, "{:?}", ended.told);
    assert_eq!(ended.told.outcomes.len(), 2);
    let recount = ended.told.recount.unwrap();
    assert_eq!((recount.source, recount.destination), (2, 2));
    is_dressed(&rig, "b/thawed", "DEEP_ARCHIVE");
    let download = rig
        .sync(&Rig::bucket("a/"), &rig.local(), SyncOptions::default())
        .await;
    download.is_all_proven(2);
    assert_eq!(rig.read("thawed"), noise(100, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upload_bears_the_type_of_its_extension() {
    let rig = Rig::new();
    let large = format!("{}.png", "large");
    rig.file("page.html", b"<p>");
    rig.file(&large, &noise(3 * PART, 1));
    rig.file("none", b"x");
    rig.sync(&rig.local(), &Rig::bucket(""), SyncOptions::default())
        .await
        .is_all_proven(3);
    let told = |key: &str| {
        let view = rig.demo.store().object(BUCKET, key).unwrap();
        view.content_type.unwrap()
    };
    assert_eq!(told("page.html"), "text/html");
    assert_eq!(told(&large), "image/png");
    assert!(told("none").ends_with("/octet-stream"));
}
