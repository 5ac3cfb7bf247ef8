//! Deletes: only what the plan saw and only as it was then, in batches where the store takes them.

use std::sync::Arc;

use crate::backend::{
    Error,
    s3::DELETE_MAX,
    store::{Condition, Store},
};
use crate::domain::{
    key::Key,
    plan::Step,
    progress::Failure,
    retry::{Decision, FailureKind},
};

use super::{
    Context,
    context::StepRef,
    halt::{Done, Halt},
    target,
    tries::Tries,
    worker::Work,
};

/// Deletes all these, a batch after another; each step ends with its own outcome.
pub(super) async fn run(ctx: &Arc<Context>, steps: Vec<StepRef>) {
    match &ctx.destination {
        Store::S3(_) => {
            for batch in steps.chunks(DELETE_MAX) {
                if ctx.ready().await.is_err() {
                    return;
                }
                delete_batch(ctx, batch).await;
            }
        }
        Store::Disk(_) | Store::Manifest(_) => super::pool::run(ctx, steps).await,
    }
}

/// Tells of each of these that it was left, and why.
pub(super) async fn leave(ctx: &Arc<Context>, steps: Vec<StepRef>, reason: &str) {
    let asked = ctx.control.hold().asked;
    for step in steps {
        let work = Work::begin(ctx, step);
        work.end(Err(Halt::Skipped(reason.into())), asked).await;
    }
}

async fn delete_batch(ctx: &Arc<Context>, batch: &[StepRef]) {
    let asked = ctx.control.hold().asked;
    let mut tries = Tries::of_step(ctx);
    let mut open = Vec::with_capacity(batch.len());
    for step in batch {
        let work = Work::begin(ctx, step.clone());
        match kept(ctx, step).await {
            Ok(()) => open.push(work),
            Err(halt) => work.end(Err(halt), asked).await,
        }
    }
    while !open.is_empty() {
        let failed = round(ctx, open, &tries, asked).await;
        open = again(ctx, &mut tries, failed, asked).await;
    }
}

/// Keeps what is to be deleted, where that was asked for.
async fn kept(ctx: &Context, step: &Step) -> Result<(), Halt> {
    match &ctx.backup {
        Some(backup) => backup.keep(step).await,
        None => Ok(()),
    }
}

/// Asks once for all; gives those back for which another try may help.
async fn round(
    ctx: &Arc<Context>,
    open: Vec<Work>,
    tries: &Tries,
    asked: u64,
) -> Vec<(Work, Failure)> {
    let answers = match ctx.cut(ask(ctx, &open, tries.in_doubt())).await {
        Ok(answers) => answers,
        Err(_) => open.iter().map(|_| Err(Halt::cancelled())).collect(),
    };
    let mut failed = Vec::new();
    for (work, answer) in open.into_iter().zip(answers) {
        match answer {
            Err(Halt::Failed(failure))
                if ctx.tuning.retry.next(1, failure.kind, 1.0) != Decision::GiveUp =>
            {
                failed.push((work, failure));
            }
            ended => work.end(ended, asked).await,
        }
    }
    failed
}

/// Waits once for all that failed; where no other try follows, each ends with its own failure.
async fn again(
    ctx: &Arc<Context>,
    tries: &mut Tries,
    failed: Vec<(Work, Failure)>,
    asked: u64,
) -> Vec<Work> {
    let Some((first, failure)) = failed.first() else {
        return Vec::new();
    };
    let waited = tries
        .again(ctx, &first.step, Halt::Failed(failure.clone()))
        .await;
    let Err(halt) = waited else {
        return failed.into_iter().map(|(work, _)| work).collect();
    };
    let attempts = match halt {
        Halt::GaveUp(last) => last.attempts,
        Halt::Failed(_) | Halt::Skipped(_) => 1,
    };
    for (work, failure) in failed {
        let failure = Failure {
            attempts,
            ..failure
        };
        work.end(Err(Halt::GaveUp(failure)), asked).await;
    }
    Vec::new()
}

/// One request for all that are open; an answer for each.
async fn ask(
    ctx: &Context,
    open: &[Work],
    in_doubt: bool,
) -> Result<Vec<Result<Done, Halt>>, Halt> {
    ctx.pay(0).await;
    let keys: Vec<(Key, Condition)> = open
        .iter()
        .map(|work| (work.step.key.clone(), target::condition(&work.step)))
        .collect();
    let answers = ctx.target()?.delete_many(&keys).await;
    Ok(answers
        .into_iter()
        .map(|answer| answered(answer, in_doubt))
        .collect())
}

/// Deletes one entry.
pub(super) async fn one(work: &Work, tries: &Tries) -> Result<Done, Halt> {
    let Work { ctx, step, .. } = work;
    let condition = target::condition(step);
    ctx.pay(0).await;
    let answer = match &ctx.destination {
        Store::Disk(disk) => disk.delete(&step.key, &condition).await,
        Store::S3(s3) => s3.delete(&step.key, &condition).await,
        Store::Manifest(_) => {
            let reason = "a manifest holds nothing that could be deleted";
            return Err(Halt::failed(FailureKind::Refused, reason));
        }
    };
    answered(answer, tries.in_doubt())
}

/// What an answer means. After a lost one, an entry that is gone was deleted here.
fn answered(answer: Result<(), Error>, in_doubt: bool) -> Result<Done, Halt> {
    let done = Done {
        bytes: 0,
        level: None,
        proof: None,
    };
    match answer {
        Ok(()) => Ok(done),
        Err(error) if error.failure_kind() == FailureKind::NotFound => {
            if in_doubt {
                Ok(done)
            } else {
                Err(Halt::Skipped("it was gone already".into()))
            }
        }
        Err(error) if error.failure_kind() == FailureKind::Changed => Err(Halt::changed("it")),
        Err(error) => Err(error.into()),
    }
}
