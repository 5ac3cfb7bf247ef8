//! The list of tasks, one task, and what is unusual about the last run of a mapping.

use jiff::{Timestamp, tz::TimeZone};
use serde::Serialize;

use crate::cli::{args::TasksList, exit::Exit, output::record::TaskRecord};
use crate::config::{Error, quantity};
use crate::domain::{
    location::Location,
    progress::{TaskId, TaskKind, TaskState},
    runs::Runs,
    text::printable,
};
use crate::engine::{PastTask, Search};
use crate::humanize;

use super::{Context, state_word};

/// Lists the tasks that are asked for.
pub(super) async fn list(
    context: &mut Context,
    args: &TasksList,
    between: Option<(Location, Location)>,
) -> Result<Exit, Exit> {
    let since = match args.since.as_deref() {
        Some(text) => match quantity::moment(text, Timestamp::now()) {
            Ok(since) => Some(since),
            Err(invalid) => {
                let error = Error::Invalid(invalid);
                let help = error.help();
                context
                    .output
                    .error(format_args!("--since: {error}"), help.as_deref());
                return Err(Exit::Usage);
            }
        },
        None => None,
    };
    let states = args.state.iter().flat_map(|state| state.states());
    let search = Search {
        id: None,
        parent: None,
        text: args.text.clone(),
        states: states.copied().collect(),
        since,
        between: between.map(|(one, other)| (one.text(), other.text())),
        most: Some(args.limit),
    };
    let tasks = context.past(search).await?;
    for task in &tasks {
        context.output.record(&TaskRecord::from(task));
        context.output.line(line(task));
    }
    if let Some(name) = &args.mapping {
        let runs = Runs(tasks.iter().filter_map(PastTask::run).collect());
        context.output.record(&RunsRecord::new(name, &runs));
        for line in told(name, &runs) {
            context.output.line(line);
        }
    }
    if tasks.is_empty() {
        context.output.remark("no task was found");
    }
    context
        .output
        .record(&serde_json::json!({"type": "summary", "tasks": tasks.len()}));
    Ok(Exit::Ok)
}

/// Tells one task.
pub(super) async fn show(context: &mut Context, id: TaskId) -> Result<Exit, Exit> {
    let task = context.past_task(id).await?;
    context.output.record(&TaskRecord::from(&task));
    for (name, value) in facts(&task) {
        context.output.line(format_args!("{name:<12}{value}"));
    }
    Ok(Exit::Ok)
}

/// A task in a line.
fn line(task: &PastTask) -> String {
    let rate = task.rate().map_or_else(|| "-".to_owned(), humanize::rate);
    let failed = match task.failed {
        0 => String::new(),
        n => format!("  {} failed", humanize::count(n)),
    };
    let (source, destination) = (
        printable(task.source.as_bytes()),
        printable(task.destination.as_bytes()),
    );
    let (kind, places) = if task.kind.deletes(&task.source, &task.destination) {
        match &task.name {
            Some(name) => ("edit", format!("{name} in {destination}")),
            None => ("delete", destination.to_string()),
        }
    } else {
        (kind_word(task.kind), format!("{source} → {destination}"))
    };
    format!(
        "{:>5}  {:<6}  {:<11}  {}  {:>17}  {:>9}  {:>11}  {:>8}{failed}  {places}",
        task.id.0,
        kind,
        state_word(task.state),
        humanize::timestamp(task.started, &TimeZone::system()),
        format!(
            "{}/{}",
            humanize::count(task.done + task.skipped),
            humanize::count(task.planned)
        ),
        humanize::bytes(task.bytes),
        rate,
        time(task),
    )
}

fn kind_word(kind: TaskKind) -> &'static str {
    match kind {
        TaskKind::Sync => "sync",
        TaskKind::Verify => "verify",
        TaskKind::Cleanup => "cleanup",
        TaskKind::Group => "group",
    }
}

pub(super) fn time(task: &PastTask) -> String {
    humanize::duration(std::time::Duration::from_secs_f64(task.seconds()))
}

