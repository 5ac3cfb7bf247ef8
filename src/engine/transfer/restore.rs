//! Archived sources are restored before they are read: all are asked for at once, the rest is moved meanwhile, and then the
//! task waits, and is told to, until each can be read. Whoever goes on with the task asks again, which S3 takes for nothing new.

use std::sync::Arc;

use tokio::{task::JoinSet, time::sleep};

use crate::backend::store::Store;
use crate::domain::{entry::Facts, plan::Restore, progress::TaskState};

use super::{
    Context,
    context::StepRef,
    gate::Lane,
    pool,
    tries::{Tries, luck},
};

/// The steps that wait for the archive, and those that need not.
pub(super) fn split(ctx: &Context, steps: Vec<StepRef>) -> [Vec<StepRef>; 2] {
    let archived = |step: &StepRef| step.source.as_ref().is_some_and(Facts::is_archived);
    let restores = ctx.plan.options.restore.is_some();
    let (waits, rest) = steps
        .into_iter()
        .partition(|step| restores && archived(step));
    [waits, rest]
}

/// Asks for all of these; gives back those that S3 restores. Of the others their own step tells why not.
pub(super) async fn ask(ctx: &Arc<Context>, steps: &[StepRef]) -> Vec<StepRef> {
    let Some(restore) = ctx.plan.options.restore else {
        return Vec::new();
    };
    let mut asking = JoinSet::new();
    let mut taken = Vec::new();
    for step in steps {
        let Some(permit) = pool::may_begin(ctx, Lane::Small).await else {
            break;
        };
        let (ctx, step) = (Arc::clone(ctx), step.clone());
        asking.spawn(async move {
            let is_taken = asked(&ctx, &step, restore).await;
            drop(permit);
            is_taken.then_some(step)
        });
        while let Some(ended) = asking.try_join_next() {
            taken.extend(ended.ok().flatten());
        }
    }
    while let Some(ended) = asking.join_next().await {
        taken.extend(ended.ok().flatten());
    }
    taken.sort_by_key(|step| step.seq);
    taken
}

/// Whether S3 restores the source of a step now.
async fn asked(ctx: &Context, step: &StepRef, restore: Restore) -> bool {
    let Store::S3(s3) = &ctx.source else {
        return false;
    };
    let mut tries = Tries::of_part(ctx);
    loop {
        ctx.pay(0).await;
        let Err(error) = s3.restore(&step.key, restore).await else {
            return true;
        };
        tracing::warn!(key = %step.key, %error, "the archived source could not be restored");
        if tries.again(ctx, step, error.into()).await.is_err() {
            return false;
        }
    }
}

/// Waits until each of these can be read, or until the task is to end.
pub(super) async fn wait(ctx: &Context, steps: &[StepRef]) {
    let mut looks = 0;
    for (at, step) in steps.iter().enumerate() {
        while ctx.ready().await.is_ok() && !can_be_read(ctx, step).await {
            if looks == 0 {
                waits(ctx, steps.len() - at).await;
            }
            looks += 1;
            let time = ctx.tuning.looks.wait(looks, 0.5 + luck() / 2.0);
            if ctx.control.until_ending(sleep(time)).await.is_none() {
                return;
            }
        }
    }
    if looks > 0 {
        if let Some(turn) = &ctx.turn {
            turn.take_back();
        }
        ctx.events.state(TaskState::Running, None).await;
    }
}

/// Tells that so many wait for the archive, which takes hours: others run in the task's place.
async fn waits(ctx: &Context, left: usize) {
    let reason = format!("{left} archived sources are being restored by S3");
    let waiting = TaskState::Waiting;
    ctx.events.state(waiting, Some(reason.into())).await;
    if let Some(turn) = &ctx.turn {
        turn.lend();
    }
}

/// Whether a source can be read; what is wrong with one that cannot be looked at is told by its own step.
async fn can_be_read(ctx: &Context, step: &StepRef) -> bool {
    ctx.pay(0).await;
    let looked = ctx.source.stat(&step.key).await;
    looked.is_ok_and(|stat| !stat.entry.facts.is_archived())
}
