//! The last runs of a mapping: how fast, how much, and how they ended, so that one that is slow or fails is noticed.

/// A run below this share of the usual rate is slow.
const SLOW: f64 = 0.5;
/// Runs that make a rate a usual one.
const USUAL: usize = 3;

/// One run that is over.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Run {
    /// Bytes a second over its whole time; `None` where it moved nothing.
    pub rate: Option<f64>,
    /// Bytes moved.
    pub bytes: u64,
    /// Steps that failed.
    pub failed: u64,
    /// Whether it ended as it should.
    pub well: bool,
}

/// Runs of one mapping, newest first.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Runs(pub Vec<Run>);

impl Runs {
    /// How many of the last ones, without a break, did not end well.
    pub fn bad_in_a_row(&self) -> usize {
        let bad = |run: &&Run| !run.well || run.failed > 0;
        self.0.iter().take_while(bad).count()
    }

    /// The rate of the last run.
    pub fn rate(&self) -> Option<f64> {
        self.0.first()?.rate
    }

    /// The rate that was usual before the last run: the middle one of enough of them.
    pub fn usual_rate(&self) -> Option<f64> {
        let mut rates: Vec<f64> = self.0.iter().skip(1).filter_map(|run| run.rate).collect();
        rates.sort_by(f64::total_cmp);
        let enough = rates.len() >= USUAL;
        rates.get(rates.len() / 2).copied().filter(|_| enough)
    }

    /// Whether the last run was much slower than those before.
    pub fn is_slow(&self) -> bool {
        let both = self.rate().zip(self.usual_rate());
        both.is_some_and(|(now, usual)| now < usual * SLOW)
    }

    /// Whether a person should look: it failed, or was slow.
    pub fn is_unusual(&self) -> bool {
        self.bad_in_a_row() > 0 || self.is_slow()
    }
}

#[cfg(test)]
mod tests {
    use super::{Run, Runs};

    fn run(rate: f64, failed: u64) -> Run {
        Run {
            rate: (rate > 0.0).then_some(rate),
            bytes: 1,
            failed,
            well: failed == 0,
        }
    }

    #[test]
    fn what_is_slow_or_fails_stands_out() {
        let steady = Runs(vec![
            run(9.0, 0),
            run(10.0, 0),
            run(0.0, 0),
            run(11.0, 0),
            run(8.0, 0),
        ]);
        assert_eq!(
            (steady.usual_rate(), steady.is_unusual()),
            (Some(10.0), false)
        );
        let slow = Runs([&[run(4.9, 0)][..], &steady.0].concat());
        assert!(slow.is_slow() && slow.bad_in_a_row() == 0);
        let failing = Runs([&[run(9.0, 1), run(9.0, 2)][..], &steady.0].concat());
        assert_eq!((failing.bad_in_a_row(), failing.is_slow()), (2, false));
        let few = Runs(steady.0[..3].to_vec());
        assert_eq!((few.usual_rate(), few.is_unusual()), (None, false));
        assert_eq!(Runs::default().rate(), None);
    }
}
