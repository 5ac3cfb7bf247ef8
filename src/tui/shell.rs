//! `Shell`: what every tab and dialog shares: the clock, the settings, open questions, dialogs, the notice, and what
//! is to be done. Tabs get it beside their own state, so that none reaches into another.

use std::{collections::HashMap, path::PathBuf, sync::Arc};

use jiff::{Timestamp, tz::TimeZone};

use crate::config::{Config, mapping::Direction};
use crate::domain::{
    cloud::Turn,
    estimate::Pace,
    key::Key,
    location::{Location, Remote},
    plan::{Plan, SyncOptions},
    progress::TaskId,
    runs::Runs,
    side::Side,
    text::printable,
};

use crate::engine::{Command, Identity, Snapshot, View, event::Failed};

use crate::tui::{
    brush::{Brush, Unable},
    dialog::Dialog,
    kept::Bookmark,
    keymap::{Chord, Keymap},
    msg::Effect,
    tab::{
        instances::{Launchable, Sought},
        log::{Entry, Weight},
        wrap_up::Ending,
    },
    theme::Theme,
};

/// A pair of places that belong together, from the configuration.
#[derive(Debug, Clone)]
pub struct Mapping {
    /// Its name.
    pub name: Arc<str>,
    /// The local side.
    pub left: Location,
    /// The remote side.
    pub right: Location,
    /// Which way it may move data.
    pub direction: Direction,
    /// Its sync options.
    pub options: Arc<SyncOptions>,
}

/// What does not change while the program runs.
#[derive(Debug, Clone, Default)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own about the program"
)]
pub struct Settings {
    /// At the right of the header: which configuration, which remote.
    pub title: String,
    /// Nothing may be written.
    pub read_only: bool,
    /// Lines and signs are drawn with letters that every terminal has.
    pub ascii: bool,
    /// What draws pictures.
    pub brush: Brush,
    /// Remotes of the configuration; the unnamed one may be among them.
    pub remotes: Vec<Remote>,
    /// Mappings of the configuration, in its order.
    pub mappings: Vec<Mapping>,
    /// Groups of mappings, each with its members' names.
    pub groups: Vec<(Arc<str>, Vec<String>)>,
    /// Runs that can be wrapped up.
    pub endings: Vec<Ending>,
    /// Runs that say what is launched.
    pub launches: Vec<Launchable>,
    /// Options where no mapping says otherwise.
    pub sync: Arc<SyncOptions>,
    /// Where the reader's clock stands.
    pub zone: Option<TimeZone>,
    /// The configuration: what it forbids is not even asked for.
    pub config: Arc<Config>,
    /// Production remotes whose names were given already.
    pub confirmed: Vec<Remote>,
    /// What is to be said at the beginning.
    pub remarks: Vec<String>,
    /// What `~` stands for.
    pub home: Option<PathBuf>,
    /// A journal knows the tasks of earlier sessions and of other programs.
    pub remembers: bool,
    /// A worker can go on with tasks when the screen is left.
    pub hands_over: bool,
}

/// A question that waits for its answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Question {
    /// What is in a folder of a pane.
    Listing(Side, Key),
    /// Which buckets there are, for a pane.
    Buckets(Side),
    /// Which buckets there are, for the picker.
    Choices(Remote),
    /// What a folder is made of.
    Layout,
    /// Which uploads below it nobody finished.
    Uploads,
    /// Which contents below it stand under several keys.
    Contents,
    /// What one entry is and holds.
    Preview,
    /// The pixels of a picture.
    Picture,
    /// How a remote is reached, and who we are there.
    Identity(Remote),
    /// What differs.
    Compare,
    /// What a sync would do.
    Plan,
    /// What mappings would do.
    Errand,
    /// What of a task's sources may go.
    Cleanup,
    /// Which parts a mapping has.
    Parts,
    /// Whether these plans are taken, as one task.
    RunFamily(Vec<Arc<Plan>>),
    /// Whether the plan is taken.
    Run(Arc<Plan>),
    /// Whether the proof is taken, of which keys.
    Verify(Vec<Key>),
    /// What is below a folder, for a deep search.
    Found,
    /// What a bucket is set to and holds.
    Bucket,
    /// Which versions there are.
    Versions,
    /// What could follow a place that is being typed.
    Completion,
    /// How a bucket's lifecycle rules are then.
    Rules,
    /// An address by which this object can be read.
    Address(Box<str>),
    /// Which tasks the journal knows.
    Past,
    /// How instances do; it stays open.
    Instances,
    /// What hangs on an instance.
    Details,
    /// What an instance wrote to its console.
    Console,
    /// What an instance's shell says, or how a launch goes.
    Sought(Sought),
    /// Whether an instance of this id could be turned.
    Turn(Box<str>, Turn),
    /// How training runs go on; it stays open.
    Training,
    /// How the run of this name stands at its end, or whether it could be ended.
    WrapUp(Arc<str>),
    /// How a task went.
    Report(TaskId),
    /// Whether a task of the journal is gone on with, or tried again.
    GoOn(TaskId),
}

