//! Ordered quantities (size, time, position): the narrowest intervals that hold most of the missing.

use crate::domain::gaps::{
    features::{Sieve, Tally, What},
    names::Name,
    score::Candidate,
    words::Band,
};

/// Shares of the missing that an interval is sought for.
const SHARES: [f64; 4] = [1.0, 0.95, 0.9, 0.8];

/// A closed interval with what lies around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Interval {
    pub(super) low: i64,
    pub(super) high: i64,
    /// The greatest value below, missing or not; `None` where there is none.
    below: Option<i64>,
    /// The least value above; `None` where there is none.
    above: Option<i64>,
}

impl Interval {
    pub(super) fn holds(&self, value: i64) -> bool {
        (self.low..=self.high).contains(&value)
    }

    pub(super) fn band(&self) -> Band {
        Band {
            low: self.low,
            high: self.high,
            below: self.below,
            above: self.above,
        }
    }
}

/// Missing names of one value.
#[derive(Debug, Clone, Copy)]
struct Group {
    value: i64,
    /// Names, missing or not, of lesser values.
    before: usize,
    /// Names, missing or not, of this value and lesser ones.
    upto: usize,
    /// The missing ones among `upto`.
    missing: Tally,
}

/// One quantity of all names.
struct Quantity {
    /// Every value, in order.
    all: Vec<i64>,
    /// The missing ones, in order.
    groups: Vec<Group>,
}

impl Sieve<'_> {
    /// The narrowest intervals of each quantity; of time only where each missing name has one.
    pub(super) fn intervals(&self) -> Vec<Candidate> {
        let mut tried = self.narrowest(
            |_, name| i64::try_from(name.size).unwrap_or(i64::MAX),
            What::Size,
        );
        tried.extend(self.narrowest(
            |at, _| i64::try_from(at).unwrap_or(i64::MAX),
            What::Position,
        ));
        if self
            .names
            .all
            .iter()
            .all(|name| !name.missing || name.modified != i64::MIN)
        {
            tried.extend(self.narrowest(|_, name| name.modified, What::Modified));
        }
        tried
    }

    /// For each share of the missing the interval with the fewest names in it.
    fn narrowest(
        &self,
        value: impl Fn(usize, &Name) -> i64,
        what: fn(Interval) -> What,
    ) -> Vec<Candidate> {
        let quantity = Quantity::of(self, value);
        let n = quantity.all.chunk_by(|a, b| a == b).count() as f64;
        let tried = (n * (n + 1.0) / 2.0).max(1.0).ln();
        let mut found: Vec<(usize, usize)> = SHARES
            .iter()
            .filter_map(|share| quantity.best(share * self.total.weight))
            .collect();
        found.dedup();
        found
            .into_iter()
            .map(|ends| self.candidate(what(quantity.interval(ends)), quantity.tally(ends), tried))
            .collect()
    }
}

impl Quantity {
    fn of(sieve: &Sieve<'_>, value: impl Fn(usize, &Name) -> i64) -> Self {
        let names = sieve.names.all.iter().enumerate();
        let mut all: Vec<i64> = names.clone().map(|(at, name)| value(at, name)).collect();
        let missing = names.filter(|(_, name)| name.missing);
        let mut missing: Vec<(i64, Tally)> = missing
            .map(|(at, name)| (value(at, name), sieve.tally(name)))
            .collect();
        all.sort_unstable();
        missing.sort_unstable_by_key(|(value, _)| *value);
        let mut sum = Tally::default();
        let groups = missing
            .chunk_by(|(a, _), (b, _)| a == b)
            .filter_map(|same| {
                let (value, _) = *same.first()?;
                for (_, tally) in same {
                    sum.add(*tally);
                }
                let before = all.partition_point(|&other| other < value);
                let upto = all.partition_point(|&other| other <= value);
                Some(Group {
                    value,
                    before,
                    upto,
                    missing: sum,
                })
            });
        let groups = groups.collect();
        Self { all, groups }
    }

    /// First and last group of the interval with the fewest names that holds `wanted` of the missing.
    fn best(&self, wanted: f64) -> Option<(usize, usize)> {
        let mut found: Option<(usize, usize)> = None;
        let mut last = 0;
        for first in 0..self.groups.len() {
            last = last.max(first);
            while last < self.groups.len() && self.tally((first, last)).weight < wanted - 1e-6 {
                last += 1;
            }
            if last == self.groups.len() {
                break;
            }
            if found.is_none_or(|known| self.tally((first, last)).all < self.tally(known).all) {
                found = Some((first, last));
            }
        }
        found
    }

    /// What lies between two groups, both of them in it.
    fn tally(&self, (first, last): (usize, usize)) -> Tally {
        let before = first
            .checked_sub(1)
            .map_or(Tally::default(), |at| self.groups[at].missing);
        let upto = self.groups[last].missing;
        Tally {
            all: self.groups[last]
                .upto
                .saturating_sub(self.groups[first].before) as u64,
            missing: upto.missing - before.missing,
            weight: upto.weight - before.weight,
        }
    }

    fn interval(&self, (first, last): (usize, usize)) -> Interval {
        let (first, last) = (self.groups[first], self.groups[last]);
        Interval {
            low: first.value,
            high: last.value,
            below: first.before.checked_sub(1).map(|at| self.all[at]),
            above: self.all.get(last.upto).copied(),
        }
    }
}
