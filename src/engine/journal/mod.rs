//! The journal: what tasks did and what was proven, kept in `SQLite` beyond the session; docs/journal.md describes it.
//! One writer thread owns writing; tasks send it facts and wait only when it falls far behind. A journal that fails
//! takes nothing with it: it tells why, and the engine goes on without.

mod account;
mod cut;
mod error;
mod evidence;
mod fact;
mod group;
mod history;
mod jobs;
mod keep_plan;
mod line;
mod open;
mod owner;
mod partial;
mod past;
mod place;
mod task;
mod tidy;
mod value;
mod vanished;
mod write;
mod writer;

use std::{
    collections::HashMap,
    hash::{BuildHasher as _, RandomState},
    path::Path,
    sync::Arc,
    time::Duration,
};

use rusqlite::Connection;
use tokio::{
    sync::{Mutex, oneshot},
    task::spawn_blocking,
};

use crate::domain::{
    entry::Facts,
    key::Key,
    location::Location,
    plan::{Plan, Proven},
    progress::{Outcome, TaskId},
};

use super::{command::Check, tasks::Brief};
use line::{Closed, Line};
use place::{Ends, Place};
use write::{Beginning, Begun, Write};

pub use cut::Cut;
pub use error::JournalError;
pub use evidence::{Evidence, PairEvidence};
pub use history::{Report, Search};
pub use jobs::KeptJob;
pub use owner::{Clock, Heard, NotTaken, Owner};
pub use partial::{KeptPart, Partial};
pub use past::PastTask;
pub use task::{Content, Proof, Pulse, TaskJournal, Wish};
pub use vanished::Sight;

/// How a journal is opened.
#[derive(Debug, Clone)]
pub struct Setup {
    /// Who owns the tasks that begin here.
    pub owner: Owner,
    /// The time.
    pub clock: Clock,
    /// How long tasks are kept that are over; for ever when `None`.
    pub keep: Option<Duration>,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            owner: Owner::of_process(),
            clock: Clock::default(),
            keep: None,
        }
    }
}

/// An open journal; clones share it.
#[derive(Debug, Clone)]
pub struct Journal {
    writer: Line,
    reader: Arc<Mutex<Option<Connection>>>,
    owner: Owner,
    clock: Clock,
}

/// What a task begins with beside its plan.
#[derive(Debug, Clone, Copy)]
pub struct Setting<'a> {
    /// Its ends as proofs name them.
    pub filed: (&'a Location, &'a Location),
    /// The global flags of the command line that must be given again to go on with it.
    pub flags: &'a Arc<[String]>,
    /// What proves it at the end.
    pub check: Option<&'a Check>,
}

/// What a task was to do and what became of it so far: all that a resume starts from.
#[derive(Debug)]
pub struct Taken {
    /// What was approved.
    pub plan: Plan,
    /// What is known of the task.
    pub task: PastTask,
    /// The steps that ended, each with how.
    pub outcomes: HashMap<u32, Outcome>,
    /// Contents that were on their way in parts.
    pub partials: HashMap<u32, Partial>,
    /// Jobs of S3 Batch Operations that copy for it.
    pub jobs: Vec<KeptJob>,
    /// The way of its facts.
    pub journal: TaskJournal,
}

impl Journal {
    /// Opens the journal in this file, which is made where there is none, with the folders above it.
    ///
    /// Errors name what to do. `complain` is told when the file was damaged, and when writing fails later.
    pub async fn open(
        path: &Path,
        setup: Setup,
        complain: impl Fn(JournalError) + Send + Sync + 'static,
    ) -> Result<Self, JournalError> {
        let path = path.to_owned();
        let (writer, facts) = line::line();
        let begun = setup.clone();
        let reading = spawn_blocking(move || {
            let (writing, reading) = open::open(&path, &mut |damage| complain(damage))?;
            let seed = RandomState::new().hash_one(&begun.owner.word);
            writer::start(writing, facts, (begun, seed), complain)?;
            Ok::<_, JournalError>(reading)
        });
        Ok(Self {
            writer,
            reader: Arc::new(Mutex::new(Some(reading.await??))),
            owner: setup.owner,
            clock: setup.clock,
        })
    }

