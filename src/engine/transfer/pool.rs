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

/// Large contents that are under way at once: at least so many, to hide the first and last request of each, and more as
/// long as their parts do not fill the gate.
const LARGE_AT_ONCE: usize = 4;
const MOST_AT_ONCE: usize = 32;

/// What a part holds in memory whose bytes do not come here.
pub(super) const NO_BUFFER: u64 = 0;

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
    let mut parts = 0;
    for step in steps {
        if ctx.ready().await.is_err() {
            break;
        }
        let own = ctx.parts_of(&step);
        parts += own;
        let work = worker::run(Arc::clone(ctx), step);
        running.spawn(async move {
            work.await;
            own
        });
        while has_enough(running.len(), parts, ctx.gate.width()) {
            let ended = running.join_next().await;
            parts -= ended.and_then(Result::ok).unwrap_or_default();
        }
    }
    while running.join_next().await.is_some() {}
}

/// Whether no further large content need begin yet.
fn has_enough(running: usize, parts: u64, width: u16) -> bool {
    running >= MOST_AT_ONCE || (running >= LARGE_AT_ONCE && parts >= u64::from(width))
}

/// Waits until one more may begin; `None` where the task was cancelled.
pub(super) async fn may_begin(ctx: &Arc<Context>, lane: Lane) -> Option<Permit> {
    ctx.ready().await.ok()?;
    let permit = ctx
        .cut(async { Ok(ctx.gate.enter(lane).await) })
        .await
        .ok()?;
    // Held while it waited for room: nothing new begins.
    ctx.ready().await.ok()?;
    Some(permit)
}

/// Does `work` for each part in parallel, each of which holds up to `buffer` bytes in memory, and gives the results in the order of the parts.
/// The first failure stops the rest; nothing of them is left running when this returns, unless it is dropped.
pub(super) async fn each_part<T, W>(
    ctx: &Arc<Context>,
    parts: (impl Iterator<Item = (u32, Range<u64>)>, u64),
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
    (parts, buffer): (impl Iterator<Item = (u32, Range<u64>)>, u64),
    work: impl Fn(u32, Range<u64>) -> W,
) -> Result<Vec<(u32, T)>, Halt>
where
    T: Send + 'static,
    W: Future<Output = Result<T, Halt>> + Send + 'static,
{
    let mut done = Vec::new();
    for (number, range) in parts {
        // Room in memory first: a part that waited for it inside the gate would keep small objects out.
        let bytes = buffer.min(range.end - range.start);
        let memory = ctx
            .cut(async { Ok(ctx.memory.take(Lane::Part, bytes).await) })
            .await?;
        let Some(permit) = may_begin(ctx, Lane::Part).await else {
            // Of a task that is let go the parts on their way arrive, and are kept.
            while let Ok(Some(_)) = ctx.cut(async { Ok(running.join_next().await) }).await {}
            return Err(Halt::cancelled());
        };
        let work = work(number, range);
        running.spawn(async move {
            let part = work.await?;
            drop((permit, memory));
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

/// The failure of work that ended without a word.
pub(super) fn broken() -> Halt {
    Halt::failed(
        crate::domain::retry::FailureKind::Refused,
        "wharf broke off while it worked on a part: please report it",
    )
}
