//! `Room`: what the engine's work shares: sessions, the way to the front end, open questions, tasks and the journal.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use tokio::{
    runtime::Handle,
    sync::{OnceCell, mpsc},
    time::timeout,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::backend::Sessions;
use crate::domain::{
    location::{Location, Remote},
    plan::Plan,
    progress::TaskId,
};

use super::{
    EngineOptions,
    event::{Event, Failed},
    heart,
    journal::{Journal, JournalError, Setting, Setup, TaskJournal},
    picture::Darkroom,
    queue::Queue,
    tasks::{Brief, Registry, Task},
    views::Views,
};

/// How long the journal may take to open; a hanging file system must not hold up the work.
const OPENING: Duration = Duration::from_secs(5);

/// Clocks that disagree by less agree: an answer tells whole seconds, and some time on the way.
const NOTICEABLE: SignedDuration = SignedDuration::from_secs(3);

/// What all work of one engine shares.
#[derive(Debug)]
pub(super) struct Room {
    pub(super) sessions: Sessions,
    pub(super) options: EngineOptions,
    pub(super) events: mpsc::Sender<Event>,
    pub(super) views: Arc<Views>,
    pub(super) registry: Arc<Registry>,
    pub(super) tracker: TaskTracker,
    pub(super) stop: CancellationToken,
    pub(super) runtime: Handle,
    pub(super) notices: Arc<Notices>,
    pub(super) queue: Arc<Queue>,
    pub(super) darkroom: Darkroom,
    confirmed: Mutex<BTreeSet<Remote>>,
    journal: OnceCell<Option<Journal>>,
    numbers: AtomicU64,
}

/// Sentences that a person should read; each is kept once.
#[derive(Debug, Default)]
pub(super) struct Notices(Mutex<Vec<Arc<str>>>);

impl Notices {
    /// Adds a sentence, unless it is there already.
    pub(super) fn add(&self, sentence: &str) {
        let mut all = self.lock();
        if all.iter().all(|known| **known != *sentence) {
            tracing::warn!("{sentence}");
            all.push(sentence.into());
        }
    }

