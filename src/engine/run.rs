//! Tasks begin here: guards speak first, then the task gets its number in the journal, and then it runs beside all else.

use std::{collections::HashSet, sync::Arc};

use jiff::Timestamp;

use crate::backend::{RequestCounter, Store, disk::Spool};
use crate::domain::{
    diff::Level,
    key::Key,
    location::Location,
    plan::{Op, Plan, Step, SyncOptions},
    progress::{TaskId, TaskKind, TaskState},
};

use super::{
    answer::Answer,
    cleanup,
    command::{Check, Family, Member},
    ends::Ends,
    event::{Body, Failed},
    family, guard,
    journal::{Setting, TaskJournal},
    queue::Queue,
    room::Room,
    tasks::{Brief, Task},
    transfer::{self, Desk, Earlier, Job, Kept, Tuning},
};

/// Accepts a plan, or says why not; the task runs on its own.
pub(super) async fn run(room: Arc<Room>, answer: Answer, plan: Arc<Plan>) {
    let accepted = match guard::run(&room, &plan).await {
        Ok(()) => {
            let kin = Kin {
                name: plan.called().map(Into::into),
                ..Kin::default()
            };
            accept(&room, TaskKind::Sync, plan, kin).await
        }
        Err(refused) => Err(refused),
    };
    answer.finish(accepted.map(Body::Accepted)).await;
}

/// Tries the failed steps of a task that is over as a task of its own, under the same guards; those of a group as a group.
pub(super) async fn again(room: Arc<Room>, task: Arc<Task>) {
    let children = room.registry.children(task.id);
    let failed = if children.is_empty() {
        failed_again(&task).into_iter().collect()
    } else {
        children
            .iter()
            .filter_map(|child| failed_again(child))
            .collect()
    };
    let family = Family {
        name: task.brief.name.clone().unwrap_or_default(),
        at_once: task.brief.at_once.unwrap_or(family::AT_ONCE),
        members: failed,
    };
    if let Err(refused) = family::accept(&room, family).await {
        room.notices.add(&refused.message);
    }
}

/// What of a task failed, to be tried once more; `None` where nothing did.
fn failed_again(task: &Task) -> Option<Member> {
    let failed = task.status.take_failed();
    let plan = only(Plan::clone(task.plan.get()?), |seq| failed.contains(&seq));
    (!plan.groups.is_empty()).then(|| Member {
        name: task.brief.name.clone().unwrap_or_default(),
        plan: Arc::new(plan),
        check: task.check.get().cloned(),
    })
}

/// The plan with these steps alone, and with the removal of what they move.
pub(super) fn only(mut plan: Plan, takes: impl Fn(u32) -> bool) -> Plan {
    let steps = plan.steps().filter(|step| takes(step.seq));
    let moved: HashSet<Key> = steps.map(|step| step.key.clone()).collect();
    for group in &mut plan.groups {
        let removes = group.op == Op::Remove && group.selected;
        let stays = |step: &Step| takes(step.seq) || (removes && moved.contains(&step.key));
        group.steps.retain(stays);
    }
    plan.groups.retain(|group| !group.steps.is_empty());
    plan
}

/// What `Command::Verify` asks.
#[derive(Debug)]
pub(super) struct Proving {
    pub(super) source: Location,
    pub(super) destination: Location,
    pub(super) only: Vec<Key>,
    pub(super) options: Arc<SyncOptions>,
}

/// Accepts a verification: a task that changes nothing.
pub(super) async fn verify(room: Arc<Room>, answer: Answer, proving: Proving) {
    let accepted = match unmoved(&room, &proving).await {
        Ok(plan) => accept(&room, TaskKind::Verify, Arc::new(plan), Kin::default()).await,
        Err(failed) => Err(failed),
    };
    answer.finish(accepted.map(Body::Accepted)).await;
}

