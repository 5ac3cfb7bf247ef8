//! The time of the embedded AWS: the system's, shifted or held still by whoever drives the test.
//! It shows in `Date` and `LastModified`; signatures of another time are refused only where `Limits::skew` says so.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

/// A shared clock; every clone shows the same time.
#[derive(Debug, Clone, Default)]
pub struct Clock(Arc<Mutex<Hand>>);

#[derive(Debug, Clone, Copy)]
enum Hand {
    Ahead(Duration),
    Behind(Duration),
    Still(SystemTime),
}

impl Default for Hand {
    fn default() -> Self {
        Self::Ahead(Duration::ZERO)
    }
}

impl Clock {
    /// The time it shows.
    pub fn now(&self) -> SystemTime {
        match *self.hand() {
            Hand::Ahead(by) => SystemTime::now() + by,
            Hand::Behind(by) => SystemTime::now() - by,
            Hand::Still(at) => at,
        }
    }

    /// The time it shows, cut to whole seconds as S3 keeps them.
    pub fn second(&self) -> SystemTime {
        whole_second(self.now())
    }

    /// Holds the clock still at `at` until it is set again.
    pub fn hold(&self, at: SystemTime) {
        *self.hand() = Hand::Still(at);
    }

    /// Lets it run from `at` on.
    pub fn run_from(&self, at: SystemTime) {
        let now = SystemTime::now();
        *self.hand() = match at.duration_since(now) {
            Ok(by) => Hand::Ahead(by),
            Err(earlier) => Hand::Behind(earlier.duration()),
        };
    }

    /// Puts it forward by `by`, whether it runs or stands.
    pub fn advance(&self, by: Duration) {
        let mut hand = self.hand();
        *hand = match *hand {
            Hand::Ahead(ahead) => Hand::Ahead(ahead + by),
            Hand::Behind(behind) => match behind.checked_sub(by) {
                Some(left) => Hand::Behind(left),
                None => Hand::Ahead(by.saturating_sub(behind)),
            },
            Hand::Still(at) => Hand::Still(at + by),
        };
    }

    fn hand(&self) -> MutexGuard<'_, Hand> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// `at` without its fraction of a second.
pub(super) fn whole_second(at: SystemTime) -> SystemTime {
    let since = at
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    SystemTime::UNIX_EPOCH + Duration::from_secs(since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_held_clock_stands_until_it_is_put_forward() {
        let clock = Clock::default();
        let noon = SystemTime::UNIX_EPOCH + Duration::from_millis(1_700_000_000_250);
        clock.hold(noon);
        assert_eq!(clock.now(), noon);
        assert_eq!(clock.second(), noon - Duration::from_millis(250));
        clock.advance(Duration::from_secs(5));
        assert_eq!(clock.now(), noon + Duration::from_secs(5));
    }

    #[test]
    fn a_clock_that_is_behind_can_be_put_ahead() {
        let clock = Clock::default();
        clock.run_from(SystemTime::now() - Duration::from_secs(100));
        assert!(clock.now() < SystemTime::now() - Duration::from_secs(90));
        clock.advance(Duration::from_secs(200));
        assert!(clock.now() > SystemTime::now() + Duration::from_secs(90));
    }
}
