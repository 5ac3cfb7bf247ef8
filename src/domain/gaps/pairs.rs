//! Two rules that hold together (letter and folder, day and extension), where that tells clearly more.

use std::collections::BTreeMap;

use crate::domain::gaps::{
    features::{Sieve, What},
    score::Candidate,
    strata::{Named, Part, Stratum, candidate},
};

/// How much more two rules together must tell than the better of them.
const CLEARLY: f64 = 10.0;
/// Two rules that share more than this much of their names say the same.
const SAME: f64 = 0.7;
/// Rules that are tried in twos.
const PARTNERS: usize = 8;

impl Sieve<'_> {
    /// The rules that say something of their own, at most so many: of two that hold for nearly the same names, the
    /// first.
    pub(super) fn distinct(&self, ranked: Vec<Candidate>, most: usize) -> Vec<Candidate> {
        let mut kept: Vec<Candidate> = Vec::new();
        for candidate in ranked {
            let told = kept
                .iter()
                .any(|known| self.overlap(known, &candidate) > SAME);
            if kept.len() < most && !told {
                kept.push(candidate);
            }
        }
        kept
    }

    /// Of the names that either rule holds for, the share that both do.
    fn overlap(&self, a: &Candidate, b: &Candidate) -> f64 {
        let (mut both, mut either) = (0_u32, 0_u32);
        self.each_name(|name| {
            let [a, b] = [a, b].map(|rule| rule.what.iter().all(|what| self.holds_for(what, name)));
            both += u32::from(a && b);
            either += u32::from(a || b);
        });
        f64::from(both) / f64::from(either.max(1))
    }

    /// Whether a rule holds for a name; what only objects have holds for no folder.
    fn holds_for(&self, what: &What, name: Named) -> bool {
        let (_, is_folder) = name.stratum;
        if !is_folder {
            return self.holds(what, name.at);
        }
        *what == What::Letter(name.letter)
            || self.lies_in(u32::try_from(name.at).unwrap_or(0), what)
    }
}

/// The best two rules that tell clearly more together than any rule of `kept` does alone.
pub(super) fn best(
    sieve: &Sieve<'_>,
    tried: &[Candidate],
    kept: &[Candidate],
) -> Option<Candidate> {
    let mut partners: Vec<&Candidate> = tried
        .iter()
        .filter(|candidate| {
            candidate.count.hit >= 0.8 * candidate.count.missing && candidate.count.base < 0.9
        })
        .collect();
    partners.sort_by(|a, b| b.count.score().total_cmp(&a.count.score()));
    partners.truncate(PARTNERS);
    let alone = kept
        .iter()
        .map(|kept| kept.count.score())
        .fold(0.0, f64::max);
    let twos = partners
        .iter()
        .enumerate()
        .flat_map(|(at, a)| partners.iter().skip(at + 1).map(move |b| (*a, *b)));
    twos.filter(|(a, b)| a.kind() != b.kind())
        .map(|(a, b)| together(sieve, a, b))
        .filter(|both| {
            both.count.is_beyond_chance() && both.count.score() > alone + CLEARLY.max(0.1 * alone)
        })
        .max_by(|a, b| a.count.score().total_cmp(&b.count.score()))
}

/// Two rules as one.
fn together(sieve: &Sieve<'_>, a: &Candidate, b: &Candidate) -> Candidate {
    let mut what: Vec<What> = a.what.iter().chain(&b.what).copied().collect();
    what.sort_by_key(What::kind);
    let mut strata: BTreeMap<Stratum, Part> = BTreeMap::new();
    let mut held: BTreeMap<Stratum, Part> = BTreeMap::new();
    sieve.each_name(|name| {
        strata.entry(name.stratum).or_default().count(name.missing);
        if what.iter().all(|what| sieve.holds_for(what, name)) {
            held.entry(name.stratum).or_default().count(name.missing);
        }
    });
    candidate(what, &strata, &held, a.count.tried + b.count.tried)
}
