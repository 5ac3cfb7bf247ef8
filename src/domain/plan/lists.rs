//! What the recount's listings will take: both sides' keys are told to the planner, so that the requests are counted, not
//! guessed.

use serde::{Deserialize, Serialize};

use super::{
    Op, Plan,
    fate::{Effect, Fate},
};
use crate::domain::{
    diff::Pair,
    entry::{Facts, Kind},
    ranged::Requests,
};

/// Keys on a page of a listing, and in one request that deletes.
pub const PAGE: u64 = 1000;

/// How many requests it takes to list both places when all steps of a plan are done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lists {
    /// The source.
    pub source: u64,
    /// The destination, with what was added and without what was deleted.
    pub destination: u64,
    /// Keys that were added and that were deleted: of another choice of steps this tells nothing.
    changes: [u64; 2],
}

impl Lists {
    /// Whether they are those of the plan as it is selected now.
    pub fn hold_for(&self, plan: &Plan) -> bool {
        let adds = plan
            .steps()
            .filter(|step| step.op.moves() && step.destination.is_none());
        let deletes = plan.steps().filter(|step| step.op == Op::Delete);
        self.changes == [adds.count() as u64, deletes.count() as u64]
    }
}

/// Counts while pairs pass.
pub(super) struct Counting {
    sides: [Requests; 2],
    changes: [u64; 2],
}

impl Counting {
    pub(super) fn new() -> Self {
        Self {
            sides: [Requests::of_pages(PAGE), Requests::of_pages(PAGE)],
            changes: [0, 0],
        }
    }

    /// Takes a pair, and what becomes of it; `None` for one that stays as it is.
    pub(super) fn take(&mut self, pair: &Pair, fate: Option<&Fate>) {
        let [source, destination] = &mut self.sides;
        if is_listed(pair.left.as_ref()) {
            source.add(&pair.key);
        }
        let [added, deleted] = &mut self.changes;
        let stands = match fate {
            Some(Fate::Step(Effect::Adds)) => {
                *added += 1;
                true
            }
            Some(Fate::Step(Effect::Deletes)) => {
                *deleted += 1;
                false
            }
            Some(_) | None => is_listed(pair.right.as_ref()),
        };
        if stands {
            destination.add(&pair.key);
        }
    }

    pub(super) fn finish(&self) -> Lists {
        let [source, destination] = &self.sides;
        Lists {
            source: source.total(),
            destination: destination.total(),
            changes: self.changes,
        }
    }
}

/// Whether a listing of S3 tells it: objects, and the markers of folders.
fn is_listed(facts: Option<&Facts>) -> bool {
    facts.is_some_and(|facts| facts.kind == Kind::Object || facts.etag().is_some())
}
