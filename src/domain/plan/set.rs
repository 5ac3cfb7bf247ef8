//! Plans of several mappings as one value: what `wharf plan` writes of a group, and of a mapping that goes both ways.

use csv::Writer;
use serde::{Deserialize, Serialize};

use super::{Conflict, PLAN_VERSION, Plan, PlanError, TwoWay, export};

/// The plans of mappings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlanSet {
    /// `PLAN_VERSION` of the program that made it.
    pub version: u32,
    /// In the order of the group.
    pub mappings: Vec<MappingPlans>,
}

/// The plans of one mapping: one, or both ways two.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MappingPlans {
    /// The mapping's name.
    pub mapping: Box<str>,
    /// Local to remote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub push: Option<Plan>,
    /// Remote to local.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pull: Option<Plan>,
    /// Keys that both sides claim, in key order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conflicts: Vec<Conflict>,
}

impl PlanSet {
    /// The plans of these mappings.
    pub fn new(mappings: Vec<MappingPlans>) -> Self {
        Self {
            version: PLAN_VERSION,
            mappings,
        }
    }

    /// Refuses plans whose form this program does not know.
    pub fn check_version(&self) -> Result<(), PlanError> {
        if self.version > PLAN_VERSION {
            return Err(PlanError::Version(self.version));
        }
        let mut plans = self.mappings.iter().flat_map(MappingPlans::plans);
        plans.try_for_each(|(_, plan)| plan.check_version())
    }

    /// Mapping, way, and what the table of a single plan tells of each selected step, as CSV.
    pub fn csv(&self) -> Result<String, csv::Error> {
        let mut writer = Writer::from_writer(Vec::new());
        writer.write_record(["mapping", "way"].iter().chain(&export::COLUMNS))?;
        for mapping in &self.mappings {
            let plans = mapping.plans();
            let rows = plans.flat_map(|(way, plan)| plan.rows().map(move |row| (way, row)));
            for (way, row) in rows {
                let name = [mapping.mapping.to_string(), way.to_owned()];
                writer.write_record(name.iter().chain(&row))?;
            }
        }
        export::text(writer)
    }
}

impl MappingPlans {
    /// The plan of a mapping that goes one way: to the remote side, or to the local one.
    pub fn one(mapping: &str, plan: Plan) -> Self {
        let pulls = plan.destination.disk().is_some();
        let (push, pull) = if pulls {
            (None, Some(plan))
        } else {
            (Some(plan), None)
        };
        Self {
            mapping: mapping.into(),
            push,
            pull,
            conflicts: Vec::new(),
        }
    }

    /// Both plans of a mapping that goes both ways.
    pub fn both(mapping: &str, both: &TwoWay) -> Self {
        let [push, pull] = both.plans();
        Self {
            mapping: mapping.into(),
            push: Some(push),
            pull: Some(pull),
            conflicts: both.conflicts.clone(),
        }
    }

    /// Each plan with its way.
    pub fn plans(&self) -> impl Iterator<Item = (&'static str, &Plan)> {
        let ways = [("push", &self.push), ("pull", &self.pull)];
        ways.into_iter()
            .filter_map(|(way, plan)| Some((way, plan.as_ref()?)))
    }
}
