//! `Tempo`: how many requests a second the store bears, learnt from its 503 answers. Unbounded until the first of them.
//!
//! A store that is asked too often still answers as many as it can, so that what it answered is what it bears: the tempo
//! is halved, but never below 97 % of that, and grows again the faster the longer no 503 comes. The number of workers
//! could not do this: where an answer takes a millisecond, one worker alone asks a thousand times a second.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

use tokio::time::{Duration, Instant, sleep_until};

/// The time over which answers are counted, and in which 503s count as one: they were all sent at the same tempo.
const BREATH: Duration = Duration::from_millis(500);
/// Counts are kept in slots of this length.
const SLOT: Duration = Duration::from_millis(50);
/// What is kept of the rate that the store was seen to bear.
const SAFE: f64 = 0.97;
/// Growth a second right after a 503; it doubles with each `DOUBLES` without one, up to `FASTEST`.
const GROWTH: f64 = 0.01;
const DOUBLES: f64 = 3.0;
const FASTEST: f64 = 1.0;
/// No store bears less than this a second.
const LEAST: f64 = 1.0;

/// What may be caught up on: timers wake later than they should.
const LATE: Duration = Duration::from_millis(100);

/// The tempo of a task's requests.
#[derive(Debug, Default)]
pub(super) struct Tempo {
    state: Mutex<State>,
    /// Who waits stands in line, so that each turn goes by the tempo that holds then.
    line: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct State {
    limit: Option<Limit>,
    recent: VecDeque<Slot>,
}

/// A tempo that was learnt.
#[derive(Debug)]
struct Limit {
    per_second: f64,
    /// When the next request may leave.
    next: Instant,
    /// When the last 503 narrowed it.
    cut: Instant,
    /// When it last grew.
    grown: Instant,
}

/// Requests that left, and 503s that came, in one slot of time.
#[derive(Debug)]
struct Slot {
    since: Instant,
    sent: u32,
    throttled: u32,
}

impl Tempo {
    /// Waits until the next request may leave.
    pub(super) async fn take(&self) {
        if self.per_second().is_some() {
            let turn = self.line.lock().await;
            let at = self.lock().turn(Instant::now());
            if let Some(at) = at {
                sleep_until(at).await;
            }
            drop(turn);
        }
        self.lock().count(Instant::now(), 1, 0);
    }

    /// The store asked to slow down.
    pub(super) fn slow_down(&self) {
        let now = Instant::now();
        let mut state = self.lock();
        state.count(now, 0, 1);
        state.cut(now);
    }

