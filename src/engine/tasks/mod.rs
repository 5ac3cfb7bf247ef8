//! Tasks: the registry that accepts, holds, paces and shows them, and the tools that a running task works with.
//! The engine starts tasks; `transfer` sees `Control`, `Counters` and `TaskSender`.

mod control;
mod counters;
mod family;
mod sender;
mod status;

use std::sync::{
    Arc, Mutex, MutexGuard, OnceLock, PoisonError,
    atomic::{AtomicI64, Ordering::Relaxed},
};

use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::backend::RequestCounter;
use crate::domain::{
    plan::Plan,
    progress::{Requests, TaskId, TaskKind, TaskSnapshot, TaskState},
};
use crate::engine::{
    command::Check,
    event::Event,
    journal::{Pulse, TaskJournal},
};

pub use control::{Control, Pace};
pub use counters::{Counters, Flight, Sending};
pub use family::gathered;
pub use sender::TaskSender;
pub use status::Status;

/// What a task is, as far as a snapshot shows it before anything moved.
#[derive(Debug, Clone)]
pub struct Brief {
    /// The group that it belongs to.
    pub parent: Option<TaskId>,
    /// What a person calls it.
    pub name: Option<Arc<str>>,
    /// What kind of work.
    pub kind: TaskKind,
    /// Where entries come from.
    pub source: Arc<str>,
    /// Where they go.
    pub destination: Arc<str>,
    /// Steps that were approved.
    pub planned: u64,
    /// Their bytes.
    pub planned_bytes: u64,
    /// How fast it may go.
    pub pace: Pace,
    /// Of a group: how many of its children run at once.
    pub at_once: Option<u16>,
    /// Its place in the queue at first: higher goes first.
    pub priority: i64,
    /// Not before this time.
    pub due: Option<Timestamp>,
}

impl Brief {
    /// What the approved groups of a plan make.
    pub fn of(kind: TaskKind, plan: &Plan) -> Self {
        Self {
            parent: None,
            name: None,
            kind,
            source: plan.source.to_string().into(),
            destination: plan.destination.to_string().into(),
            planned: plan.steps().count() as u64,
            planned_bytes: plan.moves().bytes,
            pace: Pace::of(&plan.options),
            at_once: None,
            priority: 0,
            due: plan.start,
        }
    }
}

/// One accepted task: what a running one works with and what a snapshot reads.
#[derive(Debug)]
pub struct Task {
    /// Its number.
    pub id: TaskId,
    /// What it is.
    pub brief: Brief,
    /// When it was accepted.
    pub started: Timestamp,
    /// Its knobs.
    pub control: Control,
    /// Its quantities.
    pub counters: Arc<Counters>,
    /// Where it stands.
    pub status: Arc<Status>,
    /// What it tells.
    pub sender: TaskSender,
    /// The requests that it sent.
    pub requests: RequestCounter,
    priority: AtomicI64,
    /// What it runs, where it runs a plan.
    pub plan: OnceLock<Arc<Plan>>,
    /// What proves it at the end.
    pub check: OnceLock<Check>,
    /// Its way into the journal.
    pub journal: TaskJournal,
    /// What earlier runs of it sent.
    pub sent_before: OnceLock<Requests>,
    /// Held while a turned knob is told, so that the last turn is told last.
    pub announcing: tokio::sync::Mutex<()>,
}

impl Task {
    /// The quantities now.
    pub fn snapshot(&self) -> TaskSnapshot {
        let pace = self.control.pace();
        let mut snapshot = TaskSnapshot {
            id: self.id,
            parent: self.brief.parent,
            name: self.brief.name.clone(),
            kind: self.brief.kind,
            state: TaskState::Waiting,
            source: Arc::clone(&self.brief.source),
            destination: Arc::clone(&self.brief.destination),
            started: self.started,
            ended: None,
            planned: self.brief.planned,
            planned_bytes: self.brief.planned_bytes,
            done: 0,
            failed: 0,
            skipped: 0,
            verified: 0,
            bytes: 0,
            retries: 0,
            throttled: 0,
            kept: 0,
            requests: self.requests.total(),
            workers: 0,
            bandwidth: pace.bandwidth,
            requests_per_second: pace.requests,
            slowed_to: None,
            in_flight: Vec::new(),
            reason: None,
            priority: self.priority(),
            due: self.brief.due,
        };
        self.counters.show(&mut snapshot);
        self.status.show(&mut snapshot);
        snapshot
    }
}