/// The plan of a verification: its places and options, and no steps.
async fn unmoved(room: &Room, proving: &Proving) -> Result<Plan, Failed> {
    let Proving {
        source,
        destination,
        only,
        options,
    } = proving;
    let recorded = |place: &Location| matches!(place, Location::Manifest(_));
    if options.check == Level::Read && (recorded(source) || recorded(destination)) {
        let message = "a recorded listing holds no contents that could be read";
        return Err(Failed {
            help: Some("--check checksum compares with the ETags that it holds".to_owned()),
            ..Failed::usage(message)
        });
    }
    let ends = Ends::of_sync(&room.sessions, (source, destination), only, options).await?;
    let only: Vec<Key> = ends.only.keys().cloned().collect();
    let places = (ends.left.location, ends.right.location);
    let options = options.as_ref().clone();
    Ok(Plan::of_proof(places, only, options, Timestamp::now()))
}

/// What a task is beside its plan.
#[derive(Debug, Clone, Default)]
pub(super) struct Kin {
    /// The group that it belongs to.
    pub(super) parent: Option<TaskId>,
    /// What a person calls it.
    pub(super) name: Option<Arc<str>>,
    /// What proves it at the end.
    pub(super) check: Option<Check>,
}

/// Gives the task its number and starts it.
pub(super) async fn accept(
    room: &Arc<Room>,
    kind: TaskKind,
    plan: Arc<Plan>,
    kin: Kin,
) -> Result<TaskId, Failed> {
    let ends = Ends::of_plan(&room.sessions, &plan).await?;
    let (task, job) = ready(room, kind, (plan, &ends), kin).await?;
    let id = task.id;
    room.tracker
        .spawn_on(in_turn(Arc::clone(room), task, job), &room.runtime);
    Ok(id)
}

/// Gives the task its number, and all that it works with.
pub(super) async fn ready(
    room: &Arc<Room>,
    kind: TaskKind,
    (plan, ends): (Arc<Plan>, &Ends),
    kin: Kin,
) -> Result<(Arc<Task>, Job), Failed> {
    let kind = match &plan.cleans {
        Some(_) => TaskKind::Cleanup,
        None => kind,
    };
    let brief = Brief {
        parent: kin.parent,
        name: kin.name,
        ..Brief::of(kind, &plan)
    };
    if let Some(place) = &plan.options.backup_dir {
        // Told before the task has begun.
        room.sessions.store(place).await?;
    }
    if let Some(Location::Disk(folder)) = &plan.options.spool {
        Spool::create(folder.clone(), 0).await?;
    }
    let setting = Setting {
        filed: (&ends.left.filed, &ends.right.filed),
        flags: &room.options.flags,
        check: kin.check.as_ref(),
    };
    let earlier = cleanup::earlier(room, &plan, ends).await?;
    let journal = room.begin(&brief, &plan, setting).await;
    equip(room, (brief, journal), (plan, ends), (kin.check, earlier)).await
}

/// Gives a task that has its number all that it works with; `earlier` is what its earlier runs left.
pub(super) async fn equip(
    room: &Arc<Room>,
    (brief, journal): (Brief, TaskJournal),
    (plan, ends): (Arc<Plan>, &Ends),
    (check, earlier): (Option<Check>, Option<Earlier>),
) -> Result<(Arc<Task>, Job), Failed> {
    let kind = brief.kind;
    let task = room.accept(brief, journal.clone());
    if matches!(kind, TaskKind::Sync | TaskKind::Cleanup) {
        task.plan.get_or_init(|| Arc::clone(&plan));
    }
    if let Some(check) = &check {
        task.check.get_or_init(|| check.clone());
    }
    if let Some(earlier) = &earlier {
        earlier.count(&task.counters);
        task.sent_before.get_or_init(|| earlier.requests.clone());
    }
    let counter = task.requests.clone();
    let kept = kept(room, (task.id, &plan), ends).await?.map(|kept| Kept {
        store: kept.store.with_counter(counter.clone()),
        ..kept
    });
    let batch = desk(room, &plan, &counter).await?;
    let job = Job {
        batch,
        tuning: Tuning::of(&plan.options),
        plan,
        source: ends.left.counted(&counter).store,
        destination: ends.right.counted(&counter).store,
        kept,
        check,
        control: task.control.clone(),
        counters: Arc::clone(&task.counters),
        events: task.sender.clone(),
        journal,
        earlier,
        turn: None,
    };
    Ok((task, job))
}

