//! Families of tasks and what the engine protects by itself: a group stands where its children stand, one pace is shared among
//! them, knobs reach them all, and no plan is run against what the configuration protects.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test stops at the first surprise"
)]

use std::sync::Arc;

use wharf::{
    demo::{Fault, Rule, s3::Denial},
    domain::{
        location::Location,
        plan::{Plan, SyncOptions},
        progress::{TaskEvent, TaskId, TaskSnapshot, TaskState},
    },
    engine::{Body, Command, EngineOptions, Event, FailedClass, Family, Member, Pace, Protected},
};

use super::desk::{Desk, bucket};

/// Two prefixes of three objects, each with a plan to a folder of its own.
async fn two(desk: &mut Desk, options: &SyncOptions) -> Vec<Member> {
    let mut members = Vec::new();
    for name in ["one", "two"] {
        desk.objects(&format!("{name}/k"), 3);
        let to = Location::Disk(desk.path(name));
        let from = bucket(&format!("{name}/"));
        let plan = desk.plan(&from, &to, options.clone()).await.unwrap();
        members.push(Member {
            name: name.into(),
            plan,
            check: None,
        });
    }
    members
}

async fn run(desk: &mut Desk, members: Vec<Member>) -> TaskId {
    let view = desk.view();
    let family = Family {
        name: "pull both".into(),
        at_once: 4,
        members,
    };
    desk.engine.submit(Command::RunFamily { view, family });
    let Body::Accepted(id) = desk.body(view).await else {
        panic!("the family is refused");
    };
    id
}

/// Reads until this task is over.
async fn over(desk: &mut Desk, id: TaskId) -> TaskState {
    loop {
        if let Event::Task {
            id: told,
            event: TaskEvent::State { state, .. },
        } = desk.events.recv().await.unwrap()
            && told == id
            && state.is_over()
        {
            return state;
        }
    }
}

/// The head and its children, once `holds` holds for them.
async fn once(desk: &Desk, holds: impl Fn(&[TaskSnapshot]) -> bool) -> Vec<TaskSnapshot> {
    loop {
        let tasks = desk.snapshot().tasks;
        if holds(&tasks) {
            return tasks;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn one_budget_is_shared_and_knobs_reach_all_children() {
    let mut desk = Desk::new();
    let options = SyncOptions {
        workers: Some(2),
        ..SyncOptions::default()
    };
    let members = two(&mut desk, &options).await;
    desk.demo.log().clear();
    desk.demo
        .faults()
        .add(Rule::new(Fault::Stall).on("GetObject"));
    let head = run(&mut desk, members).await;
    desk.demo.faults().until_stalled(2).await;
    let tasks = once(&desk, |tasks| {
        tasks.iter().skip(1).all(|task| task.workers == 1)
    })
    .await;
    assert_eq!(tasks.len(), 3);
    assert_eq!(
        (tasks[0].id, tasks[0].planned, tasks[0].workers),
        (head, 6, 2)
    );
    assert!(tasks[1..].iter().all(|task| task.parent == Some(head)));
    assert_eq!(desk.demo.log().count("GetObject"), 2, "each has one worker");
    desk.engine.submit(Command::Pause(head));
    once(&desk, |tasks| {
        tasks.iter().all(|task| task.state == TaskState::Paused)
    })
    .await;
    let change = Pace {
        workers: Some(6),
        ..Pace::default()
    };
    desk.engine.submit(Command::Pace { task: head, change });
    once(&desk, |tasks| {
        tasks.iter().skip(1).all(|task| task.workers == 3)
    })
    .await;
    desk.engine.submit(Command::Cancel(head));
    assert_eq!(over(&mut desk, head).await, TaskState::Cancelled);
    let tasks = desk.snapshot().tasks;
    assert!(tasks.iter().all(|task| task.state == TaskState::Cancelled));
}

#[tokio::test]
async fn what_failed_in_a_group_is_tried_again_alone() {
    let mut desk = Desk::new();
    let members = two(&mut desk, &SyncOptions::default()).await;
    desk.demo.store().deny(Denial {
        operation: Some("GetObject".to_owned()),
        prefix: "two/".to_owned(),
        ..Denial::default()
    });
    let head = run(&mut desk, members).await;
    assert_eq!(over(&mut desk, head).await, TaskState::Failed);
    let tasks = desk.snapshot().tasks;
    let counts: Vec<(u64, u64)> = tasks.iter().map(|task| (task.done, task.failed)).collect();
    assert_eq!(counts, [(3, 3), (3, 0), (0, 3)]);
    assert_eq!(tasks[0].reason.as_deref(), Some("1 of 2 failed"));
    desk.demo.store().allow_all();
    desk.engine.submit(Command::Resume(head));
    let tasks = once(&desk, |tasks| tasks.len() > 3 && tasks[0].state.is_over()).await;
    assert_eq!(tasks[0].name.as_deref(), Some("two"));
    assert_eq!((tasks[0].state, tasks[0].done), (TaskState::Done, 3));
}

#[tokio::test]
async fn a_protected_prefix_refuses_plans_and_runs_at_every_remote_of_its_endpoint() {
    let protected = Protected {
        place: bucket("scenes/"),
        message: "scenes only pulls".to_owned(),
        help: "change its direction".to_owned(),
    };
    let mut desk = Desk::with(EngineOptions {
        protected: vec![protected],
        ..EngineOptions::default()
    });
    desk.file("a", b"a");
    let local = desk.local();
    for place in [
        "s3://pics/scenes/new",
        "twin:s3://pics/scenes",
        "twin:s3://pics",
    ] {
        let place = Location::parse(place).unwrap();
        let refused = desk.plan(&local, &place, SyncOptions::default()).await;
        assert_eq!(refused.unwrap_err().class, FailedClass::Guard, "{place}");
    }
    let free = Location::parse("twin:s3://pics/scenes2").unwrap();
    let plan = desk
        .plan(&local, &free, SyncOptions::default())
        .await
        .unwrap();
    // A plan that was made elsewhere, or changed in a file, is held to it as well.
    let forged = Plan {
        destination: Location::parse("twin:s3://pics/scenes").unwrap(),
        ..Plan::clone(&plan)
    };
    let refused = desk.submit(&Arc::new(forged)).await.unwrap_err();
    assert_eq!(
        (refused.class, &*refused.message),
        (FailedClass::Guard, "scenes only pulls")
    );
    assert_eq!(desk.demo.log().count("PutObject"), 0);
    desk.run(&plan).await;
    assert_eq!(desk.demo.log().count("PutObject"), 1);
}
