//! Which command does what: words become locations, remarks say what is read, then the command runs.

use std::sync::Arc;

use crate::{
    cli::{
        args::{Command, Given},
        exit::Exit,
    },
    config::{Config, Error},
    domain::{filter::Glob, location::Location, plan::Existing, plan::SyncOptions},
};

use super::{Both, Consent, Context, diff, ls, manifest, plan, resolve, sync, verify};

/// Runs a command that asks the engine; `None` where the command is none of these.
pub async fn run(context: &mut Context, config: &Config, command: &Command) -> Option<Exit> {
    let ran = match command {
        Command::Ls(args) => match resolve::one(config, &args.location, &args.filter.0) {
            Ok((location, options)) => Ok(ls(context, args, location, options).await),
            Err(error) => Err(error),
        },
        Command::Manifest(args) => match resolve::one(config, &args.location, &args.filter.0) {
            Ok((location, options)) => Ok(manifest(context, args.out.as_deref(), location, options).await),
            Err(error) => Err(error),
        },
        Command::Diff(args) => match context.both(config, (&args.left, args.right.as_deref()), &joined(&args.check.0, &args.filter.0)) {
            Ok((both, _)) => Ok(diff(context, args, both).await),
            Err(error) => Err(error),
        },
        Command::Verify(args) => match context.both(config, (&args.source, args.destination.as_deref()), &joined(&args.check.0, &args.filter.0)) {
            Ok((both, _)) => Ok(verify(context, both).await),
            Err(error) => Err(error),
        },
        Command::Plan(args) => match context.both(config, (&args.source, args.destination.as_deref()), &args.sync.given) {
            Ok((both, _)) => Ok(plan(context, args, both).await),
            Err(error) => Err(error),
        },
        Command::Sync(args) => match context.both(config, (&args.source, args.destination.as_deref()), &args.sync.given) {
            Ok((both, rule)) => Ok(match context.protected(config, &both) {
                Some(refused) => refused,
                None => sync(context, args, both, if args.sync.yes { Consent::Given } else { rule }).await,
            }),
            Err(error) => Err(error),
        },
        Command::Demo(_) | Command::Doctor(_) | Command::Config(_) | Command::Completions { .. } | Command::Man => return None,
    };
    Some(ran.unwrap_or_else(|error| {
        context.output.error(&error, error.help().as_deref());
        Exit::Usage
    }))
}

/// Options of two groups of flags; which of the groups comes first changes nothing, as they share no option.
fn joined(one: &Given, other: &Given) -> Given {
    Given(one.0.iter().chain(&other.0).cloned().collect())
}

impl Context {
    /// The two sides, and the remarks that tell them.
    fn both(&mut self, config: &Config, (first, second): (&str, Option<&str>), given: &Given) -> Result<(Both, Consent), Error> {
        let (both, consent) = resolve::both(config, first, second, given)?;
        if let Some(file) = &config.file {
            self.output.remark(format_args!("Reading configuration from {}", file.display()));
        }
        if let Some(machine) = config.machine() {
            self.output.remark(format_args!("Machine: {}", machine.name));
        }
        self.output.remark(format_args!("From {}", both.left));
        self.output.remark(format_args!("To   {}", both.right));
        self.tell_rules(&both.options);
        Ok((both, consent))
    }

    fn tell_rules(&mut self, options: &Arc<SyncOptions>) {
        let globs = |wanted: fn(&Glob) -> Option<&String>| {
            let found: Vec<&str> = options.filter.rules.iter().filter_map(wanted).map(String::as_str).collect();
            found.join("  ")
        };
        let included = globs(|glob| if let Glob::Include(text) = glob { Some(text) } else { None });
        let excluded = globs(|glob| if let Glob::Exclude(text) = glob { Some(text) } else { None });
        for (word, text) in [("Taking", included), ("Leaving out", excluded)] {
            if !text.is_empty() {
                self.output.remark(format_args!("{word} {}", crate::domain::text::printable(text.as_bytes())));
            }
        }
        if options.existing == Existing::Keep {
            self.output.remark("Existing files are kept");
        }
    }

    /// Refuses a destination that a pull mapping protects.
    fn protected(&mut self, config: &Config, both: &Both) -> Option<Exit> {
        let Location::S3(_) = &both.right else { return None };
        let mapping = config.forbids_writing(&both.right)?;
        self.output.error(
            format_args!("{} is under the mapping {}, which only pulls: nothing is written there", both.right, mapping.name),
            Some("choose another destination, or change the mapping's direction"),
        );
        Some(Exit::Refused)
    }
}
