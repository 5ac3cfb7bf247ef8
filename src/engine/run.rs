//! Tasks begin here: guards speak first, then the task gets its number in the journal, and then it runs beside all else.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use tokio::time::interval;

use crate::domain::{
    diff::Level,
    key::Key,
    location::Location,
    plan::{Brake, Plan, SyncOptions},
    progress::{TaskId, TaskKind, TaskState},
};

use super::{
    answer::Answer,
    ends::Ends,
    event::{Body, Failed},
    room::Room,
    tasks::{Brief, Task},
    transfer::{self, Job, Tuning},
};

/// How often the journal is told that this program lives.
const BEAT: Duration = Duration::from_secs(5);

/// Accepts a plan, or says why not; the task runs on its own.
pub(super) async fn run(room: Arc<Room>, answer: Answer, plan: Arc<Plan>) {
    let accepted = match allowed(&room, &plan) {
        Ok(()) => accept(&room, TaskKind::Sync, plan).await,
        Err(refused) => Err(refused),
    };
    answer.finish(accepted.map(Body::Accepted)).await;
}

/// Tries the failed steps of a task that is over as a task of its own, under the same guards.
pub(super) async fn again(room: Arc<Room>, task: Arc<Task>) {
    let failed = task.status.take_failed();
    let (Some(plan), false) = (task.plan.get(), failed.is_empty()) else {
        return;
    };
    let mut plan = Plan::clone(plan);
    for group in &mut plan.groups {
        group.steps.retain(|step| failed.contains(&step.seq));
    }
    plan.groups.retain(|group| !group.steps.is_empty());
    let accepted = match allowed(&room, &plan) {
        Ok(()) => accept(&room, TaskKind::Sync, Arc::new(plan)).await,
        Err(refused) => Err(refused),
    };
    if let Err(refused) = accepted {
        room.notices.add(&refused.message);
    }
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
        Ok(plan) => accept(&room, TaskKind::Verify, Arc::new(plan)).await,
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
    let ends = Ends::of_sync(&room.sessions, (source, destination), only).await?;
    let only: Vec<Key> = ends.only.keys().cloned().collect();
    let places = (ends.left.location, ends.right.location);
    let options = options.as_ref().clone();
    Ok(Plan::of_proof(places, only, options, Timestamp::now()))
}

/// Whether this plan may run now.
fn allowed(room: &Room, plan: &Plan) -> Result<(), Failed> {
    if room.options.read_only {
        let help = "start wharf without --read-only to run it";
        return Err(Failed::guard("wharf is read-only: nothing is run", help));
    }
    plan.check_version()?;
    if let Some(prefix) = plan.destination.s3()
        && room.wants_word(&prefix.remote)
    {
        let name = prefix.remote.name().unwrap_or("(unnamed)");
        let message = format!(
            "the remote {name} is marked as production: {} is not written to without its name",
            plan.destination
        );
        return Err(Failed::guard(message, format!("--confirm {name}")));
    }
    match plan.open_brakes().next() {
        Some(brake) => Err(braked(brake)),
        None => Ok(()),
    }
}

fn braked(brake: &Brake) -> Failed {
    match brake {
        Brake::TooManyDeletes { planned, of } => Failed::guard(
            format!("{planned} of {of} objects at the destination would be deleted"),
            "--max-delete with a higher number, if that is meant",
        ),
        Brake::EmptySource => Failed::guard(
            "the source is empty, and everything at the destination would be deleted",
            "--allow-empty-source, if that is meant",
        ),
        Brake::BrokenListing { reason } => Failed::guard(
            reason.clone(),
            "list again; without whole listings nothing may be deleted",
        ),
    }
}

/// Gives the task its number and starts it.
async fn accept(room: &Arc<Room>, kind: TaskKind, plan: Arc<Plan>) -> Result<TaskId, Failed> {
    let ends = Ends::of_plan(&room.sessions, &plan).await?;
    let brief = Brief::of(kind, &plan);
    let journal = room
        .begin(&brief, &plan, (&ends.left.filed, &ends.right.filed))
        .await;
    let task = room
        .registry
        .accept(brief, journal.clone(), room.events.clone(), &room.stop);
    if kind == TaskKind::Sync {
        task.plan.get_or_init(|| Arc::clone(&plan));
    }
    let counter = task.requests.clone();
    let job = Job {
        tuning: Tuning::of(&plan.options),
        plan,
        source: ends.left.counted(&counter).store,
        destination: ends.right.counted(&counter).store,
        control: task.control.clone(),
        counters: Arc::clone(&task.counters),
        events: task.sender.clone(),
        journal,
    };
    let id = task.id;
    room.tracker
        .spawn_on(work(Arc::clone(room), task, job), &room.runtime);
    Ok(id)
}

/// Runs a task to its end, and tells the journal meanwhile that it lives.
async fn work(room: Arc<Room>, task: Arc<Task>, job: Job) {
    let kind = task.brief.kind;
    let run = async {
        match kind {
            TaskKind::Sync => Box::pin(transfer::run(job)).await,
            TaskKind::Verify => Box::pin(transfer::verify(job)).await,
        }
    };
    let state = tokio::select! {
        state = run => state,
        never = beats(&room) => match never {},
    };
    task.sender.state(state, None).await;
    task.sender.flush().await;
}

async fn beats(room: &Room) -> std::convert::Infallible {
    let mut beats = interval(BEAT);
    loop {
        beats.tick().await;
        if let Some(journal) = room.open_journal() {
            journal.beat().await;
        }
    }
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
