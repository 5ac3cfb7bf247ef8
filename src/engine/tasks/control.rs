//! `Control`: how a person holds, stops and paces a running task. The registry turns the knobs, transfers look at them.
//! Cloning shares the knobs; a stopped task stays stopped. A task is stopped in one of two ways: cancelled, it gives up what
//! is in flight and cleans up; left, it ends what is in flight and keeps what another run can go on with.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering::Relaxed},
};

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::domain::plan::SyncOptions;

/// How fast a task may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pace {
    /// Parallel requests; found by the task itself when `None`.
    pub workers: Option<u16>,
    /// Bytes a second; unlimited when `None`.
    pub bandwidth: Option<u64>,
    /// Requests a second; unlimited when `None`.
    pub requests: Option<u32>,
}

impl Pace {
    /// The pace that a plan was made with; 0 means no limit.
    pub fn of(options: &SyncOptions) -> Self {
        Self {
            workers: options.workers.filter(|&workers| workers > 0),
            bandwidth: options.bandwidth.filter(|&bandwidth| bandwidth > 0),
            requests: options.requests_per_second.filter(|&requests| requests > 0),
        }
    }

    /// This pace with what a person changed: `None` leaves a value, 0 takes its limit away.
    #[must_use]
    pub fn changed(self, change: Self) -> Self {
        Self {
            workers: newer(self.workers, change.workers),
            bandwidth: newer(self.bandwidth, change.bandwidth),
            requests: newer(self.requests, change.requests),
        }
    }
}

/// What a change makes of a value.
fn newer<T: PartialEq + Default>(value: Option<T>, change: Option<T>) -> Option<T> {
    match change {
        None => value,
        Some(change) => Some(change).filter(|change| *change != T::default()),
    }
}

/// Whether a task is held, and how often it was told to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Hold {
    /// Nothing new may begin.
    pub paused: bool,
    /// A person holds it, and it waits for a person.
    pub by_person: bool,
    /// Counts up whenever it is let go.
    pub resumes: u64,
    /// Counts up when a person lets it go: failed steps are tried again once for each.
    pub asked: u64,
}

/// The knobs of one task; clones share them.
#[derive(Debug, Clone)]
pub struct Control {
    cancel: CancellationToken,
    /// Nothing new may begin: cancelled, or left.
    end: CancellationToken,
    left: Arc<AtomicBool>,
    hold: Arc<watch::Sender<Hold>>,
    pace: Arc<watch::Sender<Pace>>,
}

impl Control {
    /// Knobs that stop with `parent`, set to this pace.
    pub fn new(parent: &CancellationToken, pace: Pace) -> Self {
        let cancel = parent.child_token();
        Self {
            end: cancel.child_token(),
            cancel,
            left: Arc::default(),
            hold: Arc::new(watch::Sender::new(Hold::default())),
            pace: Arc::new(watch::Sender::new(pace)),
        }
    }

    /// Stops the task, held or not.
    pub fn cancel(&self) {
        self.cancel.cancel();
    }

    /// Lets the task go: nothing new begins, what is in flight ends, and what is half-done stays for another run.
    pub fn leave(&self) {
        if !self.cancel.is_cancelled() {
            self.left.store(true, Relaxed);
        }
        self.end.cancel();
    }

    /// Whether the task was let go, so that nothing of it is given up.
    pub fn is_left(&self) -> bool {
        self.left.load(Relaxed)
    }

    /// Ends when the task is let go.
    pub async fn left(&self) {
        self.end.cancelled().await;
        if !self.is_left() {
            // Cancelled, which is another end.
            std::future::pending::<()>().await;
        }
    }

    /// Whether the task was told to stop at once.
    pub fn is_cancelled(&self) -> bool {
        self.cancel.is_cancelled()
    }

    /// Whether nothing new may begin.
    pub fn is_ending(&self) -> bool {
        self.end.is_cancelled()
    }

