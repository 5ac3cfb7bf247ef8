//! Going on with tasks, trying again what failed, stopping them.

use crate::cli::exit::Exit;
use crate::domain::progress::{TaskId, TaskState};
use crate::engine::{Command, Wish};

use super::{Context, VIEW, attach, report};

/// Goes on with these tasks at once, as far as the queue lets them, and waits for the end of all: what the worker does.
pub(super) async fn detached(context: &mut Context, ids: &[u64]) -> Result<Exit, Exit> {
    let mut worst = Exit::Ok;
    let mut tasks = Vec::new();
    for id in ids {
        let task = TaskId(*id);
        let taken = context.accepted(Command::GoOn { view: VIEW, task }).await;
        match taken {
            Ok(task) => tasks.push(task),
            Err(exit) => worst = worst.and(exit),
        }
    }
    context.watch_ends(&tasks).await;
    for task in tasks {
        worst = worst.and(report::tell_end(context, task).await?);
    }
    Ok(worst)
}

/// Goes on with these tasks, one after the other. One that runs elsewhere is watched until it is over, or can be had.
pub(super) async fn resume(context: &mut Context, ids: &[u64]) -> Result<Exit, Exit> {
    let mut worst = Exit::Ok;
    for id in ids {
        let ended = one(context, TaskId(*id)).await.unwrap_or_else(|exit| exit);
        worst = worst.and(ended);
        if ended == Exit::Cancelled {
            break;
        }
    }
    Ok(worst)
}

async fn one(context: &mut Context, id: TaskId) -> Result<Exit, Exit> {
    let task = context.past_task(id).await?;
    if !task.state.is_over() {
        context.output.remark(format_args!(
            "task {} is run by process {} on {}; it is watched here, and gone on with if that one falls silent",
            id.0, task.process, task.host
        ));
        let task = attach::follow(context, id).await?;
        if task.state != TaskState::Interrupted {
            return report::tell_end(context, id).await;
        }
    }
    let task = context
        .accepted(Command::GoOn {
            view: VIEW,
            task: id,
        })
        .await?;
    watch(context, task).await
}

/// Tries again what failed.
pub(super) async fn retry(context: &mut Context, id: TaskId) -> Result<Exit, Exit> {
    let task = context
        .accepted(Command::Retry {
            view: VIEW,
            task: id,
        })
        .await?;
    context.output.remark(format_args!(
        "what failed in task {} is task {} now",
        id.0, task.0
    ));
    watch(context, task).await
}

/// Watches a task of this process to its end.
async fn watch(context: &mut Context, task: TaskId) -> Result<Exit, Exit> {
    let watched = context.watch(task).await;
    let told = report::tell_end(context, task).await?;
    Ok(told.and(watched.exit()))
}

/// Stops a task: whoever runs it is asked to; what nobody runs is cleaned up here.
pub(super) async fn cancel(context: &mut Context, id: TaskId) -> Result<Exit, Exit> {
    let task = context.past_task(id).await?;
    match task.state {
        TaskState::Done | TaskState::Failed | TaskState::Cancelled => {
            context
                .output
                .error(format_args!("task {} is over", id.0), None);
            return Err(Exit::Usage);
        }
        TaskState::Interrupted => {
            let given_up = context.engine.give_up(id).await;
            given_up.map_err(|failed| context.fail(&failed))?;
        }
        TaskState::Waiting | TaskState::Running | TaskState::Paused | TaskState::Recounting => {
            let asked = context.engine.wish(id, Wish::Cancel).await;
            asked.map_err(|failed| context.fail(&failed))?;
            attach::follow(context, id).await?;
        }
    }
    report::tell_end(context, id).await?;
    Ok(Exit::Ok)
}
