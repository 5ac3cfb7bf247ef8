//! Features that have values (letter, folder, extension, …): counts for each value, and so the rules to try.

use std::collections::BTreeMap;

use crate::domain::gaps::{
    Kind, Rule, Unit, causes,
    intervals::{self, Interval},
    names::{NONE, Name, Names},
    score::{Candidate, Count, Told},
    units::Units,
    words::{Charset, Edge, Trait},
};

/// What a rule says, by the numbers of interned words.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum What {
    Letter(u32),
    Folder(u32),
    FolderName(u32),
    Extension(u32),
    Class(u32),
    Charset(Charset),
    Depth(u32),
    Empty,
    Marker,
    PageEdge(Edge),
    Size(Interval),
    Modified(Interval),
    Position(Interval),
}

impl What {
    pub(super) fn kind(&self) -> Kind {
        match self {
            Self::Letter(_) => Kind::FirstLetter,
            Self::Folder(_) => Kind::Folder,
            Self::FolderName(_) => Kind::FolderName,
            Self::Extension(_) => Kind::Extension,
            Self::Class(_) => Kind::Class,
            Self::Charset(_) => Kind::Charset,
            Self::Depth(_) => Kind::Depth,
            Self::Empty => Kind::Empty,
            Self::Marker => Kind::Marker,
            Self::PageEdge(_) => Kind::PageEdge,
            Self::Size(_) => Kind::Size,
            Self::Modified(_) => Kind::Modified,
            Self::Position(_) => Kind::Position,
        }
    }
}

/// An ordered quantity of every name, and the rule that an interval of it makes.
type Quantity = (Vec<(i64, Tally)>, fn(Interval) -> What);

/// Counts of one value.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Tally {
    pub(super) all: u64,
    pub(super) missing: u64,
    /// Of the missing; see `Units::weight`.
    pub(super) weight: f64,
}

impl Tally {
    pub(super) fn add(&mut self, other: Self) {
        self.all += other.all;
        self.missing += other.missing;
        self.weight += other.weight;
    }
}

/// All names with what is missing as one: what rules are tried on.
#[derive(Debug)]
pub(super) struct Sieve<'n> {
    pub(super) names: &'n Names,
    pub(super) units: &'n Units,
    total: Tally,
}

impl<'n> Sieve<'n> {
    pub(super) fn new(names: &'n Names, units: &'n Units) -> Self {
        let mut total = Tally::default();
        for name in &names.all {
            total.add(tally(units, name));
        }
        Self {
            names,
            units,
            total,
        }
    }

    /// Every value of every feature that could be a rule.
    pub(super) fn candidates(&self) -> Vec<Candidate> {
        let mut tried = self.letters();
        tried.extend(self.folders());
        tried.extend(self.valued(
            self.names.extensions.len(),
            |name| name.extension,
            What::Extension,
        ));
        tried.extend(self.valued(self.names.classes.len(), |name| name.class, What::Class));
        tried.extend(self.flags());
        for (values, what) in self.quantities() {
            tried.extend(
                intervals::narrowest(&values, self.total)
                    .into_iter()
                    .map(|(interval, tally, tried)| self.candidate(what(interval), tally, tried)),
            );
        }
        tried
    }

    /// The ordered quantities of all names; a time only where each missing name has one.
    fn quantities(&self) -> Vec<Quantity> {
        let column = |value: &dyn Fn(usize, &Name) -> i64| {
            let all = self.names.all.iter().enumerate();
            all.map(|(at, name)| (value(at, name), tally(self.units, name)))
                .collect::<Vec<_>>()
        };
        let mut quantities: Vec<Quantity> = vec![
            (
                column(&|_, name| i64::try_from(name.size).unwrap_or(i64::MAX)),
                What::Size,
            ),
            (
                column(&|at, _| i64::try_from(at).unwrap_or(i64::MAX)),
                What::Position,
            ),
        ];
        if self
            .names
            .all
            .iter()
            .all(|name| !name.missing || name.modified != i64::MIN)
        {
            quantities.push((column(&|_, name| name.modified), What::Modified));
        }
        quantities
    }

