//! Objects that go to another bucket through this machine: as gzip streams, known by their originals' size and checksum
//! afterwards; through a folder; and where the server refuses to copy them.
#![allow(
    clippy::unwrap_used,
    reason = "a test stops where its stage cannot be set"
)]

use std::io::Read as _;

use flate2::read::GzDecoder;
use wharf::demo::s3::{Denial, NewObject};

use crate::support::wharf::{Run, Stage};

/// Names whose order changes where `.gz` is put behind them, and one that is a stream already.
const NAMES: [&str; 7] = [
    "data",
    "data-old/x.bin",
    "data.gz",
    "data.txt",
    "d!/y",
    "z.g",
    "é ü",
];

/// Bytes of an object that goes in parts.
const LARGE: usize = 20 << 20;

fn stage() -> Stage {
    let stage = Stage::new();
    for bucket in ["shelf", "attic"] {
        stage.demo.store().create_bucket(bucket, "us-east-1");
    }
    for name in NAMES {
        put(&stage, name, name.repeat(50).into());
    }
    stage
}

fn put(stage: &Stage, name: &str, body: Vec<u8>) {
    let object = NewObject {
        content_type: Some("text/plain".to_owned()),
        metadata: [("author".to_owned(), "somebody".to_owned())].into(),
        ..NewObject::from(body)
    };
    let key = format!("d/{name}");
    stage.demo.store().put("shelf", &key, object).unwrap();
}

/// Puts an object that goes in parts, and gives its content.
fn large(stage: &Stage) -> Vec<u8> {
    let large: Vec<u8> = (0..=250_u8)
        .cycle()
        .flat_map(|byte| [byte; 3000])
        .take(LARGE)
        .collect();
    put(stage, "large", large.clone());
    large
}

fn plain(stage: &Stage, name: &str) -> Vec<u8> {
    let stream = stage.demo.store().body("attic", &format!("d/{name}.gz"));
    let mut plain = Vec::new();
    let stream = stream.unwrap();
    GzDecoder::new(&*stream).read_to_end(&mut plain).unwrap();
    plain
}

fn elsewhere(stage: &Stage, args: &[&str]) -> Run {
    let mut command = stage.process(args);
    command.env("WHARF_STATE", stage.path("elsewhere"));
    Run::from(command.output().unwrap())
}

const SYNC: [&str; 5] = ["sync", "s3://shelf/d", "s3://attic/d", "--gzip", "--json"];

#[test]
fn a_bucket_is_kept_as_streams_in_another_one_and_the_next_run_is_quiet() {
    let stage = stage();
    let large = large(&stage);
    let run = stage.run(&SYNC).ended_with(0);
    let count = NAMES.len() + 1;
    assert_eq!(run.summary()["proof"]["checksum"], count, "{}", run.stderr);
    assert_eq!(stage.demo.store().keys("attic", "d/").len(), count);
    for name in NAMES {
        assert_eq!(plain(&stage, name), name.repeat(50).as_bytes(), "{name}");
    }
    assert_eq!(plain(&stage, "large"), large);
    assert_eq!(stage.demo.log().count("CopyObject"), 0);
    // The journal knows what was made; without it, one HEAD of each stream does.
    stage.demo.log().clear();
    for run in [stage.run(&SYNC), elsewhere(&stage, &SYNC)] {
        let run = run.ended_with(0);
        assert_eq!(run.summary()["planned"]["same"]["objects"], count);
        assert_eq!(run.summary()["done"], 0);
    }
    assert_eq!(stage.demo.log().count("GetObject"), 0);
    assert_eq!(stage.demo.log().count("HeadObject"), count as u64);
    for check in ["checksum", "read"] {
        let args = [
            "verify",
            "s3://shelf/d",
            "s3://attic/d",
            "--gzip",
            "--check",
            check,
        ];
        elsewhere(&stage, &args).ended_with(0);
    }
}

#[test]
fn what_changed_is_sent_again_and_what_was_harmed_is_found() {
    let stage = stage();
    stage.run(&SYNC).ended_with(0);
    put(&stage, "data", b"another content".to_vec());
    let run = stage.run(&[&SYNC[..], &["--yes"]].concat()).ended_with(0);
    assert_eq!(run.summary()["done"], 1);
    assert_eq!(plain(&stage, "data"), b"another content");
    let store = stage.demo.store();
    let mut stream = store.body("attic", "d/data.txt.gz").unwrap().to_vec();
    let middle = stream.len() / 2;
    stream[middle] ^= 0x20;
    store.put("attic", "d/data.txt.gz", stream).unwrap();
    let args = [
        "verify",
        "s3://shelf/d",
        "s3://attic/d",
        "--gzip",
        "--check",
        "read",
    ];
    let run = stage.run(&args).ended_with(4);
    assert!(run.stderr.contains("data.txt.gz"), "{}", run.stderr);
}

