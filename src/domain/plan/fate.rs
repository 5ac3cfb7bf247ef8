//! What becomes of a pair in a plan, and what the steps of one group have in common.

use super::Op;
use crate::domain::diff::{Level, Sign};

/// What steps of one group have in common; its order is the order in which groups run.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Kinship {
    pub(super) effect: Effect,
    pub(super) sign: Sign,
    pub(super) op: Op,
}

/// What a step does to what exists.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Effect {
    Adds,
    Overwrites,
    Deletes,
    Removes,
}

/// What becomes of a pair.
pub(super) enum Fate {
    Step(Effect),
    Same(Level),
    Kept,
    Unproven,
    Extra,
    Excluded,
    Conflict,
    Archived,
    NotScanned,
    Refused(Sign, Box<str>),
}

impl Fate {
    /// Whether the source's content stands at the destination, now or once the plan has run.
    pub(super) fn arrives(&self) -> bool {
        match self {
            Self::Step(Effect::Adds | Effect::Overwrites) | Self::Same(_) => true,
            Self::Step(Effect::Deletes | Effect::Removes)
            | Self::Kept
            | Self::Unproven
            | Self::Extra
            | Self::Excluded
            | Self::Conflict
            | Self::Archived
            | Self::NotScanned
            | Self::Refused(..) => false,
        }
    }
}
