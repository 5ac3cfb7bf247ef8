//! `Status`: where a task stands, shared by its worker, its sender and the snapshots. A task that is over stays over.

use std::{
    collections::BTreeSet,
    sync::{Mutex, MutexGuard, PoisonError},
};

use jiff::Timestamp;
use tokio::sync::Notify;

use crate::domain::progress::{EndedStep, Outcome, TaskSnapshot, TaskState};

/// Where one task stands.
#[derive(Debug)]
pub struct Status {
    now: Mutex<Now>,
    /// Steps that failed and were not done since.
    failed: Mutex<BTreeSet<u32>>,
    changes: Notify,
}

#[derive(Debug, Clone)]
struct Now {
    state: TaskState,
    reason: Option<Box<str>>,
    /// What a held task goes on with.
    before_pause: TaskState,
    ended: Option<Timestamp>,
}

impl Default for Status {
    fn default() -> Self {
        let now = Now {
            state: TaskState::Waiting,
            reason: None,
            before_pause: TaskState::Running,
            ended: None,
        };
        Self {
            now: Mutex::new(now),
            failed: Mutex::default(),
            changes: Notify::new(),
        }
    }
}

impl Status {
    /// Where the task stands now.
    pub fn state(&self) -> TaskState {
        self.lock().state
    }

    /// What a held task goes on with when it is let go.
    pub fn before_pause(&self) -> TaskState {
        self.lock().before_pause
    }

    /// Enters a state; false where the task stands there already, or is over.
    pub fn enter(&self, state: TaskState, reason: Option<Box<str>>) -> bool {
        let mut now = self.lock();
        if now.state.is_over() || (now.state == state && now.reason == reason) {
            return false;
        }
        if matches!(
            now.state,
            TaskState::Waiting | TaskState::Running | TaskState::Recounting
        ) {
            now.before_pause = now.state;
        }
        now.ended = state.is_over().then(Timestamp::now);
        now.state = state;
        now.reason = reason;
        drop(now);
        self.changes.notify_waiters();
        true
    }

    /// Waits until the task is over.
    pub async fn over(&self) {
        self.until(|state, _| state.is_over()).await;
    }

    /// Waits until this holds for its state and reason.
    pub async fn until(&self, holds: impl Fn(TaskState, Option<&str>) -> bool) {
        loop {
            let changed = self.changes.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            let now = self.lock().clone();
            if holds(now.state, now.reason.as_deref()) {
                return;
            }
            changed.await;
        }
    }

    /// Notes how a step ended.
    pub fn note(&self, step: &EndedStep) {
        let mut failed = self.failed();
        match step.outcome {
            Outcome::Failed(_) => {
                failed.insert(step.seq);
            }
            Outcome::Done { .. } | Outcome::Skipped { .. } => {
                failed.remove(&step.seq);
            }
        }
    }

    /// The steps that failed, for whoever tries them again: told once.
    pub fn take_failed(&self) -> BTreeSet<u32> {
        std::mem::take(&mut *self.failed())
    }

    /// Writes state, reason and end into a snapshot.
    pub fn show(&self, into: &mut TaskSnapshot) {
        let now = self.lock();
        into.state = now.state;
        into.reason.clone_from(&now.reason);
        into.ended = now.ended;
    }

    fn failed(&self) -> MutexGuard<'_, BTreeSet<u32>> {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock(&self) -> MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::Status;
    use crate::domain::progress::TaskState;

    #[test]
    fn a_held_task_goes_on_with_what_it_did() {
        let status = Status::default();
        assert!(status.enter(TaskState::Running, None));
        assert!(status.enter(TaskState::Recounting, None));
        assert!(status.enter(TaskState::Paused, None));
        assert_eq!(status.before_pause(), TaskState::Recounting);
    }

    #[test]
    fn a_task_that_is_over_stays_over() {
        let status = Status::default();
        assert!(status.enter(TaskState::Cancelled, None));
        assert!(!status.enter(TaskState::Running, None));
        assert_eq!(status.state(), TaskState::Cancelled);
    }
}
