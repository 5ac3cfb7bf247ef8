//! Comparisons: what they tell, what they cost, and what they do not claim when a listing breaks.

use wharf::{
    domain::{
        diff::{Level, Sign},
        entry::End,
        filter::{Filter, Glob},
        key::Key,
        plan::SyncOptions,
    },
    engine::{Body, Command, FailedClass},
};

use super::desk::{Desk, bucket};

fn default() -> SyncOptions {
    SyncOptions::default()
}

#[tokio::test]
async fn a_comparison_costs_the_pages_of_the_listing_and_nothing_else() {
    let mut desk = Desk::new();
    for number in 0..2500 {
        let key = format!("raw/{number:05}.png");
        desk.object(&key, b"same");
        if number % 100 != 7 {
            desk.file(&key, b"same");
        }
    }
    desk.file("raw/z.png", b"mine");
    let told = desk
        .compare(&desk.local(), &bucket(""), default())
        .await
        .unwrap();
    assert_eq!(told.pairs.len(), 2501);
    let totals = &told.compared.totals;
    assert_eq!(totals.of(Sign::Same).objects, 2475);
    assert_eq!(totals.of(Sign::OnlyRight).objects, 25);
    assert_eq!(totals.of(Sign::OnlyLeft).objects, 1);
    assert_eq!(told.sign("raw/00001.png"), "=t");
    let counts = desk.demo.log().counts();
    assert_eq!(counts, [("ListObjectsV2", 3)].into());
    let sent = &told.compared.requests.by_operation;
    assert_eq!(*sent, [("ListObjectsV2".into(), 3)]);
}

#[tokio::test]
async fn a_large_listing_is_shared_by_readers_and_costs_few_requests_more() {
    let mut desk = Desk::new();
    for letter in 'A'..='Z' {
        desk.objects(&format!("cards/{letter}-"), 600);
    }
    let told = desk
        .compare(&desk.local(), &bucket(""), default())
        .await
        .unwrap();
    assert_eq!(told.pairs.len(), 26 * 600);
    assert!(told.compared.right.is_complete());
    let lists = desk.demo.log().count("ListObjectsV2");
    assert!(
        (16..=16 + 8).contains(&lists),
        "{lists} requests for 16 pages"
    );
}

#[tokio::test]
async fn what_lies_behind_a_broken_page_is_not_called_missing() {
    for page in 1..=3 {
        let mut desk = Desk::new();
        desk.objects("k", 2500);
        for number in (0..2500).step_by(250) {
            desk.file(&format!("k{number:05}"), b"x");
        }
        desk.break_page(page);
        let told = desk.compare(&desk.local(), &bucket(""), default()).await;
        if page == 1 {
            // Without a first page, credentials that expired are the answer.
            assert_eq!(told.unwrap_err().class, FailedClass::Usage);
            continue;
        }
        let told = told.unwrap();
        let known = (page - 1) * 1000;
        let last = Key::from(&*format!("k{:05}", known - 1));
        let End::Broken { after, .. } = &told.compared.right else {
            panic!("the listing broke");
        };
        assert_eq!(after.as_ref(), Some(&last));
        let totals = &told.compared.totals;
        assert_eq!(totals.of(Sign::OnlyLeft).objects, 0);
        assert_eq!(totals.of(Sign::Same).objects, known / 250);
        assert_eq!(totals.of(Sign::NotScanned).objects, 10 - known / 250);
    }
}

#[tokio::test]
async fn checksums_settle_what_times_leave_open_at_the_lowest_price() {
    let mut desk = Desk::new();
    // Changed after the upload by their times: only the content can tell.
    for (key, here, there) in [
        ("equal", "same", "same"),
        ("off", "mine", "else"),
        ("size", "a", "ab"),
    ] {
        desk.object(key, there.as_bytes());
        desk.file_aged(key, here.as_bytes(), 0);
    }
    let by = |check| SyncOptions {
        check,
        ..SyncOptions::default()
    };
    let told = desk
        .compare(&desk.local(), &bucket(""), by(Level::Checksum))
        .await
        .unwrap();
    assert_eq!(told.sign("equal"), "=c");
    assert_eq!(told.sign("off"), "*");
    assert_eq!(told.sign("size"), "*");
    // The ETag proves the first, sizes disprove the last; only the second needs a question.
    assert_eq!(desk.demo.log().count("HeadObject"), 1);
    assert_eq!(desk.demo.log().count("GetObject"), 0);
    let told = desk
        .compare(&desk.local(), &bucket(""), by(Level::Read))
        .await
        .unwrap();
    assert_eq!(told.sign("equal"), "=r");
    assert_eq!(told.sign("off"), "*");
    assert_eq!(desk.demo.log().count("GetObject"), 2);
    assert_eq!(told.compared.totals.of(Sign::Differs).objects, 2);
}

