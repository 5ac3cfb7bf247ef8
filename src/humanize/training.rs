//! A training run in words, the same on the screen and in a terminal's lines.

use std::time::Duration;

use jiff::Timestamp;

use crate::domain::{
    launch::Status,
    text::readable,
    training::{
        alert::Alert,
        lamp::Light,
        machine::Evidence,
        origin::Origin,
        read::Format,
        run::{Run, State},
        series::{By, Column, Series},
        standing::Standing,
    },
};

use super::{age, bytes, count, duration, duration_range};

/// Steps of a small line of bars.
const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// A metric's value with about four digits: `0.1234`, `5.0e-5`, `12.34`, `NaN`.
pub fn value(value: f64) -> String {
    let size = value.abs();
    if !value.is_finite() {
        return value.to_string();
    }
    if value == 0.0 {
        "0".to_owned()
    } else if !(0.001..1e6).contains(&size) {
        format!("{value:.2e}")
    } else if size < 10.0 {
        format!("{value:.4}")
    } else if size < 1000.0 {
        format!("{value:.2}")
    } else {
        format!("{value:.0}")
    }
}

/// Seconds of a step: `1.9 s`, `45 ms`.
pub fn step_time(seconds: f64) -> String {
    if seconds < 0.995 {
        return format!("{:.0} ms", seconds * 1000.0);
    }
    duration(Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX))
}

/// A place of a chart: `48,205` steps, or `1h12m` since the beginning.
pub fn place(by: By, place: u64) -> String {
    match by {
        By::Step => count(place),
        By::Time => duration(Duration::from_millis(place.saturating_mul(100))),
    }
}

/// Where a run stands: `epoch 31/50`, `step 48,205/77,760`, `62 %`, `ETA 2h41m–2h55m`, `last step 4 s ago`.
pub fn standing(run: &Run, now: Timestamp) -> Vec<String> {
    let mut words = Vec::new();
    if let Some(epoch) = run.epoch() {
        let of = run
            .total_epochs()
            .map(|epochs| format!("/{}", value_of_count(epochs)))
            .unwrap_or_default();
        words.push(format!("epoch {}{of}", value_of_count(epoch)));
    }
    if let Some(last) = run.last() {
        let of = run
            .total_steps()
            .map(|steps| format!("/{}", count(steps)))
            .unwrap_or_default();
        words.push(format!("step {}{of}", count(last.step)));
    }
    if let Some(progress) = run.progress() {
        words.push(share(progress));
    }
    match run.state(now) {
        State::Training => {
            if let Some(eta) = run.eta(now) {
                words.push(format!("ETA {}", duration_range(eta.soonest, eta.latest)));
            }
        }
        State::Stalled => words.push(stalled(run, now)),
        State::Ended | State::Failed => {
            words.extend(run.ended().map(|ended| readable(&ended.words)));
        }
        State::Unknown => words.extend(launched(run)),
    }
    if let Some(at) = run.last_time() {
        words.push(format!("last step {}", super::age_of(at, now)));
    }
    words
}

/// Where its launch is: `launched: inputs`.
pub fn launched(run: &Run) -> Option<String> {
    let launch = run.launch.as_ref()?;
    Some(format!("launched: {}", launch.state.word()))
}

/// `62 %`, which reaches 100 only at the end.
pub fn share(progress: f64) -> String {
    format!("{:.0} %", (progress * 100.0).floor())
}

fn value_of_count(number: f64) -> String {
    if number.fract() == 0.0 {
        format!("{number:.0}")
    } else {
        format!("{number:.2}")
    }
}

/// `stalled for 41m, usual step 1.9 s`.
pub fn stalled(run: &Run, now: Timestamp) -> String {
    let lamp = run.step_lamp(now);
    let age = lamp.age.map(duration).unwrap_or_default();
    let usual = lamp
        .usual
        .map(|usual| format!(", usual step {}", step_time(usual)));
    format!("stalled for {age}{}", usual.unwrap_or_default())
}

/// The evidence of the steps' lamp.
pub fn step_lamp(run: &Run, now: Timestamp) -> String {
    let lamp = run.step_lamp(now);
    let age = lamp.age.map(age);
    let budget = lamp
        .budget
        .map(|budget| format!(", a stall after {}", duration(budget)));
    match (lamp.light, age) {
        (_, None) => "no step was told yet".to_owned(),
        (Light::Off, Some(_)) if run.ended().is_none() => stalled(run, now),
        (Light::Off, Some(age)) => format!("last step {age}"),
        (Light::Unknown, Some(age)) if lamp.budget.is_some() => {
            format!("last step {age}, and its sources could not be read since")
        }
        (_, Some(age)) => format!("last step {age}{}", budget.unwrap_or_default()),
    }
}

/// A lamp of the machine with its evidence: `on: 3/3 checks of i-0ab1 pass, 12 s ago`.
pub fn evidence(evidence: &Evidence, now: Timestamp) -> String {
    let seen = evidence
        .at
        .map(|at| format!(", {}", super::age_of(at, now)));
    format!(
        "{}: {}{}",
        evidence.light.word(),
        evidence.words,
        seen.unwrap_or_default()
    )
}

/// What a launch tells of itself: `20260111-170203-0a1b training, told 40 s ago`.
pub fn launch(status: &Status, now: Timestamp) -> String {
    let told = status
        .at
        .map(|at| format!(", told {}", super::age_of(at, now)));
    let told = told.unwrap_or_default();
    let words = format!("{} {}", status.launch, status.state.word());
    format!("{}{told}", readable(&words))
}

