//! Tasks of this and earlier sessions, as the journal remembers them: searched, shown, reported.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use rusqlite::{Connection, Row, params};

use crate::domain::{
    account::Account,
    key::Key,
    plan::Op,
    progress::{EndedStep, Failure, Outcome, Proofs, Requests, TaskId, TaskKind, TaskState},
};

use super::{
    account,
    error::JournalError,
    group,
    owner::{Owner, STANDING, Standing},
    past::PastTask,
    value::{int, read_json, read_word},
};

/// Which tasks are asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Search {
    /// Only this one.
    pub id: Option<TaskId>,
    /// Only the children of this one.
    pub parent: Option<TaskId>,
    /// Only those whose places, reason or keys contain this text.
    pub text: Option<String>,
    /// Only those that stand so; all when empty.
    pub states: Vec<TaskState>,
    /// Only those that began since.
    pub since: Option<Timestamp>,
    /// Only those between these two places, either way.
    pub between: Option<(String, String)>,
    /// The most; all when `None`.
    pub most: Option<u32>,
}

impl Search {
    /// The children of a group.
    fn children(parent: TaskId) -> Self {
        Self {
            parent: Some(parent),
            ..Self::default()
        }
    }
}

/// Everything that is known of how a task went.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// The task.
    pub task: PastTask,
    /// How what was moved is proven.
    pub proofs: Proofs,
    /// What failed, by the numbers of the steps.
    pub failed: Vec<EndedStep>,
    /// What was left, with the reasons.
    pub skipped: Vec<EndedStep>,
    /// What became of its plan, where it moved from bucket to bucket.
    pub account: Option<Account>,
    /// Those of its children, where it is a group.
    pub children: Vec<Self>,
}

/// The tasks that are asked for, newest first.
pub(super) fn search(
    from: &Connection,
    (me, now): (&Owner, i64),
    search: &Search,
) -> Result<Vec<PastTask>, JournalError> {
    let select = format!(
        "SELECT {STANDING}, id, kind, source, destination, started, ended, planned, planned_bytes, done, failed,
                skipped, bytes, parent, reason, verified, retries, throttled, requests, recount, runs, flags,
                priority, due, name, verify, at_once
         FROM task
         WHERE (?1 IS NULL OR id = ?1) AND (?2 IS NULL OR started >= ?2)
           AND (?3 IS NULL OR (source = ?3 AND destination = ?4) OR (source = ?4 AND destination = ?3))
           AND (?5 IS NULL OR instr(lower(coalesce(name, '')), ?5) OR instr(lower(source), ?5) OR instr(lower(destination), ?5)
                OR instr(lower(coalesce(reason, '')), ?5)
                OR EXISTS (SELECT 1 FROM outcome WHERE task = task.id AND instr(lower(CAST(key AS TEXT)), ?5)))
           AND (?6 IS NULL OR parent = ?6)
         ORDER BY id DESC"
    );
    let (one, other) = search.between.clone().unzip();
    let mut select = from.prepare_cached(&select)?;
    let rows = select.query_map(
        params![
            search.id.map(|id| int(id.0)),
            search.since.map(Timestamp::as_millisecond),
            one,
            other,
            search.text.as_ref().map(|text| text.to_lowercase()),
            search.parent.map(|id| int(id.0)),
        ],
        |row| past(row, me, now),
    )?;
    let wanted = |task: &PastTask| search.states.is_empty() || search.states.contains(&task.state);
    let most = search.most.map_or(usize::MAX, |most| most as usize);
    let mut found = rows
        .filter_map(Result::transpose)
        .filter(|task| task.as_ref().map_or(true, wanted))
        .take(most)
        .collect::<rusqlite::Result<Vec<_>>>()?;
    drop(select);
    for head in found.iter_mut().filter(|task| task.kind == TaskKind::Group) {
        let children = self::search(from, (me, now), &Search::children(head.id))?;
        group::fold(head, &children);
    }
    Ok(found)
}

/// The task of a row; `None` where a later wharf wrote a kind or state that this one does not know.
fn past(row: &Row<'_>, me: &Owner, now: i64) -> rusqlite::Result<Option<PastTask>> {
    let standing = Standing::read(row)?;
    let (Some(kind), Some(state)) = (read_word(row, "kind")?, standing.state) else {
        return Ok(None);
    };
    let time = |ms: i64| Timestamp::from_millisecond(ms).unwrap_or(Timestamp::UNIX_EPOCH);
    let count = |name: &str| Ok::<u64, rusqlite::Error>(row.get::<_, i64>(name)?.unsigned_abs());
    let text = |name: &str| Ok::<Box<str>, rusqlite::Error>(row.get::<_, String>(name)?.into());
    let is_lost = !state.is_over() && !standing.is_run(me, now);
    let requests: BTreeMap<Box<str>, u64> = read_json(row, "requests")?.unwrap_or_default();
    let parent: Option<i64> = row.get("parent")?;
    Ok(Some(PastTask {
        id: TaskId(count("id")?),
        parent: parent.map(|id| TaskId(id.unsigned_abs())),
        name: row.get::<_, Option<String>>("name")?.map(Into::into),
        kind,
        state: if is_lost {
            TaskState::Interrupted
        } else {
            state
        },
        reason: row.get::<_, Option<String>>("reason")?.map(Into::into),
        process: standing.process,
        host: standing.host.into(),
        source: text("source")?,
        destination: text("destination")?,
        started: time(row.get("started")?),
        ended: row.get::<_, Option<i64>>("ended")?.map(time),
        heard: time(standing.heartbeat),
        planned: count("planned")?,
        planned_bytes: count("planned_bytes")?,
        done: count("done")?,
        failed: count("failed")?,
        skipped: count("skipped")?,
        verified: count("verified")?,
        bytes: count("bytes")?,
        retries: count("retries")?,
        throttled: count("throttled")?,
        requests: Requests {
            by_operation: requests.into_iter().collect(),
        },
        recount: read_json(row, "recount")?,
        runs: count("runs")?,
        has_plan: standing.has_plan,
        check: read_json(row, "verify")?,
        flags: read_json(row, "flags")?.unwrap_or_default(),
        priority: row.get("priority")?,
        at_once: row.get("at_once")?,
        due: row.get::<_, Option<i64>>("due")?.map(time),
    }))
}

