//! Listings of S3: pages, requests, markers, ranges, and how they end when something goes wrong.

use wharf::{
    backend::{Pages as _, Store, store::ListQuery},
    demo::{Fault, Rule, s3::Limits},
    domain::{
        entry::{End, Identity, Kind},
        key::Key,
        retry::FailureKind,
    },
};

use super::{BUCKET, all, demo, listed, names, sessions, store};

fn fill(demo: &wharf::demo::Demo, keys: impl IntoIterator<Item = String>) {
    for key in keys {
        demo.store()
            .put(BUCKET, &key, bytes::Bytes::from_static(b"1"))
            .unwrap();
    }
}

#[tokio::test]
async fn pages_of_a_thousand_cost_one_request_each() {
    let demo = demo();
    fill(&demo, (0..2500).map(|n| format!("raw/{n:05}.png")));
    let store = store(&sessions(&demo), "s3://pics/raw/").await;
    let mut pages = store.pages(ListQuery::default());
    let mut sizes = Vec::new();
    while let Some(page) = pages.next().await {
        sizes.push(page.entries.len());
    }
    assert_eq!(sizes, [1000, 1000, 500]);
    assert_eq!(
        demo.log().counts().into_iter().collect::<Vec<_>>(),
        [("ListObjectsV2", 3)]
    );
}

#[tokio::test]
async fn nothing_is_asked_before_the_first_page_and_a_dropped_listing_stops() {
    let demo = demo();
    fill(&demo, (0..40).map(|n| format!("{n:03}")));
    demo.store().set_limits(Limits {
        page: 2,
        ..Limits::default()
    });
    let store = store(&sessions(&demo), "s3://pics").await;
    let mut pages = store.pages(ListQuery::default());
    assert_eq!(demo.log().total(), 0);
    assert_eq!(pages.next().await.unwrap().entries.len(), 2);
    drop(pages);
    let after = all(&store).await.len();
    assert_eq!(after, 40);
    assert!(
        demo.log().count("ListObjectsV2") < 20 + 8,
        "{}",
        demo.log().count("ListObjectsV2")
    );
}

#[tokio::test]
async fn markers_are_folders_and_the_listed_folder_is_not_in_itself() {
    let demo = demo();
    fill(
        &demo,
        ["p/", "p/dir/", "p/dir/x", "p/full/"].map(str::to_owned),
    );
    demo.store()
        .put(BUCKET, "p/dir/", bytes::Bytes::new())
        .unwrap();
    demo.store().put(BUCKET, "p/", bytes::Bytes::new()).unwrap();
    let entries = all(&store(&sessions(&demo), "s3://pics/p").await).await;
    assert_eq!(names(&entries), ["dir/", "dir/x", "full/"]);
    assert_eq!(entries[0].facts.kind, Kind::Folder);
    assert!(matches!(entries[0].facts.identity, Identity::Object(_)));
    assert_eq!(
        entries[2].facts.kind,
        Kind::Object,
        "a marker with bytes in it is an object that no disk can hold"
    );
}

#[tokio::test]
async fn a_prefix_takes_only_what_is_below_its_folder() {
    let demo = demo();
    fill(&demo, ["p", "p-2/x", "p/a", "p2/x"].map(str::to_owned));
    let entries = all(&store(&sessions(&demo), "s3://pics/p").await).await;
    assert_eq!(names(&entries), ["a"]);
}

#[tokio::test]
async fn the_end_of_a_range_spares_the_pages_behind_it() {
    let demo = demo();
    fill(&demo, (0..5000).map(|n| format!("{n:05}")));
    let store = store(&sessions(&demo), "s3://pics").await;
    let query = ListQuery {
        start_after: Some("00999".into()),
        end: Some("01500".into()),
        ..ListQuery::default()
    };
    let (entries, end) = listed(&store, query).await;
    assert_eq!((entries.len(), end), (501, End::Complete));
    assert_eq!(demo.log().count("ListObjectsV2"), 1);
}

