//! Transfer: runs an approved plan and proves what it did. The engine's registry hands a `Job` in and gets the task's
//! last state back; all else is told by events, counters and the journal on the way.
//!
//! Additions and overwrites come first, deletes last and only where nothing failed, then the recount. Sources of a move go
//! after all that, each by its own proof.

mod again;
mod backup;
mod batch;
mod check;
mod climb;
mod composite;
mod context;
mod copy;
mod delete;
mod delta;
mod download;
mod edit;
mod forget;
mod gate;
mod gzip;
mod halt;
pub(super) mod hash;
mod in_place;
mod memory;
mod multipart;
mod origin;
mod parts;
mod pool;
mod proof;
mod ranges;
mod rate;
mod read_back;
mod recount;
mod relay;
mod remove;
mod remove_many;
mod restore;
mod target;
mod tempo;
mod tries;
mod trouble;
mod upload;
mod verify;
mod walk;
mod ways;
mod worker;

use std::sync::Arc;

use futures::future::BoxFuture;

use crate::backend::Store;
use crate::domain::{
    entry::End,
    plan::{Op, Plan},
    progress::TaskState,
};

use super::{
    command::Check,
    journal::TaskJournal,
    queue::Turn,
    tasks::{Control, Counters, TaskSender},
};

use context::{Context, StepRef};

pub use again::Earlier;
pub use backup::{Kept, give_up_kept};
pub use batch::Desk;
pub(super) use climb::SHARED as WORKERS;
pub use forget::give_up;
pub use parts::Tuning;

/// What a task works on and with.
#[derive(Debug)]
pub struct Job {
    /// What was approved.
    pub plan: Arc<Plan>,
    /// Where entries come from.
    pub source: Store,
    /// Where they go.
    pub destination: Store,
    /// Where what is written over or deleted is kept first.
    pub kept: Option<Kept>,
    /// Where jobs of S3 Batch Operations are asked for; `None` where nothing is handed over.
    pub batch: Option<Desk>,
    /// What proves the whole at the end.
    pub check: Option<Check>,
    /// The task's knobs.
    pub control: Control,
    /// The task's quantities.
    pub counters: Arc<Counters>,
    /// Where facts are told.
    pub events: TaskSender,
    /// Where proofs are kept.
    pub journal: TaskJournal,
    /// How contents are cut and how often a try is repeated.
    pub tuning: Tuning,
    /// What earlier runs of the task left; `None` in the first one.
    pub earlier: Option<Earlier>,
    /// Its place among the tasks that run; the children of a family have none of their own.
    pub turn: Option<Arc<Turn>>,
}

/// Runs the selected groups of a plan, then counts both sides again. Tells the last state with its reason, and returns it.
pub async fn run(job: Job) -> TaskState {
    let ctx = Context::new(job);
    paced(&ctx, moved_and_counted(&ctx)).await
}

/// Proves by checksum what stands on both sides of the plan's locations; each pair ends as a step of its own.
pub async fn verify(job: Job) -> TaskState {
    let ctx = Context::new(job);
    paced(&ctx, verify::run(&ctx)).await
}

/// Does the work at the pace that a person sets, and tells how it ended.
async fn paced(ctx: &Arc<Context>, work: impl Future<Output = Option<String>>) -> TaskState {
    ctx.events.state(TaskState::Running, None).await;
    let reason = tokio::select! {
        reason = work => reason,
        () = ctx.follow_pace() => None,
        () = ctx.look_after_troubles() => None,
    };
    let state = if ctx.control.is_left() {
        TaskState::Interrupted
    } else if ctx.control.is_cancelled() {
        TaskState::Cancelled
    } else if ctx.any_failed() || reason.is_some() {
        TaskState::Failed
    } else {
        TaskState::Done
    };
    let told = matches!(state, TaskState::Failed | TaskState::Cancelled);
    let reason = reason.filter(|_| told);
    ctx.events.state(state, reason.map(Into::into)).await;
    ctx.events.flush().await;
    state
}

/// All steps and the recount; why the task failed, where it did.
async fn moved_and_counted(ctx: &Arc<Context>) -> Option<String> {
    let steps = StepRef::selected(&ctx.plan);
    let planned = steps.len() as u64;
    let open = steps.into_iter().filter(|step| ctx.is_open(step.seq));
    let (removes, open): (Vec<_>, Vec<_>) = open.partition(|step| step.op == Op::Remove);
    let (deletes, moves): (Vec<_>, Vec<_>) =
        open.into_iter().partition(|step| step.op == Op::Delete);
    forget::lost(ctx, &moves).await;
    if let Some(backup) = &ctx.backup {
        backup.find(|seq| ctx.is_open(seq)).await;
    }
    let [archived, moves] = restore::split(ctx, moves);
    let [handed, moves] = batch::split(ctx, moves);
    let restored = restore::ask(ctx, &archived).await;
    let handed: BoxFuture<'_, _> = Box::pin(batch::run(ctx, handed));
    let (back, ()) = tokio::join!(handed, pool::run(ctx, moves));
    pool::run(ctx, back).await;
    restore::wait(ctx, &restored).await;
    pool::run(ctx, archived).await;
    pool::run(ctx, ctx.ways.take()).await;
    again_while_asked(ctx).await;
    delete_last(ctx, deletes).await;
    if ctx.control.is_ending() {
        return None;
    }
    if let Some(reason) = unended(ctx, planned - removes.len() as u64) {
        return Some(reason);
    }
    if ctx.check.is_some() || !removes.is_empty() {
        // The command may take long, and a source that is gone proves nothing: whoever goes on after a kill must know
        // what had arrived.
        ctx.journal.settle().await;
    }
    // Once sources are gone, nothing can be counted against them.
    let counted = remove::has_begun(ctx);
    let off = if ctx.plan.options.recount && !counted {
        recount::run(ctx).await
    } else {
        None
    };
    let failed = || ctx.any_failed().then(|| "some objects failed".to_owned());
    let reason = match off.or_else(failed) {
        Some(reason) => Some(reason),
        None => check::run(ctx).await,
    };
    if removes.is_empty() || ctx.control.is_ending() {
        return reason;
    }
    remove::run(ctx, removes).await;
    again_while_asked(ctx).await;
    if ctx.control.is_ending() {
        return None;
    }
    reason.or_else(|| unended(ctx, planned)).or_else(failed)
}

/// Why the task failed where not all steps came to an end.
fn unended(ctx: &Context, planned: u64) -> Option<String> {
    let ended = ctx.counters.ended_steps();
    (ended != planned).then(|| format!("{ended} of {planned} steps came to an end: run it again"))
}

/// Tries failed steps again, as often as a person let the task go on since they failed.
async fn again_while_asked(ctx: &Arc<Context>) {
    loop {
        let again = ctx.asked_again();
        if again.is_empty() || ctx.control.is_ending() {
            return;
        }
        for _ in &again {
            ctx.counters.tried_again();
        }
        pool::run(ctx, again).await;
    }
}

async fn delete_last(ctx: &Arc<Context>, deletes: Vec<StepRef>) {
    if deletes.is_empty() || ctx.control.is_ending() {
        return;
    }
    let prints = [&ctx.plan.source_print, &ctx.plan.destination_print];
    if !prints
        .into_iter()
        .all(|print| matches!(print.end, End::Complete))
    {
        let reason = "a listing was not complete, so that nothing may be deleted";
        return delete::leave(ctx, deletes, reason).await;
    }
    if ctx.any_failed() {
        let reason = "something failed before, so that nothing was deleted";
        return delete::leave(ctx, deletes, reason).await;
    }
    delete::run(ctx, deletes).await;
}
