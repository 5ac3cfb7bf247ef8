//! Past tasks, as the journal remembers them.

use jiff::Timestamp;
use rusqlite::{Connection, Row};
use serde::de::DeserializeOwned;

use crate::domain::progress::{TaskId, TaskKind, TaskState};

use super::error::JournalError;

/// A task that shows no sign of life for so long was interrupted, milliseconds.
const SILENCE: i64 = 30_000;

/// A task of this or an earlier session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastTask {
    /// Its number.
    pub id: TaskId,
    /// What kind of work.
    pub kind: TaskKind,
    /// The last state that it told.
    pub state: TaskState,
    /// Whether it ended without a word: its program was killed.
    pub interrupted: bool,
    /// Exact text of the source's location.
    pub source: Box<str>,
    /// Exact text of the destination's location.
    pub destination: Box<str>,
    /// When it was accepted.
    pub started: Timestamp,
    /// When it was over.
    pub ended: Option<Timestamp>,
    /// Steps planned.
    pub planned: u64,
    /// Bytes planned.
    pub planned_bytes: u64,
    /// Steps done; like the ones below known when the task is over.
    pub done: u64,
    /// Steps failed.
    pub failed: u64,
    /// Steps skipped.
    pub skipped: u64,
    /// Bytes moved.
    pub bytes: u64,
}

/// The last tasks, newest first.
pub(super) fn last(from: &Connection, most: u32) -> Result<Vec<PastTask>, JournalError> {
    let mut select = from.prepare_cached(
        "SELECT id, kind, state, source, destination, started, ended, heartbeat,
                planned, planned_bytes, done, failed, skipped, bytes
         FROM task ORDER BY id DESC LIMIT ?1",
    )?;
    let now = Timestamp::now().as_millisecond();
    let rows = select.query_map([most], |row| past(row, now))?;
    rows.filter_map(Result::transpose)
        .collect::<rusqlite::Result<_>>()
        .map_err(JournalError::from)
}

/// The task of a row; `None` where a later wharf wrote a kind or state that this one does not know.
fn past(row: &Row<'_>, now: i64) -> rusqlite::Result<Option<PastTask>> {
    let (Some(kind), Some(state)) = (read_word(row, 1)?, read_word::<TaskState>(row, 2)?) else {
        return Ok(None);
    };
    let time = |ms: i64| Timestamp::from_millisecond(ms).unwrap_or(Timestamp::UNIX_EPOCH);
    let count = |column| Ok::<u64, rusqlite::Error>(row.get::<_, i64>(column)?.unsigned_abs());
    Ok(Some(PastTask {
        id: TaskId(count(0)?),
        kind,
        state,
        interrupted: !state.is_over() && now - row.get::<_, i64>(7)? > SILENCE,
        source: row.get(3)?,
        destination: row.get(4)?,
        started: time(row.get(5)?),
        ended: row.get::<_, Option<i64>>(6)?.map(time),
        planned: count(8)?,
        planned_bytes: count(9)?,
        done: count(10)?,
        failed: count(11)?,
        skipped: count(12)?,
        bytes: count(13)?,
    }))
}

fn read_word<T: DeserializeOwned>(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<T>> {
    let text: String = row.get(column)?;
    Ok(serde_json::from_value(text.into()).ok())
}