/// Where jobs of S3 Batch Operations are asked for, where a plan is handed over.
async fn desk(room: &Room, plan: &Plan, counter: &RequestCounter) -> Result<Option<Desk>, Failed> {
    let (Some(Ok(split)), Some(destination)) = (plan.batch(), plan.destination.s3()) else {
        return Ok(None);
    };
    let region = plan.regions.destination.as_deref();
    let jobs = room.sessions.jobs(destination, &split.role, region).await?;
    let files = Location::S3(split.report.clone());
    let files = room.sessions.store(&files).await?;
    Ok(Some(Desk {
        split,
        jobs: jobs.with_counter(counter.clone()),
        files: files.with_counter(counter.clone()),
    }))
}

/// What a task was asked to keep of what it loses, and where.
pub(super) async fn kept(
    room: &Room,
    (task, plan): (TaskId, &Plan),
    ends: &Ends,
) -> Result<Option<Kept>, Failed> {
    let Some(kept) = Kept::plan(plan, task) else {
        return Ok(None);
    };
    let store = room.sessions.store(&kept.destination).await?;
    // What is kept is stored as it was, under the same key.
    let store = store
        .locked_as(&ends.left.store)
        .locked_as(&ends.right.store);
    let store = match store {
        Store::Disk(_) if plan.gzips() => store.gzipped(),
        Store::Disk(_) | Store::S3(_) | Store::Manifest(_) => store,
    };
    Ok(Some(Kept { plan: kept, store }))
}

/// Runs a task to its end once it is its turn.
pub(super) async fn in_turn(room: Arc<Room>, task: Arc<Task>, mut job: Job) {
    let turn = room.queue.turn(&task).await.map(Arc::new);
    if turn.is_none() && task.control.is_left() {
        task.sender.state(TaskState::Interrupted, None).await;
        return task.sender.flush().await;
    }
    // One that was cancelled cleans up what an earlier run of it left.
    job.turn.clone_from(&turn);
    work(task, job).await;
    drop(turn);
}

/// Moves a task within the queue, for good.
pub(super) async fn prioritise(room: Arc<Room>, task: Arc<Task>, by: i64) {
    put(&room.queue, &task, by).await;
}

/// The same, where the queue is at hand.
pub(super) async fn put(queue: &Queue, task: &Task, by: i64) {
    let priority = task.move_by(by);
    task.journal.priority(priority).await;
    queue.reorder(task);
}

/// Runs a task to its end.
pub(super) async fn work(task: Arc<Task>, job: Job) {
    let kind = task.brief.kind;
    let run = async {
        match kind {
            TaskKind::Sync | TaskKind::Cleanup | TaskKind::Group => {
                Box::pin(transfer::run(job)).await
            }
            TaskKind::Verify => Box::pin(transfer::verify(job)).await,
        }
    };
    let state = run.await;
    task.sender.state(state, None).await;
    task.sender.flush().await;
}

/// Tells the state that follows from the knobs, which may have been turned again meanwhile: the last one to tell is right.
pub(super) async fn announce(task: Arc<Task>) {
    let _turn = task.announcing.lock().await;
    if task.status.state().is_over() {
        return;
    }
    let state = if task.control.hold().paused {
        TaskState::Paused
    } else if task.status.state() == TaskState::Paused {
        task.status.before_pause()
    } else {
        return;
    };
    task.sender.state(state, None).await;
}
