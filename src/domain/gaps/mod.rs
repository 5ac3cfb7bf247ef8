//! Explaining a gap: what separates the names that are missing on one side from those that are present.
//! Used by `diff --gaps` and the panel under the two panes. Random losses stay unexplained; a word is owed only
//! where chance is out of the question.
//!
//! Every feature of a name (first letter, folder, extension, size, …) proposes rules. A rule must hold for at
//! least 80 % of what is missing, and so many hits must be beyond chance even after all values that were tried.
//! Among those the one that tells most about who is missing comes first; see `score`.

mod causes;
mod features;
mod folders;
mod intervals;
mod names;
mod pairs;
mod score;
mod strata;
#[cfg(test)]
mod tests;
mod units;
mod words;

use serde::Serialize;

pub use crate::domain::gaps::words::{Band, Charset, Edge, Trait};
use crate::domain::{
    diff::{Pair, Sign},
    entry::{Facts, Kind as EntryKind},
    gaps::{features::Sieve, names::Names, score::Candidate, units::Units},
    key::Key,
    plan::Tally,
    side::Side,
    tree::{Cell, Tree},
};

/// What kind of rule it is; the word stands in JSON as `kind`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// First letter of the name.
    FirstLetter,
    /// A folder, by its whole path.
    Folder,
    /// Folders of one name, wherever they are.
    FolderName,
    /// What stands behind the last dot.
    Extension,
    /// Storage class.
    Class,
    /// What kind of characters the key contains.
    Charset,
    /// How many folders are above.
    Depth,
    /// No bytes.
    Empty,
    /// Folder markers.
    Marker,
    /// First or last key of a page of a listing.
    PageEdge,
    /// A band of sizes.
    Size,
    /// A window of time.
    Modified,
    /// A run in the listing.
    Position,
}

impl Kind {
    /// Every kind, in the order in which they are told.
    pub const ALL: [Self; 13] = [
        Self::FirstLetter,
        Self::Folder,
        Self::FolderName,
        Self::Extension,
        Self::Size,
        Self::Modified,
        Self::Position,
        Self::PageEdge,
        Self::Charset,
        Self::Class,
        Self::Depth,
        Self::Empty,
        Self::Marker,
    ];

    /// The word for a person.
    pub fn word(self) -> &'static str {
        match self {
            Self::FirstLetter => "first letter",
            Self::Folder => "folder",
            Self::FolderName => "folder name",
            Self::Extension => "extension",
            Self::Class => "class",
            Self::Charset => "characters",
            Self::Depth => "depth",
            Self::Empty => "emptiness",
            Self::Marker => "markers",
            Self::PageEdge => "page edge",
            Self::Size => "size",
            Self::Modified => "time",
            Self::Position => "position",
        }
    }
}

/// What the counts of a rule count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Names: a folder that is missing as a whole is one, and is compared with other folders.
    Names,
    /// Objects, wherever they are.
    Objects,
}

/// What separates the missing from the present.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// One thing they share, or two that must both hold.
    pub traits: Vec<Trait>,
    /// What is counted.
    pub unit: Unit,
    /// Missing ones in all.
    pub missing: u64,
    /// Missing ones that it holds for.
    pub matched_missing: u64,
    /// Present ones that it holds for.
    pub matched_present: u64,
    /// Share of the missing among all that it holds for.
    pub precision: f64,
    /// Share of the missing that it holds for.
    pub recall: f64,
    /// Share of all, missing or not, that it holds for.
    pub base_rate: f64,
    /// What such a pattern usually comes from.
    pub cause: Option<&'static str>,
}

impl Rule {
    /// The kind: of the first trait where there are two.
    pub fn kind(&self) -> Option<Kind> {
        self.traits.first().map(Trait::kind)
    }

    /// The rule for one name: `name begins with "M"`.
    pub fn text(&self) -> String {
        let parts: Vec<String> = self.traits.iter().map(Trait::of_one).collect();
        parts.join(" and ")
    }

    /// The rule for many: `begin with "M"`.
    pub fn text_of_many(&self) -> String {
        let parts: Vec<String> = self.traits.iter().map(Trait::of_many).collect();
        parts.join(" and ")
    }
}

/// What is missing on one side, and what it has in common.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Explanation {
    /// Objects that are missing, and their bytes.
    pub missing: Tally,
    /// Those of them that lie in folders of which something is present.
    pub single: u64,
    /// Those that lie in folders that are missing as a whole.
    pub in_whole_folders: u64,
    /// Folders that are missing as a whole: the topmost ones, in key order.
    pub whole_folders: Vec<Key>,
    /// Folder markers that are missing: names without content.
    pub markers: u64,
    /// Objects on the side that has them.
    pub of: u64,
    /// What separates them, most telling first; empty where nothing does.
    pub rules: Vec<Rule>,
    /// Kinds that were tried and separate nothing.
    pub rejected: Vec<Kind>,
}

