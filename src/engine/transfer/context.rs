//! `Context`: what all workers of a task share: the job, its limits, and what was learnt on the way.

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU8, Ordering::Relaxed},
    },
};

use tokio::time::{Duration, Instant, MissedTickBehavior, interval};

use crate::backend::{s3::S3, store::Store};
use crate::domain::{
    key::Key,
    plan::{Op, Plan, Proven, Step, Trace},
    retry::FailureKind,
};
use crate::engine::{
    command::Check,
    journal::{Proof, TaskJournal},
    queue::Turn,
    tasks::{Control, Counters, TaskSender},
};

use super::{
    Job,
    again::Earlier,
    backup::Backup,
    batch::Desk,
    climb::{self, Climb, Passed},
    gate::Gate,
    halt::Halt,
    memory::Memory,
    parts::Tuning,
    rate::Rate,
    tempo::Tempo,
    trouble::Troubles,
    ways::Ways,
    worker::size,
};

/// How often the task looks whether more requests at once would pay.
const LOOK: Duration = Duration::from_millis(50);

/// What a request costs beside its bytes, in bytes: goodput counts both.
const REQUEST: u64 = 64 * 1024;

/// A step within the plan, without a copy of it.
#[derive(Debug, Clone)]
pub(super) struct StepRef {
    plan: Arc<Plan>,
    group: usize,
    index: usize,
    /// Another way than the plan's.
    by: Option<Op>,
}

impl StepRef {
    /// How the step is done.
    pub(super) fn way(&self) -> Op {
        self.by.unwrap_or(self.op)
    }

    /// The same step, done another way.
    pub(super) fn by(&self, op: Op) -> Self {
        Self {
            by: Some(op),
            ..self.clone()
        }
    }

    /// The selected steps of a plan, in its order.
    pub(super) fn selected(plan: &Arc<Plan>) -> Vec<Self> {
        let groups = plan.groups.iter().enumerate();
        groups
            .filter(|(_, group)| group.selected)
            .flat_map(|(at, group)| (0..group.steps.len()).map(move |index| (at, index)))
            .map(|(group, index)| Self {
                plan: Arc::clone(plan),
                group,
                index,
                by: None,
            })
            .collect()
    }
}

impl std::ops::Deref for StepRef {
    type Target = Step;

    #[allow(
        clippy::indexing_slicing,
        reason = "made by `selected` from this very plan, which never changes"
    )]
    fn deref(&self) -> &Step {
        &self.plan.groups[self.group].steps[self.index]
    }
}

/// What ETags are that have the form of an MD5.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Etags {
    /// None was compared yet.
    Unknown = 0,
    /// The MD5 of the content: another one disproves it.
    Md5 = 1,
    /// Something else: they tell nothing.
    Other = 2,
}

/// What the workers of a task share.
#[derive(Debug)]
pub(super) struct Context {
    pub(super) plan: Arc<Plan>,
    pub(super) source: Store,
    pub(super) destination: Store,
    pub(super) control: Control,
    pub(super) counters: Arc<Counters>,
    pub(super) events: TaskSender,
    pub(super) journal: TaskJournal,
    pub(super) tuning: Tuning,
    pub(super) gate: Arc<Gate>,
    /// Requests at once to begin with, where nobody says how many.
    first: u16,
    pub(super) bandwidth: Rate,
    pub(super) memory: Memory,
    pub(super) tempo: Tempo,
    pub(super) troubles: Troubles,
    pub(super) ways: Ways,
    requests: Rate,
    pub(super) backup: Option<Backup>,
    pub(super) batch: Option<Desk>,
    pub(super) check: Option<Check>,
    /// What earlier runs of the task left; `None` in the first one.
    pub(super) earlier: Option<Earlier>,
    /// Its place among the tasks that run.
    pub(super) turn: Option<Arc<Turn>>,
    /// Files of one side are gzip streams on the other.
    pub(super) gzips: bool,
    /// Sources are to be removed.
    removes: bool,
    etags: AtomicU8,
    failed: Mutex<Vec<Failed>>,
    /// How destinations are proven whose sources are to be removed.
    proven: Mutex<HashMap<Key, Proven>>,
}

