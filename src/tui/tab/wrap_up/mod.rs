//! Wrap-up: the end of a run in five steps. The engine looks, compares, judges and deletes; this keeps what it told of each run,
//! what a person ticked and said, and sends both back: no proof and no license is made here.

mod delete;
mod filter;
mod fold;
mod log;
mod rows;
mod stand;
mod steps;
pub mod update;
pub mod view;

use std::{collections::HashMap, sync::Arc};

use jiff::Timestamp;

use crate::domain::{
    cloud::Price,
    location::{Location, Remote},
    training::machine::Process,
    wrap_up::{Bounds, cost},
};
use crate::engine::{cloud::Regions, wrap_up::Output};
use crate::humanize;
use crate::tui::widget::window::Window;

pub use delete::Said;
use log::LogSays;
use stand::Stand;

/// A run that can be wrapped up, as the configuration has it.
#[derive(Debug, Clone, Default)]
pub struct Ending {
    /// Its name.
    pub run: Arc<str>,
    /// Whose instances are looked at.
    pub remote: Remote,
    /// How its process is known on its instance.
    pub process: Option<Process>,
    /// Its folder in S3.
    pub folder: Option<Location>,
    /// What it was to bring.
    pub outputs: Vec<Output>,
    /// The same, where it was made on this machine.
    pub outputs_here: Vec<Output>,
    /// Whether the configuration names it; else its tag alone tells what it made.
    pub known: bool,
    /// What it allows a launch.
    pub bounds: Bounds,
}

/// The state of the tab.
#[derive(Debug, Default)]
pub struct WrapUp {
    runs: Vec<Ending>,
    cursor: usize,
    regions: Regions,
    /// How each run stands that was looked at.
    stands: HashMap<Arc<str>, Stand>,
    /// What the log of the run in front says of its end.
    log: Option<LogSays>,
    /// What is on the screen of the runs.
    pub window: Window,
}

impl WrapUp {
    /// The runs of a configuration; nothing is looked at yet.
    pub fn of(runs: impl IntoIterator<Item = Ending>) -> Self {
        Self {
            runs: runs.into_iter().collect(),
            ..Self::default()
        }
    }

    /// The run in front.
    fn current(&self) -> Option<&Ending> {
        self.runs.get(self.cursor)
    }

    /// How the run in front stands; `None` before it is looked at.
    fn stand(&self) -> Option<&Stand> {
        self.stands.get(&self.current()?.run)
    }

    fn stand_mut(&mut self) -> Option<&mut Stand> {
        let run = &self.runs.get(self.cursor)?.run;
        self.stands.get_mut(run)
    }

    /// Whether anything is being deleted.
    pub fn deletes(&self) -> bool {
        self.stands.values().any(Stand::deletes)
    }

    /// What a run costs an hour, by the newest look that told anything of its regions.
    fn costs(&self, run: &str) -> Option<Price> {
        let newest = self.stands.iter().max_by_key(|(_, stand)| stand.came())?;
        let (of, stand) = newest;
        stand.came()?;
        let own = |name: Option<&str>| name.map_or(**of == *run, |name| *name == *run);
        let left = stand.left();
        Some(cost(left, |one| {
            stand::is_of_a_run(one) && own(one.other_run())
        }))
    }

    /// What the header tells: what everything costs that the newest look found.
    pub fn badge(&self) -> Option<String> {
        let newest = self.stands.values().max_by_key(|stand| stand.came())?;
        newest.came()?;
        let all = cost(newest.left(), |_| true);
        (all.amount > 0.0).then(|| humanize::wrap_up::an_hour(all))
    }

    /// The line at the foot: whose it is, and how old.
    pub fn status(&self, now: Timestamp) -> String {
        self.stand()
            .map(|stand| stand.status(now))
            .unwrap_or_default()
    }
}
