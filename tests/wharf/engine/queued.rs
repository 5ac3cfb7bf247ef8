//! The queue as a front end sees it: a bounded number runs, the rest wait by priority and age and say for whom, nobody begins
//! before its time by the clock that was given, and a waiting task can be held, cancelled and left to another program.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test stops at the first surprise"
)]

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering::SeqCst},
};

use jiff::Timestamp;
use wharf::{
    demo::{Fault, Rule, s3::NewObject},
    domain::{
        location::Location,
        plan::{Plan, Restore, RestoreTier, SyncOptions},
        progress::{TaskEvent, TaskId, TaskSnapshot, TaskState},
    },
    engine::{
        Command, EngineOptions, Event, Wish,
        journal::{Clock, Setup},
    },
};

use super::desk::{BUCKET, Desk, bucket};

/// An engine that runs one task at once, by a clock that the test turns, with a journal in this folder.
fn options(journal: &std::path::Path, clock: &Arc<AtomicI64>) -> EngineOptions {
    let clock = Arc::clone(clock);
    EngineOptions {
        journal: Some(journal.join("journal.sqlite")),
        at_once: Some(1),
        setup: Setup {
            clock: Clock::new(move || clock.load(SeqCst)),
            ..Setup::default()
        },
        ..EngineOptions::default()
    }
}

fn now() -> Arc<AtomicI64> {
    Arc::new(AtomicI64::new(Timestamp::now().as_millisecond()))
}

/// A plan that fetches one object into a folder of its own, not before `start`.
async fn plan(desk: &mut Desk, name: &str, start: Option<Timestamp>) -> Arc<Plan> {
    desk.object(&format!("{name}/k"), name.as_bytes());
    let to = Location::Disk(desk.path(name));
    let from = bucket(&format!("{name}/"));
    let plan = desk.plan(&from, &to, SyncOptions::default()).await.unwrap();
    Arc::new(Plan {
        start,
        ..Plan::clone(&plan)
    })
}

/// Submits a plan whose only request stands still, so that its task keeps its place.
async fn busy(desk: &mut Desk) -> TaskId {
    let first = plan(desk, "first", None).await;
    let stall = Rule::new(Fault::Stall).on("GetObject").nth(1);
    desk.demo.faults().add(stall);
    let id = desk.submit(&first).await.unwrap();
    desk.demo.faults().until_stalled(1).await;
    id
}

fn task(desk: &Desk, id: TaskId) -> TaskSnapshot {
    let tasks = desk.snapshot().tasks;
    tasks.into_iter().find(|task| task.id == id).unwrap()
}

/// Reads until this task tells a state for which `holds` holds.
async fn until(desk: &mut Desk, id: TaskId, holds: impl Fn(TaskState, Option<&str>) -> bool) {
    let now = task(desk, id);
    if holds(now.state, now.reason.as_deref()) {
        return;
    }
    loop {
        if let Event::Task {
            id: told,
            event: TaskEvent::State { state, reason },
        } = desk.events.recv().await.unwrap()
            && told == id
            && holds(state, reason.as_deref())
        {
            return;
        }
    }
}

async fn waits(desk: &mut Desk, id: TaskId, words: &str) {
    until(desk, id, |state, reason| {
        state == TaskState::Waiting && reason == Some(words)
    })
    .await;
}

async fn ends(desk: &mut Desk, id: TaskId, how: TaskState) {
    until(desk, id, |state, _| state == how).await;
}

#[tokio::test]
async fn one_runs_and_the_rest_wait_by_priority_and_age() {
    let folder = tempfile::tempdir().unwrap();
    let mut desk = Desk::with(options(folder.path(), &now()));
    let first = busy(&mut desk).await;
    let mut ids = Vec::new();
    for name in ["second", "third", "fourth"] {
        let plan = plan(&mut desk, name, None).await;
        ids.push(desk.submit(&plan).await.unwrap());
    }
    waits(&mut desk, ids[0], "waits for 1 task").await;
    waits(&mut desk, ids[2], "waits for 3 tasks").await;
    let raise = Command::Prioritise {
        task: ids[2],
        by: 1,
    };
    desk.engine.submit(raise);
    waits(&mut desk, ids[2], "waits for 1 task").await;
    waits(&mut desk, ids[0], "waits for 2 tasks").await;
    desk.engine.submit(Command::Cancel(ids[1]));
    ends(&mut desk, ids[1], TaskState::Cancelled).await;
    assert!(!desk.path("third").exists(), "it never began");
    let past = desk.past().await.unwrap();
    let kept = past.iter().find(|task| task.id == ids[2]).unwrap();
    assert_eq!((kept.priority, kept.state), (1, TaskState::Waiting));
    desk.engine.submit(Command::Cancel(first));
    ends(&mut desk, ids[2], TaskState::Done).await;
    ends(&mut desk, ids[0], TaskState::Done).await;
    assert_eq!(std::fs::read(desk.path("second/k")).unwrap(), b"second");
}

