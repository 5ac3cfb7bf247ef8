//! An instance: its states and how long each change takes, its checks, what is planned for it.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use super::{place, resource::NewVolume};

/// Until a started instance runs.
const STARTING: Duration = Duration::from_secs(20);
/// Until a stopping instance is stopped.
const STOPPING: Duration = Duration::from_secs(40);
/// Until an instance that shuts down is terminated.
const ENDING: Duration = Duration::from_secs(30);
/// How long checks say nothing after a boot.
const CHECKING: Duration = Duration::from_mins(2);
/// How long a terminated instance is still shown.
const SHOWN: Duration = Duration::from_hours(1);

/// The states of EC2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It boots.
    Pending,
    /// It runs.
    Running,
    /// On its way to `Terminated`.
    ShuttingDown,
    /// Over, and shown for another hour.
    Terminated,
    /// On its way to `Stopped`.
    Stopping,
    /// Stopped; its volumes still cost.
    Stopped,
}

impl State {
    /// EC2's number and word for it.
    pub(in crate::demo) fn told(self) -> (u8, &'static str) {
        match self {
            Self::Pending => (0, "pending"),
            Self::Running => (16, "running"),
            Self::ShuttingDown => (32, "shutting-down"),
            Self::Terminated => (48, "terminated"),
            Self::Stopping => (64, "stopping"),
            Self::Stopped => (80, "stopped"),
        }
    }
}

/// The status checks of EC2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Check {
    /// The host.
    System,
    /// The instance itself.
    Instance,
    /// The volumes attached to it.
    Ebs,
}

/// Something that AWS has planned for an instance.
#[derive(Debug, Clone)]
pub struct Planned {
    /// AWS's code: `instance-retirement`, `system-reboot`, ….
    pub code: String,
    /// AWS's sentence.
    pub description: String,
    /// The earliest time.
    pub not_before: SystemTime,
}

/// What an instance is made from.
#[derive(Debug, Clone)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own about the instance"
)]
pub struct NewInstance {
    /// Its tag `Name`; none when empty.
    pub name: String,
    /// Its type.
    pub kind: String,
    /// Its zone; the region is this without the letter.
    pub zone: String,
    /// How long ago it was launched.
    pub age: Duration,
    /// Whether it was stopped again, at once.
    pub stopped: bool,
    /// Whether it is a one-time spot instance.
    pub spot: bool,
    /// Whether termination is refused.
    pub protected: bool,
    /// Whether metrics come each minute instead of each five.
    pub detailed: bool,
    /// Its volumes.
    pub volumes: Vec<NewVolume>,
    /// Tags beside `Name`.
    pub tags: Vec<(String, String)>,
    /// What it was told at its first boot.
    pub user_data: String,
    /// What it wrote to its console.
    pub console: String,
    /// Its image.
    pub image: String,
    /// Its subnet.
    pub subnet: String,
    /// Its security groups: ids.
    pub groups: Vec<String>,
    /// Its key pair.
    pub key: Option<String>,
    /// The name of its instance profile.
    pub profile: Option<String>,
    /// Whether it terminates when it shuts itself down; else it stops.
    pub ends_itself: bool,
    /// Whether no agent of SSM runs on it.
    pub unmanaged: bool,
}

impl Default for NewInstance {
    fn default() -> Self {
        Self {
            name: String::new(),
            kind: "t3.medium".to_owned(),
            zone: "us-east-1a".to_owned(),
            age: Duration::from_hours(1),
            stopped: false,
            spot: false,
            protected: false,
            detailed: false,
            volumes: vec![NewVolume::default()],
            tags: Vec::new(),
            user_data: String::new(),
            console: String::new(),
            image: place::IMAGE.to_owned(),
            subnet: place::SUBNET.to_owned(),
            groups: vec![place::GROUP.to_owned()],
            key: Some("team".to_owned()),
            profile: None,
            ends_itself: false,
            unmanaged: false,
        }
    }
}

/// An instance.
#[derive(Debug, Clone)]
pub struct Instance {
    /// What it was made from.
    pub made: NewInstance,
    /// When it was launched, or started last.
    pub launched: SystemTime,
    /// Its public address, while it has one.
    pub public_ip: Option<String>,
    /// Checks that are impaired, and since when.
    pub impaired: BTreeMap<Check, SystemTime>,
    /// Whether the checks have no data.
    pub insufficient: bool,
    /// What is planned for it.
    pub planned: Vec<Planned>,
    /// Whether it stays in the state on its way to which it is.
    pub stuck: bool,
    /// Whether its agent has lost SSM.
    pub unreachable: bool,
    state: State,
    /// When the state began.
    since: SystemTime,
    /// What it becomes, and when.
    goal: Option<(State, SystemTime)>,
    booted: SystemTime,
    /// Times at which it ran: metrics exist only there.
    runs: Vec<(SystemTime, Option<SystemTime>)>,
}

/// What a check says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::demo) enum Verdict {
    Ok,
    Impaired(SystemTime),
    Initializing,
    Insufficient,
    NotApplicable,
}

