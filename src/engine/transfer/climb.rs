//! `Climb`: how many requests at once pay, where nobody says how many. A few more are let in while goodput grows by it;
//! where it does not, they are taken back, and the next try waits longer.

/// Requests at once to begin with: small answers wait for the network, not for the processor.
pub(in crate::engine) const FIRST: u16 = 64;
/// Never more than this: a remote keeps as many connections open.
const MOST: u16 = 256;
/// How many more are tried.
const STEP: u16 = 16;
/// The gain that makes more of them worth it.
const GAIN: f64 = 1.05;
/// Periods between two tries: at first, and at most.
const REST: u32 = 4;
const LONGEST_REST: u32 = 64;

/// The search for the width that pays.
#[derive(Debug)]
pub(super) struct Climb {
    width: u16,
    /// Goodput before the last step, while that is on trial.
    before: Option<f64>,
    rest: u32,
    left: u32,
}

impl Default for Climb {
    fn default() -> Self {
        Self {
            width: FIRST,
            before: None,
            rest: REST,
            left: 1,
        }
    }
}

impl Climb {
    /// The width for the next period, after one with this goodput (of any unit). Only a `full` period tells anything:
    /// one in which requests waited for room.
    pub(super) fn next(&mut self, goodput: f64, full: bool) -> u16 {
        let before = self.before.take();
        if !full {
            return self.width;
        }
        match before {
            Some(before) if goodput > before * GAIN => {
                self.rest = REST;
                self.try_wider(goodput);
            }
            Some(_) => {
                self.width -= STEP;
                self.left = self.rest;
                self.rest = (self.rest * 2).min(LONGEST_REST);
            }
            None if self.left > 0 => self.left -= 1,
            None => self.try_wider(goodput),
        }
        self.width
    }

    fn try_wider(&mut self, goodput: f64) {
        if self.width + STEP <= MOST {
            self.width += STEP;
            self.before = Some(goodput);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Climb, FIRST, MOST, STEP};

    /// The widths of so many periods at a store whose goodput depends on the width so.
    fn widths(periods: usize, goodput: impl Fn(u16) -> f64) -> Vec<u16> {
        let mut climb = Climb::default();
        let mut width = FIRST;
        let mut seen = Vec::new();
        for _ in 0..periods {
            width = climb.next(goodput(width), true);
            seen.push(width);
        }
        seen
    }

    #[test]
    fn it_goes_as_wide_as_it_pays() {
        let far = widths(40, f64::from);
        assert_eq!(far.last(), Some(&MOST));
        let near = widths(400, |width| f64::from(width.min(128)));
        let wide = near.iter().filter(|&&width| width >= 128).count();
        assert!(wide > 390 - 10, "{near:?}");
        assert!(near.iter().all(|&width| width <= 128 + STEP));
    }

    #[test]
    fn where_nothing_is_gained_it_hardly_ever_tries() {
        let flat = widths(400, |_| 1.0);
        let tries = flat.iter().filter(|&&width| width > FIRST).count();
        assert!((2..=12).contains(&tries), "{tries}");
    }

    #[test]
    fn a_period_in_which_nobody_waited_tells_nothing() {
        let mut climb = Climb::default();
        for _ in 0..100 {
            assert_eq!(climb.next(1.0, false), FIRST);
        }
    }
}
