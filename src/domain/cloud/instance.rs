//! An instance, its checks, and what can be done to it.

use std::fmt;

use jiff::{SignedDuration, Timestamp};

use super::resource::Attached;

/// A tag: its key and its value.
pub type Tag = (Box<str>, Box<str>);

/// The tag that says which run made a thing.
pub const RUN_TAG: &str = "wharf:run";

/// An instance as EC2 tells it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Instance {
    /// Its region.
    pub region: Box<str>,
    /// `i-…`.
    pub id: Box<str>,
    /// `g5.xlarge`.
    pub kind: Box<str>,
    /// `us-east-1a`.
    pub zone: Box<str>,
    /// Its state.
    pub state: State,
    /// When it was launched, or started last.
    pub launched: Option<Timestamp>,
    /// How it is paid for.
    pub lifecycle: Lifecycle,
    /// Of its processors.
    pub architecture: Option<Architecture>,
    /// `Linux/UNIX`, `Windows`, ….
    pub platform: Box<str>,
    /// The image it was launched from.
    pub image: Box<str>,
    /// The name of the key pair.
    pub key: Option<Box<str>>,
    /// The ARN of its instance profile.
    pub profile: Option<Box<str>>,
    /// Its network.
    pub vpc: Option<Box<str>>,
    /// Its subnet.
    pub subnet: Option<Box<str>>,
    /// Its address within the network.
    pub private_ip: Option<Box<str>>,
    /// Its address for the world.
    pub public_ip: Option<Box<str>>,
    /// Its security groups, id and name.
    pub groups: Vec<Tag>,
    /// Its tags.
    pub tags: Vec<Tag>,
    /// The volumes on it.
    pub volumes: Vec<Attached>,
    /// Whether its metrics come each minute.
    pub detailed: bool,
    /// Why it is in its state, in AWS's words; empty where nothing is told.
    pub reason: Box<str>,
}

impl Instance {
    /// The value of a tag.
    pub fn tag(&self, key: &str) -> Option<&str> {
        let found = self.tags.iter().find(|(known, _)| **known == *key);
        found.map(|(_, value)| &**value)
    }

    /// Its name; its id where it has none.
    pub fn name(&self) -> &str {
        let name = self.tag("Name").filter(|name| !name.is_empty());
        name.unwrap_or(&self.id)
    }

    /// The run that made it.
    pub fn run(&self) -> Option<&str> {
        self.tag(RUN_TAG)
    }

    /// When it came to be in its state, where AWS says that with the reason: `User initiated (2026-01-11 18:00:00 GMT)`.
    pub fn changed(&self) -> Option<Timestamp> {
        let (_, told) = self.reason.rsplit_once('(')?;
        let (told, _) = told.split_once(" GMT)")?;
        format!("{}Z", told.replace(' ', "T")).parse().ok()
    }

    /// Whether its name, id, type, zone, state or one of its tags holds a text, in whatever case.
    pub fn holds(&self, text: &str) -> bool {
        let text = text.to_lowercase();
        let own = [&*self.id, &self.kind, &self.zone, self.state.word()];
        let tags = self.tags.iter().flat_map(|(key, value)| [&**key, value]);
        own.into_iter()
            .chain(tags)
            .any(|own| own.to_lowercase().contains(&text))
    }

    /// How long it has been up; `None` while it is not.
    pub fn up(&self, now: Timestamp) -> Option<SignedDuration> {
        let up = matches!(self.state, State::Running | State::Pending);
        let launched = self.launched.filter(|_| up)?;
        Some(now.duration_since(launched).max(SignedDuration::ZERO))
    }

    /// Since when it is in a state that passes, as AWS tells it: by its launch, or the time behind its reason.
    pub fn passing_since(&self) -> Option<Timestamp> {
        match self.state {
            State::Pending => self.launched,
            State::Stopping | State::ShuttingDown => {
                let (_, told) = self.reason.rsplit_once('(')?;
                let told = told.strip_suffix(" GMT)")?.replacen(' ', "T", 1);
                format!("{told}Z").parse().ok()
            }
            State::Running | State::Stopped | State::Terminated | State::Unknown => None,
        }
    }

    /// Whether it has processors for training: by the family of its type.
    pub fn has_gpu(&self) -> bool {
        let family = self.kind.split('.').next().unwrap_or_default();
        let letters: String = family
            .chars()
            .take_while(char::is_ascii_alphabetic)
            .collect();
        matches!(&*letters, "g" | "gr" | "p")
    }
}

/// The states of EC2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum State {
    /// It runs.
    Running,
    /// On its way to running.
    Pending,
    /// On its way to stopped.
    Stopping,
    /// Stopped: its volumes cost, it does not.
    Stopped,
    /// On its way to its end.
    ShuttingDown,
    /// Over; AWS shows it for a while.
    Terminated,
    /// A word that this version does not know.
    #[default]
    Unknown,
}

impl State {
    /// EC2's word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Pending => "pending",
            Self::Stopping => "stopping",
            Self::Stopped => "stopped",
            Self::ShuttingDown => "shutting-down",
            Self::Terminated => "terminated",
            Self::Unknown => "unknown",
        }
    }

    /// The state of EC2's word.
    pub fn of(word: &str) -> Self {
        let all = [
            Self::Running,
            Self::Pending,
            Self::Stopping,
            Self::Stopped,
            Self::ShuttingDown,
            Self::Terminated,
        ];
        let found = all.into_iter().find(|state| state.word() == word);
        found.unwrap_or_default()
    }

    /// Whether it becomes another one by itself.
    pub fn is_passing(self) -> bool {
        matches!(self, Self::Pending | Self::Stopping | Self::ShuttingDown)
    }

    /// Whether it is not over, nor about to be.
    pub fn is_living(self) -> bool {
        !matches!(self, Self::ShuttingDown | Self::Terminated)
    }

    /// Whether an hour in it is billed.
    pub fn costs(self) -> bool {
        // AWS bills a pending instance not yet, and a stopping one no more.
        self == Self::Running
    }
}

