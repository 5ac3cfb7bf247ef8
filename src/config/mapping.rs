//! `[mappings.NAME]`, `[groups.NAME]` and `[filters.NAME]`: one local folder and one prefix that belong together, and what
//! holds for them. A pull mapping can never write to S3.

use std::fmt;

use indexmap::IndexMap;

use crate::domain::{
    location::{Location, Remote},
    parts::Parts,
};

use super::{
    document::{Table, expected},
    env::Env,
    invalid::Invalid,
    layer::Layer,
    origin::{Origin, Sourced},
    remote::RemoteConfig,
    setting::{self, Setting, SyncKey},
};

/// Which way a mapping may move data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Direction {
    /// S3 to disk only.
    #[default]
    Pull,
    /// Disk to S3 only.
    Push,
    /// Both ways.
    Both,
}

impl Direction {
    /// The word in files.
    pub fn word(self) -> &'static str {
        match self {
            Self::Pull => "pull",
            Self::Push => "push",
            Self::Both => "both",
        }
    }
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// One local folder and one prefix.
#[derive(Debug, Clone, PartialEq)]
pub struct Mapping {
    /// Its name.
    pub name: String,
    /// The folder, as written.
    pub local: Sourced<String>,
    /// The prefix.
    pub remote: Sourced<Location>,
    /// Which way data may go.
    pub direction: Direction,
    /// The machine whose side wins; elsewhere it only pulls.
    pub authority: Option<Sourced<String>>,
    /// Never write where git would track it.
    pub forbid_git: bool,
    /// How keys fall into parts.
    pub parts: Option<Sourced<Parts>>,
    /// Run after a pull; its exit code is part of the outcome.
    pub verify_command: Option<Sourced<String>>,
    /// Its own sync options.
    pub options: Layer,
    /// Where it stands.
    pub origin: Origin,
}

/// Reads the sync options that stand in `table`, in the order of the file.
pub(super) fn options(table: &Table<'_>, keys: &[SyncKey], env: &Env) -> Layer {
    let mut layer = Layer::default();
    // Asked for even where absent, so that the table knows them; then read in the order of the file.
    for key in keys {
        table.knows(key.name());
    }
    for (name, _, value) in table.entries() {
        let Some(&key) = keys.iter().find(|key| key.name() == name) else {
            continue;
        };
        let read = |text: &str| key.read(text, env.now);
        let mut push = |found: Option<Sourced<Setting>>| {
            if let Some(Sourced { value, origin }) = found {
                layer.push(value, origin);
            }
        };
        match (key, value.get_ref().as_array(), value.get_ref().as_table()) {
            (SyncKey::Include | SyncKey::Exclude, Some(array), _) => {
                array
                    .iter()
                    .for_each(|value| push(table.read_value(name, value, read)));
            }
            (SyncKey::Metadata | SyncKey::Tags, _, Some(_)) => {
                let Some(pairs) = Table::of(table.document, table.name_of(name), value) else {
                    continue;
                };
                for (word, _, value) in pairs.entries() {
                    let joined = |text: &str| key.read(&format!("{word}={text}"), env.now);
                    push(pairs.read_value(word, value, joined));
                }
            }
            (SyncKey::Include | SyncKey::Exclude, ..) => {
                table.problem(name, expected("a list of globs [ … ]", value));
            }
            (SyncKey::Metadata | SyncKey::Tags, ..) => {
                table.problem(name, expected("a table { KEY = \"VALUE\" }", value));
            }
            _ => push(table.read_value(name, value, read)),
        }
    }
    layer
}

/// The mappings in the order of the file.
pub(super) fn mappings(
    root: &Table<'_>,
    env: &Env,
    remotes: &IndexMap<Remote, RemoteConfig>,
    machines: &[&str],
) -> IndexMap<String, Mapping> {
    let mut mappings = IndexMap::new();
    for (name, table) in root.tables("mappings") {
        if !Remote::is_name(name) {
            let message = "a mapping's name is of letters, digits, '-', '_' and '.'";
            root.document
                .problem(table.span(), &table.path, Invalid::because(message));
        }
        if let Some(mapping) = mapping(name, &table, env, remotes) {
            if let Some(authority) = &mapping.authority
                && !machines.contains(&authority.value.as_str())
            {
                let unknown = Invalid::unknown(&authority.value, "machine", machines);
                table.problem("authority", unknown);
            }
            mappings.insert(name.to_owned(), mapping);
        }
        table.close();
    }
    mappings
}

