//! TOML to typed values, each with its origin. Layers: the built-in reference < the file < variables < flags.
//! `Config::load` is the door; everything it wants to know of the machine comes in `Env`, so that tests give their own.

pub mod bears;
mod boxed;
mod choice;
mod document;
pub mod env;
mod errand;
pub mod error;
pub mod guard;
mod health;
pub mod hooks;
pub mod ini;
pub mod invalid;
mod laid;
pub mod later;
mod launch;
pub mod layer;
pub mod machine;
pub mod mapping;
pub mod memory;
pub mod migration;
pub mod origin;
pub mod place;
pub mod quantity;
pub mod queue;
pub mod remote;
pub mod screen;
pub mod search;
pub mod setting;
mod show;
mod training;

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use indexmap::IndexMap;

use crate::domain::{location::Remote, training::ask::RunAsk};

use document::{Document, Table};
use hooks::Hooks;
use layer::Layer;
use machine::Machine;
use mapping::Mapping;
use memory::Memory;
use migration::Migration;
use queue::Queue;
use remote::RemoteConfig;
use screen::Screen;
use search::Search;
use setting::SyncKey;
use training::Around;

pub use boxed::{boxed, on_box};
pub use choice::{Choice, Way};
pub use env::Env;
pub use errand::{Ask, Errand};
pub use error::{Error, Problem, Problems};
pub use guard::Refusal;
pub use later::RunEnd;
pub use migration::RouteErrand;
pub use origin::{Origin, Sourced};
pub use place::{Place, Scope};
pub use show::Row;

/// The reference that is built in: every key with its meaning, and the defaults.
pub const REFERENCE: &str = include_str!("../../config/default.toml");

/// The whole configuration as it holds here and now.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// Where it was looked for.
    pub search: Search,
    /// The file that is used; `None` where there is none, and the defaults hold.
    pub file: Option<PathBuf>,
    /// The remotes of the file, and the unnamed one where variables or flags speak of it.
    pub remotes: IndexMap<Remote, RemoteConfig>,
    /// Those of them that flags of one side made.
    laid: Vec<Remote>,
    /// The remote that locations without one are at.
    pub remote: Remote,
    /// The machines of the file, in its order.
    pub machines: Vec<Machine>,
    /// `base_dir` at the top of the file: for machines that say nothing.
    pub base_dir: Option<Sourced<PathBuf>>,
    /// The mappings of the file, in its order.
    pub mappings: IndexMap<String, Mapping>,
    /// Mappings under one name.
    pub groups: IndexMap<String, Vec<String>>,
    /// Named filters.
    pub filters: IndexMap<String, Layer>,
    /// Named migrations.
    pub migrations: IndexMap<String, Migration>,
    /// Training runs.
    pub runs: IndexMap<String, RunAsk>,
    /// How they end: whose they are, and what they were to bring.
    pub ends: IndexMap<String, RunEnd>,
    /// Commands that are run when a task ends or waits for a person.
    pub hooks: Hooks,
    /// How long tasks are remembered.
    pub memory: Memory,
    /// How tasks wait for each other.
    pub queue: Queue,
    /// How the terminal interface looks.
    pub screen: Screen,
    /// Machines in whose place a person pushes from here, by a word of consent.
    pub(crate) overridden: Vec<String>,
    /// Sync options of the built-in reference.
    defaults: Layer,
    /// `[defaults]` of the file.
    file_defaults: Layer,
    /// `WHARF_*` variables.
    variables: Layer,
    /// The surroundings it was read in.
    env: Env,
}

impl Config {
    /// Finds and reads the configuration; none at all is a configuration too.
    pub fn load(flag: Option<&Path>, env: &Env) -> Result<Self, Error> {
        let search = Search::run(flag, env)?;
        let used = search.used().map(|candidate| candidate.path.clone());
        let text = match &used {
            Some(path) => read(path)?,
            None => String::new(),
        };
        let mut config = Self::of_text(used.as_deref(), &text, env)?;
        config.search = search;
        Ok(config)
    }

    /// The configuration that `text` is, as if it stood in `path`.
    pub fn of_text(path: Option<&Path>, text: &str, env: &Env) -> Result<Self, Error> {
        let mut problems = Vec::new();
        let reference = Document::built_in(REFERENCE);
        let defaults = read_all(&reference, env).file_defaults;
        problems.extend(reference.into_problems());
        // Relative paths are meant beside the real file, however it was linked to.
        let real = path.map(|path| fs::canonicalize(path).unwrap_or_else(|_gone| path.to_owned()));
        let shown = Arc::from(real.as_deref().unwrap_or(&env.cwd.join(search::FILE_NAME)));
        let document = Document::new(shown, text);
        let mut config = read_all(&document, env);
        problems.extend(document.into_problems());
        let variables = Layer::of_variables(env, &mut problems);
        config.screen.complete(env, &mut problems);
        if !problems.is_empty() {
            return Err(Error::Problems(Problems(problems)));
        }
        let mut config = Self {
            file: path.map(Path::to_owned),
            defaults,
            variables,
            env: env.clone(),
            ..config
        };
        let unnamed = RemoteConfig::of_variables(env);
        config.remotes.insert(Remote::default(), unnamed);
        Ok(config)
    }

    /// The machine that we are on: the first that could be.
    pub fn machine(&self) -> Option<&Machine> {
        self.machines
            .iter()
            .find(|machine| machine.refusal.is_none())
    }

    /// The folder below which the folders of mappings lie.
    pub fn base(&self) -> Option<&Sourced<PathBuf>> {
        let own = self.machine().and_then(|machine| machine.base_dir.as_ref());
        own.or(self.base_dir.as_ref())
    }

    /// The surroundings it was read in.
    pub fn env(&self) -> &Env {
        &self.env
    }
}

fn read(path: &Path) -> Result<String, Error> {
    fs::read_to_string(path).map_err(|source| Error::Read {
        path: path.to_owned(),
        source,
    })
}

fn read_all(document: &Document<'_>, env: &Env) -> Config {
    let tables = document.parse();
    let root = Table::root(document, &tables);
    let remotes = remote::remotes(&root);
    let machines = machine::machines(&root, env);
    let names: Vec<&str> = machines
        .iter()
        .map(|machine| machine.name.as_str())
        .collect();
    let mappings = mapping::mappings(&root, env, &remotes, &names);
    let groups = mapping::groups(&root, &mappings);
    let defaults = root.table("defaults").map(|table| {
        let layer = mapping::options(&table, &SyncKey::ALL, env);
        table.close();
        layer
    });
    let known = later::Known {
        remotes: &remotes,
        mappings: &mappings,
    };
    let top = machine::base_dir(&root, env);
    let here = machines.iter().find(|machine| machine.refusal.is_none());
    let base = here.and_then(|machine| machine.base_dir.as_ref());
    let base = base.or(top.as_ref());
    let around = Around {
        env,
        folder: base.map_or(document.folder(), |base| &base.value),
    };
    let (runs, ends) = later::runs(&root, &known, &around);
    let config = Config {
        base_dir: top,
        filters: mapping::filters(&root, env),
        hooks: Hooks::of(&root),
        memory: Memory::of(&root),
        queue: Queue::of(&root),
        screen: Screen::of(&root, env),
        migrations: migration::migrations(&root, env, &remotes),
        file_defaults: defaults.unwrap_or_default(),
        runs,
        ends,
        groups,
        mappings,
        machines,
        remotes,
        ..Config::default()
    };
    root.close();
    config
}

#[cfg(test)]
mod tests;
