//! `Run`: everything that the sources of one run told, with one owner. Batches are absorbed; what is asked is reckoned from
//! them and from the time that the caller tells.

mod launch;

use std::{
    collections::{BTreeSet, VecDeque},
    sync::Arc,
    time::Duration,
};

use indexmap::IndexMap;
use jiff::Timestamp;

use crate::domain::launch::Status;

use super::{
    batch::{Batch, Ended, LINES, Row, Time, Totals},
    checkpoint::Checkpoint,
    eta::{self, Eta},
    lamp::{self, Lamp},
    series::{Point, Series},
    track::{Mark, Track, Usual},
};

/// Wall clocks without a zone are off by whole quarters of an hour.
const QUARTER: i64 = 15 * 60 * 1000;

/// What a person said about a run.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Terms {
    /// Steps in all; told by the log where `None`.
    pub steps: Option<u64>,
    /// Epochs in all, likewise.
    pub epochs: Option<f64>,
    /// How long without a step is a stall; from the observed times where `None`.
    pub stalled_after: Option<Duration>,
    /// How much work may at most be without a checkpoint.
    pub lose_at_most: Option<Duration>,
}

/// How a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Nothing was told yet, or no step.
    Unknown,
    /// Steps advance.
    Training,
    /// They do not, for longer than they ever took.
    Stalled,
    /// It ended as it should.
    Ended,
    /// It ended otherwise.
    Failed,
}

impl State {
    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Training => "training",
            Self::Stalled => "stalled",
            Self::Ended => "ended",
            Self::Failed => "failed",
        }
    }

    /// Its sign.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Unknown => "?",
            Self::Training => "▶",
            Self::Stalled => "!",
            Self::Ended => "✓",
            Self::Failed => "✗",
        }
    }
}

/// One file or object of a run's sources.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Stream {
    /// Its number among all of the run.
    pub number: usize,
    /// Which source of the configuration it belongs to; the files of one source go on with each other's metrics.
    pub source: usize,
    /// Set before the names of its metrics, as the folder of an event file is; mostly empty.
    pub label: Arc<str>,
}

/// What one stream of a run told.
#[derive(Debug, Clone, Default)]
struct Told {
    /// The series of each metric of its reader.
    series: Vec<usize>,
    /// All series that it told values of, by earlier readers too.
    all: BTreeSet<usize>,
    track: Track,
    /// How long its steps take, worked out once for each batch: every frame asks.
    usual: Option<Usual>,
    totals: Totals,
    ended: Option<Ended>,
    epoch: Option<f64>,
    /// Rows that it told.
    rows: u64,
    /// The time of its last row, milliseconds since 1970.
    time: Option<i64>,
    /// Milliseconds that its wall clock is behind.
    zone: Option<i64>,
    /// When it was last written to.
    written: Option<Timestamp>,
    /// When it had been written to before its last step came: that step is no older, whatever its clock says.
    not_before: Option<Timestamp>,
    lines: VecDeque<Box<str>>,
}

/// A metric and the source whose it is.
#[derive(Debug, Clone, Default)]
struct Owned {
    source: usize,
    series: Series,
}

/// A run as its sources tell it.
#[derive(Debug, Clone, Default)]
pub struct Run {
    /// What a person said about it.
    pub terms: Terms,
    /// The newest checkpoint of each place, in the order of the configuration.
    pub checkpoints: Vec<Option<Checkpoint>>,
    /// When its sources were last looked at with success: later silence says nothing. Always, where `None`.
    pub looked: Option<Timestamp>,
    /// What its newest launch tells of itself, where it was launched by wharf.
    pub launch: Option<Status>,
    series: IndexMap<Arc<str>, Owned>,
    told: Vec<Told>,
    /// What times of points count from, milliseconds since 1970.
    began: Option<i64>,
}

impl Run {
    /// A run of which nothing is known.
    pub fn new(terms: Terms) -> Self {
        Self {
            terms,
            ..Self::default()
        }
    }