#[tokio::test]
async fn a_content_that_nothing_proves_is_unproven_and_not_different() {
    let mut desk = Desk::new();
    let mut limits = desk.demo.store().limits();
    limits.checksums = false;
    desk.demo.store().set_limits(limits);
    desk.object("a", b"there");
    desk.object("b", b"there");
    let options = SyncOptions {
        check: Level::Checksum,
        ..SyncOptions::default()
    };
    desk.demo
        .store()
        .put("pics", "c", bytes::Bytes::from_static(b"there"))
        .unwrap();
    desk.file_aged("c", b"there", 0);
    let told = desk
        .compare(&bucket(""), &desk.local(), options)
        .await
        .unwrap();
    assert_eq!(told.sign("c"), "=c");
}

#[tokio::test]
async fn a_single_object_is_compared_with_a_file_of_another_name() {
    let mut desk = Desk::new();
    desk.object("raw/one.png", b"same");
    desk.file("mine.png", b"same");
    desk.file("other.png", b"x");
    let file = wharf::domain::location::Location::Disk(desk.path("mine.png"));
    let told = desk
        .compare(&file, &bucket("raw/one.png"), default())
        .await
        .unwrap();
    assert_eq!(told.signs(), [("mine.png".to_owned(), "=t".to_owned())]);
}

#[tokio::test]
async fn wrong_places_are_told_with_what_they_mean_for_a_script() {
    let mut desk = Desk::new();
    desk.file("a", b"a");
    let at = |text: &str| wharf::domain::location::Location::parse(text).unwrap();
    for (place, class) in [
        (at("s3://no-such-bucket/"), FailedClass::Usage),
        (at("dead:s3://pics/"), FailedClass::Broken),
        (at("unknown:s3://pics/"), FailedClass::Usage),
    ] {
        let view = desk.view();
        desk.engine.submit(Command::List {
            view,
            location: place.clone(),
            folder: Key::default(),
            deep: true,
            options: std::sync::Arc::default(),
        });
        let Body::Failed(failed) = desk.body(view).await else {
            panic!("{place} cannot be listed");
        };
        assert_eq!(failed.class, class, "{failed:?}");
    }
    let left_out = SyncOptions {
        filter: Filter {
            rules: vec![Glob::Exclude("[".to_owned())],
            ..Filter::default()
        },
        ..SyncOptions::default()
    };
    let failed = desk
        .compare(&desk.local(), &bucket(""), left_out)
        .await
        .unwrap_err();
    assert_eq!(failed.class, FailedClass::Usage);
}

#[tokio::test]
async fn folders_buckets_and_single_facts_are_answered() {
    let mut desk = Desk::new();
    desk.objects("a/b/", 3);
    desk.object("a/c", b"four");
    let view = desk.view();
    desk.engine.submit(Command::List {
        view,
        location: bucket(""),
        folder: Key::from("a/"),
        deep: false,
        options: std::sync::Arc::default(),
    });
    let Body::Listed { entries, end, .. } = desk.body(view).await else {
        panic!("a folder is listed");
    };
    let keys: Vec<_> = entries.iter().map(|entry| entry.key.to_string()).collect();
    assert_eq!(
        (keys.join(" ").as_str(), end),
        ("a/b/ a/c", Some(End::Complete))
    );
    let view = desk.view();
    desk.engine.submit(Command::Buckets {
        view,
        remote: wharf::domain::location::Remote::default(),
    });
    let Body::Buckets(buckets) = desk.body(view).await else {
        panic!("buckets are listed");
    };
    assert_eq!(&*buckets[0].name, "pics");
    let view = desk.view();
    desk.engine.submit(Command::Preview {
        view,
        location: bucket("a"),
        key: Key::from("c"),
    });
    let Body::Preview(preview) = desk.body(view).await else {
        panic!("the object has facts");
    };
    assert_eq!(preview.facts.size, 4);
}
