//! Jobs of S3 Batch Operations that copy for a task, as far as they came. What a row says is a hint: S3 tells where the job
//! stands, and the destination what it copied.

use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};

use crate::backend::JobAsk;
use crate::domain::progress::TaskId;

use super::{error::JournalError, value::int};

/// A job of a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptJob {
    /// Which of the task's jobs, from 0.
    pub number: u32,
    /// As it was, or is to be, asked for; without an ETag of its manifest where it is to be asked for anew.
    pub ask: JobAsk,
    /// Its id, once S3 told it.
    pub id: Option<Box<str>>,
    /// The steps that its manifest leaves out, because something stood at their destinations when it was written.
    #[serde(default)]
    pub apart: Vec<u32>,
    /// Whether all that it was to copy has its outcome, so that it is asked for nothing any more.
    pub settled: bool,
}

/// Keeps what is known of a job.
pub(super) fn keep(to: &Connection, task: TaskId, job: &KeptJob) -> Result<(), JournalError> {
    to.prepare_cached("INSERT OR REPLACE INTO job (task, number, value) VALUES (?1, ?2, ?3)")?
        .execute(params![
            int(task.0),
            job.number,
            serde_json::to_string(job)?
        ])?;
    Ok(())
}

/// All jobs of a task, in their order.
pub(super) fn read(from: &Connection, task: TaskId) -> Result<Vec<KeptJob>, JournalError> {
    let mut select =
        from.prepare_cached("SELECT value FROM job WHERE task = ?1 ORDER BY number")?;
    let rows = select.query_map([int(task.0)], |row| row.get::<_, String>(0))?;
    let mut jobs = Vec::new();
    for text in rows {
        jobs.push(serde_json::from_str(&text?)?);
    }
    Ok(jobs)
}
