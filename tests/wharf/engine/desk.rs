//! A demo, a folder and an engine between them, asked as a front end asks.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops at the first surprise"
)]

use std::{
    fs,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::SeqCst},
    },
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use tempfile::TempDir;
use wharf::{
    backend::{RemoteOptions, Sessions, session::Keys},
    demo::{ACCESS_KEY, Demo, Fault, Options, REGION, Rule, SECRET_KEY},
    domain::{
        diff::Pair,
        key::Key,
        location::{Location, Remote},
        plan::{Op, Plan, SyncOptions},
        progress::{EndedStep, TaskEvent, TaskId, TaskState},
    },
    engine::{
        Body, Command, Compared, Engine, EngineOptions, Event, Events, Failed, PastTask, Search,
        Snapshot, View,
    },
};

pub(crate) const BUCKET: &str = "pics";

/// A bucket, a folder, and an engine.
pub(crate) struct Desk {
    pub(crate) demo: Demo,
    pub(crate) folder: TempDir,
    pub(crate) engine: Engine,
    pub(crate) events: Events,
    generation: AtomicU32,
}

/// What a comparison told.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) pairs: Vec<Pair>,
    pub(crate) compared: Box<Compared>,
}

impl Told {
    /// Signs with their letters of proof: `=c`, `+`.
    pub(crate) fn signs(&self) -> Vec<(String, String)> {
        let sign = |pair: &Pair| {
            let mut sign = pair.verdict.sign().symbol().to_string();
            if let wharf::domain::diff::Verdict::Same { proof } = pair.verdict {
                sign.push(proof.letter());
            }
            (pair.key.as_str().unwrap().to_owned(), sign)
        };
        self.pairs.iter().map(sign).collect()
    }

    /// The sign of one key.
    pub(crate) fn sign(&self, key: &str) -> String {
        let found = self.signs().into_iter().find(|(name, _)| name == key);
        found.unwrap_or_else(|| panic!("{key} was not told")).1
    }
}

impl Desk {
    pub(crate) fn new() -> Self {
        Self::with(EngineOptions::default())
    }

    pub(crate) fn with(options: EngineOptions) -> Self {
        let demo = Demo::start(Options::default()).unwrap();
        demo.store().create_bucket(BUCKET, REGION);
        let folder = tempfile::tempdir().unwrap();
        let (engine, events) = Engine::start(sessions(&demo), options);
        Self {
            demo,
            folder,
            engine,
            events,
            generation: AtomicU32::new(1),
        }
    }

    /// The same demo and folder with a new engine: a later session.
    pub(crate) async fn reopened(self, options: EngineOptions) -> Self {
        self.engine.close(self.events).await;
        let (engine, events) = Engine::start(sessions(&self.demo), options);
        Self {
            engine,
            events,
            ..self
        }
    }

    pub(crate) fn local(&self) -> Location {
        Location::Disk(self.folder.path().to_owned())
    }

    pub(crate) fn path(&self, key: &str) -> PathBuf {
        self.folder.path().join(key)
    }

    /// Writes a file of an hour ago.
    pub(crate) fn file(&self, key: &str, content: &[u8]) {
        self.file_aged(key, content, 3600);
    }

    /// Writes a file that was changed so many seconds ago.
    pub(crate) fn file_aged(&self, key: &str, content: &[u8], seconds: u64) {
        let path = self.path(key);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        let file = fs::File::options().append(true).open(&path).unwrap();
        let then = SystemTime::now() - Duration::from_secs(seconds);
        file.set_modified(then).unwrap();
    }

    /// Puts an object without a request.
    pub(crate) fn object(&self, key: &str, content: &[u8]) {
        let body = Bytes::copy_from_slice(content);
        self.demo.store().put(BUCKET, key, body).unwrap();
    }

    /// So many objects `prefix00000`….
    pub(crate) fn objects(&self, prefix: &str, count: usize) {
        for number in 0..count {
            self.object(&format!("{prefix}{number:05}"), b"x");
        }
    }

    /// Lists fail from page `nth` on, for a reason that no try mends.
    pub(crate) fn break_page(&self, nth: u64) {
        let rule = Rule::new(Fault::ExpiredToken).on("ListObjectsV2").nth(nth);
        self.demo.faults().add(rule);
    }

    pub(crate) fn view(&self) -> View {
        View {
            id: 7,
            generation: self.generation.fetch_add(1, SeqCst),
        }
    }

    /// The next answer to this question.
    pub(crate) async fn body(&mut self, asked: View) -> Body {
        loop {
            match self.events.recv().await.unwrap() {
                Event::View { view, body } => {
                    assert_eq!(view, asked);
                    return body;
                }
                Event::Task { .. } => {}
            }
        }
    }