fn mapping(
    name: &str,
    table: &Table<'_>,
    env: &Env,
    remotes: &IndexMap<Remote, RemoteConfig>,
) -> Option<Mapping> {
    let options = options(table, &SyncKey::ALL, env);
    let (local, remote) = (table.text("local"), prefix(table, "remote", remotes));
    let value = |sourced: Option<Sourced<bool>>| sourced.map(|sourced| sourced.value);
    let direction = table.read("direction", direction);
    let found = Mapping {
        name: name.to_owned(),
        direction: direction.map(|d| d.value).unwrap_or_default(),
        authority: table.text("authority"),
        forbid_git: value(table.read("forbid_git", setting::switch)).unwrap_or(true),
        parts: table.read("parts", parts),
        verify_command: table.text("verify_command"),
        options,
        origin: table.origin(),
        local: required(table, "local", local)?,
        remote: required(table, "remote", remote)?,
    };
    Some(found)
}

/// The value, or a problem of the table that lacks the key.
pub(super) fn required<T>(table: &Table<'_>, key: &str, value: Option<T>) -> Option<T> {
    if value.is_none() && !table.entries().any(|(name, ..)| name == key) {
        table.problem(key, Invalid::because("this key is missing"));
    }
    value
}

/// The prefix of `key`, at a remote that the configuration has.
pub(super) fn prefix<'a>(
    table: &Table<'a>,
    key: &'a str,
    remotes: &IndexMap<Remote, RemoteConfig>,
) -> Option<Sourced<Location>> {
    table.read(key, |text| {
        let location =
            Location::parse(text).map_err(|error| Invalid::because(error.to_string()))?;
        let Some(prefix) = location.s3() else {
            return Err(Invalid::form(text, "REMOTE:s3://bucket/prefix"));
        };
        known_remote(&prefix.remote, remotes)?;
        Ok(location)
    })
}

/// Whether the configuration has this remote, or an error that names the nearest.
pub(super) fn known_remote(
    remote: &Remote,
    remotes: &IndexMap<Remote, RemoteConfig>,
) -> Result<(), Invalid> {
    match remote.name() {
        Some(name) if !remotes.contains_key(remote) => {
            let known: Vec<&str> = remotes.keys().filter_map(Remote::name).collect();
            Err(Invalid::unknown(name, "remote", &known))
        }
        Some(_) | None => Ok(()),
    }
}

/// The groups: names of mappings under one name.
pub(super) fn groups(
    root: &Table<'_>,
    mappings: &IndexMap<String, Mapping>,
) -> IndexMap<String, Vec<String>> {
    let known: Vec<&str> = mappings.keys().map(String::as_str).collect();
    let mut groups = IndexMap::new();
    for (name, table) in root.tables("groups") {
        let members = table.list("mappings").into_iter();
        let read = |value| table.read_value("mappings", value, |text| member(text, &known));
        let members = members
            .filter_map(read)
            .map(|member| member.value)
            .collect();
        groups.insert(name.to_owned(), members);
        table.close();
    }
    groups
}

fn member(name: &str, known: &[&str]) -> Result<String, Invalid> {
    if known.contains(&name) {
        return Ok(name.to_owned());
    }
    Err(Invalid::unknown(name, "mapping", known))
}

/// The named filters.
pub(super) fn filters(root: &Table<'_>, env: &Env) -> IndexMap<String, Layer> {
    let keys = [
        SyncKey::Include,
        SyncKey::Exclude,
        SyncKey::MinSize,
        SyncKey::MaxSize,
        SyncKey::NewerThan,
        SyncKey::OlderThan,
    ];
    let mut filters = IndexMap::new();
    for (name, table) in root.tables("filters") {
        filters.insert(name.to_owned(), options(&table, &keys, env));
        table.close();
    }
    filters
}

fn direction(text: &str) -> Result<Direction, Invalid> {
    Ok(match setting::word(text, &["pull", "push", "both"])? {
        "pull" => Direction::Pull,
        "push" => Direction::Push,
        _ => Direction::Both,
    })
}

fn parts(text: &str) -> Result<Parts, Invalid> {
    Parts::parse(text).map_err(|error| Invalid::because(error.to_string()))
}
