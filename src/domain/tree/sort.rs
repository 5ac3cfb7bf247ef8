//! The order of rows within a folder.

use std::cmp::{Ordering, Reverse};

use serde::{Deserialize, Serialize};

use crate::domain::{
    name::natural,
    side::Side,
    tree::{NodeId, Tree},
};

/// What rows are ordered by, within their folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SortBy {
    /// The bytes of the name: the order of S3.
    #[default]
    Name,
    /// The name as people count: `v2.9` before `v2.10`.
    Natural,
    /// Bytes, of the greater side; folders by all they hold.
    Size,
    /// Objects, of the side that has more; 1 for an object.
    Count,
    /// Time, of the newer side; folders by the newest they hold.
    Modified,
    /// How grave the sign is; folders by the gravest they hold.
    Sign,
}

/// How rows are ordered, within their folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Sort {
    /// By what; names decide between equals.
    pub by: SortBy,
    /// Greatest first.
    pub descending: bool,
    /// All folders before all else.
    pub folders_first: bool,
}

impl Sort {
    /// As people mean it: names ascend, all else has the greatest first.
    pub fn by(by: SortBy) -> Self {
        Self {
            by,
            descending: !matches!(by, SortBy::Name | SortBy::Natural),
            folders_first: false,
        }
    }
}

impl Tree {
    /// Puts the rows of every folder in that order. Settles.
    pub fn set_sort(&mut self, sort: Sort) {
        if self.sort != sort {
            self.sort = sort;
            self.rearrange();
        }
    }

    /// The order of rows.
    pub fn sort(&self) -> Sort {
        self.sort
    }

    /// Whether rows stand as their folder keeps them: all of them, by name.
    pub(super) fn is_plain(&self) -> bool {
        self.filter.is_none() && self.sort == Sort::default()
    }

    /// How two rows of one folder stand to each other; equal only for the same row.
    pub(super) fn compare(&self, a: u32, b: u32) -> Ordering {
        let names = || self.nodes.name(a).cmp(self.nodes.name(b));
        let size = |id| greater(id, |id, side| self.nodes.size(id, side));
        let count = |id| greater(id, |id, side| self.totals_of(NodeId(id)).objects(side));
        let time = |id| greater(id, |id, side| self.nodes.seconds(id, side));
        let order = match self.sort.by {
            SortBy::Name => names(),
            SortBy::Natural => natural(self.nodes.name(a), self.nodes.name(b)),
            SortBy::Count => count(a).cmp(&count(b)),
            SortBy::Size => size(a).cmp(&size(b)),
            SortBy::Modified => time(a).cmp(&time(b)),
            SortBy::Sign => self.sign_of(a).cmp(&self.sign_of(b)),
        };
        let order = if self.sort.descending {
            order.reverse()
        } else {
            order
        };
        let folders = || {
            Reverse(self.nodes.folder(a).is_some()).cmp(&Reverse(self.nodes.folder(b).is_some()))
        };
        let grouped = if self.sort.folders_first {
            folders()
        } else {
            Ordering::Equal
        };
        grouped.then(order).then_with(names)
    }
}

/// The greater of what the two sides hold.
fn greater<V: Ord>(id: u32, value: impl Fn(u32, Side) -> V) -> V {
    value(id, Side::Left).max(value(id, Side::Right))
}
