//! The recipes of the stories: each failure that people met tells what is wrong and what to do, by message and exit code.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test stops where its stage cannot be set"
)]

use std::{fs, os::unix::fs::PermissionsExt as _};

use serde_json::Value;
use wharf::demo::s3::{Denial, Limits};

use crate::support::wharf::{Run, Stage};

/// A configuration with one mapping of each direction on the stage's bucket.
fn mappings(stage: &Stage) -> String {
    stage.demo.store().create_bucket("glacier", "us-east-1");
    format!(
        "base_dir = \"{}\"\n[remotes.main]\nregion = \"us-east-1\"\n\
         [mappings.scenes]\nlocal = \"scenes\"\nremote = \"main:s3://glacier/scenes\"\ndirection = \"pull\"\n\
         [mappings.results]\nlocal = \"results\"\nremote = \"main:s3://glacier/results\"\ndirection = \"push\"\n",
        stage.path("base").display()
    )
}

fn configure(stage: &Stage, text: &str) {
    fs::write(stage.path("wharf.toml"), text).expect("a folder to write to");
}

/// The finding of a check under a subject that begins so.
fn finding(run: &Run, subject: &str, check: &str) -> Value {
    let found = run.of_type("finding").into_iter().find(|finding| {
        finding["subject"]
            .as_str()
            .is_some_and(|name| name.starts_with(subject))
            && finding["check"] == check
    });
    found.unwrap_or_else(|| panic!("no {check} of {subject} in\n{}{}", run.stdout, run.stderr))
}

#[test]
fn everything_in_order_is_told_so() {
    let stage = Stage::new();
    configure(&stage, &mappings(&stage));
    fs::create_dir_all(stage.path("base/scenes")).unwrap();
    fs::create_dir_all(stage.path("base/results")).unwrap();
    let run = stage.run(&["doctor", "--write", "--json"]).ended_with(0);
    for (subject, check) in [
        ("configuration", "file"),
        ("remote main", "endpoint"),
        ("remote main", "credentials"),
        ("remote main", "clock"),
        ("mapping scenes", "folder"),
        ("mapping scenes", "writable"),
        ("mapping scenes", "list"),
        ("mapping results", "write"),
        ("mapping results", "checksums"),
        ("mapping results", "conditions"),
        ("mapping results", "delete"),
    ] {
        assert_eq!(
            finding(&run, subject, check)["health"],
            "ok",
            "{subject} {check}"
        );
    }
    assert_eq!(run.summary()["fail"], 0);
    let writes: Vec<String> = stage
        .demo
        .log()
        .lines()
        .iter()
        .filter(|line| line.operation.starts_with("Put"))
        .map(|line| line.key.clone())
        .collect();
    assert!(
        writes
            .iter()
            .all(|key| key.starts_with("results/.wharf-doctor/")),
        "{writes:?}"
    );
    let left = stage
        .run(&["ls", "-r", "s3://glacier/", "--summarize", "--json"])
        .ended_with(0);
    assert_eq!(left.summary()["objects"], 0, "nothing is left behind");
}

#[test]
fn without_being_asked_doctor_writes_nothing() {
    let stage = Stage::new();
    configure(&stage, &mappings(&stage));
    stage.run(&["doctor"]);
    assert_eq!(stage.demo.log().count("PutObject"), 0);
}

#[test]
fn a_missing_folder_is_made_by_a_pull_and_an_error_for_a_push() {
    let stage = Stage::new();
    configure(&stage, &mappings(&stage));
    let run = stage.run(&["doctor", "scenes", "--json"]).ended_with(0);
    let folder = finding(&run, "mapping scenes", "folder");
    assert_eq!(folder["health"], "warn");
    assert!(
        folder["help"].as_str().unwrap().contains("mkdir -p"),
        "{folder}"
    );
    let run = stage.run(&["doctor", "results", "--json"]).ended_with(2);
    assert_eq!(finding(&run, "mapping results", "folder")["health"], "fail");
}

