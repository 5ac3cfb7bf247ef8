//! How a person names the machine of a run, and its process there.

use std::{fmt, str::FromStr};

use crate::domain::{
    cloud::{Instance, RUN_TAG},
    location::Remote,
    text::printable,
};

/// The machine that a run is on, as a person names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MachineAsk {
    /// Whose it is.
    pub remote: Remote,
    /// Which.
    pub name: MachineName,
    /// How its process is known; `None` where nobody said.
    pub process: Option<Process>,
}

/// Which instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MachineName {
    /// By its id.
    Id(Box<str>),
    /// By a tag: key and value.
    Tag(Box<str>, Box<str>),
}

/// How the process of a run is known on its machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Process {
    /// By a pattern in its command line, as `pgrep -f` takes it.
    Pattern(Box<str>),
    /// By a file that holds its number.
    PidFile(Box<str>),
    /// As any that computes on a GPU.
    Gpu,
}

/// Why a name is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// No instance is named so.
    #[error("an instance: i-0123…, tag:KEY=VALUE, or the value of its tag Name")]
    Machine,
    /// No process is known so.
    #[error("pgrep:PATTERN, pid:/FILE, or gpu")]
    Process,
}

impl MachineName {
    /// What wharf itself tags the machine of a run with.
    pub fn of_run(run: &str) -> Self {
        Self::Tag(RUN_TAG.into(), run.into())
    }

    /// Whether it names an instance.
    pub fn means(&self, instance: &Instance) -> bool {
        match self {
            Self::Id(id) => *id == instance.id,
            Self::Tag(key, value) => instance.tag(key) == Some(value),
        }
    }
}

impl FromStr for MachineName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        if let Some(tag) = text.strip_prefix("tag:") {
            let pair = tag.split_once('=').filter(|(key, _)| !key.is_empty());
            let (key, value) = pair.ok_or(NameError::Machine)?;
            return Ok(Self::Tag(key.into(), value.into()));
        }
        if text.trim().is_empty() {
            return Err(NameError::Machine);
        }
        Ok(if text.starts_with("i-") {
            Self::Id(text.into())
        } else {
            Self::Tag("Name".into(), text.into())
        })
    }
}

impl fmt::Display for MachineName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => f.write_str(&printable(id.as_bytes())),
            Self::Tag(key, value) => {
                let pair = format!("tag:{key}={value}");
                f.write_str(&printable(pair.as_bytes()))
            }
        }
    }
}

impl FromStr for Process {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let (kind, rest) = text.split_once(':').unwrap_or((text, ""));
        match kind {
            "gpu" if rest.is_empty() => Ok(Self::Gpu),
            "pgrep" if !rest.is_empty() => Ok(Self::Pattern(rest.into())),
            "pid" if rest.starts_with('/') => Ok(Self::PidFile(rest.into())),
            _ => Err(NameError::Process),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{MachineName, Process};

    #[test]
    fn a_machine_and_a_process_are_named_in_a_word() {
        let name = |text: &str| text.parse::<MachineName>().map(|name| name.to_string());
        assert_eq!(name("i-0ab1").as_deref(), Ok("i-0ab1"));
        assert_eq!(name("trainer").as_deref(), Ok("tag:Name=trainer"));
        assert_eq!(name("tag:role=a=b").as_deref(), Ok("tag:role=a=b"));
        assert!(name("tag:role").is_err() && name(" ").is_err() && name("tag:=x").is_err());
        let process = |text: &str| text.parse::<Process>();
        assert_eq!(process("gpu"), Ok(Process::Gpu));
        assert_eq!(
            process("pgrep:python train.py"),
            Ok(Process::Pattern("python train.py".into()))
        );
        assert_eq!(
            process("pid:/run/train.pid"),
            Ok(Process::PidFile("/run/train.pid".into()))
        );
        for wrong in ["", "gpu:1", "pgrep:", "pid:train.pid", "train.py"] {
            assert!(process(wrong).is_err(), "{wrong}");
        }
    }
}
