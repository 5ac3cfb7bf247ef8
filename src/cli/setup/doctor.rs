//! `wharf doctor`: the configuration, then each place that is asked about, each question with its answer and its remedy.

use std::{fs, io, path::Path};

use serde::Serialize;

use crate::cli::{
    args::DoctorArgs,
    exit::Exit,
    output::Output,
    target::{self, TargetError},
};
use crate::config::{Config, mapping::Mapping};
use crate::domain::{
    location::{Location, Remote},
    text::printable,
};
use crate::engine::{
    Engine, FailedClass,
    doctor::{Check, Checkup, Finding, Health},
};

/// What is examined under one heading.
#[derive(Debug, Clone)]
pub struct Subject {
    /// The heading.
    name: String,
    /// The places.
    checkups: Vec<Checkup>,
}

/// `finding`: one question and its answer.
#[derive(Serialize)]
struct FindingRecord<'a> {
    r#type: &'static str,
    subject: &'a str,
    check: &'a str,
    health: &'static str,
    detail: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<&'a str>,
}

/// How many answers of each kind, and what they mean for the exit code.
#[derive(Default)]
struct Tally {
    ok: u64,
    warn: u64,
    fail: u64,
    exit: Exit,
}

/// What to examine: one subject, or every remote and mapping of the configuration.
pub fn subjects(config: &Config, args: &DoctorArgs) -> Result<Vec<Subject>, TargetError> {
    let Some(word) = &args.subject else {
        return all(config, args.write);
    };
    if let Some(mapping) = config.mappings.get(word) {
        return Ok(vec![of_mapping(config, mapping, args.write)?]);
    }
    let remote = Remote::named(word);
    if config.remotes.contains_key(&remote) {
        return Ok(vec![of_remote(&remote)]);
    }
    let location = target::location(config, word)?;
    Ok(vec![Subject {
        name: location.to_string(),
        checkups: vec![Checkup {
            location,
            writes: args.write,
        }],
    }])
}

fn all(config: &Config, write: bool) -> Result<Vec<Subject>, TargetError> {
    let named: Vec<&Remote> = config
        .remotes
        .keys()
        .filter(|remote| remote.name().is_some())
        .collect();
    let mut subjects: Vec<Subject> = named.iter().map(|remote| of_remote(remote)).collect();
    if subjects.is_empty()
        || config.remote.name().is_none()
            && config
                .remotes
                .get(&config.remote)
                .is_some_and(|set| !set.rows().is_empty())
    {
        subjects.push(of_remote(&Remote::default()));
    }
    for mapping in config.mappings.values() {
        subjects.push(of_mapping(config, mapping, write)?);
    }
    Ok(subjects)
}

fn of_remote(remote: &Remote) -> Subject {
    let name = remote.name().map_or_else(
        || "the unnamed remote".to_owned(),
        |name| format!("remote {name}"),
    );
    let location = Location::Buckets(remote.clone());
    Subject {
        name,
        checkups: vec![Checkup {
            location,
            writes: false,
        }],
    }
}

/// Its folder is written to by a pull, its prefix by a push; a prefix is probed by writing only where that is asked for.
fn of_mapping(config: &Config, mapping: &Mapping, write: bool) -> Result<Subject, TargetError> {
    use crate::config::mapping::Direction;
    let folder = Location::Disk(config.local(mapping)?);
    let pulls = mapping.direction != Direction::Push;
    let pushes = write && !config.only_pulls(mapping);
    Ok(Subject {
        name: format!("mapping {} ({})", mapping.name, mapping.direction),
        checkups: vec![
            Checkup {
                location: folder,
                writes: pulls,
            },
            Checkup {
                location: mapping.remote.value.clone(),
                writes: pushes,
            },
        ],
    })
}

/// Runs the command.
pub async fn doctor(
    output: &mut Output,
    config: &Config,
    engine: &Engine,
    subjects: &[Subject],
) -> Exit {
    let mut tally = Tally::default();
    output.line("configuration");
    for finding in configuration(config) {
        tell(output, &mut tally, "configuration", &finding);
    }
    for subject in subjects {
        output.line(&subject.name);
        for checkup in &subject.checkups {
            for finding in engine.examine(checkup).await {
                let found = Word::of(&finding);
                tell(output, &mut tally, &subject.name, &found);
                offer_folder(output, checkup, &finding);
            }
        }
        output.flush();
    }
    output.line(format_args!(
        "{} in order, {} to know, {} to mend",
        tally.ok, tally.warn, tally.fail
    ));
    output.record(&serde_json::json!({
        "type": "summary", "ok": tally.ok, "warn": tally.warn, "fail": tally.fail,
    }));
    tally.exit
}

