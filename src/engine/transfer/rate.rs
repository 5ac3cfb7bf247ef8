//! `Rate`: so many a second, of bytes or of requests; changed while others wait. Without a limit it costs a look.

use std::{
    num::NonZeroU32,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use governor::{
    Quota, RateLimiter,
    clock::{Clock, QuantaClock},
    middleware::NoOpMiddleware,
    state::{InMemoryState, NotKeyed},
};
use tokio::time::sleep;

/// The longest sleep until a changed limit is noticed.
const NOTICE: Duration = Duration::from_millis(200);

type Bucket<C> = RateLimiter<NotKeyed, InMemoryState, C, NoOpMiddleware<<C as Clock>::Instant>>;

/// A limit of so many units a second; a unit is `grain` bytes, or one request.
#[derive(Debug)]
pub(super) struct Rate<C: Clock = QuantaClock> {
    clock: C,
    grain: u64,
    bucket: RwLock<Option<Arc<Bucket<C>>>>,
    /// What was taken but does not fill a grain yet.
    rest: AtomicU64,
}

impl Rate {
    /// A limit on bytes; none until `set`.
    pub(super) fn of_bytes() -> Self {
        // The bucket refills in whole nanoseconds: a grain of 1 KiB keeps fast limits exact.
        Self::new(1024, QuantaClock::default())
    }

    /// A limit on requests; none until `set`.
    pub(super) fn of_requests() -> Self {
        Self::new(1, QuantaClock::default())
    }
}

impl<C: Clock + Clone> Rate<C> {
    fn new(grain: u64, clock: C) -> Self {
        Self {
            clock,
            grain,
            bucket: RwLock::new(None),
            rest: AtomicU64::new(0),
        }
    }

    /// Allows that much a second; `None` is unlimited.
    pub(super) fn set(&self, per_second: Option<u64>) {
        let bucket = per_second.map(|amount| {
            let grains = u32::try_from(amount.div_ceil(self.grain)).unwrap_or(u32::MAX);
            let grains = NonZeroU32::new(grains).unwrap_or(NonZeroU32::MIN);
            let burst = NonZeroU32::new(grains.get() / 8).unwrap_or(NonZeroU32::MIN);
            let quota = Quota::per_second(grains).allow_burst(burst);
            let state = InMemoryState::default();
            let bucket = RateLimiter::new(quota, state, self.clock.clone());
            Arc::new(bucket)
        });
        *self.bucket.write().unwrap_or_else(PoisonError::into_inner) = bucket;
    }

    /// Takes that much, waiting as long as the limit asks.
    pub(super) async fn take(&self, amount: u64) {
        if self.bucket().is_none() {
            return;
        }
        let mut grains = self.grains(amount);
        while grains > 0 {
            let Some(bucket) = self.bucket() else { return };
            grains -= self.take_some(&bucket, grains).await;
        }
    }

    /// Whole grains of this amount and of what was left before.
    fn grains(&self, amount: u64) -> u64 {
        let left = |rest: u64| Some((rest + amount) % self.grain);
        let before = self.rest.fetch_update(Relaxed, Relaxed, left);
        (before.unwrap_or_else(|rest| rest) + amount) / self.grain
    }

    /// Takes as many grains as the bucket can hold, or sleeps a while and takes none.
    async fn take_some(&self, bucket: &Bucket<C>, grains: u64) -> u64 {
        let mut some =
            NonZeroU32::new(u32::try_from(grains).unwrap_or(u32::MAX)).unwrap_or(NonZeroU32::MIN);
        loop {
            match bucket.check_n(some) {
                Ok(Ok(())) => return u64::from(some.get()),
                Ok(Err(not_until)) => {
                    sleep(not_until.wait_time_from(self.clock.now()).min(NOTICE)).await;
                    return 0;
                }
                // More than the bucket holds: it comes in pieces.
                Err(_) => some = NonZeroU32::new(some.get() / 2).unwrap_or(NonZeroU32::MIN),
            }
        }
    }

    fn bucket(&self) -> Option<Arc<Bucket<C>>> {
        self.bucket
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::Arc, time::Duration};

    use governor::clock::FakeRelativeClock;
    use tokio::task::yield_now;

    use super::Rate;

    fn take(rate: &Arc<Rate<FakeRelativeClock>>, bytes: u64) -> tokio::task::JoinHandle<()> {
        let rate = Arc::clone(rate);
        tokio::spawn(async move { rate.take(bytes).await })
    }

    #[tokio::test(start_paused = true)]
    async fn a_limit_lets_through_what_it_says() {
        let clock = FakeRelativeClock::default();
        let rate = Arc::new(Rate::new(1024, clock.clone()));
        rate.set(Some(1 << 20));
        let taking = take(&rate, 2 << 20);
        let mut waited = Duration::ZERO;
        let tick = Duration::from_millis(10);
        while !taking.is_finished() {
            clock.advance(tick);
            tokio::time::advance(tick).await;
            waited += tick;
            yield_now().await;
            assert!(waited < Duration::from_secs(10), "never let through");
        }
        let seconds = waited.as_secs_f64();
        assert!((1.7..2.6).contains(&seconds), "{seconds}");
    }

    #[tokio::test(start_paused = true)]
    async fn small_amounts_add_up_to_whole_grains() {
        let clock = FakeRelativeClock::default();
        let rate = Rate::new(1024, clock);
        rate.set(Some(8 * 1024));
        for _ in 0..102 {
            rate.take(10).await;
        }
        // The next grain is taken from a full bucket; a second one would wait for ever on this clock.
        rate.take(10).await;
        let waits = tokio::time::timeout(Duration::from_secs(5), rate.take(2048)).await;
        assert!(waits.is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn a_limit_taken_away_frees_those_who_wait() {
        let rate = Arc::new(Rate::new(1024, FakeRelativeClock::default()));
        rate.set(Some(1024));
        let taking = take(&rate, 1 << 30);
        yield_now().await;
        assert!(!taking.is_finished());
        rate.set(None);
        taking.await.unwrap();
    }
}
