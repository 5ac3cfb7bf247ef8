//! `Builder`: numbers and words under their names become rows; what all formats share.

use crate::domain::training::{
    batch::{Batch, Ended, Row, Time},
    names::{Names, Role},
};

/// No run has more steps; what is beyond is nonsense, and must not overflow anything.
const LAST_STEP: u64 = 1_000_000_000_000_000_000;

/// Makes a batch of rows.
#[derive(Debug, Clone, Default)]
pub(in crate::domain::training) struct Builder {
    pub(super) names: Names,
    pub(super) batch: Batch,
    row: Draft,
    /// The last step that was told: rows that tell none belong to it.
    step: Option<u64>,
    /// When what is told now was written, where its keeper knows: for rows that tell no time.
    pub(super) stamp: Time,
    /// The first writer, whose metrics bear plain names.
    first_writer: Option<u64>,
}

/// The row that is being told.
#[derive(Debug, Clone, Copy, Default)]
struct Draft {
    step: Option<u64>,
    epoch: Option<f64>,
    time: Time,
    writer: Option<u64>,
    /// Where its values begin.
    first: usize,
}

impl Builder {
    /// A number under a name.
    pub(super) fn number(&mut self, name: &str, value: f64) {
        match self.names.role(name) {
            Some(Role::Metric(id)) => self.batch.values.push((id, value)),
            Some(Role::Step) => self.step_number(name, value),
            Some(Role::Epoch) => {
                let told = Some(value).filter(|epoch| epoch.is_finite());
                self.row.epoch = self.row.epoch.or(told);
            }
            Some(Role::Time) => self.time_number(name, value),
            Some(Role::TotalSteps) => self.total_steps(whole(value)),
            Some(Role::TotalEpochs) => self.total_epochs(value),
            Some(Role::Writer) => self.row.writer = whole(value),
            Some(Role::Status) | None => {}
        }
    }

    /// A word under a name.
    pub(super) fn text(&mut self, name: &str, text: &str) {
        if let Some(value) = number_of(text) {
            return self.number(name, value);
        }
        match self.names.role_of_text(name) {
            Some(Role::Time) => {
                if let Some(time) = time_of(text) {
                    self.row.time = time;
                }
            }
            Some(Role::Status) => self.status(text),
            Some(
                Role::Metric(_)
                | Role::Step
                | Role::Epoch
                | Role::TotalSteps
                | Role::TotalEpochs
                | Role::Writer,
            )
            | None => {}
        }
    }

    /// The step, where it is told by other means than a name.
    pub(super) fn at_step(&mut self, step: u64) {
        self.row.step = Some(step);
    }

    /// The epoch, likewise.
    pub(super) fn at_epoch(&mut self, epoch: f64) {
        self.row.epoch = Some(epoch);
    }

    /// The time, likewise.
    pub(super) fn at_time(&mut self, time: Time) {
        self.row.time = time;
    }

    /// Steps in all.
    pub(super) fn total_steps(&mut self, steps: Option<u64>) {
        if let Some(steps) = steps.filter(|steps| *steps > 0) {
            self.batch.totals.steps = Some(steps);
        }
    }

    /// Epochs in all.
    pub(super) fn total_epochs(&mut self, epochs: f64) {
        if epochs.is_finite() && epochs > 0.0 {
            self.batch.totals.epochs = Some(epochs);
        }
    }

    /// Whether anything told a step so far.
    pub(super) fn knows_step(&self) -> bool {
        self.step.is_some() || self.row.step.is_some()
    }

    /// Whether the row that is being told has numbers or a step.
    pub(super) fn has_row(&self) -> bool {
        self.row.step.is_some() || self.batch.values.len() > self.row.first
    }

    /// The run ended, by these words.
    pub(super) fn ended(&mut self, well: bool, words: &str) {
        let words = words.trim().chars().take(200).collect::<String>();
        self.batch.ended = Some(Ended {
            well,
            words: words.into(),
        });
    }

