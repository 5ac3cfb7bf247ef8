//! Symbolic links as objects, and what is at a source and has no content to move.
#![allow(
    clippy::unwrap_used,
    reason = "a test stops where its stage cannot be set"
)]

use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
};

use crate::support::wharf::Stage;

const BUCKET: &str = "attic";

fn stage() -> Stage {
    let stage = Stage::new();
    stage.demo.store().create_bucket(BUCKET, "us-east-1");
    stage.file("d/sub/file", b"content");
    symlink("sub/file", stage.path("d/link")).unwrap();
    symlink("../link", stage.path("d/sub/up")).unwrap();
    symlink("nowhere", stage.path("d/broken")).unwrap();
    let links = ["d/link", "d/sub/up", "d/broken"].map(|name| stage.path(name));
    let mut touch = std::process::Command::new("touch");
    touch.args(["-h", "-d", "1 day ago"]).args(links);
    assert!(touch.status().unwrap().success());
    stage
}

const STORE: [&str; 2] = ["--symlinks", "store"];

#[test]
fn links_go_up_as_objects_and_come_back_as_links() {
    let stage = stage();
    let up = [&["sync", "d", "s3://attic/d", "--json"][..], &STORE].concat();
    let run = stage.run(&up).ended_with(0);
    assert_eq!(run.summary()["done"], 4, "{}", run.stdout);
    assert_eq!(run.summary()["proof"]["checksum"], 4);
    let object = stage.demo.store().object(BUCKET, "d/link").unwrap();
    assert_eq!(object.metadata["wharf-kind"], "symlink");
    assert_eq!(
        stage.demo.store().body(BUCKET, "d/link").unwrap(),
        "sub/file"
    );
    assert_eq!(stage.run(&up).ended_with(0).summary()["done"], 0);
    let down = [&["sync", "s3://attic/d", "e", "--json"][..], &STORE].concat();
    let run = stage.run(&down).ended_with(0);
    assert_eq!(run.summary()["done"], 4, "{}", run.stdout);
    let leads = |path: &str| fs::read_link(stage.path(path)).unwrap();
    assert_eq!(leads("e/link"), Path::new("sub/file"));
    assert_eq!(leads("e/sub/up"), Path::new("../link"));
    assert_eq!(leads("e/broken"), PathBuf::from("nowhere"));
    assert_eq!(fs::read(stage.path("e/sub/up")).unwrap(), b"content");
    assert_eq!(stage.run(&down).ended_with(0).summary()["done"], 0);
    let verify = [
        &["diff", "e", "s3://attic/d", "--check", "checksum"][..],
        &STORE,
    ]
    .concat();
    stage.run(&verify).ended_with(0);
}

#[test]
fn no_link_leads_out_of_the_destination_and_none_is_written_through() {
    let stage = stage();
    stage.file("outside/secret", b"untouched");
    for (name, target) in [
        ("abs", "/etc/passwd"),
        ("up", "../outside"),
        ("turn", "sub/../../x"),
    ] {
        fs::remove_file(stage.path(&format!("d/{name}"))).ok();
        symlink(target, stage.path(&format!("d/{name}"))).unwrap();
    }
    let up = [&["sync", "d", "s3://attic/d"][..], &STORE].concat();
    stage.run(&up).ended_with(0);
    let down = [&["sync", "s3://attic/d", "e"][..], &STORE].concat();
    let run = stage.run(&down).ended_with(3);
    assert!(
        run.stderr.contains("out of the destination"),
        "{}",
        run.stderr
    );
    for name in ["abs", "up", "turn"] {
        let made = fs::symlink_metadata(stage.path(&format!("e/{name}")));
        assert!(made.is_err(), "{name} was made");
    }
    // A folder of the destination that is a link is not gone through.
    stage
        .demo
        .store()
        .put(BUCKET, "f/sub/secret", &b"evil"[..])
        .unwrap();
    fs::create_dir(stage.path("f")).unwrap();
    symlink(stage.path("outside"), stage.path("f/sub")).unwrap();
    let through = [
        &["sync", "s3://attic/f", "f", "--existing", "always", "--yes"][..],
        &STORE,
    ]
    .concat();
    assert_ne!(stage.run(&through).code, 0);
    assert_eq!(
        fs::read(stage.path("outside/secret")).unwrap(),
        b"untouched"
    );
}

#[test]
fn links_that_are_skipped_and_pipes_are_told_by_name() {
    let stage = stage();
    let made = std::process::Command::new("mkfifo")
        .arg(stage.path("d/pipe"))
        .status();
    let run = stage.run(&["sync", "d", "s3://attic/d"]).ended_with(0);
    let told = run.stderr;
    assert!(told.contains("3 symbolic links left (broken, …)"), "{told}");
    if made.is_ok_and(|made| made.success()) {
        assert!(told.contains("1 special file left (pipe)"), "{told}");
    }
    assert_eq!(stage.demo.store().keys(BUCKET, "d/"), ["d/sub/file"]);
}
