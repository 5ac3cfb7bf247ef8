//! Both ways at once. Three facts decide for each key: the left now, the right now, and what the journal proved both equal
//! as. What changed on one side since goes to the other; what changed on both is a conflict, listed and never guessed.
//! The result is a plan each way; they share no key, and a conflict is in neither before somebody settles it.

mod settle;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Deletes, Existing, Plan, PlanError, Planner, SyncOptions};
use crate::domain::{
    codec::Folding,
    diff::{Newer, Pair, Verdict},
    entry::{End, Facts},
    key::Key,
    location::Location,
    side::Side,
};

/// What the journal knows of a key: whether both sides were once proven equal, and what became of each since.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Since {
    /// They never were, as far as is known.
    Never,
    /// They were.
    Proven {
        /// What became of the left one.
        left: Change,
        /// What became of the right one.
        right: Change,
    },
}

impl Since {
    /// Whether both are exactly what was proven.
    pub fn is_unchanged(self) -> bool {
        let (left, right) = (Change::None, Change::None);
        self == Self::Proven { left, right }
    }

    /// The same as it is seen from the right.
    fn mirrored(self) -> Self {
        match self {
            Self::Never => Self::Never,
            Self::Proven { left, right } => Self::Proven {
                left: right,
                right: left,
            },
        }
    }
}

/// What became of an entry since it was proven.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It is exactly the one that was proven.
    None,
    /// It is, or may be, another one.
    Changed,
    /// It is gone.
    Gone,
}

/// Which side wins a conflict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Settle {
    /// The left one.
    Left,
    /// The right one.
    Right,
    /// The one that was changed later; neither where the times do not tell.
    Newer,
    /// Neither: both stay as they are.
    #[default]
    Leave,
}

/// What a two-way sync may do beyond the options of a sync.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TwoWayRule {
    /// What was deleted on one side, and is unchanged on the other, is deleted there.
    pub propagates: bool,
    /// What becomes of conflicts that no person settles.
    pub settle: Settle,
}

/// A key that both sides claim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conflict {
    /// Name below both locations.
    pub key: Key,
    /// What the left has; `None` where it was deleted.
    pub left: Option<Facts>,
    /// What the right has; `None` where it was deleted.
    pub right: Option<Facts>,
    /// Which side the times call newer.
    pub newer: Newer,
    /// What happened, for a person.
    pub reason: Box<str>,
    /// Who wins.
    pub settled: Settle,
}

impl Conflict {
    /// The side that wins; `None` where the conflict stays.
    pub fn winner(&self) -> Option<Side> {
        match (self.settled, self.newer) {
            (Settle::Left, _) | (Settle::Newer, Newer::Left) => Some(Side::Left),
            (Settle::Right, _) | (Settle::Newer, Newer::Right) => Some(Side::Right),
            (Settle::Leave, _) | (Settle::Newer, Newer::Unknown) => None,
        }
    }
}

/// A plan each way, and the conflicts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TwoWay {
    /// Left to right; what is left alone is counted here.
    pub push: Plan,
    /// Right to left.
    pub pull: Plan,
    /// In key order.
    pub conflicts: Vec<Conflict>,
}

/// Makes a plan each way from the pairs of a comparison.
pub struct TwoWayPlanner {
    push: Planner,
    pull: Planner,
    rule: TwoWayRule,
    keeps: bool,
    conflicts: Vec<Conflict>,
}

/// What becomes of a pair.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Turn {
    /// Left to right, a delete on the right among it.
    Push,
    /// Right to left.
    Pull,
    /// Both are equal.
    Same,
    /// It differs, and the rule keeps what exists.
    Keep,
    /// Counted with its reason and left alone.
    Leave,
    Conflict(&'static str),
}

impl TwoWayPlanner {
    /// A planner for these places, whose file systems fold names so. Refused where no plan may be.
    pub fn new(
        (left, right): (Location, Location),
        only: Vec<Key>,
        options: SyncOptions,
        rule: TwoWayRule,
        folding: [Folding; 2],
    ) -> Result<Self, PlanError> {
        let keeps = options.existing == Existing::Keep;
        // Which way a pair goes is decided here; what is given to a planner is to be written or deleted.
        let options = SyncOptions {
            existing: Existing::Update,
            delete: if rule.propagates {
                Deletes::Propagate
            } else {
                Deletes::Never
            },
            ..options
        };
        let [on_left, on_right] = folding;
        let push = Planner::new(left.clone(), right.clone(), only.clone(), options.clone())?;
        Ok(Self {
            push: push.with_folding(on_right),
            pull: Planner::new(right, left, only, options)?.with_folding(on_left),
            rule,
            keeps,
            conflicts: Vec::new(),
        })
    }