impl Question {
    /// The side whose rows it asks for; `None` where it asks for something else.
    pub fn side(&self) -> Option<Side> {
        match self {
            Self::Listing(side, _) | Self::Buckets(side) => Some(*side),
            Self::Choices(_)
            | Self::Layout
            | Self::Uploads
            | Self::Contents
            | Self::Preview
            | Self::Picture
            | Self::Identity(_)
            | Self::Compare
            | Self::Plan
            | Self::Errand
            | Self::Cleanup
            | Self::Parts
            | Self::RunFamily(_)
            | Self::Run(_)
            | Self::Verify(_)
            | Self::Past
            | Self::Instances
            | Self::Details
            | Self::Console
            | Self::Sought(_)
            | Self::Turn(..)
            | Self::Training
            | Self::WrapUp(_)
            | Self::Report(_)
            | Self::GoOn(_)
            | Self::Found
            | Self::Completion
            | Self::Bucket
            | Self::Versions
            | Self::Rules
            | Self::Address(_) => None,
        }
    }
}

/// A word to the person, shown until the next key or for a while.
#[derive(Debug, Clone)]
pub struct Notice {
    /// How grave.
    pub weight: Weight,
    /// What happened, and the next step.
    pub text: String,
    /// When it was said.
    pub at: Timestamp,
}

/// What every tab and dialog shares.
#[derive(Debug)]
pub struct Shell {
    /// The time of the last tick.
    pub now: Timestamp,
    /// Where the reader's clock stands.
    pub zone: TimeZone,
    /// Counts ticks: motion on the screen.
    pub ticks: u64,
    /// Keys and their meanings.
    pub keymap: Keymap,
    /// Keys of a sequence that has begun.
    pub pending: Vec<Chord>,
    /// Colours.
    pub theme: Theme,
    /// What does not change.
    pub settings: Settings,
    /// Everything countable, as of the last tick.
    pub snapshot: Snapshot,
    /// What was measured in this session, for estimates.
    pub pace: Option<Pace>,
    /// The last runs of each mapping, by its name, as the journal told them last.
    pub runs: HashMap<Arc<str>, Runs>,
    /// In front last.
    pub dialogs: Vec<Dialog>,
    /// Who we are at each remote that was looked at; `None` while that is asked, or where it cannot be told.
    pub identities: HashMap<Remote, Option<Identity>>,
    /// Scenes that are kept under names.
    pub bookmarks: Vec<Bookmark>,
    /// What was said last.
    pub notice: Option<Notice>,
    /// What the log has not taken yet.
    pub unlogged: Vec<Entry>,
    /// What is to be done.
    pub effects: Vec<Effect>,
    questions: HashMap<View, Question>,
    asked: u32,
}

impl Shell {
    /// The account that a remote acts for, once it was told.
    pub fn account(&self, remote: &Remote) -> Option<&str> {
        let told = self.identities.get(remote)?.as_ref()?;
        told.who.as_ref().map(|(account, _)| &**account)
    }

    /// A shell at the time `now`.
    pub fn new(settings: Settings, keymap: Keymap, theme: Theme, now: Timestamp) -> Self {
        Self {
            now,
            zone: settings.zone.clone().unwrap_or_else(TimeZone::system),
            ticks: 0,
            keymap,
            pending: Vec::new(),
            theme,
            settings,
            snapshot: Snapshot::default(),
            pace: None,
            runs: HashMap::new(),
            dialogs: Vec::new(),
            bookmarks: Vec::new(),
            identities: HashMap::new(),
            notice: None,
            unlogged: Vec::new(),
            effects: Vec::new(),
            questions: HashMap::new(),
            asked: 0,
        }
    }

    /// Asks the engine; the answer will find the question again.
    pub fn ask(&mut self, question: Question, command: impl FnOnce(View) -> Command) -> View {
        self.asked += 1;
        let view = View {
            id: self.asked,
            generation: self.asked,
        };
        self.questions.insert(view, question);
        self.command(command(view));
        view
    }

    /// Tells the engine to do something that needs no answer.
    pub fn command(&mut self, command: Command) {
        self.effects.push(Effect::Engine(command));
    }

    /// The question that an answer belongs to; `None` for one that nobody waits for any more.
    pub fn question(&self, view: View) -> Option<&Question> {
        self.questions.get(&view)
    }

    /// What draws pictures here.
    pub fn brush(&self) -> Brush {
        if self.settings.ascii {
            Brush::Nothing(Unable::Ascii)
        } else {
            self.settings.brush
        }
    }

    /// Forgets a question that is answered.
    pub fn close(&mut self, view: View) -> Option<Question> {
        self.questions.remove(&view)
    }

