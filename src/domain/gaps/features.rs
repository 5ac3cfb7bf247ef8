//! Features that have values (letter, folder, extension, …): counts for each value, and so the rules to try.

use crate::domain::gaps::{
    Kind, Rule, Unit, causes,
    intervals::Interval,
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
    pub(super) total: Tally,
}

impl<'n> Sieve<'n> {
    pub(super) fn new(names: &'n Names, units: &'n Units) -> Self {
        let mut total = Tally::default();
        for name in &names.all {
            total.add(units.tally(name));
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
        let depth = |name: &Name| self.names.folders[name.folder as usize].depth;
        let depths = self
            .names
            .folders
            .iter()
            .map(|folder| folder.depth)
            .max()
            .map_or(1, |deepest| deepest as usize + 1);
        tried.extend(self.valued(depths, depth, What::Depth));
        tried.extend(self.flags());
        tried.extend(self.intervals());
        tried
    }

    /// A feature with one value a name, numbered from 0 to `len`; 0 is none, of which there is nothing to say for
    /// classes.
    fn valued(
        &self,
        len: usize,
        value: impl Fn(&Name) -> u32,
        what: fn(u32) -> What,
    ) -> Vec<Candidate> {
        let mut tallies = vec![Tally::default(); len];
        for name in &self.names.all {
            tallies[value(name) as usize].add(self.tally(name));
        }
        let tried = (len as f64).ln();
        let told = tallies
            .into_iter()
            .zip(0..)
            .filter(|&(_, number)| number != NONE || what(number).kind() != Kind::Class);
        told.filter(|(tally, _)| tally.missing > 0)
            .map(|(tally, number)| self.candidate(what(number), tally, tried))
            .collect()
    }

    /// Features that hold or do not.
    fn flags(&self) -> Vec<Candidate> {
        let mut flags: Vec<What> = Charset::ALL.map(What::Charset).to_vec();
        flags.extend([
            What::Empty,
            What::Marker,
            What::PageEdge(Edge::First),
            What::PageEdge(Edge::Last),
        ]);
        let mut tallies = vec![Tally::default(); flags.len()];
        for (at, name) in self.names.all.iter().enumerate() {
            let one = self.tally(name);
            let held = flags
                .iter()
                .zip(&mut tallies)
                .filter(|(flag, _)| self.holds(flag, at));
            held.for_each(|(_, tally)| tally.add(one));
        }
        let tried = (flags.len() as f64).ln();
        let held = flags
            .into_iter()
            .zip(tallies)
            .filter(|(_, tally)| tally.missing > 0);
        held.map(|(flag, tally)| self.candidate(flag, tally, tried))
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

    /// What one name counts.
    pub(super) fn tally(&self, name: &Name) -> Tally {
        self.units.tally(name)
    }

    /// A rule about objects.
    pub(super) fn candidate(&self, what: What, tally: Tally, tried: f64) -> Candidate {
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
