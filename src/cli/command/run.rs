//! Which command does what: words become locations, remarks say what is read, then the command runs.

use std::{path::Path, sync::Arc};

use crate::cli::{
    args::{
        BucketAction, Command, Conflicts, DiffArgs, EditArgs, Given, InstancesAction, ManifestArgs,
        MappingArgs, MkdirArgs, PlanArgs, PresignArgs, PreviewArgs, RenameArgs, RestoreArgs,
        RmArgs, SideArgs, TasksAction, TasksArgs, UndeleteArgs, UploadsArgs, VersionsArgs,
    },
    ending::Ending,
    errand::{Errands, errands, own_ways},
    exit::Exit,
    launching::launching,
    lines::{Lines, lines},
    route::{Routes, routes},
    target::{self, Purpose, Target, TargetError, Words},
};
use crate::config::{Config, Place, Way};
use crate::domain::{
    filter::Glob,
    location::Location,
    plan::{Existing, PlannedRoute, SyncOptions},
    text::printable,
};
use crate::engine::{RouteAsk, launch::LaunchAsk};

use super::{
    Approval, Context,
    bucket::bucket,
    cleanup::cleanup,
    diff, diff_each,
    from_file::from_file,
    from_lines::from_lines,
    here::here,
    instances::{instances, launch},
    mappings,
    migrate::migrate,
    plan, plan_each, sync, tasks,
    training::{self, Watching},
    verify, verify_each, wrap_up,
};

/// Routes of a command file that are told before they are planned.
const ROUTES: usize = 20;

/// Runs a command that asks the engine; `None` where the command is none of these.
pub async fn run(context: &mut Context, target: Asked, command: &Command) -> Option<Exit> {
    Some(match (command, target) {
        (command, Asked::One(location, options)) => {
            return here(context, command, (location, options)).await;
        }
        (Command::Bucket(args), Asked::Bucket(location, places)) => {
            bucket(context, &args.action, (location, &places)).await
        }
        (Command::Diff(args), Asked::Two(target)) => diff(context, args, target).await,
        (Command::Diff(args), Asked::Each(targets)) => diff_each(context, args, targets).await,
        (Command::Verify(_), Asked::Two(target)) => verify(context, target).await,
        (Command::Verify(_), Asked::Each(targets)) => verify_each(context, targets).await,
        (Command::Plan(args), Asked::Two(target)) => plan(context, args, target).await,
        (Command::Plan(args), Asked::Several(errands)) => plan_each(context, args, errands).await,
        (Command::Sync(args), Asked::Two(target)) => {
            let approval = Approval::of(args.sync.yes || target.decided);
            sync(context, args, target, approval).await
        }
        (Command::Move(args), Asked::Two(target)) => {
            // A rule for what exists says nothing of sources.
            sync(context, args, target, Approval::of(args.sync.yes)).await
        }
        (Command::Pull(args) | Command::Push(args), Asked::Several(errands)) => {
            mappings(context, args, errands).await
        }
        (Command::Both(args), Asked::Several(errands)) => {
            mappings(context, &args.mappings, errands).await
        }
        (Command::Cleanup(args), Asked::Tasks(_)) => cleanup(context, args).await,
        (Command::Run(args), Asked::Plans(plans)) => from_file(context, args, plans).await,
        (Command::Run(args), Asked::Lines(lines)) => from_lines(context, args, lines).await,
        (Command::Migrate(args), Asked::Routes(routes)) => migrate(context, args, routes).await,
        (Command::Tasks(args), Asked::Tasks(between)) => tasks(context, args, between).await,
        (Command::Training(args), Asked::Runs(watching)) => {
            Box::pin(training::training(context, args, watching)).await
        }
        (Command::WrapUp(args), Asked::Remote(ending)) => {
            Box::pin(wrap_up::wrap_up(context, args, ending)).await
        }
        (Command::Instances(args), Asked::Launch(ask)) => match &args.action {
            Some(InstancesAction::Launch(args)) => Box::pin(launch(context, args, *ask)).await,
            Some(_) | None => return None,
        },
        (Command::Instances(args), Asked::Remote(of)) => instances(context, args, of.remote).await,
        _ => return None,
    })
}

/// What the words of a command mean.
#[derive(Debug, Clone)]
pub enum Asked {
    /// One location.
    One(Location, Arc<SyncOptions>),
    /// A bucket, with the places of a run there.
    Bucket(Location, Vec<Box<str>>),
    /// Two.
    Two(Target),
    /// The pairs of a group's mappings, to be compared.
    Each(Vec<Target>),
    /// Mappings on their way.
    Several(Errands),
    /// Routes from prefix to prefix.
    Routes(Routes),
    /// Plans that were written down.
    Plans(Vec<PlannedRoute>),
    /// Lines of s5cmd.
    Lines(Lines),
    /// The remote whose instances are meant, and what a run of it was to bring.
    Remote(Ending),
    /// A run that is to be launched.
    Launch(Box<LaunchAsk>),
    /// Tasks, between the places of a mapping where one was named.
    Tasks(Option<(Location, Location)>),
    /// Training runs.
    Runs(Watching),
}

