//! Sources that grow while they are watched: what is asked of S3 for it, and what is told where something is wrong.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops at the first surprise"
)]

use std::{sync::Arc, time::Duration};

use wharf::{
    domain::{
        location::Location,
        training::{
            ask::{RunAsk, SourceAsk},
            series::Series,
            standing::Standing,
        },
    },
    engine::{
        Body, Command, View,
        training::{Followed, Manner, News},
    },
};

use crate::engine::desk::Desk;

/// Rounds within which anything comes about; each takes a millisecond at least.
const ROUNDS: usize = 20_000;

/// A run that is watched at a desk.
pub(super) struct Watch {
    pub(super) desk: Desk,
    view: View,
    pub(super) followed: Followed,
}

impl Watch {
    pub(super) fn new(desk: Desk, ask: RunAsk) -> Self {
        Self::with(desk, ask, false)
    }

    pub(super) fn with(desk: Desk, ask: RunAsk, whole: bool) -> Self {
        let view = desk.view();
        desk.engine.submit(Command::Watch {
            view,
            runs: Arc::from([ask.clone()]),
            manner: Manner {
                every: Some(Duration::from_millis(1)),
                whole,
            },
        });
        Self {
            desk,
            view,
            followed: Followed::new(ask),
        }
    }

    fn of(desk: Desk, from: &str) -> Self {
        Self::new(
            desk,
            RunAsk::of_place("run", Location::parse(from).unwrap()),
        )
    }

    /// Takes what is told until all was looked at once more.
    pub(super) async fn round(&mut self) {
        loop {
            let Body::Run(news) = self.desk.body(self.view).await else {
                panic!("the watch ended");
            };
            let polled = matches!(news.news, News::Polled { .. });
            self.followed.absorb(news.news);
            if polled {
                return;
            }
        }
    }

    /// Goes on until what was told is as wanted; what never comes about fails.
    pub(super) async fn until_told(&mut self, wanted: impl Fn(&Followed) -> bool) {
        for _ in 0..ROUNDS {
            if wanted(&self.followed) {
                return;
            }
            self.round().await;
        }
        let last = self.followed.run.last();
        let standings = &self.followed.standings;
        let machine = &self.followed.machine;
        panic!("not within {ROUNDS} rounds: {last:?} {standings:?} {machine:?}");
    }

    /// Goes on until the last step is this one.
    pub(super) async fn until_step(&mut self, step: u64) {
        self.until_told(|followed| followed.run.last().map(|last| last.step) == Some(step))
            .await;
    }

    pub(super) async fn until(&mut self, wanted: impl Fn(&Standing) -> bool) {
        self.until_told(|followed| followed.standings.iter().any(&wanted))
            .await;
    }

    /// All points of the loss, those that were trained again too.
    pub(super) fn all_points(&self) -> usize {
        self.followed.run.metric("loss").map_or(0, Series::len)
    }

    pub(super) fn points(&self) -> usize {
        self.followed
            .run
            .metric("loss")
            .map_or(0, |series| series.holding().count())
    }
}

pub(super) fn lines(steps: std::ops::Range<u64>) -> String {
    let line = |step| {
        format!(
            "{{\"step\": {step}, \"loss\": {}.5, \"timestamp\": {}}}\n",
            step % 7,
            1_768_140_000 + step
        )
    };
    steps.map(line).collect::<Vec<_>>().concat()
}

#[tokio::test]
async fn an_idle_poll_is_one_get_and_what_comes_is_read_alone() {
    let desk = Desk::new();
    desk.object("logs/metrics.jsonl", lines(0..500).as_bytes());
    let mut watch = Watch::of(desk, "s3://pics/logs/metrics.jsonl");
    watch.until_step(499).await;
    watch.round().await;
    watch.desk.demo.log().clear();
    for _ in 0..10 {
        watch.round().await;
    }
    let log = watch.desk.demo.log();
    let idle = log.lines();
    assert!(
        idle.len() <= 11 && idle.iter().all(|line| line.operation == "GetObject"),
        "{idle:?}"
    );
    assert!(
        idle.iter()
            .all(|line| line.condition("if-none-match").is_some())
    );
    log.clear();
    watch
        .desk
        .object("logs/metrics.jsonl", lines(0..510).as_bytes());
    watch.until_step(509).await;
    let from = lines(0..500).len() - 64;
    let ranges: Vec<_> = watch
        .desk
        .demo
        .log()
        .lines()
        .into_iter()
        .filter_map(|line| line.range)
        .collect();
    assert!(
        ranges
            .iter()
            .all(|range| range.starts_with(&format!("bytes={from}-"))),
        "{ranges:?}"
    );
    assert_eq!(watch.points(), 510);
}

#[tokio::test]
async fn a_log_that_is_replaced_is_told_anew_and_one_that_was_cut_goes_on() {
    let desk = Desk::new();
    desk.file("metrics.csv", b"step,loss\n1,0.5\n2,0.4\n");
    let path = desk.path("metrics.csv").display().to_string();
    let mut watch = Watch::of(desk, &path);
    watch.until_step(2).await;
    // Lightning writes all anew when a metric is new.
    watch.desk.file(
        "metrics.csv",
        b"step,loss,val\n1,0.5,\n2,0.4,\n3,0.3,0.35\n",
    );
    watch.until_step(3).await;
    assert_eq!(
        (
            watch.points(),
            watch.followed.run.metric("loss").unwrap().len()
        ),
        (3, 3)
    );
    watch.desk.file("metrics.csv", b"step,loss\n4,0.2\n");
    watch.until_step(4).await;
    assert_eq!(watch.points(), 4);
}

