//! `Progress`: what a task's events add up to. Front ends and reports count nothing themselves.
//! A step that failed and was tried again later counts as it ended last.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Checked, EndedStep, Failure, Outcome, Recount, TaskEvent, TaskState};
use crate::domain::{diff::Level, entry::Tally, key::Key, plan::Op, retry::FailureKind};

/// What the events of one task add up to.
#[derive(Debug, Clone, PartialEq)]
pub struct Progress {
    /// Where the task stands.
    pub state: TaskState,
    /// Why it paused or failed.
    pub reason: Option<Box<str>>,
    /// Steps that moved something, with the bytes moved.
    pub moved: Tally,
    /// Steps that removed something.
    pub deleted: u64,
    /// Sources removed.
    pub removed: u64,
    /// Entries edited where they stand.
    pub edited: u64,
    /// Steps that had nothing to do.
    pub skipped: u64,
    /// How the moved ones are proven.
    pub proofs: Proofs,
    /// Steps that failed, by their numbers.
    pub failed: BTreeMap<u32, Failed>,
    /// Tries beyond the first.
    pub retries: u64,
    /// Tries that were asked to slow down.
    pub throttled: u64,
    /// Steps of which one way failed, and another was taken.
    pub other_way: u64,
    /// What both sides held at the end.
    pub recount: Option<Recount>,
    /// How the command ended that proves what was moved.
    pub checked: Option<Checked>,
}

/// How many moved steps are proven, and how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Proofs {
    /// By checksum or by reading.
    pub checksum: u64,
    /// Those of them whose bytes were read on both sides.
    pub read: u64,
    /// By size or time only.
    pub size: u64,
    /// Not at all.
    pub none: u64,
}

/// A step that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failed {
    /// Its key.
    pub key: Key,
    /// What it should have done.
    pub op: Op,
    /// What happened.
    pub failure: Failure,
}

impl Default for Progress {
    fn default() -> Self {
        Self {
            state: TaskState::Waiting,
            reason: None,
            moved: Tally::default(),
            deleted: 0,
            removed: 0,
            edited: 0,
            skipped: 0,
            proofs: Proofs::default(),
            failed: BTreeMap::new(),
            retries: 0,
            throttled: 0,
            other_way: 0,
            recount: None,
            checked: None,
        }
    }
}

impl Progress {
    /// Takes the next event.
    pub fn apply(&mut self, event: &TaskEvent) {
        match event {
            TaskEvent::State { state, reason } => {
                self.state = *state;
                self.reason.clone_from(reason);
            }
            TaskEvent::Ended { steps } => steps.iter().for_each(|step| self.end(step)),
            TaskEvent::Retried { failure, .. } => {
                self.retries += 1;
                self.throttled += u64::from(failure.kind == FailureKind::Throttled);
            }
            TaskEvent::OtherWay { .. } => self.other_way += 1,
            TaskEvent::Recounted(recount) => self.recount = Some(recount.clone()),
            TaskEvent::Checked(checked) => self.checked = Some(checked.clone()),
        }
    }

    /// Steps that ended well.
    pub fn done(&self) -> u64 {
        self.moved.objects + self.deleted + self.removed + self.edited
    }

    /// Steps that ended, however.
    pub fn ended(&self) -> u64 {
        self.done() + self.skipped + self.failed.len() as u64
    }

    /// Whether some content was found to be another than it should be.
    pub fn has_mismatch(&self) -> bool {
        self.failed
            .values()
            .any(|failed| failed.failure.kind == FailureKind::Corrupt)
    }

    fn end(&mut self, step: &EndedStep) {
        self.failed.remove(&step.seq);
        match &step.outcome {
            Outcome::Done { .. } if step.op == Op::Delete => self.deleted += 1,
            Outcome::Done { .. } if step.op == Op::Remove => self.removed += 1,
            Outcome::Done { .. } if step.op == Op::Edit => self.edited += 1,
            Outcome::Done { bytes, proof } => {
                self.moved.add(*bytes);
                self.proofs.add(*proof);
            }
            Outcome::Skipped { .. } => self.skipped += 1,
            Outcome::Failed(failure) => {
                let failed = Failed {
                    key: step.key.clone(),
                    op: step.op,
                    failure: failure.clone(),
                };
                self.failed.insert(step.seq, failed);
            }
        }
    }
}

impl Proofs {
    /// Adds those of other steps.
    pub fn join(&mut self, other: Self) {
        self.checksum += other.checksum;
        self.read += other.read;
        self.size += other.size;
        self.none += other.none;
    }

    /// Counts what proves one step.
    pub fn add(&mut self, proof: Option<Level>) {
        self.count(proof, 1);
    }