/// What is to be changed or deleted, unless the configuration lets nobody write there.
fn written_to(config: &Config, word: &str) -> Result<Asked, TargetError> {
    let location = target::location(config, word)?;
    if let Some(refusal) = config.refusal(&location) {
        return Err(TargetError::Refused(refusal));
    }
    let options = target::options(config, &Given::default())?;
    Ok(Asked::One(location, options))
}

/// What is to be recorded: a place, or a mapping's local side as its filters take it.
fn recorded(config: &Config, args: &ManifestArgs) -> Result<Asked, TargetError> {
    if let Place::Mapping(mapping) = config.place(&args.location)? {
        let flags = target::layer(config, &args.filter.0)?;
        let options = config.mapping_options(&mapping, &flags).options;
        let local = Location::Disk(config.local(&mapping)?);
        return Ok(Asked::One(local, options.into()));
    }
    Ok(Asked::One(
        target::location(config, &args.location)?,
        target::options(config, &args.filter.0)?,
    ))
}

/// A bucket, and where the outputs of a run lie in it, where one is named.
fn a_bucket(config: &Config, action: &BucketAction) -> Result<Asked, TargetError> {
    let word = action.bucket();
    let Some(run) = action.run() else {
        return one(config, word, &Given::default());
    };
    let location = target::location(config, word)?;
    let shown = printable(run.as_bytes());
    let help = format!("outputs = [\"MAPPING\"] in [runs.{shown}] names what it brings");
    let end = config.ends.get(run).ok_or_else(|| TargetError::Words {
        message: format!("the configuration names no run {shown}"),
        help: help.clone(),
    })?;
    let mappings = end.outputs.iter();
    let mappings = mappings.filter_map(|name| config.mappings.get(name));
    let kept = mappings.filter_map(|mapping| mapping.remote.value.s3());
    let bucket = location.s3().map(|prefix| &*prefix.bucket);
    let here = kept.filter(|prefix| Some(&*prefix.bucket) == bucket);
    let places: Vec<Box<str>> = here.map(|prefix| prefix.folder().into()).collect();
    if places.is_empty() {
        return Err(TargetError::Words {
            message: format!("no output of the run {shown} lies in {location}"),
            help,
        });
    }
    Ok(Asked::Bucket(location, places))
}

/// One location, with the options of a filter.
fn one(config: &Config, word: &str, given: &Given) -> Result<Asked, TargetError> {
    Ok(Asked::One(
        target::location(config, word)?,
        target::options(config, given)?,
    ))
}

/// Reads the words and flags of a command; `None` where the command asks the engine nothing.
/// `config` gains a remote for a side that has flags of its own, so this comes before the engine is built.
pub fn asked(config: &mut Config, command: &Command) -> Option<Result<Asked, TargetError>> {
    Some(match command {
        Command::Rm(RmArgs { location, .. })
        | Command::Rename(RenameArgs { location, .. })
        | Command::Mkdir(MkdirArgs { location, .. })
        | Command::Undelete(UndeleteArgs { location, .. })
        | Command::Restore(RestoreArgs { location, .. })
        | Command::Uploads(UploadsArgs {
            location,
            abort: true,
            ..
        })
        | Command::Versions(VersionsArgs {
            location,
            bring_back: Some(_),
            ..
        })
        | Command::Edit(EditArgs { location, .. }) => written_to(config, location),
        Command::Preview(PreviewArgs { location, .. })
        | Command::Uploads(UploadsArgs { location, .. })
        | Command::Presign(PresignArgs { location, .. })
        | Command::Versions(VersionsArgs { location, .. }) => {
            one(config, location, &Given::default())
        }
        Command::Ls(args) => one(config, &args.location, &args.filter.0),
        Command::Find(args) => one(config, &args.location, &args.filter.0),
        Command::Manifest(args) => recorded(config, args),
        Command::Bucket(args) => a_bucket(config, &args.action),
        Command::Pull(args) => several(config, args, (Way::Pull, None)),
        Command::Push(args) => several(config, args, (Way::Push, None)),
        Command::Both(args) => several(config, &args.mappings, (Way::Both, args.conflicts)),
        Command::Diff(args) => diffed(config, args),
        Command::Cleanup(_) => Ok(Asked::Tasks(None)),
        Command::Run(args) => written(config, &args.file),
        Command::WrapUp(args) => Ending::asked(config, args).map(Asked::Remote),
        Command::Instances(args) => of_instances(config, args.action.as_ref()),
        Command::Migrate(args) => routes(config, args).map(Asked::Routes),
        Command::Verify(args) => {
            let given = joined(&args.check.0, &args.filter.0);
            let words = words(&args.source, args.destination.as_ref());
            compared(config, words, &given, &args.sides)
        }
        Command::Plan(args) => planned(config, args),
        Command::Sync(args) => {
            let words = words(&args.source, args.destination.as_ref());
            target::target(config, words, &args.sync.given, &args.sides, Purpose::Move)
                .map(Asked::Two)
        }
        Command::Move(args) => {
            let words = words(&args.source, args.destination.as_ref());
            let (given, sides) = (&args.sync.given, &args.sides);
            target::target(config, words, given, sides, Purpose::MoveAway).map(Asked::Two)
        }
        Command::Tasks(args) => between(config, args).map(Asked::Tasks),
        Command::Training(args) => training::watching(config, args).map(Asked::Runs),
        Command::Demo(_)
        | Command::Doctor(_)
        | Command::Config(_)
        | Command::Completions { .. }
        | Command::Man => return None,
    })
}

