//! Contents that stand under several keys, looked for in S3: below one folder, up to a cap, the newest question alone.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::wildcard_enum_match_arm,
    reason = "a test stops at the first surprise"
)]

use std::sync::Arc;

use wharf::{
    domain::{copies::Again, filter::Glob, plan::SyncOptions},
    engine::{
        Body, Command, View,
        look::{LookAsk, LookTold},
    },
};

use super::desk::{Desk, bucket};

fn ask(desk: &Desk, (folder, most): (&str, u64), options: SyncOptions) -> View {
    let view = desk.view();
    desk.engine.submit(Command::Look {
        view,
        ask: Box::new(LookAsk::Copies {
            location: bucket(""),
            folder: folder.into(),
            most,
            options: Arc::new(options),
        }),
    });
    view
}

/// The last word, and how many came before.
async fn told(desk: &mut Desk, view: View) -> (Again, u64, bool, usize) {
    let mut before = 0;
    loop {
        let told = match desk.body(view).await {
            Body::Looked(told) => *told,
            other => panic!("{other:?}"),
        };
        match told {
            LookTold::Copies {
                again: Some(again),
                seen,
                whole,
            } => return (again, seen, whole, before),
            LookTold::Copies { again: None, .. } => before += 1,
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn contents_are_told_apart_below_the_folder_alone() {
    let mut desk = Desk::new();
    for (key, content) in [
        ("a/one", "same"),
        ("a/two", "same"),
        ("a/deep/three", "same"),
        ("a/other", "else"),
        ("b/four", "same"),
    ] {
        desk.object(key, content.as_bytes());
    }
    let view = ask(&desk, ("a/", 100), SyncOptions::default());
    let (again, seen, whole, _) = told(&mut desk, view).await;
    assert_eq!((again.contents, again.extra.objects), (1, 2));
    assert_eq!((again.extra.bytes, seen, whole), (8, 4, true));
    let mut options = SyncOptions::default();
    options.filter.rules = vec![Glob::Exclude("deep/**".into())];
    let view = ask(&desk, ("a/", 100), options);
    let (again, seen, ..) = told(&mut desk, view).await;
    assert_eq!((again.extra.objects, seen), (1, 3));
}

#[tokio::test]
async fn the_cap_holds_and_is_told() {
    let mut desk = Desk::new();
    desk.objects("x", 2_500);
    let before = desk.demo.log().count("ListObjectsV2");
    let view = ask(&desk, ("", 1_500), SyncOptions::default());
    let (again, seen, whole, _) = told(&mut desk, view).await;
    assert_eq!((again.contents, again.extra.objects), (1, 1_499));
    assert_eq!((seen, whole), (1_500, false));
    let lists = desk.demo.log().count("ListObjectsV2") - before;
    assert!(lists <= 3, "{lists} listings of 2,500 objects");
    let view = ask(&desk, ("", 2_500), SyncOptions::default());
    let (_, seen, whole, _) = told(&mut desk, view).await;
    assert_eq!((seen, whole), (2_500, true));
}

#[tokio::test]
async fn a_listing_that_breaks_is_told_and_an_older_question_stays_silent() {
    let mut desk = Desk::new();
    desk.objects("x", 1_200);
    desk.break_page(2);
    let view = ask(&desk, ("", 10_000), SyncOptions::default());
    let failed = desk.body(view).await;
    assert!(matches!(failed, Body::Failed(_)), "{failed:?}");
    let _older = ask(&desk, ("", 10_000), SyncOptions::default());
    let newer = ask(&desk, ("", 10_000), SyncOptions::default());
    // `body` refuses what an older question tells.
    let (_, seen, ..) = told(&mut desk, newer).await;
    assert_eq!(seen, 1_200);
}