    /// A feature with one value a name, numbered from 0 to `len`; 0 is none, which only extensions may speak of.
    fn valued(
        &self,
        len: usize,
        value: impl Fn(&Name) -> u32,
        what: fn(u32) -> What,
    ) -> Vec<Candidate> {
        let mut tallies = vec![Tally::default(); len];
        for name in &self.names.all {
            tallies[value(name) as usize].add(tally(self.units, name));
        }
        let tried = (len as f64).ln();
        let told = tallies
            .into_iter()
            .zip(0..)
            .filter(|&(_, number)| number != NONE || what(number).kind() == Kind::Extension);
        told.filter(|(tally, _)| tally.missing > 0)
            .map(|(tally, number)| self.candidate(what(number), tally, tried))
            .collect()
    }

    /// Folders by path and by name, each with all below it.
    fn folders(&self) -> Vec<Candidate> {
        let folders = &self.names.folders;
        let mut tallies = vec![Tally::default(); folders.len()];
        for name in &self.names.all {
            tallies[name.folder as usize].add(tally(self.units, name));
        }
        for at in (1..folders.len()).rev() {
            let below = tallies[at];
            tallies[folders[at].parent as usize].add(below);
        }
        let mut named: BTreeMap<u32, (Tally, u32)> = BTreeMap::new();
        for at in (1..folders.len()).filter(|&at| !self.lies_in_namesake(at)) {
            let (tally, count) = named.entry(folders[at].name).or_default();
            tally.add(tallies[at]);
            *count += 1;
        }
        let tried = (folders.len() as f64).ln();
        let paths = tallies
            .into_iter()
            .zip(0..)
            .skip(1)
            .filter(|(tally, _)| tally.missing > 0);
        let mut candidates: Vec<_> = paths
            .map(|(tally, number)| self.folder(number, tally, tried))
            .collect();
        let tried = (named.len().max(1) as f64).ln();
        // A name that one folder alone bears says nothing that its path does not.
        let several = named
            .into_iter()
            .filter(|(_, (tally, count))| *count > 1 && tally.missing > 0);
        candidates.extend(
            several.map(|(name, (tally, _))| self.candidate(What::FolderName(name), tally, tried)),
        );
        candidates
    }

    /// A rule about a folder. Of one that is missing as a whole each object counts, or it would never be named.
    fn folder(&self, number: u32, tally: Tally, tried: f64) -> Candidate {
        let mut candidate = self.candidate(What::Folder(number), tally, tried);
        if self.units.whole[number as usize] == number {
            candidate.count = Count::plain(&candidate.told, tried);
        }
        candidate
    }

    /// Whether a folder of the same name is above this one: its objects are counted there.
    fn lies_in_namesake(&self, folder: usize) -> bool {
        let folders = &self.names.folders;
        let mut at = folders[folder].parent as usize;
        while at != 0 {
            if folders[at].name == folders[folder].name {
                return true;
            }
            at = folders[at].parent as usize;
        }
        false
    }

    /// Features that hold or do not, and depth.
    fn flags(&self) -> Vec<Candidate> {
        let mut flags: Vec<What> = Charset::ALL.map(What::Charset).to_vec();
        flags.extend([
            What::Empty,
            What::Marker,
            What::PageEdge(Edge::First),
            What::PageEdge(Edge::Last),
        ]);
        let mut tallies = vec![Tally::default(); flags.len()];
        let mut depths: BTreeMap<u32, Tally> = BTreeMap::new();
        for (at, name) in self.names.all.iter().enumerate() {
            let one = tally(self.units, name);
            let held = flags
                .iter()
                .zip(&mut tallies)
                .filter(|(flag, _)| self.holds(flag, at));
            held.for_each(|(_, tally)| tally.add(one));
            depths
                .entry(self.names.folders[name.folder as usize].depth)
                .or_default()
                .add(one);
        }
        let tried = (flags.len() as f64).ln();
        let all = flags
            .into_iter()
            .zip(tallies)
            .map(|(flag, tally)| (flag, tally, tried));
        let tried = (depths.len() as f64).ln();
        let depths = depths
            .into_iter()
            .map(|(depth, tally)| (What::Depth(depth), tally, tried));
        all.chain(depths)
            .filter(|(_, tally, _)| tally.missing > 0)
            .map(|(what, tally, tried)| self.candidate(what, tally, tried))
            .collect()
    }

