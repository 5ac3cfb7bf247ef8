//! Going on with tasks of the journal: after a kill, a power cut, a closed laptop, or a screen that let them go. The plan and
//! what became of its steps are read from the journal; nothing is listed before the recount. A group goes on with those of
//! its children that are not done.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

use crate::domain::{
    entry::Facts,
    key::Key,
    plan::{Op, Plan, Proven},
    progress::{Outcome, TaskId, TaskKind, TaskState},
};

use super::{
    answer::Answer,
    command::{Family, Member},
    ends::Ends,
    event::{Body, Failed, FailedClass},
    family, guard,
    journal::{Journal, KeptJob, NotTaken, PastTask, Search, Taken, Wish},
    room::Room,
    run::{self, equip},
    tasks::{Brief, Task},
    transfer::{self, Earlier, Job},
};

/// Goes on with a task that nobody runs.
pub(super) async fn go_on(room: Arc<Room>, answer: Answer, task: TaskId) {
    let accepted = accept(&room, task).await;
    answer.finish(accepted.map(Body::Accepted)).await;
}

async fn accept(room: &Arc<Room>, id: TaskId) -> Result<TaskId, Failed> {
    let here = room.registry.get(id);
    if here.is_some_and(|task| !task.status.state().is_over()) {
        return Err(Failed::usage(format!("task {} runs here already", id.0)));
    }
    let journal = room.remembered().await?;
    let task = one(&journal, id).await?;
    if task.kind == TaskKind::Group {
        return group(room, &journal, &task).await;
    }
    let (task, job) = ready(room, id).await?;
    room.tracker
        .spawn_on(run::in_turn(Arc::clone(room), task, job), &room.runtime);
    Ok(id)
}

/// A task as the journal knows it.
pub(super) async fn one(journal: &Journal, id: TaskId) -> Result<PastTask, Failed> {
    let only = Search {
        id: Some(id),
        ..Search::default()
    };
    let found = journal.search(only).await?.pop();
    found.ok_or_else(|| Failed::no_task(id))
}

/// The children of a group, in the order of their acceptance.
pub(super) async fn children(journal: &Journal, head: TaskId) -> Result<Vec<PastTask>, Failed> {
    let of_head = Search {
        parent: Some(head),
        ..Search::default()
    };
    let mut children = journal.search(of_head).await?;
    children.reverse();
    Ok(children)
}

/// Goes on with a group: its head is taken over, and every child that can be gone on with.
async fn group(room: &Arc<Room>, journal: &Journal, task: &PastTask) -> Result<TaskId, Failed> {
    let way = match journal.take_head(task.id).await? {
        Ok(way) => way,
        Err(not) => return Err(not_taken(task.id, &not)),
    };
    let mut open = VecDeque::new();
    for child in children(journal, task.id).await? {
        if !child.can_go_on() {
            continue;
        }
        match ready(room, child.id).await {
            Ok(child) => open.push_back(child),
            Err(failed) => {
                way.state(TaskState::Interrupted, None).await;
                return Err(failed);
            }
        }
    }
    let at_once = task.at_once.unwrap_or(family::AT_ONCE);
    let brief = Brief {
        parent: None,
        name: task.name.clone(),
        kind: TaskKind::Group,
        source: (&*task.source).into(),
        destination: (&*task.destination).into(),
        planned: 0,
        planned_bytes: 0,
        // What a person changed while it ran is forgotten, as it is for one task.
        pace: open
            .front()
            .map(|(child, _)| child.brief.pace)
            .unwrap_or_default(),
        at_once: Some(at_once),
        priority: task.priority,
        due: task.due,
    };
    let head = room.accept(brief, way);
    let tending = family::in_turn(Arc::clone(room), head, open, at_once);
    room.tracker.spawn_on(tending, &room.runtime);
    Ok(task.id)
}

/// Takes a task over, with all that it works with.
async fn ready(room: &Arc<Room>, id: TaskId) -> Result<(Arc<Task>, Job), Failed> {
    let (taken, ends) = take(room, id).await?;
    let Taken {
        plan,
        task,
        outcomes,
        partials,
        jobs,
        journal,
    } = taken;
    if let Err(refused) = guard::run(room, &plan).await {
        journal.state(TaskState::Interrupted, None).await;
        return Err(refused);
    }
    let earlier = match task.kind {
        TaskKind::Sync | TaskKind::Cleanup | TaskKind::Group => Earlier {
            proven: proven(room, &plan, &outcomes, &ends).await?,
            ended: ended(&plan, outcomes),
            partials: partials.into(),
            jobs,
            began: Some(task.started),
            requests: task.requests,
        },
        // What was proven before may have changed since: a verification begins anew.
        TaskKind::Verify => Earlier {
            requests: task.requests,
            ..Earlier::default()
        },
    };
    let brief = Brief {
        parent: task.parent,
        name: task.name,
        planned: task.planned,
        planned_bytes: task.planned_bytes,
        priority: task.priority,
        ..Brief::of(task.kind, &plan)
    };
    let whole = (Arc::new(plan), &ends);
    equip(room, (brief, journal), whole, (task.check, Some(earlier))).await
}