/// How an entry stands on the other side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Presence {
    /// It is there too.
    Present,
    /// It is missing there.
    Missing,
    /// It is only there: no name of this side, but its folders exist there.
    Other,
}

/// What is known of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen<'a> {
    /// A marker or folder, not an object.
    pub marker: bool,
    /// Bytes.
    pub size: u64,
    /// Seconds since 1970.
    pub modified: Option<i64>,
    /// Storage class.
    pub class: Option<&'a str>,
}

impl<'a> From<&'a Facts> for Seen<'a> {
    fn from(facts: &'a Facts) -> Self {
        Self {
            marker: facts.kind == EntryKind::Folder,
            size: facts.size,
            modified: facts.modified.map(jiff::Timestamp::as_second),
            class: facts.class(),
        }
    }
}

impl<'a> From<&Cell<'a>> for Seen<'a> {
    fn from(cell: &Cell<'a>) -> Self {
        Self {
            marker: cell.kind == EntryKind::Folder,
            size: cell.size,
            modified: cell.modified.map(jiff::Timestamp::as_second),
            class: cell.class,
        }
    }
}

/// Collects the names of one side; then explains which of them the other lacks.
#[derive(Debug, Default)]
pub struct Gaps {
    names: Names,
}

impl Gaps {
    /// Adds one entry; entries come in key order, or positions in the listing mean nothing.
    pub fn add(&mut self, key: &[u8], seen: Seen<'_>, presence: Presence) {
        self.names.add(key, seen, presence);
    }

    /// Adds one pair, if it tells anything of what is missing on `side`.
    pub fn add_pair(&mut self, pair: &Pair, side: Side) {
        let (facts, other) = match side {
            Side::Right => (&pair.left, &pair.right),
            Side::Left => (&pair.right, &pair.left),
        };
        let seen = facts.as_ref().map(Seen::from);
        self.add_known(
            pair.key.as_bytes(),
            pair.verdict.sign(),
            (seen, other.is_some()),
        );
    }

    /// What a comparison holds, with what is missing on `side`.
    pub fn of_tree(tree: &Tree, side: Side) -> Self {
        let mut gaps = Self::default();
        tree.each_entry(|key, row| {
            let seen = row.cell(side.other()).map(Seen::from);
            if let Some(sign) = row.sign {
                gaps.add_known(key, sign, (seen, row.cell(side).is_some()));
            }
        });
        gaps
    }

    /// What a comparison's pairs hold, with what is missing on `side`.
    pub fn of_pairs<'p>(pairs: impl IntoIterator<Item = &'p Pair>, side: Side) -> Self {
        let mut gaps = Self::default();
        for pair in pairs {
            gaps.add_pair(pair, side);
        }
        gaps
    }

    /// Leaves out what a filter, a clash or a broken listing keeps from being known.
    fn add_known(&mut self, key: &[u8], sign: Sign, (seen, elsewhere): (Option<Seen<'_>>, bool)) {
        let known = match sign {
            Sign::Excluded | Sign::NotScanned | Sign::Clash | Sign::Error => false,
            Sign::Same
            | Sign::Unproven
            | Sign::Archived
            | Sign::OnlyRight
            | Sign::Differs
            | Sign::OnlyLeft => true,
        };
        match (seen, elsewhere) {
            (Some(seen), false) if known => self.add(key, seen, Presence::Missing),
            (Some(seen), true) if known => self.add(key, seen, Presence::Present),
            (None, true) => self.names.exists_elsewhere(key),
            (Some(_) | None, _) => {}
        }
    }

    /// What separates the missing from the present, if anything does.
    pub fn explain(&self) -> Explanation {
        let units = Units::find(&self.names);
        let mut explanation = units.describe(&self.names);
        if units.missing_names() == 0
            || explanation.missing.objects + explanation.markers == self.names.len() as u64
        {
            return explanation;
        }
        let sieve = Sieve::new(&self.names, &units);
        let tried = sieve.candidates();
        let mut kept: Vec<Candidate> = tried
            .iter()
            .filter(|candidate| candidate.count.is_beyond_chance())
            .cloned()
            .collect();
        explanation.rejected = Kind::ALL
            .into_iter()
            .filter(|kind| kept.iter().all(|kept| kept.kind() != *kind))
            .collect();
        kept.extend(pairs::best(&sieve, &tried, &kept));
        let told = sieve.distinct(score::rank(kept), score::TOLD);
        explanation.rules = told
            .into_iter()
            .map(|candidate| sieve.rule(candidate))
            .collect();
        explanation
    }
}
