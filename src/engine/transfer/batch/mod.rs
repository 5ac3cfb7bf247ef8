//! Copies that S3 Batch Operations does for a task: a manifest is written, a job asked for and watched, and then each copy is
//! proven as any other is. A job's report is a hint; the destination tells what stands. What a job did not do is done here.

mod begin;
mod look;
mod settle;
mod watch;

use std::sync::Arc;

use crate::backend::{Error, JobSight, JobState, Jobs, Store};
use crate::domain::{
    plan::{Op, Split},
    progress::{Failure, TaskState},
    retry::FailureKind,
};
use crate::engine::journal::KeptJob;

use super::{Context, context::StepRef, halt::Halt, tries::Tries, worker::Work};

/// Where jobs are asked for, and where their manifests and reports lie.
#[derive(Debug, Clone)]
pub struct Desk {
    /// What is handed over of the plan.
    pub split: Split,
    /// The jobs of the role's account, in the destination's region.
    pub jobs: Jobs,
    /// The place of manifests and reports.
    pub files: Store,
}

/// What one job copies.
#[derive(Debug)]
struct Portion {
    /// Which of the task's jobs.
    number: u32,
    /// The class that it writes.
    class: Option<Arc<str>>,
    /// In key order.
    steps: Vec<StepRef>,
}

impl Portion {
    fn bytes(&self) -> u64 {
        self.steps.iter().map(|step| step.size()).sum()
    }
}

/// The steps that are handed over, and those that are not.
pub(super) fn split(ctx: &Context, steps: Vec<StepRef>) -> [Vec<StepRef>; 2] {
    let handed = |step: &StepRef| step.op == Op::Copy && ctx.plan.not_handed(step).is_none();
    let (handed, rest) = steps
        .into_iter()
        .partition(|step| ctx.batch.is_some() && handed(step));
    [handed, rest]
}

/// Has these steps done by jobs, one after the other; gives back what is to be done here.
pub(super) async fn run(ctx: &Arc<Context>, handed: Vec<StepRef>) -> Vec<StepRef> {
    let Some(desk) = &ctx.batch else {
        return handed;
    };
    let mut here = Vec::new();
    for portion in portions(ctx, desk, handed) {
        if ctx.control.is_ending() {
            break;
        }
        here.extend(one(ctx, desk, portion).await);
    }
    here
}

/// What each job copies. Jobs are numbered by the whole plan, so that a task that is gone on with knows its jobs again.
fn portions(ctx: &Context, desk: &Desk, handed: Vec<StepRef>) -> Vec<Portion> {
    let classes = (0..).zip(desk.split.jobs.keys());
    let mut portions: Vec<Portion> = classes
        .map(|(number, class)| Portion {
            number,
            class: class.clone(),
            steps: Vec::new(),
        })
        .collect();
    for step in handed {
        let class = ctx.plan.class_of_copy(&step);
        if let Some(portion) = portions.iter_mut().find(|portion| portion.class == class) {
            portion.steps.push(step);
        }
    }
    portions.retain(|portion| !portion.steps.is_empty());
    for portion in &mut portions {
        portion.steps.sort_by(|one, other| one.key.cmp(&other.key));
    }
    portions
}

/// Has the steps of one portion done by its job; gives back what is to be done here.
async fn one(ctx: &Arc<Context>, desk: &Desk, mut portion: Portion) -> Vec<StepRef> {
    let kept = ctx.earlier.as_ref().and_then(|earlier| {
        let mut jobs = earlier.jobs.iter();
        jobs.find(|job| job.number == portion.number).cloned()
    });
    if kept.as_ref().is_some_and(|job| job.settled) {
        // Its job is over; what is open since failed in it, or was never in it.
        return portion.steps;
    }
    let mut here = Vec::new();
    let done = async {
        let mut job = match kept.filter(|job| !job.ask.etag.is_empty()) {
            Some(job) => {
                let apart = |step: &mut StepRef| job.apart.contains(&step.seq);
                here.extend(portion.steps.extract_if(.., apart));
                job
            }
            None => match begin::prepared(ctx, desk, &mut portion, &mut here).await? {
                Some(job) => job,
                None => return Ok(Vec::new()),
            },
        };
        begin::asked(ctx, desk, &mut job, &portion).await?;
        let sight = watch::until_over(ctx, desk, &job, &portion).await?;
        let rest = settle::settled(ctx, desk, (&job, &sight), &portion).await?;
        if !ctx.control.is_ending() {
            over(&mut job, &sight);
            ctx.journal.job(job).await;
        }
        Ok::<_, Halt>(rest)
    };
    match done.await {
        Ok(rest) => here.extend(rest),
        Err(halt) => failed(ctx, &portion.steps, &halt).await,
    }
    here
}

/// What is kept of a job that is over. One that never began (its role, its manifest) is asked for anew when the task is gone on with.
fn over(job: &mut KeptJob, sight: &JobSight) {
    let never_began = sight.state == JobState::Failed && sight.succeeded + sight.failed == 0;
    if never_began {
        job.ask.etag = "".into();
        job.id = None;
    } else {
        job.settled = true;
    }
}

/// Ends all of these as failed for one reason; not where the task is stopped, for another run goes on with them.
async fn failed(ctx: &Arc<Context>, steps: &[StepRef], halt: &Halt) {
    let Some(failure) = halt.failure() else {
        return;
    };
    if failure.kind == FailureKind::Cancelled {
        return;
    }
    let reason = format!("S3 Batch Operations: {}", failure.reason);
    let failure = Failure {
        reason: reason.into(),
        ..failure.clone()
    };
    for step in steps {
        fail(ctx, step, failure.clone()).await;
    }
}

/// Ends one step as failed.
async fn fail(ctx: &Arc<Context>, step: &StepRef, failure: Failure) {
    let asked = ctx.control.hold().asked;
    let work = Work::begin(ctx, step.clone());
    work.end(Err(Halt::GaveUp(failure)), asked).await;
}

/// Asks something until it is answered, or no further try helps.
async fn patiently<T, A>(ctx: &Context, step: &StepRef, ask: impl Fn() -> A) -> Result<T, Halt>
where
    A: Future<Output = Result<T, Error>>,
{
    let mut tries = Tries::of_part(ctx);
    loop {
        ctx.ready().await?;
        match ctx.cut(async { Ok(ask().await) }).await? {
            Ok(told) => return Ok(told),
            Err(error) => tries.again(ctx, step, error.into()).await?,
        }
    }
}

/// Tells what happens, where a task's reason stands.
async fn tell(ctx: &Context, words: String) {
    let words = Some(words.into());
    ctx.events.state(TaskState::Running, words).await;
}

/// What a person knows a job by.
fn named(job: &KeptJob) -> String {
    let id = job.id.as_deref().unwrap_or_default();
    format!("S3 Batch Operations, job {id}")
}
