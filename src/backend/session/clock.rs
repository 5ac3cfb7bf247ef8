//! How far this machine's clock is off, read from the `Date` of the answers that come anyway.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering::Relaxed},
    },
    time::{Duration, SystemTime},
};

use aws_sdk_s3::{
    config::{
        ConfigBag, Intercept, RuntimeComponents,
        interceptors::BeforeDeserializationInterceptorContextRef,
    },
    error::BoxError,
};
use aws_types::sdk_config::TimeSource;
use jiff::{SignedDuration, Timestamp, fmt::rfc2822};

/// How far this machine's clock is ahead of the remote's, by the `Date` of its answers; clones share it.
#[derive(Debug, Clone, Default)]
pub(in crate::backend) struct Clock(Arc<Cells>);

#[derive(Debug)]
struct Cells {
    /// Seconds that this machine is ahead.
    skew: AtomicI64,
    /// The second of this machine when that was measured.
    noted: AtomicI64,
    /// Seconds that a signature's time is put right by.
    put_right: AtomicI64,
}

/// No answer bore a date yet.
const UNKNOWN: i64 = i64::MIN;

/// Seconds by which two measurements differ when nothing but the way of an answer lies between.
const ALIKE: i64 = 60;

/// Seconds from which on AWS may refuse a signature for its time: five minutes, and less for the way of the answer.
const REFUSED: i64 = 240;

impl Default for Cells {
    fn default() -> Self {
        Self {
            skew: AtomicI64::new(UNKNOWN),
            noted: AtomicI64::new(UNKNOWN),
            put_right: AtomicI64::new(0),
        }
    }
}

impl Clock {
    pub(super) fn skew(&self) -> Option<SignedDuration> {
        let seconds = self.0.skew.load(Relaxed);
        (seconds != UNKNOWN).then(|| SignedDuration::from_secs(seconds))
    }

    /// Looks at the date of an answer that came right now, once a second at most.
    pub(in crate::backend) fn note(&self, date: &str) {
        let now = Timestamp::now();
        if self.0.noted.swap(now.as_second(), Relaxed) != now.as_second() {
            self.note_at(date, now);
        }
    }

    /// The skew as this date tells it.
    fn note_at(&self, date: &str, now: Timestamp) -> Option<i64> {
        let there = rfc2822::DateTimeParser::new().parse_timestamp(date).ok()?;
        let skew = now.as_second() - there.as_second();
        self.0.skew.store(skew, Relaxed);
        Some(skew)
    }

    /// Puts the time of signatures right by the date of an answer that refused one; `false` where it was right already.
    pub(in crate::backend) fn correct(&self, date: &str) -> bool {
        let Some(skew) = self.note_at(date, Timestamp::now()) else {
            return false;
        };
        let before = self.0.put_right.load(Relaxed);
        let off = (before + skew).abs() > ALIKE;
        if off {
            self.0.put_right.store(-skew, Relaxed);
        }
        off
    }

    /// Seconds that signatures are put right by, before a request is signed.
    pub(in crate::backend) fn put_right(&self) -> i64 {
        self.0.put_right.load(Relaxed)
    }

    /// Puts the time of signatures right by what the newest answer told, after a refusal that may be for that. Whether a request
    /// that was signed by `before`, or an earlier one, was signed by another time than is used now: some services refuse that as if
    /// the keys were wrong.
    pub(in crate::backend) fn is_another_since(&self, before: i64) -> bool {
        let Some(skew) = self.skew() else {
            return false;
        };
        let skew = skew.as_secs();
        if (self.put_right() + skew).abs() > REFUSED {
            self.0.put_right.store(-skew, Relaxed);
        }
        self.put_right() != before
    }

    /// The time to sign with.
    pub(in crate::backend) fn signing_time(&self) -> SystemTime {
        let by = self.0.put_right.load(Relaxed);
        let (now, span) = (SystemTime::now(), Duration::from_secs(by.unsigned_abs()));
        let put_right = if by < 0 {
            now.checked_sub(span)
        } else {
            now.checked_add(span)
        };
        put_right.unwrap_or(now)
    }
}

impl TimeSource for Clock {
    fn now(&self) -> SystemTime {
        self.signing_time()
    }
}

impl Intercept for Clock {
    fn name(&self) -> &'static str {
        "Clock"
    }

    fn read_after_transmit(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(date) = context.response().headers().get("date") {
            self.note(date);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, tz::TimeZone};

    use super::{Clock, Duration, SystemTime, Timestamp, rfc2822};

    #[test]
    fn the_skew_is_ours_minus_theirs() {
        let clock = Clock::default();
        assert_eq!(clock.skew(), None);
        let now = "2026-11-21T10:00:30Z".parse().unwrap();
        clock.note_at("Sat, 21 Nov 2026 10:00:00 GMT", now);
        assert_eq!(clock.skew(), Some(SignedDuration::from_secs(30)));
        clock.note_at("nonsense", now);
        assert_eq!(clock.skew(), Some(SignedDuration::from_secs(30)));
    }

    #[test]
    fn a_refused_signature_puts_the_time_of_signatures_right_once() {
        let clock = Clock::default();
        let ahead = SystemTime::now() + Duration::from_hours(2);
        let date = rfc2822::to_string(&Timestamp::try_from(ahead).unwrap().to_zoned(TimeZone::UTC))
            .unwrap();
        assert!(clock.correct(&date));
        let off = clock
            .signing_time()
            .duration_since(ahead)
            .unwrap_or_else(|earlier| earlier.duration());
        assert!(off < Duration::from_secs(5), "{off:?}");
        assert!(!clock.correct(&date), "it is right by now");
    }
}