    /// Counts so many steps that this proves.
    pub fn count(&mut self, proof: Option<Level>, steps: u64) {
        match proof {
            Some(level @ (Level::Checksum | Level::Read)) => {
                self.checksum += steps;
                self.read += if level == Level::Read { steps } else { 0 };
            }
            Some(Level::Size | Level::Time) => self.size += steps,
            None => self.none += steps,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::{collection::vec, prelude::*};

    use super::Progress;
    use crate::domain::{
        diff::Level,
        key::Key,
        plan::Op,
        progress::{EndedStep, Failure, Outcome, Recount, TaskEvent, TaskState},
        retry::FailureKind,
    };

    fn failure(kind: FailureKind) -> Failure {
        Failure {
            kind,
            reason: "cut".into(),
            request_id: None,
            attempts: 1,
        }
    }

    fn outcome() -> impl Strategy<Value = Outcome> {
        let proof = prop::sample::select(vec![
            None,
            Some(Level::Size),
            Some(Level::Time),
            Some(Level::Checksum),
            Some(Level::Read),
        ]);
        let kind = prop::sample::select(vec![FailureKind::Transient, FailureKind::Corrupt]);
        prop_oneof![
            (0_u64..9, proof).prop_map(|(bytes, proof)| Outcome::Done { bytes, proof }),
            Just(Outcome::Skipped {
                reason: "gone".into()
            }),
            kind.prop_map(|kind| Outcome::Failed(failure(kind))),
        ]
    }

    /// Steps that end once, or fail some times before: a task ends no step twice that is done.
    fn steps() -> impl Strategy<Value = Vec<EndedStep>> {
        let op = prop::sample::select(vec![Op::Upload, Op::Delete]);
        vec((0_usize..3, op, outcome()), 0..20).prop_map(|ends| {
            let steps = ends
                .into_iter()
                .enumerate()
                .flat_map(|(at, (fails, op, outcome))| {
                    let seq = u32::try_from(at).unwrap();
                    let failed = Outcome::Failed(failure(FailureKind::Transient));
                    let outcomes = std::iter::repeat_n(failed, fails).chain([outcome]);
                    outcomes.map(move |outcome| EndedStep {
                        seq,
                        key: Key::from("k"),
                        op,
                        outcome,
                    })
                });
            steps.collect()
        })
    }

    proptest! {
        #[test]
        fn events_add_up_to_what_ended(steps in steps(), batch in 1_usize..5) {
            let mut progress = Progress::default();
            for steps in steps.chunks(batch) {
                progress.apply(&TaskEvent::Ended { steps: steps.to_vec() });
            }
            let last: BTreeMap<u32, &EndedStep> = steps.iter().map(|step| (step.seq, step)).collect();
            let count = |holds: &dyn Fn(&EndedStep) -> bool| last.values().filter(|step| holds(step)).count() as u64;
            let is_done = |step: &EndedStep| matches!(step.outcome, Outcome::Done { .. });
            prop_assert_eq!(progress.done(), count(&is_done));
            prop_assert_eq!(progress.deleted, count(&|step| is_done(step) && step.op == Op::Delete));
            prop_assert_eq!(progress.skipped, count(&|step| matches!(step.outcome, Outcome::Skipped { .. })));
            prop_assert_eq!(progress.failed.len() as u64, count(&|step| matches!(step.outcome, Outcome::Failed(_))));
            prop_assert_eq!(progress.ended(), last.len() as u64);
            let moved = last.values().filter(|step| step.op != Op::Delete);
            let bytes: u64 = moved.filter_map(|step| match step.outcome {
                Outcome::Done { bytes, .. } => Some(bytes),
                Outcome::Skipped { .. } | Outcome::Failed(_) => None,
            }).sum();
            prop_assert_eq!(progress.moved.bytes, bytes);
            let proofs = progress.proofs;
            prop_assert_eq!(proofs.checksum + proofs.size + proofs.none, progress.moved.objects);
        }
    }

    #[test]
    fn states_retries_and_the_recount_are_kept() {
        let mut progress = Progress::default();
        let recount = Recount {
            source: 2,
            destination: 2,
            equal: true,
            examples: Vec::new(),
            off: 0,
            extra: 0,
        };
        for event in [
            TaskEvent::State {
                state: TaskState::Paused,
                reason: Some("credentials expired".into()),
            },
            TaskEvent::Retried {
                seq: 0,
                key: Key::from("a"),
                failure: failure(FailureKind::Throttled),
            },
            TaskEvent::Retried {
                seq: 0,
                key: Key::from("a"),
                failure: failure(FailureKind::Transient),
            },
            TaskEvent::Recounted(recount.clone()),
            TaskEvent::State {
                state: TaskState::Done,
                reason: None,
            },
        ] {
            progress.apply(&event);
        }
        assert_eq!((progress.state, progress.reason), (TaskState::Done, None));
        assert_eq!((progress.retries, progress.throttled), (2, 1));
        assert_eq!(progress.recount, Some(recount));
    }
}
