//! Trials: what lost people's data elsewhere, done to wharf on purpose. Each prints one line with its seed and its figures;
//! `docs/promises.md` tells which promise each one holds. Sizes are small here and as large as promised with
//! `WHARF_TRIALS=full`; `WHARF_SEED=n` takes another seed. All of them, with their lines:
//! `WHARF_TRIALS=full cargo test trials:: -- --nocapture`
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::large_futures,
    reason = "a trial stops at the first surprise, tells its figures, and its futures hold whole tasks"
)]

mod aliases;
mod deletes;
mod disk;
mod hostile;
mod moved;
mod pace;
mod raced;
mod restored;
mod retries;
mod round_trip;
mod secrets;
mod steady;
mod storm;
mod terminal;

use wharf::domain::{
    plan::{Deletes, Existing, MaxDelete, SyncOptions},
    progress::Outcome,
};

use crate::engine::transfer::Ended;

/// One of two sizes: for every day, and as large as promised.
pub(crate) fn size(daily: usize, full: usize) -> usize {
    let is_full = std::env::var("WHARF_TRIALS").is_ok_and(|word| word == "full");
    if is_full { full } else { daily }
}

/// The seed of a trial.
pub(crate) fn seed(own: u64) -> u64 {
    let given = std::env::var("WHARF_SEED").ok();
    given.and_then(|text| text.parse().ok()).unwrap_or(own)
}

/// Seeded luck.
pub(crate) struct Luck(u64);

impl Luck {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() >> 33).unwrap() % end.max(1)
    }

    pub(crate) fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }

    /// One time in so many.
    pub(crate) fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }
}

/// Outcomes by what they say.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Rows {
    pub(crate) done: usize,
    pub(crate) skipped: usize,
    pub(crate) failed: usize,
}

impl Rows {
    pub(crate) fn of(ended: &Ended) -> Self {
        let mut rows = Self::default();
        for outcome in ended.told.outcomes.values() {
            match outcome {
                Outcome::Done { .. } => rows.done += 1,
                Outcome::Skipped { .. } => rows.skipped += 1,
                Outcome::Failed(failure) => {
                    assert!(
                        !failure.reason.is_empty() && failure.attempts > 0,
                        "{failure:?}"
                    );
                    rows.failed += 1;
                }
            }
        }
        rows
    }

    pub(crate) fn all(self) -> usize {
        self.done + self.skipped + self.failed
    }
}

/// Makes the destination what the source is, deletes and all.
pub(crate) fn mirror() -> SyncOptions {
    SyncOptions {
        existing: Existing::Update,
        delete: Deletes::Mirror,
        max_delete: MaxDelete::Percent(100.0),
        allow_empty_source: true,
        ..SyncOptions::default()
    }
}
