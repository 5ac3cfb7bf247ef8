//! Runs whose logs are whole texts.

use std::sync::Arc;

use jiff::Timestamp;

use super::{Run, State, Stream, Terms};
use crate::domain::training::{lamp::Light, read::Reader};

fn stream(number: usize, source: usize, label: &str) -> Stream {
    Stream {
        number,
        source,
        label: Arc::from(label),
    }
}

fn second(second: i64) -> Timestamp {
    Timestamp::from_second(1_768_140_000 + second).unwrap()
}

/// A run whose log is this text, last written to at this second.
fn run(text: &str, written: i64) -> Run {
    let mut run = Run::new(Terms::default());
    let batch = Reader::new(None).feed(text.as_bytes(), true);
    run.absorb(&stream(0, 0, ""), &batch, second(written));
    run
}

fn jsonl(steps: std::ops::Range<u64>) -> String {
    let line = |step: u64| {
        let at = 1_768_140_000.0 + step as f64 * 1.9;
        format!(
            "{{\"step\": {step}, \"loss\": {}, \"timestamp\": {at}, \"max_steps\": 1000}}\n",
            1.0 / (step + 1) as f64
        )
    };
    steps.map(line).collect::<Vec<_>>().concat()
}

#[test]
fn a_run_trains_stalls_and_ends() {
    let mut run = run(&jsonl(0..500), 950);
    let now = second(952);
    assert_eq!(
        (run.state(now), run.last().unwrap().step),
        (State::Training, 499)
    );
    assert_eq!(run.total_steps(), Some(1000));
    let eta = run.eta(now).unwrap();
    assert!((930..970).contains(&eta.likely.as_secs()), "{eta:?}");
    let later = second(950 + 41 * 60);
    assert_eq!((run.state(later), run.eta(later)), (State::Stalled, None));
    assert_eq!(run.step_lamp(later).light, Light::Off);
    let rest = Reader::new(None).feed(jsonl(500..1001).as_bytes(), true);
    run.absorb(&stream(1, 0, ""), &rest, second(1902));
    assert_eq!(run.state(second(1903)), State::Ended);
    assert_eq!(
        (run.metrics().count(), run.metric("loss").unwrap().len()),
        (1, 1001)
    );
}

#[test]
fn a_restart_takes_back_what_came_after_it() {
    let text = jsonl(0..300) + &jsonl(200..350).replace("17681", "17682");
    let run = run(&text, 700);
    let loss = run.metric("loss").unwrap();
    assert_eq!((loss.len(), loss.holding().count()), (450, 350));
    assert!(
        run.remarks()
            .iter()
            .any(|remark| remark.contains("steps went back once")),
        "{:?}",
        run.remarks()
    );
}

#[test]
fn wall_clocks_and_stop_watches_become_moments() {
    // The file was written at 14:00:05 UTC; its lines say 16:00:00.
    let text = "2026-01-11 15:59:50 step 10 loss: 0.5\n2026-01-11 16:00:00 step 20 loss: 0.4\n";
    let run = run(text, 5);
    let Some(last) = run.last_time() else {
        panic!("no time")
    };
    assert_eq!(last, second(0), "{last}");
    let bar = "50%|#####     | 50/100 [01:40<01:40,  2.00s/it, loss=0.3]\r60%|######    | 60/100 [02:00<01:20,  2.00s/it, loss=0.2]\n";
    let run = self::run(bar, 120);
    assert_eq!(run.last_time(), Some(second(120)));
    assert_eq!(
        (run.last().unwrap().step, run.total_steps()),
        (60, Some(100))
    );
}

#[test]
fn words_end_a_run_and_later_steps_take_that_back() {
    let died = "step 1 loss: 0.5\nstep 2 loss: 0.5\nTraceback (most recent call last):\nRuntimeError: CUDA out of memory\n";
    assert_eq!(run(died, 10).state(second(11)), State::Failed);
    let resumed = format!("{died}step 3 loss: 0.4\n");
    assert_ne!(run(&resumed, 10).state(second(11)), State::Failed);
    let done = "step 1 loss: 0.5\n{'train_runtime': 12.3, 'train_loss': 0.5}\n";
    assert_eq!(run(done, 10).state(second(11)), State::Ended);
}

#[test]
fn metrics_of_two_sources_keep_apart_and_folders_bear_theirs() {
    let mut run = Run::new(Terms::default());
    let batch = Reader::new(None).feed(jsonl(0..10).as_bytes(), true);
    for stream in [stream(0, 0, ""), stream(1, 1, ""), stream(2, 2, "val")] {
        run.absorb(&stream, &batch, second(20));
    }
    let names: Vec<&str> = run.metrics().map(|(name, _)| &**name).collect();
    assert_eq!(names, ["loss", "loss (2)", "val/loss"]);
}
