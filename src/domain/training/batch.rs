//! What a reader makes of some bytes: rows of numbers, the last lines, and what it learnt about the run on the way.

use std::{collections::VecDeque, sync::Arc};

/// The most lines that a batch keeps as text.
pub const LINES: usize = 2000;
/// The most bytes of a line that are kept as text.
const LINE: usize = 4096;

/// When a row was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Time {
    /// The log does not say.
    #[default]
    Unknown,
    /// Milliseconds since 1970.
    At(i64),
    /// The same by a wall clock whose zone the log does not say.
    Local(i64),
    /// Milliseconds since some beginning of the writer's own.
    Since(i64),
}

/// Milliseconds of 8,000 years: no time lies further from 1970.
const FURTHEST: i64 = 250_000_000_000_000;

impl Time {
    /// The same, but for what no clock can have told.
    #[must_use]
    pub(super) fn sensible(self) -> Self {
        match self {
            Self::At(at) | Self::Local(at) | Self::Since(at)
                if at.unsigned_abs() > FURTHEST.unsigned_abs() =>
            {
                Self::Unknown
            }
            Self::Unknown | Self::At(_) | Self::Local(_) | Self::Since(_) => self,
        }
    }
}

/// Some numbers that belong to one step.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Row {
    /// The step; `None` where nothing has told one yet.
    pub step: Option<u64>,
    /// The epoch, with its fraction where the log tells one.
    pub epoch: Option<f64>,
    /// When.
    pub time: Time,
    /// Where its values begin in `Batch::values`.
    pub first: usize,
    /// Where they end.
    pub end: usize,
    /// It is told by another writer than the first: it says nothing of the progress.
    pub aside: bool,
}

/// How a run ended, by its own words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// Whether it ended as it should.
    pub well: bool,
    /// The words that say so. Foreign text, not yet safe for a terminal.
    pub words: Box<str>,
}

/// How far a run shall go, as far as its log tells.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Totals {
    /// Steps in all.
    pub steps: Option<u64>,
    /// Epochs in all.
    pub epochs: Option<f64>,
}

/// What one feeding of a reader brought.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    /// Names of metrics that were never told before; a metric's number is its place among all that were told.
    pub names: Vec<Arc<str>>,
    /// These names are the first of a reader: numbers of metrics count from them on, whatever was told before.
    pub renumbered: bool,
    /// In the order of the log.
    pub rows: Vec<Row>,
    /// Number of the metric and its value, row after row; NaN and infinities as they stand.
    pub values: Vec<(u32, f64)>,
    /// The newest lines as they stand, at most `LINES`. Foreign text, not yet safe for a terminal.
    pub lines: VecDeque<Box<str>>,
    /// How far the run shall go.
    pub totals: Totals,
    /// How the run ended; `None` where it goes on, or went on after it seemed to end.
    pub ended: Option<Ended>,
    /// Lines or records that were read, whatever they held.
    pub read: u64,
    /// Lines or records that could not be understood though they look as if they should.
    pub odd: u64,
    /// What is wrong with the source, for a person.
    pub trouble: Option<Box<str>>,
    /// Forget all that this source told: it was replaced, and is read afresh.
    pub anew: bool,
}

impl Batch {
    /// The values of a row.
    pub fn values_of(&self, row: &Row) -> &[(u32, f64)] {
        self.values.get(row.first..row.end).unwrap_or_default()
    }

    /// Whether nothing was told at all.
    pub fn is_empty(&self) -> bool {
        self.read == 0 && self.rows.is_empty() && self.names.is_empty() && self.trouble.is_none()
    }

    /// The same without values and lines: what tells how far the run is.
    #[must_use]
    pub fn progress(&self) -> Self {
        let bare = |row: &Row| Row {
            first: 0,
            end: 0,
            ..*row
        };
        Self {
            rows: self.rows.iter().map(bare).collect(),
            totals: self.totals,
            ended: self.ended.clone(),
            anew: self.anew,
            ..Self::default()
        }
    }

    /// Keeps a line as text; the oldest falls out.
    pub(super) fn keep(&mut self, line: &[u8]) {
        let line = line.get(..LINE).unwrap_or(line);
        if self.lines.len() == LINES {
            self.lines.pop_front();
        }
        self.lines.push_back(String::from_utf8_lossy(line).into());
    }
}
