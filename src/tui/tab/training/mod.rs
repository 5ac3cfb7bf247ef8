//! Training: runs as their logs tell them. Series come with the engine's news; this owns them, and what a person looks at.

mod evidence;
mod grid;
mod push;
mod tail;
pub mod update;
pub mod view;

use std::{cell::Cell, collections::BTreeSet, ops::Range, sync::Arc};

use crate::domain::training::{
    ask::RunAsk,
    charts::{Chart, charts},
    run::{Run, State},
    series::By,
};
use crate::engine::{View, training::Followed};
use crate::tui::widget::window::Window;

/// What the past counts in a smoothed line.
const WEIGHTS: [f64; 4] = [0.0, 0.6, 0.9, 0.98];

/// What the charts show, and how.
#[derive(Debug, Clone, Default)]
pub struct Look {
    /// Which chart is chosen, by its quantity; the first where that is told by no metric.
    pub chart: Option<Arc<str>>,
    /// Whether it fills the room of all.
    pub is_large: bool,
    /// Whether scales are logarithmic.
    pub is_log: bool,
    /// Which of the weights smooths the lines.
    smooth: usize,
    /// Whether charts go over steps or over time.
    pub by: By,
    /// The steps or times that are shown; all where `None`.
    pub zoom: Option<Range<u64>>,
    /// The step or time whose values are shown.
    pub step: Option<u64>,
    /// Runs that are drawn beside the one under the cursor.
    pub marked: BTreeSet<usize>,
}

impl Look {
    /// What the past counts.
    pub fn weight(&self) -> f64 {
        WEIGHTS.get(self.smooth).copied().unwrap_or(0.0)
    }
}

/// The lines of a log that are shown.
#[derive(Debug, Default)]
pub struct Tail {
    /// Whether they stand in the place of the charts.
    pub is_shown: bool,
    /// Only lines that contain this, in any case.
    pub text: String,
    /// How many lines from the newest the cursor stands; 0 follows what comes.
    pub back: usize,
    /// What is on the screen.
    pub window: Window,
}

/// The state of the tab.
#[derive(Debug, Default)]
pub struct Training {
    runs: Vec<Followed>,
    /// The question by which runs are watched.
    view: Option<View>,
    cursor: usize,
    /// All of large logs is read.
    whole: bool,
    /// How charts are looked at.
    pub look: Look,
    /// The log's lines.
    pub tail: Tail,
    /// What is on the screen.
    pub window: Window,
    /// Dot columns of a chart, as it was drawn last.
    dots: Cell<usize>,
}

impl Training {
    /// The runs of a configuration; nothing is watched yet.
    pub fn of(runs: impl IntoIterator<Item = RunAsk>) -> Self {
        Self {
            runs: runs.into_iter().map(Followed::new).collect(),
            ..Self::default()
        }
    }

    /// All runs.
    pub fn runs(&self) -> &[Followed] {
        &self.runs
    }

    /// The run under the cursor.
    pub fn current(&self) -> Option<&Followed> {
        self.runs.get(self.cursor)
    }

    /// Where the cursor stands.
    pub fn position(&self) -> usize {
        self.cursor
    }

    /// The charts of the run under the cursor.
    pub fn charts(&self) -> Vec<Chart> {
        let run = self.current().map(|followed| &followed.run);
        run.map(|run| charts(run.metrics().map(|(name, _)| name)))
            .unwrap_or_default()
    }

    /// The place of the chosen one among them.
    fn chosen(&self, charts: &[Chart]) -> usize {
        let found = charts
            .iter()
            .position(|chart| self.look.chart.as_ref() == Some(&chart.quantity));
        found.unwrap_or(0)
    }

    /// The runs that are drawn, the one under the cursor first.
    fn drawn(&self) -> Vec<&Followed> {
        let marked = self.look.marked.iter().filter(|at| **at != self.cursor);
        let others = marked.filter_map(|at| self.runs.get(*at));
        self.current().into_iter().chain(others).collect()
    }

    /// The steps or times that are shown: from the first to the one behind the last.
    fn span(&self) -> Range<u64> {
        if let Some(zoom) = &self.look.zoom {
            return zoom.clone();
        }
        let runs = self
            .drawn()
            .into_iter()
            .map(|followed| whole_span(&followed.run, self.look.by));
        let all = runs
            .flatten()
            .reduce(|one, other| one.start.min(other.start)..one.end.max(other.end));
        all.unwrap_or(0..1)
    }

    /// The line below the tab: how much was told of the run under the cursor.
    pub fn status(&self) -> String {
        let Some(followed) = self.current() else {
            return String::new();
        };
        let points: usize = followed.run.metrics().map(|(_, series)| series.len()).sum();
        let metrics = followed.run.metrics().count();
        let sources = crate::humanize::counted(followed.ask.sources.len() as u64, "source");
        let points = crate::humanize::counted(points as u64, "point");
        let metrics = crate::humanize::counted(metrics as u64, "metric");
        format!("{metrics}, {points} from {sources}")
    }

    /// What the header shows beside the tab's name, and whether a person has to look.
    pub fn badge(&self, now: jiff::Timestamp) -> Option<(String, bool)> {
        let states = || self.runs.iter().map(|followed| followed.run.state(now));
        let bad = states()
            .filter(|state| matches!(state, State::Stalled | State::Failed))
            .count();
        if bad > 0 {
            return Some((format!("{bad}!"), true));
        }
        let trains = |followed: &&Followed| followed.run.state(now) == State::Training;
        let training = self.runs.iter().find(trains)?;
        let share = training
            .run
            .progress()
            .map(crate::humanize::training::share);
        Some((
            share.map_or_else(|| "▶".to_owned(), |share| share.replace(' ', "")),
            false,
        ))
    }
}

/// The steps or times of all metrics of a run.
fn whole_span(run: &Run, by: By) -> Option<Range<u64>> {
    let spans = run.metrics().filter_map(|(_, series)| series.span(by));
    let all = spans.reduce(|one, other| one.start.min(other.start)..one.end.max(other.end))?;
    Some(all.start..all.end + 1)
}
