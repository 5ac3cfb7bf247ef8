//! What must never happen: silent overwrites, deletes without proof, a wrong exit code, a key that drives the terminal.
#![allow(
    clippy::unwrap_used,
    reason = "a test stops where its stage cannot be set"
)]

use wharf::demo::s3::NewObject;

use crate::support::wharf::Stage;

fn stage() -> Stage {
    let stage = Stage::new();
    stage.run(&["ls", "s3://"]).ended_with(0);
    stage
        .demo
        .store()
        .create_bucket("vault", wharf::demo::REGION);
    stage
}

fn put(stage: &Stage, key: &str, body: &'static [u8]) {
    stage
        .demo
        .store()
        .put("vault", key, NewObject::from(body))
        .unwrap();
}

#[test]
fn without_a_person_nothing_is_overwritten() {
    let stage = stage();
    stage.file("data/a.txt", b"new content");
    stage.file("data/b.txt", b"b");
    put(&stage, "p/a.txt", b"old");
    let refused = stage
        .run(&["sync", "data", "s3://vault/p", "--json"])
        .ended_with(5);
    assert!(refused.stderr.contains("--yes"), "{}", refused.stderr);
    assert_eq!(stage.demo.store().body("vault", "p/a.txt").unwrap(), "old");
    assert_eq!(
        stage.demo.store().body("vault", "p/b.txt").unwrap(),
        "b",
        "additions go on"
    );
    stage
        .run(&["sync", "data", "s3://vault/p", "--yes"])
        .ended_with(0);
    assert_eq!(
        stage.demo.store().body("vault", "p/a.txt").unwrap(),
        "new content"
    );
}

#[test]
fn keep_keeps_and_says_so() {
    let stage = stage();
    stage.file("data/a.txt", b"new content");
    put(&stage, "p/a.txt", b"old");
    let summary = stage
        .run(&[
            "sync",
            "data",
            "s3://vault/p",
            "--existing",
            "keep",
            "--json",
        ])
        .ended_with(0)
        .summary();
    assert_eq!(summary["planned"]["kept"]["objects"], 1);
    assert_eq!(summary["planned"]["same"]["objects"], 0);
    assert_eq!(stage.demo.store().body("vault", "p/a.txt").unwrap(), "old");
}

#[test]
fn deletes_stop_at_their_brakes() {
    let stage = stage();
    stage.file("data/keep.txt", b"k");
    for n in 0..10 {
        put(&stage, &format!("p/{n}"), b"x");
    }
    stage
        .run(&["sync", "data", "s3://vault/p", "--delete", "--yes"])
        .ended_with(5);
    assert_eq!(
        stage.demo.store().keys("vault", "p/").len(),
        10,
        "a brake stops the whole plan"
    );
    std::fs::create_dir(stage.path("empty")).unwrap();
    stage
        .run(&[
            "sync",
            "empty",
            "s3://vault/p",
            "--delete",
            "--yes",
            "--max-delete",
            "100%",
        ])
        .ended_with(5);
    assert_eq!(stage.demo.store().keys("vault", "p/").len(), 10);
    stage
        .run(&[
            "sync",
            "data",
            "s3://vault/p",
            "--delete",
            "--yes",
            "--max-delete",
            "10",
        ])
        .ended_with(0);
    assert_eq!(stage.demo.store().keys("vault", "p/"), ["p/keep.txt"]);
}

#[test]
fn read_only_refuses_before_anything_is_sent() {
    let stage = stage();
    stage.file("data/a.txt", b"a");
    let refused = stage
        .run(&["--read-only", "sync", "data", "s3://vault/p"])
        .ended_with(5);
    assert!(refused.stderr.contains("read-only"), "{}", refused.stderr);
    assert_eq!(stage.demo.log().count("PutObject"), 0);
}

#[test]
fn hostile_keys_neither_escape_nor_drive_the_terminal() {
    let stage = stage();
    for key in [
        "p/../../evil",
        "p//a",
        "p/./b",
        "p/\u{1b}[31mred",
        "p/line\nbreak",
        "p/ok",
    ] {
        put(&stage, key, b"x");
    }
    put(&stage, "p/both", b"x");
    put(&stage, "p/both/child", b"x");
    let listed = stage.run(&["ls", "-r", "s3://vault/p"]).ended_with(0);
    assert!(!listed.stdout.contains('\u{1b}'), "{}", listed.stdout);
    let sync = stage
        .run(&["sync", "s3://vault/p", "out", "--json"])
        .ended_with(3);
    assert!(!sync.stderr.contains('\u{1b}'), "{}", sync.stderr);
    assert!(stage.path("out/ok").exists());
    assert!(!stage.path("evil").exists() && !stage.path("out/evil").exists());
    assert_eq!(std::fs::read(stage.path("out/line\nbreak")).unwrap(), b"x");
    for word in ["..", "both"] {
        assert!(
            sync.stderr.contains(word),
            "{word} is not told:\n{}",
            sync.stderr
        );
    }
}

#[test]
fn a_long_key_arrives_and_a_leading_slash_is_told() {
    let stage = stage();
    let long = "k".repeat(200) + "/" + &"l".repeat(200);
    put(&stage, &format!("p/{long}"), b"x");
    put(&stage, "p//lead", b"x");
    stage.run(&["sync", "s3://vault/p", "out"]).ended_with(3);
    assert!(stage.path("out").join(&long).exists());
}

#[test]
fn wrong_words_end_with_two_and_say_what_to_do() {
    let stage = stage();
    stage.file("data/a.txt", b"a");
    for (args, told) in [
        (
            &["diff", "data", "s3://no-such-bucket-here/p"][..],
            "no-such-bucket-here",
        ),
        (&["sync", "data"][..], "the other one is missing"),
        (&["diff", "data", "s3://x/p"][..], "bucket"),
        (
            &["diff", "data", "s3://vault/p", "--check", "sha"][..],
            "checksum",
        ),
        (
            &["diff", "data", "s3://vault/p", "--only", "q"][..],
            "no sign",
        ),
        (&["ls", "nosuchfolder"][..], "nosuchfolder"),
        (&["ls", "other:s3://vault"][..], "other"),
    ] {
        let run = stage.run(args).ended_with(2);
        assert!(run.stderr.contains(told), "{args:?}: {}", run.stderr);
    }
}

#[test]
fn an_endpoint_that_does_not_answer_is_told() {
    let stage = stage();
    let run = stage
        .run(&["--endpoint-url", "http://127.0.0.1:9", "ls", "s3://vault/"])
        .ended_with(3);
    assert!(run.stderr.contains("127.0.0.1:9"), "{}", run.stderr);
}

#[test]
fn without_credentials_the_remedy_is_told() {
    let stage = stage();
    let mut command = stage.command(&["ls", "s3://vault/"]);
    command
        .env_remove("AWS_ACCESS_KEY_ID")
        .env_remove("AWS_SECRET_ACCESS_KEY");
    let run = crate::support::wharf::Run::from(command.output().unwrap()).ended_with(2);
    assert!(run.stderr.contains("credentials"), "{}", run.stderr);
    assert!(run.stderr.contains("aws configure"), "{}", run.stderr);
}
