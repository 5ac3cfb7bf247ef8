//! `[runs.NAME]`: read and checked, so that a slip in it is told on the first day it is written.

use indexmap::IndexMap;

use crate::domain::{
    cloud::{Reach, Reached},
    health::Limits,
    launch::Wish,
    location::{Location, Prefix, Remote},
    slip::nearest,
    training::ask::RunAsk,
};

use super::{
    Config,
    document::{Table, expected},
    health,
    invalid::Invalid,
    launch,
    mapping::{self, Mapping},
    remote::RemoteConfig,
    setting,
    training::{self, Around},
};

/// Names that `[runs]` refers to.
pub(super) struct Known<'a> {
    /// Remotes of the file.
    pub(super) remotes: &'a IndexMap<Remote, RemoteConfig>,
    /// Mappings of the file.
    pub(super) mappings: &'a IndexMap<String, Mapping>,
}

/// A run's end: whose it is, and what it was to bring.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RunEnd {
    /// The remote; the configuration's own where `None`.
    pub remote: Option<Remote>,
    /// Names of mappings.
    pub outputs: Vec<String>,
    /// The folder in S3 of what belongs to the run itself, where one is named.
    pub folder: Option<Location>,
    /// What is launched for it.
    pub launch: Option<Wish>,
    /// By which way its instance is reached, where that is said.
    pub reach: Option<Reach>,
    /// From where on something is wrong with an instance that it made.
    pub limits: Limits,
}

impl Config {
    /// By which way the instances of runs are reached, where runs say so.
    pub fn reaches(&self) -> impl Iterator<Item = Reached> {
        self.ends.iter().filter_map(|(run, end)| {
            let machine = self.runs.get(run).and_then(|run| run.machine.as_ref());
            Some(Reached {
                run: run.as_str().into(),
                remote: end.remote.clone().unwrap_or_default(),
                name: machine.map(|machine| machine.name.clone()),
                reach: end.reach.clone()?,
            })
        })
    }

    /// Whether a run is on an instance of the configuration's own remote, or is launched there.
    pub fn has_instances(&self) -> bool {
        let own = |remote: &Remote| remote.name().is_none() || *remote == self.remote;
        let mut machines = self.runs.values().filter_map(|run| run.machine.as_ref());
        let mut launched = self.ends.values().filter(|end| end.launch.is_some());
        machines.any(|machine| own(&machine.remote))
            || launched.any(|end| end.remote.as_ref().is_none_or(own))
    }

    /// The folder in S3 of what belongs to a run itself: its launches with their scripts, records and last words. Where none is
    /// named, `wharf-runs/RUN` in the bucket of its first output.
    pub fn run_folder(&self, run: &str) -> Option<Location> {
        folder_of(run, self.ends.get(run)?, &self.mappings)
    }
}

/// The folder that is named, else one in the bucket of the first output.
fn folder_of(run: &str, end: &RunEnd, mappings: &IndexMap<String, Mapping>) -> Option<Location> {
    if let Some(folder) = &end.folder {
        return Some(folder.clone());
    }
    let output = mappings.get(end.outputs.first()?)?;
    let bucket = output.remote.value.s3()?;
    Some(Location::S3(Prefix {
        path: format!("wharf-runs/{run}/").into(),
        ..bucket.clone()
    }))
}

/// The runs of the file, each checked: how each is watched, and how it ends.
pub(super) fn runs(
    root: &Table<'_>,
    known: &Known<'_>,
    around: &Around<'_>,
) -> (IndexMap<String, RunAsk>, IndexMap<String, RunEnd>) {
    let (mut runs, mut ends) = (IndexMap::new(), IndexMap::new());
    for (name, table) in root.tables("runs") {
        let mut watched = training::run(name, &table, known, around);
        let end = run(&table, known);
        if end.launch.is_some() || end.folder.is_some() {
            watched.launches = folder_of(name, &end, known.mappings);
        }
        ends.insert(name.to_owned(), end);
        table.close();
        runs.insert(name.to_owned(), watched);
    }
    (runs, ends)
}

fn run(table: &Table<'_>, known: &Known<'_>) -> RunEnd {
    let remote = table.read("remote", |name| {
        mapping::known_remote(&Remote::named(name), known.remotes).map(|_known| Remote::named(name))
    });
    let inputs = mappings_of(table, "inputs", known.mappings);
    let outputs = mappings_of(table, "outputs", known.mappings);
    let folder = table.read("folder", |text| folder(text, known));
    let launch = launch::wish(table, inputs, outputs.clone());
    let cost = launch.as_ref().and_then(|wish| wish.max_cost);
    RunEnd {
        remote: remote.map(|remote| remote.value),
        limits: Limits {
            cost,
            ..health::limits(table)
        },
        launch,
        outputs,
        folder: folder.map(|folder| folder.value),
        reach: reach(table),
    }
}

/// The way to the shell of its instance, with who logs in by ssh.
fn reach(table: &Table<'_>) -> Option<Reach> {
    let word = table.read("reach", |text| {
        setting::word(text, &Reach::WORDS).map(str::to_owned)
    });
    let user = table.read("ssh_user", |text| {
        let plain = !text.is_empty() && !text.contains(char::is_whitespace);
        let form = || Invalid::form(text, "the name of a user there, as ubuntu");
        plain.then(|| text.to_owned()).ok_or_else(form)
    });
    let user = user.map(|user| user.value);
    word.map(|word| Reach::of(&word.value, user.as_deref()))
}

/// A prefix of a bucket.
fn folder(text: &str, known: &Known<'_>) -> Result<Location, Invalid> {
    let form = || Invalid::form(text, "REMOTE:s3://bucket/prefix");
    let location = Location::parse(text).map_err(|error| Invalid::because(error.to_string()))?;
    let prefix = location.s3().ok_or_else(form)?;
    mapping::known_remote(&prefix.remote, known.remotes)?;
    Ok(location)
}

/// The names of mappings in a list; those that are none are told.
fn mappings_of(
    table: &Table<'_>,
    key: &'static str,
    mappings: &IndexMap<String, Mapping>,
) -> Vec<String> {
    let mut names = Vec::new();
    for value in table.list(key) {
        let Some(name) = value.get_ref().as_str() else {
            table.problem(key, expected("the name of a mapping", value));
            continue;
        };
        if !mappings.contains_key(name) {
            let known: Vec<&str> = mappings.keys().map(String::as_str).collect();
            let mut invalid = Invalid::unknown(name, "mapping", &known);
            invalid.nearest = nearest(name, &known).map(str::to_owned);
            table
                .document
                .problem(value.span(), &table.name_of(key), invalid);
            continue;
        }
        names.push(name.to_owned());
    }
    names
}
