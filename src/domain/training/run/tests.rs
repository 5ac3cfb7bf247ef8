//! Runs whose logs are whole texts.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;

use super::{Run, State, Stream, Terms};
use crate::domain::training::{checkpoint::Checkpoint, lamp::Light, read::Reader, series::By};

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
fn a_row_without_a_time_stands_where_the_one_before_it_does() {
    let text = "{\"step\": 1, \"loss\": 3, \"timestamp\": 1768140000}\n\
                {\"step\": 2, \"loss\": 2, \"timestamp\": 1768140010}\n\
                {\"step\": 2, \"val\": 2}\n\
                {\"step\": 3, \"loss\": 1, \"timestamp\": 1768140020}\n";
    let run = run(text, 20);
    let span = |name| run.metric(name).unwrap().span(By::Time);
    assert_eq!((span("loss"), span("val")), (Some(0..200), Some(100..100)));
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
fn a_clock_that_is_hours_off_makes_no_stall() {
    let line = |step: i64, off: i64| {
        let at = 1_768_140_000 + step + off;
        format!("{{\"step\": {step}, \"timestamp\": {at}}}\n")
    };
    for off in [-3 * 3600, 3 * 3600] {
        let mut run = Run::new(Terms::default());
        for steps in [0..100, 100..200] {
            let end = steps.end;
            let text: Vec<String> = steps.map(|step| line(step, off)).collect();
            let batch = Reader::new(None).feed(text.concat().as_bytes(), true);
            run.absorb(&stream(0, 0, ""), &batch, second(end));
        }
        let at = run.last_time().unwrap();
        assert!(at >= second(100) && at <= second(200), "{off}: {at}");
        assert_eq!(run.state(second(125)), State::Training, "{off}");
    }
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

#[test]
fn a_fresh_reader_numbers_its_metrics_by_itself() {
    let mut run = Run::new(Terms::default());
    let told = |run: &mut Run, text: &str, anew: bool| {
        let mut batch = Reader::new(None).feed(text.as_bytes(), true);
        batch.anew = anew;
        run.absorb(&stream(0, 0, ""), &batch, second(20));
    };
    let values = |run: &Run, name| {
        let series = run.metric(name).unwrap();
        (0..series.len())
            .map(|at| series.get(at).unwrap().value)
            .collect::<Vec<f64>>()
    };
    told(&mut run, "{\"step\": 1, \"loss\": 3, \"lr\": 0.1}\n", false);
    // Cut and begun again, with its metrics in another order.
    let cut = "{\"step\": 2, \"lr\": 0.2}\n{\"step\": 2, \"loss\": 2}\n";
    told(&mut run, cut, false);
    assert_eq!(values(&run, "loss"), [3.0, 2.0]);
    assert_eq!(values(&run, "lr"), [0.1, 0.2]);
    told(&mut run, "{\"step\": 3, \"lr\": 0.3}\n", false);
    // What is told anew empties what any of its readers told.
    told(&mut run, "{\"step\": 1, \"lr\": 0.4}\n", true);
    assert_eq!(values(&run, "loss"), [0.0; 0]);
    assert_eq!(values(&run, "lr"), [0.4]);
}

/// Everything that is asked of a run while it is shown.
fn asked(run: &Run, now: Timestamp) {
    let (_, _, _) = (run.state(now), run.eta(now), run.progress());
    let (_, _, _) = (run.remarks(), run.ended(), run.is_unsaved(now));
    for (_, series) in run.metrics() {
        let mut steps = series.steps().unwrap();
        steps.end += 1;
        assert_eq!(series.columns(By::Step, &steps, 50).len(), 50);
        assert_eq!(series.smoothed((By::Step, &steps), 50, 0.9).len(), 50);
        let (_, _) = (series.at(By::Step, steps.start), series.holding().count());
    }
}

/// Logs of each kind, for what a broken disk or a hostile writer makes of them.
fn logs() -> [Vec<u8>; 4] {
    let events = include_bytes!("../../../../tests/wharf/fixtures/training/tensorboardx.events");
    let state = include_bytes!("../../../../tests/wharf/fixtures/training/trainer_state.json");
    let text = "Epoch 1/3\n 50%|##| 50/100 [99999999999:10<00:01, 2it/s, loss=nan]\nstep 18446744073709551615 loss: -1e999\n\
        2026-01-11 16:00:00 step 3/0 loss: 1 | lr 1e-4\n";
    [
        events.to_vec(),
        state.to_vec(),
        text.into(),
        jsonl(0..60).into(),
    ]
}

proptest::proptest! {
    #[test]
    fn no_bytes_make_it_stumble(
        log in 0..4_usize,
        damage in proptest::collection::vec((0..5000_usize, proptest::prelude::any::<u8>()), 0..12),
        cut in 0..5000_usize,
        piece in 1..700_usize,
    ) {
        let mut bytes = logs()[log].clone();
        for (at, byte) in damage {
            let at = at % bytes.len();
            bytes[at] = byte;
        }
        bytes.truncate(cut.max(1));
        let mut reader = Reader::new(None);
        let mut run = Run::new(Terms::default());
        let mut pieces = bytes.chunks(piece).peekable();
        while let Some(piece) = pieces.next() {
            let batch = reader.feed(piece, pieces.peek().is_none());
            run.absorb(&stream(0, 0, ""), &batch, second(100));
        }
        asked(&run, second(200));
    }

    #[test]
    fn nor_do_bytes_of_no_kind(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..3000)) {
        let mut run = Run::new(Terms::default());
        let batch = Reader::new(None).feed(&bytes, true);
        run.absorb(&stream(0, 0, ""), &batch, second(100));
        asked(&run, second(200));
    }
}

#[test]
fn a_checkpoint_on_the_machine_does_not_outlive_it() {
    let terms = Terms {
        lose_at_most: Some(Duration::from_secs(100)),
        ..Terms::default()
    };
    let mut run = Run::new(terms);
    let at = 1_768_140_000;
    let line = |step| format!("{{\"step\": {step}, \"timestamp\": {}}}\n", at + step);
    let text: String = (0..400).map(line).collect();
    let batch = Reader::new(None).feed(text.as_bytes(), true);
    run.absorb(&stream(0, 0, ""), &batch, second(399));
    for on_box in [true, false] {
        run.checkpoints = vec![Some(Checkpoint {
            name: "a".into(),
            at: second(390),
            step: Some(390),
            size: 1,
            on_box,
        })];
        assert_eq!(run.is_unsaved(second(400)), on_box);
    }
}
