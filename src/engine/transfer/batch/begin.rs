//! A job from its manifest to its id. What is to be done stands in the journal before it is done: who goes on after a kill
//! asks with the same token, and S3 answers with the same job.

use std::{
    hash::{BuildHasher as _, RandomState},
    sync::Arc,
};

use bytes::Bytes;
use jiff::SignedDuration;

use crate::backend::{
    JobAsk,
    store::{Condition, Store, WriteQuery},
};
use crate::domain::{batch, key::Key, location::Location};
use crate::engine::{
    journal::KeptJob,
    transfer::{context::s3, hash::crc64},
};

use super::{Context, Desk, Halt, Portion, StepRef, Tries, look, named, patiently, tell};

/// Looks what stands at the destination by now, and writes the manifest of what does not; what does goes to those that are
/// done here. `None` where nothing is left for a job.
pub(super) async fn prepared(
    ctx: &Arc<Context>,
    desk: &Desk,
    portion: &mut Portion,
    here: &mut Vec<StepRef>,
) -> Result<Option<KeptJob>, Halt> {
    let there = look::destination(ctx, &portion.steps).await?;
    let mut apart = Vec::new();
    for (step, there) in std::mem::take(&mut portion.steps).into_iter().zip(there) {
        if there.is_some() {
            // A job would write over it: here the write bears a condition.
            apart.push(step.seq);
            here.push(step);
        } else {
            portion.steps.push(step);
        }
    }
    let (Some(first), Store::S3(files)) = (portion.steps.first(), &desk.files) else {
        here.append(&mut portion.steps);
        return Ok(None);
    };
    let first = first.clone();
    let mut job = KeptJob {
        number: portion.number,
        ask: ask(ctx, desk, portion)?,
        id: None,
        settled: false,
        apart,
    };
    let manifest = manifest(ctx, portion)?;
    let name = name(&job.ask);
    let query = WriteQuery {
        condition: Condition::None,
        checksum: Some(crc64(&manifest)),
        ..WriteQuery::default()
    };
    let write = || files.put(&name, manifest.clone(), &query);
    let written = Box::pin(patiently(ctx, &first, write)).await?;
    job.ask.etag = written.etag.as_deref().unwrap_or_default().into();
    ctx.journal.job(job.clone()).await;
    ctx.journal.settle().await;
    Ok(Some(job))
}

/// Asks for the job, where it has no id yet.
pub(super) async fn asked(
    ctx: &Arc<Context>,
    desk: &Desk,
    job: &mut KeptJob,
    portion: &Portion,
) -> Result<(), Halt> {
    let (None, Some(first)) = (&job.id, portion.steps.first()) else {
        return Ok(());
    };
    ctx.ready().await?;
    match created(ctx, desk, job, first).await {
        Ok(id) => job.id = Some(id),
        Err(halt) => {
            if ctx.control.is_cancelled() {
                stop(desk, job).await;
            }
            return Err(halt);
        }
    }
    ctx.journal.job(job.clone()).await;
    ctx.journal.settle().await;
    let count = portion.steps.len();
    tell(
        ctx,
        format!("{}: {count} objects are handed over", named(job)),
    )
    .await;
    Ok(())
}

/// Has the job made. Not cut off by a cancel: one whose id is lost could not be stopped.
async fn created(
    ctx: &Context,
    desk: &Desk,
    job: &KeptJob,
    first: &StepRef,
) -> Result<Box<str>, Halt> {
    let mut tries = Tries::of_part(ctx);
    loop {
        match desk.jobs.create(&job.ask).await {
            Ok(id) => return Ok(id),
            Err(error) => tries.again(ctx, first, error.into()).await?,
        }
    }
}

/// Stops a job that may have been made although nobody heard so.
async fn stop(desk: &Desk, job: &KeptJob) {
    if let Err(error) = desk.jobs.stop(&job.ask, job.id.as_deref()).await {
        tracing::warn!(?job.id, %error, "a job of S3 Batch Operations could not be stopped");
    }
}

/// Name of the manifest below the place of such files.
fn name(ask: &JobAsk) -> Key {
    Key::from(format!("{}.csv", ask.token).as_str())
}

/// A line for each source.
fn manifest(ctx: &Context, portion: &Portion) -> Result<Bytes, Halt> {
    let Some(source) = ctx.plan.source.s3() else {
        return Err(Halt::changed("the plan"));
    };
    let mut text = String::with_capacity(portion.steps.len() * 96);
    for step in &portion.steps {
        let full = source.full_key(&step.key);
        let full = full.map_err(|refusal| {
            let kind = crate::domain::retry::FailureKind::Refused;
            Halt::failed(kind, refusal.to_string())
        })?;
        batch::line(&mut text, &source.bucket, &full);
    }
    Ok(text.into())
}

fn ask(ctx: &Context, desk: &Desk, portion: &Portion) -> Result<JobAsk, Halt> {
    let options = &ctx.plan.options;
    let (task, number) = (ctx.journal.task().0, portion.number);
    let noise = RandomState::new().hash_one((task, number));
    let token = format!("wharf-{task}-{number}-{noise:016x}");
    let report = &desk.split.report;
    let folder = report.folder();
    let Location::S3(destination) = &ctx.plan.destination else {
        return Err(Halt::changed("the plan"));
    };
    let times = portion
        .steps
        .iter()
        .map(|step| step.source.as_ref()?.modified);
    let newest = times.collect::<Option<Vec<_>>>();
    let newest = newest.and_then(|times| times.into_iter().max());
    Ok(JobAsk {
        description: format!("wharf task {task}, job {}", number + 1).into(),
        role: desk.split.role.clone(),
        manifest: (
            (*report.bucket).into(),
            format!("{folder}{token}.csv").into(),
        ),
        token: token.into(),
        etag: "".into(),
        bucket: (*destination.bucket).into(),
        prefix: desk.split.prefix.clone(),
        class: portion.class.as_deref().map(Box::from),
        kms_key: ctx.plan.kms_key().map(Box::from),
        tags: options.tags.clone(),
        // S3 keeps whole seconds: what changed within the last one is told by its ETag.
        unmodified_since: newest.and_then(|at| at.checked_add(SignedDuration::from_secs(1)).ok()),
        report: ((*report.bucket).into(), folder.trim_end_matches('/').into()),
        requester_pays: s3(&ctx.source)?.requester_pays(),
    })
}
