//! One mapping of the dialog: how far its plan is, and what of it will run.

use std::sync::Arc;

use crate::config::Errand;
use crate::domain::plan::{Conflict, Plan, TwoWay};
use crate::engine::{Member, View};

/// How far a mapping's plan is.
#[derive(Debug, Clone)]
pub(super) enum Stage {
    /// It is being made.
    Waiting(View),
    /// One way.
    One(Box<Plan>),
    /// Both ways.
    Both(Box<TwoWay>),
    /// There is none, for this reason.
    Failed(String),
}

/// One mapping.
#[derive(Debug)]
pub(super) struct Leg {
    pub(super) errand: Errand,
    pub(super) stage: Stage,
}

impl Leg {
    pub(super) fn waits_for(&self, view: View) -> bool {
        matches!(self.stage, Stage::Waiting(waiting) if waiting == view)
    }

    /// The plan there (0), or back (1).
    pub(super) fn plan(&self, side: usize) -> Option<&Plan> {
        match (&self.stage, side) {
            (Stage::One(plan), 0) => Some(plan),
            (Stage::Both(both), 0) => Some(&both.push),
            (Stage::Both(both), 1) => Some(&both.pull),
            (Stage::Waiting(_) | Stage::One(_) | Stage::Both(_) | Stage::Failed(_), _) => None,
        }
    }

    pub(super) fn plan_mut(&mut self, side: usize) -> Option<&mut Plan> {
        match (&mut self.stage, side) {
            (Stage::One(plan), 0) => Some(plan),
            (Stage::Both(both), 0) => Some(&mut both.push),
            (Stage::Both(both), 1) => Some(&mut both.pull),
            (Stage::Waiting(_) | Stage::One(_) | Stage::Both(_) | Stage::Failed(_), _) => None,
        }
    }

    pub(super) fn conflicts(&self) -> &[Conflict] {
        match &self.stage {
            Stage::Both(both) => &both.conflicts,
            Stage::Waiting(_) | Stage::One(_) | Stage::Failed(_) => &[],
        }
    }

    pub(super) fn conflicts_mut(&mut self) -> &mut [Conflict] {
        match &mut self.stage {
            Stage::Both(both) => &mut both.conflicts,
            Stage::Waiting(_) | Stage::One(_) | Stage::Failed(_) => &mut [],
        }
    }

    /// What of it will run.
    pub(super) fn members(&self) -> Vec<Member> {
        let plans = match &self.stage {
            Stage::One(plan) => vec![(**plan).clone()],
            Stage::Both(both) => both.plans().into(),
            Stage::Waiting(_) | Stage::Failed(_) => Vec::new(),
        };
        let plans = plans.into_iter().filter(|plan| self.errand.runs(plan));
        plans.map(|plan| self.member(plan)).collect()
    }

    fn member(&self, plan: Plan) -> Member {
        let Errand { mapping, .. } = &self.errand;
        let plan = Arc::new(plan);
        let (name, proof) = (self.errand.name_of(&plan), self.errand.check(&plan));
        Member::of_mapping(&mapping.name, name, Arc::clone(&plan), proof)
    }
}
