//! One mapping or route of the dialog: how far its plan is, and what of it will run.

use std::sync::Arc;

use crate::config::{Errand, Way};
use crate::domain::{
    location::Location,
    plan::{Conflict, Plan, Route, TwoWay},
};
use crate::engine::{Member, View};

/// How far a plan is.
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

/// What a leg is of.
#[derive(Debug)]
pub(super) enum Of {
    /// A mapping.
    Mapping(Box<Errand>),
    /// A route of a migration.
    Route(Route),
}

/// One mapping, or one route.
#[derive(Debug)]
pub(super) struct Leg {
    pub(super) of: Of,
    pub(super) stage: Stage,
}

impl Leg {
    pub(super) fn waits_for(&self, view: View) -> bool {
        matches!(self.stage, Stage::Waiting(waiting) if waiting == view)
    }

    /// What a person calls it.
    pub(super) fn name(&self) -> &str {
        match &self.of {
            Of::Mapping(errand) => &errand.mapping.name,
            Of::Route(route) => &route.name,
        }
    }

    /// The left and the right side, or source and destination.
    pub(super) fn places(&self) -> [&Location; 2] {
        match &self.of {
            Of::Mapping(errand) => [&errand.left, &errand.right],
            Of::Route(route) => [&route.source, &route.destination],
        }
    }

    /// Whether it goes both ways.
    pub(super) fn goes_both_ways(&self) -> bool {
        matches!(&self.of, Of::Mapping(errand) if errand.way == Way::Both)
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
        plans
            .into_iter()
            .filter_map(|plan| self.member(plan))
            .collect()
    }

    /// The plan as it will run; `None` where there is nothing to do.
    fn member(&self, plan: Plan) -> Option<Member> {
        match &self.of {
            Of::Mapping(errand) if errand.runs(&plan) => {
                let plan = Arc::new(plan);
                let (name, proof) = (errand.name_of(&plan), errand.check(&plan));
                let member =
                    Member::of_mapping(&errand.mapping.name, name, Arc::clone(&plan), proof);
                Some(member)
            }
            Of::Route(route) if plan.selected().next().is_some() => Some(Member {
                name: Arc::clone(&route.name),
                plan: Arc::new(plan),
                check: None,
            }),
            Of::Mapping(_) | Of::Route(_) => None,
        }
    }
}