#[tokio::test]
async fn a_task_that_waits_for_the_archive_lets_others_run() {
    let folder = tempfile::tempdir().unwrap();
    let mut desk = Desk::with(options(folder.path(), &now()));
    let mut limits = desk.demo.store().limits();
    limits.restores_at_once = false;
    desk.demo.store().set_limits(limits);
    let cold = NewObject {
        class: Some("GLACIER".to_owned()),
        ..NewObject::from("cold")
    };
    desk.demo.store().put(BUCKET, "cold/k", cold).unwrap();
    let restore = Restore {
        tier: RestoreTier::Bulk,
        days: 1,
    };
    let options = SyncOptions {
        restore: Some(restore),
        ..SyncOptions::default()
    };
    let to = Location::Disk(desk.path("cold"));
    let archived = desk.plan(&bucket("cold/"), &to, options).await.unwrap();
    let first = desk.submit(&archived).await.unwrap();
    until(&mut desk, first, |_, reason| {
        reason.is_some_and(|reason| reason.contains("being restored"))
    })
    .await;
    let other = plan(&mut desk, "other", None).await;
    let second = desk.submit(&other).await.unwrap();
    ends(&mut desk, second, TaskState::Done).await;
    desk.demo.store().restore(BUCKET, "cold/k").unwrap();
    ends(&mut desk, first, TaskState::Done).await;
    assert_eq!(std::fs::read(desk.path("cold/k")).unwrap(), b"cold");
    // Its place was taken back, and given back at its end.
    let third = plan(&mut desk, "third", None).await;
    let third = desk.submit(&third).await.unwrap();
    ends(&mut desk, third, TaskState::Done).await;
}

#[tokio::test]
async fn whoever_is_cancelled_at_any_moment_leaves_its_place_to_others() {
    let folder = tempfile::tempdir().unwrap();
    let mut desk = Desk::with(options(folder.path(), &now()));
    let cancelled = plan(&mut desk, "cancelled", None).await;
    for _ in 0..20 {
        let id = desk.submit(&cancelled).await.unwrap();
        desk.engine.submit(Command::Cancel(id));
        until(&mut desk, id, |state, _| state.is_over()).await;
    }
    let last = plan(&mut desk, "last", None).await;
    let last = desk.submit(&last).await.unwrap();
    ends(&mut desk, last, TaskState::Done).await;
}

#[tokio::test]
async fn nothing_begins_before_its_time() {
    let folder = tempfile::tempdir().unwrap();
    let clock = now();
    let mut desk = Desk::with(options(folder.path(), &clock));
    let due = Timestamp::from_millisecond(clock.load(SeqCst) + 3_600_000).unwrap();
    let later = plan(&mut desk, "later", Some(due)).await;
    let id = desk.submit(&later).await.unwrap();
    until(&mut desk, id, |state, reason| {
        state == TaskState::Waiting && reason.is_some_and(|why| why.starts_with("starts "))
    })
    .await;
    assert_eq!(task(&desk, id).due, Some(due));
    // It takes no place of those that may run.
    let other = plan(&mut desk, "other", None).await;
    let other = desk.submit(&other).await.unwrap();
    ends(&mut desk, other, TaskState::Done).await;
    assert!(!desk.path("later").exists());
    clock.fetch_add(3_600_000, SeqCst);
    // Whoever ends lets those that wait look at the clock again.
    let third = plan(&mut desk, "third", None).await;
    desk.submit(&third).await.unwrap();
    ends(&mut desk, id, TaskState::Done).await;
    assert_eq!(std::fs::read(desk.path("later/k")).unwrap(), b"later");
}

#[tokio::test]
async fn a_waiting_task_is_held_and_moved_and_goes_on_in_another_program() {
    let folder = tempfile::tempdir().unwrap();
    let clock = now();
    let mut desk = Desk::with(options(folder.path(), &clock));
    let first = busy(&mut desk).await;
    let next = plan(&mut desk, "next", None).await;
    let id = desk.submit(&next).await.unwrap();
    waits(&mut desk, id, "waits for 1 task").await;
    desk.engine.submit(Command::Pause(id));
    ends(&mut desk, id, TaskState::Paused).await;
    desk.engine.submit(Command::Resume(id));
    waits(&mut desk, id, "waits for 1 task").await;
    desk.engine.submit(Command::Release(id));
    ends(&mut desk, id, TaskState::Interrupted).await;
    desk.engine.submit(Command::Cancel(first));
    ends(&mut desk, first, TaskState::Cancelled).await;
    let mut desk = desk.reopened(options(folder.path(), &clock)).await;
    desk.engine.submit(Command::Prioritise { task: id, by: 1 });
    desk.until_past(|past| past[0].priority == 1).await;
    let view = desk.view();
    desk.engine.submit(Command::GoOn { view, task: id });
    assert_eq!(desk.until_over().await.0, TaskState::Done);
    assert_eq!(task(&desk, id).priority, 1);
    assert_eq!(std::fs::read(desk.path("next/k")).unwrap(), b"next");
    assert!(desk.engine.wish(id, Wish::Raise).await.is_ok());
}
