//! Names of one likeness: first letters are compared at the same depth, folder with folder and object with object,
//! because a folder that is missing as a whole says nothing about what objects are called.

use crate::domain::gaps::{
    Unit,
    features::{Sieve, What},
    score::{Candidate, Count, Told},
};

/// Counts in one stratum: names of one likeness.
#[derive(Debug, Clone, Copy, Default)]
struct Part {
    all: u32,
    missing: u32,
}

/// Counts by stratum: each depth has one for objects and one for folders.
#[derive(Debug, Clone, Default)]
pub(super) struct Census(Vec<Part>);

impl Census {
    /// Counts one name.
    pub(super) fn count(&mut self, name: Named) {
        let part = self.part(name.depth as usize * 2 + usize::from(name.is_folder));
        part.all += 1;
        part.missing += u32::from(name.missing);
    }

    /// Counts all that another one did.
    pub(super) fn join(&mut self, other: &Self) {
        for (at, more) in other.0.iter().enumerate() {
            let part = self.part(at);
            part.all += more.all;
            part.missing += more.missing;
        }
    }

    fn part(&mut self, at: usize) -> &mut Part {
        if self.0.len() <= at {
            self.0.resize(at + 1, Part::default());
        }
        &mut self.0[at]
    }

    /// A rule about names that holds for those of `held`, this census being that of all.
    pub(super) fn rule(&self, what: Vec<What>, held: &Self, tried: f64) -> Candidate {
        let mut told = Told {
            unit: Unit::Names,
            hit: 0,
            held: 0,
            missing: 0,
            all: 0,
        };
        let mut base = 0.0;
        for (at, all) in self.0.iter().enumerate().filter(|(_, all)| all.missing > 0) {
            let held = held.0.get(at).copied().unwrap_or_default();
            told.hit += u64::from(held.missing);
            told.held += u64::from(held.all);
            told.missing += u64::from(all.missing);
            told.all += u64::from(all.all);
            base += f64::from(all.missing) * f64::from(held.all) / f64::from(all.all);
        }
        let base = base / (told.missing.max(1) as f64);
        let count = Count {
            base,
            ..Count::plain(&told, tried)
        };
        Candidate { what, count, told }
    }
}

/// A name, be it an object or a folder.
#[derive(Debug, Clone, Copy)]
pub(super) struct Named {
    depth: u32,
    pub(super) is_folder: bool,
    pub(super) letter: u32,
    missing: bool,
    /// Place in the listing, or the number of the folder.
    pub(super) at: usize,
}

impl Sieve<'_> {
    /// Every first letter of a name.
    pub(super) fn letters(&self) -> Vec<Candidate> {
        let mut all = Census::default();
        let mut letters = vec![Census::default(); self.names.letters.len()];
        self.each_name(|name| {
            all.count(name);
            letters[name.letter as usize].count(name);
        });
        let tried = (letters.len() as f64).ln();
        let spoken = letters
            .iter()
            .zip(0..)
            .filter(|(_, letter)| !self.names.letters.word(*letter).is_empty());
        spoken
            .map(|(held, letter)| all.rule(vec![What::Letter(letter)], held, tried))
            .collect()
    }

    /// Visits every name that can be missing by itself: not what lies in a folder that is missing as a whole.
    pub(super) fn each_name(&self, mut visit: impl FnMut(Named)) {
        let Self { names, units, .. } = self;
        for (at, name) in names.all.iter().enumerate() {
            if units.whole[name.folder as usize] == 0 {
                let depth = names.folders[name.folder as usize].depth;
                visit(Named {
                    depth,
                    is_folder: false,
                    letter: name.letter,
                    missing: name.missing,
                    at,
                });
            }
        }
        for (at, folder) in names.folders.iter().enumerate().skip(1) {
            if units.whole[folder.parent as usize] == 0 {
                let missing = units.whole[at] != 0;
                visit(Named {
                    depth: folder.depth,
                    is_folder: true,
                    letter: folder.letter,
                    missing,
                    at,
                });
            }
        }
    }
}