/// Everything that is known of how a task went; `None` for an unknown one.
pub(super) fn report(
    from: &Connection,
    known: (&Owner, i64),
    task: TaskId,
) -> Result<Option<Report>, JournalError> {
    let only = Search {
        id: Some(task),
        ..Search::default()
    };
    let Some(task) = search(from, known, &only)?.pop() else {
        return Ok(None);
    };
    let mut children = Vec::new();
    if task.kind == TaskKind::Group {
        for child in search(from, known, &Search::children(task.id))?
            .into_iter()
            .rev()
        {
            children.push(report_of(from, child)?);
        }
    }
    Ok(Some(group::gathered(report_of(from, task)?, children)))
}

fn report_of(from: &Connection, task: PastTask) -> Result<Report, JournalError> {
    Ok(Report {
        proofs: proofs(from, task.id)?,
        failed: steps(from, task.id, "failed")?,
        skipped: steps(from, task.id, "skipped")?,
        account: account::of(from, &task)?,
        children: Vec::new(),
        task,
    })
}

fn proofs(from: &Connection, task: TaskId) -> Result<Proofs, JournalError> {
    let mut select = from.prepare_cached(
        "SELECT proof, count(*) FROM outcome WHERE task = ?1 AND word = 'done' AND op NOT IN ('delete', 'remove') GROUP BY proof",
    )?;
    let mut rows = select.query([int(task.0)])?;
    let mut proofs = Proofs::default();
    while let Some(row) = rows.next()? {
        let count = row.get::<_, i64>(1)?.unsigned_abs();
        proofs.count(read_word(row, 0)?, count);
    }
    Ok(proofs)
}

/// The steps of a task that ended so.
fn steps(from: &Connection, task: TaskId, word: &str) -> Result<Vec<EndedStep>, JournalError> {
    let mut select = from.prepare_cached(
        "SELECT seq, key, op, word, bytes, proof, kind, reason, request_id, attempts
         FROM outcome WHERE task = ?1 AND word = ?2 ORDER BY seq",
    )?;
    let rows = select.query_map(params![int(task.0), word], step)?;
    rows.filter_map(Result::transpose)
        .collect::<rusqlite::Result<_>>()
        .map_err(JournalError::from)
}

/// The step of a row; `None` where a later wharf wrote a word that this one does not know.
fn step(row: &Row<'_>) -> rusqlite::Result<Option<EndedStep>> {
    let Some(op) = read_word::<Op>(row, "op")? else {
        return Ok(None);
    };
    let reason: Box<str> = row
        .get::<_, Option<String>>("reason")?
        .unwrap_or_default()
        .into();
    let outcome = match row.get_ref("word")?.as_str()? {
        "done" => Outcome::Done {
            bytes: row.get::<_, i64>("bytes")?.unsigned_abs(),
            proof: read_word(row, "proof")?,
        },
        "skipped" => Outcome::Skipped { reason },
        _ => {
            let Some(kind) = read_word(row, "kind")? else {
                return Ok(None);
            };
            Outcome::Failed(Failure {
                kind,
                reason,
                request_id: row.get::<_, Option<String>>("request_id")?.map(Into::into),
                attempts: row.get("attempts")?,
            })
        }
    };
    Ok(Some(EndedStep {
        seq: row.get("seq")?,
        key: Key::new(row.get::<_, Vec<u8>>("key")?),
        op,
        outcome,
    }))
}

/// The steps of a task that have an outcome, each with it.
pub(super) fn outcomes(
    from: &Connection,
    task: TaskId,
) -> Result<HashMap<u32, Outcome>, JournalError> {
    let mut select = from.prepare_cached(
        "SELECT seq, key, op, word, bytes, proof, kind, reason, request_id, attempts FROM outcome WHERE task = ?1",
    )?;
    let rows = select.query_map([int(task.0)], step)?;
    rows.filter_map(Result::transpose)
        .map(|step| step.map(|step| (step.seq, step.outcome)))
        .collect::<rusqlite::Result<_>>()
        .map_err(JournalError::from)
}
