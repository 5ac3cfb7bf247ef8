//! A family of tasks: several plans as one task with a child for each. The children are ordinary tasks; the head moves
//! nothing, starts them, shares its pace among those that run, and ends when all have.

use std::{collections::VecDeque, sync::Arc};

use tokio::task::JoinSet;

use crate::domain::{
    location::Location,
    progress::{TaskId, TaskKind, TaskState},
};

use super::{
    answer::Answer,
    command::{Family, Member},
    ends::Ends,
    event::{Body, Failed},
    guard,
    room::Room,
    run::{Kin, ready, work},
    tasks::{Brief, Pace, Task},
    transfer::{Job, WORKERS},
};

/// Children that run at once where nobody says otherwise.
pub(super) const AT_ONCE: u16 = 4;

/// Accepts a family, or says why not; its tasks run on their own.
pub(super) async fn run(room: Arc<Room>, answer: Answer, family: Family) {
    let accepted = accept(&room, family).await;
    answer.finish(accepted.map(Body::Accepted)).await;
}

/// Accepts all members or none. One member alone is a plain task.
pub(super) async fn accept(room: &Arc<Room>, family: Family) -> Result<TaskId, Failed> {
    let mut ends = Vec::with_capacity(family.members.len());
    for member in &family.members {
        guard::run(room, &member.plan).await?;
        ends.push(Ends::of_plan(&room.sessions, &member.plan).await?);
    }
    let Some(first) = family.members.first() else {
        return Err(Failed::usage("there is nothing to run"));
    };
    if family.members.len() == 1 {
        let (plan, kin) = (Arc::clone(&first.plan), kin(first, None));
        return super::run::accept(room, TaskKind::Sync, plan, kin).await;
    }
    let head = head(room, &family, first).await;
    let mut children = VecDeque::new();
    for (member, ends) in family.members.iter().zip(&ends) {
        let kin = kin(member, Some(head.id));
        let plan = Arc::clone(&member.plan);
        let child = ready(room, TaskKind::Sync, (plan, ends), kin).await;
        match child {
            Ok(child) => children.push_back(child),
            Err(failed) => {
                head.control.cancel();
                head.sender.state(TaskState::Cancelled, None).await;
                return Err(failed);
            }
        }
    }
    let id = head.id;
    let tending = in_turn(Arc::clone(room), head, children, family.at_once);
    room.tracker.spawn_on(tending, &room.runtime);
    Ok(id)
}

fn kin(member: &Member, parent: Option<TaskId>) -> Kin {
    Kin {
        parent,
        name: Some(Arc::clone(&member.name)).filter(|name| !name.is_empty()),
        check: member.check.clone(),
    }
}

/// The task that stands for the family.
async fn head(room: &Arc<Room>, family: &Family, first: &Member) -> Arc<Task> {
    let common = |place: fn(&Member) -> &Location| {
        let mut places = family.members.iter().map(place);
        let first = places.next().map(ToString::to_string).unwrap_or_default();
        let same = places.all(|place| place.to_string() == first);
        if same { first } else { String::new() }
    };
    let brief = Brief {
        parent: None,
        name: Some(Arc::clone(&family.name)),
        kind: TaskKind::Group,
        source: common(|member| &member.plan.source).into(),
        destination: common(|member| &member.plan.destination).into(),
        planned: 0,
        planned_bytes: 0,
        pace: Pace::of(&first.plan.options),
        at_once: Some(family.at_once.max(1)),
        priority: 0,
        due: family
            .members
            .iter()
            .filter_map(|member| member.plan.start)
            .max(),
    };
    let journal = room.begin_head(&brief).await;
    room.accept(brief, journal)
}

/// Runs the family once it is its turn.
pub(super) async fn in_turn(
    room: Arc<Room>,
    head: Arc<Task>,
    children: VecDeque<(Arc<Task>, Job)>,
    at_once: u16,
) {
    let turn = room.queue.turn(&head).await;
    if turn.is_none() {
        // None of them may begin on its way out.
        for (task, _) in &children {
            if head.control.is_left() {
                task.control.leave();
            } else {
                task.control.cancel();
            }
        }
    }
    tend(head, children, usize::from(at_once.max(1))).await;
    drop(turn);
}

/// Runs the children, so many at once, and shares the pace anew whenever one begins or ends or a person changes it.
async fn tend(head: Arc<Task>, mut waiting: VecDeque<(Arc<Task>, Job)>, at_once: usize) {
    head.sender.state(TaskState::Running, None).await;
    let children: Vec<Arc<Task>> = waiting.iter().map(|(task, _)| Arc::clone(task)).collect();
    let mut paces = head.control.paces();
    let mut running = JoinSet::new();
    let mut begun: Vec<Arc<Task>> = Vec::new();
    loop {
        while running.len() < at_once
            && let Some((task, job)) = waiting.pop_front()
        {
            begun.push(Arc::clone(&task));
            running.spawn(child(task, job));
        }
        begun.retain(|task| !task.status.state().is_over());
        share(*paces.borrow_and_update(), &begun);
        tokio::select! {
            ended = running.join_next() => if ended.is_none() { break },
            changed = paces.changed() => if changed.is_err() { break },
            () = head.control.cancelled(), if children.iter().any(|task| !task.control.is_cancelled()) => {
                for task in &children {
                    task.control.cancel();
                }
            }
            () = head.control.left(), if children.iter().any(|task| !task.control.is_ending()) => {
                for task in &children {
                    task.control.leave();
                }
            }
        }
    }
    let (state, reason) = ending(&head, &children);
    head.sender.state(state, reason).await;
    head.sender.flush().await;
}

/// Runs a child; one that was held before it began waits first.
async fn child(task: Arc<Task>, job: Job) {
    task.control.ready().await;
    work(task, job).await;
}

/// Gives each of these its share of a pace. One that runs alone finds its number of workers itself, where nobody says one;
/// several share what a task begins with.
fn share(pace: Pace, running: &[Arc<Task>]) {
    let count = u16::try_from(running.len()).unwrap_or(u16::MAX).max(1);
    let workers = match pace.workers {
        None if count == 1 => 0,
        workers => workers.unwrap_or(WORKERS),
    };
    for (at, task) in (0_u16..).zip(running) {
        let rest = u16::from(at < workers % count);
        let own = workers / count + rest;
        let requests = pace.requests.map(|n| (n / u32::from(count)).max(1));
        let bandwidth = pace.bandwidth.map(|n| (n / u64::from(count)).max(1));
        task.control.set_pace(Pace {
            // 0 takes a limit away.
            workers: Some(own.max(u16::from(workers > 0))),
            bandwidth: Some(bandwidth.unwrap_or(0)),
            requests: Some(requests.unwrap_or(0)),
        });
    }
}

/// The state that follows from the children's, and why.
fn ending(head: &Task, children: &[Arc<Task>]) -> (TaskState, Option<Box<str>>) {
    let count = |state: TaskState| {
        let states = children.iter().map(|task| task.status.state());
        states.filter(|other| *other == state).count()
    };
    let (failed, cancelled) = (count(TaskState::Failed), count(TaskState::Cancelled));
    if head.control.is_left() || count(TaskState::Interrupted) > 0 {
        return (TaskState::Interrupted, None);
    }
    if head.control.is_cancelled() || (failed == 0 && cancelled > 0) {
        return (TaskState::Cancelled, None);
    }
    if failed > 0 {
        let reason = format!("{failed} of {} failed", children.len());
        return (TaskState::Failed, Some(reason.into()));
    }
    (TaskState::Done, None)
}
