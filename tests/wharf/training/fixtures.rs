//! What the real writers wrote (`fixtures/training/make.py`), whole, torn and damaged.
#![allow(
    clippy::unwrap_used,
    reason = "a test stops where its fixture is missing"
)]

use wharf::domain::training::{
    batch::{Batch, Time},
    read::{Format, Reader},
};

/// The values of one metric with their steps.
fn metric(batch: &Batch, name: &str) -> Vec<(u64, f64)> {
    let id = batch
        .names
        .iter()
        .position(|known| **known == *name)
        .unwrap();
    let of = |row| {
        let value = batch
            .values_of(row)
            .iter()
            .find(|(at, _)| *at as usize == id)?;
        Some((row.step.unwrap(), value.1))
    };
    batch.rows.iter().filter_map(of).collect()
}

fn near(told: f64, meant: f64) -> bool {
    (told - meant).abs() <= 1e-5 * meant.abs()
}

#[test]
fn tensorboardx_writes_simple_values() {
    let bytes = include_bytes!("../fixtures/training/tensorboardx.events");
    let mut reader = Reader::new(None);
    let batch = reader.feed(bytes, true);
    assert_eq!(
        (reader.format(), batch.odd, batch.trouble.as_deref()),
        (Some(Format::Events), 0, None)
    );
    let loss = metric(&batch, "loss/train");
    assert_eq!(loss.len(), 21);
    assert!(loss[20].0 == 200 && loss[20].1.is_nan());
    assert!(
        metric(&batch, "lr")
            .iter()
            .all(|(step, lr)| near(*lr, 1e-3 * (1.0 - *step as f64 / 200.0)))
    );
    assert_eq!(metric(&batch, "loss/val").len(), 4);
    assert_eq!(batch.names.len(), 3, "texts and histograms are no numbers");
    assert_eq!(batch.rows[0].time, Time::At(1_768_140_000_000));
}

#[test]
fn tensorboard_writes_the_tensors_of_tensorflow_two() {
    let batch = Reader::new(None).feed(
        include_bytes!("../fixtures/training/tensorboard.events"),
        true,
    );
    let loss = metric(&batch, "epoch_loss");
    let meant = |step: u64| 2.0 * 0.98_f64.powi(i32::try_from(step).unwrap());
    assert!(
        loss.len() == 20 && loss.iter().all(|(step, value)| near(*value, meant(*step))),
        "{loss:?}"
    );
    assert_eq!(metric(&batch, "evaluation_loss_vs_iterations").len(), 4);
}

#[test]
fn a_torn_record_waits_and_a_damaged_one_is_passed_over() {
    let bytes = include_bytes!("../fixtures/training/tensorboardx.events");
    let whole = Reader::new(None).feed(bytes, true).rows.len();
    let mut reader = Reader::new(None);
    let mut count = 0;
    for piece in bytes.chunks(37) {
        count += reader.feed(piece, false).rows.len();
    }
    // The first bytes are too few to tell what it is before the end.
    count += reader.feed(b"", true).rows.len();
    assert_eq!(count, whole);
    let mut damaged = bytes.to_vec();
    damaged[1000] ^= 1;
    let batch = Reader::new(None).feed(&damaged, true);
    assert!(
        (whole - 2..whole).contains(&batch.rows.len()),
        "{} of {whole}",
        batch.rows.len()
    );
    assert!(
        batch
            .trouble
            .unwrap()
            .contains("damaged bytes were passed over")
    );
    let mut tail = Reader::new(None);
    tail.learn(bytes.get(..1000).unwrap());
    let batch = tail.feed(bytes.get(1200..).unwrap(), true);
    assert!(
        batch.rows.len() > 10 && batch.trouble.is_none(),
        "{:?}",
        batch.trouble
    );
}

#[test]
fn hugging_face_writes_its_state_with_not_a_number_in_it() {
    let mut reader = Reader::new(None);
    let batch = reader.feed(
        include_bytes!("../fixtures/training/trainer_state.json"),
        true,
    );
    assert_eq!(
        (reader.format(), batch.trouble.as_deref()),
        (Some(Format::TrainerState), None)
    );
    assert_eq!(
        (metric(&batch, "loss").len(), batch.totals.steps),
        (12, Some(200))
    );
    let validation = metric(&batch, "eval_loss");
    assert!(
        validation.len() == 2 && validation[1].1.is_nan(),
        "{validation:?}"
    );
}

#[test]
fn lightning_leaves_cells_empty() {
    let mut reader = Reader::new(None);
    let batch = reader.feed(
        include_bytes!("../fixtures/training/lightning_metrics.csv"),
        true,
    );
    assert_eq!((reader.format(), batch.odd), (Some(Format::Table), 0));
    let steps = |name| {
        metric(&batch, name)
            .into_iter()
            .map(|(step, _)| step)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        (steps("train_loss"), steps("val_loss")),
        (vec![49, 99, 149, 199], vec![99, 199])
    );
}
