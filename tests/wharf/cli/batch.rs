//! A migration that S3 Batch Operations copies, by the real program against the embedded AWS: handed over, watched, proven,
//! verified and cleaned up; what fails, what is killed, what may not be, and what stays here.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test stops where its stage cannot be set"
)]

use std::{
    fs,
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant, SystemTime},
};

use serde_json::Value;
use wharf::demo::{
    Fault, Jobs, LogLine, Rule,
    batch::{Pace, State},
    s3::{Denial, NewObject},
};

use crate::support::wharf::{Run, Stage};

const REGION: &str = "us-east-2";
/// Names that a CSV and a terminal stumble over among plain ones.
const NAMES: [&str; 6] = [
    "a/one",
    "a/two, \"quoted\"",
    "b c+d",
    "e%20f",
    "ü/日本",
    "z",
];

/// Two buckets, six objects of a day ago in one of them, and a migration of theirs.
fn stage() -> Stage {
    let stage = Stage::new();
    let store = stage.demo.store();
    for bucket in ["from", "dest"] {
        store.create_bucket(bucket, REGION);
    }
    for name in NAMES {
        put(&stage, "from", &format!("data/raw/{name}"), name);
    }
    configure(&stage, "existing = \"update\"");
    stage.demo.jobs().set_pace(Pace {
        preparing: Duration::from_millis(50),
        tasks_per_second: 1000.0,
    });
    stage
}

fn put(stage: &Stage, bucket: &str, key: &str, body: &str) {
    let object = NewObject {
        modified: Some(SystemTime::now() - Duration::from_hours(24)),
        metadata: [("own".to_owned(), "kept".to_owned())].into(),
        ..NewObject::from(body.to_owned())
    };
    stage.demo.store().put(bucket, key, object).unwrap();
}

/// Writes the configuration: these keys, and what a job needs.
fn configure(stage: &Stage, keys: &str) {
    let role = Jobs::role("wharf-batch");
    let text = format!(
        "[migrations.move]\n{keys}\nbatch_role = \"{role}\"\nbatch_report = \"s3://dest/jobs\"\n\
         routes = [{{ from = \"s3://from/data/raw\", to = \"s3://dest/new/data/raw\" }}]\n"
    );
    fs::write(stage.path("wharf.toml"), text).unwrap();
}

fn moved(stage: &Stage, flags: &[&str]) -> Run {
    let args = [&["migrate", "move", "--json"], flags].concat();
    stage.run(&args)
}

fn route(run: &Run) -> Value {
    let route = run.of_type("route").pop();
    route.unwrap_or_else(|| panic!("no route in\n{}{}", run.stdout, run.stderr))
}

/// All that a run says, to people and to programs.
fn said(run: &Run) -> String {
    format!("{}{}", run.stdout, run.stderr)
}

/// Whether all objects stand at the destination as they are at the source.
fn all_arrived(stage: &Stage) {
    let store = stage.demo.store();
    for name in NAMES {
        let copy = store.object("dest", &format!("new/data/raw/{name}"));
        let copy = copy.unwrap_or_else(|| panic!("{name} is missing"));
        let source = store.object("from", &format!("data/raw/{name}")).unwrap();
        assert_eq!(
            (&copy.etag, &copy.metadata),
            (&source.etag, &source.metadata)
        );
    }
    assert_eq!(store.keys("dest", "new/").len(), NAMES.len());
}

