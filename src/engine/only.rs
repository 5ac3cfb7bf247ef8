//! `Only`: the keys that a person marked. Files stand for themselves, folders for all below them.

use std::collections::BTreeSet;
use std::ops::Bound;

use crate::domain::{entry::Page, key::Key};

/// Which keys take part; all when nothing is named.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Only {
    /// Ascending; none lies below another.
    keys: BTreeSet<Key>,
}

impl Only {
    /// These files, and folders (they end with `/`) with all below them.
    pub(super) fn new(keys: &[Key]) -> Self {
        let mut only = Self::default();
        let sorted: BTreeSet<&Key> = keys.iter().collect();
        for key in sorted {
            if only.keys.is_empty() || !only.takes(key) {
                only.keys.insert(key.clone());
            }
        }
        only
    }

    /// The keys named, ascending, without those below others.
    pub(super) fn keys(&self) -> impl Iterator<Item = &Key> {
        self.keys.iter()
    }

    /// Whether this key takes part.
    pub(super) fn takes(&self, key: &Key) -> bool {
        if self.keys.is_empty() {
            return true;
        }
        let before = self.keys.range((Bound::Unbounded, Bound::Included(key)));
        // What lies below a folder sorts behind it, and nothing named lies between.
        before.last().is_some_and(|named| {
            named == key || (named.is_folder() && key.as_bytes().starts_with(named.as_bytes()))
        })
    }

    /// Leaves in a page what takes part.
    pub(super) fn retain(&self, page: &mut Page) {
        if !self.keys.is_empty() {
            page.entries.retain(|entry| self.takes(&entry.key));
        }
    }

    /// A range of keys that holds all that take part: behind the first, up to the second.
    pub(super) fn bounds(&self) -> (Option<Key>, Option<Key>) {
        let start = self.keys.first().and_then(shortly_before);
        let end = self.keys.last().map(|last| match last.as_bytes() {
            // The first key behind all that begin with `folder/`.
            [name @ .., b'/'] => Key::new([name, b"0"].concat()),
            _ => last.clone(),
        });
        (start, end)
    }
}

/// A key before this one: its text without the last letter.
fn shortly_before(key: &Key) -> Option<Key> {
    let mut letters = key.as_str()?.chars();
    letters.next_back();
    let before = letters.as_str();
    (!before.is_empty()).then(|| Key::from(before))
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::Only;
    use crate::domain::key::Key;

    #[test]
    fn files_stand_for_themselves_and_folders_for_all_below() {
        let only = Only::new(&["a/", "a/b", "a.txt", "c/d", "a/b/"].map(Key::from));
        assert_eq!(only.keys().count(), 3);
        for (key, takes) in [
            ("a", false),
            ("a/", true),
            ("a/z/z", true),
            ("a.txt", true),
            ("a.txt2", false),
            ("a0", false),
            ("c/d", true),
            ("c/d/", false),
        ] {
            assert_eq!(only.takes(&Key::from(key)), takes, "{key}");
        }
    }

    proptest! {
        #[test]
        fn the_bounds_hold_all_that_takes_part(
            named in vec("[ab0é]{1,2}/?[ab]{0,1}", 1..5),
            key in "[ab0é]{1,2}/?[ab/]{0,3}",
        ) {
            let named: Vec<Key> = named.iter().map(|name| Key::from(&**name)).collect();
            let (only, key) = (Only::new(&named), Key::from(&*key));
            let model = named.iter().any(|name| {
                *name == key || (name.is_folder() && key.as_bytes().starts_with(name.as_bytes()))
            });
            prop_assert_eq!(only.takes(&key), model);
            let (start, end) = only.bounds();
            if model {
                prop_assert!(start.is_none_or(|start| start < key));
                prop_assert!(end.is_none_or(|end| key <= end));
            }
        }
    }
}
