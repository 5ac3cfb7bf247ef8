//! `wharf tasks`: what the journal knows of tasks, and going on with them, wherever they were begun.

mod attach;
mod go_on;
mod list;
mod report;

use crate::cli::{
    args::{TasksAction, TasksArgs},
    exit::Exit,
};
use crate::domain::{
    location::Location,
    progress::{TaskId, TaskState},
};
use crate::engine::{PastTask, Report, Search};

use super::{Context, VIEW};
use crate::cli::output::record::state_word;

/// Runs the command; `between` are the places of the mapping that was named.
pub(super) async fn tasks(
    context: &mut Context,
    args: &TasksArgs,
    between: Option<(Location, Location)>,
) -> Exit {
    let done = match args
        .action
        .clone()
        .unwrap_or(TasksAction::List(Box::default()))
    {
        TasksAction::List(list) => list::list(context, &list, between).await,
        TasksAction::Show { id } => list::show(context, TaskId(id)).await,
        TasksAction::Resume { ids, detached } => {
            if detached {
                context.interrupts.ignore_hangup();
                go_on::detached(context, &ids).await
            } else {
                go_on::resume(context, &ids).await
            }
        }
        TasksAction::Retry { id } => go_on::retry(context, TaskId(id)).await,
        TasksAction::Cancel { id } => go_on::cancel(context, TaskId(id)).await,
        TasksAction::Attach { id } => attach::attach(context, TaskId(id)).await,
        TasksAction::Report { id, format } => report::report(context, TaskId(id), format).await,
    };
    done.unwrap_or_else(|exit| exit)
}

impl Context {
    /// The tasks that are asked for, newest first.
    async fn past(&mut self, search: Search) -> Result<Vec<PastTask>, Exit> {
        let past = self.engine.past(search).await;
        past.map_err(|failed| self.fail(&failed))
    }

    /// How one task stands.
    async fn past_task(&mut self, id: TaskId) -> Result<PastTask, Exit> {
        let only = Search {
            id: Some(id),
            ..Search::default()
        };
        if let Some(task) = self.past(only).await?.pop() {
            return Ok(task);
        }
        self.output.error(
            format_args!("there is no task {}", id.0),
            Some("wharf tasks list tells those that are known"),
        );
        Err(Exit::Usage)
    }

    /// How one task went.
    async fn report_of(&mut self, task: TaskId) -> Result<Report, Exit> {
        let report = self.engine.report(task).await;
        report.map_err(|failed| self.fail(&failed))
    }
}

/// What a task's end means for a script.
fn exit_of(task: &PastTask) -> Exit {
    match task.state {
        TaskState::Done if task.failed == 0 => Exit::Ok,
        TaskState::Cancelled => Exit::Cancelled,
        TaskState::Done
        | TaskState::Failed
        | TaskState::Interrupted
        | TaskState::Waiting
        | TaskState::Running
        | TaskState::Paused
        | TaskState::Recounting => Exit::Failed,
    }
}
