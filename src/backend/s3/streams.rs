//! A listing of objects under the names that they have as gzip streams, in the order of those: between `data` and `data.gz`
//! a whole folder `data-old/` may lie, so that a name waits until the listing has passed it. Whatever stands between a key
//! and its stream begins with that key, so that no more names wait than one key has beginnings.

use std::collections::BTreeMap;

use crate::domain::{
    entry::{Entry, Facts, Kind},
    gzip,
    key::Key,
};

/// Names that the listing has not passed yet.
#[derive(Debug, Default)]
pub(super) struct Waiting(BTreeMap<Key, Facts>);

impl Waiting {
    /// Takes the next entries of a listing in key order, and gives those whose place nothing can come before any more.
    pub(super) fn pass(&mut self, listed: Vec<Entry>) -> Vec<Entry> {
        let mut passed = Vec::with_capacity(listed.len());
        for Entry { key, facts } in listed {
            while let Some(first) = self.0.first_entry().filter(|first| *first.key() <= key) {
                let (key, facts) = first.remove_entry();
                passed.push(Entry { key, facts });
            }
            self.0.insert(named(key, facts.kind), facts);
        }
        passed
    }

    /// What waits still, where the listing is over.
    pub(super) fn rest(&mut self) -> Vec<Entry> {
        let rest = std::mem::take(&mut self.0).into_iter();
        rest.map(|(key, facts)| Entry { key, facts }).collect()
    }
}

/// The name of what a key holds: folders, and the markers that stand for them, are no streams.
fn named(key: Key, kind: Kind) -> Key {
    if kind == Kind::Object && !key.is_folder() {
        gzip::stream(&key)
    } else {
        key
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::btree_set, prelude::*};

    use super::{Entry, Facts, Key, Kind, Waiting, named};

    fn facts(key: &Key) -> Facts {
        let kind = if key.is_folder() {
            Kind::Folder
        } else {
            Kind::Object
        };
        Facts {
            kind,
            ..Facts::folder()
        }
    }

    proptest! {
        #[test]
        fn names_come_once_and_in_their_order(keys in btree_set("[a.gz/!-]{1,7}", 0..40), page in 1..9_usize) {
            let listed: Vec<Entry> = keys
                .into_iter()
                .map(|key| Key::from(&*key))
                .map(|key| Entry { facts: facts(&key), key })
                .collect();
            let mut waiting = Waiting::default();
            let mut told = Vec::new();
            for page in listed.chunks(page) {
                told.extend(waiting.pass(page.to_vec()));
                let longest = page.last().map_or(0, |entry| entry.key.as_bytes().len());
                prop_assert!(waiting.0.len() <= longest + 1);
            }
            told.extend(waiting.rest());
            let mut wanted: Vec<Key> = listed
                .into_iter()
                .map(|entry| named(entry.key, entry.facts.kind))
                .collect();
            wanted.sort();
            let told: Vec<Key> = told.into_iter().map(|entry| entry.key).collect();
            prop_assert_eq!(told, wanted);
        }
    }
}