/// How an instance is paid for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Lifecycle {
    /// At the list's price.
    #[default]
    OnDemand,
    /// At a price that moves; AWS may end it.
    Spot,
}

/// Of processors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Architecture {
    /// `x86_64`.
    X86,
    /// `arm64`.
    Arm,
}

impl Architecture {
    /// EC2's word.
    pub fn word(self) -> &'static str {
        match self {
            Self::X86 => "x86_64",
            Self::Arm => "arm64",
        }
    }
}

/// What a status check says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Check {
    /// It passed.
    Ok,
    /// It failed.
    Impaired {
        /// Since then, where AWS tells it.
        since: Option<Timestamp>,
    },
    /// It has not ended since the boot.
    Initializing,
    /// AWS could not look.
    Insufficient,
    /// The instance does not run.
    NotApplicable,
    /// Nothing is told of it.
    #[default]
    Unknown,
}

impl Check {
    /// EC2's word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Impaired { .. } => "impaired",
            Self::Initializing => "initializing",
            Self::Insufficient => "insufficient-data",
            Self::NotApplicable => "not-applicable",
            Self::Unknown => "unknown",
        }
    }
}

/// Which check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckKind {
    /// Of the host.
    System,
    /// Of the instance.
    Instance,
    /// Of the volumes on it.
    Ebs,
}

impl CheckKind {
    /// A word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Instance => "instance",
            Self::Ebs => "EBS",
        }
    }
}

/// What all three say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Checks {
    /// Of the host.
    pub system: Check,
    /// Of the instance.
    pub instance: Check,
    /// Of the volumes on it.
    pub ebs: Check,
}

impl Checks {
    /// Each with its kind.
    pub fn each(&self) -> [(CheckKind, Check); 3] {
        [
            (CheckKind::System, self.system),
            (CheckKind::Instance, self.instance),
            (CheckKind::Ebs, self.ebs),
        ]
    }

    /// How many say anything, and how many of those passed.
    pub fn passed(&self) -> (usize, usize) {
        let told = self.each();
        let says = |check: &Check| !matches!(check, Check::Unknown | Check::NotApplicable);
        let said = told.iter().filter(|(_, check)| says(check)).count();
        let ok = told.iter().filter(|(_, check)| *check == Check::Ok).count();
        (ok, said)
    }
}

/// What AWS has planned for an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scheduled {
    /// `instance-retirement`, `system-reboot`, ….
    pub code: Box<str>,
    /// AWS's sentence.
    pub description: Box<str>,
    /// The earliest time.
    pub not_before: Option<Timestamp>,
}

impl Scheduled {
    /// Whether AWS says that it is over or was called off.
    pub fn is_over(&self) -> bool {
        ["[Completed]", "[Canceled]"]
            .iter()
            .any(|word| self.description.starts_with(word))
    }
}

/// What a person can do to an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Turn {
    /// Start it.
    Start,
    /// Stop it.
    Stop,
    /// Boot it anew.
    Reboot,
    /// End it for good.
    Terminate,
}

impl Turn {
    /// What is done: `start`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Stop => "stop",
            Self::Reboot => "reboot",
            Self::Terminate => "terminate",
        }
    }

    /// The state in which its effect holds.
    pub fn goal(self) -> State {
        match self {
            Self::Start | Self::Reboot => State::Running,
            Self::Stop => State::Stopped,
            Self::Terminate => State::Terminated,
        }
    }

    /// Whether a state allows it; `Err` says why not.
    pub fn allowed(self, state: State) -> Result<(), String> {
        let may = match self {
            Self::Start => matches!(state, State::Stopped | State::Running | State::Pending),
            Self::Stop => !matches!(state, State::ShuttingDown | State::Terminated),
            Self::Reboot => state == State::Running,
            Self::Terminate => state != State::Terminated,
        };
        if may {
            return Ok(());
        }
        Err(format!("it is {}, and cannot {self} so", state.word()))
    }
}

impl fmt::Display for Turn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

#[cfg(test)]
mod tests {
    use super::{Check, Checks, Instance, State, Turn};

    #[test]
    fn checks_are_counted_among_those_that_say_anything() {
        let checks = Checks {
            system: Check::Ok,
            instance: Check::Impaired { since: None },
            ebs: Check::Unknown,
        };
        assert_eq!(checks.passed(), (1, 2));
    }

    #[test]
    fn families_with_gpus_are_known_by_their_letters() {
        for (kind, has) in [
            ("g5.xlarge", true),
            ("p4d.24xlarge", true),
            ("gr6.4xlarge", true),
            ("m6g.large", false),
            ("t3.large", false),
            ("", false),
        ] {
            let instance = Instance {
                kind: kind.into(),
                ..Instance::default()
            };
            assert_eq!(instance.has_gpu(), has, "{kind}");
        }
    }

    #[test]
    fn a_state_forbids_what_cannot_be_done_in_it() {
        assert!(Turn::Reboot.allowed(State::Stopped).is_err());
        assert!(Turn::Start.allowed(State::Terminated).is_err());
        assert!(Turn::Stop.allowed(State::Running).is_ok());
        assert_eq!(State::of("shutting-down"), State::ShuttingDown);
        assert_eq!(State::of("dreaming"), State::Unknown);
    }
}
