//! Each format in small, in pieces of every size, and what is wrong with them.

use super::{Format, Reader};
use crate::domain::training::batch::{Batch, Time};

/// Values with their names.
type Values<'a> = Vec<(&'a str, f64)>;

/// All rows of a text with the names of their values.
fn rows(batch: &Batch) -> Vec<(Option<u64>, Values<'_>)> {
    let name = |id: &u32| batch.names.get(*id as usize).map_or("?", |name| &**name);
    let row = |row| {
        batch
            .values_of(row)
            .iter()
            .map(|(id, value)| (name(id), *value))
            .collect()
    };
    batch.rows.iter().map(|one| (one.step, row(one))).collect()
}

fn read(text: &str) -> Batch {
    Reader::new(None).feed(text.as_bytes(), true)
}

#[test]
fn json_lines_with_what_python_writes() {
    let batch = read(
        "{\"step\": 1, \"loss\": NaN, \"opt\": {\"lr\": 1e-3, \"name\": \"adam\"}, \"tags\": [1, 2]}\n\
         {\"step\": 2, \"loss\": -Infinity, \"note\": \"NaN inside\", \"val\": \"0.5\"}\n{\"step\": 3, \"lo",
    );
    let found = rows(&batch);
    assert!(
        found[0].1[0].1.is_nan() && found[0].1[1] == ("opt/lr", 1e-3),
        "{found:?}"
    );
    assert_eq!(
        found[1],
        (Some(2), vec![("loss", f64::NEG_INFINITY), ("val", 0.5)])
    );
    assert_eq!(
        (found.len(), batch.read, batch.odd),
        (2, 2, 0),
        "the half-written line waits"
    );
}

#[test]
fn tables_with_empty_cells_and_names_again() {
    let batch = read(
        "epoch,step,train_loss,val_loss\n0,49,0.7,\n0,99,,0.65\nepoch,step,train_loss,val_loss\n0,149,nan,\n",
    );
    let found = rows(&batch);
    assert_eq!(found[0], (Some(49), vec![("train_loss", 0.7)]));
    assert_eq!(found[1], (Some(99), vec![("val_loss", 0.65)]));
    assert!(found[2].1[0].1.is_nan() && found.len() == 3);
    let tsv = read("step\tloss\n1\t0.5\n");
    assert_eq!(rows(&tsv), [(Some(1), vec![("loss", 0.5)])]);
}

