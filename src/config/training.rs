//! What `[runs.NAME]` says about watching a run: where its numbers and checkpoints are, how far it shall go.

use std::{path::Path, sync::Arc, time::Duration};

use jiff::SignedDuration;

use crate::domain::{
    location::{Location, Remote},
    training::{
        ask::{RunAsk, SourceAsk},
        machine::{MachineAsk, MachineName, NameError, Process},
        origin::{LogPlace, Origin},
        run::Terms,
    },
};

use super::{
    Config, Error,
    document::Table,
    env::Env,
    invalid::Invalid,
    later::Known,
    mapping::{known_remote, required},
    origin::Sourced,
    quantity, setting,
};

impl Config {
    /// The run of this name, or the nearest that there is.
    pub fn run(&self, name: &str) -> Result<&RunAsk, Error> {
        let known: Vec<&str> = self.runs.keys().map(String::as_str).collect();
        let found = self.runs.get(name);
        found.ok_or_else(|| Error::Invalid(Invalid::unknown(name, "run", &known)))
    }
}

/// Where relative paths begin, and what expands them.
pub(super) struct Around<'a> {
    pub(super) env: &'a Env,
    pub(super) folder: &'a Path,
}

/// Reads the keys of one run that speak of watching it.
pub(super) fn run(name: &str, table: &Table<'_>, known: &Known<'_>, around: &Around<'_>) -> RunAsk {
    let mut sources = Vec::new();
    for value in table.list("metrics") {
        let Some(metric) = Table::of(table.document, table.name_of("metrics"), value) else {
            continue;
        };
        let from = metric.read("from", |text| origin(text, known, around));
        let pattern = metric.text("pattern");
        let from = required(&metric, "from", from);
        sources.extend(from.map(|from| SourceAsk {
            from: from.value,
            pattern: pattern.map(|pattern| Arc::from(pattern.value)),
        }));
        metric.close();
    }
    let checkpoints = table.list("checkpoints").into_iter();
    let checkpoints = checkpoints.filter_map(|value| {
        let read = |text: &str| match Origin::on_box(text) {
            Some(on_box) => on_box.map_err(|error| Invalid::form(text, &error.to_string())),
            None => place(text, known, around).map(Origin::from),
        };
        Some(table.read_value("checkpoints", value, read)?.value)
    });
    let span = |key| {
        table.read(key, |text| {
            quantity::span(text).and_then(|span| length(text, span))
        })
    };
    let stalled = table.read("stalled_after", |text| match text {
        "auto" => Ok(None),
        text => quantity::span(text)
            .and_then(|span| length(text, span))
            .map(Some),
    });
    let machine = machine(name, table, &sources);
    RunAsk {
        name: name.into(),
        machine,
        sources,
        checkpoints: checkpoints.collect(),
        launches: None,
        poll: value(span("poll")),
        terms: Terms {
            steps: value(table.read("total_steps", |text| setting::count(text, 1..=u64::MAX))),
            epochs: value(table.read("total_epochs", |text| {
                setting::count(text, 1..=1_000_000_u32)
            }))
            .map(f64::from),
            stalled_after: value(stalled).flatten(),
            lose_at_most: value(span("lose_at_most")),
        },
    }
}

/// The machine of a run: as it is named, else the one that wharf launched for it.
fn machine(name: &str, table: &Table<'_>, sources: &[SourceAsk]) -> Option<MachineAsk> {
    let form = |text: &str, error: NameError| Invalid::form(text, &error.to_string());
    let named = |text: &str| text.parse().map_err(|error| form(text, error));
    let instance: Option<MachineName> = value(table.read("instance", named));
    let known = |text: &str| text.parse().map_err(|error| form(text, error));
    let process: Option<Process> = value(table.read("process", known));
    let launched = process.is_some() || table.raw("launch").is_some();
    let process = process.or_else(|| trained(table));
    let name = instance.or_else(|| launched.then(|| MachineName::of_run(name)))?;
    let own = table
        .raw("remote")
        .and_then(|remote| remote.get_ref().as_str());
    let of_source = || sources.iter().find_map(|source| source.from.remote());
    let remote = match own {
        Some(name) => Remote::named(name),
        None => of_source().cloned().unwrap_or_default(),
    };
    Some(MachineAsk {
        remote,
        name,
        process,
    })
}

/// The process of a run that wharf launches: that of its script, where its name can stand in a pattern.
fn trained(table: &Table<'_>) -> Option<Process> {
    let launch = table.raw("launch")?.get_ref().as_table()?;
    let script = launch.get("train")?.get_ref().as_str()?;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
    let plain = script.chars().all(is_plain) && !script.is_empty();
    plain.then(|| Process::Pattern(script.into()))
}

fn value<T>(sourced: Option<Sourced<T>>) -> Option<T> {
    sourced.map(|sourced| sourced.value)
}

pub(super) fn length(text: &str, span: SignedDuration) -> Result<Duration, Invalid> {
    let length = Duration::try_from(span).ok();
    let length = length.filter(|length| !length.is_zero());
    length.ok_or_else(|| Invalid::form(text, "a length of time, as 10s or 15m"))
}

/// Streams of CloudWatch Logs, a file on the run's machine, or a place.
fn origin(text: &str, known: &Known<'_>, around: &Around<'_>) -> Result<Origin, Invalid> {
    if let Some(on_box) = Origin::on_box(text) {
        return on_box.map_err(|error| Invalid::form(text, &error.to_string()));
    }
    match LogPlace::of(text) {
        Some(Ok(logs)) => {
            known_remote(&logs.remote, known.remotes)?;
            Ok(Origin::Logs(logs))
        }
        Some(Err(error)) => Err(Invalid::form(text, &error.to_string())),
        None => place(text, known, around).map(Origin::from),
    }
}

/// A prefix or an object of a bucket, or a path below the machine's folder.
fn place(text: &str, known: &Known<'_>, around: &Around<'_>) -> Result<Location, Invalid> {
    let location = Location::parse(text).map_err(|error| Invalid::because(error.to_string()))?;
    match &location {
        Location::S3(prefix) => known_remote(&prefix.remote, known.remotes)?,
        Location::Disk(_) => return Ok(Location::Disk(around.env.expand(text, around.folder))),
        Location::Buckets(_) | Location::Manifest(_) => {
            return Err(Invalid::form(text, "REMOTE:s3://bucket/key, or a path"));
        }
    }
    Ok(location)
}
