//! `Twins`: keys that the destination's file system takes for one. The planner refuses what would be done to any of them:
//! none may win over the other, and a file there may not go although its content is wanted under another spelling.

use std::collections::BTreeMap;

use crate::domain::{
    codec::{Collisions, Folding},
    diff::Pair,
    key::Key,
};

/// Finds such keys while pairs pass in key order.
#[derive(Debug, Default)]
pub(super) struct Twins {
    collisions: Collisions,
    found: Vec<Twin>,
}

/// A key and the earlier file or folder of the same name.
#[derive(Debug)]
struct Twin {
    key: Key,
    first: Key,
    /// The destination has the later one, so that it spells the name so.
    exists: bool,
}

impl Twins {
    pub(super) fn new(folding: Folding) -> Self {
        Self {
            collisions: Collisions::new(folding),
            found: Vec::new(),
        }
    }

    /// Takes the next pair that stands at the destination or is to go there.
    pub(super) fn push(&mut self, pair: &Pair) {
        if let Some(first) = self.collisions.push(&pair.key) {
            self.found.push(Twin {
                key: pair.key.clone(),
                first,
                exists: pair.right.is_some(),
            });
        }
    }

    /// All that was found, to be asked by key.
    pub(super) fn names(&self) -> Names<'_> {
        let mut names = Names::default();
        for Twin { key, first, exists } in &self.found {
            names.keys.insert(key, first);
            names.keys.entry(first).or_insert(key);
            if *exists {
                names.folders.insert(first.join("/"), key);
            }
        }
        names
    }
}

/// The other spelling of keys, and of folders that the destination spells otherwise.
#[derive(Debug, Default)]
pub(super) struct Names<'a> {
    keys: BTreeMap<&'a Key, &'a Key>,
    folders: BTreeMap<Key, &'a Key>,
}

impl Names<'_> {
    /// What the destination takes for the same as this key.
    pub(super) fn other(&self, key: &Key) -> Option<&Key> {
        let own = self.keys.get(key).copied();
        own.or_else(|| {
            if self.folders.is_empty() {
                return None;
            }
            let above = std::iter::successors(Some(key.parent()), |folder| Some(folder.parent()));
            let mut above = above.take_while(|folder| !folder.is_empty());
            above.find_map(|folder| self.folders.get(&folder).copied())
        })
    }
}
