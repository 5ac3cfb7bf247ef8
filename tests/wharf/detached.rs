//! Tasks that outlive the screen: left to a worker by a person, by a terminal that is gone, and attached to from elsewhere.
#![allow(
    clippy::unwrap_used,
    reason = "a test stops where its program cannot be run"
)]

use std::{
    fs,
    time::{Duration, Instant},
};

use serde_json::Value;
use wharf::demo::{Options, REGION, s3::NewObject};

use crate::support::{terminal::Terminal, wharf::Stage};

/// What object `n` holds: the first is there at once, the others share the line for a minute.
fn content(n: u8) -> Vec<u8> {
    vec![n; if n == 0 { 1 << 10 } else { 1 << 20 }]
}

/// A bucket that takes long to fetch, until its faults are cleared.
fn slow() -> Stage {
    let stage = Stage::with(Options {
        faults: "bandwidth=200KB".parse().unwrap(),
        ..Options::default()
    });
    stage.demo.store().create_bucket("vault", REGION);
    for n in 0..12_u8 {
        let object = NewObject::from(content(n));
        let key = format!("big/{n}.bin");
        stage.demo.store().put("vault", &key, object).unwrap();
    }
    stage
}

/// The program in a terminal, in the surroundings of the stage.
fn in_terminal(stage: &Stage, args: &[&str]) -> Terminal {
    stage.terminal(args, &[], (132, 36))
}

fn task(stage: &Stage) -> Option<Value> {
    let run = stage.run(&["tasks", "list", "--json"]).ended_with(0);
    run.of_type("task").pop()
}

/// Looks at the only task until this holds of it.
fn until(stage: &Stage, what: &str, holds: impl Fn(&Value) -> bool) -> Value {
    let began = Instant::now();
    loop {
        let task = task(stage);
        if let Some(task) = task.as_ref().filter(|task| holds(task)) {
            return task.clone();
        }
        let in_time = began.elapsed() < Duration::from_mins(1);
        assert!(in_time, "waited for {what}: {task:?}");
    }
}

/// The screen with a download that it was told to run.
fn downloading(stage: &Stage) -> Terminal {
    fs::create_dir(stage.path("big")).unwrap();
    let mut terminal = in_terminal(stage, &["s3://vault/big", "big"]);
    terminal.until("0.bin");
    terminal.press("s");
    terminal.until("[x] + download");
    terminal.until_gone("listing both sides");
    terminal.press("\r");
    terminal
}

fn moves(task: &Value) -> bool {
    task["done"].as_u64() > Some(0)
}

/// Another process than `first` has it; it is attached to, goes on at once, and nothing is lost.
fn is_gone_on_with(stage: &Stage, first: u32) {
    until(stage, "a worker", |task| {
        task["process"] != first && task["runs"] == 2
    });
    stage.demo.faults().clear();
    stage.run(&["tasks", "attach", "1"]).ended_with(0);
    let done = until(stage, "the end", |task| task["state"] == "done");
    assert_eq!((&done["done"], &done["failed"]), (&12.into(), &0.into()));
    for n in 0..12_u8 {
        let fetched = fs::read(stage.path(&format!("big/{n}.bin"))).unwrap();
        assert_eq!(fetched, content(n));
    }
}

#[test]
fn a_person_leaves_and_a_worker_goes_on() {
    let stage = slow();
    let mut terminal = downloading(&stage);
    let running = until(&stage, "a download", moves);
    assert_eq!(
        Some(running["process"].as_u64().unwrap()),
        terminal.process_id().map(u64::from)
    );
    let first = terminal.process_id().unwrap();
    terminal.press("q");
    terminal.until("Leave, and let them go on without a screen");
    terminal.press("jj\r");
    assert_eq!(terminal.exit_code(), 0);
    assert!(terminal.is_restored());
    is_gone_on_with(&stage, first);
}

#[test]
fn a_lost_connection_leaves_the_screens_tasks_to_a_worker() {
    let stage = slow();
    let mut terminal = downloading(&stage);
    until(&stage, "a download", moves);
    let first = terminal.process_id().unwrap();
    terminal.hang_up();
    is_gone_on_with(&stage, first);
}

#[test]
fn a_lost_connection_leaves_a_commands_task_to_a_worker() {
    let stage = slow();
    let mut terminal = in_terminal(&stage, &["sync", "s3://vault/big", "big"]);
    until(&stage, "a download", moves);
    let first = terminal.process_id().unwrap();
    terminal.hang_up();
    is_gone_on_with(&stage, first);
}
