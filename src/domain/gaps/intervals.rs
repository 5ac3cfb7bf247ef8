//! Ordered quantities (size, time, position): the narrowest intervals that hold most of the missing.

use crate::domain::gaps::{features::Tally, words::Band};

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

/// For each share the interval with the fewest names in it, with its counts and the logarithm of how many there are.
pub(super) fn narrowest(values: &[(i64, Tally)], total: Tally) -> Vec<(Interval, Tally, f64)> {
    let groups = group(values);
    let sums = running(&groups);
    let n = groups.len() as f64;
    let tried = (n * (n + 1.0) / 2.0).max(1.0).ln();
    let mut found: Vec<(Interval, Tally, f64)> = Vec::new();
    for share in SHARES {
        let Some((first, last)) = best(&groups, &sums, share * total.weight) else {
            continue;
        };
        let interval = Interval {
            low: groups[first].0,
            high: groups[last].0,
            below: first.checked_sub(1).map(|at| groups[at].0),
            above: groups.get(last + 1).map(|group| group.0),
        };
        if found.iter().all(|(known, ..)| *known != interval) {
            found.push((interval, between(&sums, first, last), tried));
        }
    }
    found
}

/// Counts of equal values together, in order.
fn group(values: &[(i64, Tally)]) -> Vec<(i64, Tally)> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by_key(|(value, _)| *value);
    sorted.dedup_by(|(value, tally), (kept, sum)| {
        let same = value == kept;
        if same {
            sum.add(*tally);
        }
        same
    });
    sorted
}

/// Sums of all groups before each place.
fn running(groups: &[(i64, Tally)]) -> Vec<Tally> {
    let mut sum = Tally::default();
    let mut sums = vec![sum];
    for (_, tally) in groups {
        sum.add(*tally);
        sums.push(sum);
    }
    sums
}

fn between(sums: &[Tally], first: usize, last: usize) -> Tally {
    let (before, upto) = (sums[first], sums[last + 1]);
    Tally {
        all: upto.all - before.all,
        missing: upto.missing - before.missing,
        weight: upto.weight - before.weight,
    }
}

/// First and last group of the interval with the fewest names that holds `wanted` of the missing.
fn best(groups: &[(i64, Tally)], sums: &[Tally], wanted: f64) -> Option<(usize, usize)> {
    let mut found: Option<(usize, usize)> = None;
    let mut last = 0;
    for first in (0..groups.len()).filter(|&at| groups[at].1.missing > 0) {
        last = last.max(first);
        while last < groups.len() && between(sums, first, last).weight < wanted - 1e-6 {
            last += 1;
        }
        if last == groups.len() {
            break;
        }
        let fewer = |(a, b)| between(sums, first, last).all < between(sums, a, b).all;
        if found.is_none_or(fewer) {
            found = Some((first, last));
        }
    }
    found
}
