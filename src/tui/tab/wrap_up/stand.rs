//! How one run stands: what the engine told last, what a person ticked and said, and what became of what goes.

use std::{cell::RefCell, collections::BTreeMap, collections::BTreeSet};

use jiff::{SignedDuration, Timestamp};
use tui_tree_widget::TreeState;

use crate::domain::text::printable;
use crate::domain::wrap_up::{
    Consent, End, Fate, Kind, Open, Origin, OutputProof, Resource, Target, Ticks, Wrapped,
};
use crate::engine::{View, event::Failed};
use crate::humanize;

use super::rows::Node;

/// What the engine does for a run now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Doing {
    /// It looks, and compares the outputs.
    Looks,
    /// It looks once more, and deletes what is ticked where the gate opens.
    Deletes,
}

/// What becomes of a thing that goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Course {
    /// Its deletion was asked for.
    Asked,
    /// It is over.
    Over(Fate),
}

/// How one run stands.
#[derive(Debug, Default)]
pub(super) struct Stand {
    pub(super) doing: Option<(Doing, View)>,
    /// What was told last; nothing of it is ticked by a person.
    pub(super) told: Wrapped,
    /// When what is there was told.
    came: Option<Timestamp>,
    /// Whether that look came to its end.
    pub(super) is_whole: bool,
    pub(super) ticks: Ticks,
    /// A person said that the training is over.
    pub(super) ended: bool,
    /// The outputs were made on this machine.
    pub(super) made_here: bool,
    /// Why it goes without proof.
    pub(super) reason: Option<Box<str>>,
    pub(super) courses: BTreeMap<Target, Course>,
    pub(super) failed: Option<Failed>,
    /// The things as a tree: what is open, and where the cursor stands.
    pub(super) tree: RefCell<TreeState<Node>>,
    /// Whose things alone are shown; `None` is everybody's.
    pub(super) only: Option<Origin>,
    /// Branches that were opened once by themselves.
    unfolded: BTreeSet<Vec<Node>>,
}

impl Stand {
    /// Begins a look or a deletion.
    pub(super) fn begin(&mut self, doing: Doing, view: View) {
        self.doing = Some((doing, view));
        self.failed = None;
        self.is_whole = false;
        self.told.proofs.clear();
        if doing == Doing::Looks {
            self.told.troubles.clear();
        }
    }

    /// Whether this answer is waited for.
    pub(super) fn waits_for(&self, view: View) -> bool {
        self.doing.is_some_and(|(_, waits)| waits == view)
    }

    pub(super) fn looks(&self) -> bool {
        matches!(self.doing, Some((Doing::Looks, _)))
    }

    pub(super) fn deletes(&self) -> bool {
        matches!(self.doing, Some((Doing::Deletes, _)))
    }

    /// When what is there was told; `None` where it never was.
    pub(super) fn came(&self) -> Option<Timestamp> {
        self.came
    }

    /// Takes what is there now.
    pub(super) fn absorb(&mut self, resources: Vec<Resource>, now: Timestamp) {
        self.told.resources = resources;
        self.came = Some(now);
        if self.looks() {
            self.courses.clear();
        }
        self.unfold();
    }

    /// Opens branches that are new, and keeps the cursor on something.
    fn unfold(&mut self) {
        let there = |only: &Origin| {
            let mut all = self.told.resources.iter();
            all.any(|one| one.origin == *only)
        };
        // Where nothing of theirs is left, all else is shown again.
        self.only = self.only.clone().filter(there);
        let paths = super::rows::paths(self);
        let state = self.tree.get_mut();
        for path in &paths {
            let folded = matches!(path.as_slice(), [Node::Origin(Origin::Gone)]);
            if !folded && self.unfolded.insert(path.clone()) {
                state.open(path.clone());
            }
        }
        self.keep_cursor();
    }

    /// Lets the cursor stand on something that is shown.
    pub(super) fn keep_cursor(&mut self) {
        let paths = super::rows::paths(self);
        let state = self.tree.get_mut();
        if !paths.iter().any(|path| path == state.selected()) {
            let first = paths.iter().find(|path| path.len() > 1);
            state.select(first.or(paths.first()).cloned().unwrap_or_default());
        }
    }

