//! The time that a run still takes, as a range. The first slow steps (compilation, a cold cache) count for nothing, pauses that
//! come back (validation, checkpoints) for as often as they come, and one that came once (a stall) for nothing either.

use std::time::Duration;

use super::track::Mark;

/// The least marks that say something.
const ENOUGH: usize = 4;
/// Blocks of steps whose rates make the range.
const BLOCKS: usize = 8;

/// Time left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Eta {
    /// At the best pace of a while.
    pub soonest: Duration,
    /// At the usual one.
    pub likely: Duration,
    /// At a slow one.
    pub latest: Duration,
}

impl Eta {
    /// The same after some of it has gone by.
    #[must_use]
    pub fn after(self, gone: Duration) -> Self {
        Self {
            soonest: self.soonest.saturating_sub(gone),
            likely: self.likely.saturating_sub(gone),
            latest: self.latest.saturating_sub(gone),
        }
    }
}

/// From one mark to the next.
#[derive(Debug, Clone, Copy)]
struct Gap {
    seconds: f64,
    steps: f64,
}

/// How long a run takes from its last mark to the step `total`; `None` where too little is known, nothing where it is there.
pub fn eta(marks: &[Mark], total: u64) -> Option<Eta> {
    let last = marks.last()?;
    let left = total.saturating_sub(last.step) as f64;
    let gaps = gaps(marks);
    let gaps = warm(&gaps);
    if gaps.len() < ENOUGH {
        return None;
    }
    let pace = Pace::of(gaps)?;
    let likely = pace.step + pace.pauses;
    let [low, high] = blocks(gaps, &pace);
    // Even the steadiest run is not known better than this.
    let (low, high) = (low.min(likely) * 0.98, high.max(likely) * 1.02);
    let time = |seconds: f64| Duration::try_from_secs_f64(seconds * left).ok();
    Some(Eta {
        soonest: time(low)?,
        likely: time(likely)?,
        latest: time(high)?,
    })
}

fn gaps(marks: &[Mark]) -> Vec<Gap> {
    let pairs = marks.windows(2).filter_map(|pair| match pair {
        [before, after] => Some(Gap {
            seconds: (after.at - before.at).max(0) as f64 / 1000.0,
            steps: after.step.saturating_sub(before.step).max(1) as f64,
        }),
        _ => None,
    });
    pairs.collect()
}

/// Leaves out the slow beginning: at most a quarter.
fn warm(gaps: &[Gap]) -> &[Gap] {
    let usual = middle(gaps.iter().map(|gap| gap.seconds / gap.steps));
    let slow = |gap: &&Gap| gap.seconds / gap.steps > usual * 1.5;
    let cold = gaps.iter().take_while(slow).count();
    let leave = cold
        .max(usize::from(gaps.len() > 2 * ENOUGH))
        .min(gaps.len() / 4);
    gaps.get(leave..).unwrap_or_default()
}

/// Seconds a step.
#[derive(Debug, Clone, Copy)]
struct Pace {
    /// Of training itself.
    step: f64,
    /// Of the pauses that come back, laid on every step.
    pauses: f64,
    /// A gap's excess above this is an accident.
    accident: f64,
}

impl Pace {
    fn of(gaps: &[Gap]) -> Option<Self> {
        let usual = middle(gaps.iter().map(|gap| gap.seconds / gap.steps));
        let gap = middle(gaps.iter().map(|gap| gap.seconds));
        let excess = |one: &Gap| one.seconds - one.steps * usual;
        let is_pause = |one: &Gap| excess(one) > gap * 2.0 && excess(one) > one.steps * usual * 2.0;
        let mut pauses: Vec<f64> = gaps
            .iter()
            .filter(|one| is_pause(one))
            .map(excess)
            .collect();
        pauses.sort_by(f64::total_cmp);
        let seconds: f64 = gaps.iter().map(|gap| gap.seconds).sum();
        let accident = accident(&pauses, seconds);
        let steady: Vec<Gap> = gaps.iter().filter(|one| !is_pause(one)).copied().collect();
        // The pace of late counts more: a box gets slower, or its neighbours go.
        let late = steady.get(steady.len() * 2 / 3..).unwrap_or_default();
        let step = 0.75 * rate(late)? + 0.25 * rate(&steady)?;
        let steps: f64 = gaps.iter().map(|gap| gap.steps).sum();
        let back: f64 = pauses.iter().filter(|pause| **pause <= accident).sum();
        Some(Self {
            step,
            pauses: back / steps,
            accident,
        })
    }
}

/// From which length on a pause is an accident that does not come back.
fn accident(pauses: &[f64], seconds: f64) -> f64 {
    if pauses.len() < 3 {
        return seconds * 0.1;
    }
    let usual = middle(pauses.iter().copied());
    let limit = usual * 6.0;
    let beyond = pauses.iter().filter(|pause| **pause > limit).count();
    // What comes three times comes again.
    if beyond < 3 { limit } else { f64::INFINITY }
}

/// Seconds a step in a fast and in a slow block.
fn blocks(gaps: &[Gap], pace: &Pace) -> [f64; 2] {
    let size = gaps.len().div_ceil(BLOCKS).max(1);
    let mut rates: Vec<f64> = gaps
        .chunks(size)
        .filter_map(|block| {
            let kept: Vec<Gap> = block
                .iter()
                .filter(|gap| gap.seconds - gap.steps * pace.step <= pace.accident)
                .copied()
                .collect();
            rate(&kept)
        })
        .collect();
    rates.sort_by(f64::total_cmp);
    let of = |share: usize| {
        rates
            .get((rates.len().saturating_sub(1)) * share / 100)
            .copied()
            .unwrap_or(pace.step)
    };
    [of(15), of(85)]
}

fn rate(gaps: &[Gap]) -> Option<f64> {
    let seconds: f64 = gaps.iter().map(|gap| gap.seconds).sum();
    let steps: f64 = gaps.iter().map(|gap| gap.steps).sum();
    (steps > 0.0).then(|| seconds / steps)
}

fn middle(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests;
