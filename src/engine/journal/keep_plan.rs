//! The plan of a task, kept whole before its first request: the head as one value, the steps as rows. A head is there
//! only when every step is, so that a plan that was not written to its end is none.

use rusqlite::{Connection, OptionalExtension, params};

use crate::domain::{
    estimate::Forecast,
    location::Location,
    plan::{Group, Plan, Step},
    progress::TaskId,
};

use super::{error::JournalError, value::int};

/// Steps in one transaction: others who write meanwhile wait no longer than for these.
pub(super) const CHUNK: usize = 500;

/// The plan without its steps, at places that mean the same from every folder.
pub(super) fn head_of(plan: &Plan) -> Plan {
    let bare = |group: &Group| Group {
        steps: Vec::new(),
        sign: group.sign,
        op: group.op,
        overwrites: group.overwrites,
        selected: group.selected,
        why: group.why.clone(),
    };
    Plan {
        version: plan.version,
        made: plan.made,
        regions: plan.regions.clone(),
        source: absolute(&plan.source),
        destination: absolute(&plan.destination),
        groups: plan.groups.iter().map(bare).collect(),
        options: plan.options.clone(),
        start: plan.start,
        only: plan.only.clone(),
        source_print: plan.source_print.clone(),
        destination_print: plan.destination_print.clone(),
        left: plan.left.clone(),
        brakes: plan.brakes.clone(),
        notices: plan.notices.clone(),
        aside: plan.aside.clone(),
        cleans: plan.cleans.clone(),
        edit: plan.edit.clone(),
        forecast: Some(Forecast::of(plan)),
        lists: plan.lists,
    }
}

/// The location, found from whatever folder the program is called in.
pub(super) fn absolute(location: &Location) -> Location {
    match location {
        Location::Disk(path) => {
            Location::Disk(std::path::absolute(path).unwrap_or_else(|_gone| path.clone()))
        }
        Location::Manifest(of) => Location::Manifest(Box::new(absolute(of))),
        Location::S3(_) | Location::Buckets(_) => location.clone(),
    }
}

/// Each step with the number of its group.
pub(super) fn steps(plan: &Plan) -> impl Iterator<Item = (usize, &Step)> {
    let groups = plan.groups.iter().enumerate();
    groups.flat_map(|(at, group)| group.steps.iter().map(move |step| (at, step)))
}

/// Keeps one step; `buffer` is used again for each.
pub(super) fn keep_step(
    to: &Connection,
    task: u64,
    (group, step): (usize, &Step),
    buffer: &mut Vec<u8>,
) -> Result<(), JournalError> {
    buffer.clear();
    serde_json::to_writer(&mut *buffer, step)?;
    let text = str::from_utf8(buffer).unwrap_or_default();
    let group = i64::try_from(group).unwrap_or(i64::MAX);
    to.prepare_cached(
        "INSERT OR REPLACE INTO step (task, seq, part_of, value) VALUES (?1, ?2, ?3, ?4)",
    )?
    .execute(params![int(task), step.seq, group, text])?;
    Ok(())
}

/// Keeps the head: from now on the plan is whole.
pub(super) fn keep_head(to: &Connection, task: u64, head: &Plan) -> Result<(), JournalError> {
    to.prepare_cached("UPDATE task SET head = ?2 WHERE id = ?1")?
        .execute(params![int(task), serde_json::to_string(head)?])?;
    Ok(())
}

/// The plan of a task; `None` where it was not kept.
pub(super) fn read(from: &Connection, task: TaskId) -> Result<Option<Plan>, JournalError> {
    let head: Option<Option<String>> = from
        .prepare_cached("SELECT head FROM task WHERE id = ?1")?
        .query_row([int(task.0)], |row| row.get(0))
        .optional()?;
    let Some(head) = head.flatten() else {
        return Ok(None);
    };
    let mut plan: Plan = serde_json::from_str(&head)?;
    // It is the account's to read: a plan that is gone on with asks less.
    plan.forecast = None;
    let mut select =
        from.prepare_cached("SELECT part_of, value FROM step WHERE task = ?1 ORDER BY seq")?;
    let mut rows = select.query([int(task.0)])?;
    while let Some(row) = rows.next()? {
        let group = usize::try_from(row.get::<_, i64>(0)?).unwrap_or(usize::MAX);
        let step: Step = serde_json::from_str(row.get_ref(1)?.as_str().unwrap_or_default())?;
        if let Some(group) = plan.groups.get_mut(group) {
            group.steps.push(step);
        }
    }
    Ok(Some(plan))
}