    /// Takes how one output stands.
    pub(super) fn prove(&mut self, proof: OutputProof) {
        self.told.proofs.retain(|known| known.name != proof.name);
        self.told.proofs.push(proof);
    }

    /// Takes how it all stands at the end; what an earlier deletion did is kept for the report.
    pub(super) fn finish(&mut self, wrapped: Wrapped, now: Timestamp) {
        let before = std::mem::replace(&mut self.told, wrapped);
        if !self.told.applied && before.applied {
            self.told.applied = true;
            self.told.ends = before.ends;
            self.told.was = before.was;
            self.told.override_proof = before.override_proof;
        }
        let gone = |end: &&End| end.fate == Fate::Gone;
        if self.deletes() && self.told.ends.iter().any(|end| gone(&end)) {
            // What was said was said for this deletion.
            self.ticks = Ticks::default();
            self.reason = None;
        }
        self.came = Some(now);
        self.is_whole = true;
        self.doing = None;
        self.unfold();
    }

    /// Everything, ticked as the person has it.
    pub(super) fn shown(&self) -> Vec<Resource> {
        let mut all = self.told.resources.clone();
        self.ticks.apply(&mut all);
        all
    }

    /// What is still there, as far as anybody knows.
    pub(super) fn left(&self) -> impl Iterator<Item = &Resource> {
        let all = self.told.resources.iter();
        all.filter(|one| one.exists() && !self.is_gone(one))
    }

    pub(super) fn is_gone(&self, one: &Resource) -> bool {
        let course = self.courses.get(&one.target());
        matches!(course, Some(Course::Over(Fate::Gone)))
    }

    /// The thing under the cursor, or the things of the branch under it.
    pub(super) fn under_cursor(&self) -> Vec<Resource> {
        let tree = self.tree.borrow();
        let shown = self.shown();
        match tree.selected().last() {
            Some(Node::Thing(kind, id)) => {
                let found = shown.into_iter().find(|one| one.is(*kind, id));
                found.into_iter().collect()
            }
            Some(Node::Origin(origin)) => {
                let of = |one: &Resource| one.origin == *origin;
                shown.into_iter().filter(of).collect()
            }
            None => Vec::new(),
        }
    }

    /// Instances of the run that are not at rest, as the engine judged.
    pub(super) fn running(&self) -> Option<usize> {
        let mut open = self.told.open.iter();
        open.find_map(|open| {
            if let Open::Running(count) = open {
                Some(*count)
            } else {
                None
            }
        })
    }

    /// Whether the engine found that an output is not proven, or that there are none.
    pub(super) fn is_unproven(&self) -> bool {
        let mut open = self.told.open.iter();
        open.any(|open| matches!(open, Open::Unproven(_) | Open::NoOutputs))
    }

    /// Outputs that are not proven.
    pub(super) fn unproven(&self) -> impl Iterator<Item = &OutputProof> {
        let proofs = self.told.proofs.iter();
        proofs.filter(|proof| !proof.claim.is_proven())
    }

    /// What a person said, for the engine to judge.
    pub(super) fn consent(&self, account: &str, log_is_over: bool) -> Consent {
        Consent {
            account: Some(account.into()),
            override_proof: self.reason.clone(),
            ended: self.ended || log_is_over,
        }
    }

    /// Whose it is, where, and how old.
    pub(super) fn status(&self, now: Timestamp) -> String {
        let Some(came) = self.came else {
            return String::new();
        };
        let age = now.duration_since(came).max(SignedDuration::ZERO);
        let age = humanize::age(age.try_into().unwrap_or_default());
        let account = if self.told.account.is_empty() {
            String::new()
        } else {
            format!(" · account {}", printable(self.told.whose().as_bytes()))
        };
        format!("as of {age}{account}")
    }
}

/// Whether a run made it.
pub(super) fn is_of_a_run(one: &Resource) -> bool {
    matches!(one.origin, Origin::ThisRun | Origin::OtherRun(_))
}

/// Kinds whose things are told alone: they cost, and go by other means.
pub(super) fn word_of(target: &Target) -> String {
    let kind: Kind = target.kind;
    let id = printable(target.id.as_bytes());
    format!("{} {id}", kind.word())
}
