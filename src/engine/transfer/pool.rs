//! The pool: small steps and large ones begin side by side, each as soon as the gate has room; parts of one content run in parallel.

use std::{ops::Range, sync::Arc};

use tokio::task::JoinSet;

use super::{
    Context,
    context::StepRef,
    gate::{Lane, Permit},
    halt::Halt,
    worker,
};

/// Large contents that are under way at once: enough to hide the first and last request of each.
const LARGE_AT_ONCE: usize = 4;

/// Does all these steps; returns when each has ended, or when the task was cancelled and what was in flight has ended.
pub(super) async fn run(ctx: &Arc<Context>, steps: Vec<StepRef>) {
    let (large, small) = steps
        .into_iter()
        .partition::<Vec<_>, _>(|step| ctx.in_parts(step));
    tokio::join!(run_small(ctx, small), run_large(ctx, large));
}

async fn run_small(ctx: &Arc<Context>, steps: Vec<StepRef>) {
    let mut running = JoinSet::new();
    for step in steps {
        let Some(permit) = may_begin(ctx, Lane::Small).await else {
            break;
        };
        running.spawn(with_permit(Arc::clone(ctx), step, permit));
        while running.try_join_next().is_some() {}
    }
    while running.join_next().await.is_some() {}
}

async fn with_permit(ctx: Arc<Context>, step: StepRef, permit: Permit) {
    worker::run(ctx, step).await;
    drop(permit);
}

async fn run_large(ctx: &Arc<Context>, steps: Vec<StepRef>) {
    let mut running = JoinSet::new();
    for step in steps {
        if ctx.ready().await.is_err() {
            break;
        }
        running.spawn(worker::run(Arc::clone(ctx), step));
        if running.len() >= LARGE_AT_ONCE {
            running.join_next().await;
        }
    }
    while running.join_next().await.is_some() {}
}

/// Waits until one more may begin; `None` where the task was cancelled.
async fn may_begin(ctx: &Arc<Context>, lane: Lane) -> Option<Permit> {
    ctx.ready().await.ok()?;
    let permit = ctx
        .cut(async { Ok(ctx.gate.enter(lane).await) })
        .await
        .ok()?;
    // Held while it waited for room: nothing new begins.
    ctx.ready().await.ok()?;
    Some(permit)
}

/// Does `work` for each part in parallel, and gives the results in the order of the parts.
/// The first failure stops the rest; nothing of them is left running when this returns, unless it is dropped.
pub(super) async fn each_part<T, W>(
    ctx: &Arc<Context>,
    parts: impl Iterator<Item = (u32, Range<u64>)>,
    work: impl Fn(u32, Range<u64>) -> W,
) -> Result<Vec<T>, Halt>
where
    T: Send + 'static,
    W: Future<Output = Result<T, Halt>> + Send + 'static,
{
    let mut running = JoinSet::new();
    let result = gather(ctx, &mut running, parts, work).await;
    running.shutdown().await;
    let mut done = result?;
    done.sort_unstable_by_key(|(number, _)| *number);
    Ok(done.into_iter().map(|(_, part)| part).collect())
}

type Part<T> = Result<(u32, T), Halt>;

async fn gather<T, W>(
    ctx: &Arc<Context>,
    running: &mut JoinSet<Part<T>>,
    parts: impl Iterator<Item = (u32, Range<u64>)>,
    work: impl Fn(u32, Range<u64>) -> W,
) -> Result<Vec<(u32, T)>, Halt>
where
    T: Send + 'static,
    W: Future<Output = Result<T, Halt>> + Send + 'static,
{
    let mut done = Vec::new();
    for (number, range) in parts {
        let Some(permit) = may_begin(ctx, Lane::Part).await else {
            return Err(Halt::cancelled());
        };
        let work = work(number, range);
        running.spawn(async move {
            let part = work.await?;
            drop(permit);
            Ok((number, part))
        });
        while let Some(ended) = running.try_join_next() {
            done.push(ended.unwrap_or_else(|_| Err(broken()))?);
        }
    }
    while let Some(ended) = ctx.cut(async { Ok(running.join_next().await) }).await? {
        done.push(ended.unwrap_or_else(|_| Err(broken()))?);
    }
    Ok(done)
}

fn broken() -> Halt {
    Halt::failed(
        crate::domain::retry::FailureKind::Refused,
        "wharf broke off while it worked on a part: please report it",
    )
}
