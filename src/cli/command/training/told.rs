//! A run in lines for people.

use jiff::Timestamp;

use crate::domain::{
    text::{printable, readable},
    training::{origin::Origin, standing::Standing},
};
use crate::engine::training::Followed;
use crate::humanize;

/// Columns of the small chart of a metric.
const CHART: usize = 32;
/// Columns of a fact's name.
const NAME: usize = 12;

/// A run in a line: `▶ stage2  training · step 48,205/77,760 · 62 % · ETA 2h41m · last step 4 s ago`.
pub(super) fn line(followed: &Followed, now: Timestamp) -> String {
    let state = followed.run.state(now);
    let name = printable(followed.ask.name.as_bytes());
    let words = [state.word().to_owned()]
        .into_iter()
        .chain(humanize::training::standing(&followed.run, now));
    let newest = followed
        .run
        .metrics()
        .find(|(name, _)| name.to_ascii_lowercase().contains("loss"));
    let newest = newest.and_then(|(name, series)| {
        let last = series.last()?;
        Some(format!(
            "{} {}",
            printable(name.as_bytes()),
            humanize::training::value(last.value)
        ))
    });
    let words: Vec<String> = words.chain(newest).collect();
    format!("{} {name}  {}", state.sign(), words.join(" · "))
}

/// All runs, a line each.
pub(super) fn table(followed: &[Followed], now: Timestamp) -> Vec<String> {
    let each = followed.iter();
    each.flat_map(|run| [line(run, now)].into_iter().chain(troubles(run)))
        .collect()
}

/// What is wrong with sources and places of checkpoints.
pub(super) fn troubles(followed: &Followed) -> Vec<String> {
    let sources = followed.ask.sources.iter().zip(&followed.standings);
    let sources = sources.filter_map(|(ask, standing)| {
        let trouble = readable(standing.trouble.as_ref()?);
        Some(format!("  ! {}: {trouble}", ask.from))
    });
    let places = followed.ask.checkpoints.iter().zip(&followed.unlisted);
    let places = places.filter_map(|(place, why)| Some(format!("  ! {place}: {}", why.as_ref()?)));
    let launch = followed.ask.launches.iter().zip(&followed.launch_failed);
    let launch = launch.map(|(place, why)| format!("  ! {place}: {why}"));
    launch.chain(sources).chain(places).collect()
}

/// A run in full.
pub(super) fn lines(followed: &Followed, now: Timestamp) -> Vec<String> {
    let run = &followed.run;
    let mut lines = vec![line(followed, now)];
    let fact = |name: &str, text: String| format!("  {name:<NAME$} {text}");
    for (name, seen) in followed.machine.each() {
        lines.push(fact(name, humanize::training::evidence(seen, now)));
    }
    lines.push(fact(
        "step",
        format!(
            "{}: {}",
            run.step_lamp(now).light.word(),
            humanize::training::step_lamp(run, now)
        ),
    ));
    if let Some(usual) = run.usual() {
        lines.push(fact(
            "usual step",
            humanize::training::step_time(usual.step),
        ));
    }
    if let Some(launch) = &run.launch {
        lines.push(fact("launch", humanize::training::launch(launch, now)));
    }
    for (at, place) in followed.ask.checkpoints.iter().enumerate() {
        lines.push(fact(
            "checkpoint",
            humanize::training::checkpoint(run, (at, place, followed.has_listed(at)), now),
        ));
    }
    lines.extend(
        run.remarks()
            .into_iter()
            .map(|remark| fact("remark", remark)),
    );
    let wide = run
        .metrics()
        .map(|(name, _)| printable(name.as_bytes()).chars().count())
        .max()
        .unwrap_or(0)
        .min(40);
    for (name, series) in run.metrics() {
        let Some(last) = series.last() else {
            continue;
        };
        let (name, value) = (
            printable(name.as_bytes()),
            humanize::training::value(last.value),
        );
        let bars = humanize::training::bars(series, CHART);
        lines.push(format!(
            "  {name:<wide$} {value:>10}  {bars}  at {}",
            humanize::count(last.step)
        ));
    }
    for (ask, standing) in followed.ask.sources.iter().zip(&followed.standings) {
        lines.push(fact("source", words(&ask.from, standing, now)));
    }
    lines.extend(troubles(followed));
    lines
}

/// `logs/metrics.jsonl, JSON lines, 12.0 MiB, written 4 s ago`.
fn words(from: &Origin, standing: &Standing, now: Timestamp) -> String {
    let mut words = vec![from.to_string()];
    words.extend(humanize::training::source(standing, "--whole", now));
    words.join(", ")
}

/// The last lines of its log.
pub(super) fn tail(followed: &Followed, most: usize) -> Vec<String> {
    let streams = (0..followed.run.streams()).filter_map(|at| followed.run.lines(at));
    let Some(lines) = streams.max_by_key(|lines| lines.len()) else {
        return Vec::new();
    };
    let over = lines.len().saturating_sub(most);
    lines.iter().skip(over).map(|line| readable(line)).collect()
}
