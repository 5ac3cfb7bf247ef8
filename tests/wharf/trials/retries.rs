//! Retries: silence is no answer, trouble that mends lets a task go on by itself, and every failure ends as a row.

use std::{
    io::{BufRead as _, BufReader},
    os::unix::fs::PermissionsExt as _,
    process::Stdio,
    time::Duration,
};

use wharf::{
    backend::RemoteOptions,
    demo::{ACCESS_KEY, Fault, REGION, Rule, SECRET_KEY},
    domain::{
        plan::SyncOptions,
        progress::{Outcome, TaskState},
        retry::FailureKind,
    },
};

use crate::{
    engine::transfer::{PART, Rig, noise},
    support::wharf::Stage,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn silence_is_given_up_and_asked_again() {
    let rig = Rig::with(RemoteOptions {
        read_timeout: Duration::from_millis(500),
        ..RemoteOptions::default()
    });
    rig.object("down/small", &noise(1000, 1));
    rig.object("down/large", &noise(3 * PART, 2));
    rig.file("up/small", &noise(1000, 3));
    rig.file("up/large", &noise(3 * PART, 4));
    let mut silent = 0;
    for (source, destination) in [
        (rig.local(), Rig::bucket("to/")),
        (Rig::bucket("down/"), rig.local()),
        (Rig::bucket("down/"), Rig::bucket("copy/")),
    ] {
        let plan = rig
            .plan(&source, &destination, SyncOptions::default())
            .await;
        let faults = rig.demo.faults();
        for operation in [
            "PutObject",
            "UploadPart",
            "GetObject",
            "CreateMultipartUpload",
        ] {
            faults.add(Rule::new(Fault::Stall).on(operation).nth(1));
        }
        let ended = rig.run(plan).await;
        assert_eq!(ended.state, TaskState::Done, "{:?}", ended.told);
        silent += faults.hits(Fault::Stall);
        let transient = |kind: &FailureKind| *kind == FailureKind::Transient;
        assert!(ended.told.retried.iter().all(transient));
        faults.clear();
    }
    println!("retries silent={silent} all asked again");
    assert!(silent >= 4);
}

/// Credentials that expire while both sides are listed at the end: at the first page, and behind it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn expired_credentials_hold_a_recount_and_a_verification_too() {
    let rig = Rig::new();
    let mut limits = rig.demo.store().limits();
    limits.page = 10;
    rig.demo.store().set_limits(limits);
    for number in 0..35 {
        rig.object(&format!("from/{number:02}"), &noise(100, number));
    }
    let (from, to) = (Rig::bucket("from/"), Rig::bucket("to/"));
    let mut held = 0;
    for (nth, verifies) in [(1, false), (5, false), (1, true), (5, true)] {
        let options = SyncOptions::default();
        let expired = Rule::new(Fault::ExpiredToken).on("ListObjectsV2");
        let ended = if verifies {
            // The plan itself lists, which is over when this is added.
            let running = rig
                .start_verify(&from, &to, options, expired.nth(nth))
                .await;
            running.end().await
        } else {
            let plan = rig.plan(&from, &to, options).await;
            rig.demo.faults().add(expired.nth(nth));
            rig.run(plan).await
        };
        assert_eq!(ended.state, TaskState::Done, "{:?}", ended.told);
        let recount = ended.told.recount.as_ref().unwrap();
        assert_eq!((recount.source, recount.destination), (35, 35));
        let paused = ended
            .told
            .states
            .iter()
            .filter(|(state, _)| *state == TaskState::Paused);
        held += paused.count();
        assert_eq!(rig.demo.faults().hits(Fault::ExpiredToken), 1);
        rig.demo.faults().clear();
    }
    assert_eq!(held, 4, "each was held once");
    println!("retries listings=4 held={held} all counted 35 = 35");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn expired_credentials_hold_a_task_until_they_work_again_and_nobody_need_say_so() {
    let rig = Rig::new();
    for number in 0..20 {
        rig.file(&format!("{number:02}"), &noise(100, number));
    }
    rig.file("large", &noise(5 * PART, 1));
    let plan = rig
        .plan(&rig.local(), &Rig::bucket(""), SyncOptions::default())
        .await;
    rig.demo.faults().add(Rule::new(Fault::ExpiredToken));
    let running = rig.start(plan).await;
    running.until(TaskState::Paused).await;
    let reason = running.task.snapshot().reason.unwrap();
    assert!(
        reason.contains("aws sso login") && reason.contains("by itself"),
        "{reason}"
    );
    // It looks again and again, and finds the same.
    rig.demo
        .log()
        .until(|log| log.count("ListObjectsV2") >= 3)
        .await;
    assert_eq!(running.task.snapshot().state, TaskState::Paused);
    rig.demo.faults().clear();
    let ended = running.end().await;
    ended.is_all_proven(21);
    assert!(ended.told.retried.is_empty(), "waiting is no try");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_who_holds_a_task_holds_it_although_the_trouble_is_mended() {
    let rig = Rig::new();
    rig.file("a", b"1");
    let plan = rig
        .plan(&rig.local(), &Rig::bucket(""), SyncOptions::default())
        .await;
    rig.demo.faults().add(Rule::new(Fault::ExpiredToken));
    let running = rig.start(plan).await;
    running.until(TaskState::Paused).await;
    running.task.control.pause();
    rig.demo.faults().clear();
    rig.demo.log().clear();
    rig.demo
        .log()
        .until(|log| {
            log.of("ListObjectsV2")
                .iter()
                .any(wharf::demo::LogLine::succeeded)
        })
        .await;
    assert!(running.task.control.hold().paused);
    assert_eq!(rig.demo.log().count("PutObject"), 0);
    running.task.control.resume();
    running.end().await.is_all_proven(1);
}

/// Lines that the program tells, until one contains `word`.
fn until(lines: &mut impl Iterator<Item = std::io::Result<String>>, word: &str) -> String {
    let told = lines.map(Result::unwrap).find(|line| line.contains(word));
    told.unwrap_or_else(|| panic!("it never told of {word}"))
}

#[test]
fn a_program_that_gives_credentials_again_lets_the_task_go_on() {
    let stage = Stage::new();
    stage.demo.store().create_bucket("vault", REGION);
    stage.file("data/a", b"content");
    let (broken, calls) = (stage.path("broken"), stage.path("calls"));
    let keys =
        format!(r#"{{"Version":1,"AccessKeyId":"{ACCESS_KEY}","SecretAccessKey":"{SECRET_KEY}"}}"#);
    let script = format!(
        "#!/bin/sh\necho >>'{}'\n[ -e '{}' ] && exit 1\necho '{keys}'\n",
        calls.display(),
        broken.display()
    );
    let program = stage.file("credentials.sh", script.as_bytes());
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let config = format!(
        "[profile lab]\nregion = {REGION}\ncredential_process = {}\n",
        program.display()
    );
    let config = stage.file("aws-config", config.as_bytes());
    stage
        .demo
        .faults()
        .add(Rule::new(Fault::ExpiredToken).on("PutObject"));
    // The login ends in the very moment in which the object is sent.
    let breaks = broken.clone();
    stage.demo.faults().before_each(move |asked| {
        if asked.operation == "PutObject" {
            std::fs::write(&breaks, "").unwrap();
        }
    });
    let mut child = stage
        .process(&["--profile", "lab", "sync", "data", "s3://vault/p"])
        .env("AWS_CONFIG_FILE", config)
        .env_remove("AWS_ACCESS_KEY_ID")
        .env_remove("AWS_SECRET_ACCESS_KEY")
        .stderr(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let told = until(&mut lines, "by itself");
    assert!(told.contains("aws sso login --profile lab"), "{told}");
    stage.demo.faults().clear();
    let count = || std::fs::read_to_string(&calls).unwrap_or_default().len();
    let before = count();
    while count() < before + 2 {
        std::thread::yield_now();
    }
    assert!(stage.demo.store().body("vault", "p/a").is_none());
    stage.demo.faults().before_each(|_| {});
    std::fs::remove_file(&broken).unwrap();
    for _ in lines {}
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert_eq!(stage.demo.store().body("vault", "p/a").unwrap(), "content");
    println!(
        "retries credential_process failed {} times, then the task went on",
        count() - before
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_failure_ends_as_a_row_with_its_request_and_its_tries() {
    let rig = Rig::new();
    for number in 0..6 {
        rig.file(&format!("small{number}"), &noise(100, number));
        rig.file(&format!("large{number}"), &noise(2 * PART, number));
    }
    let plan = rig
        .plan(&rig.local(), &Rig::bucket(""), SyncOptions::default())
        .await;
    for fault in [Fault::InternalError, Fault::SlowDown] {
        for operation in ["PutObject", "UploadPart"] {
            rig.demo
                .faults()
                .add(Rule::new(fault).on(operation).share(0.5));
        }
    }
    rig.demo.faults().add(Rule::new(Fault::InternalError));
    let ended = rig.run(plan).await;
    assert_eq!(
        (ended.state, ended.told.outcomes.len()),
        (TaskState::Failed, 12)
    );
    for (key, outcome) in &ended.told.outcomes {
        let Outcome::Failed(failure) = outcome else {
            panic!("{key}: {outcome:?}");
        };
        assert!(
            failure.attempts == 8 && failure.request_id.is_some(),
            "{key}: {failure:?}"
        );
    }
}
