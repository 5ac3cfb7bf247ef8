//! The seeded fault layer: which request is hurt, and how. The front asks once for each request and acts on the verdict.
//! The same seed and the same attempts at the same keys give the same faults, in whatever order requests arrive.

mod limit;
mod rule;
mod spec;

pub(super) use rule::matches;
pub use rule::{Fault, Rule};
pub use spec::{Spec, SpecError};

use super::call::Call;
use limit::{Bucket, Pace};
use std::collections::HashMap;
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;

/// What is done before a request is served: it may change the world between two requests of a race.
type Hook = Arc<dyn Fn(&Asked<'_>) + Send + Sync>;

/// A request as a hook sees it.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// S3's name of the operation.
    pub operation: &'a str,
    /// The key; the prefix in listings.
    pub key: &'a str,
    /// The part of a multipart upload.
    pub part: Option<u32>,
    /// The `Range` header.
    pub range: Option<&'a str>,
}

/// Where the hook is kept.
#[derive(Clone, Default)]
struct Hooked(Arc<RwLock<Option<Hook>>>);

impl fmt::Debug for Hooked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hooked")
    }
}

/// The running fault layer of one demo; clones steer the same one.
#[derive(Debug, Clone)]
pub struct Faults {
    hook: Hooked,
    state: Arc<Mutex<State>>,
    active: Arc<AtomicBool>,
    releases: watch::Sender<u64>,
    stalled: watch::Sender<usize>,
}

#[derive(Debug, Default)]
struct State {
    spec: Spec,
    rules: Vec<Running>,
    rate: Option<Bucket>,
    pace: Option<Pace>,
    attempts: HashMap<u64, u32>,
    hits: HashMap<&'static str, u64>,
}

/// A rule with what it has seen and done so far.
#[derive(Debug)]
struct Running {
    rule: Rule,
    seen: u64,
    fired: u64,
}

/// What is to happen to one request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Sentence {
    /// Wait so long before anything else.
    pub delay: Duration,
    /// Then do this to it.
    pub fault: Option<Fault>,
    /// Seeded luck for places and bits.
    pub luck: u64,
}

impl Faults {
    pub(super) fn new(spec: Spec) -> Self {
        let faults = Self {
            hook: Hooked::default(),
            state: Arc::default(),
            active: Arc::default(),
            releases: watch::Sender::new(0),
            stalled: watch::Sender::new(0),
        };
        faults.set(spec);
        faults
    }

    /// Replaces everything by `spec`: attempts and hits are counted from zero again.
    pub fn set(&self, spec: Spec) {
        let mut state = self.state();
        *state = State {
            rules: spec.rules.iter().cloned().map(Running::new).collect(),
            rate: spec.rate.map(Bucket::new),
            pace: spec.bandwidth.map(Pace::new),
            spec,
            ..State::default()
        };
        self.refresh(&state);
    }

    /// Adds a rule after those that stand.
    pub fn add(&self, rule: Rule) {
        let mut state = self.state();
        state.rules.push(Running::new(rule));
        self.refresh(&state);
    }

    /// Calls `hook` before each request is served (or hurt), until the next one is set.
    pub fn before_each(&self, hook: impl Fn(&Asked<'_>) + Send + Sync + 'static) {
        *self.hook.0.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(hook));
    }

    /// Lets the hook see a request that is about to be served, or hurt.
    pub(super) fn show(&self, call: &Call) {
        let hook = self
            .hook
            .0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        if let Some(hook) = hook {
            let part = super::uri::query_value(&call.query, "partNumber");
            hook(&Asked {
                operation: call.operation,
                key: &call.key,
                part: part.and_then(|part| part.parse().ok()),
                range: call.range.as_deref(),
            });
        }
    }

    /// No faults, no delay, no limits from here on; what is stalled is let go.
    pub fn clear(&self) {
        self.set(Spec::default());
        self.release();
    }

    /// Lets everything go on that is stalled now.
    pub fn release(&self) {
        self.releases.send_modify(|count| *count += 1);
    }

    /// How many requests this fault has hurt since the last [`Faults::set`].
    pub fn hits(&self, fault: Fault) -> u64 {
        self.state().hits.get(fault.name()).copied().unwrap_or(0)
    }

    /// How many requests are stalled at the moment.
    pub fn stalled(&self) -> usize {
        *self.stalled.borrow()
    }

    /// Waits until at least `count` requests are stalled.
    pub async fn until_stalled(&self, count: usize) {
        let mut watched = self.stalled.subscribe();
        drop(watched.wait_for(|stalled| *stalled >= count).await);
    }

    pub(super) fn judge(&self, call: &Call) -> Sentence {
        if !self.active.load(Ordering::Acquire) {
            return Sentence::default();
        }
        self.state().judge(call)
    }

    /// When so many more bytes may pass; `None` for at once.
    pub(super) fn pace(&self, bytes: usize) -> Option<Instant> {
        if !self.active.load(Ordering::Acquire) {
            return None;
        }
        self.state().pace.as_mut()?.reserve(bytes)
    }

    /// Whether a bandwidth cap stands now.
    pub(super) fn caps_bandwidth(&self) -> bool {
        self.active.load(Ordering::Acquire) && self.state().pace.is_some()
    }

