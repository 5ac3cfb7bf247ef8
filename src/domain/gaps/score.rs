//! How much a rule tells: what is beyond chance, and which of several comes first.

use crate::domain::gaps::{Kind, Unit, features::What};

/// Share of the missing that a rule must hold for.
const RECALL: f64 = 0.8;
/// The chance, over all values tried, below which it is none.
const CHANCE: f64 = 1e-4;
/// How many times likelier a name must be missing where the rule holds than where it does not.
const CONTRAST: f64 = 2.0;
/// A rule that tells less than this share of the best one is not told beside it.
const WORTH: f64 = 0.5;
/// Rules told at most.
pub(super) const TOLD: usize = 3;

/// What a rule holds for. Counts are weighted: the objects of a folder missing as a whole count as one.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Count {
    /// Missing ones it holds for.
    pub(super) hit: f64,
    /// All it holds for, missing or not.
    pub(super) held: f64,
    /// Missing ones.
    pub(super) missing: f64,
    /// All, missing or not.
    pub(super) all: f64,
    /// The share that it would hold for by chance: `held / all` where all are alike.
    pub(super) base: f64,
    /// Logarithm of the number of values tried.
    pub(super) tried: f64,
}

impl Count {
    /// Counts as they are told, each missing one by itself.
    pub(super) fn plain(told: &Told, tried: f64) -> Self {
        let (held, all) = (told.held as f64, told.all as f64);
        Self {
            hit: told.hit as f64,
            held,
            missing: told.missing as f64,
            all,
            base: held / all,
            tried,
        }
    }

    /// Whether so many hits cannot be chance.
    ///
    /// The chance of drawing `hit` of `missing` names without replacement is at most that of drawing them with
    /// (Hoeffding 1963), which is at most exp(-missing · divergence) (Chernoff); that also holds where the shares
    /// differ from stratum to stratum and `base` is their mean.
    pub(super) fn is_beyond_chance(&self) -> bool {
        let recall = self.hit / self.missing;
        if recall < RECALL - 1e-9 || recall <= self.base {
            return false;
        }
        let chance = -self.missing * divergence(recall, self.base) + self.tried;
        chance < CHANCE.ln() && self.contrast() >= CONTRAST
    }

    /// How many times likelier a name is missing where the rule holds.
    fn contrast(&self) -> f64 {
        let inside = self.hit / self.held;
        let outside = (self.missing - self.hit) / (self.all - self.held);
        if self.missing - self.hit < 1e-9 || self.all - self.held < 1e-9 {
            f64::INFINITY
        } else {
            inside / outside
        }
    }

    /// What knowing the rule tells about who is missing: the gain in log-likelihood of two loss rates over one,
    /// less what trying so many values gains by itself.
    pub(super) fn score(&self) -> f64 {
        let inside = likelihood(self.hit, self.held);
        let outside = likelihood(self.missing - self.hit, self.all - self.held);
        inside + outside - likelihood(self.missing, self.all) - self.tried
    }
}

/// Log-likelihood of `hit` losses among `all` at their own rate.
fn likelihood(hit: f64, all: f64) -> f64 {
    let part = |n: f64| {
        if n > 0.0 && all > 0.0 {
            n * (n / all).ln()
        } else {
            0.0
        }
    };
    part(hit) + part(all - hit)
}

/// The divergence of a share from an expected one, in nats.
fn divergence(share: f64, expected: f64) -> f64 {
    let part = |share: f64, expected: f64| {
        if share > 0.0 {
            share * (share / expected).ln()
        } else {
            0.0
        }
    };
    part(share, expected) + part(1.0 - share, 1.0 - expected)
}

/// A rule that was tried.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Candidate {
    pub(super) what: Vec<What>,
    pub(super) count: Count,
    pub(super) told: Told,
}

/// The counts as they are told: whole numbers, not weighted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Told {
    pub(super) unit: Unit,
    pub(super) hit: u64,
    pub(super) held: u64,
    pub(super) missing: u64,
    pub(super) all: u64,
}

impl Candidate {
    /// The kind: of the first part where there are two.
    pub(super) fn kind(&self) -> Kind {
        self.what.first().map_or(Kind::Position, What::kind)
    }
}

/// The most telling first; of each kind the best one, and none that tells much less than the first.
pub(super) fn rank(mut kept: Vec<Candidate>) -> Vec<Candidate> {
    kept.sort_by(|a, b| b.count.score().total_cmp(&a.count.score()));
    let Some(best) = kept.first().map(|best| best.count.score()) else {
        return kept;
    };
    let mut kinds: Vec<Kind> = Vec::new();
    kept.retain(|candidate| {
        let new = candidate
            .what
            .iter()
            .any(|what| !kinds.contains(&what.kind()));
        kinds.extend(candidate.what.iter().map(What::kind));
        new && candidate.count.score() >= WORTH * best
    });
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(hit: f64, held: f64, missing: f64, all: f64) -> Count {
        Count {
            hit,
            held,
            missing,
            all,
            base: held / all,
            tried: 50_f64.ln(),
        }
    }

    #[test]
    fn chance_is_no_rule() {
        assert!(count(36.0, 1637.0, 36.0, 18_000.0).is_beyond_chance());
        assert!(
            !count(3.0, 1637.0, 3.0, 18_000.0).is_beyond_chance(),
            "three of a kind happen"
        );
        assert!(
            !count(20.0, 1637.0, 36.0, 18_000.0).is_beyond_chance(),
            "half of them are not explained"
        );
        assert!(
            !count(36.0, 17_000.0, 36.0, 18_000.0).is_beyond_chance(),
            "nearly all are so"
        );
    }

    #[test]
    fn the_narrower_of_nested_rules_tells_more() {
        let letter = count(36.0, 1637.0, 36.0, 18_000.0);
        let folder = count(36.0, 9000.0, 36.0, 18_000.0);
        assert!(letter.score() > folder.score() && folder.score() > 0.0);
    }
}
