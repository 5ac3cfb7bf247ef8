//! What a folder is made of, on one side: what is directly in it, and counts by extension, size, age and class.
//! Entries come one by one, in any order; nothing of them is kept but the counts.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::domain::{
    copies::{Again, Copies},
    entry::{Facts, Kind, Tally},
    key::Key,
    layout::{Feature, Layout, Value},
};

/// What entries are told apart by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Facet {
    /// What stands behind the last dot.
    Extension,
    /// Bands of sizes.
    Size,
    /// How long ago they were modified.
    Age,
    /// Storage class.
    Class,
    /// First letter of the name.
    Letter,
}

impl Facet {
    /// All, most telling first.
    pub const ALL: [Self; 5] = [
        Self::Extension,
        Self::Size,
        Self::Age,
        Self::Class,
        Self::Letter,
    ];

    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Extension => "extension",
            Self::Size => "size",
            Self::Age => "age",
            Self::Class => "class",
            Self::Letter => "first letter",
        }
    }

    fn feature(self, now: Timestamp) -> Feature {
        match self {
            Self::Extension => Feature::Extension,
            Self::Size => Feature::Size,
            Self::Age => Feature::Age(now),
            Self::Class => Feature::Class,
            Self::Letter => Feature::Letter,
        }
    }

    /// Whether its values have an order of their own.
    fn is_ordered(self) -> bool {
        matches!(self, Self::Size | Self::Age)
    }
}

/// What a folder is made of.
#[derive(Debug, Clone)]
pub struct Makeup {
    children: BTreeMap<Box<[u8]>, Tally>,
    layouts: [Layout; 5],
    copies: Copies,
    total: Tally,
}

impl Makeup {
    /// Nothing yet; ages are counted from `now`.
    pub fn new(now: Timestamp) -> Self {
        Self {
            children: BTreeMap::new(),
            layouts: Facet::ALL.map(|facet| Layout::by(facet.feature(now))),
            copies: Copies::default(),
            total: Tally::default(),
        }
    }

    /// Counts one entry by its name below the folder, if it is an object.
    pub fn add(&mut self, key: &Key, facts: &Facts) {
        if facts.kind != Kind::Object {
            return;
        }
        let bytes = key.as_bytes();
        let end = bytes.iter().position(|&byte| byte == b'/');
        let child = bytes
            .get(..end.map_or(bytes.len(), |at| at + 1))
            .unwrap_or_default();
        if let Some(tally) = self.children.get_mut(child) {
            tally.add(facts.size);
        } else {
            let mut tally = Tally::default();
            tally.add(facts.size);
            self.children.insert(child.into(), tally);
        }
        self.total.add(facts.size);
        self.copies.add(facts);
        for layout in &mut self.layouts {
            layout.add(key, facts);
        }
    }

    /// All of it.
    pub fn total(&self) -> Tally {
        self.total
    }

    /// What stands under several keys; `None` where the listing told nothing of contents.
    pub fn copies(&self) -> Option<Again> {
        self.copies.told()
    }

    /// What is directly in the folder, most bytes first; folders end with `/`.
    pub fn children(&self) -> Vec<(&[u8], Tally)> {
        let children = self.children.iter().map(|(name, tally)| (&**name, *tally));
        let mut children: Vec<_> = children.collect();
        children.sort_by_key(|(_, tally)| std::cmp::Reverse(tally.bytes));
        children
    }

    /// The values of a facet with their counts: in their own order, or most bytes first. None where all have none.
    pub fn counts(&self, facet: Facet) -> Vec<(String, Tally)> {
        let at = Facet::ALL.iter().position(|other| *other == facet);
        let Some(layout) = at.and_then(|at| self.layouts.get(at)) else {
            return Vec::new();
        };
        let told = layout.rows().any(|(value, _)| *value != Value::None);
        let rows = layout.rows().filter(|_| told);
        let mut rows: Vec<_> = rows
            .map(|(value, tally)| (value.to_string(), tally))
            .collect();
        if !facet.is_ordered() {
            rows.sort_by_key(|(_, tally)| std::cmp::Reverse(tally.bytes));
        }
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::entry::Identity;

    #[test]
    fn a_folder_is_counted_by_what_is_in_it_and_by_each_facet() {
        let now: Timestamp = "2026-01-11T12:00:00Z".parse().unwrap();
        let file = |size, days: i64| Facts {
            kind: Kind::Object,
            size,
            modified: Some(now - jiff::SignedDuration::from_hours(24 * days)),
            identity: Identity::None,
        };
        let mut makeup = Makeup::new(now);
        makeup.add(&Key::from("raw/a.png"), &file(100, 0));
        makeup.add(&Key::from("raw/b/c.png"), &file(50, 3));
        makeup.add(&Key::from("index.json"), &file(400, 900));
        makeup.add(&Key::from("raw/"), &Facts::folder());
        let children = makeup.children();
        let names: Vec<_> = children.iter().map(|(name, t)| (*name, t.bytes)).collect();
        assert_eq!(names, [(&b"index.json"[..], 400), (b"raw/", 150)]);
        let counts = |facet| {
            let rows = makeup.counts(facet).into_iter();
            rows.map(|(value, tally)| (value, tally.objects))
                .collect::<Vec<_>>()
        };
        assert_eq!(
            counts(Facet::Extension),
            [("json".to_owned(), 1), ("png".to_owned(), 2)]
        );
        assert_eq!(
            counts(Facet::Age),
            [
                ("below a day".to_owned(), 1),
                ("below a week".to_owned(), 1),
                ("years".to_owned(), 1)
            ]
        );
        assert!(counts(Facet::Class).is_empty(), "no class was told");
        assert_eq!(makeup.total().objects, 3);
    }
}
