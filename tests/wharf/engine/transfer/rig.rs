//! A demo, a folder and what is needed to run a plan between them; everything that was told is kept.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops at the first surprise"
)]

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use jiff::Timestamp;
use tempfile::TempDir;
use tokio::{sync::mpsc, task::JoinHandle};
use tokio_util::sync::CancellationToken;
use wharf::{
    backend::{
        RemoteOptions, Sessions,
        session::Keys,
        store::{ListQuery, Pages as _, Store},
    },
    demo::{ACCESS_KEY, Demo, Options, REGION, Rule, SECRET_KEY},
    domain::{
        diff::{Merge, MergeOptions, Rules, Side},
        location::{Location, Remote},
        plan::{Op, Plan, Planner, SyncOptions},
        progress::{
            EndedStep, Outcome, Recount, TaskEvent, TaskId, TaskKind, TaskSnapshot, TaskState,
        },
        retry::{FailureKind, Retry},
    },
    engine::{
        event::Event,
        journal::TaskJournal,
        tasks::{Brief, Registry, Task},
        transfer::{Earlier, Job, Kept, Tuning, run, verify},
    },
};

pub(crate) const BUCKET: &str = "pics";
/// Bytes of a part in these tests.
pub(crate) const PART: usize = 64 * 1024;

/// A bucket, a folder, and a way between them.
pub(crate) struct Rig {
    pub(crate) demo: Demo,
    pub(crate) folder: TempDir,
    pub(crate) tuning: Tuning,
    sessions: Sessions,
}

/// A task on its way.
pub(crate) struct Running {
    pub(crate) task: Arc<Task>,
    ended: JoinHandle<TaskState>,
    told: JoinHandle<Told>,
}

/// All that a task told.
#[derive(Debug, Default)]
pub(crate) struct Told {
    pub(crate) outcomes: BTreeMap<String, Outcome>,
    /// Those of removed sources.
    pub(crate) removed: BTreeMap<String, Outcome>,
    pub(crate) retried: Vec<FailureKind>,
    pub(crate) states: Vec<(TaskState, Option<String>)>,
    pub(crate) recount: Option<Recount>,
}

/// How a task ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) state: TaskState,
    pub(crate) told: Told,
    pub(crate) snapshot: TaskSnapshot,
}

impl Rig {
    pub(crate) fn new() -> Self {
        Self::with(RemoteOptions::default())
    }

    /// A rig whose remote is reached in this way.
    pub(crate) fn with(options: RemoteOptions) -> Self {
        let demo = Demo::start(Options::default()).unwrap();
        demo.store().create_bucket(BUCKET, REGION);
        let mut limits = demo.store().limits();
        limits.part = 1;
        demo.store().set_limits(limits);
        let keys = Keys {
            access: ACCESS_KEY.to_owned(),
            secret: SECRET_KEY.to_owned(),
            token: None,
        };
        let options = RemoteOptions {
            region: Some(REGION.to_owned()),
            endpoint_url: Some(demo.endpoint()),
            keys: Some(keys),
            ..options
        };
        let part = PART as u64;
        Self {
            sessions: Sessions::new([(Remote::default(), options)]),
            demo,
            folder: tempfile::tempdir().unwrap(),
            tuning: Tuning {
                in_parts_from: part + 1,
                part,
                copy_in_parts_from: part + 1,
                copy_part: part,
                retry: Retry {
                    tries: 8,
                    base: Duration::from_millis(1),
                    cap: Duration::from_millis(20),
                },
                looks: Retry {
                    tries: u32::MAX,
                    base: Duration::from_millis(1),
                    cap: Duration::from_millis(20),
                },
                ..Tuning::default()
            },
        }
    }

    /// The bucket below a prefix.
    pub(crate) fn bucket(prefix: &str) -> Location {
        Location::parse(&format!("s3://{BUCKET}/{prefix}")).unwrap()
    }

    /// The folder.
    pub(crate) fn local(&self) -> Location {
        Location::parse(self.folder.path().to_str().unwrap()).unwrap()
    }

    pub(crate) fn path(&self, key: &str) -> PathBuf {
        self.folder.path().join(key)
    }