    /// Takes what a stream told. `written` is when it was last written to, by the clock of whoever keeps it.
    pub fn absorb(&mut self, stream: &Stream, batch: &Batch, written: Timestamp) {
        if self.told.len() <= stream.number {
            self.told.resize_with(stream.number + 1, Told::default);
        }
        let mut told = std::mem::take(&mut self.told[stream.number]);
        if batch.anew {
            self.empty(&told);
            told = Told::default();
        }
        if batch.renumbered {
            told.series.clear();
        }
        for name in &batch.names {
            let at = self.series_for(stream, name);
            told.series.push(at);
            told.all.insert(at);
        }
        let before = told.track.last();
        self.take_rows(&mut told, batch, written.as_millisecond());
        told.usual = told.track.usual();
        if told.track.last() != before {
            told.not_before = told.written;
        }
        told.written = Some(written);
        told.totals.steps = batch.totals.steps.or(told.totals.steps);
        told.totals.epochs = batch.totals.epochs.or(told.totals.epochs);
        told.ended.clone_from(&batch.ended);
        told.lines.extend(batch.lines.iter().cloned());
        let over = told.lines.len().saturating_sub(LINES);
        told.lines.drain(..over);
        self.told[stream.number] = told;
    }

    /// Empties the series of a stream.
    fn empty(&mut self, told: &Told) {
        for at in &told.all {
            if let Some((_, owned)) = self.series.get_index_mut(*at) {
                owned.series = Series::default();
            }
        }
    }

    /// The series that a metric of a stream goes to; another source's metric of the same name keeps its own.
    fn series_for(&mut self, stream: &Stream, name: &Arc<str>) -> usize {
        let name: Arc<str> = if stream.label.is_empty() {
            Arc::clone(name)
        } else {
            format!("{}/{name}", stream.label).into()
        };
        let taken = self
            .series
            .get(&name)
            .is_some_and(|owned| owned.source != stream.source);
        let name = if taken {
            format!("{name} ({})", stream.source + 1).into()
        } else {
            name
        };
        let entry = self.series.entry(name);
        let at = entry.index();
        entry.or_insert_with(|| Owned {
            source: stream.source,
            series: Series::default(),
        });
        at
    }

    fn take_rows(&mut self, told: &mut Told, batch: &Batch, written: i64) {
        let clock = Clock::of(&batch.rows, written, &mut told.zone);
        let last = batch.rows.len().saturating_sub(1);
        for (at, row) in batch.rows.iter().enumerate() {
            told.rows += 1;
            told.epoch = row.epoch.or(told.epoch);
            // Where the log tells no time, its last line was written when the file was.
            let time = clock.time(row.time).or((at == last).then_some(written));
            let step = row.step.unwrap_or(told.rows);
            if let Some(time) = time.filter(|_| !row.aside) {
                told.track.observe(Mark { at: time, step });
            }
            // What tells no time, as a validation often does, stands where the row before it does.
            told.time = time.or(told.time);
            let began = told.time.map(|time| *self.began.get_or_insert(time));
            let at = told
                .time
                .zip(began)
                .map_or(Point::UNTIMED, |(time, began)| tenths(time - began));
            for (id, value) in batch.values_of(row) {
                let series = told.series.get(*id as usize);
                self.add(
                    series.copied(),
                    Point {
                        step,
                        value: *value,
                        at,
                    },
                );
            }
        }
    }

    fn add(&mut self, series: Option<usize>, point: Point) {
        let owned = series.and_then(|at| self.series.get_index_mut(at));
        if let Some((_, owned)) = owned {
            owned.series.push(point);
        }
    }

    /// All metrics that have points, in the order in which they were first told.
    pub fn metrics(&self) -> impl Iterator<Item = (&Arc<str>, &Series)> {
        let all = self
            .series
            .iter()
            .map(|(name, owned)| (name, &owned.series));
        all.filter(|(_, series)| !series.is_empty())
    }

    /// The metric of a name.
    pub fn metric(&self, name: &str) -> Option<&Series> {
        self.series.get(name).map(|owned| &owned.series)
    }