    /// Requests a second that may leave now; `None` where no 503 came yet.
    pub(super) fn per_second(&self) -> Option<f64> {
        self.lock().limit.as_ref().map(|limit| limit.per_second)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// When the next request may leave, where it must wait.
    fn turn(&mut self, now: Instant) -> Option<Instant> {
        let limit = self.limit.as_mut()?;
        limit.grow(now);
        let at = limit.next.max(now.checked_sub(LATE)?);
        limit.next = at + Duration::from_secs_f64(1.0 / limit.per_second);
        (at > now).then_some(at)
    }

    fn cut(&mut self, now: Instant) {
        let breathing = |limit: &Limit| now - limit.cut < BREATH;
        if self.limit.as_ref().is_some_and(breathing) {
            return;
        }
        let (sent, answered) = self.rates(now);
        let was = self.limit.as_ref().map_or(sent, |limit| limit.per_second);
        let borne = (answered * SAFE).min(was * SAFE);
        let per_second = (was / 2.0).max(borne).max(LEAST);
        tracing::debug!(was, per_second, "the store asks to slow down");
        let next = self.limit.as_ref().map_or(now, |limit| limit.next);
        self.limit = Some(Limit {
            per_second,
            next,
            cut: now,
            grown: now,
        });
    }

    /// Requests that left, and those that were answered with something else than 503, a second of the last breath.
    fn rates(&self, now: Instant) -> (f64, f64) {
        let sum = |of: fn(&Slot) -> u32| self.recent.iter().map(of).map(f64::from).sum::<f64>();
        let (sent, throttled) = (sum(|slot| slot.sent), sum(|slot| slot.throttled));
        let since = self.recent.front().map_or(now, |slot| slot.since);
        // Short spans say little: the first moments are taken as a whole breath.
        let seconds = (now - since).max(BREATH).as_secs_f64();
        (sent / seconds, (sent - throttled).max(0.0) / seconds)
    }

    /// Counts in the slot of this moment; what is older than a breath is forgotten.
    fn count(&mut self, now: Instant, sent: u32, throttled: u32) {
        let old = |slot: &Slot| now - slot.since > BREATH;
        while self.recent.front().is_some_and(old) {
            self.recent.pop_front();
        }
        match self.recent.back_mut() {
            Some(slot) if now - slot.since < SLOT => {
                slot.sent += sent;
                slot.throttled += throttled;
            }
            _ => self.recent.push_back(Slot {
                since: now,
                sent,
                throttled,
            }),
        }
    }
}

impl Limit {
    fn grow(&mut self, now: Instant) {
        let quiet = (now - self.cut).as_secs_f64();
        let growth = (GROWTH * (quiet / DOUBLES).exp2()).min(FASTEST);
        let seconds = (now - self.grown).as_secs_f64().min(1.0);
        self.grown = now;
        self.per_second *= 1.0 + growth * seconds;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use tokio::time::{Duration, Instant, sleep};

    use super::Tempo;

    /// A store that answers so many a second, with a quarter of a second's worth in reserve.
    struct Store {
        per_second: f64,
        tokens: f64,
        filled: Instant,
    }

    impl Store {
        fn answers(&mut self) -> bool {
            let now = Instant::now();
            let gained = (now - self.filled).as_secs_f64() * self.per_second;
            self.tokens = (self.tokens + gained).min(self.per_second / 4.0);
            self.filled = now;
            let answers = self.tokens >= 1.0;
            if answers {
                self.tokens -= 1.0;
            }
            answers
        }
    }

    /// A store that is asked, and what it answered since the tempo should be steady.
    struct Asked {
        tempo: Tempo,
        store: Mutex<(Store, u32, u32)>,
        steady: Instant,
        end: Instant,
    }

    impl Asked {
        async fn worker(self: Arc<Self>, latency: Duration) {
            while Instant::now() < self.end {
                self.tempo.take().await;
                sleep(latency).await;
                let steady = Instant::now() > self.steady;
                let mut store = self.store.lock().unwrap();
                let answered = store.0.answers();
                store.1 += u32::from(answered && steady);
                store.2 += u32::from(!answered && steady);
                drop(store);
                self.hears(answered);
            }
        }

        fn hears(&self, answered: bool) {
            if !answered {
                self.tempo.slow_down();
            }
        }
    }

    /// Goodput, as a share of what a store bears, and the share of 503s, once steady.
    async fn ask(per_second: f64, latency: Duration) -> (f64, f64) {
        let now = Instant::now();
        let store = Store {
            per_second,
            tokens: per_second / 4.0,
            filled: now,
        };
        let asked = Arc::new(Asked {
            tempo: Tempo::default(),
            store: Mutex::new((store, 0, 0)),
            steady: now + Duration::from_secs(8),
            end: now + Duration::from_secs(58),
        });
        let mut running = tokio::task::JoinSet::new();
        for _ in 0..512 {
            running.spawn(Arc::clone(&asked).worker(latency));
        }
        running.join_all().await;
        let store = asked.store.lock().unwrap();
        let (answered, throttled) = (f64::from(store.1), f64::from(store.2));
        let goodput = answered / 50.0 / per_second;
        (goodput, throttled / (answered + throttled))
    }

    #[tokio::test(start_paused = true)]
    async fn it_settles_just_below_what_a_store_bears() {
        for (per_second, latency) in [
            (20.0, 1),
            (20.0, 100),
            (500.0, 20),
            (3500.0, 1),
            (3500.0, 100),
        ] {
            let (goodput, throttled) = ask(per_second, Duration::from_millis(latency)).await;
            let told = format!("{per_second}/s at {latency} ms: {goodput} of it, {throttled}");
            assert!(goodput > 0.9 && throttled < 0.05, "{told}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_waits_before_the_first_503_and_an_outage_is_forgotten() {
        let tempo = Tempo::default();
        let begun = Instant::now();
        for _ in 0..1000 {
            tempo.take().await;
        }
        assert_eq!(
            (begun.elapsed(), tempo.per_second()),
            (Duration::ZERO, None)
        );
        for _ in 0..40 {
            tempo.slow_down();
            sleep(Duration::from_secs(1)).await;
        }
        assert!(tempo.per_second().unwrap() < 2.0);
        for _ in 0..2000 {
            tempo.take().await;
        }
        assert!(tempo.per_second().unwrap() > 500.0);
    }
}