    /// Stops every question of a kind: its answers are no longer wanted.
    pub fn stop(&mut self, kind: impl Fn(&Question) -> bool) {
        let views: Vec<View> = self
            .questions
            .iter()
            .filter(|(_, question)| kind(question))
            .map(|(view, _)| *view)
            .collect();
        for view in views {
            self.questions.remove(&view);
            self.command(Command::Stop(view));
        }
    }

    /// Whether a question of a kind waits for its answer.
    pub fn waits(&self, kind: impl Fn(&Question) -> bool) -> bool {
        self.questions.values().any(kind)
    }

    /// How many questions wait for an end of their answer; watching has none.
    pub fn open_questions(&self) -> usize {
        let ends =
            |question: &&Question| !matches!(question, Question::Training | Question::Instances);
        self.questions.values().filter(ends).count()
    }

    /// The remote itself, where it is production.
    pub fn production_remote(&self, remote: &Remote) -> Option<Remote> {
        let set = self.settings.config.remotes.get(remote)?;
        let on = set.production.as_ref().is_some_and(|on| on.value);
        on.then(|| remote.clone())
    }

    /// Takes what is countable now, and says what the engine wants to be known.
    pub fn take_snapshot(&mut self, snapshot: Snapshot) {
        let told = self.snapshot.notices.len();
        self.snapshot = snapshot;
        for notice in self
            .snapshot
            .notices
            .iter()
            .skip(told)
            .cloned()
            .collect::<Vec<_>>()
        {
            self.say(Weight::Warning, &*notice);
        }
    }

    /// Says something to the person, and keeps it in the log.
    pub fn say(&mut self, weight: Weight, text: impl Into<String>) {
        let text = text.into();
        self.notice = Some(Notice {
            weight,
            text: text.clone(),
            at: self.now,
        });
        self.unlogged.push(Entry::new(self.now, weight, text));
    }

    /// Says something about a task.
    pub fn say_of_task(&mut self, task: TaskId, weight: Weight, text: impl Into<String>) {
        self.say(weight, text);
        if let Some(entry) = self.unlogged.last_mut() {
            entry.task = Some(task);
        }
    }

    /// Says what failed, and what to do.
    pub fn say_failed(&mut self, failed: &Failed) {
        let help = failed
            .help
            .as_deref()
            .map(|help| format!(" {help}"))
            .unwrap_or_default();
        self.say(Weight::Error, format!("{}{help}", failed.message));
        if let Some(entry) = self.unlogged.last_mut() {
            entry.request_id.clone_from(&failed.request_id);
        }
    }

    /// A place as a person would type it, the home folder as `~`; safe for a terminal.
    pub fn shown(&self, place: &Location) -> String {
        let home = self.settings.home.as_deref();
        match (place, home) {
            (Location::Disk(path), Some(home)) if home.parent().is_some() => {
                match path.strip_prefix(home) {
                    Ok(rest) if rest.as_os_str().is_empty() => "~".to_owned(),
                    Ok(rest) => format!("~/{}", printable(rest.as_os_str().as_encoded_bytes())),
                    Err(_elsewhere) => place.to_string(),
                }
            }
            _ => place.to_string(),
        }
    }

    /// A place that is known by its text alone; the home folder as `~`.
    pub fn short(&self, place: &str) -> String {
        let home = self
            .settings
            .home
            .as_deref()
            .filter(|home| home.parent().is_some());
        let below = home.and_then(|home| place.strip_prefix(home.to_str()?));
        match below {
            Some(rest) if rest.is_empty() || rest.starts_with('/') => format!("~{rest}"),
            Some(_) | None => place.to_owned(),
        }
    }

    /// The remote of a place, where that is production and its name was not given yet.
    pub fn production<'p>(&self, place: &'p Location) -> Option<&'p Remote> {
        let remote = &place.s3()?.remote;
        let set = self.settings.config.remotes.get(remote)?;
        let asks = set.production.as_ref().is_some_and(|on| on.value);
        (asks && !self.settings.confirmed.contains(remote)).then_some(remote)
    }

    /// The first production remote that a plan changes and whose name was not given yet.
    pub fn production_of<'p>(&self, plan: &'p Plan) -> Option<&'p Remote> {
        plan.changes().find_map(|place| self.production(place))
    }

    /// Refuses what would write while nothing may be written; tells so.
    pub fn refuses_writes(&mut self) -> bool {
        if self.settings.read_only {
            self.say(
                Weight::Warning,
                "Read-only: nothing is written. Start without --read-only to change things.",
            );
        }
        self.settings.read_only
    }

    /// A sign of motion for where something works.
    pub fn spinner(&self) -> &'static str {
        const FRAMES: [&str; 10] = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
        FRAMES
            .get(usize::try_from(self.ticks % 10).unwrap_or(0))
            .copied()
            .unwrap_or("⠋")
    }
}