/// The steps that have nothing left to do. A delete or a removal that was left goes again: it was left because something
/// failed then.
fn ended(plan: &Plan, mut outcomes: HashMap<u32, Outcome>) -> HashMap<u32, Outcome> {
    let deletes = plan.steps().filter(|step| !step.op.moves());
    let left = |outcome: Option<&Outcome>| matches!(outcome, Some(Outcome::Skipped { .. }));
    for step in deletes {
        if left(outcomes.get(&step.seq)) {
            outcomes.remove(&step.seq);
        }
    }
    outcomes.retain(|_, outcome| !matches!(outcome, Outcome::Failed(_)));
    outcomes
}

/// How the destinations of sources that are still to be removed were proven.
async fn proven(
    room: &Room,
    plan: &Plan,
    outcomes: &HashMap<u32, Outcome>,
    ends: &Ends,
) -> Result<HashMap<Key, Proven>, Failed> {
    let done = |seq: u32| matches!(outcomes.get(&seq), Some(Outcome::Done { .. }));
    let open = plan
        .steps()
        .filter(|step| step.op == Op::Remove && !done(step.seq));
    let open = open.filter_map(|step| Some((step.key.clone(), step.source.clone()?)));
    let open: Vec<(Key, Facts)> = open.collect();
    if open.is_empty() {
        return Ok(HashMap::new());
    }
    let journal = room.remembered().await?;
    Ok(journal
        .proven((&ends.left.filed, &ends.right.filed), open)
        .await?)
}

/// Takes the task over, with its ends opened.
async fn take(room: &Arc<Room>, id: TaskId) -> Result<(Taken, Ends), Failed> {
    let journal = room.remembered().await?;
    let mut opened = None;
    let filed = async |plan: &Plan| {
        let ends = Ends::of_plan(&room.sessions, plan).await;
        let filed = match &ends {
            Ok(ends) => (ends.left.filed.clone(), ends.right.filed.clone()),
            Err(_) => (plan.source.clone(), plan.destination.clone()),
        };
        opened = Some(ends);
        filed
    };
    let taken = match journal.take(id, filed).await? {
        Ok(taken) => taken,
        Err(not) => return Err(not_taken(id, &not)),
    };
    match opened {
        Some(Ok(ends)) => Ok((taken, ends)),
        Some(Err(error)) => {
            taken.journal.state(TaskState::Interrupted, None).await;
            Err(error.into())
        }
        None => Err(Failed::no_task(id)),
    }
}

fn not_taken(id: TaskId, not: &NotTaken) -> Failed {
    let id = id.0;
    match not {
        NotTaken::Unknown => Failed::no_task(TaskId(id)),
        NotTaken::Done => Failed::usage(format!("task {id} is done: nothing is left to do")),
        NotTaken::Runs { process, host } => Failed {
            class: FailedClass::Guard,
            help: Some(format!("wharf tasks attach {id} shows how it goes on")),
            ..Failed::usage(format!("task {id} is run by process {process} on {host}"))
        },
        NotTaken::NoPlan => Failed {
            help: Some("run the sync again: what is there already is found equal".to_owned()),
            ..Failed::usage(format!(
                "the plan of task {id} was not kept to its end, so that it cannot be gone on with"
            ))
        },
    }
}

/// Tries what failed in a task that is over, as a task of its own; what failed in the children of a group as a group.
pub(super) async fn retry(room: Arc<Room>, answer: Answer, task: TaskId) {
    let accepted = again(&room, task).await;
    answer.finish(accepted.map(Body::Accepted)).await;
}

