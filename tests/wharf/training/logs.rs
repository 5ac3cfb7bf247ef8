//! Sources in CloudWatch Logs: what is asked for them, and what is told where something is wrong.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops at the first surprise"
)]

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use wharf::{
    demo::{Fault, Rule},
    domain::training::{
        ask::RunAsk,
        origin::{LogPlace, Origin},
        read::Format,
        series::Series,
    },
};

use super::watch::{Watch, lines};
use crate::{engine::desk::Desk, support::wharf::Stage};

const GROUP: &str = "/train/stage2";
const REGION: &str = "us-east-1";

fn moment(second: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_768_140_000 + second)
}

/// Writes the lines of some steps to a stream, one a second.
fn write(desk: &Desk, stream: &str, steps: std::ops::Range<u64>) {
    let text = lines(steps.clone());
    let told = steps.map(moment).zip(text.lines());
    desk.demo.logs().write(REGION, (GROUP, stream), told);
}

fn ask(text: &str) -> RunAsk {
    RunAsk::of_place("run", Origin::Logs(LogPlace::of(text).unwrap().unwrap()))
}

fn watch(desk: Desk, text: &str) -> Watch {
    Watch::new(desk, ask(text))
}

impl Watch {
    /// What is wrong with the first source, once something is.
    async fn trouble(&mut self) -> String {
        self.until(|standing| standing.trouble.is_some()).await;
        let standing = self.followed.standings.first();
        standing.unwrap().trouble.clone().unwrap().into_string()
    }
}

#[tokio::test]
async fn a_stream_is_tailed_by_its_token_and_an_idle_poll_is_one_request() {
    let desk = Desk::new();
    write(&desk, "run", 0..500);
    let mut watch = watch(desk, "logs:/train/stage2:run");
    watch.until_step(499).await;
    assert_eq!(watch.followed.standings[0].format, Some(Format::Jsonl));
    watch.round().await;
    watch.desk.demo.log().clear();
    for _ in 0..10 {
        watch.round().await;
    }
    let idle = watch.desk.demo.log().lines();
    assert!(
        idle.len() <= 11 && idle.iter().all(|line| line.operation == "GetLogEvents"),
        "{idle:?}"
    );
    write(&watch.desk, "run", 500..510);
    watch.until_step(509).await;
    assert_eq!(watch.points(), 510);
    assert!(!watch.followed.standings[0].earlier);
}

#[tokio::test]
async fn pages_may_be_small_or_empty_and_of_many_only_the_newest_are_read() {
    let desk = Desk::new();
    desk.demo.logs().make_pages_small(7);
    write(&desk, "run", 0..500);
    let mut watch = watch(desk, "logs:/train/stage2:run");
    watch.until_step(499).await;
    watch.until(|standing| standing.earlier).await;
    assert_eq!(watch.points(), 7 * 16);
    write(&watch.desk, "run", 500..600);
    watch.until_step(599).await;
    assert_eq!(watch.points(), 7 * 16 + 100);
    let desk = Desk::new();
    desk.demo.logs().make_pages_small(7);
    write(&desk, "run", 0..500);
    let mut all = Watch::with(desk, ask("logs:/train/stage2:run"), true);
    all.until_step(499).await;
    assert_eq!(
        (all.points(), all.followed.standings[0].earlier),
        (500, false)
    );
}

#[tokio::test]
async fn lines_without_a_time_bear_that_of_their_keeper() {
    let desk = Desk::new();
    let told: Vec<String> = (0..60)
        .map(|step| format!("step {step} loss: 0.{step}"))
        .collect();
    let told = told
        .iter()
        .zip(0..)
        .map(|(line, at)| (moment(at * 3), &**line));
    desk.demo.logs().write(REGION, (GROUP, "out"), told);
    let mut watch = watch(desk, "logs:/train/stage2");
    watch.until_step(59).await;
    let usual = watch.followed.run.usual().unwrap();
    assert!((usual.step - 3.0).abs() < 0.1, "{usual:?}");
    let last = watch.followed.run.last_time().unwrap();
    assert_eq!(SystemTime::from(last), moment(59 * 3));
}

#[tokio::test]
async fn streams_of_a_group_go_on_with_each_other_and_hosts_keep_apart() {
    let desk = Desk::new();
    write(&desk, "i-1/attempt-1", 0..50);
    write(&desk, "i-1/attempt-2", 50..80);
    write(&desk, "i-2/attempt-1", 0..20);
    let mut watch = watch(desk, "logs:/train/stage2:i-");
    watch.until_step(79).await;
    let points = |name: &str| watch.followed.run.metric(name).map(Series::len);
    assert_eq!(
        (points("i-1/loss"), points("i-2/loss")),
        (Some(80), Some(20))
    );
}

#[tokio::test]
async fn what_is_wrong_with_a_group_is_told_and_mends_by_itself() {
    let desk = Desk::new();
    write(&desk, "run", 0..50);
    desk.demo.logs().create_group(REGION, "/train/stage20");
    let mut missing = watch(desk, "logs:/test/stage2:run");
    let trouble = missing.trouble().await;
    assert!(
        trouble.contains(
            "no log group /test/stage2 in us-east-1; there are /train/stage2, /train/stage20"
        ),
        "{trouble}"
    );
    let desk = Desk::new();
    write(&desk, "run", 0..50);
    let mut watch = watch(desk, "logs:/train/stage2:run");
    watch.until_step(49).await;
    let cloud = watch.desk.demo.cloud().clone();
    cloud.deny("logs:GetLogEvents");
    let trouble = watch.trouble().await;
    assert!(trouble.contains("logs:GetLogEvents"), "{trouble}");
    cloud.allow("logs:GetLogEvents");
    watch.until(|standing| standing.trouble.is_none()).await;
    watch
        .desk
        .demo
        .faults()
        .add(Rule::new(Fault::SlowDown).on("GetLogEvents").times(2));
    write(&watch.desk, "run", 50..60);
    watch.until_step(59).await;
    // Made again under its name, it is another stream: its token holds no more.
    watch.desk.demo.logs().delete_group(REGION, GROUP);
    let trouble = watch.trouble().await;
    assert!(
        trouble.contains("nothing at logs:/train/stage2:run"),
        "{trouble}"
    );
    write(&watch.desk, "run", 0..30);
    watch.until_step(29).await;
    assert_eq!(watch.points(), 30);
}

#[test]
fn a_stream_is_shown_by_the_command() {
    let stage = Stage::new();
    let text = lines(0..40);
    let told = (0..40).map(moment).zip(text.lines());
    stage.demo.logs().write(REGION, (GROUP, "run"), told);
    let run = stage
        .run(&["training", "show", "logs:/train/stage2:run", "--json"])
        .ended_with(0);
    let told = &run.of_type("run")[0];
    assert_eq!(told["last_step"], 39);
    assert_eq!(told["sources"][0]["from"], "logs:/train/stage2:run");
    let wrong = stage.run(&["training", "show", "logs:a b"]).ended_with(2);
    assert!(
        wrong.stderr.contains("names no streams"),
        "{}",
        wrong.stderr
    );
}
