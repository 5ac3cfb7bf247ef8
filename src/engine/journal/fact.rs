//! Facts of tasks as rows: where a task stands, how its steps ended, what was proven.

use jiff::Timestamp;
use rusqlite::{Connection, params};

use crate::domain::{
    entry::Facts,
    key::Key,
    plan::Plan,
    progress::{EndedStep, Outcome, Recount, TaskId, TaskState},
};
use crate::engine::{command::Check, tasks::Brief};

use super::{
    error::JournalError,
    owner::Owner,
    place::{Ends, Place, PlaceIds},
    task::Proof,
    value::{int, word},
};

/// What is known of a task when it begins.
pub(super) struct Row<'a> {
    pub(super) brief: &'a Brief,
    /// A group has none.
    pub(super) head: Option<&'a Plan>,
    pub(super) flags: &'a [String],
    pub(super) check: Option<&'a Check>,
    pub(super) seed: u64,
}

/// Takes a task in.
pub(super) fn begin(
    to: &Connection,
    (me, now): (&Owner, i64),
    row: &Row<'_>,
) -> Result<TaskId, JournalError> {
    let Row {
        brief,
        head,
        flags,
        check,
        seed,
    } = row;
    let ends = match head {
        Some(plan) => (plan.source.text(), plan.destination.text()),
        None => (brief.source.to_string(), brief.destination.to_string()),
    };
    let mut insert = to.prepare_cached(
        "INSERT INTO task (kind, state, source, destination, owner, host, kernel, word, heartbeat, started,
                           planned, planned_bytes, seed, flags, parent, name, verify, priority, due, at_once)
         VALUES (?1, 'waiting', ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)",
    )?;
    let id = insert.insert(params![
        word(&brief.kind),
        ends.0,
        ends.1,
        me.process,
        me.host,
        me.kernel,
        me.word,
        now,
        int(brief.planned),
        int(brief.planned_bytes),
        seed.cast_signed(),
        serde_json::to_string(flags)?,
        brief.parent.map(|parent| int(parent.0)),
        brief.name.as_deref(),
        check.map(serde_json::to_string).transpose()?,
        brief.priority,
        brief.due.map(Timestamp::as_millisecond),
        brief.at_once,
    ])?;
    Ok(TaskId(u64::try_from(id).unwrap_or_default()))
}

/// Keeps how a step ended.
pub(super) fn outcome(to: &Connection, task: TaskId, step: &EndedStep) -> Result<(), JournalError> {
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
    to.prepare_cached(
        "INSERT OR REPLACE INTO outcome (task, seq, key, op, word, bytes, proof, kind, reason, request_id, attempts)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    )?
    .execute(params![
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
    Ok(())
}

/// Keeps where a task stands; at its end its rows are counted.
pub(super) fn enter(
    to: &Connection,
    task: TaskId,
    (state, reason): (TaskState, Option<&str>),
    now: i64,
) -> Result<(), JournalError> {
    let ended = state.is_over().then_some(now);
    to.prepare_cached(
        "UPDATE task SET state = ?2, reason = ?3, ended = ?4, heartbeat = ?5 WHERE id = ?1",
    )?
    .execute(params![int(task.0), word(&state), reason, ended, now])?;
    if state.is_over() {
        to.execute(
            "UPDATE task SET
               done     = (SELECT count(*) FROM outcome WHERE task = ?1 AND word = 'done'),
               failed   = (SELECT count(*) FROM outcome WHERE task = ?1 AND word = 'failed'),
               skipped  = (SELECT count(*) FROM outcome WHERE task = ?1 AND word = 'skipped'),
               verified = (SELECT count(*) FROM outcome WHERE task = ?1 AND proof IN ('checksum', 'read')),
               bytes    = (SELECT coalesce(sum(bytes), 0) FROM outcome WHERE task = ?1),
               wish     = NULL
             WHERE id = ?1",
            [int(task.0)],
        )?;
    }
    Ok(())
}

/// Keeps what both sides held at the end.
pub(super) fn recounted(
    to: &Connection,
    task: TaskId,
    recount: &Recount,
) -> Result<(), JournalError> {
    to.prepare_cached("UPDATE task SET recount = ?2 WHERE id = ?1")?
        .execute(params![int(task.0), serde_json::to_string(recount)?])?;
    Ok(())
}

/// Keeps that a task's owner lives.
pub(super) fn alive(
    to: &Connection,
    (me, now): (&Owner, i64),
    task: TaskId,
) -> Result<(), JournalError> {
    to.prepare_cached("UPDATE task SET heartbeat = ?3 WHERE id = ?1 AND word = ?2")?
        .execute(params![int(task.0), me.word, now])?;
    Ok(())
}

/// Keeps a task's place in the queue.
pub(super) fn priority(to: &Connection, task: TaskId, priority: i64) -> Result<(), JournalError> {
    to.prepare_cached("UPDATE task SET priority = ?2 WHERE id = ?1")?
        .execute(params![int(task.0), priority])?;
    Ok(())
}

/// Keeps what both sides of a proof hold.
pub(super) fn proven(
    to: &Connection,
    ids: &mut PlaceIds,
    (places, proof): (&Ends, &Proof),
) -> Result<(), JournalError> {
    let sides = [&proof.source, &proof.destination];
    for (place, facts) in places.both().into_iter().zip(sides) {
        if let Some(place) = place {
            let id = ids.id(to, &place.name)?;
            known(to, (id, place), proof, facts)?;
        }
    }
    Ok(())
}

/// Keeps what one side of a proof held; what was proven better of the same entry stays. A file that changed within the last
/// moments before it was read is left out: another change in the same moment would not show.
fn known(
    to: &Connection,
    (id, place): (i64, &Place),
    proof: &Proof,
    facts: &Facts,
) -> Result<(), JournalError> {
    let (file, object) = (facts.file(), facts.object());
    let ns = |at: i128| i64::try_from(at).unwrap_or(i64::MAX);
    to.prepare_cached(
        "INSERT INTO proof (place, key, size, inode, mtime_ns, ctime_ns, etag, version, content, level, at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
         ON CONFLICT (place, key) DO UPDATE
         SET size = excluded.size, inode = excluded.inode, mtime_ns = excluded.mtime_ns, ctime_ns = excluded.ctime_ns,
             etag = excluded.etag, version = excluded.version, content = excluded.content, level = excluded.level,
             at = excluded.at
         WHERE excluded.level IN ('checksum', 'read') OR proof.level NOT IN ('checksum', 'read')
            OR proof.size <> excluded.size OR proof.inode IS NOT excluded.inode
            OR proof.mtime_ns IS NOT excluded.mtime_ns OR proof.ctime_ns IS NOT excluded.ctime_ns
            OR proof.etag IS NOT excluded.etag
            OR proof.at * 1000000 - coalesce(proof.mtime_ns, 0) < 2000000000",
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
pub(super) fn gone(to: &Connection, places: &Ends, key: &Key) -> Result<(), JournalError> {
    let mut delete = to.prepare_cached(
        "DELETE FROM proof WHERE place = (SELECT id FROM place WHERE name = ?1) AND key = ?2",
    )?;
    for place in places.both().into_iter().flatten() {
        delete.execute(params![place.name, place.whole(key)])?;
    }
    Ok(())
}