#[test]
fn a_migration_is_handed_over_proven_verified_and_cleaned_up() {
    let stage = stage();
    let dry = moved(&stage, &["--batch", "--dry-run"]).ended_with(0);
    let told = said(&dry);
    assert!(
        told.contains("S3 Batch Operations copies 6 objects (")
            && told.contains("in 1 job: ~$0.25"),
        "{told}"
    );
    assert_eq!(stage.demo.log().count("CreateJob"), 0);
    stage.demo.log().clear();
    let run = moved(&stage, &["--batch"]).ended_with(0);
    let told = route(&run);
    assert_eq!(told["state"], "proven", "{told}");
    assert_eq!((&told["done"], &told["verified"]), (&6.into(), &6.into()));
    let log = stage.demo.log();
    let sent = [
        "CreateJob",
        "CopyObject",
        "GetObject",
        "HeadObject",
        "PutObject",
    ];
    assert_eq!(sent.map(|name| log.count(name)), [1, 0, 0, 1, 1]);
    all_arrived(&stage);
    assert!(
        run.stderr.contains("is complete: 6 of 6 copied, 0 failed"),
        "{}",
        run.stderr
    );
    let task = run.of_type("task")[0]["id"].to_string();
    let report = stage.run(&["tasks", "report", &task]).ended_with(0);
    assert!(
        report
            .stdout
            .contains("Exactly those that the plan foresaw were sent."),
        "{}",
        report.stdout
    );
    stage
        .run(&["verify", "s3://from/data/raw", "s3://dest/new/data/raw"])
        .ended_with(0);
    let look = stage
        .run(&["cleanup", &task, "--dry-run", "--json"])
        .ended_with(0);
    assert_eq!(look.summary()["stays"], 0);
    stage
        .run(&["cleanup", &task, "--confirm", "6"])
        .ended_with(0);
    assert!(stage.demo.store().keys("from", "data/").is_empty());
    assert_eq!(stage.demo.store().unguarded_deletes(), 0);
}

#[test]
fn many_copies_are_handed_over_by_themselves_and_few_are_not() {
    let stage = stage();
    configure(&stage, "existing = \"update\"\nbatch_over = 6");
    let few = moved(&stage, &[]).ended_with(0);
    assert!(!said(&few).contains("Batch"), "{}", said(&few));
    assert_eq!(stage.demo.log().count("CopyObject"), 6);
    for name in NAMES {
        put(&stage, "from", &format!("data/raw/more/{name}"), name);
    }
    put(&stage, "from", "data/raw/more/last", "last");
    moved(&stage, &[]).ended_with(0);
    assert_eq!(stage.demo.log().count("CopyObject"), 6);
    assert_eq!(stage.demo.jobs().all()[0].tasks, [7, 7, 0]);
}

#[test]
fn what_a_job_cannot_do_is_done_here_and_what_is_kept_is_not_handed_over() {
    let stage = stage();
    put(
        &stage,
        "dest",
        "new/data/raw/z",
        "something else, and longer",
    );
    let run = moved(&stage, &["--batch", "--yes"]).ended_with(0);
    let told = said(&run);
    assert!(
        told.contains("1 object stays here: 1 would write over something"),
        "{told}"
    );
    let copied = stage.demo.log().of("CopyObject");
    assert_eq!(copied.len(), 1);
    assert!(copied[0].condition("if-match").is_some());
    all_arrived(&stage);
    put(&stage, "from", "data/raw/new", "new");
    configure(&stage, "existing = \"keep\"");
    let kept = moved(&stage, &["--batch"]).ended_with(0);
    let told = said(&kept);
    assert!(
        told.contains("nothing is handed to S3 Batch Operations: what exists is kept"),
        "{told}"
    );
    assert_eq!(stage.demo.jobs().all().len(), 1);
    assert_eq!(stage.demo.log().of("CopyObject").len(), 2);
}

#[test]
fn what_appeared_since_the_plan_is_not_written_over() {
    let stage = stage();
    let (store, planned) = (stage.demo.store().clone(), AtomicBool::new(false));
    stage.demo.faults().before_each(move |asked| {
        // The plan is made when the way of its copies is looked for.
        let is_planned = asked.operation == "HeadObject";
        let was_planned = planned.fetch_or(is_planned, Ordering::Relaxed);
        let looks = asked.operation == "ListObjectsV2" && asked.key == "new/data/raw/";
        if was_planned && looks && store.object("dest", "new/data/raw/z").is_none() {
            store.put("dest", "new/data/raw/z", "somebody's").unwrap();
        }
    });
    let run = moved(&stage, &["--batch"]).ended_with(3);
    assert!(
        run.stderr
            .contains("! z: it appeared at the destination since the plan"),
        "{}",
        run.stderr
    );
    let there = stage.demo.store().body("dest", "new/data/raw/z").unwrap();
    assert_eq!(&there[..], b"somebody's");
    assert_eq!(stage.demo.jobs().all()[0].tasks, [5, 5, 0]);
}