async fn again(room: &Arc<Room>, id: TaskId) -> Result<TaskId, Failed> {
    let journal = room.remembered().await?;
    let task = one(&journal, id).await?;
    if !task.state.is_over() {
        let help = format!("wharf tasks cancel {} first, or wait for its end", id.0);
        return Err(Failed::guard(format!("task {} runs", id.0), help));
    }
    let tasks = match task.kind {
        TaskKind::Group => children(&journal, id).await?,
        TaskKind::Sync | TaskKind::Cleanup | TaskKind::Verify => vec![task.clone()],
    };
    let mut members = Vec::new();
    for task in tasks.into_iter().filter(|task| task.failed > 0) {
        let Some((plan, task, outcomes)) = journal.recall(task.id).await? else {
            return Err(not_taken(task.id, &NotTaken::NoPlan));
        };
        let failed = |seq: u32| matches!(outcomes.get(&seq), Some(Outcome::Failed(_)));
        members.push(Member {
            name: task.name.unwrap_or_default(),
            plan: Arc::new(run::only(plan, failed)),
            check: task.check,
        });
    }
    if members.is_empty() {
        return Err(Failed::usage(format!("nothing failed in task {}", id.0)));
    }
    let family = Family {
        name: task.name.unwrap_or_default(),
        at_once: task.at_once.unwrap_or(family::AT_ONCE),
        members,
    };
    family::accept(room, family).await
}

/// Asks something of whoever runs a task; one that nobody runs can only be cancelled.
pub(super) async fn wish(room: Arc<Room>, id: TaskId, wish: Wish) {
    let asked = async {
        let journal = room.remembered().await?;
        let task = one(&journal, id).await?;
        let state = task.state;
        if let (TaskState::Interrupted, Some(by)) = (state, wish.raises()) {
            // Nobody runs it: whoever goes on with it finds its place.
            return Ok(journal
                .prioritise(id, task.priority.saturating_add(by))
                .await?);
        }
        if state == TaskState::Interrupted && wish == Wish::Cancel {
            return give_up(&room, id).await;
        }
        if !state.is_over() {
            journal.ask(id, wish).await?;
        }
        Ok(())
    };
    let asked: Result<(), Failed> = asked.await;
    if let Err(failed) = asked {
        room.notices.add(&failed.message);
    }
}

/// Cancels a task that nobody runs, with its children, and gives up what it left half-done.
pub(super) async fn give_up(room: &Arc<Room>, id: TaskId) -> Result<(), Failed> {
    let journal = room.remembered().await?;
    let open = children(&journal, id).await?.into_iter();
    for child in open.filter(|child| child.state == TaskState::Interrupted) {
        clean(room, child.id).await?;
    }
    if one(&journal, id).await?.kind == TaskKind::Group {
        if let Ok(head) = journal.take_head(id).await? {
            head.state(TaskState::Cancelled, None).await;
        }
    } else {
        clean(room, id).await?;
    }
    Ok(journal.settle().await?)
}

/// Stops the jobs of S3 Batch Operations that still copy for a task.
async fn stop_jobs(room: &Room, taken: &Taken) {
    let Some(destination) = taken.plan.destination.s3() else {
        return;
    };
    let region = taken.plan.regions.destination.as_deref();
    let open = |job: &&KeptJob| !job.settled && !job.ask.etag.is_empty();
    for job in taken.jobs.iter().filter(open) {
        let stopped = async {
            let jobs = &room
                .sessions
                .jobs(destination, &job.ask.role, region)
                .await?;
            jobs.stop(&job.ask, job.id.as_deref()).await
        };
        if let Err(error) = Box::pin(stopped).await {
            tracing::warn!(?job.id, %error, "a job of S3 Batch Operations could not be stopped");
        }
    }
}

async fn clean(room: &Arc<Room>, id: TaskId) -> Result<(), Failed> {
    let (taken, ends) = take(room, id).await?;
    let steps = taken.plan.steps();
    let keys: HashMap<u32, &Key> = steps.map(|step| (step.seq, &step.key)).collect();
    for (seq, partial) in &taken.partials {
        let Some(key) = keys.get(seq) else { continue };
        if transfer::give_up(&ends.right.store, key, &partial.handle).await {
            taken.journal.partial_over(*seq, &partial.handle).await;
        }
    }
    let downloads = taken.plan.steps().filter(|step| step.op == Op::Download);
    for step in downloads.filter(|step| !taken.outcomes.contains_key(&step.seq)) {
        if let Some(number) = taken.journal.temporary(step.seq) {
            transfer::give_up(&ends.right.store, &step.key, &number.to_string()).await;
        }
    }
    Box::pin(stop_jobs(room, &taken)).await;
    if let Some(kept) = run::kept(room, (id, &taken.plan), &ends).await? {
        transfer::give_up_kept(&kept, &taken.journal).await;
    }
    taken.journal.state(TaskState::Cancelled, None).await;
    Ok(())
}
