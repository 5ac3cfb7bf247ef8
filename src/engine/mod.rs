//! The engine: tokio lives here. Front ends know `submit`, `Events` and `snapshot`, and nothing else.
//! Whatever is asked runs beside all else: nothing a front end does waits for the network.

mod alias;
mod answer;
mod cleanup;
pub mod cloud;
pub mod command;
mod compare;
mod deletion;
pub mod doctor;
mod edit;
mod ends;
pub mod event;
mod failed;
mod family;
mod go_on;
mod guard;
mod gzip;
mod heart;
mod hook;
pub mod journal;
pub mod launch;
pub mod look;
mod only;
pub mod picture;
mod plan;
mod preflight;
pub mod preview;
mod questions;
mod queue;
mod record;
mod room;
mod routes;
mod run;
pub mod scan;
pub mod tasks;
pub mod training;
pub mod transfer;
mod views;
mod worker;
pub mod wrap_up;

use std::{path::PathBuf, sync::Arc, time::Duration};

use tokio::sync::mpsc;

use crate::backend::Sessions;
use crate::domain::{
    cloud::Reached,
    health::ByRun,
    location::{Location, Remote},
    plan::Plan,
    progress::{TaskId, TaskState},
    training::alert::Alert,
};

use answer::Answer;
use room::Room;
use run::Proving;
use tasks::Task;
use views::Views;

pub use hook::{FindingTold, Hooks};
pub use queue::{AT_ONCE, Turn};
pub use worker::Worker;

pub use crate::backend::store::Checksum;
pub use command::{Check, Command, EditAsk, Family, Member, Pace, RouteAsk, View};
pub use event::{Body, Bucket, Compared, Event, Failed, FailedClass, Identity, Recorded, Snapshot};
pub use journal::{JournalError, NotTaken, PastTask, Report, Search, Wish};

/// Events under way to a slow reader; each may bear a few hundred pairs.
const AHEAD: usize = 32;

/// How an engine is set up.
#[derive(Debug, Clone, Default)]
pub struct EngineOptions {
    /// Nothing is run: every plan is refused.
    pub read_only: bool,
    /// File of the journal; nothing is remembered when `None`.
    pub journal: Option<PathBuf>,
    /// Remotes that are written to only after their name was given as a word of consent.
    pub production: Vec<Remote>,
    /// Remotes of `production` whose name was given.
    pub confirmed: Vec<Remote>,
    /// Folders of which git may track what is written there.
    pub allow_git: Vec<PathBuf>,
    /// Prefixes that nothing is written to, however they are addressed.
    pub protected: Vec<Protected>,
    /// How long the journal keeps tasks that are over; for ever when `None`.
    pub keep: Option<Duration>,
    /// The global flags of the command line, to be given again when a task is gone on with.
    pub flags: Arc<[String]>,
    /// Who goes on with tasks when this program has to end before them; nobody when `None`.
    pub worker: Option<Worker>,
    /// Commands that are run when a task ends or waits for a person.
    pub hooks: Hooks,
    /// By which way runs reach their instances; SSM where none speaks of one.
    pub reaches: Arc<[Reached]>,
    /// From where on something is wrong with an instance, by its run.
    pub limits: Arc<ByRun>,
    /// Tasks that run at once; a few when `None`.
    pub at_once: Option<u16>,
    /// What a person should know from the start on.
    pub notices: Vec<Arc<str>>,
    /// Who owns the tasks that begin here, and by which clock.
    pub setup: journal::Setup,
}

/// A prefix that nothing is written to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Protected {
    /// Where it is.
    pub place: Location,
    /// Who forbids it.
    pub message: String,
    /// What a person can do instead.
    pub help: String,
}

/// The one door to everything that is not a screen; clones are the same engine.
#[derive(Debug, Clone)]
pub struct Engine {
    room: Arc<Room>,
}

/// What the engine tells; read it steadily, for a slow reader slows the work.
#[derive(Debug)]
pub struct Events {
    events: mpsc::Receiver<Event>,
    views: Arc<Views>,
}

