//! Customers' keys by the real program: what they encrypt is read by nobody else, and nobody else is told of them.
#![allow(
    clippy::unwrap_used,
    reason = "a test stops where its stage cannot be set"
)]

use base64::{Engine as _, engine::general_purpose::STANDARD};
use wharf::demo::s3::Limits;

use crate::support::wharf::Stage;

const BUCKET: &str = "vault";
const KEY: [u8; 32] = *b"the customer's own, and no other";
const OTHER: [u8; 32] = [9; 32];

fn stage() -> Stage {
    let stage = Stage::new();
    stage.demo.store().create_bucket(BUCKET, "us-east-1");
    stage.file("key", &KEY);
    stage.file("other", hex::encode(OTHER).as_bytes());
    stage.file("d/small", b"secret content");
    stage.file("d/large", &vec![7; 11 << 20]);
    stage
}

/// The forms in which a key might show itself.
fn forms(key: &[u8]) -> [String; 3] {
    [
        STANDARD.encode(key),
        hex::encode(key),
        String::from_utf8_lossy(key).into_owned(),
    ]
}

#[test]
fn what_a_key_encrypts_comes_back_with_it_and_with_it_alone() {
    let stage = stage();
    let sse = format!("customer:{}", stage.path("key").display());
    let up = [
        "sync",
        "d",
        "s3://vault/d",
        "--part-size",
        "5MiB",
        "--json",
        "--sse",
    ];
    let run = stage.run(&[&up[..], &[&sse]].concat()).ended_with(0);
    assert_eq!(run.summary()["proof"]["checksum"], 2, "{}", run.stderr);
    assert!(stage.demo.log().count("UploadPart") >= 3);
    let down = ["sync", "s3://vault/d", "e", "--part-size", "5MiB", "--json"];
    assert_eq!(stage.run(&down).code, 3, "without the key");
    let wrong = format!("customer:{}", stage.path("other").display());
    let run = stage.run(&[&down[..], &["--sse", &wrong]].concat());
    assert_eq!(run.code, 3, "with another key: {}", run.stderr);
    let run = stage.run(&[&down[..], &["--sse", &sse]].concat());
    let summary = run.ended_with(0).summary();
    assert_eq!(
        (&summary["done"], &summary["failed"]),
        (&2.into(), &0.into())
    );
    let read = |path: &str| std::fs::read(stage.path(path)).unwrap();
    assert_eq!(read("e/large"), read("d/large"));
    let verify = ["verify", "d", "s3://vault/d", "--sse", &sse, "--json"];
    let run = stage.run(&verify).ended_with(0);
    assert_eq!(run.summary()["verified"], 2, "{}", run.stdout);
    let check = [
        "diff",
        "d",
        "s3://vault/d",
        "--check",
        "checksum",
        "--sse",
        &sse,
    ];
    stage.run(&check).ended_with(0);
}

#[test]
fn copies_read_with_one_key_and_write_with_another() {
    let stage = stage();
    let sse = format!("customer:{}", stage.path("key").display());
    let up = [
        "sync",
        "d",
        "s3://vault/d",
        "--part-size",
        "5MiB",
        "--sse",
        &sse,
    ];
    stage.run(&up).ended_with(0);
    let mut command = stage.process(&[
        "sync",
        "s3://vault/d",
        "s3://vault/copy",
        "--json",
        "--source-sse",
        &sse,
        "--sse",
        "customer:env:WHARF_TEST_KEY",
    ]);
    command.env("WHARF_TEST_KEY", STANDARD.encode(OTHER));
    let run = crate::support::wharf::Run::from(command.output().unwrap()).ended_with(0);
    assert_eq!(run.summary()["proof"]["checksum"], 2, "{}", run.stdout);
    let other = format!("customer:{}", stage.path("other").display());
    let down = ["sync", "s3://vault/copy", "f", "--sse", &other];
    stage.run(&down).ended_with(0);
    let read = |path: &str| std::fs::read(stage.path(path)).unwrap();
    assert_eq!(read("f/large"), read("d/large"));
}

#[test]
fn kms_and_managed_keys_are_asked_for_on_every_way_of_writing() {
    let stage = stage();
    let limits = stage.demo.store().limits();
    stage.demo.store().set_limits(Limits { part: 1, ..limits });
    let asked = ["AES256", "aws:kms", "aws:kms:arn:aws:kms:us-east-1:1:key/k"];
    for (number, sse) in asked.into_iter().enumerate() {
        let (from, to) = (
            format!("s3://vault/{number}"),
            format!("s3://vault/copy{number}"),
        );
        let up = ["sync", "d", &from, "--part-size", "5MiB", "--json"];
        let extra = ["--verify", "checksum", "--sse", sse];
        let run = stage.run(&[&up[..], &extra].concat()).ended_with(0);
        assert_eq!(
            run.summary()["proof"]["checksum"],
            2,
            "{sse} {}",
            run.stdout
        );
        let copy = ["sync", &from, &to, "--json"];
        let run = stage.run(&[&copy[..], &extra].concat()).ended_with(0);
        assert_eq!(
            run.summary()["proof"]["checksum"],
            2,
            "{sse} {}",
            run.stdout
        );
        for operation in ["PutObject", "CreateMultipartUpload", "CopyObject"] {
            assert!(stage.demo.log().count(operation) > 0, "{operation}");
        }
        for name in ["/small", "/large"] {
            let told = |folder: &str| {
                let key = format!("{folder}{number}{name}");
                stage.demo.store().object(BUCKET, &key).unwrap().encryption
            };
            assert!(told("").starts_with(sse), "{}", told(""));
            let (key, told) = (name, told("copy"));
            assert!(told.starts_with(sse), "{key}: {told}, asked for {sse}");
        }
    }
}

#[test]
fn a_key_is_shown_by_nothing_that_is_left_behind() {
    let stage = stage();
    let sse = format!("customer:{}", stage.path("key").display());
    stage.demo.faults().set("500=20%,seed=3".parse().unwrap());
    let args = [
        "-vvv",
        "sync",
        "d",
        "s3://vault/d",
        "--part-size",
        "5MiB",
        "--json",
        "--sse",
        &sse,
    ];
    let run = stage.run(&args);
    let plan = stage.run(&["plan", "d", "s3://vault/p", "--sse", &sse, "--json"]);
    let wrong = stage.run(&["sync", "d", "s3://vault/w", "--sse", "customer:wharf.toml"]);
    assert_eq!(wrong.code, 2, "{}", wrong.stderr);
    let mut shown = vec![
        run.stdout,
        run.stderr,
        plan.stdout,
        plan.stderr,
        wrong.stdout,
        wrong.stderr,
    ];
    let mut files = 0;
    for entry in std::fs::read_dir(stage.path("state")).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            shown.push(String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned());
            files += 1;
        }
    }
    assert!(files > 0, "a journal, and a log");
    for form in forms(&KEY) {
        assert!(shown.iter().all(|text| !text.contains(&form)));
    }
    assert!(
        shown.iter().any(|text| text.contains(&sse)),
        "its source is"
    );
}

#[test]
fn a_key_does_not_cross_a_network_in_the_clear() {
    let stage = stage();
    let sse = format!("customer:{}", stage.path("key").display());
    let args = ["sync", "d", "s3://vault/d", "--sse", &sse];
    let run = stage.run(&[&args[..], &["--endpoint-url", "http://192.0.2.1:9"]].concat());
    assert_eq!(run.code, 2, "{}", run.stderr);
    assert!(run.stderr.contains("plain HTTP"), "{}", run.stderr);
}
