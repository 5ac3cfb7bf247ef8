//! `wharf config check | show | init | path`: what is configured, where it was found, and who said it.

use std::{
    fs::{self, OpenOptions},
    io::Write as _,
    path::{Path, PathBuf},
};

use serde::Serialize;

use crate::cli::{
    args::{Cli, ConfigAction},
    exit::Exit,
    output::Output,
};
use crate::config::{
    Config, Env, Error, REFERENCE, Row,
    search::{FILE_NAME, Search},
};
use crate::domain::text::printable;

/// `config`: a value that holds.
#[derive(Serialize)]
struct ValueRecord<'a> {
    r#type: &'static str,
    key: &'a str,
    value: &'a str,
    origin: String,
}

/// `place`: where the configuration may be.
#[derive(Serialize)]
struct PlaceRecord {
    r#type: &'static str,
    path: String,
    why: String,
    exists: bool,
    used: bool,
}

/// Runs the command. `flag` is what `--config` says.
pub fn config(output: &mut Output, action: &ConfigAction, flag: Option<&Path>, env: &Env) -> Exit {
    match action {
        ConfigAction::Path => path(output, flag, env),
        ConfigAction::Init { file } => init(output, file.as_deref(), env),
        ConfigAction::Check => with(output, Config::load(flag, env), check),
        ConfigAction::Show { origins } => {
            let origins = *origins;
            with(output, Config::load(flag, env), |output, config| {
                show(output, config, origins)
            })
        }
    }
}

fn with(
    output: &mut Output,
    config: Result<Config, Error>,
    run: impl FnOnce(&mut Output, &Config) -> Exit,
) -> Exit {
    match config {
        Ok(config) => run(output, &config),
        Err(error) => refuse(output, &error),
    }
}

/// Tells what is wrong with the configuration, and ends as a usage error.
pub(super) fn refuse(output: &mut Output, error: &Error) -> Exit {
    output.error(error, error.help().as_deref());
    Exit::Usage
}

fn path(output: &mut Output, flag: Option<&Path>, env: &Env) -> Exit {
    let search = Search::places(flag, env);
    let used = search.used().map(|candidate| candidate.path.clone());
    for candidate in &search.candidates {
        let is_used = used.as_ref() == Some(&candidate.path);
        let path = shown(&candidate.path);
        let mark = match (is_used, candidate.exists) {
            (true, _) => "used   ",
            (false, true) => "there  ",
            (false, false) => "missing",
        };
        output.line(format_args!("{mark}  {path}  ({})", candidate.why));
        output.record(&PlaceRecord {
            r#type: "place",
            path,
            why: candidate.why.to_string(),
            exists: candidate.exists,
            used: is_used,
        });
    }
    match Search::run(flag, env) {
        Ok(_) if used.is_none() => {
            output.remark("none is there: built-in defaults hold; `wharf config init` writes one");
            Exit::Ok
        }
        Ok(_) => Exit::Ok,
        Err(error) => refuse(output, &error),
    }
}

fn check(output: &mut Output, config: &Config) -> Exit {
    let file = match &config.file {
        Some(file) => shown(file),
        None => "no file, built-in defaults".to_owned(),
    };
    let remotes = config
        .remotes
        .keys()
        .filter(|remote| remote.name().is_some())
        .count();
    output.line(format_args!("{file}: in order"));
    output.line(format_args!(
        "{remotes} remotes, {} mappings, {} groups, {} migrations, {} runs",
        config.mappings.len(),
        config.groups.len(),
        config.migrations.len(),
        config.runs.len()
    ));
    output.line(machine(config));
    let commands = Cli::commands();
    for name in config
        .mappings
        .keys()
        .filter(|name| commands.contains(name))
    {
        output.tell(format_args!(
            "mapping {name} bears the name of a command, which comes first: `wharf {name}` never means the mapping"
        ));
    }
    output.record(&serde_json::json!({
        "type": "config", "file": config.file.as_deref().map(shown), "remotes": remotes,
        "mappings": config.mappings.len(), "machine": config.machine().map(|machine| &machine.name),
    }));
    Exit::Ok
}

/// Which machine this is, in words.
pub(super) fn machine(config: &Config) -> String {
    let base = config.base().map_or_else(
        || "no base_dir".to_owned(),
        |base| format!("base_dir {} ({})", shown(&base.value), base.origin),
    );
    match config.machine() {
        Some(machine) => format!(
            "Machine: {} ({}), {base}",
            machine.name,
            machine.when.words()
        ),
        None => format!(
            "Machine: none of {} is this one, {base}",
            config.machines.len()
        ),
    }
}

fn show(output: &mut Output, config: &Config, origins: bool) -> Exit {
    let rows = config.rows();
    let width = |text: fn(&Row) -> &str| {
        rows.iter()
            .map(|row| text(row).chars().count())
            .max()
            .unwrap_or(0)
    };
    let (keys, values) = (width(|row| &row.key), width(|row| &row.value).min(60));
    for row in &rows {
        let value = printable(row.value.as_bytes());
        if origins {
            output.line(format_args!(
                "{:<keys$}  {value:<values$}  {}",
                row.key, row.origin
            ));
        } else {
            output.line(format_args!("{} = {value}", row.key));
        }
        output.record(&ValueRecord {
            r#type: "config",
            key: &row.key,
            value: &row.value,
            origin: row.origin.to_string(),
        });
    }
    Exit::Ok
}

/// Writes the reference with everything commented out but its explanations, so that it changes nothing until edited.
fn init(output: &mut Output, file: Option<&Path>, env: &Env) -> Exit {
    let path = file.map_or_else(|| env.cwd.join(FILE_NAME), |file| env.cwd.join(file));
    match write_new(&path, &template()) {
        Ok(()) => {
            output.line(format_args!("written: {}", shown(&path)));
            output.remark("take away the # before the keys you want, then `wharf config check`");
            Exit::Ok
        }
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            output.error(
                format_args!("{} is there already, and stays as it is", shown(&path)),
                Some("name another file: wharf config init FILE"),
            );
            Exit::Refused
        }
        Err(error) => {
            output.error(format_args!("cannot write {}: {error}", shown(&path)), None);
            Exit::Usage
        }
    }
}

fn template() -> String {
    let lines = REFERENCE.lines().map(|line| match line {
        line if line.is_empty() || line.starts_with('#') => line.to_owned(),
        line => format!("#{line}"),
    });
    let mut text = lines.collect::<Vec<_>>().join("\n");
    text.push('\n');
    text
}

fn write_new(path: &PathBuf, text: &str) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    file.write_all(text.as_bytes())
}

fn shown(path: &Path) -> String {
    printable(path.as_os_str().as_encoded_bytes()).into_owned()
}
