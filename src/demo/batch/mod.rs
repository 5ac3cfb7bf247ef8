//! S3 Batch Operations: jobs over the buckets of this world, as S3 Control has them. A job reads its manifest, copies with the
//! permissions of its role, and writes a completion report; how far it is follows from the demo's clock.

mod asked;
mod job;
mod manifest;
mod operations;
mod report;
mod tree;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::clock::Clock;
use super::fault::Faults;
use super::s3::Store;
use super::sts::ACCOUNT;
use job::{Job, World};

pub use job::State;
pub(super) use operations::{Request, operation, refuse};

/// How quickly jobs go.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pace {
    /// From its creation until a job's manifest was read.
    pub preparing: Duration,
    /// Tasks that a job does a second.
    pub tasks_per_second: f64,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            preparing: Duration::from_millis(200),
            tasks_per_second: 1000.0,
        }
    }
}

/// A job as a test sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobView {
    /// Its id.
    pub id: String,
    /// Where it stands.
    pub state: State,
    /// Tasks in all, done, and failed.
    pub tasks: [usize; 3],
    /// What whoever asked for it calls it.
    pub description: Option<String>,
}

/// All jobs; clones share them.
#[derive(Debug, Clone)]
pub struct Jobs {
    books: Arc<Mutex<Books>>,
    /// Whether any job may have something to do.
    busy: Arc<AtomicBool>,
    store: Store,
    faults: Faults,
    clock: Clock,
}

#[derive(Debug)]
struct Books {
    jobs: Vec<Job>,
    roles: Vec<String>,
    pace: Pace,
}

impl Jobs {
    pub(super) fn new(store: Store, faults: Faults, clock: Clock) -> Self {
        let books = Books {
            jobs: Vec::new(),
            roles: vec![Self::role("wharf-batch")],
            pace: Pace::default(),
        };
        Self {
            books: Arc::new(Mutex::new(books)),
            busy: Arc::default(),
            store,
            faults,
            clock,
        }
    }

    /// The ARN of a role of this world's account. `wharf-batch` is there from the start, and may do everything that no denial
    /// of the store keeps from it.
    pub fn role(name: &str) -> String {
        format!("arn:aws:iam::{ACCOUNT}:role/{name}")
    }

    /// Makes another role, which jobs may run as.
    pub fn add_role(&self, name: &str) {
        self.books().roles.push(Self::role(name));
    }

    /// Sets how quickly jobs go from here on.
    pub fn set_pace(&self, pace: Pace) {
        self.books().pace = pace;
    }

    /// All jobs, oldest first, where they stand now.
    pub fn all(&self) -> Vec<JobView> {
        let books = self.settled();
        let view = |job: &Job| JobView {
            id: job.id.clone(),
            state: job.state,
            tasks: [job.total, job.ended.len() - job.failed, job.failed],
            description: job.asked.description.clone(),
        };
        books.jobs.iter().map(view).collect()
    }

    /// Brings all jobs to where they stand now, where there are any that are not over: what they copy is in the buckets
    /// whoever looks.
    pub(super) fn settle(&self) {
        if self.busy.load(Ordering::Acquire) {
            drop(self.settled());
        }
    }

    fn settled(&self) -> MutexGuard<'_, Books> {
        let mut books = self.books();
        let Books { jobs, roles, pace } = &mut *books;
        let world = self.world(roles, *pace);
        let open = jobs.iter_mut().filter(|job| !job.state.is_over());
        open.for_each(|job| job.settle(&world));
        let busy = jobs.iter().any(|job| !job.state.is_over());
        self.busy.store(busy, Ordering::Release);
        books
    }

    /// What jobs work with now.
    fn world<'a>(&'a self, roles: &'a [String], pace: Pace) -> World<'a> {
        World {
            store: &self.store,
            faults: &self.faults,
            roles,
            pace,
            now: self.clock.now(),
        }
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
