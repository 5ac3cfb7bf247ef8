//! A plan that comes from a file: read, its version before all else, and looked at as whatever a person may have changed in it.

use std::{collections::BTreeSet, sync::Arc};

use serde::Deserialize;

use super::{Group, Op, PLAN_VERSION, Plan, PlanError, PlanSet, PlannedRoute, guard::way};
use crate::domain::entry::End;

/// Why a file holds no plan that can be run.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It is no plan at all.
    #[error("it is no plan of wharf: {0}")]
    Form(String),
    /// Another program's version, or what the plan's own guards refuse.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// A person changed it so that its parts do not fit together.
    #[error("its parts do not fit together, as if it was changed by hand: {0}")]
    Edited(String),
    /// It goes both ways, which depends on what the journal knows.
    #[error("the plan of {0} goes both ways, which follows from what the journal knows now")]
    BothWays(Box<str>),
}

#[derive(Deserialize)]
struct Head {
    version: Option<u32>,
}

/// Reads the plan, or the plans of several mappings or routes, that `text` is.
///
/// # Errors
/// What is wrong with it, its version first.
pub fn read_plans(text: &str) -> Result<Vec<PlannedRoute>, FileError> {
    let form = |error: serde_json::Error| FileError::Form(error.to_string());
    let head: Head = serde_json::from_str(text).map_err(form)?;
    match head.version {
        None => return Err(FileError::Form("it tells no version".to_owned())),
        Some(version) if version > PLAN_VERSION => {
            return Err(PlanError::Version(version).into());
        }
        Some(_) => {}
    }
    let value: serde_json::Value = serde_json::from_str(text).map_err(form)?;
    let plans = if value.get("mappings").is_some() {
        let set: PlanSet = serde_json::from_str(text).map_err(form)?;
        set.check_version()?;
        of_set(set)?
    } else {
        let plan: Plan = serde_json::from_str(text).map_err(form)?;
        vec![named("plan", plan)]
    };
    for route in &plans {
        whole(&route.plan).map_err(FileError::Edited)?;
    }
    Ok(plans)
}

fn named(name: &str, plan: Plan) -> PlannedRoute {
    PlannedRoute {
        name: name.into(),
        plan: Arc::new(plan),
    }
}

fn of_set(set: PlanSet) -> Result<Vec<PlannedRoute>, FileError> {
    let mut plans = Vec::new();
    for mapping in set.mappings {
        match (mapping.push, mapping.pull) {
            (Some(_), Some(_)) => return Err(FileError::BothWays(mapping.mapping)),
            (Some(plan), None) | (None, Some(plan)) => plans.push(named(&mapping.mapping, plan)),
            (None, None) => {}
        }
    }
    Ok(plans)
}

/// Whether the parts of a plan fit together; what does not, where they do not.
fn whole(plan: &Plan) -> Result<(), String> {
    if plan.edit.is_some() {
        let why = "it edits entries where they stand, which a command of its own does";
        return Err(why.to_owned());
    }
    let by_place = way(&plan.source, &plan.destination).map_err(|error| error.to_string())?;
    let ends = [&plan.source_print.end, &plan.destination_print.end];
    let complete = ends.into_iter().all(|end| matches!(end, End::Complete));
    let (mut numbers, mut keys) = (BTreeSet::new(), BTreeSet::new());
    for group in &plan.groups {
        let fits = match group.op {
            Op::Delete => complete,
            Op::Copy | Op::Relay => matches!(by_place, Op::Copy | Op::Relay),
            Op::Upload | Op::Download => group.op == by_place,
            // A file that anybody may have written is no word of consent for that.
            Op::Remove | Op::Edit => false,
        };
        if !fits {
            return Err(misplaced(group));
        }
        for step in &group.steps {
            let facts = (step.source.is_some(), step.destination.is_some());
            let wanted = (
                group.op != Op::Delete,
                group.overwrites || group.op == Op::Delete,
            );
            if step.op != group.op || facts != wanted {
                return Err(format!("{} does not fit into its group", step.key));
            }
            if !numbers.insert(step.seq) || !keys.insert(&step.key) {
                return Err(format!("{} is there twice", step.key));
            }
        }
    }
    Ok(())
}

fn misplaced(group: &Group) -> String {
    match group.op {
        Op::Delete => "it deletes, although a listing was not complete".to_owned(),
        Op::Remove => "it removes sources, which `wharf move` alone does".to_owned(),
        Op::Edit => "it edits entries where they stand, which a command of its own does".to_owned(),
        Op::Copy | Op::Relay | Op::Upload | Op::Download => format!(
            "a group is to {} what nothing between these places can {}",
            group.verb(),
            group.verb()
        ),
    }
}