#[test]
fn a_folder_that_is_a_file_and_one_that_may_not_be_written() {
    let stage = Stage::new();
    configure(&stage, &mappings(&stage));
    fs::create_dir_all(stage.path("base")).unwrap();
    fs::write(stage.path("base/scenes"), "no folder").unwrap();
    let run = stage.run(&["doctor", "scenes"]).ended_with(2);
    assert!(
        run.stdout.contains("is a file, not a folder"),
        "{}",
        run.stdout
    );
    fs::remove_file(stage.path("base/scenes")).unwrap();
    fs::create_dir_all(stage.path("base/scenes")).unwrap();
    fs::set_permissions(stage.path("base/scenes"), fs::Permissions::from_mode(0o555)).unwrap();
    let run = stage.run_bound(&["doctor", "scenes", "--json"]);
    assert_eq!(
        finding(&run, "mapping scenes", "writable")["health"],
        "fail"
    );
}

#[test]
fn without_a_configuration_doctor_says_where_to_write_one() {
    let stage = Stage::new();
    let run = stage.run(&["doctor", "--json"]).ended_with(0);
    let file = finding(&run, "configuration", "file");
    assert_eq!(file["health"], "warn");
    assert!(file["help"].as_str().unwrap().contains("wharf config init"));
    let run = stage
        .run(&["--config", "none.toml", "ls", "s3://x-y-z/"])
        .ended_with(2);
    assert!(
        run.stderr.contains("no configuration at") && run.stderr.contains("help:"),
        "{}",
        run.stderr
    );
}

#[test]
fn no_credentials_are_told_before_anything_else() {
    let stage = Stage::new();
    stage.demo.store().create_bucket("glacier", "us-east-1");
    let mut command = stage.command(&["doctor", "s3://glacier/", "--json"]);
    command
        .env_remove("AWS_ACCESS_KEY_ID")
        .env_remove("AWS_SECRET_ACCESS_KEY");
    let run = Run::from(command.output().unwrap()).ended_with(2);
    let credentials = finding(&run, "s3://glacier/", "credentials");
    assert_eq!(credentials["health"], "fail");
    let told = credentials["detail"].as_str().unwrap();
    assert!(
        told.contains("aws configure")
            || told.contains("AWS_PROFILE")
            || told.contains("--profile"),
        "{told}"
    );
}

#[test]
fn no_such_bucket_and_nobody_at_the_endpoint() {
    let stage = Stage::new();
    let run = stage
        .run(&["doctor", "s3://no-such-bucket/", "--json"])
        .ended_with(2);
    assert_eq!(
        finding(&run, "s3://no-such-bucket/", "bucket")["health"],
        "fail"
    );
    let run = stage
        .run(&[
            "doctor",
            "s3://glacier/",
            "--endpoint-url",
            "http://127.0.0.1:9",
            "--json",
        ])
        .ended_with(3);
    let endpoint = run
        .of_type("finding")
        .into_iter()
        .find(|finding| finding["check"] == "endpoint" && finding["health"] == "fail");
    assert!(endpoint.is_some(), "{}", run.stdout);
}

#[test]
fn existing_files_of_a_pull_mapping_are_kept_and_raw_ones_left_out() {
    let stage = Stage::new();
    configure(
        &stage,
        &format!(
            "{}exclude = [\"download/**\"]\n",
            mappings(&stage).replace(
                "[mappings.results]",
                "exclude = [\"download/**\"]\n[mappings.results]"
            )
        ),
    );
    for name in [
        "134_Arsuk.tif",
        "101_sermiligarssuk.tif",
        "download/raw.tif",
    ] {
        let source = stage.file(&format!("made/{name}"), b"from the cloud");
        let target = format!("s3://glacier/scenes/{name}");
        stage
            .run(&[
                "--config",
                "/dev/null",
                "sync",
                source.to_str().unwrap(),
                &target,
            ])
            .ended_with(0);
    }
    stage.file("base/scenes/134_Arsuk.tif", b"my own work");
    let run = stage.run(&["sync", "scenes"]).ended_with(0);
    assert!(
        run.stderr.contains("Reading configuration from")
            && run.stderr.contains("Leaving out download/**"),
        "{}",
        run.stderr
    );
    assert!(
        run.stderr.contains("Existing files are kept"),
        "{}",
        run.stderr
    );
    assert_eq!(
        fs::read(stage.path("base/scenes/134_Arsuk.tif")).unwrap(),
        b"my own work"
    );
    assert_eq!(
        fs::read(stage.path("base/scenes/101_sermiligarssuk.tif")).unwrap(),
        b"from the cloud"
    );
    assert!(!stage.path("base/scenes/download").exists());
}

