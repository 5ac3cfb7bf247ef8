//! Instances: what runs, how it does, what it costs. A watch of the engine tells it again and again while the tab is in front, and
//! seldom while it is not, for findings are told everywhere; this keeps the last look and what a person does with it.

mod alerts;
mod asked;
mod charts;
mod columns;
mod details;
pub mod update;
pub mod view;

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use jiff::{SignedDuration, Timestamp};

use crate::domain::{
    cloud::{Gauge, Observed, Span, State, Survey, Turn},
    health::Gravity,
};
use crate::engine::{
    View,
    cloud::{Place, Regions},
    event::Failed,
    launch::LaunchAsk,
};
use crate::tui::widget::window::Window;

pub use asked::{Deed, Launchable, Sought};

/// What rows are ordered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// Their names.
    #[default]
    Name,
    /// What is gravest first.
    Health,
    /// The dearest first.
    Price,
    /// Those that run longest first.
    Up,
    /// The busiest first.
    Cpu,
}

impl Order {
    /// A word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Health => "health",
            Self::Price => "price",
            Self::Up => "uptime",
            Self::Cpu => "CPU",
        }
    }

    /// What is compared, the greatest first.
    fn value(self, seen: &Observed, now: Timestamp) -> Option<f64> {
        match self {
            Self::Name => None,
            Self::Health => seen.gravity().map(|gravity| match gravity {
                Gravity::Warning => 1.0,
                Gravity::Grave => 2.0,
            }),
            Self::Price => seen.hourly().map(|price| price.amount),
            Self::Up => seen.instance.up(now).map(|up| up.as_secs_f64()),
            Self::Cpu => seen.now(Gauge::Cpu, now),
        }
    }

    fn next(self) -> Self {
        match self {
            Self::Name => Self::Health,
            Self::Health => Self::Price,
            Self::Price => Self::Up,
            Self::Up => Self::Cpu,
            Self::Cpu => Self::Name,
        }
    }
}

/// The state of the tab.
#[derive(Debug, Default)]
pub struct Instances {
    regions: Regions,
    span: Span,
    /// The chart that is shown first, where not all have room.
    chart: usize,
    order: Order,
    filter: String,
    /// The last look, and when it came here.
    survey: Option<(Arc<Survey>, Timestamp)>,
    /// Rows of the last look that are shown, in their order.
    shown: Vec<usize>,
    /// The last look that failed as a whole, where none has succeeded since.
    unanswered: Option<(Failed, u64)>,
    /// The open watch, and whether it was asked for while the tab was in front.
    watch: Option<(View, bool)>,
    /// A look at once was asked for, and has not been answered.
    owes_look: bool,
    /// The id under the cursor.
    cursor: Option<Box<str>>,
    /// Findings that were said, by instance, rule and what they are about, and how grave they were.
    said: BTreeMap<alerts::Said, Gravity>,
    /// Instances that are being turned, by id.
    turning: HashMap<Box<str>, (Turn, State)>,
    /// The instance that a line is typed for.
    typed_for: Option<Place>,
    /// The line that was run last.
    typed: String,
    /// The launch whose ground is looked at.
    planned: Option<LaunchAsk>,
    /// Launches that are under way, by run, and how far each is.
    launching: BTreeMap<Arc<str>, String>,
    /// What is on the screen.
    pub window: Window,
}

impl Instances {
    /// The last look.
    pub fn survey(&self) -> Option<&Survey> {
        self.survey.as_ref().map(|(survey, _)| &**survey)
    }

    /// AWS's time now: that of the last look, and what has gone by since.
    fn there(&self, now: Timestamp) -> Timestamp {
        let Some((survey, came)) = &self.survey else {
            return now;
        };
        let since = now.duration_since(*came).max(SignedDuration::ZERO);
        survey.at.checked_add(since).unwrap_or(survey.at)
    }

    /// How old the last look is.
    fn age(&self, now: Timestamp) -> Option<SignedDuration> {
        let (_, came) = self.survey.as_ref()?;
        Some(now.duration_since(*came).max(SignedDuration::ZERO))
    }

    /// What is shown, in its order.
    fn rows(&self) -> impl Iterator<Item = &Observed> {
        let seen = self.survey().map_or(&[][..], |survey| &survey.seen);
        self.shown.iter().filter_map(move |at| seen.get(*at))
    }

    /// Where the cursor stands.
    fn position(&self) -> usize {
        let at = |id: &str| self.rows().position(|seen| *seen.instance.id == *id);
        self.cursor.as_deref().and_then(at).unwrap_or(0)
    }

    /// The instance under the cursor.
    pub fn current(&self) -> Option<&Observed> {
        self.rows().nth(self.position())
    }

    /// Puts the cursor on an instance, whatever is filtered.
    pub fn show(&mut self, id: &str) {
        self.filter.clear();
        self.cursor = Some(id.into());
        self.arrange();
    }

    /// The gravest of all that was found, and on how many instances anything was.
    pub fn badge(&self) -> Option<(usize, Gravity)> {
        let seen = self.survey()?.seen.iter();
        let found: Vec<Gravity> = seen.filter_map(Observed::gravity).collect();
        Some((found.len(), found.iter().copied().max()?))
    }

    /// Puts the rows of the last look in order.
    fn arrange(&mut self) {
        let Some((survey, _)) = &self.survey else {
            return;
        };
        let seen = |at: &usize| survey.seen.get(*at);
        let all = 0..survey.seen.len();
        let mut shown: Vec<usize> = all
            .filter(|at| seen(at).is_some_and(|seen| seen.instance.holds(&self.filter)))
            .collect();
        let name = |at: &usize| {
            seen(at).map(|seen| {
                let over = seen.instance.state == State::Terminated;
                (
                    over,
                    seen.instance.name().to_lowercase(),
                    seen.instance.id.clone(),
                )
            })
        };
        shown.sort_by_cached_key(name);
        let value = |at: &usize| seen(at).and_then(|seen| self.order.value(seen, survey.at));
        if self.order != Order::Name {
            shown.sort_by(|a, b| {
                let [a, b] = [a, b].map(|at| value(at).unwrap_or(-1.0));
                b.total_cmp(&a)
            });
        }
        self.shown = shown;
    }
}
