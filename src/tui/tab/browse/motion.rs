//! What tasks do to the rows of a comparison: queued, on their way, arrived. Badges count down as it goes.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;

use crate::domain::{
    key::Key,
    plan::Plan,
    progress::{EndedStep, Outcome, TaskId, TaskSnapshot},
    side::Side,
    tree::Motion,
};

use crate::tui::tab::browse::{Browse, Comparison};

/// The tasks that work on what is compared, and what they move just now.
#[derive(Debug, Default)]
pub struct Flights {
    /// Each task with the side it writes to; `None` for one that only proves.
    tasks: HashMap<TaskId, Option<Side>>,
    /// Bytes moved and bytes in all.
    moving: HashMap<Key, (u64, u64)>,
}

impl Flights {
    /// How much of a key has moved, in percent; `None` while it stands still.
    pub fn percent(&self, key: &Key) -> Option<u64> {
        self.moving.get(key).map(|&(bytes, size)| {
            bytes
                .saturating_mul(100)
                .checked_div(size)
                .unwrap_or(0)
                .min(99)
        })
    }

    /// Whether any task works on what is compared.
    pub fn any(&self) -> bool {
        !self.tasks.is_empty()
    }

    /// Whether this task does.
    pub fn has(&self, task: TaskId) -> bool {
        self.tasks.contains_key(&task)
    }
}

impl Browse {
    /// A plan runs: its steps stand in line.
    pub fn link_plan(&mut self, task: TaskId, plan: &Plan) {
        let Some(comparison) = &mut self.comparison else {
            return;
        };
        let Some(side) = comparison.destination_of(plan) else {
            return;
        };
        for step in plan
            .groups
            .iter()
            .filter(|group| group.selected)
            .flat_map(|group| &group.steps)
        {
            comparison.rows.tree.set_motion(&step.key, Motion::Queued);
        }
        comparison.rows.settle();
        self.flights.tasks.insert(task, Some(side));
    }

    /// A proof runs on what is compared.
    pub fn link_proof(&mut self, task: TaskId) {
        if self.comparison.is_some() {
            self.flights.tasks.insert(task, None);
        }
    }

    /// Takes the quantities of this moment.
    pub fn fly(&mut self, tasks: &[TaskSnapshot]) {
        if self.flights.tasks.is_empty() {
            return;
        }
        let before: HashSet<Key> = self.flights.moving.keys().cloned().collect();
        self.flights.moving.clear();
        for task in tasks
            .iter()
            .filter(|task| self.flights.tasks.contains_key(&task.id))
        {
            let now = task
                .in_flight
                .iter()
                .map(|flight| (flight.key.clone(), (flight.bytes, flight.size)));
            self.flights.moving.extend(now);
        }
        let Some(comparison) = &mut self.comparison else {
            return;
        };
        let moving = &self.flights.moving;
        for key in moving.keys().filter(|key| !before.contains(*key)) {
            comparison.rows.tree.set_motion(key, Motion::Copying);
        }
        comparison.rows.settle();
    }

    /// Takes steps that ended; the set of gaps shrinks as they do.
    pub fn land(&mut self, task: TaskId, steps: &[EndedStep], now: Timestamp) {
        let Some(&side) = self.flights.tasks.get(&task) else {
            return;
        };
        let Some(comparison) = &mut self.comparison else {
            return;
        };
        for step in steps {
            self.flights.moving.remove(&step.key);
            match side {
                Some(side) => {
                    comparison.rows.tree.end_step(step, side, now);
                }
                None => prove(comparison, step, now),
            }
        }
        comparison.rows.settle();
    }

    /// A task is over: nothing of it moves any more.
    pub fn unlink(&mut self, task: TaskId, plan: Option<&Plan>) {
        if self.flights.tasks.remove(&task).is_none() {
            return;
        }
        let Some(comparison) = &mut self.comparison else {
            return;
        };
        let steps = plan
            .into_iter()
            .flat_map(|plan| &plan.groups)
            .flat_map(|group| &group.steps);
        for step in steps {
            let tree = &mut comparison.rows.tree;
            let moving = tree.find(&step.key).map(|id| tree.row(id).motion);
            if matches!(moving, Some(Motion::Queued | Motion::Copying)) {
                tree.set_motion(&step.key, Motion::Still);
            }
        }
        comparison.rows.settle();
        self.gaps.explain_rest(&comparison.rows.tree);
    }
}

/// What a proof found at a key: nothing moved, so only the word changes.
fn prove(comparison: &mut Comparison, step: &EndedStep, now: Timestamp) {
    let tree = &mut comparison.rows.tree;
    match &step.outcome {
        Outcome::Done { proof, .. } => tree.prove(&step.key, *proof),
        Outcome::Skipped { .. } | Outcome::Failed(_) => tree.end_step(step, Side::Right, now),
    };
}