    /// Writes a file, with the folders on its way; its time lies far enough back to be trusted.
    pub(crate) fn file(&self, key: &str, content: &[u8]) {
        let path = self.path(key);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, content).unwrap();
        let hour_ago = std::time::SystemTime::now() - Duration::from_hours(1);
        let file = std::fs::File::options().append(true).open(&path).unwrap();
        file.set_modified(hour_ago).unwrap();
    }

    pub(crate) fn read(&self, key: &str) -> Vec<u8> {
        std::fs::read(self.path(key)).unwrap()
    }

    /// Puts an object without a request.
    pub(crate) fn object(&self, key: &str, content: &[u8]) {
        let body = bytes::Bytes::copy_from_slice(content);
        self.demo.store().put(BUCKET, key, body).unwrap();
    }

    pub(crate) fn body(&self, key: &str) -> Option<Vec<u8>> {
        Some(self.demo.store().body(BUCKET, key)?.to_vec())
    }

    /// All files below the folder, hidden and temporary ones too.
    pub(crate) fn files(&self) -> Vec<String> {
        let mut found = Vec::new();
        below(self.folder.path(), self.folder.path(), &mut found);
        found.sort();
        found
    }

    async fn store(&self, location: &Location) -> Store {
        self.sessions.store(location).await.unwrap()
    }

    /// Both stores, as contents are stored there.
    async fn stores(&self, ends: (&Location, &Location), options: &SyncOptions) -> [Store; 2] {
        let [left, right] = [self.store(ends.0).await, self.store(ends.1).await];
        match options.originals(ends.0, ends.1) {
            Some(Side::Left) => [left.gzipped(), right],
            Some(Side::Right) => [left, right.gzipped()],
            None => [left, right],
        }
    }

    /// Lists both sides and plans, as the engine does.
    pub(crate) async fn plan(
        &self,
        source: &Location,
        destination: &Location,
        options: SyncOptions,
    ) -> Plan {
        let rules = Rules {
            gzip: options.gzips(source, destination),
            ..Rules::new(options.check, source, destination)
        };
        let mut merge = Merge::new(MergeOptions::new(rules));
        let query = ListQuery {
            missing_is_empty: true,
            ..ListQuery::default()
        };
        let stores = self.stores((source, destination), &options).await;
        let mut pages = stores.map(|store| store.pages(query.clone()));
        let mut pairs = Vec::new();
        while let Some(side) = merge.wants() {
            let page = pages[side.index()].next().await.unwrap();
            merge.push(side, page);
            merge.pull(&mut pairs);
        }
        merge.pull(&mut pairs);
        let mut planner =
            Planner::new(source.clone(), destination.clone(), Vec::new(), options).unwrap();
        for pair in &pairs {
            planner.push(pair);
        }
        let end = |side| merge.end(side).cloned().unwrap();
        let mut plan = planner.finish(end(Side::Left), end(Side::Right), Timestamp::now());
        for group in &mut plan.groups {
            group.selected = true;
        }
        self.demo.log().clear();
        plan
    }

    /// Begins to run a plan.
    pub(crate) async fn start(&self, plan: Plan) -> Running {
        self.begin(plan, TaskKind::Sync).await
    }

    /// Runs a plan to its end.
    pub(crate) async fn run(&self, plan: Plan) -> Ended {
        self.start(plan).await.end().await
    }

    /// Plans and runs.
    pub(crate) async fn sync(
        &self,
        source: &Location,
        destination: &Location,
        options: SyncOptions,
    ) -> Ended {
        let plan = self.plan(source, destination, options).await;
        self.run(plan).await
    }

    /// Proves what stands on both sides.
    pub(crate) async fn verify(
        &self,
        source: &Location,
        destination: &Location,
        options: SyncOptions,
    ) -> Ended {
        let mut plan = self.plan(source, destination, options).await;
        plan.groups.clear();
        self.begin(plan, TaskKind::Verify).await.end().await
    }

    /// Begins to prove what stands on both sides, hurt by this rule.
    pub(crate) async fn start_verify(
        &self,
        source: &Location,
        destination: &Location,
        options: SyncOptions,
        hurt: Rule,
    ) -> Running {
        let mut plan = self.plan(source, destination, options).await;
        plan.groups.clear();
        self.demo.faults().add(hurt);
        self.begin(plan, TaskKind::Verify).await
    }

    /// Runs a plan to its end that an earlier run was killed in, which left this; keeps what it loses by this plan.
    pub(crate) async fn go_on(
        &self,
        plan: Plan,
        earlier: Earlier,
        kept: Option<Arc<Plan>>,
    ) -> Ended {
        let given = (Some(earlier), kept);
        let running = self.begin_with(plan, TaskKind::Sync, given).await;
        running.end().await
    }

    /// Begins to run a plan, and keeps what it loses by this one.
    pub(crate) async fn start_keeping(&self, plan: Plan, kept: Option<Arc<Plan>>) -> Running {
        self.begin_with(plan, TaskKind::Sync, (None, kept)).await
    }

    async fn begin(&self, plan: Plan, kind: TaskKind) -> Running {
        self.begin_with(plan, kind, (None, None)).await
    }

    async fn begin_with(
        &self,
        plan: Plan,
        kind: TaskKind,
        (earlier, kept): (Option<Earlier>, Option<Arc<Plan>>),
    ) -> Running {
        let kept = match kept {
            Some(plan) => Some(Kept {
                store: self.store(&plan.destination).await,
                plan,
            }),
            None => None,
        };
        let (sender, events) = mpsc::channel(4);
        let journal = TaskJournal::none(TaskId(1));
        let parent = CancellationToken::new();
        let brief = Brief::of(kind, &plan);
        let task = Registry::default().accept(brief, journal.clone(), sender, &parent);
        let ends = (&plan.source, &plan.destination);
        let [source, destination] = self.stores(ends, &plan.options).await;
        let job = Job {
            source,
            destination,
            plan: Arc::new(plan),
            kept,
            batch: None,
            check: None,
            control: task.control.clone(),
            counters: Arc::clone(&task.counters),
            events: task.sender.clone(),
            journal,
            tuning: self.tuning,
            earlier,
            turn: None,
        };
        let ended = match kind {
            TaskKind::Sync | TaskKind::Cleanup | TaskKind::Group => tokio::spawn(run(job)),
            TaskKind::Verify => tokio::spawn(verify(job)),
        };
        Running {
            task,
            ended,
            told: tokio::spawn(listen(events)),
        }
    }
}

