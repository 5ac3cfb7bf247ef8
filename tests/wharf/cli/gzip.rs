//! Story 4 by the real program: files go up as gzip streams, stay the same, come back on another machine, and streams that
//! others made are neither sent again nor trusted blindly.
#![allow(
    clippy::unwrap_used,
    reason = "a test stops where its stage cannot be set"
)]

use std::{
    io::Write as _,
    process::{Command, Stdio},
};

use flate2::{Compression, GzBuilder};

use crate::support::wharf::{Run, Stage};

const BUCKET: &str = "attic";

/// Names whose order changes where `.gz` is taken off.
const NAMES: [&str; 7] = [
    "data",
    "data-old/x.bin",
    "data.txt",
    "d!/y",
    "chroma.sqlite3",
    "z.gz",
    "é ü",
];

fn stage() -> Stage {
    let stage = Stage::new();
    stage.demo.store().create_bucket(BUCKET, "us-east-1");
    for name in NAMES {
        stage.file(&format!("d/{name}"), name.repeat(50).as_bytes());
    }
    stage
}

/// A run on another machine: with a journal that knows nothing.
fn elsewhere(stage: &Stage, args: &[&str]) -> Run {
    let mut command = stage.process(args);
    command.env("WHARF_STATE", stage.path("elsewhere"));
    Run::from(command.output().unwrap())
}

