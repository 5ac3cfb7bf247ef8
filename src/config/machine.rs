//! `[machines.NAME]` and `base_dir`: which machine is this, and where its data lies.

use std::{fs, path::PathBuf, sync::Arc};

use super::{
    document::Table,
    env::Env,
    ini,
    invalid::Invalid,
    origin::{Origin, Sourced},
};

/// How a machine is recognised; all that is said must hold, and one that says nothing is any machine.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct When {
    /// A program that can be called.
    pub command: Option<String>,
    /// The machine's name, with `*` and `?`.
    pub hostname: Option<String>,
    /// A path that is there.
    pub path: Option<String>,
    /// A variable that is set, or `NAME=VALUE`.
    pub env: Option<String>,
}

/// A machine of the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Machine {
    /// Its name.
    pub name: String,
    /// How it is recognised.
    pub when: When,
    /// Where its data lies.
    pub base_dir: Option<Sourced<PathBuf>>,
    /// Why this is not the machine we are on; `None` where it could be.
    pub refusal: Option<String>,
    /// Where it stands.
    pub origin: Origin,
}

impl When {
    fn of(table: Table<'_>) -> Self {
        let text = |key| table.text(key).map(|sourced| sourced.value);
        let when = Self {
            command: text("command"),
            hostname: text("hostname"),
            path: text("path"),
            env: text("env"),
        };
        if let Some(pattern) = &when.hostname
            && let Err(error) = globset::Glob::new(pattern)
        {
            table.problem("hostname", Invalid::because(error.to_string()));
        }
        table.close();
        when
    }

    /// Why this is not our machine, or `None` where it is.
    pub fn refusal(&self, env: &Env) -> Option<String> {
        let command = self.command.as_ref().filter(|name| !env.has_command(name));
        let path = self
            .path
            .as_ref()
            .filter(|path| !env.expand(path, &env.cwd).exists());
        let variable = self.env.as_ref().filter(|variable| !is_set(env, variable));
        let hostname = self.hostname.as_ref().filter(|name| !is_host(env, name));
        command
            .map(|name| format!("no command {name}"))
            .or_else(|| hostname.map(|name| format!("the host is not {name}")))
            .or_else(|| path.map(|path| format!("no {path}")))
            .or_else(|| variable.map(|name| format!("no ${name}")))
    }

    /// What is asked, in words.
    pub fn words(&self) -> String {
        let parts = [
            ("command", &self.command),
            ("hostname", &self.hostname),
            ("path", &self.path),
            ("env", &self.env),
        ];
        let said =
            |(key, value): (&str, &Option<String>)| Some(format!("{key} {}", value.as_ref()?));
        let words: Vec<String> = parts.into_iter().filter_map(said).collect();
        if words.is_empty() {
            return "any machine".to_owned();
        }
        words.join(" and ")
    }
}

fn is_set(env: &Env, variable: &str) -> bool {
    match variable.split_once('=') {
        Some((name, value)) => env.variable(name) == Some(value),
        None => env.variable(variable).is_some(),
    }
}

fn is_host(env: &Env, pattern: &str) -> bool {
    let Some(host) = &env.hostname else {
        return false;
    };
    globset::Glob::new(pattern).is_ok_and(|glob| glob.compile_matcher().is_match(host))
}

/// The machines in the order of the file.
pub(super) fn machines(root: &Table<'_>, env: &Env) -> Vec<Machine> {
    let mut machines = Vec::new();
    for (name, table) in root.tables("machines") {
        let when = table.table("when").map(When::of).unwrap_or_default();
        machines.push(Machine {
            name: name.to_owned(),
            refusal: when.refusal(env),
            base_dir: base_dir(&table, env),
            when,
            origin: table.origin(),
        });
        table.close();
    }
    machines
}

/// `base_dir = "…"` or `base_dir = { ini = …, section = …, key = … }`; relative ones lie below the file's folder.
pub(super) fn base_dir(table: &Table<'_>, env: &Env) -> Option<Sourced<PathBuf>> {
    let value = table.raw("base_dir")?;
    let folder = table.document.folder();
    if value.get_ref().is_str() {
        let text = table.text("base_dir")?;
        return Some(text.map(|path| env.expand(&path, folder)));
    }
    let source = Table::of(table.document, table.name_of("base_dir"), value)?;
    let found = of_ini(&source, env);
    source.close();
    match found {
        Ok(found) => found,
        Err(invalid) => {
            table.problem("base_dir", invalid);
            None
        }
    }
}

fn of_ini(source: &Table<'_>, env: &Env) -> Result<Option<Sourced<PathBuf>>, Invalid> {
    let (file, section, key) = (
        source.text("ini"),
        source.text("section"),
        source.text("key"),
    );
    let (Some(file), Some(key)) = (file, key) else {
        return Err(Invalid::because(
            "base_dir is a path, or { ini = FILE, section = NAME, key = NAME }",
        ));
    };
    let section = section.map(|section| section.value).unwrap_or_default();
    let path = env.expand(&file.value, source.document.folder());
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        // One file serves many machines, and another machine's program need not be here.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => {
            return Err(Invalid::because(format!(
                "cannot read {}: {error}",
                file.value
            )));
        }
    };
    let Some((value, line)) = ini::value(&text, &section, &key.value) else {
        return Err(Invalid::because(ini::missing(&path, &section, &key.value)));
    };
    let folder = path.parent().unwrap_or(&path).to_owned();
    let value = env.expand(value, &folder);
    let path = Arc::from(path);
    Ok(Some(Sourced::new(value, Origin::Foreign { path, line })))
}