/// What is known of a task, by name.
pub(super) fn facts(task: &PastTask) -> Vec<(&'static str, String)> {
    let exact = |at: Timestamp| humanize::timestamp_exact(at, &TimeZone::system());
    let objects = |count: u64, bytes: u64| {
        format!(
            "{}, {}",
            humanize::counted(count, "object"),
            humanize::bytes(bytes)
        )
    };
    let mut facts = vec![
        ("task", format!("{} {}", task.id.0, kind_word(task.kind))),
        ("state", state_word(task.state).to_owned()),
    ];
    let name = task.name.as_ref();
    facts.extend(name.map(|name| ("name", printable(name.as_bytes()).into_owned())));
    let reason = task.reason.as_ref();
    facts.extend(reason.map(|reason| ("because", printable(reason.as_bytes()).into_owned())));
    if let Some(next) = next_step(task) {
        facts.push(("next", next));
    }
    // The parts of a group may have no place in common.
    let places = [("from", &task.source), ("to", &task.destination)];
    let places = places.into_iter().filter(|(_, place)| !place.is_empty());
    facts.extend(places.map(|(name, place)| (name, printable(place.as_bytes()).into_owned())));
    facts.push(("began", exact(task.started)));
    match task.ended {
        Some(ended) => facts.push(("ended", exact(ended))),
        None => facts.push(("last heard", exact(task.heard))),
    }
    facts.extend([
        ("took", time(task)),
        (
            "run by",
            format!(
                "process {} on {}",
                task.process,
                printable(task.host.as_bytes())
            ),
        ),
        ("runs", humanize::count(task.runs)),
        ("planned", objects(task.planned, task.planned_bytes)),
        ("done", objects(task.done, task.bytes)),
        (
            "verified",
            format!("{} by checksum", humanize::count(task.verified)),
        ),
        ("skipped", humanize::count(task.skipped)),
        ("failed", humanize::count(task.failed)),
        (
            "requests",
            format!(
                "{}, {} retries, {} × 503",
                humanize::count(task.requests.total()),
                humanize::count(task.retries),
                humanize::count(task.throttled)
            ),
        ),
    ]);
    facts
}

/// What a person can do with it.
fn next_step(task: &PastTask) -> Option<String> {
    let id = task.id.0;
    if task.can_go_on() {
        return Some(format!("wharf tasks resume {id}"));
    }
    match task.state {
        TaskState::Running | TaskState::Recounting | TaskState::Paused | TaskState::Waiting => {
            Some(format!("wharf tasks attach {id}"))
        }
        TaskState::Interrupted => Some("run it again: its plan was not kept".to_owned()),
        TaskState::Done | TaskState::Failed | TaskState::Cancelled => None,
    }
}

/// The last runs of a mapping in a line, and what is unusual about the last one.
fn told(name: &str, runs: &Runs) -> Vec<String> {
    let parts = humanize::runs(runs);
    if parts.is_empty() {
        return vec![format!("{name}: no run is known")];
    }
    let mut told = vec![format!("{name}: {}", parts.join("  "))];
    let bad = runs.bad_in_a_row();
    if bad > 0 {
        let runs = match bad {
            1 => "run".to_owned(),
            n => format!("{n} runs"),
        };
        told.push(format!("! {name}: the last {runs} did not end well"));
    }
    if runs.is_slow() {
        told.push(format!("! {name}: the last run was much slower than usual"));
    }
    told
}

/// `runs`: the last runs of a mapping, newest first.
#[derive(Serialize)]
struct RunsRecord<'a> {
    r#type: &'static str,
    mapping: &'a str,
    bytes_per_second: Vec<Option<f64>>,
    bytes: Vec<u64>,
    failed: Vec<u64>,
    well: Vec<bool>,
    usual_bytes_per_second: Option<f64>,
    slow: bool,
    bad_in_a_row: usize,
}

impl<'a> RunsRecord<'a> {
    fn new(mapping: &'a str, runs: &Runs) -> Self {
        let each = || runs.0.iter();
        Self {
            r#type: "runs",
            mapping,
            bytes_per_second: each().map(|run| run.rate).collect(),
            bytes: each().map(|run| run.bytes).collect(),
            failed: each().map(|run| run.failed).collect(),
            well: each().map(|run| run.well).collect(),
            usual_bytes_per_second: runs.usual_rate(),
            slow: runs.is_slow(),
            bad_in_a_row: runs.bad_in_a_row(),
        }
    }
}
