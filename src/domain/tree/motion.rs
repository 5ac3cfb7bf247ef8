//! What a running task does to the rows: queued, copying, arrived, failed, deleted.

use jiff::Timestamp;

use crate::domain::{
    diff::{Level, Verdict},
    key::Key,
    plan::Op,
    progress::{EndedStep, Outcome},
    side::Side,
    tree::{Tree, state::Motion},
};

impl Tree {
    /// Shows what moves at a key; `false` where the tree has no such entry.
    pub fn set_motion(&mut self, key: &Key, motion: Motion) -> bool {
        let found = self.entry(key);
        if let Some(id) = found {
            self.change(id, |nodes| nodes.state_mut(id).set_motion(motion));
        }
        found.is_some()
    }

    /// Shows how a step ended that wrote to (or deleted at) `destination`, or removed at the other side, at the time `at`.
    ///
    /// What arrived is the same from now on, by its proof; what was deleted on the only side that had it goes.
    pub fn end_step(&mut self, step: &EndedStep, destination: Side, at: Timestamp) -> bool {
        let Some(id) = self.entry(&step.key) else {
            return false;
        };
        self.reasons.remove(&id);
        match &step.outcome {
            Outcome::Done { .. } if step.op == Op::Delete => self.delete_at(id, destination),
            Outcome::Done { .. } if step.op == Op::Remove => {
                self.delete_at(id, destination.other());
            }
            // What it is now is told by the next listing.
            Outcome::Done { .. } if step.op == Op::Edit => {}
            Outcome::Done { proof, .. } => {
                self.arrive_at(id, destination, (proof.unwrap_or(Level::Size), at));
            }
            Outcome::Skipped { .. } => {
                self.change(id, |nodes| nodes.state_mut(id).set_motion(Motion::Still));
            }
            Outcome::Failed(failure) => {
                self.reasons.insert(id, failure.reason.clone());
                self.change(id, |nodes| nodes.state_mut(id).set_motion(Motion::Failed));
            }
        }
        true
    }

    /// Shows that what both sides hold at a key was proven the same, without anything being moved.
    pub fn prove(&mut self, key: &Key, proof: Option<Level>) -> bool {
        let Some(id) = self.entry(key) else {
            return false;
        };
        self.reasons.remove(&id);
        let verdict = proof.map(|proof| Verdict::Same { proof });
        self.change(id, |nodes| {
            let state = nodes.state_mut(id);
            state.set_motion(proof.map_or(Motion::Still, |_| Motion::Verified));
            if verdict.is_some() {
                state.set_verdict(verdict.as_ref());
            }
        });
        true
    }

    fn arrive_at(&mut self, id: u32, destination: Side, (proof, at): (Level, Timestamp)) {
        let motion = if proof >= Level::Checksum {
            Motion::Verified
        } else {
            Motion::Still
        };
        self.change(id, |nodes| {
            nodes.copy_across(id, destination, at);
            nodes
                .state_mut(id)
                .set_verdict(Some(&Verdict::Same { proof }));
            nodes.state_mut(id).set_motion(motion);
        });
    }

    fn delete_at(&mut self, id: u32, side: Side) {
        if !self.present(id)[side.other().index()] {
            return self.take_out(id);
        }
        let verdict = match side {
            Side::Left => Verdict::OnlyRight,
            Side::Right => Verdict::OnlyLeft,
        };
        self.change(id, |nodes| {
            nodes.tell(id, side, None);
            nodes.state_mut(id).set_verdict(Some(&verdict));
            nodes.state_mut(id).set_motion(Motion::Still);
        });
    }
}