    /// Takes in a task before it does anything, keeps its plan, and gives it its number.
    pub async fn begin(
        &self,
        brief: &Brief,
        plan: &Arc<Plan>,
        setting: Setting<'_>,
    ) -> Result<TaskJournal, JournalError> {
        let Setting {
            filed,
            flags,
            check,
        } = setting;
        let begun = self
            .begun(|answer| Beginning {
                brief: Box::new(brief.clone()),
                plan: Some(Arc::clone(plan)),
                flags: Arc::clone(flags),
                check: check.cloned(),
                answer,
            })
            .await?;
        Ok(TaskJournal::new(begun, self.writer.clone(), filed))
    }

    /// Takes in a group, which has children and no ends of its own.
    pub async fn begin_head(
        &self,
        brief: &Brief,
        flags: &Arc<[String]>,
    ) -> Result<TaskJournal, JournalError> {
        let begun = self
            .begun(|answer| Beginning {
                brief: Box::new(brief.clone()),
                plan: None,
                flags: Arc::clone(flags),
                check: None,
                answer,
            })
            .await?;
        Ok(TaskJournal::of_head(begun, self.writer.clone()))
    }

    async fn begun(
        &self,
        beginning: impl FnOnce(oneshot::Sender<Result<Begun, JournalError>>) -> Beginning,
    ) -> Result<Begun, JournalError> {
        let (answer, begun) = oneshot::channel();
        self.tell(Write::Begin(beginning(answer))).await?;
        begun.await.map_err(|_closed| JournalError::Closed)?
    }

    /// Takes the head of a group over that nobody runs.
    pub async fn take_head(
        &self,
        task: TaskId,
    ) -> Result<Result<TaskJournal, NotTaken>, JournalError> {
        let (answer, taken) = oneshot::channel();
        self.tell(Write::Take { task, answer }).await?;
        let taken = taken.await.map_err(|_closed| JournalError::Closed)?;
        Ok(taken.map(|begun| TaskJournal::of_head(begun, self.writer.clone())))
    }

    /// Takes a task over that nobody runs, with its plan and all that is known of it; `filed` tells, from the plan, how
    /// proofs name its ends.
    pub async fn take(
        &self,
        task: TaskId,
        filed: impl AsyncFnOnce(&Plan) -> (Location, Location),
    ) -> Result<Result<Taken, NotTaken>, JournalError> {
        let (answer, taken) = oneshot::channel();
        self.tell(Write::Take { task, answer }).await?;
        let begun = match taken.await.map_err(|_closed| JournalError::Closed)? {
            Ok(begun) => begun,
            Err(not) => return Ok(Err(not)),
        };
        let (me, now) = (self.owner.clone(), self.clock.now());
        let read = move |from: &Connection| {
            let begun = (partial::read(from, task)?, jobs::read(from, task)?);
            Ok(recall(from, (&me, now), task)?.zip(Some(begun)))
        };
        let Some(((plan, past, outcomes), (partials, jobs))) = self.read(read).await? else {
            return Ok(Err(NotTaken::NoPlan));
        };
        let (source, destination) = filed(&plan).await;
        let journal = TaskJournal::new(begun, self.writer.clone(), (&source, &destination));
        Ok(Ok(Taken {
            plan,
            task: past,
            outcomes,
            partials,
            jobs,
            journal,
        }))
    }

    /// A task with its plan and how its steps ended, without taking it over; `None` where its plan was not kept.
    pub async fn recall(
        &self,
        task: TaskId,
    ) -> Result<Option<(Plan, PastTask, HashMap<u32, Outcome>)>, JournalError> {
        self.settle().await?;
        let (me, now) = (self.owner.clone(), self.clock.now());
        self.read(move |from| recall(from, (&me, now), task)).await
    }

