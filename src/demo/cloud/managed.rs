//! What SSM sees of the world: instances whose agent answers, commands that were sent to them, parameters that are kept.
//! What a command says is for a shell that the test or the seed lays in, else for the instance's own.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::{Cloud, Instance, State, World};

/// What a command came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reply {
    /// What it wrote to stdout, all of it.
    pub stdout: String,
    /// What it wrote to stderr, all of it.
    pub stderr: String,
    /// Its exit code.
    pub code: i32,
    /// How long it took.
    pub takes: Duration,
}

impl Reply {
    /// A command that did what it should, and said this.
    pub fn said(stdout: impl Into<String>) -> Self {
        Self {
            stdout: stdout.into(),
            ..Self::default()
        }
    }

    /// What a bare machine answers: it knows `true` and `echo`.
    pub fn plain(script: &str) -> Self {
        match script.split_once(' ').unwrap_or((script, "")) {
            ("true", "") => Self::default(),
            ("echo", words) => Self::said(format!("{words}\n")),
            (name, _) => Self {
                stderr: format!("sh: 1: {name}: not found\n"),
                code: 127,
                ..Self::default()
            },
        }
    }
}

/// An instance's id and a script become what it said; `None` is for the instance's own shell to say.
type Speak = dyn Fn(&str, &str) -> Option<Reply> + Send + Sync;

/// The shell of the instances.
#[derive(Clone)]
pub(super) struct Shell(Arc<Speak>);

impl fmt::Debug for Shell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Shell")
    }
}

impl Default for Shell {
    fn default() -> Self {
        Self(Arc::new(|_, _| None))
    }
}

/// A command that was sent to an instance.
#[derive(Debug, Clone)]
pub(in crate::demo) struct Sent {
    pub(in crate::demo) instance: String,
    pub(in crate::demo) region: String,
    pub(in crate::demo) document: String,
    pub(in crate::demo) comment: String,
    pub(in crate::demo) at: SystemTime,
    pub(in crate::demo) reply: Reply,
    /// How long it may take.
    pub(in crate::demo) limit: Duration,
    pub(in crate::demo) cancelled: bool,
    /// Whether it was asked for before: at the first look SSM does not know it yet, as on AWS.
    pub(in crate::demo) known: bool,
}

/// How a command stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::demo) enum Progress {
    Running,
    Success,
    Failed,
    TimedOut,
    Cancelled,
}

impl Progress {
    /// SSM's word for it.
    pub(in crate::demo) fn word(self) -> &'static str {
        match self {
            Self::Running => "InProgress",
            Self::Success => "Success",
            Self::Failed => "Failed",
            Self::TimedOut => "TimedOut",
            Self::Cancelled => "Cancelled",
        }
    }
}

impl Sent {
    pub(in crate::demo) fn progress(&self, now: SystemTime) -> Progress {
        let ran = now.duration_since(self.at).unwrap_or_default();
        if self.cancelled {
            return Progress::Cancelled;
        }
        if ran >= self.limit && self.reply.takes > self.limit {
            return Progress::TimedOut;
        }
        if ran < self.reply.takes {
            return Progress::Running;
        }
        if self.reply.code == 0 {
            Progress::Success
        } else {
            Progress::Failed
        }
    }
}

/// A parameter that SSM keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    /// Its value.
    pub value: String,
    /// Whether it is kept encrypted.
    pub secret: bool,
}

impl Instance {
    /// Whether its agent answers SSM.
    pub(in crate::demo) fn is_reachable(&self) -> bool {
        self.state() == State::Running && !self.made.unmanaged && !self.unreachable
    }
}

impl World {
    /// Runs a script on an instance.
    pub(in crate::demo) fn run(&self, instance: &str, script: &str, now: SystemTime) -> Reply {
        let said = (self.shell.0)(instance, script);
        said.unwrap_or_else(|| self.own_words(instance, script, now))
    }
}

impl Cloud {
    /// Lays in the shell of all instances: it gets an instance's id and a script.
    pub fn set_shell(&self, shell: impl Fn(&str, &str) -> Reply + Send + Sync + 'static) {
        self.set_shell_beside(move |id, script| Some(shell(id, script)));
    }

    /// Lays in a shell that answers some scripts; what it answers with `None` is left to the instances' own.
    pub fn set_shell_beside(
        &self,
        shell: impl Fn(&str, &str) -> Option<Reply> + Send + Sync + 'static,
    ) {
        self.settled().shell = Shell(Arc::new(shell));
    }

    /// Keeps a parameter in SSM.
    pub fn set_parameter(&self, region: &str, name: &str, parameter: Parameter) {
        let key = (region.to_owned(), name.to_owned());
        self.settled().parameters.insert(key, parameter);
    }
}
