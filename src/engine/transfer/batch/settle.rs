//! A job that is over: what stands at the destination is proven copy by copy, what its report says of the rest becomes rows
//! with key, code and message, and what it never tried is done here.

use std::{collections::HashMap, sync::Arc};

use bytes::Bytes;
use md5::{Digest as _, Md5};
use tokio::task::JoinSet;

use crate::backend::{Error, JobSight, JobState, store::ReadQuery};
use crate::domain::{
    batch::{Part, Row, parts, rows},
    diff::Level,
    entry::Facts,
    key::Key,
    plan::Step,
    progress::Failure,
    retry::FailureKind,
};
use crate::engine::{
    journal::KeptJob,
    tasks::Counters,
    transfer::{
        gate::Lane,
        halt::Done,
        pool, proof,
        tries::Tries,
        verify::{self, Pair},
        worker::Work,
    },
};

use super::{Context, Desk, Halt, Portion, StepRef, fail, look, named, patiently, tell};

/// Tasks that failed, by the whole keys of their sources.
type Failed = HashMap<Vec<u8>, Row>;

/// Proves what was copied and tells what was not; gives back what is to be done here.
pub(super) async fn settled(
    ctx: &Arc<Context>,
    desk: &Desk,
    (job, sight): (&KeptJob, &JobSight),
    portion: &Portion,
) -> Result<Vec<StepRef>, Halt> {
    let reported = match failures(ctx, desk, (job, sight), portion).await {
        Ok(failed) => failed,
        Err(halt) if halt.is_cancelled() => return Err(halt),
        Err(halt) => {
            let why = halt.failure().map(|failure| failure.reason.clone());
            let why = why.unwrap_or_default();
            let words = "what it copied is looked for at the destination, and the rest copied here";
            tell(
                ctx,
                format!(
                    "{}: its report is not to be had ({why}): {words}",
                    named(job)
                ),
            )
            .await;
            Failed::new()
        }
    };
    let there = look::destination(ctx, &portion.steps).await?;
    let source = ctx.plan.source.s3();
    let mut proving = JoinSet::new();
    let mut here = Vec::new();
    for (step, there) in portion.steps.iter().zip(there) {
        let full = source.and_then(|source| source.full_key(&step.key).ok());
        let row = full.and_then(|full| reported.get(full.as_bytes()));
        let etag = step.source.as_ref().and_then(|facts| facts.etag());
        // What stands under a key that the job failed at is its copy only where it is known as the source is.
        let there = there.filter(|there| row.is_none() || (etag.is_some() && there.etag() == etag));
        let Some(there) = there else {
            match row.map(of_row).or_else(|| of_job(sight)) {
                Some(failure) => fail(ctx, step, failure).await,
                None => here.push(step.clone()),
            }
            continue;
        };
        let Some(permit) = pool::may_begin(ctx, Lane::Small).await else {
            break;
        };
        let (ctx, step) = (Arc::clone(ctx), step.clone());
        proving.spawn(async move {
            prove(&ctx, step, there).await;
            drop(permit);
        });
        while proving.try_join_next().is_some() {}
    }
    while proving.join_next().await.is_some() {}
    if ctx.control.is_ending() {
        return Err(Halt::cancelled());
    }
    Ok(here)
}

/// Proves one copy as any other, and ends its step.
async fn prove(ctx: &Arc<Context>, step: StepRef, there: Facts) {
    let asked = ctx.control.hold().asked;
    let work = Work::begin(ctx, step);
    let result = proven(&work, there).await;
    if result.is_ok() {
        work.flight.moved(work.size());
    }
    work.end(result, asked).await;
}

async fn proven(work: &Work, there: Facts) -> Result<Done, Halt> {
    let Work { ctx, step, .. } = work;
    let Some(here) = step.source.clone() else {
        return Err(Halt::changed("the plan"));
    };
    let pair = Pair {
        ctx: Arc::clone(ctx),
        step: Step {
            destination: Some(Box::new(there.clone())),
            ..Step::clone(step)
        },
        // What is read to prove it was counted when it was copied.
        flight: Arc::new(Arc::<Counters>::default().begin(step.seq, &step.key, step.op, 0)),
    };
    if here.size != there.size {
        return Err(verify::differ());
    }
    let listed = here.etag().is_some() && here.etag() == there.etag();
    if listed || ctx.plan.options.verify < Some(Level::Checksum) {
        let level = if listed { Level::Checksum } else { Level::Size };
        return Ok(proof::both(&pair.step, level, None));
    }
    let mut tries = Tries::of_part(ctx);
    loop {
        match Box::pin(ctx.cut(pair.prove(&here, &there))).await {
            Ok((level, checksum)) => {
                return Ok(proof::both(&pair.step, level, checksum.as_ref()));
            }
            Err(halt) => tries.again(ctx, step, halt).await?,
        }
    }
}

