//! What a front end can ask of the engine. Nothing travels to the engine but these.

use std::{path::PathBuf, sync::Arc};

use serde::{Deserialize, Serialize};

use crate::domain::{
    entry::Facts,
    key::Key,
    location::{Location, Remote},
    plan::{Edit, Plan, Route, SyncOptions, TwoWayRule},
    progress::TaskId,
    training::{alert::Alert, ask::RunAsk},
};

pub use super::tasks::Pace;
use super::{
    FindingTold, cloud::CloudAsk, journal::Search, look::LookAsk, training::Manner,
    wrap_up::WrapAsk,
};

/// A question's number, chosen by the front end: answers bear it. A new generation drops the answers to the old one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct View {
    /// Which place on the screen asks (or 0 for a headless command).
    pub id: u32,
    /// Counts up with each new question of the same place.
    pub generation: u32,
}

/// A command that proves what a task moved, run by the shell when all was moved and counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// As it stands in the configuration; nothing is added to it.
    pub command: Arc<str>,
    /// Where it is run.
    pub folder: PathBuf,
    /// The mapping's name, which it finds in `WHARF_MAPPING`.
    pub mapping: Arc<str>,
}

/// Plans that run as one task with a child for each.
#[derive(Debug, Clone)]
pub struct Family {
    /// What a person calls it.
    pub name: Arc<str>,
    /// In the order in which they begin.
    pub members: Vec<Member>,
    /// How many run at once.
    pub at_once: u16,
}

/// One plan of a family.
#[derive(Debug, Clone)]
pub struct Member {
    /// What a person calls it.
    pub name: Arc<str>,
    /// What was shown and approved.
    pub plan: Arc<Plan>,
    /// What proves it at the end.
    pub check: Option<Check>,
}

impl Member {
    /// A plan of the mapping of this name, called `name`; `proof` is the command that proves it, and where that is run.
    pub fn of_mapping(
        mapping: &str,
        name: String,
        plan: Arc<Plan>,
        proof: Option<(&str, PathBuf)>,
    ) -> Self {
        let check = proof.map(|(command, folder)| Check {
            command: command.into(),
            folder,
            mapping: mapping.into(),
        });
        Self {
            name: name.into(),
            plan,
            check,
        }
    }
}

/// What is to be done to entries where they stand.
#[derive(Debug, Clone)]
pub struct EditAsk {
    /// Where they are.
    pub place: Location,
    /// These keys: files, or folders.
    pub only: Vec<Key>,
    /// What is done.
    pub edit: Edit,
    /// All options.
    pub options: Arc<SyncOptions>,
}

