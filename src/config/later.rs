//! `[runs.NAME]`: read and checked, so that a slip in it is told on the first day it is written.

use indexmap::IndexMap;

use crate::domain::{location::Remote, training::ask::RunAsk};

use super::{
    document::{Table, expected},
    invalid::{Invalid, nearest},
    mapping::{self, Mapping},
    quantity,
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
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunEnd {
    /// The remote; the configuration's own where `None`.
    pub remote: Option<Remote>,
    /// Names of mappings.
    pub outputs: Vec<String>,
}

/// The runs of the file, each checked: how each is watched, and how it ends.
pub(super) fn runs(
    root: &Table<'_>,
    known: &Known<'_>,
    around: &Around<'_>,
) -> (IndexMap<String, RunAsk>, IndexMap<String, RunEnd>) {
    let (mut runs, mut ends) = (IndexMap::new(), IndexMap::new());
    for (name, table) in root.tables("runs") {
        let watched = training::run(name, &table, known, around);
        ends.insert(name.to_owned(), run(&table, known));
        table.close();
        runs.insert(name.to_owned(), watched);
    }
    (runs, ends)
}

fn run(table: &Table<'_>, known: &Known<'_>) -> RunEnd {
    let remote = table.read("remote", |name| {
        mapping::known_remote(&Remote::named(name), known.remotes).map(|_known| Remote::named(name))
    });
    drop(mappings_of(table, "inputs", known.mappings));
    let outputs = mappings_of(table, "outputs", known.mappings);
    drop(table.read("at_end", |text| {
        setting::word(text, &["terminate", "stop", "leave"]).map(drop)
    }));
    if let Some(code) = table.table("code") {
        for key in ["repository", "branch", "deploy_key"] {
            drop(code.text(key));
        }
        drop(code.texts("overrides"));
        code.close();
    }
    if let Some(launch) = table.table("launch") {
        self::launch(&launch);
        launch.close();
    }
    RunEnd {
        remote: remote.map(|remote| remote.value),
        outputs,
    }
}

fn launch(table: &Table<'_>) {
    let texts = [
        "binary",
        "subnet",
        "instance_profile",
        "image",
        "type",
        "init",
        "train",
        "key_name",
    ];
    for key in texts {
        drop(table.text(key));
    }
    for key in ["security_groups", "upload"] {
        drop(table.texts(key));
    }
    drop(table.read("spot", setting::switch));
    drop(table.read("max_hours", positive));
    drop(table.read("max_cost", positive));
    for value in table.list("volumes") {
        let Some(volume) = Table::of(table.document, table.name_of("volumes"), value) else {
            continue;
        };
        drop(volume.text("device"));
        drop(volume.read("size", quantity::size));
        let kinds = ["gp2", "gp3", "io1", "io2", "st1", "sc1", "standard"];
        drop(volume.read("kind", |text| setting::word(text, &kinds).map(drop)));
        volume.close();
    }
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

fn positive(text: &str) -> Result<f64, Invalid> {
    match text.parse::<f64>() {
        Ok(number) if number > 0.0 && number.is_finite() => Ok(number),
        Ok(_) | Err(_) => Err(Invalid::form(text, "a number above 0")),
    }
}