/// What the report says of a task.
fn of_row(row: &Row) -> Failure {
    let kind = match (row.status, row.code.as_str()) {
        (412, _) => FailureKind::Changed,
        (404, _) => FailureKind::NotFound,
        (403, "InvalidObjectState") => FailureKind::Archived,
        (403, _) => FailureKind::Denied,
        (500.., _) => FailureKind::Transient,
        _ => FailureKind::Refused,
    };
    let hint = match kind {
        FailureKind::Changed => "it changed since the plan: compare again",
        FailureKind::NotFound => {
            "there is no such object: it may have been deleted since the listing"
        }
        FailureKind::Denied => "the job's role may not read it, or not write its copy",
        FailureKind::Archived => "it is archived: restore it first",
        FailureKind::Transient => "S3 failed: try it again",
        FailureKind::Throttled
        | FailureKind::Corrupt
        | FailureKind::Credentials
        | FailureKind::DiskFull
        | FailureKind::Refused
        | FailureKind::Cancelled => "S3 refused the copy",
    };
    let Row {
        status,
        code,
        message,
        ..
    } = row;
    let reason = format!("S3 Batch Operations: {hint} ({code}, {status}: {message})");
    failure(kind, reason)
}

/// What a job that failed as a whole, or was stopped, means for what it did not copy; nothing where it tried all.
fn of_job(sight: &JobSight) -> Option<Failure> {
    let reason = match sight.state {
        JobState::Failed => {
            let why = sight.failures.join("; ");
            format!("S3 Batch Operations: the job failed: {why}")
        }
        JobState::Cancelled => {
            "S3 Batch Operations: the job was stopped at AWS before it came to this".to_owned()
        }
        JobState::Complete
        | JobState::Preparing
        | JobState::Suspended
        | JobState::Active
        | JobState::Ending => return None,
    };
    Some(failure(FailureKind::Refused, reason))
}

fn failure(kind: FailureKind, reason: String) -> Failure {
    Failure {
        kind,
        reason: reason.into(),
        request_id: None,
        attempts: 1,
    }
}

/// The tasks that failed, by the report; nothing is asked where none did.
async fn failures(
    ctx: &Arc<Context>,
    desk: &Desk,
    (job, sight): (&KeptJob, &JobSight),
    portion: &Portion,
) -> Result<Failed, Halt> {
    let (Some(id), Some(first)) = (&job.id, portion.steps.first()) else {
        return Ok(Failed::new());
    };
    if sight.failed == 0 {
        return Ok(Failed::new());
    }
    let manifest = Key::from(format!("job-{id}/manifest.json").as_str());
    let text = patiently(ctx, first, || read(desk, &manifest)).await?;
    let mut failed = Failed::new();
    for part in parts(&text).map_err(|why| broken(&why))? {
        if !part.failed {
            continue;
        }
        let key = within(desk, &part)?;
        let text = patiently(ctx, first, || read(desk, &key)).await?;
        if !part.md5.is_empty() && hex::encode(Md5::digest(&text)) != part.md5.to_lowercase() {
            let why = "its bytes are not those that its manifest.json names";
            return Err(broken(&why));
        }
        let found = rows(&text).map_err(|why| broken(&why))?;
        let found = found.into_iter().filter(|row| row.failed);
        failed.extend(found.map(|row| (row.key.clone(), row)));
    }
    Ok(failed)
}

/// A file of a report.
async fn read(desk: &Desk, key: &Key) -> Result<Bytes, Error> {
    let reading = Box::pin(desk.files.read(key, ReadQuery::default())).await?;
    reading.all().await
}

/// The key of a part below the place of reports.
fn within(desk: &Desk, part: &Part) -> Result<Key, Halt> {
    let report = &desk.split.report;
    let below = (*report.bucket == part.bucket).then(|| report.relative(&part.key));
    let lies = "it lies elsewhere than was asked for";
    below.flatten().ok_or_else(|| broken(&lies))
}

fn broken(why: &impl std::fmt::Display) -> Halt {
    Halt::failed(FailureKind::Corrupt, format!("the report is none: {why}"))
}