#[test]
fn tasks_that_fail_are_rows_with_their_codes_and_can_be_tried_again() {
    let stage = stage();
    stage
        .demo
        .faults()
        .add(Rule::new(Fault::InternalError).key("new/data/raw/z"));
    stage.demo.store().deny(Denial {
        operation: Some("GetObject".to_owned()),
        prefix: "data/raw/b".to_owned(),
        access_key: Some(Jobs::role("wharf-batch")),
        ..Denial::default()
    });
    let run = moved(&stage, &["--batch"]).ended_with(3);
    let told = route(&run);
    assert_eq!((&told["done"], &told["failed"]), (&4.into(), &2.into()));
    for words in [
        "! b c+d: S3 Batch Operations: the job's role may not read it, or not write its copy (AccessDenied, 403",
        "! z: S3 Batch Operations: S3 failed: try it again (InternalError, 500",
    ] {
        assert!(run.stderr.contains(words), "{words}\n{}", run.stderr);
    }
    let task = run.of_type("task")[0]["id"].to_string();
    let report = stage.run(&["tasks", "report", &task]).ended_with(0);
    assert!(report.stdout.contains("AccessDenied"), "{}", report.stdout);
    stage.demo.faults().clear();
    stage.demo.store().allow_all();
    stage.run(&["tasks", "resume", &task]).ended_with(0);
    // What failed in its job is copied here.
    let copied = stage.demo.log().of("CopyObject").into_iter();
    // A resume has not learnt yet where the bucket lives.
    let copied = copied.filter(LogLine::succeeded).count();
    assert_eq!(copied, 2);
    assert_eq!(stage.demo.jobs().all().len(), 1);
    all_arrived(&stage);
}

#[test]
fn a_job_that_cannot_begin_says_why() {
    let stage = stage();
    let stranger = Jobs::role("stranger");
    let run = moved(&stage, &["--batch", "--batch-role", &stranger]).ended_with(3);
    assert!(
        run.stderr.contains(&format!(
            "the job failed: S3 Batch Operations cannot assume the role {stranger}"
        )),
        "{}",
        run.stderr
    );
    assert!(stage.demo.store().keys("dest", "new/").is_empty());
    stage.demo.jobs().add_role("stranger");
    let task = run.of_type("task")[0]["id"].to_string();
    stage.run(&["tasks", "resume", &task]).ended_with(0);
    assert_eq!(stage.demo.jobs().all().len(), 2);
    all_arrived(&stage);
    put(&stage, "from", "data/raw/more", "more");
    stage.demo.store().deny(Denial {
        operation: Some("CreateJob".to_owned()),
        ..Denial::default()
    });
    let denied = moved(&stage, &["--batch"]).ended_with(3);
    assert!(
        denied.stderr.contains(
            "access denied: these credentials need s3:CreateJob, and iam:PassRole for the job's role, on jobs in us-east-2"
        ),
        "{}",
        denied.stderr
    );
    assert!(denied.stderr.contains("(request id "), "{}", denied.stderr);
    fs::remove_file(stage.path("wharf.toml")).unwrap();
    let route = "s3://from/data/raw=s3://dest/new/data/raw";
    let bare = stage
        .run(&[
            "migrate",
            "--route",
            route,
            "--existing",
            "update",
            "--batch",
        ])
        .ended_with(2);
    for words in [
        "no role is named",
        "batchoperations.s3.amazonaws.com",
        "arn:aws:s3:::from/data/raw/*",
        "arn:aws:s3:::dest/new/data/raw/*",
    ] {
        assert!(bare.stderr.contains(words), "{words}\n{}", bare.stderr);
    }
}

