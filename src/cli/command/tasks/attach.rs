//! Watching a task that another program runs: its rows are read as they change.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::time::{Instant, interval, sleep};

use crate::cli::{exit::Exit, output::record::ProgressRecord};
use crate::domain::progress::{TaskId, TaskState};
use crate::engine::PastTask;
use crate::humanize;

use super::{Context, report, state_word};

/// How often the journal is looked at: twice for each beat of a task's heart.
const LOOK: Duration = Duration::from_secs(1);
/// How long a worker may take to go on with a task that was handed over to it.
const HANDOVER: Duration = Duration::from_secs(10);
/// How often a plain line is written.
const LINE: Duration = Duration::from_secs(10);

/// Watches a task to its end; Ctrl-C leaves it running.
pub(super) async fn attach(context: &mut Context, id: TaskId) -> Result<Exit, Exit> {
    let began = Instant::now();
    while follow(context, id).await?.state == TaskState::Interrupted && began.elapsed() < HANDOVER {
        // A task that was let go a moment ago is about to be taken over.
        sleep(LOOK).await;
    }
    report::tell_end(context, id).await
}

/// Shows how a task goes on until it is over, or nobody runs it any more.
pub(super) async fn follow(context: &mut Context, id: TaskId) -> Result<PastTask, Exit> {
    let mut looks = interval(LOOK);
    let bar = bar(context);
    let mut told: Option<(Instant, TaskState)> = None;
    loop {
        tokio::select! {
            _ = looks.tick() => {}
            _ = context.interrupts.next() => {
                bar.finish_and_clear();
                context.output.remark(format_args!("task {} goes on without this view", id.0));
                return Err(Exit::Cancelled);
            }
        }
        let task = context.past_task(id).await?;
        if task.state.is_over() {
            bar.finish_and_clear();
            return Ok(task);
        }
        let due = told.is_none_or(|(at, state)| state != task.state || at.elapsed() >= LINE);
        show(context, &bar, &task, due);
        if due {
            told = Some((Instant::now(), task.state));
        }
    }
}

/// A bar whose end is not known yet; on anything but a terminal it is hidden.
fn bar(context: &Context) -> ProgressBar {
    let target = if context.output.style().live {
        ProgressDrawTarget::stderr()
    } else {
        ProgressDrawTarget::hidden()
    };
    let bar = ProgressBar::with_draw_target(None, target);
    // The template is a constant of ours; where it were wrong, the plain bar is drawn.
    if let Ok(style) = ProgressStyle::with_template("{bar:28} {msg}") {
        bar.set_style(style.progress_chars("━╸─"));
    }
    bar
}

fn show(context: &mut Context, bar: &ProgressBar, task: &PastTask, due: bool) {
    let message = format!(
        "{}  {} of {}  {} of {}{}{}",
        state_word(task.state),
        humanize::count(task.done + task.skipped),
        humanize::counted(task.planned, "object"),
        humanize::bytes(task.bytes),
        humanize::bytes(task.planned_bytes),
        match task.failed {
            0 => String::new(),
            n => format!("  {} failed", humanize::count(n)),
        },
        task.reason
            .as_ref()
            .map_or_else(String::new, |reason| format!("  {reason}")),
    );
    bar.set_length(task.planned_bytes.max(1));
    bar.set_position(task.bytes);
    bar.set_message(message.clone());
    if due && !context.output.style().live {
        context.output.remark(message);
    }
    context.output.record(&ProgressRecord {
        r#type: "progress",
        task: task.id,
        planned: task.planned,
        done: task.done,
        failed: task.failed,
        bytes: task.bytes,
        planned_bytes: task.planned_bytes,
    });
}
