//! Contents on their way in parts: which upload or temporary file, and which parts of it arrived. Rows are hints: a resume
//! believes what the store lists and what the file holds.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use rusqlite::{Connection, params};

use crate::domain::progress::TaskId;

use super::{error::JournalError, value::int};

/// A content that an earlier run of the task began to move in parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Partial {
    /// S3's upload id, or the name of the temporary file.
    pub handle: Arc<str>,
    /// Bytes of a part; the last one may be shorter.
    pub part_size: u64,
    /// The parts that arrived, as far as is known, by their numbers.
    pub parts: BTreeMap<u32, KeptPart>,
}

/// A part that arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptPart {
    /// What the store answered; empty for a range of a file.
    pub etag: Arc<str>,
    /// CRC-64/NVME of its bytes, where they went through this machine.
    pub crc: Option<u64>,
    /// Bytes.
    pub size: u64,
}

/// Keeps that a content is moved in parts from now on; what an earlier try left is forgotten.
pub(super) fn begin(
    to: &Connection,
    (task, seq): (TaskId, u32),
    (handle, part_size): (&str, u64),
    now: i64,
) -> Result<(), JournalError> {
    forget(to, (task, seq), None)?;
    to.prepare_cached(
        "INSERT INTO partial (task, seq, handle, part_size, at) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute(params![int(task.0), seq, handle, int(part_size), now])?;
    Ok(())
}

/// Keeps a part that arrived; one whose content is no longer on its way is left out.
pub(super) fn arrived(
    to: &Connection,
    (task, seq, number): (TaskId, u32, u32),
    part: &KeptPart,
) -> Result<(), JournalError> {
    to.prepare_cached(
        "INSERT OR REPLACE INTO part (task, seq, number, etag, crc, size)
         SELECT ?1, ?2, ?3, ?4, ?5, ?6 WHERE EXISTS (SELECT 1 FROM partial WHERE task = ?1 AND seq = ?2)",
    )?
    .execute(params![
        int(task.0),
        seq,
        number,
        &*part.etag,
        part.crc.map(u64::cast_signed),
        int(part.size),
    ])?;
    Ok(())
}

/// Forgets a content that is no longer on its way: only where it is under this handle, if one is named.
pub(super) fn forget(
    to: &Connection,
    (task, seq): (TaskId, u32),
    handle: Option<&str>,
) -> Result<(), JournalError> {
    to.prepare_cached(
        "DELETE FROM partial WHERE task = ?1 AND seq = ?2 AND (?3 IS NULL OR handle = ?3)",
    )?
    .execute(params![int(task.0), seq, handle])?;
    Ok(())
}

/// All contents of a task that are on their way, by the numbers of their steps.
pub(super) fn read(from: &Connection, task: TaskId) -> Result<HashMap<u32, Partial>, JournalError> {
    let mut select =
        from.prepare_cached("SELECT seq, handle, part_size FROM partial WHERE task = ?1")?;
    let rows = select.query_map([int(task.0)], |row| {
        let partial = Partial {
            handle: row.get::<_, String>(1)?.into(),
            part_size: row.get::<_, i64>(2)?.unsigned_abs(),
            parts: BTreeMap::new(),
        };
        Ok((row.get(0)?, partial))
    })?;
    let mut partials = rows.collect::<rusqlite::Result<HashMap<u32, Partial>>>()?;
    let mut select =
        from.prepare_cached("SELECT seq, number, etag, crc, size FROM part WHERE task = ?1")?;
    let mut rows = select.query([int(task.0)])?;
    while let Some(row) = rows.next()? {
        let part = KeptPart {
            etag: row.get::<_, String>(2)?.into(),
            crc: row.get::<_, Option<i64>>(3)?.map(i64::cast_unsigned),
            size: row.get::<_, i64>(4)?.unsigned_abs(),
        };
        if let Some(partial) = partials.get_mut(&row.get(0)?) {
            partial.parts.insert(row.get(1)?, part);
        }
    }
    Ok(partials)
}