    /// Does this unless the task is stopped meanwhile, in whichever way.
    pub async fn until_ending<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        self.end.run_until_cancelled(work).await
    }

    /// Ends when the task is told to stop.
    pub async fn cancelled(&self) {
        self.cancel.cancelled().await;
    }

    /// The token itself, for work that waits on it beside other things.
    pub fn token(&self) -> &CancellationToken {
        &self.cancel
    }

    /// A person holds the task: what is in flight ends, nothing new begins. True where nobody did before.
    pub fn pause(&self) -> bool {
        self.hold.send_if_modified(|hold| {
            hold.paused = true;
            !std::mem::replace(&mut hold.by_person, true)
        })
    }

    /// Trouble holds the task until `go_on`. True where it was not held before.
    pub fn hold_up(&self) -> bool {
        self.hold
            .send_if_modified(|hold| !std::mem::replace(&mut hold.paused, true))
    }

    /// A person lets the task go on, whatever holds it; counted.
    pub fn resume(&self) {
        self.hold.send_modify(|hold| {
            hold.paused = false;
            hold.by_person = false;
            hold.resumes += 1;
            hold.asked += 1;
        });
    }

    /// The trouble is mended: lets the task go on, unless it is not held, or a person holds it too. True where it goes on.
    pub fn go_on(&self) -> bool {
        self.hold.send_if_modified(|hold| {
            let goes = hold.paused && !hold.by_person;
            if goes {
                hold.paused = false;
                hold.resumes += 1;
            }
            goes
        })
    }

    /// Follows whether the task is held.
    pub fn holds(&self) -> watch::Receiver<Hold> {
        self.hold.subscribe()
    }

    /// Whether the task is held, and how often it was let go.
    pub fn hold(&self) -> Hold {
        *self.hold.borrow()
    }

    /// Waits while the task is held; false where it was stopped, before or meanwhile.
    pub async fn ready(&self) -> bool {
        let mut hold = self.hold.subscribe();
        let go = hold.wait_for(|hold| !hold.paused);
        matches!(self.end.run_until_cancelled(go).await, Some(Ok(_))) && !self.end.is_cancelled()
    }

    /// Waits until the task was let go more than `resumes` times and is not held; false where it was stopped.
    pub async fn resumed_after(&self, resumes: u64) -> bool {
        let mut hold = self.hold.subscribe();
        let go = hold.wait_for(|hold| !hold.paused && hold.resumes > resumes);
        matches!(self.end.run_until_cancelled(go).await, Some(Ok(_)))
    }

    /// The pace now.
    pub fn pace(&self) -> Pace {
        *self.pace.borrow()
    }

    /// The pace as it changes.
    pub fn paces(&self) -> watch::Receiver<Pace> {
        self.pace.subscribe()
    }

    /// Changes the pace: `None` leaves a value as it is, 0 takes its limit away.
    pub fn set_pace(&self, change: Pace) {
        self.pace.send_if_modified(|pace| {
            let new = pace.changed(change);
            std::mem::replace(pace, new) != new
        });
    }
}

#[cfg(test)]
mod tests {
    use tokio_util::sync::CancellationToken;

    use super::{Control, Pace};

    fn control() -> Control {
        Control::new(&CancellationToken::new(), Pace::default())
    }

    #[tokio::test]
    async fn a_held_task_waits_until_it_is_let_go() {
        let control = control();
        assert!(control.ready().await);
        assert!(control.pause());
        assert!(!control.pause());
        let held = control.clone();
        let waiting = tokio::spawn(async move { held.ready().await });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        control.resume();
        assert!(waiting.await.unwrap());
        assert_eq!(control.hold().resumes, 1);
    }

    #[test]
    fn mended_trouble_lets_go_only_what_no_person_holds() {
        let control = control();
        assert!(control.hold_up() && control.go_on());
        assert!(!control.go_on(), "it was not held");
        assert!(control.hold_up() && control.pause());
        assert!(!control.go_on());
        control.resume();
        let hold = control.hold();
        assert_eq!((hold.paused, hold.resumes, hold.asked), (false, 2, 1));
    }

    #[tokio::test]
    async fn a_stopped_task_waits_for_nothing() {
        let control = control();
        control.pause();
        control.cancel();
        assert!(!control.ready().await);
        assert!(!control.resumed_after(0).await);
        control.resume();
        assert!(!control.ready().await);
    }

    #[tokio::test]
    async fn a_task_that_is_left_begins_nothing_and_cuts_nothing() {
        let control = control();
        control.leave();
        assert!(!control.ready().await && control.is_ending() && control.is_left());
        assert!(!control.is_cancelled());
        control.cancel();
        assert!(control.is_left());
        let cancelled = self::control();
        cancelled.cancel();
        cancelled.leave();
        assert!(!cancelled.is_left());
    }

    #[test]
    fn pace_changes_only_what_is_named() {
        let control = control();
        control.set_pace(Pace {
            workers: Some(8),
            bandwidth: Some(1 << 20),
            requests: None,
        });
        control.set_pace(Pace {
            bandwidth: Some(0),
            requests: Some(5),
            ..Pace::default()
        });
        let expected = Pace {
            workers: Some(8),
            bandwidth: None,
            requests: Some(5),
        };
        assert_eq!(control.pace(), expected);
    }
}