/// Starts the migration and waits until this holds.
fn begun(stage: &Stage, enough: impl Fn() -> bool) -> Child {
    let mut command = stage.process(&["migrate", "move", "--batch"]);
    let child = command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let until = Instant::now();
    while !enough() {
        assert!(until.elapsed() < Duration::from_mins(1), "it never began");
        thread::yield_now();
    }
    child
}

/// Jobs that copy nothing until their clock goes on.
fn held(stage: &Stage) {
    stage.demo.jobs().set_pace(Pace {
        preparing: Duration::from_hours(1),
        tasks_per_second: 1000.0,
    });
}

/// Lets the jobs go on.
fn released(stage: &Stage) {
    stage.demo.jobs().set_pace(Pace {
        preparing: Duration::from_millis(1),
        tasks_per_second: 1000.0,
    });
}

#[test]
fn a_task_that_is_killed_goes_on_watching_its_job() {
    let stage = stage();
    held(&stage);
    let log = stage.demo.log().clone();
    let mut child = begun(&stage, || log.count("DescribeJob") > 0);
    child.kill().unwrap();
    child.wait().unwrap();
    released(&stage);
    let id = newest(&stage);
    stage.run(&["tasks", "resume", &id]).ended_with(0);
    assert_eq!((log.count("CreateJob"), log.count("CopyObject")), (1, 0));
    assert_eq!(stage.demo.jobs().all().len(), 1);
    all_arrived(&stage);
}

#[test]
fn a_kill_between_the_call_and_its_answer_makes_no_second_job() {
    let stage = stage();
    held(&stage);
    stage
        .demo
        .faults()
        .add(Rule::new(Fault::Lost).on("CreateJob"));
    let jobs = stage.demo.jobs().clone();
    let mut child = begun(&stage, || !jobs.all().is_empty());
    child.kill().unwrap();
    child.wait().unwrap();
    stage.demo.faults().clear();
    released(&stage);
    let id = newest(&stage);
    stage.run(&["tasks", "resume", &id]).ended_with(0);
    assert!(stage.demo.log().count("CreateJob") >= 2);
    assert_eq!(jobs.all().len(), 1);
    assert_eq!(stage.demo.log().count("CopyObject"), 0);
    all_arrived(&stage);
}

#[test]
fn a_task_that_is_cancelled_stops_its_job_whoever_runs_it() {
    let stage = stage();
    held(&stage);
    let log = stage.demo.log().clone();
    let mut child = begun(&stage, || log.count("DescribeJob") > 0);
    let pid = child.id().to_string();
    let sent = Command::new("kill").args(["-INT", &pid]).status().unwrap();
    assert!(sent.success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(stage.demo.jobs().all()[0].state, State::Cancelled);
    // Nobody runs this one any more.
    let seen = log.count("DescribeJob");
    let mut child = begun(&stage, || log.count("DescribeJob") > seen);
    child.kill().unwrap();
    child.wait().unwrap();
    let id = newest(&stage);
    stage.run(&["tasks", "cancel", &id]).ended_with(0);
    let states: Vec<State> = stage
        .demo
        .jobs()
        .all()
        .iter()
        .map(|job| job.state)
        .collect();
    assert_eq!(states, [State::Cancelled; 2]);
    assert!(stage.demo.store().keys("dest", "new/").is_empty());
}

/// The number of the newest task.
fn newest(stage: &Stage) -> String {
    let run = stage.run(&["tasks", "list", "--json"]).ended_with(0);
    let ids = run.of_type("task").into_iter();
    let newest = ids.filter_map(|task| task["id"].as_u64()).max();
    newest.unwrap().to_string()
}
