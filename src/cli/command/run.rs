//! Which command does what: words become locations, remarks say what is read, then the command runs.

use std::sync::Arc;

use crate::cli::{
    args::{Command, Given},
    exit::Exit,
    target::{self, Purpose, Target, TargetError, Words},
};
use crate::config::Config;
use crate::domain::{
    filter::Glob,
    location::Location,
    plan::{Existing, SyncOptions},
    text::printable,
};

use super::{Approval, Context, diff, ls, manifest, plan, sync, verify};

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
        Command::Demo(_)
        | Command::Doctor(_)
        | Command::Config(_)
        | Command::Completions { .. }
        | Command::Man => return None,
    };
    Some(target::target(config, words, &given, sides, purpose).map(Asked::Two))
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
    pub fn introduce(&mut self, config: &Config, target: &Target) {
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
        self.output.remark(format_args!(
            "From {}",
            target::place_words(config, &target.left)
        ));
        self.output.remark(format_args!(
            "To   {}",
            target::place_words(config, &target.right)
        ));
        self.tell_rules(&target.options);
    }

    fn tell_rules(&mut self, options: &Arc<SyncOptions>) {
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
        if options.existing == Existing::Keep {
            self.output.remark("Existing files are kept");
        }
    }
}
