//! A gzip stream that grows while it is watched: read as far as it came, wherever it is torn.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::io::Write as _;

use flate2::{Compression, write::GzEncoder};
use wharf::domain::{
    location::Location,
    training::{
        ask::{RunAsk, SourceAsk},
        standing::Standing,
    },
};

use super::watch::{Watch, lines};
use crate::engine::desk::Desk;

/// A whole member with the lines of these steps.
fn member(steps: std::ops::Range<u64>) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(lines(steps).as_bytes()).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test]
async fn a_gzip_stream_is_followed_flush_by_flush_and_torn_anywhere() {
    let desk = Desk::new();
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(lines(0..500).as_bytes()).unwrap();
    encoder.flush().unwrap();
    desk.object("logs/m.jsonl.gz", encoder.get_ref());
    let from = Location::parse("s3://pics/logs/m.jsonl.gz").unwrap();
    let mut watch = Watch::new(desk, RunAsk::of_place("run", from));
    watch.until_step(499).await;
    encoder.write_all(lines(500..1000).as_bytes()).unwrap();
    encoder.flush().unwrap();
    let all = encoder.get_ref().clone();
    // Torn within a block: what is whole of it comes, the rest waits.
    watch.desk.object("logs/m.jsonl.gz", &all[..all.len() - 40]);
    let torn = all.len() as u64 - 40;
    watch.until(|standing| standing.bytes == torn).await;
    watch.desk.object("logs/m.jsonl.gz", &all);
    watch.until_step(999).await;
    watch.desk.demo.log().clear();
    for _ in 0..6 {
        watch.round().await;
    }
    let log = watch.desk.demo.log();
    assert!(log.count("GetObject") <= 7, "an idle look is one GET");
    // The stream ends, and another one is written behind it.
    let mut whole = encoder.finish().unwrap();
    whole.extend(member(1000..1500));
    watch.desk.object("logs/m.jsonl.gz", &whole);
    watch.until_step(1499).await;
    assert_eq!(watch.all_points(), 1500);
    assert_eq!(watch.followed.standings[0].trouble, None);
}

#[tokio::test]
async fn its_first_byte_is_no_binary_and_what_is_damaged_is_told_in_its_row() {
    let desk = Desk::new();
    let all = member(0..200);
    desk.object("logs/m.gz", &all[..1]);
    desk.object("logs/other.jsonl", lines(0..10).as_bytes());
    let source = |from: &str| SourceAsk {
        from: Location::parse(from).unwrap().into(),
        pattern: None,
    };
    let ask = RunAsk {
        sources: vec![
            source("s3://pics/logs/m.gz"),
            source("s3://pics/logs/other.jsonl"),
        ],
        ..RunAsk::default()
    };
    let mut watch = Watch::new(desk, ask);
    watch.until_step(9).await;
    watch.desk.object("logs/m.gz", &all);
    watch.until_step(199).await;
    let mut damaged = all;
    damaged.extend(b"no member of a stream");
    watch.desk.object("logs/m.gz", &damaged);
    let told = |standing: &Standing| {
        let trouble = standing.trouble.as_deref().unwrap_or_default();
        trouble.contains("damaged")
    };
    watch.until(told).await;
    watch
        .desk
        .object("logs/other.jsonl", lines(0..300).as_bytes());
    watch.until_step(299).await;
}
