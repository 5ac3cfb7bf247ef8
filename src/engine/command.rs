//! What a front end can ask of the engine. Nothing travels to the engine but these.

use std::sync::Arc;

use crate::domain::{
    key::Key,
    location::{Location, Remote},
    plan::{Plan, SyncOptions},
    progress::TaskId,
};

pub use super::tasks::Pace;

/// A question's number, chosen by the front end: answers bear it. A new generation drops the answers to the old one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct View {
    /// Which place on the screen asks (or 0 for a headless command).
    pub id: u32,
    /// Counts up with each new question of the same place.
    pub generation: u32,
}

/// What to do.
#[derive(Debug, Clone)]
pub enum Command {
    /// List one folder of a location, one level → `Body::Listed`…
    List {
        /// Who asks.
        view: View,
        /// Where.
        location: Location,
        /// Below this folder; empty for the location itself.
        folder: Key,
        /// All levels instead of one.
        deep: bool,
        /// What takes part; `options.filter` and `options.symlinks` are used.
        options: Arc<SyncOptions>,
    },
    /// The buckets of a remote → `Body::Buckets`.
    Buckets {
        /// Who asks.
        view: View,
        /// Whose.
        remote: Remote,
    },
    /// Compare two locations → `Body::Pairs`…, `Body::Compared`.
    Compare {
        /// Who asks.
        view: View,
        /// The left side.
        left: Location,
        /// The right side.
        right: Location,
        /// `check`, `filter`, `symlinks` are used.
        options: Arc<SyncOptions>,
    },
    /// Make a plan from source to destination → `Body::Planned`.
    Plan {
        /// Who asks.
        view: View,
        /// Where entries come from.
        source: Location,
        /// Where they go.
        destination: Location,
        /// Only these keys (files, or folders with all below); all when empty.
        only: Vec<Key>,
        /// All options.
        options: Arc<SyncOptions>,
    },
    /// HEAD or stat of one key → `Body::Stat`.
    Stat {
        /// Who asks.
        view: View,
        /// Where.
        location: Location,
        /// Which.
        key: Key,
    },
    /// Stop what this view asked for.
    Stop(View),
    /// Run exactly this plan (its selected groups) → `Body::Accepted`, then task events.
    Run {
        /// Who asks; gets `Accepted` or `Refused`.
        view: View,
        /// What was shown and approved.
        plan: Arc<Plan>,
    },
    /// Prove by checksum what is on both sides → `Body::Accepted`, then task events.
    Verify {
        /// Who asks.
        view: View,
        /// The left side.
        source: Location,
        /// The right side.
        destination: Location,
        /// Only these keys (files, or folders with all below); all when empty.
        only: Vec<Key>,
        /// `check` (at least checksum) and `filter` are used.
        options: Arc<SyncOptions>,
    },
    /// Hold a task: what is in flight ends, nothing new begins.
    Pause(TaskId),
    /// Let a held task go on; failed steps are tried again.
    Resume(TaskId),
    /// Stop a task: parts in flight are given up, temporary files and uploads removed.
    Cancel(TaskId),
    /// Change a running task's pace; `None` leaves a value as it is, 0 takes its limit away.
    Pace {
        /// Which task.
        task: TaskId,
        /// What changes.
        change: Pace,
    },
}
