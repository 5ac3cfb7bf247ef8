//! Names of one likeness: first letters are compared at the same depth, folder with folder and object with object,
//! because a folder that is missing as a whole says nothing about what objects are called.

use std::collections::BTreeMap;

use crate::domain::gaps::{
    Unit,
    features::{Sieve, What},
    score::{Candidate, Count, Told},
};

/// Names of one likeness: how deep, and whether folders.
pub(super) type Stratum = (u32, bool);

/// Counts in one stratum.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Part {
    all: u32,
    missing: u32,
}

/// A name, be it an object or a folder.
#[derive(Debug, Clone, Copy)]
pub(super) struct Named {
    pub(super) stratum: Stratum,
    pub(super) letter: u32,
    pub(super) missing: bool,
    /// Place in the listing, or the number of the folder.
    pub(super) at: usize,
}

impl Sieve<'_> {
    /// Every first letter of a name.
    pub(super) fn letters(&self) -> Vec<Candidate> {
        let mut strata: BTreeMap<Stratum, Part> = BTreeMap::new();
        let mut held: BTreeMap<(u32, Stratum), Part> = BTreeMap::new();
        self.each_name(|name| {
            strata.entry(name.stratum).or_default().count(name.missing);
            held.entry((name.letter, name.stratum))
                .or_default()
                .count(name.missing);
        });
        let mut letters: BTreeMap<u32, BTreeMap<Stratum, Part>> = BTreeMap::new();
        for ((letter, stratum), part) in held {
            letters.entry(letter).or_default().insert(stratum, part);
        }
        let tried = (letters.len().max(1) as f64).ln();
        let spoken = letters
            .into_iter()
            .filter(|(letter, _)| !self.names.letters.word(*letter).is_empty());
        spoken
            .map(|(letter, held)| candidate(vec![What::Letter(letter)], &strata, &held, tried))
            .collect()
    }

    /// Visits every name that can be missing by itself: not what lies in a folder that is missing as a whole.
    pub(super) fn each_name(&self, mut visit: impl FnMut(Named)) {
        let Self { names, units, .. } = self;
        for (at, name) in names
            .all
            .iter()
            .enumerate()
            .filter(|(_, name)| units.whole[name.folder as usize] == 0)
        {
            let stratum = (names.folders[name.folder as usize].depth, false);
            visit(Named {
                stratum,
                letter: name.letter,
                missing: name.missing,
                at,
            });
        }
        for (at, folder) in names.folders.iter().enumerate().skip(1) {
            if units.whole[folder.parent as usize] == 0 {
                let missing = units.whole[at] != 0;
                visit(Named {
                    stratum: (folder.depth, true),
                    letter: folder.letter,
                    missing,
                    at,
                });
            }
        }
    }
}

impl Part {
    pub(super) fn count(&mut self, missing: bool) {
        self.all += 1;
        self.missing += u32::from(missing);
    }
}

/// A rule about names, from its counts in each stratum where anything is missing.
pub(super) fn candidate(
    what: Vec<What>,
    strata: &BTreeMap<Stratum, Part>,
    held: &BTreeMap<Stratum, Part>,
    tried: f64,
) -> Candidate {
    let mut told = Told {
        unit: Unit::Names,
        hit: 0,
        held: 0,
        missing: 0,
        all: 0,
    };
    let mut base = 0.0;
    for (stratum, all) in strata.iter().filter(|(_, all)| all.missing > 0) {
        let held = held.get(stratum).copied().unwrap_or_default();
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
