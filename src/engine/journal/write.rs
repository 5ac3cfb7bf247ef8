//! What the writer thread is told.

use std::sync::Arc;

use tokio::sync::oneshot;

use crate::domain::{
    key::Key,
    plan::Plan,
    progress::{EndedStep, Outcome, Recount, TaskId, TaskState},
};
use crate::engine::{command::Check, tasks::Brief};

use super::{
    cut::Cut,
    error::JournalError,
    jobs::KeptJob,
    owner::{Heard, NotTaken},
    partial::KeptPart,
    place::Ends,
    task::{Proof, Pulse, Wish},
};

/// A task that the journal knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Begun {
    /// Its number.
    pub(super) task: TaskId,
    /// Names its temporary files.
    pub(super) seed: u64,
}

/// A task that is to begin: its plan is kept whole before its number is told.
#[derive(Debug)]
pub(super) struct Beginning {
    pub(super) brief: Box<Brief>,
    /// A group has none.
    pub(super) plan: Option<Arc<Plan>>,
    pub(super) flags: Arc<[String]>,
    pub(super) check: Option<Check>,
    pub(super) answer: oneshot::Sender<Result<Begun, JournalError>>,
}

/// Who waits to hear whether a task is theirs.
pub(super) type Taking = oneshot::Sender<Result<Begun, NotTaken>>;

/// What the writer thread is told.
#[derive(Debug)]
pub(super) enum Write {
    /// A task is to begin.
    Begin(Beginning),
    /// Somebody wants to go on with a task.
    Take { task: TaskId, answer: Taking },
    /// What a task's owner tells; of one who lost it, nothing is kept.
    OfTask { task: TaskId, fact: Fact },
    /// A content that was proven equal.
    Proof {
        places: Arc<Ends>,
        proof: Box<Proof>,
    },
    /// How the destination's object of a key was cut.
    Cut {
        places: Arc<Ends>,
        key: Key,
        cut: Box<Cut>,
    },
    /// Somebody asks how the destination's object of a key was cut.
    CutOf {
        places: Arc<Ends>,
        key: Key,
        answer: oneshot::Sender<Option<Cut>>,
    },
    /// A key that neither place holds any more.
    Gone { places: Arc<Ends>, key: Key },
    /// What two places were seen to hold; proofs of other names between these have no entry any more.
    Seen(Box<Seen>),
    /// A task is alive.
    Beat {
        pulse: Box<Pulse>,
        answer: oneshot::Sender<Heard>,
    },
    /// Another program asks something of a task's owner.
    Ask { task: TaskId, wish: Wish },
    /// A task's place in the queue.
    Priority { task: TaskId, priority: i64 },
    /// Somebody waits until all that was told before is in the file.
    Settle(oneshot::Sender<()>),
}

/// Names of a complete listing of two places, a run of them at a time.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) places: Arc<Ends>,
    /// The last name of the run before; none for the first run.
    pub(super) after: Option<Key>,
    /// In key order; either place holds them.
    pub(super) names: Vec<Key>,
    /// Nothing comes behind these.
    pub(super) last: bool,
    /// When the listings began, milliseconds since 1970: what was proven later is not judged by them.
    pub(super) began: i64,
}

/// What a task's owner tells.
#[derive(Debug)]
pub(super) enum Fact {
    /// A step ended.
    Ended(Box<EndedStep>),
    /// It entered a state, for this reason.
    State(TaskState, Option<Box<str>>),
    /// Both sides were counted again.
    Recounted(Box<Recount>),
    /// A content is moved in parts from now on.
    Partial {
        seq: u32,
        handle: Arc<str>,
        part_size: u64,
        answer: oneshot::Sender<()>,
    },
    /// A part arrived.
    Part {
        seq: u32,
        number: u32,
        part: KeptPart,
    },
    /// An upload or a temporary file is gone.
    PartialOver { seq: u32, handle: Arc<str> },
    /// How far a job of S3 Batch Operations has come.
    Job(Box<KeptJob>),
}

/// Where facts lie in the file: by task, or by place and key.
pub(super) type Lies<'a> = (Option<TaskId>, Option<(usize, &'a Key)>);

fn there<'a>(places: &Arc<Ends>, key: &'a Key) -> Lies<'a> {
    (None, Some((Arc::as_ptr(places).addr(), key)))
}

/// Bytes that are kept at once when they arrived: a killed process must not send so many again.
const HEAVY: u64 = 4 << 20;

impl Write {
    /// Whether somebody waits until it is kept, or much would be moved again if it were lost.
    pub(super) fn presses(&self) -> bool {
        match self {
            Self::Begin(_)
            | Self::Take { .. }
            | Self::Beat { .. }
            | Self::CutOf { .. }
            | Self::Settle(_) => true,
            Self::OfTask { fact, .. } => fact.presses(),
            Self::Proof { .. }
            | Self::Cut { .. }
            | Self::Gone { .. }
            | Self::Seen(_)
            | Self::Ask { .. }
            | Self::Priority { .. } => false,
        }
    }

    /// Where in the file it lies: facts of tasks by task, facts of places by place and key. What waits for a commit lies
    /// nowhere.
    pub(super) fn lies(&self) -> Lies<'_> {
        match self {
            Self::OfTask { task, .. }
            | Self::Take { task, .. }
            | Self::Ask { task, .. }
            | Self::Priority { task, .. } => (Some(*task), None),
            Self::Beat { pulse, .. } => (Some(pulse.task), None),
            Self::Proof { places, proof } => there(places, &proof.key),
            Self::Cut { places, key, .. }
            | Self::CutOf { places, key, .. }
            | Self::Gone { places, key } => there(places, key),
            Self::Begin(_) | Self::Seen(_) | Self::Settle(_) => (None, None),
        }
    }

    /// Whether it must be on the medium, and not only in the file, before it counts: an upload that only a lost row knows
    /// would be forgotten, and who settles is about to remove what the rows prove.
    pub(super) fn must_last(&self) -> bool {
        matches!(
            self,
            Self::Settle(_)
                | Self::OfTask {
                    fact: Fact::Partial { .. },
                    ..
                }
        )
    }
}

impl Fact {
    fn presses(&self) -> bool {
        match self {
            Self::Partial { .. } | Self::Part { .. } => true,
            Self::Ended(step) => {
                matches!(step.outcome, Outcome::Done { bytes, .. } if bytes >= HEAVY)
            }
            Self::State(..) | Self::Recounted(_) | Self::PartialOver { .. } | Self::Job(_) => false,
        }
    }
}