    /// Takes the next pair, in key order, with what the journal knows of it.
    pub fn push(&mut self, pair: &Pair, since: Since) {
        let mirrored = mirrored(pair);
        if pair.is_folder() {
            self.push.push(pair);
            return self.pull.note(&mirrored);
        }
        match turn(pair, since, self.rule, self.keeps) {
            Turn::Push => {
                self.push.push_since(pair, since);
                self.pull.pass(&mirrored);
            }
            Turn::Pull => {
                self.push.pass(pair);
                self.pull.push_since(&mirrored, since.mirrored());
            }
            Turn::Same => {
                self.push.push(pair);
                self.pull.note(&mirrored);
            }
            Turn::Leave => {
                self.push.push(pair);
                self.pull.pass(&mirrored);
            }
            Turn::Keep => {
                self.pass_both(pair, &mirrored);
                let size = pair.facts().map_or(0, |facts| facts.size);
                self.push.left.kept.add(size);
            }
            Turn::Conflict(reason) => {
                self.pass_both(pair, &mirrored);
                self.conflicts
                    .push(conflict(pair, reason, self.rule.settle));
            }
        }
    }

    fn pass_both(&mut self, pair: &Pair, mirrored: &Pair) {
        self.push.pass(pair);
        self.pull.pass(mirrored);
    }

    /// The plans, once both listings ended; `now` is when that was.
    pub fn finish(self, left: End, right: End, now: Timestamp) -> TwoWay {
        TwoWay {
            push: self.push.finish(left.clone(), right.clone(), now),
            pull: self.pull.finish(right, left, now),
            conflicts: self.conflicts,
        }
    }
}

fn conflict(pair: &Pair, reason: &str, settled: Settle) -> Conflict {
    Conflict {
        key: pair.key.clone(),
        left: pair.left.clone(),
        right: pair.right.clone(),
        newer: if let Verdict::Differs { newer } = pair.verdict {
            newer
        } else {
            Newer::Unknown
        },
        reason: reason.into(),
        settled,
    }
}

/// The pair as it is seen from the right.
fn mirrored(pair: &Pair) -> Pair {
    Pair {
        key: pair.key.clone(),
        left: pair.right.clone(),
        right: pair.left.clone(),
        verdict: mirrored_verdict(pair),
    }
}

fn mirrored_verdict(pair: &Pair) -> Verdict {
    let is_archived = pair.right.as_ref().is_some_and(Facts::is_archived);
    match &pair.verdict {
        Verdict::OnlyLeft => Verdict::OnlyRight,
        Verdict::OnlyRight => Verdict::OnlyLeft,
        // What is to be read from there must be restored first.
        Verdict::Differs { .. } if is_archived => Verdict::Archived,
        Verdict::Differs { newer } => Verdict::Differs {
            newer: match newer {
                Newer::Left => Newer::Right,
                Newer::Right => Newer::Left,
                Newer::Unknown => Newer::Unknown,
            },
        },
        other @ (Verdict::Same { .. }
        | Verdict::Unproven
        | Verdict::Clash { .. }
        | Verdict::Error { .. }
        | Verdict::NotScanned
        | Verdict::Excluded
        | Verdict::Archived) => other.clone(),
    }
}

/// Decides one pair.
fn turn(pair: &Pair, since: Since, rule: TwoWayRule, keeps: bool) -> Turn {
    let propagated = if rule.propagates { since } else { Since::Never };
    match &pair.verdict {
        Verdict::Same { .. } => Turn::Same,
        Verdict::OnlyLeft => alone_on_the_left(propagated),
        Verdict::OnlyRight => match alone_on_the_left(propagated.mirrored()) {
            Turn::Push => Turn::Pull,
            Turn::Pull => Turn::Push,
            Turn::Conflict(_) => Turn::Conflict("deleted on the left, changed on the right"),
            other @ (Turn::Same | Turn::Keep | Turn::Leave) => other,
        },
        Verdict::Archived if pair.left.is_none() => Turn::Pull,
        Verdict::Differs { .. } | Verdict::Archived if keeps => Turn::Keep,
        Verdict::Differs { .. } | Verdict::Archived => on_both(since),
        Verdict::Unproven
        | Verdict::Clash { .. }
        | Verdict::Error { .. }
        | Verdict::NotScanned
        | Verdict::Excluded => Turn::Leave,
    }
}

/// What becomes of an entry that the left has alone: it is new, or was deleted on the right.
fn alone_on_the_left(since: Since) -> Turn {
    let Since::Proven {
        left,
        right: Change::Gone,
    } = since
    else {
        return Turn::Push;
    };
    if left == Change::None {
        return Turn::Pull;
    }
    Turn::Conflict("changed on the left, deleted on the right")
}

/// What becomes of an entry that both have, and that differs.
fn on_both(since: Since) -> Turn {
    match since {
        Since::Proven {
            left: Change::Changed,
            right: Change::None,
        } => Turn::Push,
        Since::Proven {
            left: Change::None,
            right: Change::Changed,
        } => Turn::Pull,
        Since::Proven { .. } => Turn::Conflict("changed on both sides"),
        Since::Never => Turn::Conflict("differs, and was never proven equal"),
    }
}

#[cfg(test)]
mod tests;
