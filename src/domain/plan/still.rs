//! Whether a plan still fits the world: its steps against those of a plan that was made just now.

use std::collections::HashMap;

use super::{Op, Plan, Step};
use crate::domain::{entry::Facts, key::Key};

/// A step that the world has left behind, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stale {
    /// Its key.
    pub key: Key,
    /// What changed.
    pub why: &'static str,
}

impl Plan {
    /// The selected steps that a plan of this moment would not do, or would do to something else.
    pub fn stale(&self, fresh: &Self) -> Vec<Stale> {
        let now = fresh.groups.iter().flat_map(|group| &group.steps);
        let now: HashMap<&Key, &Step> = now.map(|step| (&step.key, step)).collect();
        let stale = self.steps().filter_map(|step| {
            let why = match now.get(&step.key) {
                None => {
                    Some("nothing is to be done for it any more: it is gone, or the same by now")
                }
                Some(now) => changed(step, now),
            };
            Some(Stale {
                key: step.key.clone(),
                why: why?,
            })
        });
        stale.collect()
    }

    /// The same steps, with what is known of the world by a plan of this moment.
    #[must_use]
    pub fn in_world_of(&self, fresh: &Self) -> Self {
        let mut plan = Self {
            regions: fresh.regions.clone(),
            source_print: fresh.source_print.clone(),
            destination_print: fresh.destination_print.clone(),
            left: fresh.left.clone(),
            lists: fresh.lists,
            notices: fresh.notices.clone(),
            ..self.clone()
        };
        plan.brake();
        plan
    }

    /// The keys that the plan was asked for; none where it is of a single entry, which its place names already.
    pub fn asked_only(&self) -> &[Key] {
        match self.only.as_slice() {
            [one] if !one.is_folder() && self.source.base_name().as_ref() == Some(one) => &[],
            only => only,
        }
    }
}

fn changed(step: &Step, now: &Step) -> Option<&'static str> {
    if (step.op == Op::Delete) != (now.op == Op::Delete) {
        return Some("it is no longer to be moved, or no longer to be deleted");
    }
    if !same(step.source.as_ref(), now.source.as_ref()) {
        return Some("it changed at the source");
    }
    if !same(step.destination.as_deref(), now.destination.as_deref()) {
        return Some("it changed at the destination");
    }
    None
}

fn same(one: Option<&Facts>, other: Option<&Facts>) -> bool {
    let facts = |facts: &Facts| (facts.size, facts.modified, facts.etag().map(str::to_owned));
    one.map(facts) == other.map(facts)
}
