//! The journal: what tasks did and what was proven, kept in `SQLite` beyond the session.
//! One writer thread owns writing; tasks send it facts and wait only when it falls far behind. A journal that fails
//! takes nothing with it: it tells why, and the engine goes on without.

mod error;
mod evidence;
mod history;
mod open;
mod place;
mod task;
mod writer;

use std::{path::Path, sync::Arc};

use rusqlite::Connection;
use tokio::{
    sync::{Mutex, mpsc, oneshot},
    task::spawn_blocking,
};

use crate::domain::{location::Location, plan::Plan, progress::TaskId};

use super::tasks::Brief;

pub use error::JournalError;
pub use evidence::{Evidence, PairEvidence};
pub use history::PastTask;
pub use task::{Content, Proof, TaskJournal, Write};

/// Facts under way to the writer; beyond that, tasks wait.
const QUEUE: usize = 4096;

/// An open journal; clones share it.
#[derive(Debug, Clone)]
pub struct Journal {
    writer: mpsc::Sender<Write>,
    reader: Arc<Mutex<Option<Connection>>>,
}

impl Journal {
    /// Opens the journal in this file, which is made where there is none, with the folders above it.
    ///
    /// Errors name what to do. `complain` is told, once, when writing fails later.
    pub async fn open(
        path: &Path,
        complain: impl FnOnce(JournalError) + Send + 'static,
    ) -> Result<Self, JournalError> {
        let path = path.to_owned();
        let (writing, reading) = spawn_blocking(move || open::open(&path)).await??;
        let (writer, facts) = mpsc::channel(QUEUE);
        writer::start(writing, facts, complain)?;
        Ok(Self {
            writer,
            reader: Arc::new(Mutex::new(Some(reading))),
        })
    }

    /// Takes in a task before it does anything, and gives it its number; `filed` are its ends as proofs name them.
    pub async fn begin(
        &self,
        brief: &Brief,
        plan: &Plan,
        filed: (&Location, &Location),
    ) -> Result<TaskJournal, JournalError> {
        let (answer, number) = oneshot::channel();
        let write = Write::Begin {
            brief: Box::new(brief.clone()),
            source: plan.source.text(),
            destination: plan.destination.text(),
            answer,
        };
        self.tell(write).await?;
        let task = number.await.map_err(|_closed| JournalError::Closed)??;
        let writer = self.writer.clone();
        Ok(TaskJournal::new(
            TaskId(task),
            writer,
            filed.0.clone(),
            filed.1.clone(),
        ))
    }

    /// Takes in a group, which has children and no ends of its own.
    pub async fn begin_head(&self, brief: &Brief) -> Result<TaskJournal, JournalError> {
        let (answer, number) = oneshot::channel();
        let write = Write::Begin {
            brief: Box::new(brief.clone()),
            source: brief.source.to_string(),
            destination: brief.destination.to_string(),
            answer,
        };
        self.tell(write).await?;
        let task = number.await.map_err(|_closed| JournalError::Closed)??;
        Ok(TaskJournal::of_head(TaskId(task), self.writer.clone()))
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

    /// The last `most` tasks, newest first.
    pub async fn history(&self, most: u32) -> Result<Vec<PastTask>, JournalError> {
        self.settle().await?;
        self.read(move |reading| history::last(reading, most)).await
    }

    /// Keeps what was proven outside of a task: by a comparison that read or hashed.
    pub async fn keep(&self, source: &Location, destination: &Location, proof: Proof) {
        let write = Write::Proof {
            source: source.clone(),
            destination: destination.clone(),
            proof: Box::new(proof),
        };
        // A writer that ended has told why.
        self.tell(write).await.unwrap_or_default();
    }

    /// Tells others that the tasks of this process are alive.
    pub async fn beat(&self) {
        self.tell(Write::Heartbeat).await.unwrap_or_default();
    }

    /// Waits until all that was told is in the file.
    pub async fn settle(&self) -> Result<(), JournalError> {
        let (answer, settled) = oneshot::channel();
        self.tell(Write::Settle(answer)).await?;
        settled.await.map_err(|_closed| JournalError::Closed)
    }

    /// Waits until all is in the file, and closes it for reading.
    pub async fn close(&self) {
        self.settle().await.unwrap_or_default();
        drop(self.reader.lock().await.take());
    }

    async fn tell(&self, write: Write) -> Result<(), JournalError> {
        let sent = self.writer.send(write).await;
        sent.map_err(|_closed| JournalError::Closed)
    }

    async fn read<T: Send + 'static>(
        &self,
        look: impl FnOnce(&Connection) -> Result<T, JournalError> + Send + 'static,
    ) -> Result<T, JournalError> {
        let guard = Arc::clone(&self.reader).lock_owned().await;
        spawn_blocking(move || look(guard.as_ref().ok_or(JournalError::Closed)?)).await?
    }
}

#[cfg(test)]
mod tests;