fn stream(content: &[u8]) -> Vec<u8> {
    let header = GzBuilder::new().filename("x").mtime(1_600_000_000);
    let mut encoder = header.write(Vec::new(), Compression::best());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

/// What `gzip -t` says; `None` where it is not installed.
fn is_sound(stream: &[u8]) -> Option<bool> {
    let gzip = Command::new("gzip").arg("-t").stdin(Stdio::piped()).spawn();
    let mut gzip = gzip.ok()?;
    gzip.stdin.take()?.write_all(stream).unwrap();
    Some(gzip.wait().unwrap().success())
}

#[test]
fn a_folder_goes_up_compressed_comes_back_elsewhere_and_is_quiet_in_between() {
    let stage = stage();
    let up = ["sync", "d", "s3://attic/d", "--gzip", "--json"];
    let run = stage.run(&up).ended_with(0);
    assert_eq!(run.summary()["done"], NAMES.len());
    assert_eq!(run.summary()["proof"]["checksum"], NAMES.len());
    for name in NAMES {
        let body = stage.demo.store().body(BUCKET, &format!("d/{name}.gz"));
        assert_ne!(is_sound(&body.unwrap()), Some(false), "{name}");
    }
    // The journal knows what was sent: not one request but the listings'.
    stage.demo.log().clear();
    let again = stage.run(&up).ended_with(0);
    assert_eq!(again.summary()["done"], 0);
    assert_eq!(again.summary()["planned"]["same"]["objects"], NAMES.len());
    assert_eq!(stage.demo.log().count("HeadObject"), 0);
    // Without it, the metadata does: one HEAD each, and nothing is sent.
    let again = elsewhere(&stage, &up).ended_with(0);
    assert_eq!(again.summary()["planned"]["same"]["objects"], NAMES.len());
    assert_eq!(stage.demo.log().count("HeadObject"), NAMES.len() as u64);
    assert_eq!(stage.demo.log().count("PutObject"), 0);
    let down = ["sync", "s3://attic/d", "e", "--gzip", "--json"];
    let run = elsewhere(&stage, &down).ended_with(0);
    assert_eq!(run.summary()["done"], NAMES.len());
    for name in NAMES {
        let (one, other) = (format!("d/{name}"), format!("e/{name}"));
        let read = |path: &str| std::fs::read(stage.path(path)).unwrap();
        assert_eq!(read(&one), read(&other), "{name}");
    }
    let quiet = elsewhere(&stage, &down).ended_with(0);
    assert_eq!(quiet.summary()["done"], 0);
    let again = stage.run(&down).ended_with(0);
    assert_eq!(again.summary()["done"], 0, "no journal knows these files");
    for check in ["checksum", "read"] {
        let args = ["verify", "e", "s3://attic/d", "--gzip", "--check", check];
        stage.run(&args).ended_with(0);
        elsewhere(&stage, &args).ended_with(0);
    }
}

#[test]
fn a_changed_file_is_sent_again_and_a_filter_speaks_of_plain_names() {
    let stage = stage();
    let up = ["sync", "d", "s3://attic/d", "--gzip", "--yes", "--json"];
    stage.run(&up).ended_with(0);
    std::fs::write(stage.path("d/data.txt"), "changed").unwrap();
    let differs = stage.run(&["diff", "d", "s3://attic/d", "--gzip"]);
    assert_eq!(differs.code, 1, "{}", differs.stderr);
    assert!(differs.stdout.contains("data.txt.gz"), "{}", differs.stdout);
    let run = stage.run(&up).ended_with(0);
    assert_eq!(run.summary()["planned"]["overwrite"]["objects"], 1);
    assert_eq!(run.summary()["done"], 1);
    let only = ["--include", "*.sqlite3"];
    let args = [&["sync", "d", "s3://attic/f", "--gzip"][..], &only].concat();
    stage.run(&args).ended_with(0);
    let keys = stage.demo.store().keys(BUCKET, "f/");
    assert_eq!(keys, ["f/chroma.sqlite3.gz"]);
}

#[test]
fn streams_of_others_are_compared_by_their_trailer_and_not_sent_again() {
    let stage = stage();
    for name in NAMES {
        let body = stream(name.repeat(50).as_bytes());
        let key = format!("d/{name}.gz");
        stage.demo.store().put(BUCKET, &key, body).unwrap();
    }
    let other = stream(b"another content");
    stage.demo.store().put(BUCKET, "d/data.gz", other).unwrap();
    let members = [stream(b"one"), stream(b"two")].concat();
    stage
        .demo
        .store()
        .put(BUCKET, "d/data.txt.gz", members)
        .unwrap();
    let args = ["sync", "d", "s3://attic/d", "--gzip", "--json"];
    let check = [&args[..], &["--check", "checksum"]].concat();
    for args in [&args[..], &check] {
        stage.demo.log().clear();
        let run = stage.run(args).ended_with(0);
        let planned = &run.summary()["planned"];
        assert_eq!(planned["same"]["objects"], NAMES.len() - 2, "{planned}");
        assert_eq!(planned["unproven"]["objects"], 2, "{planned}");
        assert_eq!(stage.demo.log().count("PutObject"), 0);
        assert!(run.stdout.contains("--check read"), "{}", run.stdout);
    }
    let gets = stage.demo.log().of("GetObject");
    assert!(gets.len() <= NAMES.len(), "the journal knows some by now");
    let read = ["diff", "d", "s3://attic/d", "--gzip", "--check", "read"];
    let run = stage.run(&read);
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert_eq!(
        run.stdout
            .lines()
            .filter(|line| line.starts_with('*'))
            .count(),
        2
    );
}

#[test]
fn a_single_file_goes_and_comes_by_its_name() {
    let stage = stage();
    let args = ["sync", "d/chroma.sqlite3", "s3://attic/one/", "--gzip"];
    stage.run(&args).ended_with(0);
    let keys = stage.demo.store().keys(BUCKET, "one/");
    assert_eq!(keys, ["one/chroma.sqlite3.gz"]);
    let args = [
        "sync",
        "s3://attic/one/chroma.sqlite3.gz",
        "back/",
        "--gzip",
    ];
    stage.run(&args).ended_with(0);
    let read = |path: &str| std::fs::read(stage.path(path)).unwrap();
    assert_eq!(read("back/chroma.sqlite3"), read("d/chroma.sqlite3"));
}

#[test]
fn a_mapping_that_says_gzip_does_all_of_it() {
    let stage = stage();
    let text = format!(
        "base_dir = \"{}\"\n[remotes.main]\nregion = \"us-east-1\"\n\
         [mappings.embeddings]\nlocal = \"d\"\nremote = \"main:s3://attic/e\"\ndirection = \"push\"\ngzip = true\n\
         sse = \"AES256\"\nstorage_class = \"STANDARD_IA\"\n",
        stage.path("").display()
    );
    std::fs::write(stage.path("wharf.toml"), text).unwrap();
    stage.run(&["sync", "embeddings"]).ended_with(0);
    let view = stage.demo.store().object(BUCKET, "e/data.gz").unwrap();
    assert_eq!(view.class, "STANDARD_IA");
    stage.run(&["verify", "embeddings"]).ended_with(0);
    let run = stage.run(&["sync", "embeddings", "--json"]).ended_with(0);
    assert_eq!(run.summary()["done"], 0);
}