    /// The newest lines of the stream of this number. Foreign text, not yet safe for a terminal.
    pub fn lines(&self, stream: usize) -> Option<&VecDeque<Box<str>>> {
        self.told.get(stream).map(|told| &told.lines)
    }

    /// How many streams told something.
    pub fn streams(&self) -> usize {
        self.told.len()
    }

    /// The stream that is furthest.
    fn furthest(&self) -> Option<&Told> {
        let told = self.told.iter().filter(|told| told.track.last().is_some());
        told.max_by_key(|told| {
            let step = told.track.last().map(|mark| mark.step);
            (step, told.track.marks().len())
        })
    }

    /// How the steps advanced, by the stream that is furthest.
    pub fn track(&self) -> Option<&Track> {
        self.furthest().map(|told| &told.track)
    }

    /// The last step and when it was reached.
    pub fn last(&self) -> Option<Mark> {
        self.track()?.last()
    }

    /// When that was; whatever the clock of the box says, never after its stream was last written to, nor before it had been
    /// written to without that step.
    pub fn last_time(&self) -> Option<Timestamp> {
        let told = self.furthest()?;
        let at = Timestamp::from_millisecond(told.track.last()?.at).ok()?;
        let at = told.not_before.map_or(at, |before| at.max(before));
        Some(told.written.map_or(at, |written| at.min(written)))
    }

    /// When the run began, by its first row.
    pub fn began(&self) -> Option<Timestamp> {
        Timestamp::from_millisecond(self.began?).ok()
    }

    /// The epoch that was told last.
    pub fn epoch(&self) -> Option<f64> {
        self.told
            .iter()
            .filter_map(|told| told.epoch)
            .max_by(f64::total_cmp)
    }

    /// Epochs in all, where a person or the log said so.
    pub fn total_epochs(&self) -> Option<f64> {
        let told = || self.told.iter().find_map(|told| told.totals.epochs);
        self.terms.epochs.or_else(told)
    }

    /// Steps in all: as a person or the log said, else from the epochs.
    pub fn total_steps(&self) -> Option<u64> {
        let told = || self.told.iter().find_map(|told| told.totals.steps);
        let by_epochs = || {
            let (epoch, epochs) = (self.epoch()?, self.total_epochs()?);
            let step = self.last()?.step as f64;
            // A whole epoch's number says little of how much of it is done.
            (epoch > 0.0 && epoch.fract() > 0.0).then(|| round(step * epochs / epoch))
        };
        self.terms.steps.or_else(told).or_else(by_epochs)
    }

    /// The share of the steps, or else of the epochs, that is done.
    pub fn progress(&self) -> Option<f64> {
        let by_steps = || Some(self.last()?.step as f64 / self.total_steps()?.max(1) as f64);
        let by_epochs = || Some(self.epoch()? / self.total_epochs()?);
        let share = by_steps().or_else(by_epochs)?;
        Some(share.clamp(0.0, 1.0))
    }

    /// How long steps take.
    pub fn usual(&self) -> Option<Usual> {
        self.furthest()?.usual
    }

    /// The time left at `now`; `None` where it is not known, or nothing advances.
    pub fn eta(&self, now: Timestamp) -> Option<Eta> {
        if self.state(now) != State::Training {
            return None;
        }
        let eta = eta::eta(self.track()?.marks(), self.total_steps()?)?;
        let gone = now.duration_since(self.last_time()?);
        Some(eta.after(Duration::try_from(gone).unwrap_or_default()))
    }

    /// The lamp of the steps at `now`.
    pub fn step_lamp(&self, now: Timestamp) -> Lamp {
        let silence = |until: Timestamp| {
            let at = self.last_time()?;
            Some(Duration::try_from(until.duration_since(at)).unwrap_or_default())
        };
        let seen = self.looked.map_or(now, |looked| looked.min(now));
        let silence = lamp::Silence {
            age: silence(now),
            seen: silence(seen),
        };
        let ended = self.ended().is_some();
        lamp::step(silence, self.usual(), self.terms.stalled_after, ended)
    }