#[tokio::test]
async fn a_folder_is_listed_once_and_its_files_go_on_with_each_other() {
    let desk = Desk::new();
    desk.object("logs/metrics.1.jsonl", lines(0..100).as_bytes());
    desk.object("logs/metrics.2.jsonl", lines(100..200).as_bytes());
    desk.object("logs/val/metrics.jsonl", lines(0..10).as_bytes());
    desk.object("logs/model.pt", b"\0\0");
    desk.object("ckpt/step=150.pt", b"12345");
    let mut ask = RunAsk::of_place("run", Location::parse("s3://pics/logs/").unwrap());
    ask.checkpoints = vec![Location::parse("s3://pics/ckpt").unwrap().into()];
    let mut watch = Watch::new(desk, ask);
    watch.until_step(199).await;
    for _ in 0..20 {
        watch.round().await;
    }
    let names: Vec<&str> = watch
        .followed
        .run
        .metrics()
        .map(|(name, _)| &**name)
        .collect();
    assert_eq!((names, watch.points()), (vec!["loss", "val/loss"], 200));
    assert_eq!(
        watch.desk.demo.log().count("ListObjectsV2"),
        2,
        "the logs and the checkpoints, once each"
    );
    let newest = watch.followed.run.checkpoints[0].clone().unwrap();
    assert_eq!((newest.step, newest.size), (Some(150), 5));
}

#[tokio::test]
async fn what_is_wrong_stands_in_its_sources_row_and_the_rest_goes_on() {
    let desk = Desk::new();
    desk.file("good.jsonl", lines(0..50).as_bytes());
    desk.file("binary.log", &[0, 1, 2, 3, 4, 5]);
    desk.file("text.log", b"it 5 L=0.5\n");
    desk.file("empty.log", b"");
    let source = |name: &str, pattern: Option<&str>| SourceAsk {
        from: Location::Disk(desk.path(name)).into(),
        pattern: pattern.map(Arc::from),
    };
    let ask = RunAsk {
        name: "run".into(),
        sources: vec![
            source("binary.log", None),
            source("good.jsonl", None),
            source("text.log", Some("(")),
            source("missing.log", None),
            source("empty.log", None),
        ],
        ..RunAsk::default()
    };
    let mut watch = Watch::new(desk, ask);
    watch.round().await;
    assert_eq!(watch.points(), 50);
    let trouble = |at: usize| {
        watch.followed.standings[at]
            .trouble
            .clone()
            .unwrap_or_default()
    };
    assert!(trouble(0).contains("binary") && trouble(1).is_empty());
    assert!(
        trouble(2).contains("no regular expression") && trouble(3).contains("nothing at"),
        "{} {}",
        trouble(2),
        trouble(3)
    );
    assert!(trouble(4).contains("empty so far"));
    watch.desk.file("empty.log", b"step 1 loss: 0.5\n");
    watch.until(|standing| standing.bytes == 17).await;
    assert_eq!(watch.followed.standings[4].trouble, None);
}

#[tokio::test]
async fn of_a_large_log_only_the_tail_is_read() {
    let desk = Desk::new();
    let path = desk.path("large.jsonl");
    let text = lines(0..2000);
    // Two gigabytes that are mostly a hole, with the last lines behind it.
    let file = std::fs::File::create(&path).unwrap();
    std::os::unix::fs::FileExt::write_all_at(&file, text.as_bytes(), 0).unwrap();
    let end = (2_u64 << 30) - 1;
    std::os::unix::fs::FileExt::write_all_at(
        &file,
        format!("\n{}", lines(5000..5100)).as_bytes(),
        end,
    )
    .unwrap();
    let mut watch = Watch::of(desk, &path.display().to_string());
    watch.until_step(5099).await;
    assert_eq!(watch.points(), 100);
    watch
        .until(|standing| standing.skipped > (2 << 30) - (17 << 20))
        .await;
}

#[tokio::test]
async fn checkpoints_are_listed_once_more_when_a_run_ends() {
    let desk = Desk::new();
    desk.object("logs/metrics.jsonl", lines(0..100).as_bytes());
    desk.object("ckpt/step=80.pt", b"12345");
    let from = Location::parse("s3://pics/logs/metrics.jsonl").unwrap();
    let mut ask = RunAsk::of_place("run", from);
    ask.checkpoints = vec![Location::parse("s3://pics/ckpt").unwrap().into()];
    ask.terms.steps = Some(200);
    let mut watch = Watch::new(desk, ask);
    watch.until_step(99).await;
    watch.desk.demo.log().clear();
    watch.desk.object("ckpt/step=120.pt", b"123456");
    let told = lines(0..150);
    watch.desk.object("logs/metrics.jsonl", told.as_bytes());
    watch.until_step(149).await;
    assert_eq!(watch.desk.demo.log().count("ListObjectsV2"), 0);
    let told = lines(0..200);
    watch.desk.object("logs/metrics.jsonl", told.as_bytes());
    watch.until_step(199).await;
    for _ in 0..20 {
        watch.round().await;
    }
    let newest = watch.followed.run.checkpoints[0].clone().unwrap();
    assert_eq!(newest.step, Some(120));
    assert_eq!(watch.desk.demo.log().count("ListObjectsV2"), 1);
}
