//! What the engine tells. Facts only, in batches, on a bounded channel: a slow reader slows the work, nothing is lost.

use std::sync::Arc;

use crate::domain::{
    diff::{Pair, Totals},
    entry::{End, Entry},
    key::Key,
    plan::{Plan, PlannedRoute, TwoWay},
    progress::{Requests, TaskEvent, TaskId, TaskSnapshot},
    sums::Sums,
};

use super::{
    cloud::CloudTold,
    command::View,
    journal::{PastTask, Report},
    look::LookTold,
    picture::Pixels,
    preview::Preview,
    training::RunNews,
    wrap_up::WrapTold,
};

/// One fact.
#[derive(Debug, Clone)]
pub enum Event {
    /// The answer (or a part of it) to a view's question.
    View {
        /// Whose question, with its generation.
        view: View,
        /// What is told.
        body: Body,
    },
    /// A task's fact.
    Task {
        /// Which task.
        id: TaskId,
        /// What is told.
        event: TaskEvent,
    },
}

/// An answer, or a part of one.
#[derive(Debug, Clone)]
pub enum Body {
    /// Some entries of `folder`; the last part bears the end.
    Listed {
        /// Which folder was asked for.
        folder: Key,
        /// In key order.
        entries: Vec<Entry>,
        /// `Some` with the last part.
        end: Option<End>,
    },
    /// Some entries with their checksums; the last part bears the end.
    Recorded {
        /// In key order.
        rows: Vec<Recorded>,
        /// `Some` with the last part.
        end: Option<End>,
    },
    /// The buckets of the remote, by name.
    Buckets(Vec<Bucket>),
    /// How a remote is reached, and who we are there.
    Identity(Box<Identity>),
    /// Some pairs, in key order.
    Pairs(Vec<Pair>),
    /// The comparison is over.
    Compared(Box<Compared>),
    /// The plan.
    Planned(Arc<Plan>),
    /// A plan each way.
    PlannedBoth(Arc<TwoWay>),
    /// A plan for each route.
    PlannedRoutes(Arc<[PlannedRoute]>),
    /// A look at one entry.
    Preview(Box<Preview>),
    /// The pixels of a picture.
    Picture(Pixels),
    /// Something about a training run that is watched.
    Run(Box<RunNews>),
    /// All runs were looked at once.
    Watched,
    /// Something that stands somewhere.
    Looked(Box<LookTold>),
    /// Something about instances.
    Cloud(CloudTold),
    /// Something about the end of a run.
    WrapUp(WrapTold),
    /// The task was accepted under this number; its events follow.
    Accepted(TaskId),
    /// Tasks of this and earlier sessions, newest first.
    Past(Vec<PastTask>),
    /// How a task went.
    Report(Box<Report>),
    /// The question could not be answered.
    Failed(Failed),
}

/// An entry with the checksums of its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// The entry.
    pub entry: Entry,
    /// Its checksums; `None` for folders, and where the store keeps none.
    pub sums: Option<Sums>,
    /// Why they could not be had.
    pub failed: Option<Box<str>>,
}

impl Recorded {
    /// An entry of whose content nothing is known.
    pub(super) fn bare(entry: Entry) -> Self {
        Self {
            entry,
            sums: None,
            failed: None,
        }
    }
}

/// How a remote is reached, and who we are there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The endpoint, where it is not AWS's own.
    pub endpoint: Option<Arc<str>>,
    /// The region that requests begin with.
    pub region: Arc<str>,
    /// Account and role or user; `None` where that is not AWS's to tell, or nobody signs.
    pub who: Option<(Arc<str>, Arc<str>)>,
}

/// A bucket as a list of buckets shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bucket {
    /// Its name.
    pub name: Arc<str>,
    /// When it was made.
    pub created: Option<jiff::Timestamp>,
    /// Where it lives, when told.
    pub region: Option<Arc<str>>,
}

/// How a comparison ended.
#[derive(Debug, Clone)]
pub struct Compared {
    /// The left listing's end.
    pub left: End,
    /// The right listing's end.
    pub right: End,
    /// Counts and bytes by sign.
    pub totals: Totals,
    /// Requests that this comparison sent.
    pub requests: Requests,
    /// Wall time, seconds.
    pub seconds: f64,
}

/// Why a question was not answered, with the exit code's meaning kept.
#[derive(Debug, Clone)]
pub struct Failed {
    /// What kind of end this is for a script.
    pub class: FailedClass,
    /// What happened, to which thing; safe for a terminal.
    pub message: String,
    /// The next step, when there is one.
    pub help: Option<String>,
    /// S3's request id.
    pub request_id: Option<Box<str>>,
}

/// What a failure means for a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailedClass {
    /// Wrong use, no credentials, no bucket: exit 2.
    Usage,
    /// A broken listing, an endpoint that does not answer: exit 3.
    Broken,
    /// A guard refused (read-only, production, brakes): exit 5.
    Guard,
    /// Stopped: exit 130.
    Cancelled,
}

/// Everything countable at one moment; taken on each frame.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    /// Newest first.
    pub tasks: Vec<TaskSnapshot>,
    /// Requests since the session began.
    pub requests: Requests,
    /// What a person should know about this session, oldest first: a journal that cannot be written.
    pub notices: Vec<Arc<str>>,
}
