//! `Totals`: what a comparison found, counted as it goes. Objects and folders are counted apart.

use serde::{Deserialize, Serialize};

use super::{Level, Pair, Sign, Verdict};
use crate::domain::entry::{Facts, Kind, Tally};

/// Counts and bytes of a comparison, by side, sign and proof.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// Objects or files on the left that take part.
    pub left: Tally,
    /// Objects or files on the right that take part.
    pub right: Tally,
    /// Objects by sign, in the order of `Sign::ALL`; bytes are the left's, or the right's where the left has none.
    pub signs: [Tally; 10],
    /// Those that are the same, by level of proof: size, time, checksum, read.
    pub same: [Tally; 4],
    /// Folder entries (markers, local folders, common prefixes) on the left.
    pub left_folders: u64,
    /// Folder entries on the right.
    pub right_folders: u64,
    /// Symbolic links that were left, on either side.
    pub symlinks: u64,
    /// Sockets, pipes and devices, on either side.
    pub specials: u64,
}

impl Totals {
    /// Objects that bear this sign.
    pub fn of(&self, sign: Sign) -> Tally {
        self.signs.get(sign as usize).copied().unwrap_or_default()
    }

    /// Objects that are the same by at least this proof.
    pub fn same_by(&self, level: Level) -> Tally {
        let mut sum = Tally::default();
        self.same
            .iter()
            .skip(level as usize)
            .for_each(|tally| sum.join(*tally));
        sum
    }

    /// Objects that take part and are not the same, or not proven so.
    pub fn differences(&self) -> u64 {
        let others = Sign::ALL
            .into_iter()
            .filter(|sign| !matches!(sign, Sign::Same | Sign::Excluded));
        others.map(|sign| self.of(sign).objects).sum()
    }

    /// Adds what another comparison found.
    pub fn join(&mut self, other: &Self) {
        self.left.join(other.left);
        self.right.join(other.right);
        let tallies = |own: &mut [Tally], others: &[Tally]| {
            own.iter_mut()
                .zip(others)
                .for_each(|(own, other)| own.join(*other));
        };
        tallies(&mut self.signs, &other.signs);
        tallies(&mut self.same, &other.same);
        self.left_folders += other.left_folders;
        self.right_folders += other.right_folders;
        self.symlinks += other.symlinks;
        self.specials += other.specials;
    }

    /// Counts one pair.
    pub fn add(&mut self, pair: &Pair) {
        let Some(facts) = pair.facts() else {
            return;
        };
        let sign = pair.verdict.sign();
        if sign != Sign::Excluded {
            self.left_folders += count(pair.left.as_ref(), Kind::Folder);
            self.right_folders += count(pair.right.as_ref(), Kind::Folder);
            add_object(&mut self.left, pair.left.as_ref());
            add_object(&mut self.right, pair.right.as_ref());
        }
        for side in [&pair.left, &pair.right] {
            self.symlinks += count(side.as_ref(), Kind::Symlink);
            self.specials += count(side.as_ref(), Kind::Special);
        }
        if facts.kind != Kind::Object {
            return;
        }
        if let Some(tally) = self.signs.get_mut(sign as usize) {
            tally.add(facts.size);
        }
        if let Verdict::Same { proof } = pair.verdict
            && let Some(tally) = self.same.get_mut(proof as usize)
        {
            tally.add(facts.size);
        }
    }
}

fn count(facts: Option<&Facts>, kind: Kind) -> u64 {
    u64::from(facts.is_some_and(|facts| facts.kind == kind))
}

fn add_object(tally: &mut Tally, facts: Option<&Facts>) {
    if let Some(facts) = facts.filter(|facts| facts.kind == Kind::Object) {
        tally.add(facts.size);
    }
}
