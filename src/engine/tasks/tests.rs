//! Tests of the registry with its senders.

use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{Brief, Pace, Registry};
use crate::domain::{
    key::Key,
    plan::Op,
    progress::{EndedStep, Outcome, TaskEvent, TaskId, TaskKind, TaskSnapshot, TaskState},
};
use crate::engine::{event::Event, journal::TaskJournal};

fn brief() -> Brief {
    Brief {
        parent: None,
        name: None,
        kind: TaskKind::Sync,
        source: "/a".into(),
        destination: "s3://b/".into(),
        planned: 2000,
        planned_bytes: 2000,
        at_once: None,
        pace: Pace::default(),
        priority: 0,
        due: None,
    }
}

/// A snapshot of a task that did nothing.
pub(in crate::engine) fn blank() -> TaskSnapshot {
    TaskSnapshot {
        id: TaskId(1),
        parent: None,
        name: None,
        kind: TaskKind::Sync,
        state: TaskState::Waiting,
        source: "/a".into(),
        destination: "s3://b/".into(),
        started: Timestamp::UNIX_EPOCH,
        ended: None,
        planned: 0,
        planned_bytes: 0,
        done: 0,
        failed: 0,
        skipped: 0,
        verified: 0,
        bytes: 0,
        retries: 0,
        throttled: 0,
        kept: 0,
        requests: 0,
        workers: 0,
        bandwidth: None,
        requests_per_second: None,
        slowed_to: None,
        in_flight: Vec::new(),
        reason: None,
        priority: 0,
        due: None,
    }
}

fn step(seq: u32) -> EndedStep {
    EndedStep {
        seq,
        key: Key::from("a"),
        op: Op::Upload,
        outcome: Outcome::Done {
            bytes: 1,
            proof: None,
        },
    }
}

/// The steps that this event tells of; `None` for a state.
fn ended(event: Option<Event>) -> Option<Vec<EndedStep>> {
    match event {
        Some(Event::Task {
            event: TaskEvent::Ended { steps },
            ..
        }) => Some(steps),
        Some(Event::Task {
            event: TaskEvent::State { .. },
            ..
        }) => None,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn every_ended_step_arrives_once_in_few_events_and_before_the_end() {
    let (events, mut told) = mpsc::channel(2);
    let registry = Registry::default();
    let journal = TaskJournal::none(TaskId(7));
    let task = registry.accept(brief(), journal, events, &CancellationToken::new());
    let sender = task.sender.clone();
    tokio::spawn(async move {
        for seq in 0..2000 {
            sender.ended(step(seq)).await;
        }
        sender.state(TaskState::Done, None).await;
    });
    let (mut seen, mut batches) = (Vec::new(), 0);
    while let Some(steps) = ended(told.recv().await) {
        batches += 1;
        seen.extend(steps.iter().map(|step| step.seq));
    }
    assert_eq!(seen, (0..2000).collect::<Vec<u32>>());
    assert!(batches < 100, "{batches} events");
    assert_eq!(registry.snapshots()[0].done, 2000);
}

#[tokio::test(start_paused = true)]
async fn a_lonely_step_is_told_soon() {
    let (events, mut told) = mpsc::channel(2);
    let registry = Registry::default();
    let journal = TaskJournal::none(TaskId(1));
    let task = registry.accept(brief(), journal, events, &CancellationToken::new());
    let begun = tokio::time::Instant::now();
    task.sender.ended(step(0)).await;
    told.recv().await.unwrap();
    assert!(begun.elapsed().as_millis() <= 60);
}
