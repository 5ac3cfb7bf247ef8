//! The heart of a task: tells the journal that it lives and what it counted, and hears what others want of it.

use std::{convert::Infallible, sync::Arc, time::Duration};

use tokio::time::{MissedTickBehavior, interval, timeout};

use crate::domain::progress::TaskState;

use super::{
    hook::Hooks,
    journal::{Heard, Wish},
    queue::Queue,
    run,
    tasks::{Registry, Task},
};

/// How often it beats: often enough for five beats before others take a silent task over.
const BEAT: Duration = Duration::from_secs(2);
/// How long what is in flight may take when a task is let go.
const PARTING: Duration = Duration::from_secs(8);

/// Beats from the acceptance of a task to its end.
pub(super) async fn beat(
    task: Arc<Task>,
    (registry, queue): (Arc<Registry>, Arc<Queue>),
    hooks: Hooks,
) {
    tokio::select! {
        () = task.status.over() => {}
        never = beats(&task, (&registry, &queue)) => match never {},
        never = tell_of_holds(&task, &hooks) => match never {},
    }
    task.sender.flush().await;
    // What it counted last.
    task.journal.beat(task.pulse()).await;
    if task.brief.parent.is_none() {
        hooks.tell(&task).await;
    }
}

/// Runs the hook whenever the task is held until a person mends the cause; not where a person holds it.
async fn tell_of_holds(task: &Task, hooks: &Hooks) -> Infallible {
    loop {
        task.status
            .until(|state, reason| state == TaskState::Paused && reason.is_some())
            .await;
        hooks.tell(task).await;
        task.status
            .until(|state, _| state != TaskState::Paused)
            .await;
    }
}

async fn beats(task: &Arc<Task>, here: (&Registry, &Queue)) -> Infallible {
    let mut beats = interval(BEAT);
    beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        beats.tick().await;
        match task.journal.beat(task.pulse()).await {
            Heard::Nothing => {}
            Heard::Wish(wish) => obey(task, here, wish).await,
            Heard::Lost => {
                // Whoever has it now goes on with what is half-done: nothing of it may be given up here.
                tracing::warn!(task = task.id.0, "another program took the task over");
                task.control.leave();
                task.control.cancel();
            }
        }
    }
}

/// Does what is wished, with the task and with its children.
async fn obey(task: &Arc<Task>, (registry, queue): (&Registry, &Queue), wish: Wish) {
    if let Some(by) = wish.raises() {
        return run::put(queue, task, by).await;
    }
    for task in registry
        .children(task.id)
        .into_iter()
        .chain([Arc::clone(task)])
    {
        match wish {
            Wish::Cancel => task.control.cancel(),
            Wish::Pause => {
                task.control.pause();
            }
            Wish::Resume => task.control.resume(),
            // Told above: a task's place is its own.
            Wish::Raise | Wish::Lower => {}
            Wish::Release => {
                tokio::spawn(let_go(Arc::clone(&task)));
            }
        }
        run::announce(task).await;
    }
}

/// Lets a task go; cuts what does not end in time, which stays as far as it came.
pub(super) async fn let_go(task: Arc<Task>) {
    task.control.leave();
    if timeout(PARTING, task.status.over()).await.is_err() {
        task.control.cancel();
    }
}
