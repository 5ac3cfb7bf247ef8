//! `Climb`: how many requests at once pay, where nobody says how many. At first twice as many are let in each time, as long
//! as goodput grows by it: a store that answers late soon has hundreds to answer. From there on a few more are tried now
//! and then; where they gain nothing, they are taken back, and the next try waits longer.

use std::time::Duration;

/// Requests at once to begin with, where all are small: those wait for the network, not for the processor. Twice as many are
/// tried at once, and each that was opened in vain keeps its buffers for a while.
const SMALL: u16 = 16;
/// The same, where all are parts: few of those fill a network, and each takes memory.
const PARTS: u16 = 8;
/// What several tasks share that run beside each other, where nobody says how many: none of them climbs.
pub(in crate::engine) const SHARED: u16 = 64;
/// Never more than this: a remote keeps as many connections open.
const MOST: u16 = 256;
/// How many more are tried.
const STEP: u16 = 16;
/// The gain that makes more of them worth it, and that which makes twice as many worth it.
const GAIN: f64 = 1.05;
const LEAP: f64 = 1.25;
/// Periods between two tries: at first, and at most.
const REST: u32 = 4;
const LONGEST_REST: u32 = 64;
/// How long a period lasts.
const PERIOD: Duration = Duration::from_secs(1);
/// How long it lasts at least while the number doubles.
const LEAST: Duration = Duration::from_millis(100);

/// What passed since the last look.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Passed {
    /// How long that was.
    pub(super) time: Duration,
    /// Requests that ended.
    pub(super) requests: u64,
    /// Goodput, of any unit.
    pub(super) good: f64,
    /// Whether requests waited for room: else the time tells nothing.
    pub(super) full: bool,
}

/// The search for the width that pays.
#[derive(Debug)]
pub(super) struct Climb {
    width: u16,
    /// It doubles, as long as that pays.
    doubles: bool,
    /// Goodput before the last step, while that is on trial.
    before: Option<f64>,
    /// The period so far.
    period: Passed,
    rest: u32,
    left: u32,
}

/// How many requests to begin with, where there are at least so many small contents.
pub(super) fn first(small: usize) -> u16 {
    u16::try_from(small).unwrap_or(SMALL).clamp(PARTS, SMALL)
}

impl Climb {
    /// The search from this width on.
    pub(super) fn from(width: u16) -> Self {
        Self {
            width,
            doubles: true,
            before: None,
            period: Passed::default(),
            rest: REST,
            left: 1,
        }
    }

    /// The width from now on, after this passed.
    pub(super) fn after(&mut self, passed: Passed) -> u16 {
        let period = &mut self.period;
        period.time += passed.time;
        period.requests += passed.requests;
        period.good += passed.good;
        period.full |= passed.full;
        if self.is_told() {
            let Passed {
                time, good, full, ..
            } = std::mem::take(&mut self.period);
            let rate = good / time.as_secs_f64().max(0.001);
            if !full {
                self.before = None;
            } else if self.doubles {
                self.leap(rate);
            } else {
                self.step(rate);
            }
        }
        self.width
    }

    /// Whether the period was long enough to tell something: each place was taken twice, or a second passed.
    fn is_told(&self) -> bool {
        let Passed { time, requests, .. } = self.period;
        let twice = requests >= 2 * u64::from(self.width);
        time >= PERIOD || (self.doubles && twice && time >= LEAST)
    }

    fn leap(&mut self, rate: f64) {
        match self.before {
            Some(before) if rate < before * LEAP => {
                self.doubles = false;
                self.before = None;
                self.width /= 2;
            }
            _ if self.width * 2 <= MOST => {
                self.before = Some(rate);
                self.width *= 2;
            }
            _ => {
                self.doubles = false;
                self.before = None;
            }
        }
    }

    fn step(&mut self, rate: f64) {
        match self.before.take() {
            Some(before) if rate > before * GAIN => {
                self.rest = REST;
                self.try_wider(rate);
            }
            Some(_) => {
                self.width -= STEP;
                self.left = self.rest;
                self.rest = (self.rest * 2).min(LONGEST_REST);
            }
            None if self.left > 0 => self.left -= 1,
            None => self.try_wider(rate),
        }
    }

    fn try_wider(&mut self, rate: f64) {
        if self.width + STEP <= MOST {
            self.width += STEP;
            self.before = Some(rate);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Climb, Duration, MOST, PARTS, Passed, SMALL, STEP, first};

    /// Half a second of a store that answers as many requests in that time.
    fn passed(requests: f64, full: bool) -> Passed {
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "small and positive"
        )]
        Passed {
            time: Duration::from_millis(500),
            requests: requests as u64,
            good: requests,
            full,
        }
    }

    /// The widths of so many half seconds at a store whose goodput depends on the width so.
    fn widths(count: usize, goodput: impl Fn(u16) -> f64) -> Vec<u16> {
        let mut climb = Climb::from(SMALL);
        let mut width = SMALL;
        let mut seen = Vec::new();
        for _ in 0..count {
            width = climb.after(passed(goodput(width), true));
            seen.push(width);
        }
        seen
    }

    #[test]
    fn it_soon_goes_as_wide_as_it_pays() {
        // Answers that take 20 ms: each place serves 25 requests in half a second.
        let far = widths(4, |width| 25.0 * f64::from(width));
        assert_eq!(far.last(), Some(&MOST), "{far:?}");
        // Answers that take a second: a place serves one request in two looks.
        let slow = widths(12, |width| 0.5 * f64::from(width));
        assert_eq!(slow.last(), Some(&MOST), "{slow:?}");
        let near = widths(800, |width| 25.0 * f64::from(width.min(128)));
        let wide = near.iter().filter(|&&width| width >= 128).count();
        assert!(wide > 780, "{near:?}");
        let most = near.iter().skip(4).max();
        assert!(most.is_some_and(|&most| most <= 128 + STEP), "{near:?}");
    }

    #[test]
    fn where_nothing_is_gained_it_hardly_ever_tries() {
        let flat = widths(800, |_| 1000.0);
        let tries = flat.iter().filter(|&&width| width > SMALL).count();
        assert!((2..=24).contains(&tries), "{tries}");
    }

    #[test]
    fn it_begins_with_few_parts_and_with_more_small_ones() {
        assert_eq!([0, 12, 99_999].map(first), [PARTS, 12, SMALL]);
    }

    #[test]
    fn a_period_in_which_nobody_waited_tells_nothing() {
        let mut climb = Climb::from(SMALL);
        for _ in 0..100 {
            assert_eq!(climb.after(passed(1000.0, false)), SMALL);
        }
    }
}
