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

use super::{Context, Desk, Halt, Portion, StepRef, look, named, patiently, tell};

/// A job that can be asked for, or none.
pub(super) enum Prepared {
    /// Its manifest is written; these steps are not in it, because their destinations exist by now.
    Job(Box<KeptJob>, Vec<StepRef>),
    /// These are to be done here.
    Nothing(Vec<StepRef>),
}

/// Looks what stands at the destination by now, and writes the manifest of what does not.
pub(super) async fn prepared(
    ctx: &Arc<Context>,
    desk: &Desk,
    portion: &mut Portion,
) -> Result<Prepared, Halt> {
    let there = look::destination(ctx, &portion.steps).await?;
    let mut present = Vec::new();
    let mut absent = Vec::new();
    for (step, there) in std::mem::take(&mut portion.steps).into_iter().zip(there) {
        // A job would write over it: here the write bears a condition.
        let side = if there.is_some() {
            &mut present
        } else {
            &mut absent
        };
        side.push(step);
    }
    let Some(first) = absent.first().cloned() else {
        return Ok(Prepared::Nothing(present));
    };
    portion.steps = absent;
    let mut job = KeptJob {
        number: portion.number,
        ask: ask(ctx, desk, portion)?,
        id: None,
        settled: false,
    };
    ctx.journal.job(job.clone()).await;
    ctx.journal.settle().await;
    let manifest = manifest(ctx, portion)?;
    let name = name(&job.ask);
    let Store::S3(files) = &desk.files else {
        return Ok(Prepared::Nothing(std::mem::take(&mut portion.steps)));
    };
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
    Ok(Prepared::Job(Box::new(job), present))
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
    let id = patiently(ctx, first, || desk.jobs.create(&job.ask)).await?;
    job.id = Some(id);
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