    /// Waits until the next [`Faults::release`]; counted as stalled meanwhile, also when dropped early.
    pub(super) fn stall(&self) -> impl Future<Output = ()> + Send + 'static {
        let mut releases = self.releases.subscribe();
        let counted = Stalled::new(self.stalled.clone());
        async move {
            drop(releases.changed().await);
            drop(counted);
        }
    }

    fn refresh(&self, state: &State) {
        let idle = state.rules.is_empty()
            && state.rate.is_none()
            && state.pace.is_none()
            && state.spec.latency.is_zero();
        self.active.store(!idle, Ordering::Release);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Running {
    fn new(rule: Rule) -> Self {
        Self {
            rule,
            seen: 0,
            fired: 0,
        }
    }

    fn fires(&mut self, call: &Call, luck: u64) -> bool {
        if !self.rule.concerns(call) {
            return false;
        }
        self.seen += 1;
        let fires = self.rule.chooses(self.seen, self.fired, luck);
        self.fired += u64::from(fires);
        fires
    }
}

impl State {
    fn judge(&mut self, call: &Call) -> Sentence {
        let identity = self.identity(call);
        let attempt = self.attempts.entry(identity).or_default();
        *attempt += 1;
        let luck = mix(identity, u64::from(*attempt));
        let fault = self.choose(call, luck);
        if let Some(fault) = fault {
            *self.hits.entry(fault.name()).or_default() += 1;
        }
        Sentence {
            delay: self.spec.latency,
            fault,
            luck,
        }
    }

    fn choose(&mut self, call: &Call, luck: u64) -> Option<Fault> {
        if self.rate.as_mut().is_some_and(|rate| !rate.take()) {
            return Some(Fault::SlowDown);
        }
        let rules = self.rules.iter_mut().zip(1_u64..);
        rules
            .map(|(running, number)| (running.fires(call, mix(luck, number)), running.rule.fault))
            .find_map(|(fires, fault)| fires.then_some(fault))
    }

    fn identity(&self, call: &Call) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.spec.seed.hash(&mut hasher);
        call.operation.hash(&mut hasher);
        call.bucket.hash(&mut hasher);
        call.key.hash(&mut hasher);
        call.range.hash(&mut hasher);
        super::uri::query_value(&call.query, "partNumber").hash(&mut hasher);
        hasher.finish()
    }
}

/// Two numbers made into one that looks random (the finaliser of splitmix64).
fn mix(a: u64, b: u64) -> u64 {
    let mut x = a ^ b.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}

/// Counts one stalled request for as long as it lives.
#[derive(Debug)]
struct Stalled(watch::Sender<usize>);

impl Stalled {
    fn new(count: watch::Sender<usize>) -> Self {
        count.send_modify(|stalled| *stalled += 1);
        Self(count)
    }
}

impl Drop for Stalled {
    fn drop(&mut self) {
        self.0.send_modify(|stalled| *stalled -= 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn get(key: &str) -> Call {
        Call {
            operation: "GetObject",
            bucket: "b".to_owned(),
            key: key.to_owned(),
            ..Call::default()
        }
    }

    fn verdicts(spec: &str, keys: &[String]) -> Vec<Option<Fault>> {
        let faults = Faults::new(spec.parse().unwrap());
        let judged = keys.iter().map(|key| faults.judge(&get(key)).fault);
        judged.collect()
    }

    #[test]
    fn the_same_seed_hurts_the_same_keys_in_any_order() {
        let keys: Vec<String> = (0..2000).map(|n| format!("k{n}")).collect();
        let mut backwards = keys.clone();
        backwards.reverse();
        let first = verdicts("500=5%,reset=5%,seed=7", &keys);
        let mut second = verdicts("500=5%,reset=5%,seed=7", &backwards);
        second.reverse();
        assert_eq!(first, second);
        assert_ne!(first, verdicts("500=5%,reset=5%,seed=8", &keys));
        let hurt = first.iter().flatten().count();
        assert!((140..260).contains(&hurt), "{hurt} of 2000 at 5 % twice");
    }

    #[test]
    fn a_second_attempt_has_its_own_luck() {
        let faults = Faults::new("500=50%,seed=1".parse().unwrap());
        let tries: Vec<bool> = (0..64)
            .map(|_| faults.judge(&get("k")).fault.is_some())
            .collect();
        assert!(tries.contains(&true) && tries.contains(&false));
    }

    #[test]
    fn rules_choose_by_operation_key_and_count() {
        let faults = Faults::new(Spec::default());
        assert_eq!(faults.judge(&get("raw/a")), Sentence::default());
        faults.add(
            Rule::new(Fault::InternalError)
                .on("GetObject")
                .key("raw/*")
                .times(2),
        );
        faults.add(Rule::new(Fault::Reset).key("*.png").nth(2));
        let fault = |key| faults.judge(&get(key)).fault;
        assert_eq!(fault("other"), None);
        assert_eq!(fault("raw/a"), Some(Fault::InternalError));
        assert_eq!(fault("raw/a"), Some(Fault::InternalError));
        assert_eq!(fault("raw/a"), None);
        assert_eq!(fault("x.png"), None);
        assert_eq!(fault("y.png"), Some(Fault::Reset));
        assert_eq!(fault("z.png"), None);
        assert_eq!(faults.hits(Fault::InternalError), 2);
        faults.clear();
        assert_eq!(faults.hits(Fault::InternalError), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn the_rate_ceiling_slows_down_what_comes_too_fast() {
        let faults = Faults::new("rate=100".parse().unwrap());
        let burst = (0..200)
            .filter(|_| faults.judge(&get("k")).fault.is_none())
            .count();
        assert!(burst <= 30, "a burst of {burst} at 100/s");
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(faults.judge(&get("k")).fault, None);
    }

    #[tokio::test]
    async fn what_is_stalled_waits_for_the_release() {
        let faults = Faults::new(Spec::default());
        let stalled = tokio::spawn(faults.stall());
        faults.until_stalled(1).await;
        assert!(!stalled.is_finished());
        faults.release();
        stalled.await.unwrap();
        assert_eq!(faults.stalled(), 0);
    }
}
