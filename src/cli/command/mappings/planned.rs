//! What is planned for a mapping, one way or both, and shown as people read it.

use std::sync::Arc;

use crate::cli::{
    command::{Approval, Context, VIEW, approval::Asking, plan::Planned},
    exit::Exit,
    output::record::ConflictRecord,
};
use crate::config::{Errand, Way};
use crate::domain::plan::{Conflict, MappingPlans, Plan, TwoWay};
use crate::engine::{Body, Command};

use super::Ready;

/// What is planned for a mapping.
pub(in crate::cli::command) enum Plans {
    /// One way.
    One(Arc<Plan>),
    /// Each way.
    Both(Arc<TwoWay>),
}

impl Plans {
    /// The form in which they are written to a file.
    pub(in crate::cli::command) fn of_mapping(&self, name: &str) -> MappingPlans {
        match self {
            Self::One(plan) => MappingPlans::one(name, (**plan).clone()),
            Self::Both(both) => MappingPlans::both(name, both),
        }
    }

    /// The plans as they would run, each approved so far or not.
    pub(in crate::cli::command) fn ready(&self, errand: Errand, approval: Approval) -> Ready {
        let (there, plans, conflicts) = match self {
            Self::One(plan) => (&**plan, vec![Arc::clone(plan)], 0),
            Self::Both(both) => {
                let open = both.open_conflicts().count() as u64;
                (&both.push, both.plans().map(Arc::new).into(), open)
            }
        };
        Ready {
            conflicts,
            same: there.left.all_same(),
            left_out: there.left.excluded,
            plans: plans
                .into_iter()
                .map(|plan| Asking { plan, approval })
                .collect(),
            errand,
        }
    }
}

impl Context {
    /// Plans one mapping, and tells what it would do and what that already means for the exit code.
    pub(in crate::cli::command) async fn plan_errand(
        &mut self,
        errand: &Errand,
    ) -> Result<(Plans, Exit), Exit> {
        self.output.remark(format_args!("{}:", errand.mapping.name));
        let (left, right) = (errand.left.clone(), errand.right.clone());
        let options = Arc::new(errand.options.clone());
        if errand.way != Way::Both {
            let Planned { plan, exit } = self.planned_of((left, right), options).await?;
            self.show(&plan);
            return Ok((Plans::One(plan), exit));
        }
        self.ask(Command::PlanBoth {
            view: VIEW,
            left,
            right,
            only: Vec::new(),
            options,
            rule: errand.rule,
        });
        let planned = |body| {
            if let Body::PlannedBoth(both) = body {
                Some(both)
            } else {
                None
            }
        };
        let both = self.awaited(planned).await?;
        let exit = self.show_both(&both);
        Ok((Plans::Both(both), exit))
    }

    /// Shows both plans and the conflicts; what they mean for the exit code: open conflicts are differences.
    fn show_both(&mut self, both: &TwoWay) -> Exit {
        let exit = self.meaning(&both.push);
        let [push, pull] = both.plans();
        self.output.remark("  left to right:");
        self.show(&push);
        if !pull.groups.is_empty() {
            self.output.remark("  right to left:");
            self.show(&pull);
        }
        for conflict in &both.conflicts {
            self.show_conflict(conflict);
        }
        if both.open_conflicts().next().is_some() {
            return exit.and(Exit::Differences);
        }
        exit
    }

    fn show_conflict(&mut self, conflict: &Conflict) {
        self.output.record(&ConflictRecord::from(conflict));
        let becomes = match conflict.winner() {
            Some(side) => format!("the {} wins", side.word()),
            None => "left as they are; --conflicts left, right or newer settles it".to_owned(),
        };
        self.output.tell(format_args!(
            "! {}: {}: {becomes}",
            conflict.key, conflict.reason
        ));
    }
}
