//! What a plan foresees of a listing that many readers share is what is sent.
#![allow(
    clippy::unwrap_used,
    reason = "a test stops where its stage cannot be set"
)]

use crate::support::wharf::Stage;

#[test]
fn the_requests_of_large_listings_are_those_that_were_foreseen() {
    let stage = Stage::new();
    let store = stage.demo.store();
    store.create_bucket("large", "us-east-1");
    for number in 0..7_500_u32 {
        let letter = char::from(b'A' + u8::try_from(number * 26 / 7_500).unwrap());
        let key = format!("{letter}{number:05}.txt");
        store.put("large", &format!("old/{key}"), "same").unwrap();
        // Most is there already; some of it has no source any more.
        if number % 20 != 0 {
            let name = if number % 20 == 1 { "gone-" } else { "" };
            let key = format!("new/{key}{name}");
            store.put("large", &key, "same").unwrap();
        }
    }
    let run = stage
        .run(&[
            "sync",
            "s3://large/old/",
            "s3://large/new/",
            "--delete",
            "--max-delete",
            "50%",
            "--yes",
            "--json",
        ])
        .ended_with(0);
    assert_eq!(run.summary()["failed"], 0, "{}", run.stdout);
    let report = stage.run(&["tasks", "report", "1"]).ended_with(0);
    let told = "Exactly those that the plan foresaw were sent.";
    assert!(report.stdout.contains(told), "{}", report.stdout);
}
