//! Launching a run: what it stands on is looked at, its files are put beside it in S3, the ledger learns of it before AWS is
//! asked, and the instance is followed until its checks pass. The launch's name is its token: the same launch is made once.

mod follow;
mod ground;
mod make;
mod pack;

use std::{
    hash::{BuildHasher as _, RandomState},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use jiff::Timestamp;

use crate::domain::{
    cloud::{Price, Reach, State},
    key::Key,
    launch::{Check, Limits, Standing, Wish, checks, policy},
    location::{Location, Remote},
    plan::SyncOptions,
};

use super::{
    answer::Answer,
    cloud::CloudTold,
    event::{Body, Failed},
    room::Room,
    wrap_up::ledger::Ledger,
};

/// An input of a launch.
#[derive(Debug, Clone)]
pub struct Input {
    /// Where it is.
    pub place: Location,
    /// What of it takes part.
    pub options: Arc<SyncOptions>,
    /// Where it goes on the instance; `None` where the configuration does not say so.
    pub path: Option<PathBuf>,
}

/// A question about a launch.
#[derive(Debug, Clone)]
pub struct LaunchAsk {
    /// Whose.
    pub remote: Remote,
    /// The run's name.
    pub run: Arc<str>,
    /// What is wanted.
    pub wish: Arc<Wish>,
    /// The folder of the run in S3.
    pub folder: Location,
    /// Runs that share an output with this one, itself among them.
    pub rivals: Vec<Box<str>>,
    /// The folder that relative paths are below.
    pub base: PathBuf,
    /// The configuration as the instance gets it.
    pub config: String,
    /// What of the configuration the instance could not do with.
    pub unfit: Vec<String>,
    /// What is pulled before training.
    pub inputs: Vec<Input>,
    /// Where the outputs go.
    pub outputs: Vec<Location>,
    /// The launch's name, where it was shown already: what is shown is what is launched.
    pub named: Option<Box<str>>,
    /// Whether it is launched; else only looked at.
    pub apply: bool,
    /// From one look at the instance to the next; not followed where `None`.
    pub every: Option<Duration>,
}

/// What a launch would be.
#[derive(Debug, Clone)]
pub struct LaunchPlan {
    /// Its name.
    pub launch: Box<str>,
    /// How all it stands on stands.
    pub checks: Vec<Check>,
    /// An hour of its instance.
    pub price: Option<Price>,
    /// An hour of the instance with its volumes.
    pub whole: Option<Price>,
    /// Its limits.
    pub limits: Option<Limits>,
    /// The least that its role must allow, as JSON.
    pub policy: String,
    /// Its folder in S3.
    pub folder: Location,
}

/// An answer, or a part of one.
#[derive(Debug, Clone)]
pub enum LaunchTold {
    /// What it would be.
    Planned(Box<LaunchPlan>),
    /// A file is being put beside the run.
    Putting {
        /// Its name below the launch's folder.
        name: Box<str>,
        /// Bytes.
        bytes: u64,
    },
    /// All files are there, and AWS is asked for the instance.
    Asking,
    /// AWS has it.
    Launched {
        /// The instance.
        id: Box<str>,
    },
    /// Its state has changed.
    State(State),
    /// All that was to be followed is over.
    Over {
        /// The instance; `None` where nothing was launched.
        id: Option<Box<str>>,
        /// Its state.
        state: State,
    },
}

/// Answers it; the last part is what is returned.
pub(super) async fn answer(room: &Room, answer: &Answer, ask: &LaunchAsk) -> Result<Body, Failed> {
    if ask.apply {
        guard(room, ask)?;
    }
    let door = room.sessions.ec2(&ask.remote, None).await?;
    let surveyed = ground::look(room, &door, ask).await;
    let launch = surveyed.order.launch.clone();
    let limits = surveyed.limits;
    let plan = LaunchPlan {
        checks: checks(&ask.wish, &surveyed.ground, limits),
        price: surveyed.ground.price,
        whole: surveyed.whole,
        policy: policy_text(room, ask),
        folder: below(&ask.folder, &launch)?,
        launch,
        limits,
    };
    let forbidden = plan.checks.iter().find(|check| check.forbids()).cloned();
    tell(answer, LaunchTold::Planned(Box::new(plan))).await;
    match forbidden {
        Some(check) if ask.apply => return Err(refusal(&check)),
        Some(_) | None => {}
    }
    if !ask.apply {
        return Ok(over(None, State::Unknown));
    }
    let account = room.sessions.identity(&ask.remote).await?.account;
    let ledger = Ledger::open(room.options.journal.as_deref(), (&account, &ask.run)).await?;
    if !ledger.remembers() {
        let message = "nothing is launched without a ledger: it must be written down first";
        let help = "set WHARF_STATE to a folder that can be written to";
        return Err(Failed::guard(message, help));
    }
    make::launched(room, answer, (ask, &door, &ledger), surveyed).await
}

fn over(id: Option<Box<str>>, state: State) -> Body {
    Body::Cloud(CloudTold::Launch(LaunchTold::Over { id, state }))
}

async fn tell(answer: &Answer, told: LaunchTold) {
    answer.tell(Body::Cloud(CloudTold::Launch(told))).await;
}

/// A launch's name: its time, so that the newest is the last, and a word that no other has.
fn name(at: Timestamp) -> Box<str> {
    let random = RandomState::new().hash_one(()) & 0xffff;
    let at = at.strftime("%Y%m%d-%H%M%S");
    format!("{at}-{random:04x}").into()
}

fn policy_text(room: &Room, ask: &LaunchAsk) -> String {
    let inputs: Vec<Location> = ask.inputs.iter().map(|input| input.place.clone()).collect();
    let places = (&*inputs, &*ask.outputs);
    let mut reaches = room.options.reaches.iter();
    let of_run = reaches.find(|reached| *reached.run == *ask.run);
    let by_ssm = of_run.is_none_or(|reached| reached.reach == Reach::default());
    let told = policy(&ask.wish, (&ask.run, &ask.folder), places, by_ssm);
    serde_json::to_string_pretty(&told).unwrap_or_default()
}

/// The folder of a launch below that of its run.
fn below(folder: &Location, launch: &str) -> Result<Location, Failed> {
    let child = folder.child(&Key::from(&*format!("{launch}/")));
    let child = child.ok().filter(|child| child.s3().is_some());
    child.ok_or_else(|| Failed::usage("the folder of a run is a prefix of a bucket"))
}

fn guard(room: &Room, ask: &LaunchAsk) -> Result<(), Failed> {
    if room.options.read_only {
        let message = "wharf is read-only: nothing is launched";
        return Err(Failed::guard(message, "start wharf without --read-only"));
    }
    if room.wants_word(&ask.remote) {
        let name = ask.remote.name().unwrap_or("(unnamed)");
        let message = format!(
            "the remote {name} is marked as production: nothing is launched there without its name"
        );
        return Err(Failed::guard(message, format!("--confirm {name}")));
    }
    Ok(())
}

fn refusal(check: &Check) -> Failed {
    let message = format!("nothing was launched: {}: {}", check.what, check.words);
    let help = "wharf instances launch RUN --dry-run tells everything that it stands on";
    match check.standing {
        Standing::Guarded => Failed::guard(message, "wharf wrap-up RUN tells what is there"),
        Standing::Well | Standing::Note | Standing::Bad => Failed {
            help: Some(help.to_owned()),
            ..Failed::usage(message)
        },
    }
}
