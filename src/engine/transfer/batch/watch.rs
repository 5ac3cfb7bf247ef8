//! A job on its way: looked at with growing patience, told where a task's reason stands, and counted by the share of its tasks
//! that ended. A task that is cancelled stops its job; one that is let go leaves it to whoever goes on.

use std::sync::Arc;

use tokio::time::{Duration, timeout};

use crate::backend::{JobSight, JobState};
use crate::domain::{key::Key, plan::Op, retry::FailureKind};
use crate::engine::{journal::KeptJob, tasks::Flight, transfer::tries::luck};

use super::{Context, Desk, Halt, Portion, named, patiently, tell};

/// How long the word that stops a job may take.
const STOPPING: Duration = Duration::from_secs(10);

/// Watches a job until it is over; the last that is told of it.
pub(super) async fn until_over(
    ctx: &Arc<Context>,
    desk: &Desk,
    job: &KeptJob,
    portion: &Portion,
) -> Result<JobSight, Halt> {
    let watched = followed(ctx, desk, job, portion).await;
    let id = job.id.as_deref().unwrap_or_default();
    if watched.is_err() && ctx.control.is_cancelled() {
        let stopped = timeout(STOPPING, desk.jobs.cancel(id)).await;
        if !matches!(stopped, Ok(Ok(()))) {
            tracing::warn!(job = id, ?stopped, "the job could not be stopped");
        }
    }
    watched
}

async fn followed(
    ctx: &Arc<Context>,
    desk: &Desk,
    job: &KeptJob,
    portion: &Portion,
) -> Result<JobSight, Halt> {
    let Some(first) = portion.steps.first() else {
        return Ok(gone());
    };
    let id = job.id.as_deref().unwrap_or_default();
    let key = Key::from(named(job).as_str());
    let flight = ctx
        .counters
        .begin(first.seq, &key, Op::Copy, portion.bytes());
    let (mut looks, mut told) = (0, None);
    loop {
        let sight = match patiently(ctx, first, || desk.jobs.look(id)).await {
            Ok(sight) => sight,
            Err(halt) if is_gone(&halt) => return Ok(gone()),
            Err(halt) => return Err(halt),
        };
        count(&flight, &sight, portion);
        let stands = (sight.state, tenth(&sight));
        if told != Some(stands) {
            told = Some(stands);
            tell(ctx, format!("{} {}", named(job), words(&sight))).await;
        }
        if sight.state.is_over() {
            // Its bytes are counted again as each copy is proven.
            flight.start_over();
            return Ok(sight);
        }
        looks += 1;
        let time = ctx.tuning.looks.wait(looks, 0.5 + luck() / 2.0);
        let rested = ctx.control.until_ending(tokio::time::sleep(time)).await;
        rested.ok_or_else(Halt::cancelled)?;
    }
}

/// Counts the share of the bytes that is copied by now; tasks are not of one size, so that this is a guess.
fn count(flight: &Flight, sight: &JobSight, portion: &Portion) {
    let tasks = sight.total.max(portion.steps.len() as u64).max(1);
    let bytes = u128::from(portion.bytes()) * u128::from(sight.succeeded) / u128::from(tasks);
    let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
    flight.moved(bytes.saturating_sub(flight.bytes()));
}

/// Which tenth of its tasks it has come to: so often it is told.
fn tenth(sight: &JobSight) -> u64 {
    (sight.succeeded + sight.failed) * 10 / sight.total.max(1)
}

/// Where it stands, behind its name.
fn words(sight: &JobSight) -> String {
    let state = match sight.state {
        JobState::Preparing => "is being prepared",
        JobState::Suspended => "waits until somebody confirms it in the console",
        JobState::Active => "copies",
        JobState::Ending => "is about to end",
        JobState::Complete => "is complete",
        JobState::Failed => "failed",
        JobState::Cancelled => "was stopped",
    };
    if sight.total == 0 {
        return state.to_owned();
    }
    let JobSight {
        total,
        succeeded,
        failed,
        ..
    } = sight;
    format!("{state}: {succeeded} of {total} copied, {failed} failed")
}

fn is_gone(halt: &Halt) -> bool {
    let failure = halt.failure();
    failure.is_some_and(|failure| failure.kind == FailureKind::NotFound)
}

/// A job that S3 knows no more: what it copied is for the destination to tell.
fn gone() -> JobSight {
    JobSight {
        state: JobState::Complete,
        total: 0,
        succeeded: 0,
        failed: 0,
        failures: Vec::new(),
    }
}
