//! Both sides as one merged tree: what the comparison told so far, and how it ended.

use jiff::Timestamp;

use crate::domain::{diff::Sign, location::Location, plan::Plan, side::Side, tree::SignSet};

use crate::engine::{
    View,
    event::{Compared, Failed},
};

use crate::tui::tab::browse::rows::Rows;

/// How far a comparison is.
#[derive(Debug)]
pub enum Progress {
    /// Pairs are arriving.
    Running,
    /// Everything was told.
    Done(Box<Compared>),
    /// It could not be made, or broke.
    Failed(Failed),
}

/// Two places compared.
#[derive(Debug)]
pub struct Comparison {
    /// The merged tree.
    pub rows: Rows,
    /// Left and right.
    pub places: [Location; 2],
    /// The question's number.
    pub view: View,
    /// When it began.
    pub started: Timestamp,
    /// How far it is.
    pub progress: Progress,
}

impl Comparison {
    /// One side's place.
    pub fn place(&self, side: Side) -> &Location {
        &self.places[side.index()]
    }

    /// The side that a plan writes to, where it speaks of these two places.
    pub fn destination_of(&self, plan: &Plan) -> Option<Side> {
        Side::BOTH.into_iter().find(|side| {
            self.place(*side).same_place(&plan.destination)
                && self.place(side.other()).same_place(&plan.source)
        })
    }

    /// Whether pairs are still arriving.
    pub fn is_running(&self) -> bool {
        matches!(self.progress, Progress::Running)
    }

    /// The kinds of rows that there are, gravest first, as the filter goes through them.
    pub fn kinds(&self) -> Vec<Option<SignSet>> {
        let signs = self.rows.tree.signs();
        let mut kinds = vec![None];
        let differences = SignSet::differences();
        if signs.any(differences) > 0 {
            kinds.push(Some(differences));
        }
        let present = Sign::ALL
            .into_iter()
            .rev()
            .filter(|&sign| signs.of(sign) > 0);
        kinds.extend(present.map(|sign| Some(SignSet::NONE.with(sign))));
        kinds
    }
}