    /// The row is over.
    pub(super) fn end_row(&mut self) {
        let mut draft = std::mem::take(&mut self.row);
        draft.step = draft.step.map(|step| step.min(LAST_STEP));
        draft.time = match draft.time.sensible() {
            Time::Unknown => self.stamp,
            told @ (Time::At(_) | Time::Local(_) | Time::Since(_)) => told,
        };
        self.names.begin();
        let advanced = draft.step.is_some() && draft.step != self.step;
        if self.batch.values.len() > draft.first || draft.step.is_some() {
            self.step = draft.step.or(self.step);
            let aside = self.set_apart(&draft);
            self.batch.rows.push(Row {
                step: self.step,
                epoch: draft.epoch,
                time: draft.time,
                first: draft.first,
                end: self.batch.values.len(),
                aside,
            });
        }
        if advanced && self.batch.ended.as_ref().is_some_and(|ended| !ended.well) {
            // What seemed to have died goes on.
            self.batch.ended = None;
        }
        self.row.first = self.batch.values.len();
    }

    /// The row is not one after all.
    pub(super) fn drop_row(&mut self) {
        self.batch.values.truncate(self.row.first);
        self.row = Draft {
            first: self.row.first,
            ..Draft::default()
        };
        self.names.begin();
    }

    /// What was told since the last time.
    pub(super) fn take(&mut self) -> Batch {
        let untaken = self.names.are_untaken();
        let names = self.names.take_fresh();
        let totals = self.batch.totals;
        let ended = self.batch.ended.clone();
        self.row.first = 0;
        let mut batch = std::mem::take(&mut self.batch);
        batch.renumbered = untaken && !names.is_empty();
        batch.names = names;
        self.batch.totals = totals;
        self.batch.ended = ended;
        if self.names.full {
            batch.trouble =
                Some("there are more than 5,000 names of metrics: the others are left out".into());
        }
        batch
    }

    /// Metrics of further writers get names of their own, so that steps of several do not mingle.
    fn set_apart(&mut self, draft: &Draft) -> bool {
        let Some(writer) = draft.writer else {
            return false;
        };
        if *self.first_writer.get_or_insert(writer) == writer {
            return false;
        }
        for (id, _) in self.batch.values.iter_mut().skip(draft.first) {
            *id = self.names.of_writer(*id, writer);
        }
        true
    }

    /// The first step of a row counts, unless another one says that it is that of the whole run.
    fn step_number(&mut self, name: &str, value: f64) {
        if self.row.step.is_none() || name.contains("global") {
            self.row.step = whole(value).or(self.row.step);
        }
    }

    /// A moment as a number: seconds or milliseconds since 1970; anything small is a duration, and so a metric.
    fn time_number(&mut self, name: &str, value: f64) {
        let millis = if value >= 1e12 { value } else { value * 1000.0 };
        if (1e12..1e14).contains(&millis) {
            self.row.time = Time::At(rounded(millis));
        } else if let Some(id) = self.names.as_metric(name) {
            self.batch.values.push((id, value));
        }
    }

    fn status(&mut self, text: &str) {
        match &*text.to_ascii_lowercase() {
            "completed" | "complete" | "done" | "finished" | "success" | "succeeded"
            | "train_end" | "training_end" | "end" => self.ended(true, text),
            "failed" | "error" | "crashed" | "killed" | "aborted" | "oom" => {
                self.ended(false, text);
            }
            _ => {}
        }
    }
}

/// A number as text: as Python, R and JavaScript write it, not-a-number and infinities too.
pub(super) fn number_of(text: &str) -> Option<f64> {
    let first = *text.as_bytes().first()?;
    if !(first.is_ascii_digit() || matches!(first, b'-' | b'+' | b'.' | b'n' | b'N' | b'i' | b'I'))
    {
        return None;
    }
    text.parse().ok()
}

/// A moment as text: RFC 3339, or the same without a zone, with `,` or `.` before the fraction.
pub(super) fn time_of(text: &str) -> Option<Time> {
    if let Ok(moment) = text.parse::<jiff::Timestamp>() {
        return Some(Time::At(moment.as_millisecond()));
    }
    let mut clean = text.replace(',', ".");
    if clean.as_bytes().get(4) == Some(&b'/') {
        clean = clean.replace('/', "-");
    }
    let moment = clean.parse::<jiff::civil::DateTime>().ok()?;
    let moment = moment.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    Some(Time::Local(moment.timestamp().as_millisecond()))
}

/// A count that was written as a number.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the range was looked at before"
)]
pub(super) fn whole(value: f64) -> Option<u64> {
    (0.0..1e18).contains(&value).then_some(value as u64)
}

/// Milliseconds that were written as a number.
#[allow(
    clippy::cast_possible_truncation,
    reason = "a float becomes an integer by saturation, which is what is meant"
)]
pub(super) fn rounded(value: f64) -> i64 {
    value.round() as i64
}
