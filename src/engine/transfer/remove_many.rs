//! Sources behind a task go in batches where the store heeds a condition on each key there: as many as one request takes are
//! looked at, side by side, and those that may go are deleted at once, each only as it was proven. What a batch leaves open
//! is looked at once more and goes by itself.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::task::JoinSet;

use crate::backend::{
    s3::DELETE_MAX,
    store::{Condition, Pin, Store},
};
use crate::domain::{
    plan::{IN_BATCHES_FROM, Proven, Stays},
    retry::{Decision, FailureKind},
};

use super::{
    Context,
    context::StepRef,
    gate::Lane,
    halt::{Done, Halt},
    pool,
    remove::{Allowed, allowed, look, removed_one, stays},
    tries::Tries,
    worker::Work,
};

/// How old the first look of a batch may be when it is deleted: held by a person or by a slow store, what was seen to stand
/// may have gone since.
const FRESH: Duration = Duration::from_secs(30);

/// A source that may go, with what proves it.
type Open = (Work, Option<Proven>);

/// Whether these go in batches: behind a task, and where the store says no to a key that is not what the condition says. A
/// bucket that keeps versions is not asked: a store that does not look would leave a marker.
pub(super) async fn may(ctx: &Context, steps: &[StepRef]) -> bool {
    let (Store::S3(s3), Some(first)) = (&ctx.source, steps.first()) else {
        return false;
    };
    if ctx.plan.cleans.is_none() || steps.len() < IN_BATCHES_FROM {
        return false;
    }
    ctx.pay(0).await;
    let Ok(stat) = s3.stat(&first.key).await else {
        return false;
    };
    let version = stat
        .entry
        .facts
        .object()
        .and_then(|id| id.version.as_deref());
    if version.is_some_and(|version| version != "null") {
        return false;
    }
    ctx.pay(0).await;
    s3.heeds_conditions_in_batches().await
}

/// Removes these sources; each step ends with an outcome of its own.
pub(super) async fn run(ctx: &Arc<Context>, steps: &[StepRef]) {
    for batch in steps.chunks(DELETE_MAX) {
        let asked = ctx.control.hold().asked;
        let began = Instant::now();
        let open = looked(ctx, batch, asked).await;
        if ctx.ready().await.is_err() || ctx.control.is_ending() {
            for (work, _) in open {
                work.end(Err(Halt::cancelled()), asked).await;
            }
            return;
        }
        let left = if began.elapsed() > FRESH {
            open.into_iter().map(given_back).collect()
        } else {
            deleted(ctx, open, asked).await
        };
        pool::run(ctx, left).await;
    }
}

/// The step of a source that is to be looked at once more.
fn given_back((work, proven): Open) -> StepRef {
    work.ctx.give_back_proven(&work.step.key, proven);
    work.step
}

/// Looks at both sides of each of these; what may not go has ended.
async fn looked(ctx: &Arc<Context>, batch: &[StepRef], asked: u64) -> Vec<Open> {
    let mut running = JoinSet::new();
    let mut open = Vec::with_capacity(batch.len());
    for step in batch {
        let Some(permit) = pool::may_begin(ctx, Lane::Small).await else {
            break;
        };
        let work = Work::begin(ctx, step.clone());
        running.spawn(async move {
            let found = tried(&work).await;
            drop(permit);
            let ended = match found {
                Ok(Ok(proven)) => return Some((work, proven)),
                Ok(Err(gone)) => Ok(gone),
                Err(halt) => Err(halt),
            };
            work.end(ended, asked).await;
            None
        });
        while let Some(ended) = running.try_join_next() {
            open.extend(ended.ok().flatten());
        }
    }
    while let Some(ended) = running.join_next().await {
        open.extend(ended.ok().flatten());
    }
    open
}

/// Whether a source may go, tries and all.
async fn tried(work: &Work) -> Result<Allowed, Halt> {
    let mut tries = Tries::of_step(&work.ctx);
    loop {
        match Box::pin(work.ctx.cut(allowed(work, &tries))).await {
            Ok(allowed) => return Ok(allowed),
            Err(halt) => tries.again(&work.ctx, &work.step, halt).await?,
        }
    }
}

/// Deletes these in one request; gives back those for which another try may help.
async fn deleted(ctx: &Arc<Context>, open: Vec<Open>, asked: u64) -> Vec<StepRef> {
    let Store::S3(s3) = &ctx.source else {
        return open.into_iter().map(given_back).collect();
    };
    let (mut keys, mut pinned) = (Vec::new(), Vec::new());
    for (work, proven) in open {
        match work.step.source.as_ref().and_then(Pin::of) {
            Some(pin) => {
                keys.push((work.step.key.clone(), Condition::Unchanged(pin)));
                pinned.push((work, proven));
            }
            None => work.end(Err(stays(Stays::Unknown)), asked).await,
        }
    }
    if keys.is_empty() {
        return Vec::new();
    }
    ctx.pay(0).await;
    let answers = s3.delete_many(&keys).await;
    let mut left = Vec::new();
    for ((work, proven), answer) in pinned.into_iter().zip(answers) {
        let ended = match answer {
            Ok(()) => Ok(removed_one()),
            Err(error) => refused(&work, error.into()).await,
        };
        match ended {
            Err(Halt::Failed(failure))
                if ctx.tuning.retry.next(1, failure.kind, 1.0) != Decision::GiveUp =>
            {
                left.push(given_back((work, proven)));
            }
            ended => work.end(ended, asked).await,
        }
    }
    left
}

/// What it means that a key of a batch was not deleted.
async fn refused(work: &Work, halt: Halt) -> Result<Done, Halt> {
    let kind = halt.failure().map(|failure| failure.kind);
    match kind {
        Some(FailureKind::NotFound) => Err(Halt::Skipped("it was gone already".into())),
        Some(FailureKind::Changed) => Err(stays(Stays::Changed)),
        // The answer was lost, not what it told: what is gone was deleted here.
        Some(FailureKind::Transient) => match look(work, &work.ctx.source).await {
            Ok(None) => Ok(removed_one()),
            Ok(Some(_)) | Err(_) => Err(halt),
        },
        _ => Err(halt),
    }
}
