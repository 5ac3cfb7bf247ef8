//! Which command does what: words become locations, remarks say what is read, then the command runs.

use std::sync::Arc;

use crate::cli::{
    args::{Command, Conflicts, Given, MappingArgs, TasksAction, TasksArgs},
    errand::{Errands, errands},
    exit::Exit,
    target::{self, Purpose, Target, TargetError, Words},
};
use crate::config::{Config, Way};
use crate::domain::{
    filter::Glob,
    location::Location,
    plan::{Existing, SyncOptions},
    text::printable,
};

use super::{Approval, Context, diff, ls, manifest, mappings, plan, sync, tasks, verify};

/// Runs a command that asks the engine; `None` where the command is none of these.
pub async fn run(context: &mut Context, target: Asked, command: &Command) -> Option<Exit> {
    Some(match (command, target) {
        (Command::Ls(args), Asked::One(location, options)) => {
            ls(context, args, location, options).await
        }
        (Command::Manifest(args), Asked::One(location, options)) => {
            manifest(context, args.out.as_deref(), location, options).await
        }
        (Command::Diff(args), Asked::Two(target)) => diff(context, args, target).await,
        (Command::Verify(_), Asked::Two(target)) => verify(context, target).await,
        (Command::Plan(args), Asked::Two(target)) => plan(context, args, target).await,
        (Command::Sync(args), Asked::Two(target)) => {
            let approved = args.sync.yes || target.decided;
            let approval = if approved {
                Approval::Given
            } else {
                Approval::Missing
            };
            sync(context, args, target, approval).await
        }
        (Command::Pull(args) | Command::Push(args), Asked::Several(errands)) => {
            mappings(context, args, errands).await
        }
        (Command::Both(args), Asked::Several(errands)) => {
            mappings(context, &args.mappings, errands).await
        }
        (Command::Tasks(args), Asked::Tasks(between)) => tasks(context, args, between).await,
        _ => return None,
    })
}

/// What the words of a command mean.
#[derive(Debug, Clone)]
pub enum Asked {
    /// One location.
    One(Location, Arc<SyncOptions>),
    /// Two.
    Two(Target),
    /// Mappings.
    Several(Errands),
    /// Tasks, between the places of a mapping where one was named.
    Tasks(Option<(Location, Location)>),
}

/// Reads the words and flags of a command; `None` where the command asks the engine nothing.
/// `config` gains a remote for a side that has flags of its own, so this comes before the engine is built.
pub fn asked(config: &mut Config, command: &Command) -> Option<Result<Asked, TargetError>> {
    let one = |word: &str, given: &Given| {
        Ok(Asked::One(
            target::location(config, word)?,
            target::options(config, given)?,
        ))
    };
    let (words, given, sides, purpose) = match command {
        Command::Pull(args) => return Some(several(config, args, (Way::Pull, None))),
        Command::Push(args) => return Some(several(config, args, (Way::Push, None))),
        Command::Both(args) => {
            return Some(several(config, &args.mappings, (Way::Both, args.conflicts)));
        }
        Command::Ls(args) => return Some(one(&args.location, &args.filter.0)),
        Command::Manifest(args) => return Some(one(&args.location, &args.filter.0)),
        Command::Diff(args) => (
            words(&args.left, args.right.as_ref()),
            joined(&args.check.0, &args.filter.0),
            &args.sides,
            Purpose::Compare,
        ),
        Command::Verify(args) => (
            words(&args.source, args.destination.as_ref()),
            joined(&args.check.0, &args.filter.0),
            &args.sides,
            Purpose::Compare,
        ),
        Command::Plan(args) => (
            words(&args.source, args.destination.as_ref()),
            args.sync.given.clone(),
            &args.sides,
            Purpose::Move,
        ),
        Command::Sync(args) => (
            words(&args.source, args.destination.as_ref()),
            args.sync.given.clone(),
            &args.sides,
            Purpose::Move,
        ),
        Command::Tasks(args) => return Some(between(config, args).map(Asked::Tasks)),
        Command::Demo(_)
        | Command::Doctor(_)
        | Command::Config(_)
        | Command::Completions { .. }
        | Command::Man => return None,
    };
    Some(target::target(config, words, &given, sides, purpose).map(Asked::Two))
}