impl Engine {
    /// Starts an engine; inside a tokio runtime. Nothing is opened or asked before a command needs it.
    pub fn start(sessions: Sessions, options: EngineOptions) -> (Self, Events) {
        let (to, events) = mpsc::channel(AHEAD);
        let room = Arc::new(Room::new(sessions, options, to));
        let views = Arc::clone(&room.views);
        (Self { room }, Events { events, views })
    }

    /// Hands a command over; its answers come as events. Never blocks, never fails.
    pub fn submit(&self, command: Command) {
        match command {
            Command::Stop(view) => self.room.views.stop(view),
            Command::Pause(task) if self.is_elsewhere(task) => self.wish_there(task, Wish::Pause),
            Command::Cancel(task) if self.is_elsewhere(task) => self.wish_there(task, Wish::Cancel),
            Command::Resume(task) if self.is_elsewhere(task) => self.wish_there(task, Wish::Resume),
            Command::Pause(task) => self.pause(task),
            Command::Resume(task) => self.resume(task),
            Command::Cancel(task) => self.turn(task, |task| task.control.cancel()),
            Command::Pace { task, change } => self.set_pace(task, change),
            Command::Prioritise { task, by } => self.prioritise(task, by),
            Command::Release(task) => self.release(task),
            Command::TellHook { run, alert, text } => self.tell_hook(run, alert, text),
            Command::TellFinding(found) => self.tell_finding(found),
            Command::GoOn { view, task } => {
                self.begin(view, |room, answer| go_on::go_on(room, answer, task));
            }
            Command::Retry { view, task } => {
                self.begin(view, |room, answer| go_on::retry(room, answer, task));
            }
            Command::Run { view, plan } => {
                self.begin(view, |room, answer| run::run(room, answer, plan));
            }
            Command::RunFamily { view, family } => {
                self.begin(view, |room, answer| family::run(room, answer, family));
            }
            Command::Verify {
                view,
                source,
                destination,
                only,
                options,
            } => {
                let proving = Proving {
                    source,
                    destination,
                    only,
                    options,
                };
                self.begin(view, |room, answer| run::verify(room, answer, proving));
            }
            question @ (Command::List { view, .. }
            | Command::Record { view, .. }
            | Command::Buckets { view, .. }
            | Command::Identity { view, .. }
            | Command::Compare { view, .. }
            | Command::Plan { view, .. }
            | Command::PlanDeletion { view, .. }
            | Command::PlanEdit { view, .. }
            | Command::PlanBoth { view, .. }
            | Command::PlanRoutes { view, .. }
            | Command::PlanCleanup { view, .. }
            | Command::Past { view, .. }
            | Command::Report { view, .. }
            | Command::Preview { view, .. }
            | Command::Picture { view, .. }
            | Command::Watch { view, .. }
            | Command::Cloud { view, .. }
            | Command::Look { view, .. }
            | Command::WrapUp { view, .. }) => self.ask(view, question),
        }
    }

    fn pause(&self, task: TaskId) {
        self.turn_all(task, |task| {
            task.control.pause();
        });
    }