    /// Asks something of whoever runs a task.
    pub async fn ask(&self, task: TaskId, wish: Wish) -> Result<(), JournalError> {
        self.tell(Write::Ask { task, wish }).await?;
        self.settle().await
    }

    /// Moves a task within the queue: higher goes first.
    pub async fn prioritise(&self, task: TaskId, priority: i64) -> Result<(), JournalError> {
        self.tell(Write::Priority { task, priority }).await
    }

    /// What is known of two locations' entries together, to be asked in key order.
    pub async fn evidence_of_pairs(&self, left: &Location, right: &Location) -> PairEvidence {
        PairEvidence {
            left: self.evidence(left).await,
            right: self.evidence(right).await,
        }
    }

    /// What is known of the entries of a location, to be asked in key order.
    pub async fn evidence(&self, location: &Location) -> Evidence {
        // What this session proved a moment ago counts as well.
        if self.settle().await.is_err() {
            return Evidence::none();
        }
        Evidence::of(self.clone(), location)
    }

    /// How the destinations of these sources were proven, by key, as far as the sources are still what was proven.
    pub async fn proven(
        &self,
        (source, destination): (&Location, &Location),
        keys: Vec<(Key, Facts)>,
    ) -> Result<HashMap<Key, Proven>, JournalError> {
        self.settle().await?;
        let Some(places) = Place::of(source).zip(Place::of(destination)) else {
            return Ok(HashMap::new());
        };
        self.read(move |from| evidence::proven(from, &places, keys))
            .await
    }

    /// The tasks that are asked for, newest first.
    pub async fn search(&self, search: Search) -> Result<Vec<PastTask>, JournalError> {
        self.settle().await?;
        let (me, now) = (self.owner.clone(), self.clock.now());
        self.read(move |from| history::search(from, (&me, now), &search))
            .await
    }

    /// Everything that is known of how a task went; `None` for an unknown one.
    pub async fn report(&self, task: TaskId) -> Result<Option<Report>, JournalError> {
        self.settle().await?;
        let (me, now) = (self.owner.clone(), self.clock.now());
        self.read(move |from| history::report(from, (&me, now), task))
            .await
    }

    /// Keeps what was proven outside of a task: by a comparison that read or hashed.
    pub async fn keep(&self, source: &Location, destination: &Location, proof: Proof) {
        let write = Write::Proof {
            places: Ends::of(source, destination),
            proof: Box::new(proof),
        };
        // A writer that ended has told why.
        self.tell(write).await.unwrap_or_default();
    }

    /// Waits until all that was told is in the file.
    pub async fn settle(&self) -> Result<(), JournalError> {
        let settled = self.writer.settle().await;
        settled.map_err(|Closed| JournalError::Closed)
    }

    /// Waits until all is in the file, and closes it for reading.
    pub async fn close(&self) {
        self.settle().await.unwrap_or_default();
        drop(self.reader.lock().await.take());
    }

    async fn tell(&self, write: Write) -> Result<(), JournalError> {
        let sent = self.writer.tell(write).await;
        sent.map_err(|Closed| JournalError::Closed)
    }

    async fn read<T: Send + 'static>(
        &self,
        look: impl FnOnce(&Connection) -> Result<T, JournalError> + Send + 'static,
    ) -> Result<T, JournalError> {
        let guard = Arc::clone(&self.reader).lock_owned().await;
        spawn_blocking(move || look(guard.as_ref().ok_or(JournalError::Closed)?)).await?
    }
}

type Recalled = Option<(Plan, PastTask, HashMap<u32, Outcome>)>;

fn recall(from: &Connection, known: (&Owner, i64), task: TaskId) -> Result<Recalled, JournalError> {
    let only = Search {
        id: Some(task),
        ..Search::default()
    };
    let past = history::search(from, known, &only)?.pop();
    let Some((plan, past)) = keep_plan::read(from, task)?.zip(past) else {
        return Ok(None);
    };
    Ok(Some((plan, past, history::outcomes(from, task)?)))
}

#[cfg(test)]
mod tests;