    /// How the run stands at `now`.
    pub fn state(&self, now: Timestamp) -> State {
        if let Some(ended) = self.ended() {
            return if ended.well {
                State::Ended
            } else {
                State::Failed
            };
        }
        match self.step_lamp(now).light {
            lamp::Light::On => State::Training,
            lamp::Light::Off => State::Stalled,
            lamp::Light::Unknown => State::Unknown,
        }
    }

    /// How the run ended: by its launch, by its own words, or because all steps are done.
    pub fn ended(&self) -> Option<Ended> {
        let told = self.told.iter().find_map(|told| told.ended.clone());
        let all = || {
            let (last, total) = (self.last()?.step, self.total_steps()?);
            // Steps that are counted from 0 end one below their number.
            (last.saturating_add(1) >= total).then(|| Ended {
                well: true,
                words: format!("step {last} of {total}").into(),
            })
        };
        self.launch_ended().or(told).or_else(all)
    }

    /// Whether more work than was agreed to is in no checkpoint that outlives its machine.
    pub fn is_unsaved(&self, now: Timestamp) -> bool {
        let (Some(limit), Some(last)) = (self.terms.lose_at_most, self.last()) else {
            return false;
        };
        let running = matches!(self.state(now), State::Training | State::Stalled);
        let saved =
            |checkpoint: &Checkpoint| !checkpoint.on_box && checkpoint.loss(last).time <= limit;
        let young = self.began().is_some_and(|began| {
            Duration::try_from(now.duration_since(began)).unwrap_or_default() <= limit
        });
        running && !young && !self.checkpoints.iter().flatten().any(saved)
    }

    /// What is to be known of the log beside its numbers, in sentences.
    pub fn remarks(&self) -> Vec<String> {
        let mut remarks = Vec::new();
        if let Some(track) = self.track() {
            if track.restarts() > 0 {
                remarks.push(format!("steps went back {}", times(track.restarts())));
            }
            if track.jumps() > 0 {
                remarks.push(format!(
                    "the clock of the log went back {}",
                    times(track.jumps())
                ));
            }
        }
        let odd: u64 = self.metrics().map(|(_, series)| series.odd()).sum();
        if odd > 0 {
            remarks.push(format!("{odd} values are no finite numbers"));
        }
        let mixed = self
            .metrics()
            .filter(|(_, series)| series.is_mixed())
            .count();
        if mixed > 0 {
            remarks.push(format!("several writers share {mixed} of the metrics"));
        }
        remarks
    }
}

fn times(count: u64) -> String {
    if count == 1 {
        "once".to_owned()
    } else {
        format!("{count} times")
    }
}

/// Turns the times of one batch into moments.
struct Clock {
    /// Milliseconds since 1970 at the beginning of the writer's own time.
    beginning: Option<i64>,
    /// What a wall clock is behind.
    zone: i64,
}

impl Clock {
    /// The last row of a batch was written when the file was: from that follows the rest.
    fn of(rows: &[Row], written: i64, zone: &mut Option<i64>) -> Self {
        let newest = rows
            .iter()
            .rev()
            .map(|row| row.time)
            .find(|time| *time != Time::Unknown);
        let mut beginning = None;
        match newest {
            Some(Time::Since(since)) => beginning = Some(written - since),
            Some(Time::Local(local)) => {
                zone.get_or_insert_with(|| {
                    (written - local + QUARTER / 2).div_euclid(QUARTER) * QUARTER
                });
            }
            Some(Time::At(_) | Time::Unknown) | None => {}
        }
        Self {
            beginning,
            zone: zone.unwrap_or(0),
        }
    }

    fn time(&self, time: Time) -> Option<i64> {
        match time {
            Time::Unknown => None,
            Time::At(at) => Some(at),
            Time::Local(local) => Some(local + self.zone),
            Time::Since(since) => Some(self.beginning? + since),
        }
    }
}

/// Milliseconds as tenths of a second.
fn tenths(millis: i64) -> i32 {
    i32::try_from(millis / 100).unwrap_or(i32::MAX)
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float becomes an integer by saturation, which is what is meant"
)]
fn round(value: f64) -> u64 {
    value.round() as u64
}

#[cfg(test)]
mod tests;
