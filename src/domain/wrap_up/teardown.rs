//! A teardown, step by step: what would launch again and instances first, what hangs on them when they are gone, each until AWS says that it is gone. It asks
//! nothing itself: it is told what is alive, and tells what to delete next.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    gate::License,
    resource::{Kind, Resource, Target},
};

/// What is there now: each thing with the instance it hangs on, and whether it hangs on anything at all.
#[derive(Debug, Clone, Default)]
pub struct Alive(BTreeMap<(Kind, Box<str>), Hangs>);

#[derive(Debug, Clone, Default)]
struct Hangs {
    on: Option<Box<str>>,
    tied: bool,
}

impl Alive {
    /// Something is there.
    pub fn add(&mut self, kind: Kind, id: &str, on: Option<&str>, tied: bool) {
        let hangs = Hangs {
            on: on.map(Box::from),
            tied,
        };
        self.0.insert((kind, id.into()), hangs);
    }

    /// Whether this is there.
    pub fn has(&self, kind: Kind, id: &str) -> bool {
        self.get(kind, id).is_some()
    }

    fn get(&self, kind: Kind, id: &str) -> Option<&Hangs> {
        self.0.get(&(kind, id.into()))
    }
}

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Delete these, in this order; each intent is written down before its call.
    Delete(Vec<Target>),
    /// Look again later.
    Wait,
    /// All is over.
    Done,
}

/// What became of a thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// AWS says that it is gone.
    Gone,
    /// It is still there.
    Stays {
        /// Why.
        why: String,
    },
}

/// A thing with what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct End {
    /// Which.
    pub target: Target,
    /// What became of it.
    pub fate: Fate,
}

/// A teardown under way.
#[derive(Debug)]
pub struct Teardown {
    left: Vec<Target>,
    asked: BTreeSet<Target>,
    /// What was asked for already, and waits for what hangs on it.
    again: BTreeSet<Target>,
    /// What goes: what hangs on it is waited for, also while AWS still shows it tied to one that is gone.
    going: BTreeSet<Box<str>>,
    /// What goes with its instance, and is never deleted by itself before.
    goes_with: BTreeSet<Target>,
    /// What each thing hung on when it was ticked: AWS may show it tied for a moment when that is gone already.
    hung: BTreeMap<Target, Box<str>>,
    ends: Vec<End>,
}

impl Teardown {
    /// Begins one; only a license lets it. What is not ticked, is kept by a tag or is gone has no part in it.
    pub fn new(_license: &License, resources: &[Resource]) -> Self {
        let chosen = resources
            .iter()
            .filter(|one| one.selected && one.kept.is_none() && one.exists());
        let mut left: Vec<Target> = chosen.clone().map(Resource::target).collect();
        left.sort();
        Self {
            going: left.iter().map(|one| one.id.clone()).collect(),
            hung: chosen
                .clone()
                .filter_map(|one| Some((one.target(), one.on.clone()?)))
                .collect(),
            goes_with: chosen
                .filter(|one| one.goes_with)
                .map(Resource::target)
                .collect(),
            left,
            asked: BTreeSet::new(),
            again: BTreeSet::new(),
            ends: Vec::new(),
        }
    }

    /// What to do, given what is there now.
    pub fn next(&mut self, alive: &Alive) -> Step {
        let mut delete = Vec::new();
        for target in std::mem::take(&mut self.left) {
            let Some(hangs) = alive.get(target.kind, &target.id) else {
                self.end(target, Fate::Gone);
                continue;
            };
            let on = hangs.on.as_ref().or_else(|| self.hung.get(&target));
            let waits = on.is_some_and(|on| self.going.contains(on));
            if hangs.tied && !waits {
                let on = hangs.on.as_deref().unwrap_or("something else");
                let why = format!("it hangs on {on}, which is not ticked");
                // What hangs on it waits for nothing.
                self.going.remove(&target.id);
                self.end(target, Fate::Stays { why });
                continue;
            }
            // What goes with an instance that is just gone may be shown for a moment longer: one look more tells.
            let goes = !hangs.tied && self.goes_with.remove(&target);
            if !hangs.tied && !goes && self.asked.insert(target.clone()) {
                delete.push(target.clone());
            }
            self.left.push(target);
        }
        match (delete.is_empty(), self.left.is_empty()) {
            (false, _) => Step::Delete(delete),
            (true, false) => Step::Wait,
            (true, true) => Step::Done,
        }
    }

    /// What hangs on it was asked to go first: it is asked for again at the next look.
    pub fn ask_again(&mut self, target: &Target) {
        self.asked.remove(target);
        self.again.insert(target.clone());
    }

    /// Whether it was asked for before.
    pub fn asks_again(&self, target: &Target) -> bool {
        self.again.contains(target)
    }

    /// A call was refused: the thing stays.
    pub fn refused(&mut self, target: &Target, why: String) {
        self.left.retain(|one| one != target);
        self.going.remove(&target.id);
        self.end(target.clone(), Fate::Stays { why });
    }

    /// Nobody waits any longer: what is left stays, as far as anybody knows.
    pub fn give_up(&mut self, why: &str) {
        for target in std::mem::take(&mut self.left) {
            let why = why.to_owned();
            self.end(target, Fate::Stays { why });
        }
    }

    /// What was not ticked and went with an instance that did; given what is there now.
    pub fn went_along(&self, resources: &[Resource], alive: &Alive) -> Vec<Target> {
        let gone = |id: &str| {
            let mut ends = self.ends.iter();
            ends.any(|end| end.fate == Fate::Gone && *end.target.id == *id)
        };
        let along = resources.iter().filter(|one| {
            let with = one.on.as_deref().is_some_and(gone);
            one.exists() && one.goes_with && with && !alive.has(one.kind, &one.id)
        });
        let targets = along.map(Resource::target);
        let known = |target: &Target| self.ends.iter().any(|end| end.target == *target);
        targets.filter(|target| !known(target)).collect()
    }

    /// What has become of all that is over, in the order in which it ended.
    pub fn ends(&self) -> &[End] {
        &self.ends
    }

    fn end(&mut self, target: Target, fate: Fate) {
        self.ends.push(End { target, fate });
    }
}