/// A step that failed, and how often a person had let the task go on when it began.
#[derive(Debug)]
struct Failed {
    step: StepRef,
    asked: u64,
}

impl Context {
    /// The shared state of a job.
    pub(super) fn new(mut job: Job) -> Arc<Self> {
        let backup = Backup::of(&mut job);
        let pace = job.control.pace();
        let bandwidth = Rate::of_bytes();
        bandwidth.set(pace.bandwidth);
        let requests = Rate::of_requests();
        requests.set(pace.requests.map(u64::from));
        let first = climb::first(small_ones(&job));
        let workers = pace.workers.unwrap_or(first);
        job.counters.set_workers(workers);
        Arc::new(Self {
            gate: Gate::new(workers),
            first,
            bandwidth,
            requests,
            tempo: Tempo::default(),
            troubles: Troubles::default(),
            ways: Ways::default(),
            memory: Memory::new(
                (job.tuning.memory, job.tuning.memory_of_parts),
                Arc::clone(&job.counters),
            ),
            gzips: job.plan.gzips(),
            removes: job.plan.removes(),
            etags: AtomicU8::new(etags(&job) as u8),
            failed: Mutex::default(),
            proven: Mutex::new(proven(&mut job)),
            backup,
            batch: job.batch,
            check: job.check,
            tuning: job.tuning,
            plan: job.plan,
            source: job.source,
            destination: job.destination,
            control: job.control,
            counters: job.counters,
            events: job.events,
            journal: job.journal,
            earlier: job.earlier,
            turn: job.turn,
        })
    }