    /// All of them, oldest first.
    pub(super) fn all(&self) -> Vec<Arc<str>> {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Arc<str>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Room {
    /// Inside a runtime.
    pub(super) fn new(
        sessions: Sessions,
        options: EngineOptions,
        events: mpsc::Sender<Event>,
    ) -> Self {
        let stop = CancellationToken::new();
        Self {
            sessions,
            confirmed: Mutex::new(options.confirmed.iter().cloned().collect()),
            queue: Queue::new(options.at_once, options.setup.clock.clone()),
            notices: Arc::new(Notices(Mutex::new(options.notices.clone()))),
            options,
            events,
            views: Arc::new(Views::new(&stop)),
            registry: Arc::default(),
            tracker: TaskTracker::new(),
            darkroom: Darkroom::default(),
            stop,
            runtime: Handle::current(),
            journal: OnceCell::new(),
            numbers: AtomicU64::new(1),
        }
    }

    /// The journal, opened when it is first needed; `None` where there is none, or it cannot be opened, which is told.
    pub(super) async fn journal(&self) -> Option<Journal> {
        let open = || async {
            let path = self.options.journal.as_ref()?;
            let notices = Arc::clone(&self.notices);
            let complain = move |error: JournalError| notices.add(&error.to_string());
            let setup = Setup {
                keep: self.options.keep,
                ..self.options.setup.clone()
            };
            let opened = timeout(OPENING, Journal::open(path, setup, complain)).await;
            match opened.unwrap_or(Err(JournalError::Held)) {
                Ok(journal) => Some(journal),
                Err(error) => {
                    self.notices.add(&error.to_string());
                    None
                }
            }
        };
        self.journal.get_or_init(open).await.clone()
    }

    /// The journal, for a question that only it can answer.
    pub(super) async fn remembered(&self) -> Result<Journal, Failed> {
        match self.journal().await {
            Some(journal) => Ok(journal),
            None => Err(Failed {
                help: Some("set WHARF_STATE to a folder that can be written to".to_owned()),
                ..Failed::usage(match self.notices.all().last() {
                    Some(why) => why.to_string(),
                    None => "no journal is kept here".to_owned(),
                })
            }),
        }
    }

    /// The journal where it is open already.
    pub(super) fn open_journal(&self) -> Option<&Journal> {
        self.journal.get().and_then(Option::as_ref)
    }

    /// A new task's way into the journal, which files its ends so, with its number; without a journal numbers count from 1.
    pub(super) async fn begin(
        &self,
        brief: &Brief,
        plan: &Arc<Plan>,
        setting: Setting<'_>,
    ) -> TaskJournal {
        if let Some(journal) = self.journal().await {
            match journal.begin(brief, plan, setting).await {
                Ok(task) => return task,
                Err(error) => self.notices.add(&error.to_string()),
            }
        }
        self.number()
    }

    /// A group's way into the journal: it has children, and no ends of its own.
    pub(super) async fn begin_head(&self, brief: &Brief) -> TaskJournal {
        if let Some(journal) = self.journal().await {
            match journal.begin_head(brief, &self.options.flags).await {
                Ok(task) => return task,
                Err(error) => self.notices.add(&error.to_string()),
            }
        }
        self.number()
    }

    /// Takes a task in that has its number; from now on the journal hears that it lives.
    pub(super) fn accept(&self, brief: Brief, journal: TaskJournal) -> Arc<Task> {
        let events = self.events.clone();
        let task = self.registry.accept(brief, journal, events, &self.stop);
        let registry = Arc::clone(&self.registry);
        let queue = Arc::clone(&self.queue);
        let hooks = self.options.hooks.clone();
        let beating = heart::beat(Arc::clone(&task), (registry, queue), hooks);
        self.tracker.spawn_on(beating, &self.runtime);
        task
    }

    /// The next number of a task that nothing is kept of.
    fn number(&self) -> TaskJournal {
        loop {
            let id = TaskId(self.numbers.fetch_add(1, Relaxed));
            // A journal that failed meanwhile may have given this number away.
            if self.registry.get(id).is_none() {
                return TaskJournal::none(id);
            }
        }
    }

    /// How far a location's server is ahead of this machine's clock, as far as an answer told it.
    pub(super) fn skew(&self, location: &Location) -> SignedDuration {
        let remote = location.s3().map(|prefix| &prefix.remote);
        let ahead = remote.and_then(|remote| self.sessions.skew(remote));
        let ahead = ahead.filter(|ahead| ahead.abs() >= NOTICEABLE);
        ahead.map_or(SignedDuration::ZERO, |machine| -machine)
    }

    /// The time at a remote: this machine's, put right by the last answer.
    pub(super) fn time_at(&self, remote: &Remote) -> Timestamp {
        let now = Timestamp::now();
        let ahead = self.sessions.skew(remote);
        ahead
            .and_then(|ahead| now.checked_sub(ahead).ok())
            .unwrap_or(now)
    }

    /// A person confirmed, by typing its name, that this remote may be written to.
    pub(super) fn confirm(&self, remote: Remote) {
        self.confirmed().insert(remote);
    }

    /// The remotes that a person confirmed.
    pub(super) fn all_confirmed(&self) -> Vec<Remote> {
        self.confirmed().iter().cloned().collect()
    }

    /// Whether writing to this remote wants a word that was not given.
    pub(super) fn wants_word(&self, remote: &Remote) -> bool {
        self.options.production.contains(remote) && !self.confirmed().contains(remote)
    }

    /// Whether a word that licenses something beside a remote was not given.
    pub(super) fn wants_consent(&self, word: &str) -> bool {
        !self.confirmed().contains(&Remote::named(word))
    }

    fn confirmed(&self) -> MutexGuard<'_, BTreeSet<Remote>> {
        self.confirmed
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
