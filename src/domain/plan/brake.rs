//! What stops a plan: deletes beyond what is usual, or on the word of a listing that cannot be trusted.

use serde::{Deserialize, Serialize};

use super::{MaxDelete, Op, Plan, Tally, notice};

/// What stops a plan until a person answers it with its own flag or a typed word.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "brake")]
pub enum Brake {
    /// More deletes than `max_delete`; answered by a higher `--max-delete`.
    TooManyDeletes {
        /// Deletes planned.
        planned: u64,
        /// Objects at the destination.
        of: u64,
    },
    /// The source is empty and deletes are on; answered by `--allow-empty-source`.
    EmptySource,
    /// A listing broke, so nothing may be deleted: no answer but listing again.
    BrokenListing {
        /// Which one, and how it broke.
        reason: String,
    },
}

impl Plan {
    /// Finds what stops this plan, anew: where its groups were changed.
    pub(super) fn brake(&mut self) {
        let deletes = self.groups.iter().filter(|group| group.op == Op::Delete);
        let planned: u64 = deletes.map(|group| group.steps.len() as u64).sum();
        let (source, destination) = (&self.source_print, &self.destination_print);
        let broken: Vec<String> = [
            notice::broken("source", &source.end),
            notice::broken("destination", &destination.end),
        ]
        .into_iter()
        .flatten()
        .collect();
        let options = &self.options;
        let mut brakes = Vec::new();
        if (options.delete.is_on() || options.remove_source) && !broken.is_empty() {
            brakes.push(Brake::BrokenListing {
                reason: broken.join("; "),
            });
        }
        if planned > 0 && source.tally == Tally::default() && !options.allow_empty_source {
            brakes.push(Brake::EmptySource);
        }
        let of = destination.tally.objects;
        if !options.max_delete.allows(planned, of) {
            brakes.push(Brake::TooManyDeletes { planned, of });
        }
        self.brakes = brakes;
    }

    /// The brakes that hold for what is selected: those on deletes fall away with the deletes.
    pub fn open_brakes(&self) -> impl Iterator<Item = &Brake> {
        let deletes = self.selected().any(|group| group.op == Op::Delete);
        self.brakes
            .iter()
            .filter(move |brake| deletes || matches!(brake, Brake::BrokenListing { .. }))
    }
}

impl MaxDelete {
    /// Whether so many deletes of so many objects need no extra word.
    fn allows(self, planned: u64, of: u64) -> bool {
        match self {
            Self::Objects(most) => planned <= most,
            Self::Percent(most) => planned as f64 * 100.0 <= most * of as f64,
        }
    }
}