#[tokio::test]
async fn a_page_that_fails_is_asked_for_again() {
    let demo = demo();
    fill(&demo, (0..1500).map(|n| format!("{n:05}")));
    for (fault, times) in [
        (Fault::InternalError, 1),
        (Fault::Reset, 1),
        (Fault::Cut, 1),
        (Fault::SlowDown, 1),
    ] {
        demo.faults()
            .add(Rule::new(fault).on("ListObjectsV2").times(times));
    }
    let sessions = sessions(&demo);
    let store = store(&sessions, "s3://pics").await;
    assert_eq!(all(&store).await.len(), 1500);
    assert_eq!(sessions.counter().throttled(), 1);
    assert_eq!(sessions.requests().total(), 2 + 4, "each try counts");
}

#[tokio::test]
async fn for_every_page_that_fails_for_good_the_listing_says_where_it_broke() {
    let demo = demo();
    fill(&demo, (0..9).map(|n| format!("{n}")));
    demo.store().set_limits(Limits {
        page: 2,
        ..Limits::default()
    });
    for nth in 1..=5_usize {
        demo.faults().clear();
        let denied = Rule::new(Fault::ExpiredToken)
            .on("ListObjectsV2")
            .nth(nth as u64);
        demo.faults().add(denied);
        let store = store(&sessions(&demo), "s3://pics").await;
        let mut pages = store.pages(ListQuery::default());
        let mut seen = Vec::new();
        let mut end = None;
        while let Some(page) = pages.next().await {
            seen.extend(page.entries);
            end = page.end;
        }
        assert_eq!(seen.len(), (nth - 1) * 2);
        let Some(End::Broken { after, reason }) = end else {
            panic!("page {nth}: {end:?}")
        };
        assert_eq!(after, seen.last().map(|entry| entry.key.clone()));
        assert!(reason.contains("log in anew"), "{reason}");
        assert_eq!(
            pages.failure().unwrap().failure_kind(),
            FailureKind::Credentials
        );
        assert!(pages.failure().unwrap().request_id.is_some());
    }
}

#[tokio::test]
async fn a_single_object_is_one_entry_with_or_without_siblings() {
    let demo = demo();
    fill(&demo, ["dir/one.txt", "dir/one.txt.bak"].map(str::to_owned));
    let sessions = sessions(&demo);
    let one = store(&sessions, "s3://pics/dir/one.txt").await;
    assert_eq!(names(&all(&one).await), ["one.txt"]);
    assert_eq!(one.single().await.unwrap(), Some(Key::from("one.txt")));
    let read = one
        .read(
            &"one.txt".into(),
            wharf::backend::store::ReadQuery::default(),
        )
        .await
        .unwrap();
    assert_eq!(&read.all().await.unwrap()[..], b"1");
    assert_eq!(
        one.stat(&"one.txt".into()).await.unwrap().entry.facts.size,
        1
    );
    let folder = store(&sessions, "s3://pics/dir/one.txt/").await;
    assert!(all(&folder).await.is_empty(), "with a slash it is a folder");
    let nothing = store(&sessions, "s3://pics/dir/none").await;
    assert!(all(&nothing).await.is_empty());
    assert_eq!(nothing.single().await.unwrap(), None);
}

#[tokio::test]
async fn an_exact_place_gives_a_copy_its_own_name() {
    let demo = demo();
    let sessions = sessions(&demo);
    let place = "s3://pics/dir/new.txt".parse().unwrap();
    let exact = sessions.exact(&place, &"a.txt".into()).unwrap();
    assert!(all(&exact).await.is_empty());
    super::write(
        &exact,
        "a.txt",
        b"hello",
        wharf::backend::store::Condition::Absent,
    )
    .await
    .unwrap();
    assert_eq!(demo.store().keys(BUCKET, ""), ["dir/new.txt"]);
    assert_eq!(names(&all(&exact).await), ["a.txt"]);
    let other = super::write(
        &exact,
        "b.txt",
        b"x",
        wharf::backend::store::Condition::None,
    )
    .await;
    assert_eq!(other.unwrap_err().failure_kind(), FailureKind::Refused);
    let Store::S3(_) = exact else {
        panic!("{exact:?}")
    };
}
