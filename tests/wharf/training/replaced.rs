//! Sources that become another content while their reading fails: nothing is told twice, and nothing of the old one stays.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::{
    os::unix::fs::FileExt as _,
    path::Path,
    sync::atomic::{AtomicUsize, Ordering::SeqCst},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use wharf::{
    demo::{Fault, Logs, REGION, Rule},
    domain::{
        location::Location,
        training::{
            ask::RunAsk,
            origin::{LogPlace, Origin},
        },
    },
};

use super::watch::{Watch, lines};
use crate::engine::desk::{BUCKET, Desk};

const GROUP: &str = "/train/stage2";

/// Does this before the first, the second… request of an operation from now on.
fn before(desk: &Desk, operation: &'static str, act: impl Fn(usize) + Send + Sync + 'static) {
    let seen = AtomicUsize::new(0);
    desk.demo.faults().before_each(move |asked| {
        if asked.operation == operation {
            act(seen.fetch_add(1, SeqCst));
        }
    });
}

/// Replaces an object; of the requests that see the new one the `nth` is hurt.
fn replace(desk: &Desk, key: &'static str, content: String, (fault, nth): (Fault, u64)) {
    let (faults, store) = (desk.demo.faults().clone(), desk.demo.store().clone());
    before(desk, "GetObject", move |seen| match seen {
        // A fault is settled before the hook is called: the rule counts from the next request on.
        0 => faults.add(Rule::new(fault).on("GetObject").nth(nth)),
        1 => drop(store.put(BUCKET, key, content.clone().into_bytes())),
        _ => {}
    });
}

/// Another run's lines, longer than those of `lines`.
fn others(steps: std::ops::Range<u64>) -> String {
    lines(steps).replace("\"step\"", "\"other\": 1, \"step\"")
}

#[tokio::test]
async fn a_log_that_is_replaced_is_told_anew_however_its_reading_fails() {
    for (fault, nth) in [
        (Fault::ExpiredToken, 2),
        (Fault::Cut, 2),
        (Fault::ExpiredToken, 3),
    ] {
        let desk = Desk::new();
        desk.object("logs/m.jsonl", lines(0..5000).as_bytes());
        let from = Location::parse("s3://pics/logs/m.jsonl").unwrap();
        let mut watch = Watch::new(desk, RunAsk::of_place("run", from));
        watch.until_step(4999).await;
        replace(&watch.desk, "logs/m.jsonl", others(0..6000), (fault, nth));
        watch.until_step(5999).await;
        assert_eq!(watch.desk.demo.faults().hits(fault), 1);
        assert_eq!(watch.all_points(), 6000, "{fault:?} {nth}");
    }
}

fn state(steps: u64) -> String {
    let row = |step| format!("{{\"step\": {step}, \"loss\": 0.5, \"epoch\": 0.1}}");
    let rows: Vec<String> = (1..=steps).map(row).collect();
    format!(
        "{{\n\"global_step\": {steps},\n\"max_steps\": 9000,\n\"log_history\": [\n{}\n]\n}}\n",
        rows.join(",\n")
    )
}

#[tokio::test]
async fn what_is_written_anew_as_a_whole_is_too() {
    let desk = Desk::new();
    desk.object("trainer_state.json", state(20).as_bytes());
    let from = Location::parse("s3://pics/trainer_state.json").unwrap();
    let mut watch = Watch::new(desk, RunAsk::of_place("run", from));
    watch.until_step(20).await;
    let cut = (Fault::Cut, 1);
    replace(&watch.desk, "trainer_state.json", state(30), cut);
    watch.until_step(30).await;
    assert_eq!(watch.desk.demo.faults().hits(Fault::Cut), 1);
    assert_eq!(watch.all_points(), 30);
}

/// A log of 66 MiB that is mostly a hole.
fn large(path: &Path, steps: std::ops::Range<u64>) {
    let beside = path.with_extension("new");
    let file = std::fs::File::create(&beside).unwrap();
    file.write_all_at(lines(0..2000).as_bytes(), 0).unwrap();
    let end = format!("\n{}", lines(steps));
    file.write_all_at(end.as_bytes(), 66 << 20).unwrap();
    std::fs::rename(beside, path).unwrap();
}

#[tokio::test]
async fn a_log_of_which_the_tail_is_read_is_told_anew_too() {
    let desk = Desk::new();
    let path = desk.path("large.jsonl");
    large(&path, 5000..5100);
    let from = Location::Disk(path.clone());
    let mut watch = Watch::new(desk, RunAsk::of_place("run", from));
    watch.until_step(5099).await;
    large(&path, 6000..6100);
    watch.until_step(6099).await;
    assert_eq!(watch.all_points(), 100);
}

fn moment(second: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_768_140_000 + second)
}

/// Writes the lines of some steps to the stream, one a second.
fn write(logs: &Logs, steps: std::ops::Range<u64>) {
    let text = lines(steps.clone());
    let told = steps.map(moment).zip(text.lines());
    logs.write(REGION, (GROUP, "run"), told);
}

fn stream() -> RunAsk {
    let place = LogPlace::of("logs:/train/stage2:run").unwrap().unwrap();
    RunAsk::of_place("run", Origin::Logs(place))
}

/// Denies the second of the requests for events, and does this before the first.
fn deny_second(desk: &Desk, first: impl Fn() + Send + Sync + 'static) {
    let cloud = desk.demo.cloud().clone();
    before(desk, "GetLogEvents", move |seen| match seen {
        0 => first(),
        1 => cloud.deny("logs:GetLogEvents"),
        2 => cloud.allow("logs:GetLogEvents"),
        _ => {}
    });
}

#[tokio::test]
async fn a_stream_that_is_made_again_is_told_anew_though_its_first_page_fails() {
    let desk = Desk::new();
    let logs = desk.demo.logs().clone();
    write(&logs, 0..50);
    let mut watch = Watch::new(desk, stream());
    watch.until_step(49).await;
    deny_second(&watch.desk, move || {
        logs.delete_group(REGION, GROUP);
        write(&logs, 0..30);
    });
    watch.until_step(29).await;
    assert_eq!(watch.all_points(), 30);
    let standing = &watch.followed.standings[0];
    assert_eq!(standing.bytes, lines(0..30).len() as u64);
}

#[tokio::test]
async fn all_of_a_stream_is_told_once_though_its_second_page_fails() {
    let desk = Desk::new();
    desk.demo.logs().make_pages_small(7);
    write(desk.demo.logs(), 0..20);
    deny_second(&desk, || {});
    let mut watch = Watch::with(desk, stream(), true);
    watch.until_step(19).await;
    assert_eq!(watch.all_points(), 20);
}

#[tokio::test]
async fn a_time_that_no_calendar_has_leaves_the_one_before_it() {
    let desk = Desk::new();
    write(desk.demo.logs(), 0..5);
    let mut watch = Watch::new(desk, stream());
    watch.until_step(4).await;
    let far = UNIX_EPOCH + Duration::from_secs(1 << 40);
    let line = lines(5..6);
    let told = [(far, line.trim_end())];
    watch.desk.demo.logs().write(REGION, (GROUP, "run"), told);
    watch.until_step(5).await;
    let written = watch.followed.standings[0].written.unwrap();
    assert_eq!(SystemTime::from(written), moment(4));
}