fn of_instances(
    config: &mut Config,
    action: Option<&InstancesAction>,
) -> Result<Asked, TargetError> {
    match action {
        Some(InstancesAction::Launch(args)) => {
            launching(config, &args.run).map(|ask| Asked::Launch(ask.into()))
        }
        Some(_) | None => Ok(Asked::Remote(Ending::none(config))),
    }
}

/// The plans that a file holds, or the lines of s5cmd.
fn written(config: &Config, file: &Path) -> Result<Asked, TargetError> {
    let text = target::content(file)?;
    if text.trim_start().starts_with('{') {
        return target::plans(file, &text).map(Asked::Plans);
    }
    lines(config, file, &text).map(Asked::Lines)
}

/// What `wharf diff` compares.
fn diffed(config: &mut Config, args: &DiffArgs) -> Result<Asked, TargetError> {
    let given = joined(&args.check.0, &args.filter.0);
    let words = words(&args.left, args.right.as_ref());
    compared(config, words, &given, &args.sides)
}

/// Two places to compare, or the mappings of a group.
fn compared(
    config: &mut Config,
    words: Words<'_>,
    given: &Given,
    sides: &SideArgs,
) -> Result<Asked, TargetError> {
    if let Some(targets) = target::each(config, words, given, sides)? {
        return Ok(Asked::Each(targets));
    }
    target::target(config, words, given, sides, Purpose::Compare).map(Asked::Two)
}

/// Two places to plan between, or mappings, each the way that it goes.
fn planned(config: &mut Config, args: &PlanArgs) -> Result<Asked, TargetError> {
    let words = words(&args.source, args.destination.as_ref());
    let (given, sides) = (&args.sync.given, &args.sides);
    if let Some(errands) = own_ways(config, words, (given, sides))? {
        return Ok(Asked::Several(errands));
    }
    target::target(config, words, given, sides, Purpose::Move).map(Asked::Two)
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
            Asked::One(..)
            | Asked::Bucket(..)
            | Asked::Tasks(_)
            | Asked::Remote(_)
            | Asked::Launch(_)
            | Asked::Runs(_) => {}
            Asked::Two(target) => {
                self.introduce_config(config);
                let places = [&target.left, &target.right];
                self.introduce_places(config, places, ["From", "To  "]);
                self.tell_rules(&target.options);
            }
            Asked::Each(targets) => {
                self.introduce_config(config);
                for target in targets {
                    self.output
                        .remark(format_args!("Mapping: {}", target.name()));
                    let places = [&target.left, &target.right];
                    self.introduce_places(config, places, ["Left ", "Right"]);
                    self.tell_rules(&target.options);
                }
            }
            Asked::Plans(plans) => {
                self.introduce_config(config);
                for PlannedRoute { name, plan } in plans {
                    self.output
                        .remark(format_args!("Plan: {name}, made {}", plan.made));
                    let places = [&plan.source, &plan.destination];
                    self.introduce_places(config, places, ["From", "To  "]);
                    self.tell_rules(&plan.options);
                }
            }
            Asked::Lines(lines) => self.introduce_lines(config, lines),
            Asked::Routes(routes) => {
                self.introduce_config(config);
                for route in &routes.routes {
                    self.output.remark(format_args!("Route: {}", route.name));
                    self.introduce_places(config, [&route.from, &route.to], ["From", "To  "]);
                    self.tell_rules(&route.options);
                }
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

    fn introduce_lines(&mut self, config: &Config, lines: &Lines) {
        self.introduce_config(config);
        for RouteAsk { route, options, .. } in lines.asks.iter().take(ROUTES) {
            self.output.remark(format_args!("Route: {}", route.name));
            let places = [&route.source, &route.destination];
            self.introduce_places(config, places, ["From", "To  "]);
            self.tell_rules(options);
        }
        let more = lines.asks.len().saturating_sub(ROUTES);
        if more > 0 {
            self.output.remark(format_args!("and {more} more routes"));
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
