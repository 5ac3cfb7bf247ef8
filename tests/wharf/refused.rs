//! A store that refuses to list its buckets: the permission is named, and a bucket that is typed works, on the screen and
//! without one.
#![allow(
    clippy::unwrap_used,
    reason = "a test stops where its stage cannot be set"
)]

use wharf::demo::s3::Denial;

use crate::{picker::screen, support::wharf::Stage};

const PERMISSION: &str = "s3:ListAllMyBuckets";

/// A bucket with one object, whose name nobody is told.
fn unlisted() -> Stage {
    let stage = Stage::new();
    stage.demo.store().create_bucket("hidden", "us-east-1");
    let body = bytes::Bytes::from_static(b"x");
    stage.demo.store().put("hidden", "found.txt", body).unwrap();
    stage.demo.store().deny(Denial {
        operation: Some("ListBuckets".to_owned()),
        ..Denial::default()
    });
    stage
}

#[test]
fn without_a_screen() {
    let stage = unlisted();
    let run = stage.run(&["ls", "s3://"]).ended_with(3);
    assert!(run.stderr.contains(PERMISSION), "{}", run.stderr);
    let run = stage.run(&["ls", "s3://hidden"]).ended_with(0);
    assert!(run.stdout.contains("found.txt"), "{}", run.stdout);
}

#[test]
fn on_the_screen() {
    let stage = unlisted();
    let mut terminal = screen(&stage, (132, 36));
    // A location of its own is typed: all of what stands there goes first.
    terminal.press("o\u{15}s3://\r");
    terminal.until(PERMISSION);
    terminal.press("o\u{15}s3://hidden\r");
    terminal.until("found.txt");
    terminal.press("q");
    assert_eq!(terminal.exit_code(), 0);
}
