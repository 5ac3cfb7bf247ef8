//! How far this machine's clock is off, read from the `Date` of the answers that come anyway.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering::Relaxed},
};

use aws_sdk_s3::{
    config::{
        ConfigBag, Intercept, RuntimeComponents,
        interceptors::BeforeDeserializationInterceptorContextRef,
    },
    error::BoxError,
};
use jiff::{SignedDuration, Timestamp, fmt::rfc2822};

/// How far this machine's clock is ahead of the remote's, by the `Date` of its answers.
#[derive(Debug, Clone)]
pub(super) struct Clock(Arc<AtomicI64>);

/// No answer bore a date yet.
const UNKNOWN: i64 = i64::MIN;

impl Default for Clock {
    fn default() -> Self {
        Self(Arc::new(AtomicI64::new(UNKNOWN)))
    }
}

impl Clock {
    pub(super) fn skew(&self) -> Option<SignedDuration> {
        let seconds = self.0.load(Relaxed);
        (seconds != UNKNOWN).then(|| SignedDuration::from_secs(seconds))
    }

    fn note(&self, date: &str, now: Timestamp) {
        if let Ok(there) = rfc2822::DateTimeParser::new().parse_timestamp(date) {
            self.0.store(now.as_second() - there.as_second(), Relaxed);
        }
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
            self.note(date, Timestamp::now());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::Clock;

    #[test]
    fn the_skew_is_ours_minus_theirs() {
        let clock = Clock::default();
        assert_eq!(clock.skew(), None);
        let now = "2026-11-21T10:00:30Z".parse().unwrap();
        clock.note("Sat, 21 Nov 2026 10:00:00 GMT", now);
        assert_eq!(clock.skew(), Some(SignedDuration::from_secs(30)));
        clock.note("nonsense", now);
        assert_eq!(clock.skew(), Some(SignedDuration::from_secs(30)));
    }
}