/// A line, and what it tells.
type Line = (&'static str, Option<u64>, &'static [(&'static str, f64)]);

const LINES: [Line; 12] = [
    (
        "step=100 loss=0.5 lr=1e-4",
        Some(100),
        &[("loss", 0.5), ("lr", 1e-4)],
    ),
    (
        "[2026-01-11 16:00:00,123] INFO step 100 | loss: 0.5 | lr 1e-4",
        Some(100),
        &[("loss", 0.5), ("lr", 1e-4)],
    ),
    (
        "step 0: train loss 4.27, val loss 4.28",
        Some(0),
        &[("train_loss", 4.27), ("val_loss", 4.28)],
    ),
    (
        "Epoch: [1][ 100/5005]\tTime  0.532 ( 0.6)\tLoss 6.9 (7.0)\tAcc@1 0.5 (0.2)",
        Some(5105),
        &[("Loss", 6.9), ("Acc@1", 0.5)],
    ),
    (
        "Epoch 2/10, Step 20/500 loss: 0.5",
        Some(520),
        &[("loss", 0.5)],
    ),
    (
        " 45%|████▌     | 450/1000 [00:10<00:12, 44.5it/s, loss=0.3]",
        Some(450),
        &[("loss", 0.3)],
    ),
    (
        "Epoch 3:  45%|####5     | 45/100 [00:01<00:01, 40.0it/s, v_num=0, train_loss=0.5]",
        Some(345),
        &[("v_num", 0.0), ("train_loss", 0.5)],
    ),
    (
        " 10%|█         | 100/1000 [00:10<01:30, 10.0it/s]{'loss': 0.4, 'learning_rate': 5e-05, 'epoch': 0.1}",
        Some(100),
        &[("loss", 0.4), ("learning_rate", 5e-5)],
    ),
    (
        "450/1000 [=====>....] - ETA: 2s - loss: 0.3 - accuracy: 0.9",
        Some(450),
        &[("loss", 0.3), ("accuracy", 0.9)],
    ),
    (
        "\u{1b}[1m450/1000\u{1b}[0m \u{1b}[32m━━━━\u{1b}[0m\u{1b}[37m━━\u{1b}[0m 2s 3ms/step - loss: 0.3",
        Some(450),
        &[("loss", 0.3)],
    ),
    ("iter 10: loss nan, time 23.00ms", Some(10), &[]),
    (
        "2026-01-11T16:00:00Z step 7 grad norm: 1.5",
        Some(7),
        &[("grad_norm", 1.5)],
    ),
];

#[test]
fn lines_for_people() {
    for (line, step, values) in LINES {
        let batch = read(&format!("# a run\n{line}\n"));
        let found = rows(&batch);
        assert_eq!(found.len(), 1, "{line}: {found:?}");
        assert_eq!(found[0].0, step, "{line}");
        for value in values {
            assert!(found[0].1.contains(value), "{line}: {found:?}");
        }
    }
    let nothing = "Loading dataset: 33339 images\nseed: 42\nport 8080\nhttp://127.0.0.1:6006\nValidation: 45%|###| 4/9 [00:01<00:01, 4it/s]\nMap: 100%|###| 9/9 [00:01<00:00, 9it/s]\n";
    assert_eq!(rows(&read(nothing)), []);
    let timed = read("2026-01-11T16:00:00Z step 7 loss: 1.5\n");
    assert_eq!(timed.rows[0].time, Time::At(1_768_147_200_000));
}

#[test]
fn keras_counts_within_its_epochs() {
    let batch = read(
        "Epoch 1/3\n100/100 [====] - 2s - loss: 0.5\nEpoch 2/3\n 50/100 [==>.] - ETA: 1s - loss: 0.4\n",
    );
    let steps: Vec<_> = batch.rows.iter().map(|row| row.step).collect();
    assert_eq!(
        (steps.last(), batch.totals.steps),
        (Some(&Some(150)), Some(300))
    );
}

#[test]
fn a_pattern_of_a_persons_own() {
    let mut reader = Reader::new(Some(r"it (?P<step>\d+) L=(?P<loss>[\d.]+)"));
    let batch = reader.feed(b"hello\nit 5 L=0.25\n", true);
    assert_eq!(rows(&batch), [(Some(5), vec![("loss", 0.25)])]);
    let trouble = |pattern: &str, text: &[u8]| {
        Reader::new(Some(pattern))
            .feed(text, true)
            .trouble
            .unwrap()
            .to_string()
    };
    assert!(trouble("(?P<step>", b"it 5\n").contains("no regular expression"));
    assert!(trouble(r"\d+", b"it 5\n").contains("no named group"));
    assert!(trouble(r"(?P<step>x\d+)", b"it 5\n").contains("matches none of 1 lines"));
}

#[test]
fn a_trainers_state_is_read_whole() {
    let text = "{\n \"global_step\": 20,\n \"max_steps\": 100,\n \"num_train_epochs\": 2,\n \"log_history\": [\n  {\"epoch\": 0.1, \"loss\": 1.5, \"step\": 10},\n  {\"epoch\": 0.2, \"eval_loss\": NaN, \"step\": 20}\n ]\n}";
    let mut reader = Reader::new(None);
    let batch = reader.feed(text.as_bytes(), true);
    assert_eq!(
        (reader.format(), batch.rows.len()),
        (Some(Format::TrainerState), 2)
    );
    assert_eq!(
        (batch.totals.steps, batch.totals.epochs),
        (Some(100), Some(2.0))
    );
    let torn = text.get(..120).unwrap();
    assert!(
        Reader::new(None)
            .feed(torn.as_bytes(), true)
            .trouble
            .unwrap()
            .contains("not whole")
    );
}

#[test]
fn binary_is_told_and_harms_nobody() {
    let batch = Reader::new(None).feed(&[0, 1, 2, 3, 200, 201], true);
    assert!(batch.trouble.unwrap().contains("binary"));
    let mut noise = b"step 1 loss: 0.5\n".repeat(5);
    noise.extend([0xff, 0xfe, 0x1b, b'[', b'\n']);
    assert_eq!(Reader::new(None).feed(&noise, true).rows.len(), 5);
}

#[test]
fn pieces_of_any_size_tell_the_same() {
    let line = |n: u64| format!("{{\"step\": {n}, \"loss\": {n}.5}}");
    let text = (0..400).map(line).collect::<Vec<_>>().join("\n") + "\n";
    let whole = read(&text).rows.len();
    for size in [1, 7, 100, 5000] {
        let mut reader = Reader::new(None);
        let mut pieces = text.as_bytes().chunks(size).peekable();
        let mut count = 0;
        while let Some(piece) = pieces.next() {
            count += reader.feed(piece, pieces.peek().is_none()).rows.len();
        }
        assert_eq!(count, whole, "{size}");
    }
}

#[test]
fn a_stream_that_still_grows_is_unpacked_as_far_as_it_came() {
    use std::io::Write as _;
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    for n in 0..3000_u64 {
        writeln!(
            gzip,
            "{{\"step\": {n}, \"loss\": {}}}",
            n.wrapping_mul(2_654_435_761) % 1000
        )
        .unwrap();
    }
    let packed = gzip.finish().unwrap();
    let mut reader = Reader::new(None);
    let first = reader
        .feed(packed.get(..packed.len() / 2).unwrap(), true)
        .rows
        .len();
    let second = reader
        .feed(packed.get(packed.len() / 2..).unwrap(), true)
        .rows
        .len();
    assert!(first > 500 && first < 2900, "{first}");
    assert_eq!((first + second, reader.is_gzip()), (3000, true));
}

#[test]
fn the_middle_may_be_left_out() {
    let lines = (0..2000).map(|n| format!("{n},0.5")).collect::<Vec<_>>();
    let text = format!("step,loss\n{}\n", lines.join("\n"));
    let mut reader = Reader::new(None);
    reader.learn(text.get(..4096).unwrap().as_bytes());
    let batch = reader.feed(text.get(10_001..).unwrap().as_bytes(), true);
    assert_eq!(batch.rows.last().unwrap().step, Some(1999));
    assert!(batch.rows.len() > 100 && batch.odd == 0);
}

#[test]
fn writers_of_one_log_keep_their_names_apart() {
    let batch = read(
        "{\"step\": 1, \"rank\": 0, \"loss\": 1}\n{\"step\": 1, \"rank\": 1, \"loss\": 2}\n{\"step\": 2, \"rank\": 1, \"loss\": 3}\n",
    );
    assert_eq!(rows(&batch)[2], (Some(2), vec![("loss [1]", 3.0)]));
    assert_eq!(
        batch.rows.iter().map(|row| row.aside).collect::<Vec<_>>(),
        [false, true, true]
    );
}

#[test]
fn lines_behind_many_blank_ones_are_read() {
    let blank = (0..80).map(|at| (at, if at % 2 == 0 { "" } else { " \t" }));
    let told = blank.chain([(80, "{\"step\": 1, \"loss\": 0.5}")]);
    let mut reader = Reader::new(None);
    let batch = reader.feed_lines(told);
    assert_eq!(rows(&batch), [(Some(1), vec![("loss", 0.5)])]);
    assert_eq!(reader.format(), Some(Format::Jsonl));
    let mut blank = Reader::new(None);
    assert!(blank.feed_lines([(1, ""); 60].into_iter()).is_empty());
}