    /// Follows the pace as a person changes it, and finds the number of workers where nobody says one; never ends.
    pub(super) async fn follow_pace(&self) {
        let mut paces = self.control.paces();
        let mut ticks = interval(LOOK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (mut climb, mut seen) = (Climb::from(self.first), (Instant::now(), 0));
        loop {
            tokio::select! {
                changed = paces.changed() => {
                    if changed.is_err() {
                        return std::future::pending().await;
                    }
                    let pace = *paces.borrow_and_update();
                    self.bandwidth.set(pace.bandwidth);
                    self.requests.set(pace.requests.map(u64::from));
                    climb = Climb::from(self.first);
                    self.widen(pace.workers.unwrap_or(self.first));
                }
                _ = ticks.tick() => {
                    self.tempo.per_second().iter().for_each(|&rate| self.counters.set_slowed_to(rate));
                    let passed = self.passed(&mut seen);
                    if self.control.pace().workers.is_none() {
                        self.widen(climb.after(passed));
                    }
                }
            }
        }
    }

    /// What passed since this was last asked.
    fn passed(&self, seen: &mut (Instant, u64)) -> Passed {
        let (since, before) = std::mem::replace(seen, (Instant::now(), self.counters.bytes()));
        let (requests, full) = self.gate.passed();
        Passed {
            time: seen.0 - since,
            requests,
            good: (seen.1.saturating_sub(before) + requests * REQUEST) as f64,
            full,
        }
    }

    fn widen(&self, workers: u16) {
        if self.gate.width() != workers {
            self.gate.allow(workers);
            self.counters.set_workers(workers);
        }
    }

    /// Does this work unless the task is cancelled meanwhile.
    pub(super) async fn cut<T>(
        &self,
        work: impl Future<Output = Result<T, Halt>>,
    ) -> Result<T, Halt> {
        self.control
            .token()
            .run_until_cancelled(work)
            .await
            .unwrap_or_else(|| Err(Halt::cancelled()))
    }

    /// Waits while the task is held.
    pub(super) async fn ready(&self) -> Result<(), Halt> {
        if self.control.ready().await {
            Ok(())
        } else {
            Err(Halt::cancelled())
        }
    }

    /// Waits until a request may be sent that bears `bytes` bytes.
    pub(super) async fn pay(&self, bytes: u64) {
        self.requests.take(1).await;
        self.tempo.take().await;
        self.bandwidth.take(bytes).await;
    }

    /// What the plain ETags of this task's stores are, as far as was seen.
    pub(super) fn etags(&self) -> Etags {
        match self.etags.load(Relaxed) {
            1 => Etags::Md5,
            2 => Etags::Other,
            _ => Etags::Unknown,
        }
    }

    /// Notes what a plain ETag was found to be. One that is an MD5 tells more than one that is not: a key may encrypt that one.
    pub(super) fn saw_etag(&self, is: Etags) {
        if self.etags() != Etags::Md5 {
            self.etags.store(is as u8, Relaxed);
        }
    }

    /// Keeps a failed step for the case that a person asks for it again.
    pub(super) fn keep_failed(&self, step: StepRef, asked: u64) {
        self.failed().push(Failed { step, asked });
    }

    /// Whether any step failed and was not tried again.
    pub(super) fn any_failed(&self) -> bool {
        !self.failed().is_empty()
    }

    /// The keys whose steps failed.
    pub(super) fn failed_keys(&self) -> HashSet<Key> {
        let failed = self.failed();
        failed
            .iter()
            .map(|failed| failed.step.key.clone())
            .collect()
    }

    /// Keeps how a destination is proven, where its source is to be removed.
    pub(super) fn keep_proven(&self, proof: &Proof) {
        if let Some(destination) = self
            .removes
            .then(|| Trace::of(&proof.destination))
            .flatten()
        {
            let proven = Proven {
                level: proof.level,
                at: proof.at,
                destination,
            };
            self.proven().insert(proof.key.clone(), proven);
        }
    }

    /// How the destination of this key is proven; told once.
    pub(super) fn take_proven(&self, key: &Key) -> Option<Proven> {
        self.proven().remove(key)
    }

    /// Keeps a proof that was taken and is wanted once more.
    pub(super) fn give_back_proven(&self, key: &Key, proven: Option<Proven>) {
        if let Some(proven) = proven {
            self.proven().insert(key.clone(), proven);
        }
    }

    fn proven(&self) -> MutexGuard<'_, HashMap<Key, Proven>> {
        self.proven.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The failed steps that a person asked for again since they began, taken out of the failed ones.
    pub(super) fn asked_again(&self) -> Vec<StepRef> {
        let asked = self.control.hold().asked;
        let mut failed = self.failed();
        let (again, rest) = std::mem::take(&mut *failed)
            .into_iter()
            .partition(|failed| failed.asked < asked);
        *failed = rest;
        let again: Vec<Failed> = again;
        again.into_iter().map(|failed| failed.step).collect()
    }

    /// The S3 store that is written to.
    pub(super) fn target(&self) -> Result<&S3, Halt> {
        s3(&self.destination)
    }

    fn failed(&self) -> MutexGuard<'_, Vec<Failed>> {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How many contents one request moves each, counted as far as it matters.
fn small_ones(job: &Job) -> usize {
    let small = |step: &&Step| size(step) < job.tuning.in_parts_from;
    job.plan.steps().filter(small).take(1000).count()
}

/// What earlier runs proved.
fn proven(job: &mut Job) -> HashMap<Key, Proven> {
    let earlier = job.earlier.as_mut();
    earlier.map_or_else(HashMap::new, |earlier| std::mem::take(&mut earlier.proven))
}

/// What is known of the ETags of a job's stores beforehand: under a key of the customer or of KMS they tell nothing.
fn etags(job: &Job) -> Etags {
    let stores = [&job.source, &job.destination];
    let sealed = stores
        .into_iter()
        .any(|store| matches!(store, Store::S3(s3) if s3.has_customer_key()));
    let kms = job.plan.options.sse.as_deref();
    if sealed || kms.is_some_and(|sse| sse.starts_with("aws:kms")) {
        Etags::Other
    } else {
        Etags::Unknown
    }
}

/// The store as S3; a plan that says otherwise is refused.
pub(super) fn s3(store: &Store) -> Result<&S3, Halt> {
    match store {
        Store::S3(s3) => Ok(s3),
        Store::Disk(_) | Store::Manifest(_) => Err(Halt::failed(
            FailureKind::Refused,
            "the plan asks for a bucket where there is none: make a new plan",
        )),
    }
}
