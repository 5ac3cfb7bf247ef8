//! The two limits: requests a second (refused beyond it) and bytes a second (slowed to it).

use std::time::Duration;
use tokio::time::Instant;

/// A token bucket: a quarter of a second's worth may come at once.
#[derive(Debug)]
pub(super) struct Bucket {
    rate: f64,
    tokens: f64,
    filled: Instant,
}

impl Bucket {
    pub(super) fn new(rate: u32) -> Self {
        let rate = f64::from(rate);
        Self {
            rate,
            tokens: Self::depth(rate),
            filled: Instant::now(),
        }
    }

    fn depth(rate: f64) -> f64 {
        (rate / 4.0).max(1.0)
    }

    /// Takes one token if there is one.
    pub(super) fn take(&mut self) -> bool {
        let now = Instant::now();
        let gained = now.duration_since(self.filled).as_secs_f64() * self.rate;
        self.tokens = (self.tokens + gained).min(Self::depth(self.rate));
        self.filled = now;
        let has = self.tokens >= 1.0;
        if has {
            self.tokens -= 1.0;
        }
        has
    }
}

/// A bandwidth cap shared by all connections: each reservation is served after those before it.
#[derive(Debug)]
pub(super) struct Pace {
    rate: u64,
    free: Instant,
}

/// What may run ahead of the cap, so that small bodies are not held up by the timer's grain.
const SLACK: Duration = Duration::from_millis(5);

impl Pace {
    pub(super) fn new(rate: u64) -> Self {
        Self {
            rate: rate.max(1),
            free: Instant::now(),
        }
    }

    /// Books `bytes` and tells when they may pass; `None` for at once.
    pub(super) fn reserve(&mut self, bytes: usize) -> Option<Instant> {
        let now = Instant::now();
        let spend = Duration::from_secs_f64(bytes as f64 / self.rate as f64);
        self.free = self.free.max(now) + spend;
        (self.free > now + SLACK).then_some(self.free)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_bucket_gives_its_rate_in_the_long_run() {
        let mut bucket = Bucket::new(100);
        let mut passed = 0;
        for _ in 0..1000 {
            tokio::time::advance(Duration::from_millis(1)).await;
            passed += u32::from(bucket.take());
        }
        assert!(
            (100..=126).contains(&passed),
            "{passed} in a second at 100/s"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_pace_puts_reservations_one_after_the_other() {
        let mut pace = Pace::new(1000);
        let start = Instant::now();
        assert_eq!(pace.reserve(1), None);
        let ends: Vec<Instant> = (0..10).filter_map(|_| pace.reserve(100)).collect();
        let waits = ends[9].duration_since(start).as_secs_f64();
        assert!(
            (waits - 1.001).abs() < 1e-6,
            "{waits} s for 1,001 bytes at 1,000/s"
        );
    }
}
