//! The queue of one engine: a task that was accepted waits here for its turn, tells for whom or until when, and gives its place
//! back at its end. Children of a family wait for their head alone.

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicBool, Ordering::SeqCst},
};

use jiff::{Timestamp, tz::TimeZone};
use tokio::{
    sync::Notify,
    time::{Duration, sleep},
};

use crate::domain::{
    progress::{TaskId, TaskState},
    queue::{self, Room, Waiting},
};

use super::{journal::Clock, tasks::Task};

/// Tasks that run at once where nobody says otherwise.
pub const AT_ONCE: u16 = 3;

/// The longest sleep before the clock is read again: a closed laptop's clock goes on while its timers stand.
const LOOK: Duration = Duration::from_secs(20);

/// Who waits and how many run.
#[derive(Debug)]
pub(super) struct Queue {
    at_once: usize,
    clock: Clock,
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    waiting: Vec<Waiting>,
    running: usize,
}

/// A place among those that run; given back when it is dropped.
#[derive(Debug)]
pub struct Turn {
    queue: Arc<Queue>,
    /// Others run in its place.
    lent: AtomicBool,
}

impl Turn {
    /// Lets others run meanwhile: for a task that waits for hours.
    pub(super) fn lend(&self) {
        if !self.lent.swap(true, SeqCst) {
            self.queue.leave();
        }
    }

    /// Takes the place back, also where another task has it: whoever began is not held up again.
    pub(super) fn take_back(&self) {
        if self.lent.swap(false, SeqCst) {
            self.queue.lock().running += 1;
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if !self.lent.load(SeqCst) {
            self.queue.leave();
        }
    }
}

/// Takes a task out of the queue, however its waiting ends.
struct Entry<'a>(&'a Queue, TaskId);

impl Drop for Entry<'_> {
    fn drop(&mut self) {
        self.0.lock().waiting.retain(|one| one.id != self.1);
        self.0.changed.notify_waiters();
    }
}

impl Queue {
    /// A queue that lets so many run at once.
    pub(super) fn new(at_once: Option<u16>, clock: Clock) -> Arc<Self> {
        Arc::new(Self {
            at_once: usize::from(at_once.unwrap_or(AT_ONCE).max(1)),
            clock,
            state: Mutex::default(),
            changed: Notify::new(),
        })
    }

    /// Waits for the task's turn; `None` where it was stopped before.
    pub(super) async fn turn(self: &Arc<Self>, task: &Task) -> Option<Turn> {
        self.lock().waiting.push(Waiting {
            id: task.id,
            priority: task.priority(),
            due: task.brief.due,
            held: false,
        });
        let _entry = Entry(self, task.id);
        let mut holds = task.control.holds();
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            let held = holds.borrow_and_update().paused;
            let now = self.now();
            let stands = self.look(task, held, now);
            if stands == queue::Turn::Now {
                // Its place counts from the look on: where it was stopped meanwhile, this gives it back.
                let turn = Turn {
                    queue: Arc::clone(self),
                    lent: AtomicBool::new(false),
                };
                return (!task.control.is_ending()).then_some(turn);
            }
            if !held {
                let words = stands.words(now, &TimeZone::system());
                task.sender
                    .state(TaskState::Waiting, words.map(Into::into))
                    .await;
            }
            let rest = match stands {
                queue::Turn::At(due) => until(due, now),
                queue::Turn::Now | queue::Turn::Behind(_) | queue::Turn::Held => LOOK,
            };
            let wait = async {
                tokio::select! {
                    () = changed => {}
                    _ = holds.changed() => {}
                    () = sleep(rest) => {}
                }
            };
            task.control.until_ending(wait).await?;
        }
    }

    /// Where the task stands; where it is its turn, it counts as running from now on.
    fn look(&self, task: &Task, held: bool, now: Timestamp) -> queue::Turn {
        let mut state = self.lock();
        let room = Room {
            running: state.running,
            at_once: self.at_once,
        };
        let Some(at) = state.waiting.iter().position(|one| one.id == task.id) else {
            return queue::Turn::Held;
        };
        if let Some(one) = state.waiting.get_mut(at) {
            let changed = one.held != held;
            (one.held, one.priority) = (held, task.priority());
            if changed {
                self.changed.notify_waiters();
            }
        }
        let Some(one) = state.waiting.get(at) else {
            return queue::Turn::Held;
        };
        let turn = queue::turn(one, &state.waiting, room, now);
        if turn == queue::Turn::Now {
            state.waiting.remove(at);
            state.running += 1;
        }
        turn
    }

    fn leave(&self) {
        self.lock().running -= 1;
        self.changed.notify_waiters();
    }

    /// Somebody's priority changed.
    pub(super) fn reorder(&self, task: &Task) {
        let mut state = self.lock();
        if let Some(one) = state.waiting.iter_mut().find(|one| one.id == task.id) {
            one.priority = task.priority();
        }
        drop(state);
        self.changed.notify_waiters();
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.clock.now()).unwrap_or_default()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn until(due: Timestamp, now: Timestamp) -> Duration {
    let rest = Duration::try_from(due.duration_since(now)).unwrap_or_default();
    rest.min(LOOK)
}
