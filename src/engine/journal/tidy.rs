//! Cleaning up while the writer has nothing else to do, a little at a time: the steps of tasks that are done, and what is
//! older than a person wants to keep. A task that still knows an upload or a temporary file stays. Proofs are evidence for
//! as long as what they speak of is unchanged; only those go that nobody renewed for two years.

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, params};

use super::error::JournalError;

/// Rows that go in one transaction.
const CHUNK: u32 = 2_000;

/// What is left to clean up.
pub(super) struct Tidy {
    /// How long tasks are kept; for ever when `None`.
    keep: Option<Duration>,
    /// Old tasks may be there.
    old: bool,
    /// Steps of tasks that are done may be there.
    done: bool,
    /// Where the look for old proofs has come to; `None` where none goes on.
    proofs: Option<(i64, Vec<u8>)>,
}

/// Milliseconds that a proof stays which nobody renews.
const PROOF: i64 = 2 * 365 * 24 * 3600 * 1000;

impl Tidy {
    /// Everything may be there to clean up.
    pub(super) fn new(keep: Option<Duration>) -> Self {
        Self {
            keep,
            old: true,
            done: true,
            proofs: None,
        }
    }

    /// Some task is done: nobody will ask for its steps again.
    pub(super) fn over(&mut self) {
        self.done = true;
    }

    /// Cleans up some rows; false where none were left.
    pub(super) fn some(&mut self, to: &Connection, now: i64) -> Result<bool, JournalError> {
        if self.done {
            self.done = steps_of_done(to)?;
            return Ok(true);
        }
        if self.old {
            self.old = match self.keep {
                Some(keep) => {
                    let keep = i64::try_from(keep.as_millis()).unwrap_or(i64::MAX);
                    oldest(to, now.saturating_sub(keep))?
                }
                None => false,
            };
            // Where tasks grow old, proofs may have.
            if self.old && self.proofs.is_none() {
                self.proofs = Some((0, Vec::new()));
            }
            return Ok(true);
        }
        if let Some(from) = self.proofs.take() {
            self.proofs = old_proofs(to, &from, now.saturating_sub(PROOF))?;
            return Ok(true);
        }
        Ok(false)
    }
}

/// Removes steps of a task that is done.
fn steps_of_done(to: &Connection) -> Result<bool, JournalError> {
    let task: Option<i64> = to
        .prepare_cached(
            "SELECT id FROM task WHERE state = 'done' AND EXISTS (SELECT 1 FROM step WHERE task = task.id) LIMIT 1",
        )?
        .query_row([], |row| row.get(0))
        .optional()?;
    match task {
        Some(task) => rows(to, "step", task).map(|_| true),
        None => Ok(false),
    }
}

/// Removes what belongs to a task that was last alive before `before`, or the task itself.
fn oldest(to: &Connection, before: i64) -> Result<bool, JournalError> {
    let task: Option<i64> = to
        .prepare_cached(
            "SELECT id FROM task
             WHERE coalesce(ended, heartbeat) < ?1 AND coalesce(due, 0) < ?1
               AND NOT EXISTS (SELECT 1 FROM partial WHERE task = task.id)
               AND NOT EXISTS (SELECT 1 FROM task child WHERE child.parent = task.id)
             LIMIT 1",
        )?
        .query_row([before], |row| row.get(0))
        .optional()?;
    let Some(task) = task else {
        return Ok(false);
    };
    if !rows(to, "step", task)? && !rows(to, "outcome", task)? {
        to.prepare_cached("DELETE FROM task WHERE id = ?1")?
            .execute([task])?;
    }
    Ok(true)
}

/// Removes old proofs among the next ones behind `from`; where to go on, `None` at the end.
fn old_proofs(
    to: &Connection,
    from: &(i64, Vec<u8>),
    before: i64,
) -> Result<Option<(i64, Vec<u8>)>, JournalError> {
    let mut select = to.prepare_cached(
        "SELECT place, key, at FROM proof WHERE (place, key) > (?1, ?2) ORDER BY place, key LIMIT ?3",
    )?;
    let rows = select.query_map(params![from.0, from.1, CHUNK], |row| {
        Ok(((row.get(0)?, row.get(1)?), row.get(2)?))
    })?;
    let rows = rows.collect::<rusqlite::Result<Vec<((i64, Vec<u8>), i64)>>>()?;
    let mut delete = to.prepare_cached("DELETE FROM proof WHERE place = ?1 AND key = ?2")?;
    for ((place, key), at) in &rows {
        if *at < before {
            delete.execute(params![place, key])?;
        }
    }
    Ok(rows.into_iter().last().map(|(last, _)| last))
}

/// Removes some rows of a task; whether there were any.
fn rows(to: &Connection, table: &str, task: i64) -> Result<bool, JournalError> {
    let delete = format!(
        "DELETE FROM {table} WHERE task = ?1 AND seq IN (SELECT seq FROM {table} WHERE task = ?1 LIMIT ?2)"
    );
    let gone = to.prepare_cached(&delete)?.execute(params![task, CHUNK])?;
    Ok(gone > 0)
}