#[test]
fn a_pull_mapping_is_never_written_to() {
    let stage = Stage::new();
    configure(&stage, &mappings(&stage));
    stage.file("mine/a.txt", b"a");
    let run = stage
        .run(&["sync", "mine", "s3://glacier/scenes/mine"])
        .ended_with(5);
    assert!(
        run.stderr.contains("only pulls") && run.stderr.contains("wharf.toml:4"),
        "{}",
        run.stderr
    );
    assert_eq!(stage.demo.log().count("PutObject"), 0);
}

#[test]
fn each_missing_right_is_named() {
    let stage = Stage::new();
    configure(&stage, &mappings(&stage));
    fs::create_dir_all(stage.path("base/results")).unwrap();
    for (operation, check, right) in [
        ("ListObjectsV2", "list", "s3:ListBucket"),
        ("PutObject", "write", "s3:PutObject"),
        ("DeleteObject", "delete", "s3:DeleteObject"),
    ] {
        stage.demo.store().deny(Denial {
            operation: Some(operation.to_owned()),
            ..Denial::default()
        });
        let run = stage
            .run(&["doctor", "results", "--write", "--json"])
            .ended_with(3);
        let found = finding(&run, "mapping results", check);
        assert_eq!(found["health"], "fail", "{operation}");
        assert!(found["detail"].as_str().unwrap().contains(right), "{found}");
        stage.demo.store().allow_all();
    }
    stage.run(&["doctor", "results", "--write"]).ended_with(0);
}

#[test]
fn what_a_compatible_store_does_not_understand_is_a_warning() {
    let stage = Stage::new();
    configure(&stage, &mappings(&stage));
    fs::create_dir_all(stage.path("base/results")).unwrap();
    let limits = Limits {
        conditions: false,
        checksums: false,
        ..stage.demo.store().limits()
    };
    stage.demo.store().set_limits(limits);
    let run = stage
        .run(&["doctor", "results", "--write", "--json"])
        .ended_with(0);
    for check in ["checksums", "conditions"] {
        let found = finding(&run, "mapping results", check);
        assert_eq!(
            (&found["health"], found["help"].is_string()),
            (&"warn".into(), true),
            "{found}"
        );
    }
    let run = stage.run(&["doctor", "results", "--write", "--json"]);
    let told = finding(&run, "mapping results", "conditions");
    for condition in ["If-None-Match", "If-Match", "If-Match on deletes"] {
        let ignored = format!("ignores {condition}");
        assert!(
            told["detail"].as_str().unwrap().contains(&ignored),
            "{told}"
        );
    }
    let left = stage.run(&["ls", "-r", "s3://glacier/", "--json"]);
    assert_eq!(left.summary()["objects"], 0, "nothing is left behind");
}

#[test]
fn a_clock_that_is_off_is_told_with_how_far() {
    let stage = Stage::new();
    configure(&stage, &mappings(&stage));
    fs::create_dir_all(stage.path("base/scenes")).unwrap();
    let now = stage.demo.clock().now();
    stage
        .demo
        .clock()
        .hold(now - std::time::Duration::from_mins(5));
    let run = stage.run(&["doctor", "main", "--json"]).ended_with(0);
    let clock = finding(&run, "remote main", "clock");
    assert_eq!(clock["health"], "warn");
    let ahead: u64 = clock["detail"]
        .as_str()
        .unwrap()
        .split(' ')
        .next()
        .unwrap()
        .parse()
        .unwrap();
    assert!((299..=360).contains(&ahead), "{clock}");
}
