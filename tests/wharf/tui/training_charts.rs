//! In Training: what a chart without a curve says about why.
#![allow(
    clippy::unwrap_used,
    reason = "a stage that cannot be set must stop the test"
)]

use wharf::{
    domain::training::{read::Reader, run::Stream},
    engine::training::News,
};

use super::stage::{Stage, now};

const RUN: &str = "[runs.stage2]\nmetrics = [{ from = \"/data/m.jsonl\" }]\n";

/// A screen whose run told this.
fn stage(log: &str) -> Stage {
    let (mut stage, view) = Stage::watching(RUN);
    let told = News::Told {
        stream: Stream {
            number: 0,
            source: 0,
            label: "".into(),
        },
        batch: Reader::new(None).feed(log.as_bytes(), true),
        written: now(),
    };
    let polled = News::Polled {
        looked: Some(now()),
    };
    for news in [told, polled] {
        stage.tell_run(view, news);
    }
    stage
}

/// Steps of ten seconds each, with a bias below zero and an offset that only the first one tells.
fn log() -> String {
    let line = |step: i64| {
        let at = now().as_second() - 600 + step * 10;
        let first = if step == 0 { ", \"offset\": 3" } else { "" };
        format!("{{\"step\": {step}, \"timestamp\": {at}, \"bias\": -{step}.5{first}}}\n")
    };
    (0..60).map(line).collect()
}

#[test]
fn a_chart_without_a_curve_says_what_is_true() {
    let mut stage = stage(&log());
    let said = |stage: &Stage, words: &str| {
        let text = stage.text((132, 36));
        assert!(text.contains(words), "{words} is not in\n{text}");
        assert!(!text.contains("tells no time"), "{text}");
    };
    stage.press("s");
    said(&stage, "no value above 0 in these steps");
    stage.press("t");
    said(&stage, "no value above 0 at these times");
    stage.press("s").press("+");
    said(&stage, "no value at these times");
    stage.press("t").press("+");
    said(&stage, "no value in these steps");
}

#[test]
fn values_of_no_time_are_said_to_have_none() {
    // Only the last row was written when the file was.
    let mut stage = stage("{\"step\": 1, \"offset\": 3}\n{\"step\": 2, \"loss\": 1}\n");
    stage.press("t");
    let text = stage.text((132, 36));
    assert!(
        text.contains("the log tells no time of its values"),
        "{text}"
    );
}
