//! A run as a person names it: where its numbers, lines and checkpoints are, and what is known of it beforehand.

use std::{sync::Arc, time::Duration};

use crate::domain::location::Location;

use super::{machine::MachineAsk, origin::Origin, run::Terms};

/// A run that is to be watched.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RunAsk {
    /// What a person calls it.
    pub name: Arc<str>,
    /// Where its numbers and lines are.
    pub sources: Vec<SourceAsk>,
    /// Where its checkpoints are.
    pub checkpoints: Vec<Origin>,
    /// The machine that it is on; `None` where nobody said.
    pub machine: Option<MachineAsk>,
    /// The folder of its launches, where wharf launches it.
    pub launches: Option<Location>,
    /// What a person said about it.
    pub terms: Terms,
    /// How often to look; by itself where `None`.
    pub poll: Option<Duration>,
}

/// A source of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceAsk {
    /// Where it is.
    pub from: Origin,
    /// How lines are read, where a person knows better.
    pub pattern: Option<Arc<str>>,
}

impl RunAsk {
    /// A run that is one place, and nothing is known of it.
    pub fn of_place(name: &str, from: impl Into<Origin>) -> Self {
        let source = SourceAsk {
            from: from.into(),
            pattern: None,
        };
        Self {
            name: name.into(),
            sources: vec![source],
            ..Self::default()
        }
    }

    /// How often to look.
    pub fn every(&self) -> Duration {
        self.poll.unwrap_or(Duration::from_secs(10))
    }
}
