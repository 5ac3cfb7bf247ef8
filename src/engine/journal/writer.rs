//! The writer thread: takes facts as they come and commits them together. While one commit lasts the next ones gather, so
//! that a slow disk makes larger transactions and not a longer queue.

use std::{fs, process, thread};

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use serde::Serialize;
use tokio::sync::{mpsc, oneshot};

use crate::domain::{
    entry::Facts,
    key::Key,
    location::Location,
    progress::{EndedStep, Outcome, TaskId, TaskState},
};
use crate::engine::tasks::Brief;

use super::{
    error::JournalError,
    place::Place,
    task::{Proof, Write},
};

/// The most facts in one transaction.
const BATCH: usize = 500;

/// Begins the thread; it ends when all senders are gone, or when writing failed, which `complain` is told.
pub(super) fn start(
    connection: Connection,
    facts: mpsc::Receiver<Write>,
    complain: impl FnOnce(JournalError) + Send + 'static,
) -> Result<(), JournalError> {
    let writer = Writer {
        connection,
        host: host(),
        settling: Vec::new(),
        begun: Vec::new(),
    };
    let work = move || {
        if let Err(error) = writer.run(facts) {
            complain(error);
        }
    };
    let thread = thread::Builder::new().name("journal".to_owned());
    thread.spawn(work).map(drop).map_err(JournalError::NoThread)
}

struct Writer {
    connection: Connection,
    host: String,
    /// Who waits for the commit of what they told.
    settling: Vec<oneshot::Sender<()>>,
    begun: Vec<(oneshot::Sender<Result<u64, JournalError>>, u64)>,
}

impl Writer {
    fn run(mut self, mut facts: mpsc::Receiver<Write>) -> Result<(), JournalError> {
        let mut batch = Vec::with_capacity(BATCH);
        while facts.blocking_recv_many(&mut batch, BATCH) > 0 {
            self.write(&mut batch)?;
            for (answer, task) in self.begun.drain(..) {
                answer.send(Ok(task)).unwrap_or_default();
            }
            for answer in self.settling.drain(..) {
                answer.send(()).unwrap_or_default();
            }
        }
        Ok(())
    }

    fn write(&mut self, batch: &mut Vec<Write>) -> Result<(), JournalError> {
        let writing = self.connection.transaction()?;
        for fact in batch.drain(..) {
            match fact {
                Write::Begin {
                    brief,
                    source,
                    destination,
                    answer,
                } => {
                    let task = begin(&writing, &self.host, &brief, (&source, &destination))?;
                    self.begun.push((answer, task));
                }
                Write::Outcomes { task, steps } => outcomes(&writing, task, &steps)?,
                Write::Proof {
                    source,
                    destination,
                    proof,
                } => {
                    known(&writing, &source, &proof, &proof.source)?;
                    known(&writing, &destination, &proof, &proof.destination)?;
                }
                Write::Gone { places, key } => gone(&writing, &places, &key)?,
                Write::State { task, state } => enter(&writing, task, state)?,
                Write::Heartbeat => beat(&writing, &self.host)?,
                Write::Settle(answer) => self.settling.push(answer),
            }
        }
        writing.commit()?;
        Ok(())
    }
}

fn begin(
    to: &Connection,
    host: &str,
    brief: &Brief,
    ends: (&str, &str),
) -> Result<u64, JournalError> {
    let mut insert = to.prepare_cached(
        "INSERT INTO task (kind, state, source, destination, owner, host, heartbeat, started, planned, planned_bytes)
         VALUES (?1, 'waiting', ?2, ?3, ?4, ?5, ?6, ?6, ?7, ?8)",
    )?;
    let id = insert.insert(params![
        word(&brief.kind),
        ends.0,
        ends.1,
        process::id(),
        host,
        now(),
        int(brief.planned),
        int(brief.planned_bytes),
    ])?;
    Ok(u64::try_from(id).unwrap_or_default())
}

