//! Round trips by clients of other people, when they are installed.
#![allow(
    clippy::print_stderr,
    reason = "a round trip that was skipped has to be seen"
)]

use super::{BUCKET, demo};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use wharf::demo::Demo;

/// Runs `program` pointed at the demo; `false`, with a word on stderr, when it is not installed.
fn run(demo: &Demo, program: &str, arguments: &[&str]) -> bool {
    let installed = Command::new(program)
        .arg(if program == "aws" {
            "--version"
        } else {
            "version"
        })
        .output();
    if !installed.is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: {program} is not installed");
        return false;
    }
    let mut command = Command::new(program);
    for line in demo.exports() {
        let (name, value) = line
            .strip_prefix("export ")
            .unwrap()
            .split_once('=')
            .unwrap();
        command.env(name, value);
    }
    let output = command.args(arguments).output().unwrap();
    assert!(
        output.status.success(),
        "{program} {arguments:?}\n{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    true
}

/// Names that clients stumble over, small and big bodies.
fn files() -> BTreeMap<String, Vec<u8>> {
    let mut files: BTreeMap<String, Vec<u8>> = (0..40)
        .map(|n| {
            (
                format!("d{}/f{n}.bin", n % 4),
                vec![n; usize::from(n) * 100],
            )
        })
        .collect();
    files.insert("sp ace/pl+us/ü 日本.txt".to_owned(), b"hello".to_vec());
    files.insert("empty".to_owned(), Vec::new());
    files.insert(
        "big.bin".to_owned(),
        (0..6_000_000_u32).flat_map(u32::to_le_bytes).collect(),
    );
    files
}

fn write(folder: &Path) {
    for (name, bytes) in files() {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
}

fn check(demo: &Demo, back: &Path) {
    for (name, bytes) in files() {
        assert!(
            demo.store().body(BUCKET, &format!("up/{name}")).unwrap() == bytes,
            "{name} in the store"
        );
        assert!(
            fs::read(back.join(&name)).unwrap() == bytes,
            "{name} on the way back"
        );
    }
    assert_eq!(demo.store().objects(BUCKET).len(), files().len());
    assert!(demo.store().uploads(BUCKET).is_empty());
}

#[test]
fn aws_takes_everything_up_and_down() {
    let (demo, up, back) = (
        demo(),
        tempfile::tempdir().unwrap(),
        tempfile::tempdir().unwrap(),
    );
    write(up.path());
    let target = format!("s3://{BUCKET}/up");
    if run(
        &demo,
        "aws",
        &[
            "s3",
            "sync",
            "--only-show-errors",
            up.path().to_str().unwrap(),
            &target,
        ],
    ) {
        run(
            &demo,
            "aws",
            &[
                "s3",
                "sync",
                "--only-show-errors",
                &target,
                back.path().to_str().unwrap(),
            ],
        );
        check(&demo, back.path());
        demo.log().clear();
        run(
            &demo,
            "aws",
            &[
                "s3",
                "sync",
                "--only-show-errors",
                up.path().to_str().unwrap(),
                &target,
            ],
        );
        assert_eq!(
            demo.log().count("PutObject"),
            0,
            "a second sync finds nothing to do"
        );
        run(
            &demo,
            "aws",
            &["s3", "rm", "--recursive", "--only-show-errors", &target],
        );
        assert!(demo.store().objects(BUCKET).is_empty());
    }
}

#[test]
fn rclone_takes_everything_up_and_down() {
    let (demo, up, back) = (
        demo(),
        tempfile::tempdir().unwrap(),
        tempfile::tempdir().unwrap(),
    );
    write(up.path());
    let target = format!("demo:{BUCKET}/up");
    if run(
        &demo,
        "rclone",
        &["copy", up.path().to_str().unwrap(), &target],
    ) {
        run(
            &demo,
            "rclone",
            &["copy", &target, back.path().to_str().unwrap()],
        );
        run(
            &demo,
            "rclone",
            &["check", up.path().to_str().unwrap(), &target],
        );
        check(&demo, back.path());
    }
}

#[test]
fn s5cmd_takes_everything_up_and_down() {
    let (demo, up, back) = (
        demo(),
        tempfile::tempdir().unwrap(),
        tempfile::tempdir().unwrap(),
    );
    write(up.path());
    let from = format!("{}/", up.path().display());
    let target = format!("s3://{BUCKET}/up/");
    if run(&demo, "s5cmd", &["cp", &from, &target]) {
        run(
            &demo,
            "s5cmd",
            &[
                "cp",
                &format!("{target}*"),
                &format!("{}/", back.path().display()),
            ],
        );
        check(&demo, back.path());
    }
}