    pub(crate) async fn compare(
        &mut self,
        left: &Location,
        right: &Location,
        options: SyncOptions,
    ) -> Result<Told, Failed> {
        let view = self.view();
        self.engine.submit(Command::Compare {
            view,
            left: left.clone(),
            right: right.clone(),
            options: Arc::new(options),
        });
        let mut pairs = Vec::new();
        loop {
            match self.body(view).await {
                Body::Pairs(more) => {
                    assert!(!more.is_empty() && more.len() <= 500);
                    pairs.extend(more);
                }
                Body::Compared(compared) => {
                    assert!(pairs.is_sorted_by(|one, other| one.key < other.key));
                    return Ok(Told { pairs, compared });
                }
                other @ (Body::Listed { .. }
                | Body::Buckets(_)
                | Body::Recorded { .. }
                | Body::Planned(_)
                | Body::PlannedBoth(_)
                | Body::PlannedRoutes(_)
                | Body::Identity(_)
                | Body::Preview(_)
                | Body::Picture(_)
                | Body::Cloud(_)
                | Body::Looked(_)
                | Body::WrapUp(_)
                | Body::Past(_)
                | Body::Report(_)
                | Body::Run(_)
                | Body::Watched
                | Body::Accepted(_)
                | Body::Failed(_)) => return Err(refused(other)),
            }
        }
    }

    pub(crate) async fn plan(
        &mut self,
        source: &Location,
        destination: &Location,
        options: SyncOptions,
    ) -> Result<Arc<Plan>, Failed> {
        self.plan_only(source, destination, (&[], options)).await
    }

    pub(crate) async fn plan_only(
        &mut self,
        source: &Location,
        destination: &Location,
        (only, options): (&[&str], SyncOptions),
    ) -> Result<Arc<Plan>, Failed> {
        let view = self.view();
        self.engine.submit(Command::Plan {
            view,
            source: source.clone(),
            destination: destination.clone(),
            only: only.iter().map(|key| Key::from(*key)).collect(),
            options: Arc::new(options),
        });
        let body = self.body(view).await;
        if let Body::Planned(plan) = body {
            return Ok(plan);
        }
        Err(refused(body))
    }

    /// Submits a plan; the task's number, or why not.
    pub(crate) async fn submit(&mut self, plan: &Arc<Plan>) -> Result<TaskId, Failed> {
        let view = self.view();
        let plan = Arc::clone(plan);
        self.engine.submit(Command::Run { view, plan });
        let body = self.body(view).await;
        if let Body::Accepted(id) = body {
            return Ok(id);
        }
        Err(refused(body))
    }

    /// Runs a plan to its end.
    pub(crate) async fn run(&mut self, plan: &Arc<Plan>) -> (TaskState, Vec<EndedStep>) {
        let view = self.view();
        let plan = Arc::clone(plan);
        self.engine.submit(Command::Run { view, plan });
        self.until_over().await
    }

    /// The tasks that the journal knows, newest first.
    pub(crate) async fn past(&mut self) -> Result<Vec<PastTask>, Failed> {
        let view = self.view();
        let search = Search::default();
        self.engine.submit(Command::Past { view, search });
        let body = self.body(view).await;
        if let Body::Past(past) = body {
            return Ok(past);
        }
        Err(refused(body))
    }

    /// Asks for the journal's tasks until what is told of them holds.
    pub(crate) async fn until_past(&mut self, holds: impl Fn(&[PastTask]) -> bool) {
        while !holds(&self.past().await.unwrap()) {}
    }

    /// Reads until a task is over.
    pub(crate) async fn until_over(&mut self) -> (TaskState, Vec<EndedStep>) {
        let mut ended = Vec::new();
        loop {
            match self.events.recv().await.unwrap() {
                Event::Task {
                    event: TaskEvent::Ended { steps },
                    ..
                } => ended.extend(steps),
                Event::Task {
                    event: TaskEvent::State { state, .. },
                    ..
                } if state.is_over() => return (state, ended),
                Event::View {
                    body: Body::Failed(failed),
                    ..
                } => panic!("{failed:?}"),
                Event::Task { .. } | Event::View { .. } => {}
            }
        }
    }

    /// Reads until a task tells this state.
    pub(crate) async fn until(&mut self, wanted: TaskState) {
        loop {
            if let Event::Task {
                event: TaskEvent::State { state, .. },
                ..
            } = self.events.recv().await.unwrap()
                && state == wanted
            {
                return;
            }
        }
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        self.engine.snapshot()
    }
}

/// Why there is no answer.
fn refused(body: Body) -> Failed {
    if let Body::Failed(failed) = body {
        return failed;
    }
    panic!("{body:?}")
}

/// The bucket below a prefix.
pub(crate) fn bucket(prefix: &str) -> Location {
    Location::parse(&format!("s3://{BUCKET}/{prefix}")).unwrap()
}

/// The keys of a plan's steps, with what they do.
pub(crate) fn steps(plan: &Plan) -> Vec<(&str, Op)> {
    plan.steps()
        .map(|step| (step.key.as_str().unwrap(), step.op))
        .collect()
}

fn sessions(demo: &Demo) -> Sessions {
    let options = |endpoint| RemoteOptions {
        region: Some(REGION.to_owned()),
        endpoint_url: Some(endpoint),
        keys: Some(Keys {
            access: ACCESS_KEY.to_owned(),
            secret: SECRET_KEY.to_owned(),
            token: None,
        }),
        ..RemoteOptions::default()
    };
    Sessions::new([
        (Remote::default(), options(demo.endpoint())),
        (Remote::named("twin"), options(demo.endpoint())),
        (
            Remote::named("dead"),
            options("http://127.0.0.1:9".to_owned()),
        ),
    ])
}