impl Running {
    /// Waits for the end.
    pub(crate) async fn end(self) -> Ended {
        let state = self.ended.await.unwrap();
        let snapshot = self.task.snapshot();
        Ended {
            state,
            told: self.told.await.unwrap(),
            snapshot,
        }
    }

    /// Ends as a killed program does: nothing is told, nothing is cleaned up.
    pub(crate) async fn kill(self) {
        self.ended.abort();
        assert!(self.ended.await.is_err(), "it ended before");
        self.told.abort();
    }

    /// Waits until the task is in this state.
    pub(crate) async fn until(&self, state: TaskState) {
        while self.task.snapshot().state != state {
            tokio::task::yield_now().await;
        }
    }
}

impl Ended {
    /// The failure of a key.
    pub(crate) fn failure(&self, key: &str) -> FailureKind {
        match &self.told.outcomes[key] {
            Outcome::Failed(failure) => failure.kind,
            other @ (Outcome::Done { .. } | Outcome::Skipped { .. }) => panic!("{key}: {other:?}"),
        }
    }

    /// Stops unless everything was done and proven by checksum.
    pub(crate) fn is_all_proven(&self, count: usize) {
        assert_eq!(self.state, TaskState::Done, "{:#?}", self.told);
        assert_eq!(self.told.outcomes.len(), count);
        assert_eq!(self.snapshot.verified, count as u64, "{:#?}", self.told);
        let recount = self.told.recount.as_ref().unwrap();
        assert!(recount.equal, "{recount:?}");
    }
}

impl Told {
    fn end(&mut self, step: EndedStep) {
        let of_kind = if step.op == Op::Remove {
            &mut self.removed
        } else {
            &mut self.outcomes
        };
        let key = step.key.as_str().unwrap().to_owned();
        let before = of_kind.insert(key, step.outcome);
        assert!(
            before.is_none_or(|outcome| matches!(outcome, Outcome::Failed(_))),
            "{} ended twice",
            step.key
        );
    }
}

async fn listen(mut events: mpsc::Receiver<Event>) -> Told {
    let mut told = Told::default();
    while let Some(event) = events.recv().await {
        let Event::Task { event, .. } = event else {
            continue;
        };
        match event {
            TaskEvent::State { state, reason } => {
                told.states.push((state, reason.map(String::from)));
                if state.is_over() {
                    break;
                }
            }
            TaskEvent::Ended { steps } => {
                for step in steps {
                    told.end(step);
                }
            }
            TaskEvent::Retried { failure, .. } => told.retried.push(failure.kind),
            TaskEvent::Recounted(recount) => told.recount = Some(recount),
            TaskEvent::OtherWay { .. } | TaskEvent::Checked(_) => {}
        }
    }
    told
}

fn below(root: &Path, folder: &Path, found: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            below(root, &path, found);
        } else {
            let name = path.strip_prefix(root).unwrap();
            found.push(name.to_str().unwrap().to_owned());
        }
    }
}

/// Bytes that look like no others.
pub(crate) fn noise(size: usize, seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[3]
    };
    (0..size).map(|_| next()).collect()
}

/// Sizes around everything that matters: nothing, one byte, one part, and more.
pub(crate) const AROUND: [usize; 8] = [
    0,
    1,
    4096,
    PART - 1,
    PART,
    PART + 1,
    3 * PART,
    3 * PART + 17,
];
