//! Two rules that hold together (letter and folder, day and extension), where that tells clearly more.

use crate::domain::gaps::{
    features::{Sieve, What},
    score::Candidate,
    strata::{Census, Named},
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
        if !name.is_folder {
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
    let alone = kept
        .iter()
        .map(|kept| kept.count.score())
        .fold(0.0, f64::max);
    let clear = |both: &Candidate| {
        both.count.is_beyond_chance() && both.count.score() > alone + CLEARLY.max(0.1 * alone)
    };
    let twos = together(sieve, &partners(tried));
    twos.into_iter()
        .filter(clear)
        .max_by(|a, b| a.count.score().total_cmp(&b.count.score()))
}

/// Rules that hold for most of the missing, and not for nearly all names: the most telling ones.
fn partners(tried: &[Candidate]) -> Vec<&Candidate> {
    let may = |candidate: &&Candidate| {
        candidate.count.hit >= 0.8 * candidate.count.missing && candidate.count.base < 0.9
    };
    let mut partners: Vec<&Candidate> = tried.iter().filter(may).collect();
    partners.sort_by(|a, b| b.count.score().total_cmp(&a.count.score()));
    partners.truncate(PARTNERS);
    partners
}

/// Every two rules of different kinds as one, counted in one pass: names by which of the rules hold for them.
fn together(sieve: &Sieve<'_>, partners: &[&Candidate]) -> Vec<Candidate> {
    if partners.len() < 2 {
        return Vec::new();
    }
    let mut all = Census::default();
    let mut held = vec![Census::default(); 1 << partners.len()];
    sieve.each_name(|name| {
        let holds = |rule: &Candidate| rule.what.iter().all(|what| sieve.holds_for(what, name));
        let bits = partners
            .iter()
            .enumerate()
            .map(|(at, rule)| usize::from(holds(rule)) << at);
        held[bits.sum::<usize>()].count(name);
        all.count(name);
    });
    let twos = (0..partners.len()).flat_map(|a| (a + 1..partners.len()).map(move |b| (a, b)));
    twos.filter(|&(a, b)| partners[a].kind() != partners[b].kind())
        .map(|(a, b)| {
            let mut both = Census::default();
            let bits = 1 << a | 1 << b;
            held.iter()
                .enumerate()
                .filter(|(which, _)| which & bits == bits)
                .for_each(|(_, census)| both.join(census));
            let mut what: Vec<What> = partners[a]
                .what
                .iter()
                .chain(&partners[b].what)
                .copied()
                .collect();
            what.sort_by_key(What::kind);
            all.rule(
                what,
                &both,
                partners[a].count.tried + partners[b].count.tried,
            )
        })
        .collect()
}
