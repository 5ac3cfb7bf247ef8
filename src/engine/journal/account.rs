//! The account of a task that moved from bucket to bucket, from what the journal kept of its plan and of its steps.

use rusqlite::{Connection, OptionalExtension, params};

use crate::domain::{
    account::Account,
    entry::Tally,
    plan::{Op, Plan},
};

use super::{
    error::JournalError,
    past::PastTask,
    value::{int, read_word},
};

/// The account of one task; `None` where it moved nothing between buckets, or its plan was not kept.
pub(super) fn of(from: &Connection, task: &PastTask) -> Result<Option<Account>, JournalError> {
    let head: Option<Option<String>> = from
        .prepare_cached("SELECT head FROM task WHERE id = ?1")?
        .query_row([int(task.id.0)], |row| row.get(0))
        .optional()?;
    let Some(head) = head.flatten() else {
        return Ok(None);
    };
    let plan: Plan = serde_json::from_str(&head)?;
    let (Some(_), Some(_), Some(forecast)) =
        (plan.source.s3(), plan.destination.s3(), plan.forecast)
    else {
        return Ok(None);
    };
    let before = [plan.source_print.tally, plan.destination_print.tally];
    let mut account = Account {
        places: [plan.source.to_string(), plan.destination.to_string()],
        before,
        after: before,
        forecast,
        sent: task.requests.clone(),
        failed: task.failed,
        seconds: task.seconds(),
        ..Account::default()
    };
    let mut select = from.prepare_cached(
        "SELECT op, count(*), sum(bytes) FROM outcome WHERE task = ?1 AND word = 'done' GROUP BY op",
    )?;
    let mut rows = select.query(params![int(task.id.0)])?;
    while let Some(row) = rows.next()? {
        let tally = Tally {
            objects: row.get::<_, i64>(1)?.unsigned_abs(),
            bytes: row.get::<_, i64>(2)?.unsigned_abs(),
        };
        match read_word(row, 0)? {
            Some(Op::Copy) => account.direct = tally,
            Some(Op::Relay) => account.relayed = tally,
            Some(Op::Upload | Op::Download | Op::Delete | Op::Remove | Op::Edit) | None => {}
        }
    }
    if let Some(recount) = &task.recount {
        account.counted(recount);
    }
    Ok(Some(account))
}