    /// Whether a rule about objects holds for the one at a place in the listing.
    pub(super) fn holds(&self, what: &What, at: usize) -> bool {
        let name = &self.names.all[at];
        match what {
            What::Letter(letter) => name.letter == *letter,
            What::Folder(_) | What::FolderName(_) => self.lies_in(name.folder, what),
            What::Extension(extension) => name.extension == *extension,
            What::Class(class) => name.class == *class,
            What::Charset(charset) => name.charsets & charset.bit() != 0,
            What::Depth(depth) => self.names.folders[name.folder as usize].depth == *depth,
            What::Empty => name.size == 0 && !name.marker,
            What::Marker => name.marker,
            What::PageEdge(edge) => edge.holds(at),
            What::Size(interval) => i64::try_from(name.size).is_ok_and(|size| interval.holds(size)),
            What::Modified(interval) => interval.holds(name.modified),
            What::Position(interval) => i64::try_from(at).is_ok_and(|at| interval.holds(at)),
        }
    }

    /// Whether a folder, or one above it, is the one that a rule means.
    pub(super) fn lies_in(&self, folder: u32, what: &What) -> bool {
        let folders = &self.names.folders;
        let means = |at: u32| {
            *what == What::Folder(at) || *what == What::FolderName(folders[at as usize].name)
        };
        let mut at = folder;
        while at != 0 && !means(at) {
            at = folders[at as usize].parent;
        }
        at != 0
    }

    /// A rule about objects.
    fn candidate(&self, what: What, tally: Tally, tried: f64) -> Candidate {
        let weighed = |tally: Tally| (tally.all - tally.missing) as f64 + tally.weight;
        let (held, all) = (weighed(tally), weighed(self.total));
        let count = Count {
            hit: tally.weight,
            held,
            missing: self.total.weight,
            all,
            base: held / all,
            tried,
        };
        let told = Told {
            unit: Unit::Objects,
            hit: tally.missing,
            held: tally.all,
            missing: self.total.missing,
            all: self.total.all,
        };
        Candidate {
            what: vec![what],
            count,
            told,
        }
    }

    /// The rule as it is told.
    pub(super) fn rule(&self, Candidate { what, told, .. }: Candidate) -> Rule {
        let share = |part: u64, whole: u64| part as f64 / whole.max(1) as f64;
        let traits: Vec<Trait> = what.iter().map(|what| self.describe(what)).collect();
        Rule {
            cause: causes::likely(&traits),
            traits,
            unit: told.unit,
            missing: told.missing,
            matched_missing: told.hit,
            matched_present: told.held - told.hit,
            precision: share(told.hit, told.held),
            recall: share(told.hit, told.missing),
            base_rate: share(told.held, told.all),
        }
    }

    fn describe(&self, what: &What) -> Trait {
        let names = self.names;
        let text = |bytes: &[u8]| crate::domain::text::printable(bytes).into();
        match *what {
            What::Letter(letter) => Trait::FirstLetter(text(names.letters.word(letter))),
            What::Folder(folder) => Trait::Folder(names.folder_key(folder)),
            What::FolderName(word) => Trait::FolderName(text(names.segments.word(word))),
            What::Extension(NONE) => Trait::Extension(None),
            What::Extension(word) => Trait::Extension(Some(text(names.extensions.word(word)))),
            What::Class(class) => Trait::Class(text(names.classes.word(class))),
            What::Charset(charset) => Trait::Charset(charset),
            What::Depth(depth) => Trait::Depth(depth),
            What::Empty => Trait::Empty,
            What::Marker => Trait::Marker,
            What::PageEdge(edge) => Trait::PageEdge(edge),
            What::Size(interval) => Trait::Size(interval.band()),
            What::Modified(interval) => Trait::Modified(interval.band()),
            What::Position(interval) => {
                let key =
                    |at: i64| names.key(usize::try_from(at).unwrap_or(0).min(names.len() - 1));
                Trait::Position {
                    band: interval.band(),
                    first: key(interval.low),
                    last: key(interval.high),
                }
            }
        }
    }
}

/// What one name counts.
fn tally(units: &Units, name: &Name) -> Tally {
    let weight = if name.missing {
        units.weight(name.folder)
    } else {
        0.0
    };
    Tally {
        all: 1,
        missing: u64::from(name.missing),
        weight,
    }
}