/// `checkpoint in S3: step 45,000, 1.9 GiB, 22m ago: if it died now you lose 22m and 3,205 steps`.
/// `is_listed` where the place was looked at.
pub fn checkpoint(
    run: &Run,
    (place, origin, is_listed): (usize, &Origin, bool),
    now: Timestamp,
) -> String {
    let (kept, died) = match origin {
        Origin::OnBox(_) => ("on the instance", "if its process died now"),
        Origin::Place(place) if place.s3().is_none() => ("on disk", "if it died now"),
        Origin::Place(_) | Origin::Logs(_) => ("in S3", "if it died now"),
    };
    let Some(Some(checkpoint)) = run.checkpoints.get(place) else {
        return match (is_listed, run.ended()) {
            (false, _) => format!("whether a checkpoint is {kept} is not known yet"),
            (true, Some(_)) => format!("no checkpoint {kept}"),
            (true, None) => format!("no checkpoint {kept} yet: {died} you lose everything"),
        };
    };
    let step = checkpoint
        .step
        .map(|step| format!("step {}, ", count(step)))
        .unwrap_or_default();
    let what = format!(
        "checkpoint {kept}: {step}{}, {}",
        bytes(checkpoint.size),
        super::age_of(checkpoint.at, now)
    );
    if run.ended().is_some() {
        return what;
    }
    match run.last().map(|last| checkpoint.loss(last)) {
        Some(loss) => {
            let steps = loss
                .steps
                .map(|steps| format!(" and {}", super::counted(steps, "step")));
            format!(
                "{what}: {died} you lose {}{}",
                duration(loss.time),
                steps.unwrap_or_default()
            )
        }
        None => what,
    }
}

/// What an alert says.
pub fn alert(name: &str, alert: Alert, run: &Run, now: Timestamp) -> String {
    let ended = || {
        run.ended()
            .map(|ended| readable(&ended.words))
            .unwrap_or_default()
    };
    match alert {
        Alert::Stalled => format!("{name} {}", stalled(run, now)),
        Alert::Recovered => format!("{name} goes on: its steps advance again"),
        Alert::Ended => format!("{name} ended: {}", ended()),
        Alert::Failed => format!("{name} failed: {}", ended()),
        Alert::Unsaved => {
            let losses = run.checkpoints.iter().flatten();
            let losses = losses.filter(|checkpoint| !checkpoint.on_box);
            let losses = losses.filter_map(|checkpoint| Some(checkpoint.loss(run.last()?).time));
            match losses.min().map(duration) {
                Some(least) => format!("{name} has {least} of work in no checkpoint"),
                None => format!("{name} has no checkpoint yet: if it died now you lose everything"),
            }
        }
    }
}

/// What a source is, how large, how old: `JSON lines`, `12.0 MiB`, `written 4 s ago`. `whole` is how all of it is read.
pub fn source(standing: &Standing, whole: &str, now: Timestamp) -> Vec<String> {
    let mut words = Vec::new();
    words.extend(standing.format.map(Format::word).map(str::to_owned));
    if standing.files > 1 {
        words.push(super::counted(standing.files as u64, "file"));
    }
    if standing.bytes > 0 {
        words.push(bytes(standing.bytes));
    }
    if standing.skipped > 0 {
        let kept = bytes(standing.bytes.saturating_sub(standing.skipped));
        words.push(format!(
            "all but the last {kept} left out: {whole} reads it"
        ));
    }
    if standing.earlier {
        words.push(format!("what lies before is left out: {whole} reads it"));
    }
    if standing.odd > 0 {
        words.push(format!(
            "{} not understood",
            super::counted(standing.odd, "line")
        ));
    }
    words.extend(
        standing
            .written
            .map(|at| format!("written {}", super::age_of(at, now))),
    );
    words
}

/// A metric as a line of small bars, so many columns wide.
pub fn bars(series: &Series, columns: usize) -> String {
    let Some(mut steps) = series.steps() else {
        return String::new();
    };
    steps.end += 1;
    // A column for each point at most: gaps between few points would say nothing.
    let found = series.columns(By::Step, &steps, columns.min(series.len()));
    let middle = |column: &Option<Column>| {
        column
            .filter(|c| c.most >= c.least)
            .map(|c| f64::midpoint(c.least, c.most))
    };
    let values: Vec<Option<f64>> = found.iter().map(middle).collect();
    let known = || values.iter().flatten().copied();
    let (low, high) = (
        known().fold(f64::INFINITY, f64::min),
        known().fold(f64::NEG_INFINITY, f64::max),
    );
    let bar = |value: &Option<f64>| match value {
        None => ' ',
        Some(value) if high > low => {
            let level = (value - low) / (high - low) * 7.0;
            let at = super::whole(level);
            BARS.get(usize::try_from(at).unwrap_or(7))
                .copied()
                .unwrap_or('█')
        }
        Some(_) => '▁',
    };
    values.iter().map(bar).collect()
}

#[cfg(test)]
mod tests {
    use super::{bars, step_time, value};
    use crate::domain::training::series::{Point, Series};

    #[test]
    fn values_keep_about_four_digits() {
        let told = [
            0.0,
            0.123_45,
            5e-5,
            12.345,
            -1234.5,
            2e9,
            f64::NAN,
            f64::NEG_INFINITY,
        ]
        .map(value);
        assert_eq!(
            told,
            [
                "0", "0.1235", "5.00e-5", "12.35", "-1234", "2.00e9", "NaN", "-inf"
            ]
        );
        assert_eq!([0.045, 1.9, 90.0].map(step_time), ["45 ms", "1.9 s", "1m"]);
    }

    #[test]
    fn a_series_is_a_line_of_bars() {
        let mut series = Series::default();
        for step in 0..8 {
            series.push(Point {
                step,
                value: step as f64,
                at: 0,
            });
        }
        assert_eq!(bars(&series, 8), "▁▂▃▄▅▆▇█");
        assert_eq!(bars(&Series::default(), 8), "");
    }
}