fn outcomes(to: &Connection, task: TaskId, steps: &[EndedStep]) -> Result<(), JournalError> {
    let mut insert = to.prepare_cached(
        "INSERT OR REPLACE INTO outcome (task, seq, key, op, word, bytes, proof, kind, reason, request_id, attempts)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    )?;
    for step in steps {
        let (failure, reason) = match &step.outcome {
            Outcome::Failed(failure) => (Some(failure), Some(&failure.reason)),
            Outcome::Skipped { reason } => (None, Some(reason)),
            Outcome::Done { .. } => (None, None),
        };
        let (outcome, bytes, proof) = match &step.outcome {
            Outcome::Done { bytes, proof } => ("done", *bytes, proof.as_ref().map(word)),
            Outcome::Skipped { .. } => ("skipped", 0, None),
            Outcome::Failed(_) => ("failed", 0, None),
        };
        insert.execute(params![
            int(task.0),
            step.seq,
            step.key.as_bytes(),
            word(&step.op),
            outcome,
            int(bytes),
            proof,
            failure.map(|failure| word(&failure.kind)),
            reason.map(|reason| &**reason),
            failure.and_then(|failure| failure.request_id.as_deref()),
            failure.map_or(1, |failure| failure.attempts),
        ])?;
    }
    Ok(())
}

fn enter(to: &Connection, task: TaskId, state: TaskState) -> Result<(), JournalError> {
    let ended = state.is_over().then(now);
    to.prepare_cached("UPDATE task SET state = ?2, ended = ?3, heartbeat = ?4 WHERE id = ?1")?
        .execute(params![int(task.0), word(&state), ended, now()])?;
    if state.is_over() {
        to.execute(
            "UPDATE task SET
               done    = (SELECT count(*) FROM outcome WHERE task = ?1 AND word = 'done'),
               failed  = (SELECT count(*) FROM outcome WHERE task = ?1 AND word = 'failed'),
               skipped = (SELECT count(*) FROM outcome WHERE task = ?1 AND word = 'skipped'),
               bytes   = (SELECT coalesce(sum(bytes), 0) FROM outcome WHERE task = ?1)
             WHERE id = ?1",
            [int(task.0)],
        )?;
    }
    Ok(())
}

fn beat(to: &Connection, host: &str) -> Result<(), JournalError> {
    to.prepare_cached(
        "UPDATE task SET heartbeat = ?1 WHERE ended IS NULL AND owner = ?2 AND host = ?3",
    )?
    .execute(params![now(), process::id(), host])?;
    Ok(())
}

/// Keeps what one side of a proof held. A file that changed within the last moments before it was read is left out: another
/// change in the same moment would not show.
fn known(
    to: &Connection,
    location: &Location,
    proof: &Proof,
    facts: &Facts,
) -> Result<(), JournalError> {
    let Some(place) = Place::of(location) else {
        return Ok(());
    };
    let id = place_id(to, &place.name)?;
    let (file, object) = (facts.file(), facts.object());
    let ns = |at: i128| i64::try_from(at).unwrap_or(i64::MAX);
    to.prepare_cached(
        "INSERT OR REPLACE INTO proof (place, key, size, inode, mtime_ns, ctime_ns, etag, version, content, level, at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    )?
    .execute(params![
        id,
        place.whole(&proof.key),
        int(facts.size),
        file.map(|file| file.inode.cast_signed()),
        file.map(|file| ns(file.mtime_ns)),
        file.map(|file| ns(file.ctime_ns)),
        object.and_then(|object| object.etag.as_deref()),
        object.and_then(|object| object.version.as_deref()),
        proof.content.text(),
        word(&proof.level),
        proof.at.as_millisecond(),
    ])?;
    Ok(())
}

/// Forgets what was proven of a key at these places.
fn gone(to: &Connection, places: &[Location], key: &Key) -> Result<(), JournalError> {
    let mut delete = to.prepare_cached(
        "DELETE FROM proof WHERE place = (SELECT id FROM place WHERE name = ?1) AND key = ?2",
    )?;
    for place in places.iter().filter_map(Place::of) {
        delete.execute(params![place.name, place.whole(key)])?;
    }
    Ok(())
}

fn place_id(to: &Connection, name: &str) -> Result<i64, JournalError> {
    let mut find = to.prepare_cached("SELECT id FROM place WHERE name = ?1")?;
    if let Some(id) = find.query_row([name], |row| row.get(0)).optional()? {
        return Ok(id);
    }
    Ok(to
        .prepare_cached("INSERT INTO place (name) VALUES (?1)")?
        .insert([name])?)
}

/// A value's word in the journal: the same as in JSON.
fn word(value: &impl Serialize) -> Option<String> {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => Some(word),
        Ok(_) | Err(_) => None,
    }
}

/// Milliseconds since 1970.
fn now() -> i64 {
    Timestamp::now().as_millisecond()
}

/// The name of this machine, as the kernel tells it.
fn host() -> String {
    let name = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    name.trim().to_owned()
}

/// `SQLite`'s numbers are signed.
fn int(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