impl Task {
    /// Its place in the queue: higher goes first.
    pub fn priority(&self) -> i64 {
        self.priority.load(Relaxed)
    }

    /// Moves it within the queue; gives the new place.
    pub fn move_by(&self, by: i64) -> i64 {
        self.priority.fetch_add(by, Relaxed).saturating_add(by)
    }

    /// The quantities as the journal keeps them, those of earlier runs among them.
    pub fn pulse(&self) -> Pulse {
        let now = self.snapshot();
        let mut requests = self.requests.requests();
        if let Some(before) = self.sent_before.get() {
            requests.join(before);
        }
        Pulse {
            task: self.id,
            done: now.done,
            failed: now.failed,
            skipped: now.skipped,
            verified: now.verified,
            bytes: now.bytes,
            retries: now.retries,
            throttled: now.throttled,
            requests,
        }
    }
}

/// All tasks of this session, in the order of their acceptance.
#[derive(Debug, Default)]
pub struct Registry {
    tasks: Mutex<Vec<Arc<Task>>>,
}

impl Registry {
    /// Takes a task in under the number that the journal gave it; it stops with `parent`.
    pub fn accept(
        &self,
        brief: Brief,
        journal: TaskJournal,
        events: mpsc::Sender<Event>,
        parent: &CancellationToken,
    ) -> Arc<Task> {
        let counters = Arc::new(Counters::default());
        let status = Arc::new(Status::default());
        let shared = (Arc::clone(&counters), Arc::clone(&status));
        let id = journal.task();
        let task = Arc::new(Task {
            id,
            control: Control::new(parent, brief.pace),
            priority: AtomicI64::new(brief.priority),
            brief,
            started: Timestamp::now(),
            counters,
            status,
            sender: TaskSender::new(id, events, journal.clone(), shared),
            journal,
            sent_before: OnceLock::new(),
            requests: RequestCounter::new(),
            plan: OnceLock::new(),
            check: OnceLock::new(),
            announcing: tokio::sync::Mutex::default(),
        });
        let mut tasks = self.lock();
        // A task that was interrupted here and is gone on with here is one task.
        tasks.retain(|known| known.id != id);
        tasks.push(Arc::clone(&task));
        drop(tasks);
        task
    }

    /// The task of this number.
    pub fn get(&self, id: TaskId) -> Option<Arc<Task>> {
        self.lock().iter().find(|task| task.id == id).cloned()
    }

    /// The tasks that are not over, in the order of their acceptance.
    pub fn running(&self) -> Vec<Arc<Task>> {
        let tasks = self.lock();
        let running = tasks.iter().filter(|task| !task.status.state().is_over());
        running.cloned().collect()
    }

    /// The tasks of a group, in the order of their acceptance.
    pub fn children(&self, parent: TaskId) -> Vec<Arc<Task>> {
        let tasks = self.lock();
        let children = tasks
            .iter()
            .filter(|task| task.brief.parent == Some(parent));
        children.cloned().collect()
    }

    /// The quantities of all tasks, newest first; behind a group its children, in the order of their acceptance.
    pub fn snapshots(&self) -> Vec<TaskSnapshot> {
        // Cloned first: a frame must not hold the lock while it reads the tables of steps in flight.
        let tasks: Vec<Arc<Task>> = self.lock().clone();
        gathered(tasks.iter().map(|task| task.snapshot()).collect())
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Arc<Task>>> {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
pub(in crate::engine) mod tests;