fn several(
    config: &mut Config,
    args: &MappingArgs,
    how: (Way, Option<Conflicts>),
) -> Result<Asked, TargetError> {
    errands(config, args, how).map(Asked::Several)
}

/// The places of the mapping whose runs are asked for.
fn between(config: &Config, args: &TasksArgs) -> Result<Option<(Location, Location)>, TargetError> {
    let Some(TasksAction::List(list)) = &args.action else {
        return Ok(None);
    };
    let Some(name) = &list.mapping else {
        return Ok(None);
    };
    target::mapping(config, name).map(Some)
}

fn words<'a>(first: &'a str, second: Option<&'a String>) -> Words<'a> {
    Words {
        first,
        second: second.map(String::as_str),
    }
}

/// Options of two groups of flags; which of the groups comes first changes nothing, as they share no option.
fn joined(one: &Given, other: &Given) -> Given {
    Given(one.0.iter().chain(&other.0).cloned().collect())
}

impl Context {
    /// Tells what is read and by which rules, before anything is listed.
    pub fn introduce(&mut self, config: &Config, asked: &Asked) {
        match asked {
            Asked::One(..) | Asked::Tasks(_) => {}
            Asked::Two(target) => {
                self.introduce_config(config);
                let places = [&target.left, &target.right];
                self.introduce_places(config, places, ["From", "To  "]);
                self.tell_rules(&target.options);
            }
            Asked::Several(errands) => {
                self.introduce_config(config);
                for (name, refusal) in &errands.left {
                    self.output
                        .remark(format_args!("Left: {name}: {}", refusal.message));
                }
                for errand in &errands.errands {
                    self.output
                        .remark(format_args!("Mapping: {}", errand.mapping.name));
                    let words = match errand.way {
                        Way::Pull | Way::Push => ["From", "To  "],
                        Way::Both => ["Left ", "Right"],
                    };
                    self.introduce_places(config, [&errand.left, &errand.right], words);
                    self.tell_rules(&errand.options);
                }
            }
        }
    }

    fn introduce_config(&mut self, config: &Config) {
        if let Some(file) = &config.file {
            self.output.remark(format_args!(
                "Reading configuration from {}",
                printable(file.as_os_str().as_encoded_bytes())
            ));
        }
        if let Some(machine) = config.machine() {
            self.output
                .remark(format_args!("Machine: {}", machine.name));
        }
    }

    fn introduce_places(&mut self, config: &Config, places: [&Location; 2], words: [&str; 2]) {
        for (word, place) in words.into_iter().zip(places) {
            self.output.remark(format_args!(
                "{word} {}",
                target::place_words(config, place)
            ));
        }
    }

    fn tell_rules(&mut self, options: &SyncOptions) {
        let globs = |wanted: fn(&Glob) -> Option<&String>| {
            let found: Vec<&str> = options
                .filter
                .rules
                .iter()
                .filter_map(wanted)
                .map(String::as_str)
                .collect();
            found.join("  ")
        };
        let included = globs(|glob| {
            if let Glob::Include(text) = glob {
                Some(text)
            } else {
                None
            }
        });
        let excluded = globs(|glob| {
            if let Glob::Exclude(text) = glob {
                Some(text)
            } else {
                None
            }
        });
        for (word, text) in [("Taking", included), ("Leaving out", excluded)] {
            if !text.is_empty() {
                self.output
                    .remark(format_args!("{word} {}", printable(text.as_bytes())));
            }
        }
        if !options.filter.only.is_empty() {
            let only = options.filter.only.join("  ");
            self.output
                .remark(format_args!("Only {}", printable(only.as_bytes())));
        }
        if options.existing == Existing::Keep {
            self.output.remark("Existing files are kept");
        }
    }
}