/// A route that is to be planned.
#[derive(Debug, Clone)]
pub struct RouteAsk {
    /// From where to where.
    pub route: Route,
    /// Only these keys (files, or folders with all below); all when empty.
    pub only: Vec<Key>,
    /// All options.
    pub options: Arc<SyncOptions>,
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
    /// List all levels of a location with the checksums of contents → `Body::Recorded`…
    Record {
        /// Who asks.
        view: View,
        /// Where.
        location: Location,
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
    /// How a remote is reached, and who its credentials are → `Body::Identity`.
    Identity {
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
    /// Make a plan that deletes what is named at one place → `Body::Planned`.
    PlanDeletion {
        /// Who asks.
        view: View,
        /// Where it is.
        place: Location,
        /// These keys: files, or folders with all below.
        only: Vec<Key>,
        /// All options.
        options: Arc<SyncOptions>,
    },
    /// Make a plan of what is done to entries where they stand → `Body::Planned`.
    PlanEdit {
        /// Who asks.
        view: View,
        /// What.
        ask: Box<EditAsk>,
    },
    /// Make a plan each way between two locations → `Body::PlannedBoth`.
    PlanBoth {
        /// Who asks.
        view: View,
        /// The left side.
        left: Location,
        /// The right side.
        right: Location,
        /// Only these keys (files, or folders with all below); all when empty.
        only: Vec<Key>,
        /// All options; `existing` says whether what exists may be written over.
        options: Arc<SyncOptions>,
        /// Deletions and conflicts.
        rule: TwoWayRule,
    },
    /// Make a plan for each route of a migration, of all or of none → `Body::PlannedRoutes`.
    PlanRoutes {
        /// Who asks.
        view: View,
        /// In the order in which they begin.
        routes: Vec<RouteAsk>,
    },
    /// Plan the clean-up behind a task: its proven sources → `Body::PlannedRoutes`, one for each task of a group.
    PlanCleanup {
        /// Who asks.
        view: View,
        /// Behind which task.
        task: TaskId,
    },
    /// A look at one entry: its facts and the first bytes of its content → `Body::Preview`.
    Preview {
        /// Who asks.
        view: View,
        /// Where.
        location: Location,
        /// Which.
        key: Key,
    },
    /// The pixels of a picture that was previewed → `Body::Picture`.
    Picture {
        /// Who asks.
        view: View,
        /// Where.
        location: Location,
        /// Which.
        key: Key,
        /// As it was seen: anything else is refused.
        facts: Box<Facts>,
        /// The most pixels across and down.
        most: (u32, u32),
    },
    /// Watch training runs → `Body::Run`…; `Body::Watched` where they are looked at once.
    Watch {
        /// Who asks.
        view: View,
        /// Which.
        runs: Arc<[RunAsk]>,
        /// How.
        manner: Manner,
    },
    /// Run the person's hook for what happened to a training run; nothing is answered.
    TellHook {
        /// The run's name.
        run: Arc<str>,
        /// What happened.
        alert: Alert,
        /// The same in a sentence.
        text: String,
    },
    /// Run the person's hook for what a rule found of an instance; nothing is answered.
    TellFinding(Box<FindingTold>),
    /// The end of a run → `Body::WrapUp`.
    WrapUp {
        /// Who asks.
        view: View,
        /// What.
        ask: Box<WrapAsk>,
    },
    /// Something that stands somewhere → `Body::Looked`.
    Look {
        /// Who asks.
        view: View,
        /// What.
        ask: Box<LookAsk>,
    },
    /// Something about instances → `Body::Cloud`.
    Cloud {
        /// Who asks.
        view: View,
        /// What.
        ask: Box<CloudAsk>,
    },
    /// Tasks that the journal knows → `Body::Past`.
    Past {
        /// Who asks.
        view: View,
        /// Which.
        search: Search,
    },
    /// How a task went → `Body::Report`.
    Report {
        /// Who asks.
        view: View,
        /// Which.
        task: TaskId,
    },
    /// Go on with a task that nobody runs, from the journal → `Body::Accepted`, then task events.
    GoOn {
        /// Who asks; gets `Accepted` or `Failed`.
        view: View,
        /// Which.
        task: TaskId,
    },
    /// Try the failed steps of a task that is over as a task of its own → `Body::Accepted`, then task events.
    Retry {
        /// Who asks; gets `Accepted` or `Failed`.
        view: View,
        /// Which.
        task: TaskId,
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
    /// Run exactly these plans as one task with a child for each; a single one as a plain task → `Body::Accepted`, then
    /// task events.
    RunFamily {
        /// Who asks; gets `Accepted` or `Refused`.
        view: View,
        /// What was shown and approved.
        family: Family,
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
    /// Moves a task within the queue: up where `by` is above 0.
    Prioritise {
        /// Which task.
        task: TaskId,
        /// By how much.
        by: i64,
    },
    /// Let a task go: what is in flight ends, nothing is given up, and any program may go on with it.
    Release(TaskId),
    /// Change a running task's pace; `None` leaves a value as it is, 0 takes its limit away.
    Pace {
        /// Which task.
        task: TaskId,
        /// What changes.
        change: Pace,
    },
}