/// A finding as it is told.
struct Word {
    check: &'static str,
    health: Health,
    detail: String,
    help: Option<String>,
}

impl Word {
    fn of(finding: &Finding) -> Self {
        Self {
            check: finding.check.word(),
            health: finding.health,
            detail: finding.detail.clone(),
            help: finding.help.clone(),
        }
    }

    fn new(check: &'static str, health: Health, detail: impl Into<String>) -> Self {
        Self {
            check,
            health,
            detail: detail.into(),
            help: None,
        }
    }

    fn with(self, help: &str) -> Self {
        Self {
            help: Some(help.to_owned()),
            ..self
        }
    }
}

fn configuration(config: &Config) -> Vec<Word> {
    let shown = |path: &Path| printable(path.as_os_str().as_encoded_bytes()).into_owned();
    let file = match (&config.file, config.search.used()) {
        (Some(file), Some(used)) => Word::new(
            "file",
            Health::Ok,
            format!("{} ({})", shown(file), used.why),
        ),
        (Some(file), None) => Word::new("file", Health::Ok, shown(file)),
        (None, _) => Word::new("file", Health::Warn, "none found: built-in defaults hold").with(
            "`wharf config path` tells where it is looked for, `wharf config init` writes one",
        ),
    };
    let mut words = vec![file];
    if !config.machines.is_empty() {
        words.push(match config.machine() {
            Some(machine) => Word::new(
                "machine",
                Health::Ok,
                format!("{} ({})", machine.name, machine.when.words()),
            ),
            None => Word::new(
                "machine",
                Health::Warn,
                format!("none of [machines] is this one ({})", config.tried()),
            )
            .with("add a [machines.NAME] without `when` for all others"),
        });
    }
    if let Some(base) = config.base() {
        words.push(Word::new(
            "base_dir",
            Health::Ok,
            format!("{} ({})", shown(&base.value), base.origin),
        ));
    }
    words
}

fn tell(output: &mut Output, tally: &mut Tally, subject: &str, word: &Word) {
    let health = match word.health {
        Health::Ok => "ok",
        Health::Warn => "warn",
        Health::Fail(_) => "fail",
    };
    match word.health {
        Health::Ok => tally.ok += 1,
        Health::Warn => tally.warn += 1,
        Health::Fail(class) => {
            tally.fail += 1;
            tally.exit = tally.exit.and(exit(class));
        }
    }
    let (on, off) = if output.style().colour {
        (colour(word.health), "\x1b[0m")
    } else {
        ("", "")
    };
    output.line(format_args!(
        "  {on}{health:<5}{off} {:<12} {}",
        word.check, word.detail
    ));
    if let Some(help) = &word.help {
        output.line(format_args!("        {:<12} -> {help}", ""));
    }
    output.record(&FindingRecord {
        r#type: "finding",
        subject,
        check: word.check,
        health,
        detail: &word.detail,
        help: word.help.as_deref(),
    });
}

fn colour(health: Health) -> &'static str {
    match health {
        Health::Ok => "\x1b[32m",
        Health::Warn => "\x1b[33m",
        Health::Fail(_) => "\x1b[31m",
    }
}

fn exit(class: FailedClass) -> Exit {
    match class {
        FailedClass::Usage => Exit::Usage,
        FailedClass::Broken => Exit::Failed,
        FailedClass::Guard => Exit::Refused,
        FailedClass::Cancelled => Exit::Cancelled,
    }
}

/// Makes a missing folder that downloads will go to, where a person is there to say yes.
fn offer_folder(output: &mut Output, checkup: &Checkup, finding: &Finding) {
    let Location::Disk(path) = &checkup.location else {
        return;
    };
    if finding.check != Check::Folder || finding.health != Health::Warn || !output.style().asks {
        return;
    }
    output.flush();
    output.ask(format_args!("make {} now? [y/N] ", checkup.location));
    let mut answer = String::new();
    let read = io::stdin().read_line(&mut answer);
    if read.is_err() || !matches!(answer.trim(), "y" | "Y" | "yes") {
        return;
    }
    match fs::create_dir_all(path) {
        Ok(()) => output.line(format_args!(
            "  made  {:<12} {}",
            "folder", checkup.location
        )),
        Err(error) => output.error(
            format_args!("cannot make {}: {error}", checkup.location),
            None,
        ),
    }
}