impl Instance {
    pub(super) fn new(made: NewInstance, now: SystemTime) -> Self {
        let launched = now - made.age;
        let state = if made.stopped {
            State::Stopped
        } else {
            State::Running
        };
        Self {
            launched,
            public_ip: None,
            impaired: BTreeMap::new(),
            insufficient: false,
            planned: Vec::new(),
            stuck: false,
            unreachable: false,
            state,
            since: launched,
            goal: None,
            booted: launched,
            runs: if made.stopped {
                Vec::new()
            } else {
                vec![(launched, None)]
            },
            made,
        }
    }

    /// One that is launched now, and boots.
    pub(in crate::demo) fn launched(made: NewInstance, now: SystemTime) -> Self {
        let made = NewInstance {
            stopped: true,
            age: Duration::ZERO,
            ..made
        };
        let mut new = Self::new(made, now);
        new.made.stopped = false;
        new.start(now);
        new
    }

    /// It shuts itself down, as its maker said what that means.
    pub fn shut_down(&mut self, now: SystemTime) {
        if self.made.ends_itself {
            self.terminate(now);
        } else {
            self.stop(now);
        }
    }

    /// Its state.
    pub fn state(&self) -> State {
        self.state
    }

    pub(in crate::demo) fn since(&self) -> SystemTime {
        self.since
    }

    /// The region it is in.
    pub(in crate::demo) fn region(&self) -> &str {
        self.made.zone.trim_end_matches(|c: char| c.is_alphabetic())
    }

    /// All its tags, `Name` first.
    pub(in crate::demo) fn tags(&self) -> Vec<(String, String)> {
        let name =
            (!self.made.name.is_empty()).then(|| ("Name".to_owned(), self.made.name.clone()));
        name.into_iter().chain(self.made.tags.clone()).collect()
    }

    /// Starts it; `false` where its state forbids it.
    pub(in crate::demo) fn start(&mut self, now: SystemTime) -> bool {
        match self.state {
            State::Stopped => {
                self.launched = now;
                self.go(State::Pending, State::Running, now, STARTING);
                true
            }
            State::Running | State::Pending => true,
            State::Stopping | State::ShuttingDown | State::Terminated => false,
        }
    }

    /// Stops it; `false` where its state forbids it.
    pub(in crate::demo) fn stop(&mut self, now: SystemTime) -> bool {
        match self.state {
            State::Running | State::Pending => {
                self.cease(now);
                self.go(State::Stopping, State::Stopped, now, STOPPING);
                true
            }
            State::Stopping | State::Stopped => true,
            State::ShuttingDown | State::Terminated => false,
        }
    }

    /// Terminates it, whatever its state.
    pub(in crate::demo) fn terminate(&mut self, now: SystemTime) {
        if !matches!(self.state, State::ShuttingDown | State::Terminated) {
            self.cease(now);
            self.go(State::ShuttingDown, State::Terminated, now, ENDING);
        }
    }

    /// Boots it anew; `false` where it does not run.
    pub(in crate::demo) fn reboot(&mut self, now: SystemTime) -> bool {
        let runs = self.state == State::Running;
        if runs {
            self.booted = now;
            self.made
                .console
                .push_str("\n[    0.000000] Linux version 6.1.0\n");
        }
        runs
    }

    /// What a check says now.
    pub(in crate::demo) fn check(&self, check: Check, now: SystemTime) -> Verdict {
        if self.state != State::Running {
            return Verdict::NotApplicable;
        }
        if let Some(since) = self.impaired.get(&check) {
            return Verdict::Impaired(*since);
        }
        if self.insufficient {
            return Verdict::Insufficient;
        }
        match now.duration_since(self.booted) {
            Ok(up) if up >= CHECKING => Verdict::Ok,
            Ok(_) | Err(_) => Verdict::Initializing,
        }
    }

    /// Whether it ran at a time.
    pub(in crate::demo) fn ran_at(&self, at: SystemTime) -> bool {
        let within = |(from, to): &(SystemTime, Option<SystemTime>)| {
            *from <= at && to.is_none_or(|to| at < to)
        };
        self.runs.iter().any(within)
    }

    pub(super) fn settle(&mut self, now: SystemTime) {
        let Some((goal, at)) = self.goal.filter(|(_, at)| *at <= now && !self.stuck) else {
            return;
        };
        self.goal = None;
        self.state = goal;
        self.since = at;
        if goal == State::Running {
            self.booted = at;
            self.runs.push((at, None));
        }
    }

    pub(super) fn is_forgotten(&self, now: SystemTime) -> bool {
        self.state == State::Terminated && now > self.since + SHOWN
    }

    fn go(&mut self, way: State, goal: State, now: SystemTime, takes: Duration) {
        self.state = way;
        self.since = now;
        self.goal = Some((goal, now + takes));
    }

    fn cease(&mut self, now: SystemTime) {
        self.public_ip = None;
        if let Some((_, to @ None)) = self.runs.last_mut() {
            *to = Some(now);
        }
    }
}
