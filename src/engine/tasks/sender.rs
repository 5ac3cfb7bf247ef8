//! `TaskSender`: what a task tells, in order and without loss; ended steps are gathered, so that 10,000 are not 10,000 events.
//! Workers wait when the reader of the engine's events is slow.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::{mpsc, oneshot},
    time::{Instant, sleep_until},
};

use crate::domain::progress::{EndedStep, TaskEvent, TaskId, TaskState};
use crate::engine::{event::Event, journal::TaskJournal};

use super::{counters::Counters, status::Status};

/// The most ended steps in one event.
const BATCH: usize = 256;
/// How long an ended step waits for company.
const PATIENCE: Duration = Duration::from_millis(50);
/// Facts under way between workers and the gatherer.
const QUEUE: usize = 512;

/// Tells what happens in one task; clones tell of the same one.
#[derive(Debug, Clone)]
pub struct TaskSender {
    queue: mpsc::Sender<Fact>,
    journal: TaskJournal,
    counters: Arc<Counters>,
    status: Arc<Status>,
}

#[derive(Debug)]
enum Fact {
    Ended(EndedStep),
    Event(TaskEvent),
    Flush(oneshot::Sender<()>),
}

impl TaskSender {
    /// A sender of task `id`, whose events go to `events` and whose outcomes go to the journal too.
    pub fn new(
        id: TaskId,
        events: mpsc::Sender<Event>,
        journal: TaskJournal,
        shared: (Arc<Counters>, Arc<Status>),
    ) -> Self {
        let (queue, facts) = mpsc::channel(QUEUE);
        let gatherer = Gatherer {
            id,
            events,
            journal: journal.clone(),
            steps: Vec::new(),
            due: None,
        };
        tokio::spawn(gatherer.run(facts));
        let (counters, status) = shared;
        Self {
            queue,
            journal,
            counters,
            status,
        }
    }

    /// A step is over: counted and written down at once, told with others.
    pub async fn ended(&self, step: EndedStep) {
        self.counters.ended(&step.outcome);
        self.status.note(&step);
        self.journal.ended(&step).await;
        self.tell(Fact::Ended(step)).await;
    }

    /// Any other fact, after all that was told before it. States go through `state`.
    pub async fn event(&self, event: TaskEvent) {
        self.tell(Fact::Event(event)).await;
    }

    /// The task entered a state: snapshots show it at once. A task that is over stays so.
    pub async fn state(&self, state: TaskState, reason: Option<Box<str>>) {
        if self.status.enter(state, reason.clone()) {
            self.event(TaskEvent::State { state, reason }).await;
        }
    }

    /// A held task goes on with what it did before.
    pub async fn resumed(&self) {
        self.state(self.status.before_pause(), None).await;
    }

    /// Waits until all that was told so far has left for the reader.
    pub async fn flush(&self) {
        let (done, waiting) = oneshot::channel();
        self.tell(Fact::Flush(done)).await;
        waiting.await.unwrap_or_default();
    }

    async fn tell(&self, fact: Fact) {
        // The gatherer ends only when nobody reads the engine's events any more.
        self.queue.send(fact).await.unwrap_or_default();
    }
}

/// Takes facts from the workers and passes them on in batches.
struct Gatherer {
    id: TaskId,
    events: mpsc::Sender<Event>,
    journal: TaskJournal,
    steps: Vec<EndedStep>,
    due: Option<Instant>,
}

impl Gatherer {
    async fn run(mut self, mut facts: mpsc::Receiver<Fact>) {
        loop {
            let fact = match self.due {
                None => facts.recv().await,
                Some(due) => tokio::select! {
                    biased;
                    () = sleep_until(due) => {
                        self.pass_on().await;
                        continue;
                    }
                    fact = facts.recv() => fact,
                },
            };
            match fact {
                Some(fact) => self.take(fact).await,
                None => return self.pass_on().await,
            }
        }
    }

    async fn take(&mut self, fact: Fact) {
        match fact {
            Fact::Ended(step) => {
                self.steps.push(step);
                self.due.get_or_insert_with(|| Instant::now() + PATIENCE);
                if self.steps.len() >= BATCH {
                    self.pass_on().await;
                }
            }
            Fact::Event(event) => {
                self.pass_on().await;
                match &event {
                    TaskEvent::State { state, reason } => {
                        self.journal.state(*state, reason.clone()).await;
                    }
                    TaskEvent::Recounted(recount) => self.journal.recounted(recount).await,
                    TaskEvent::Ended { .. }
                    | TaskEvent::Retried { .. }
                    | TaskEvent::OtherWay { .. }
                    | TaskEvent::Checked(_) => {}
                }
                self.send(event).await;
            }
            Fact::Flush(done) => {
                self.pass_on().await;
                done.send(()).unwrap_or_default();
            }
        }
    }

    async fn pass_on(&mut self) {
        self.due = None;
        if self.steps.is_empty() {
            return;
        }
        let steps = std::mem::take(&mut self.steps);
        self.send(TaskEvent::Ended { steps }).await;
    }

    async fn send(&self, event: TaskEvent) {
        let event = Event::Task { id: self.id, event };
        // Nobody reads any more: the journal and the counters still know.
        self.events.send(event).await.unwrap_or_default();
    }
}