#[test]
fn one_object_becomes_one_stream() {
    let stage = stage();
    for to in ["s3://attic/d/", "s3://attic/d/other.gz"] {
        let args = ["sync", "s3://shelf/d/data.txt", to, "--gzip"];
        stage.run(&args).ended_with(0);
    }
    let keys = stage.demo.store().keys("attic", "d/");
    assert_eq!(keys, ["d/data.txt.gz", "d/other.gz"]);
    assert_eq!(plain(&stage, "other"), "data.txt".repeat(50).as_bytes());
}

#[test]
fn a_move_and_a_cleanup_delete_originals_and_never_their_neighbours() {
    let stage = stage();
    let args = ["--include", "data", "--yes", "--json"];
    let run = stage.run(&[&["move"][..], &SYNC[1..4], &args].concat());
    run.ended_with(0);
    let left = stage.demo.store().keys("shelf", "d/");
    assert!(!left.contains(&"d/data".to_owned()), "{left:?}");
    assert!(left.contains(&"d/data.gz".to_owned()), "{left:?}");
    let run = stage.run(&SYNC).ended_with(0);
    let task = run.summary()["task"].to_string();
    let count = (NAMES.len() - 1).to_string();
    stage
        .run(&["cleanup", &task, "--confirm", &count])
        .ended_with(0);
    assert!(stage.demo.store().keys("shelf", "d/").is_empty());
    assert_eq!(stage.demo.store().keys("attic", "d/").len(), NAMES.len());
}

#[test]
fn a_copy_inside_s3_cannot_compress() {
    let stage = stage();
    let run = stage.run(&[&SYNC[..], &["--mode", "direct"]].concat());
    let run = run.ended_with(2);
    assert!(
        run.stderr.contains("compressed on its way"),
        "{}",
        run.stderr
    );
    assert!(stage.demo.store().keys("attic", "").is_empty());
}

#[test]
fn what_passes_through_a_folder_is_read_once_whatever_its_writing_meets() {
    let stage = stage();
    let large = large(&stage);
    stage
        .demo
        .faults()
        .set("500@UploadPart=2x".parse().unwrap());
    let spool = stage.path("spool").display().to_string();
    let args = ["--mode", "relay", "--spool", &spool, "--json"];
    let run = stage.run(&[&SYNC[..3], &args].concat()).ended_with(0);
    assert_eq!(run.summary()["done"], NAMES.len() + 1);
    assert_eq!(stage.demo.store().body("attic", "d/large").unwrap(), large);
    let asked = stage.demo.log().of("GetObject").into_iter();
    let read = asked.filter(|asked| asked.key == "d/large").count();
    assert_eq!(read, LARGE.div_ceil(8 << 20));
    assert_eq!(std::fs::read_dir(&spool).unwrap().count(), 0);
    let nowhere = ["--mode", "relay", "--spool", "/proc/no", "--yes"];
    let again = ["sync", "s3://shelf/d", "s3://attic/e"];
    let run = stage.run(&[&again[..], &nowhere].concat()).ended_with(2);
    assert!(run.stderr.contains("/proc/no"), "{}", run.stderr);
    let bucket = ["--spool", "s3://attic/spool"];
    let run = stage.run(&[&again[..], &bucket].concat()).ended_with(2);
    assert!(
        run.stderr.contains("a folder of this machine"),
        "{}",
        run.stderr
    );
}

#[test]
fn a_large_object_that_may_not_be_copied_goes_through_here() {
    let stage = stage();
    let large = large(&stage);
    stage.demo.store().deny(Denial {
        operation: Some("CopyObject".to_owned()),
        ..Denial::default()
    });
    for mode in ["hybrid", "auto"] {
        let to = format!("s3://attic/{mode}");
        let args = ["sync", "s3://shelf/d", &to, "--mode", mode];
        stage.run(&args).ended_with(0);
        let key = format!("{mode}/large");
        assert_eq!(stage.demo.store().body("attic", &key).unwrap(), large);
    }
}
