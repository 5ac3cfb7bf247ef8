//! Bytes and objects a second of one task over the last two minutes, made from its counters.

use std::time::Duration;

use jiff::Timestamp;

use crate::domain::{
    estimate::Pace,
    progress::TaskSnapshot,
    sample::{Scale, Series},
};

use crate::tui::tab::tasks::settled;

/// Two minutes in steps that a chart of 120 columns can show each.
const STEP: Duration = Duration::from_millis(500);
/// Steps that a chart shows.
pub(super) const STEPS: usize = 240;
/// The time over which the rate of now is averaged.
const RECENT: Duration = Duration::from_secs(3);

/// One quantity over time, with the scale of its chart.
#[derive(Debug)]
pub struct Flow {
    series: Series,
    scale: Scale,
}

impl Flow {
    fn new(scale: Scale) -> Self {
        Self {
            series: Series::new(STEP, STEPS),
            scale,
        }
    }

    fn observe(&mut self, at: Duration, total: u64) {
        self.series.observe(at, total);
        self.scale
            .follow(self.values().into_iter().fold(0.0, f64::max));
    }

    /// One value a step, the newest last.
    pub fn values(&self) -> Vec<f64> {
        self.series.rates()
    }

    /// The top of the chart.
    pub fn top(&self) -> f64 {
        self.scale.top()
    }

    /// A second, just now.
    pub fn now(&self) -> f64 {
        self.series.rate(RECENT).unwrap_or(0.0)
    }
}

/// Rates of a task.
#[derive(Debug)]
pub struct Rates {
    /// Bytes a second.
    pub bytes: Flow,
    /// Objects a second.
    pub objects: Flow,
}

impl Default for Rates {
    fn default() -> Self {
        Self {
            bytes: Flow::new(Scale::of_bytes()),
            objects: Flow::new(Scale::of_counts()),
        }
    }
}

impl Rates {
    /// Takes the counters of this moment.
    pub fn sample(&mut self, task: &TaskSnapshot, now: Timestamp) {
        let at = Duration::try_from(task.ended.unwrap_or(now).duration_since(task.started))
            .unwrap_or_default();
        self.bytes.observe(at, task.bytes);
        self.objects.observe(at, settled(task));
    }

    /// How long what is left will take; `None` while nothing moves.
    pub fn left(&self, task: &TaskSnapshot) -> Option<Duration> {
        let bytes = self
            .bytes
            .series
            .eta(task.planned_bytes.saturating_sub(task.bytes));
        let objects = self
            .objects
            .series
            .eta(task.planned.saturating_sub(settled(task)));
        let left = match (bytes, objects) {
            (Some(bytes), Some(objects)) => bytes.and(objects),
            (either, other) => either.or(other)?,
        };
        Some(left.likely)
    }

    /// The slow and the fast of what was measured; `None` before there is anything.
    pub fn pace(&self) -> Option<Pace> {
        Some(Pace {
            bytes: spread(&self.bytes.values())?,
            objects: spread(&self.objects.values())?,
        })
    }
}

/// The lower quartile and the greatest of the values that are not zero.
fn spread(values: &[f64]) -> Option<(f64, f64)> {
    let mut moving: Vec<f64> = values
        .iter()
        .copied()
        .filter(|&value| value > 0.0)
        .collect();
    moving.sort_by(f64::total_cmp);
    Some((*moving.get(moving.len() / 4)?, *moving.last()?))
}