    /// The quantities of all tasks, and what the session sent; cheap enough for every frame.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            tasks: self.room.registry.snapshots(),
            requests: self.room.sessions.requests(),
            notices: self.room.notices.all(),
        }
    }

    /// The endpoint of a location, where it is in S3 and not AWS's own. Sends nothing.
    pub async fn endpoint(&self, location: &Location) -> Option<Arc<str>> {
        let prefix = location.s3()?;
        let reach = self.room.sessions.reach(&prefix.remote).await.ok()?;
        reach.endpoint
    }

    /// Tasks of this and earlier sessions, newest first.
    pub async fn past(&self, search: Search) -> Result<Vec<PastTask>, Failed> {
        questions::past(&self.room, &search).await
    }

    /// How a task went.
    pub async fn report(&self, task: TaskId) -> Result<Report, Failed> {
        questions::report(&self.room, task).await
    }

    /// Lets the person's hook know that a plan waits for a yes.
    pub fn asks_for(&self, plan: &Arc<Plan>) {
        let (room, plan) = (Arc::clone(&self.room), Arc::clone(plan));
        self.spawn(async move { room.options.hooks.ask(&plan).await });
    }

    /// Whether a worker can go on with the tasks of this program: they are in the journal, and there is one.
    pub fn can_hand_over(&self) -> bool {
        self.room.options.worker.is_some() && self.room.open_journal().is_some()
    }

    /// Lets all running tasks go and starts a worker that goes on with them; gives its process number and the tasks, of a
    /// group its head. Takes the events, so that work which waits to tell something does not wait for ever.
    pub async fn hand_over(&self, events: &mut Events) -> Result<(u32, Vec<TaskId>), Failed> {
        let tasks = self.room.registry.running();
        let going = tasks.iter().map(|task| heart::let_go(Arc::clone(task)));
        let gone = async {
            futures::future::join_all(going).await;
            for task in &tasks {
                task.status.over().await;
                task.sender.flush().await;
            }
        };
        tokio::pin!(gone);
        loop {
            tokio::select! {
                biased;
                () = &mut gone => break,
                _ = events.events.recv() => {}
            }
        }
        let left = tasks.iter().filter(|task| {
            task.brief.parent.is_none() && task.status.state() == TaskState::Interrupted
        });
        let mut left: Vec<&Arc<Task>> = left.collect();
        left.sort_by_key(|task| std::cmp::Reverse(task.priority()));
        let left: Vec<TaskId> = left.iter().map(|task| task.id).collect();
        Ok((self.start_worker(&left).await?, left))
    }

    /// Starts a worker that goes on with tasks that were let go; gives its process number.
    pub async fn start_worker(&self, tasks: &[TaskId]) -> Result<u32, Failed> {
        let Some(worker) = &self.room.options.worker else {
            return Err(Failed::usage(
                "there is no program that could go on with them",
            ));
        };
        self.room.remembered().await?.settle().await?;
        let started = worker.go_on(tasks, &self.room.all_confirmed());
        started.map_err(|error| Failed {
            help: Some("wharf tasks resume goes on with them".to_owned()),
            ..Failed::usage(format!("no worker could be started: {error}"))
        })
    }

    /// Asks something of the program that runs a task, whichever that is; it hears it at the next beat of its heart.
    pub async fn wish(&self, task: TaskId, wish: Wish) -> Result<(), Failed> {
        Ok(self.room.remembered().await?.ask(task, wish).await?)
    }

    /// Cancels a task that nobody runs: what it left half-done is given up at the store and on the disk.
    pub async fn give_up(&self, task: TaskId) -> Result<(), Failed> {
        go_on::give_up(&self.room, task).await
    }

    /// A person gave the name of a production remote as a word of consent: it may be written to from now on.
    pub fn confirm(&self, remote: Remote) {
        self.room.confirm(remote);
    }

    /// Whether this word of consent is still to be given.
    pub fn wants_consent(&self, word: &str) -> bool {
        self.room.wants_consent(word)
    }

    /// Stops everything, waits until what was in flight has cleaned up behind itself, and closes the journal.
    ///
    /// Takes the events, so that work which waits to tell something does not wait for ever.
    pub async fn close(self, mut events: Events) {
        self.room.stop.cancel();
        self.room.tracker.close();
        loop {
            tokio::select! {
                biased;
                () = self.room.tracker.wait() => break,
                _ = events.events.recv() => {}
            }
        }
        if let Some(journal) = self.room.open_journal() {
            journal.close().await;
        }
    }

    /// Works on a question beside all else.
    fn ask(&self, view: View, question: Command) {
        let room = Arc::clone(&self.room);
        let work = async move {
            let answer = Answer::new(&room, view);
            questions::answer(&room, &answer, &question).await
        };
        self.spawn(answer::until_stopped(
            Arc::clone(&self.room),
            view,
            Box::pin(work),
        ));
    }

    fn set_pace(&self, task: TaskId, change: Pace) {
        self.turn(task, |task| task.control.set_pace(change));
    }

    /// Runs the person's hook for what happened to a training run.
    fn tell_hook(&self, run: Arc<str>, alert: Alert, text: String) {
        let room = Arc::clone(&self.room);
        self.spawn(async move { room.options.hooks.tell_run(&run, alert, &text).await });
    }

    fn tell_finding(&self, found: Box<FindingTold>) {
        let room = Arc::clone(&self.room);
        self.spawn(async move { room.options.hooks.tell_finding(&found).await });
    }

    /// Lets a task go after what is in flight; what takes too long is cut, and kept as far as it came.
    fn release(&self, id: TaskId) {
        if let Some(task) = self.room.registry.get(id) {
            self.spawn(heart::let_go(task));
        }
    }

    /// Lets a held task go on; of one that is over, what failed is tried again as a task of its own.
    fn resume(&self, id: TaskId) {
        match self.room.registry.get(id) {
            Some(task) if task.status.state().is_over() => {
                self.spawn(run::again(Arc::clone(&self.room), task));
            }
            Some(_) | None => self.turn_all(id, |task| task.control.resume()),
        }
    }

    /// Whether a task is not run here; one that was let go is not either.
    fn is_elsewhere(&self, task: TaskId) -> bool {
        let here = self.room.registry.get(task);
        here.is_none_or(|task| task.status.state() == TaskState::Interrupted)
    }

    /// Asks whoever runs a task; cleans up behind one that nobody runs.
    fn wish_there(&self, task: TaskId, wish: Wish) {
        self.spawn(go_on::wish(Arc::clone(&self.room), task, wish));
    }

    /// Moves a task within the queue.
    fn prioritise(&self, id: TaskId, by: i64) {
        match self.room.registry.get(id) {
            Some(task) if !task.status.state().is_over() => {
                self.spawn(run::prioritise(Arc::clone(&self.room), task, by));
            }
            Some(_) | None => {
                let wish = if by > 0 { Wish::Raise } else { Wish::Lower };
                self.wish_there(id, wish);
            }
        }
    }

    /// Turns a knob of a task and of all its children.
    fn turn_all(&self, task: TaskId, knob: impl Fn(&Task)) {
        for child in self.room.registry.children(task) {
            self.turn(child.id, &knob);
        }
        self.turn(task, knob);
    }

    /// Turns a knob of a task, and tells the state that follows.
    fn turn(&self, task: TaskId, knob: impl FnOnce(&Task)) {
        if let Some(task) = self.room.registry.get(task) {
            knob(&task);
            self.spawn(run::announce(task));
        }
    }

    /// Begins work that tells its answers to who asked.
    fn begin<F: Future<Output = ()> + Send + 'static>(
        &self,
        view: View,
        work: impl FnOnce(Arc<Room>, Answer) -> F,
    ) {
        let answer = Answer::new(&self.room, view);
        self.spawn(work(Arc::clone(&self.room), answer));
    }

    fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.room.tracker.spawn_on(work, &self.room.runtime);
    }
}

impl Events {
    /// The next event; `None` when the engine is gone. Answers to questions that newer ones replaced are left out.
    pub async fn recv(&mut self) -> Option<Event> {
        loop {
            let event = self.events.recv().await?;
            if self.is_wanted(&event) {
                return Some(event);
            }
        }
    }

    /// The next event, if one is there already.
    pub fn try_recv(&mut self) -> Option<Event> {
        loop {
            let event = self.events.try_recv().ok()?;
            if self.is_wanted(&event) {
                return Some(event);
            }
        }
    }

    fn is_wanted(&self, event: &Event) -> bool {
        match event {
            Event::View { view, .. } => self.views.is_current(*view),
            Event::Task { .. } => true,
        }
    }
}
