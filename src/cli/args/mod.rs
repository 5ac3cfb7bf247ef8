//! The command line as clap reads it; `interface` of the README is its contract. Nothing is decided here.

mod bucket;
mod cleanup;
mod edit;
mod instances;
mod look;
mod mappings;
mod migrate;
mod rm;
mod run;
mod sides;
mod sync;
mod tasks;
mod training;
mod wrap_up;

use std::path::PathBuf;

use clap::{ArgAction, Args, CommandFactory as _, Parser, Subcommand, ValueEnum, error::ErrorKind};

use crate::config::Config;

pub use bucket::{BucketAction, BucketArgs};
pub use cleanup::CleanupArgs;
pub use edit::{EditArgs, MkdirArgs, RenameArgs, RestoreArgs, UndeleteArgs, UploadsArgs};
pub use instances::{
    InstanceId, InstanceSort, InstancesAction, InstancesArgs, InstancesExec, InstancesGpu,
    InstancesLaunch, InstancesList, InstancesShell, ReachArg, SpanArg, WayArgs,
};
pub use look::{FindArgs, PresignArgs, VersionsArgs};
pub use mappings::{BothArgs, Conflicts, MappingArgs};
pub use migrate::MigrateArgs;
pub use rm::RmArgs;
pub use run::{RunArgs, RunPace};
pub use sides::SideArgs;
pub use sync::{CheckArgs, FilterArgs, Given, SyncArgs};
pub use tasks::{ReportFormat, StateArg, TasksAction, TasksArgs, TasksList};
pub use training::{RunOf, TrainingAction, TrainingArgs};
pub use wrap_up::WrapUpArgs;

/// Look at buckets, compare them with folders, move data with proof.
#[derive(Debug, Parser)]
#[command(
    name = "wharf",
    version,
    override_usage = "wharf [OPTIONS] [LEFT [RIGHT]]\n       wharf [OPTIONS] COMMAND",
    disable_help_subcommand = true
)]
#[command(
    after_help = "A LOCATION is a path, s3://bucket/prefix, REMOTE:s3://bucket/prefix, a mapping's name, or manifest:FILE.\n\
    Exit codes: 0 done or equal, 1 differences, 2 usage or configuration, 3 some objects failed,\n\
    4 verification mismatch, 5 refused by a guard, 130 cancelled."
)]
pub struct Cli {
    /// What every command takes.
    #[command(flatten)]
    pub global: Global,
    /// The command; none opens the terminal interface.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Left side of the terminal interface, or a mapping's name
    #[arg(value_name = "LEFT")]
    pub left: Option<String>,
    /// Right side of the terminal interface
    #[arg(value_name = "RIGHT")]
    pub right: Option<String>,
}

impl Cli {
    /// The command line of this process; ends the process where it is wrong, or asks for help or the version.
    pub fn of_process() -> Self {
        let read = Self::try_parse().and_then(Self::checked);
        read.unwrap_or_else(|error| error.exit())
    }

    /// The global flags that these words are; none where they are no flags of this version.
    pub fn flags(words: &[String]) -> Global {
        let line = std::iter::once("wharf").chain(words.iter().map(String::as_str));
        Self::try_parse_from(line).map_or_else(|_other| Global::default(), |cli| cli.global)
    }

    /// The names of the commands.
    pub fn commands() -> Vec<String> {
        let command = Self::command();
        let names = command.get_subcommands().map(clap::Command::get_name);
        names.map(str::to_owned).collect()
    }

    /// A command stands first: a word before it would be silently lost.
    fn checked(self) -> Result<Self, clap::Error> {
        match (&self.left, &self.command) {
            (Some(word), Some(_)) => {
                let message = format!("\"{word}\" is no command, and stands before one\n");
                Err(Self::command().error(ErrorKind::ArgumentConflict, message))
            }
            (Some(_) | None, _) => Ok(self),
        }
    }
}

/// Flags of every command; they speak of the unnamed remote.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Global")]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is a flag of its own on the command line"
)]
pub struct Global {
    /// Use this configuration file
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Speak to this remote of the configuration where a location names none
    #[arg(long, global = true, value_name = "NAME")]
    pub remote: Option<String>,
    /// Profile of the AWS configuration
    #[arg(long, global = true, value_name = "NAME")]
    pub profile: Option<String>,
    /// Region
    #[arg(long, global = true, value_name = "NAME")]
    pub region: Option<String>,
    /// Endpoint of an S3-compatible store
    #[arg(long, global = true, value_name = "URL")]
    pub endpoint_url: Option<String>,
    /// Name the bucket in the path, not in the host
    #[arg(long, global = true)]
    pub path_style: bool,
    /// Send requests without a signature (public buckets)
    #[arg(long, global = true)]
    pub no_sign_request: bool,
    /// A remote that flags of one side made for a task that is gone on with, as TOML
    #[arg(long, global = true, hide = true, value_name = "TOML")]
    pub laid: Vec<String>,
    /// Draw the screen with plain letters: no lines, no signs beyond ASCII
    #[arg(long, global = true)]
    pub ascii: bool,
    /// Refuse everything that writes or deletes
    #[arg(long, global = true)]
    pub read_only: bool,
    /// Approve writing to this production remote by its name (repeatable)
    #[arg(long, global = true, value_name = "REMOTE")]
    pub confirm: Vec<String>,
    /// Print one JSON object a line
    #[arg(long, global = true)]
    pub json: bool,
    /// Use colour
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub color: When,
    /// Tell more in the log (repeatable)
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub verbose: u8,
    /// Tell only results and errors
    #[arg(short, long, global = true)]
    pub quiet: bool,
}

impl Global {
    /// The flags that a task must be given again when it is gone on with: how the unnamed remote and the remotes of
    /// one side's flags are reached, and which configuration file is read.
    pub fn to_go_on(&self, config: &Config) -> Vec<String> {
        let text = |flag: &str, value: Option<&String>| {
            value.map(|value| [flag.to_owned(), value.clone()])
        };
        let file = config.file.as_deref();
        let file = file.and_then(|file| std::path::absolute(file).ok());
        let file = file.map(|file| file.to_string_lossy().into_owned());
        let pairs = [
            text("--config", file.as_ref()),
            text("--remote", self.remote.as_ref()),
            text("--profile", self.profile.as_ref()),
            text("--region", self.region.as_ref()),
            text("--endpoint-url", self.endpoint_url.as_ref()),
        ];
        let switches = [
            ("--path-style", self.path_style),
            ("--no-sign-request", self.no_sign_request),
        ];
        let on = switches.into_iter().filter(|(_, on)| *on);
        let laid = config.laid_remotes().into_iter();
        let laid = laid.flat_map(|text| ["--laid".to_owned(), text]);
        let pairs = pairs.into_iter().flatten().flatten().chain(laid);
        pairs.chain(on.map(|(flag, _)| flag.to_owned())).collect()
    }

    /// These flags with those of a task that is gone on with where they say nothing.
    #[must_use]
    pub fn over(self, task: Self) -> Self {
        Self {
            config: self.config.or(task.config),
            remote: self.remote.or(task.remote),
            profile: self.profile.or(task.profile),
            region: self.region.or(task.region),
            endpoint_url: self.endpoint_url.or(task.endpoint_url),
            path_style: self.path_style || task.path_style,
            no_sign_request: self.no_sign_request || task.no_sign_request,
            laid: task.laid,
            ..self
        }
    }
}

/// When to use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum When {
    /// On a terminal, unless `NO_COLOR` is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Open the terminal interface on the embedded AWS, with the story's data in it
    Demo(DemoArgs),
    /// List a location
    Ls(LsArgs),
    /// Tell what one object is and bears, and show the beginning of its content
    Preview(PreviewArgs),
    /// Compare two locations
    Diff(DiffArgs),
    /// Tell what a sync would do, and write it down
    Plan(PlanArgs),
    /// Make the destination hold what the source holds
    Sync(SyncCommand),
    /// Bring what the source holds to the destination, and remove each source once its copy is proven
    Move(SyncCommand),
    /// Fetch mappings of the configuration: S3 to disk
    Pull(MappingArgs),
    /// Send mappings of the configuration: disk to S3
    Push(MappingArgs),
    /// Bring both sides of mappings together: what changed on one goes to the other
    Both(BothArgs),
    /// Copy prefixes to prefixes, several routes side by side, each with its proof
    Migrate(MigrateArgs),
    /// Run exactly a plan that was written down, or refuse it if the world has changed under it
    Run(RunArgs),
    /// Give an object, a file or a folder another name where it stands; nothing is written over
    Rename(RenameArgs),
    /// Make a folder: on a disk, or in S3 the object of 0 bytes that shows as one
    Mkdir(MkdirArgs),
    /// Look at a bucket as a whole: public access, encryption, versions, lifecycle, what it costs
    Bucket(BucketArgs),
    /// Find what a text or a glob names, at any depth below a location
    Find(FindArgs),
    /// Print an address by which anybody can read an object for a time
    Presign(PresignArgs),
    /// List the versions of an object, or of all below a prefix, delete markers among them
    Versions(VersionsArgs),
    /// Bring back what delete markers hide
    Undelete(UndeleteArgs),
    /// Make archived objects readable for some days, and wait until they are
    Restore(RestoreArgs),
    /// List unfinished uploads, which show in no listing and cost; with --abort, give them up
    Uploads(UploadsArgs),
    /// Change what objects bear: storage class, encryption, metadata, tags
    Edit(EditArgs),
    /// Delete an object, or all below a prefix, after it was listed and agreed to
    Rm(RmArgs),
    /// Delete the sources that a task proved, after a look and a typed word
    Cleanup(CleanupArgs),
    /// Prove by checksum that two locations hold the same
    Verify(VerifyArgs),
    /// Look at tasks of this and earlier sessions, go on with them, stop them, report them
    Tasks(TasksArgs),
    /// Look at training runs by their logs: progress, time left, stalls, checkpoints
    Training(TrainingArgs),
    /// Look at instances and what they cost, start and stop them
    Instances(InstancesArgs),
    /// Tell what a run still costs and whether its outputs are proven; with --apply, end it
    WrapUp(WrapUpArgs),
    /// Record a listing, to compare with later or elsewhere
    Manifest(ManifestArgs),
    /// Check configuration, credentials, permissions and stores, each with its remedy
    Doctor(DoctorArgs),
    /// Look at the configuration
    Config(ConfigArgs),
    /// Print the completions of a shell
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    Man,
}

impl Command {
    /// The number of the task that is to be gone on with, tried again or cleaned up.
    pub fn task_to_go_on(&self) -> Option<u64> {
        if let Self::Tasks(args) = self {
            args.first_to_go_on()
        } else if let Self::Cleanup(args) = self {
            Some(args.task)
        } else {
            None
        }
    }
}

/// `wharf demo`.
#[derive(Debug, Clone, Args)]
pub struct DemoArgs {
    /// Share of the story's 51,970 objects (all names with M are always there)
    #[arg(long, value_name = "F", default_value_t = 0.05)]
    pub scale: f64,
    /// Serve it alone and print the exports, so that any other client can be pointed at it
    #[arg(long)]
    pub serve: bool,
    /// Seeded faults, as "500=1%,latency=20ms,seed=7"
    #[arg(long, value_name = "SPEC")]
    pub faults: Option<String>,
    /// Keep the local folder and the bodies in this folder
    #[arg(long, value_name = "DIR")]
    pub keep: Option<PathBuf>,
}

/// `wharf ls`.
#[derive(Debug, Clone, Args)]
pub struct LsArgs {
    /// What to list; `s3://` lists the buckets
    pub location: String,
    /// All levels
    #[arg(short, long)]
    pub recursive: bool,
    /// Print the totals alone
    #[arg(long)]
    pub summarize: bool,
    /// Count by one feature of the names
    #[arg(long, value_name = "FEATURE")]
    pub count_by: Option<CountBy>,
    /// Draw the folders as a tree
    #[arg(long, conflicts_with = "count_by")]
    pub tree: bool,
    /// What takes part.
    #[command(flatten)]
    pub filter: FilterArgs,
}

/// What `ls --count-by` counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CountBy {
    /// First letter of the name.
    Letter,
    /// Folder.
    Folder,
    /// Extension.
    Extension,
    /// Day of the last change.
    Day,
    /// Storage class.
    Class,
    /// Size band.
    Size,
}

/// `wharf diff`.
#[derive(Debug, Clone, Args)]
pub struct DiffArgs {
    /// Left side, or a mapping's name alone
    pub left: String,
    /// Right side
    pub right: Option<String>,
    /// How "same" is decided.
    #[command(flatten)]
    pub check: CheckArgs,
    /// What takes part.
    #[command(flatten)]
    pub filter: FilterArgs,
    /// How one side is reached.
    #[command(flatten)]
    pub sides: SideArgs,
    /// Only these signs, as "+*!" (default: all but "=" and "x")
    #[arg(long, value_name = "SIGNS", allow_hyphen_values = true)]
    pub only: Option<String>,
    /// Say what the missing have in common
    #[arg(long)]
    pub gaps: bool,
    /// Print the totals alone
    #[arg(long)]
    pub summary: bool,
}

/// `wharf plan`.
#[derive(Debug, Clone, Args)]
pub struct PlanArgs {
    /// Where entries come from, or a mapping's name alone
    pub source: String,
    /// Where they go
    pub destination: Option<String>,
    /// All sync options.
    #[command(flatten)]
    pub sync: SyncArgs,
    /// How one side is reached.
    #[command(flatten)]
    pub sides: SideArgs,
    /// Write the plan to this file
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Form of what is written
    #[arg(long, value_name = "FORM", default_value = "json")]
    pub format: PlanFormat,
    /// The most commands in a file of s5cmd; --out FILE then becomes FILE with a number for each
    #[arg(long, value_name = "N", requires = "out", value_parser = clap::value_parser!(u32).range(1..))]
    pub batch: Option<u32>,
}

/// Form of a written plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PlanFormat {
    /// The plan itself.
    Json,
    /// A line a step, for a spreadsheet.
    Csv,
    /// Commands for `s5cmd run`.
    S5cmd,
}

/// `wharf sync` and `wharf move`.
#[derive(Debug, Clone, Args)]
pub struct SyncCommand {
    /// Where entries come from, or a mapping's name alone
    pub source: String,
    /// Where they go
    pub destination: Option<String>,
    /// All sync options.
    #[command(flatten)]
    pub sync: SyncArgs,
    /// How one side is reached.
    #[command(flatten)]
    pub sides: SideArgs,
    /// Plan and ask now, and run at this time: 02:00, +2h or 2026-01-31T02:00
    #[arg(long, value_name = "TIME")]
    pub at: Option<String>,
    /// Tell what would be done, a line an action, and do nothing
    #[arg(short = 'n', long)]
    pub dry_run: bool,
}

/// `wharf verify`.
#[derive(Debug, Clone, Args)]
pub struct VerifyArgs {
    /// Source, or a mapping's name alone
    pub source: String,
    /// Destination
    pub destination: Option<String>,
    /// What stands behind "same": checksum unless told
    #[command(flatten)]
    pub check: CheckArgs,
    /// What takes part.
    #[command(flatten)]
    pub filter: FilterArgs,
    /// How one side is reached.
    #[command(flatten)]
    pub sides: SideArgs,
}

/// `wharf preview`.
#[derive(Debug, Clone, Args)]
pub struct PreviewArgs {
    /// An object or a file
    pub location: String,
    /// The most lines to print; a thousand at most are read
    #[arg(short = 'n', long, value_name = "N", default_value_t = 20)]
    pub lines: usize,
}

/// `wharf manifest`.
#[derive(Debug, Clone, Args)]
pub struct ManifestArgs {
    /// What to record; of a mapping its local side
    pub location: String,
    /// Record checksums too: files are read, objects are asked one by one
    #[arg(long)]
    pub checksum: bool,
    /// Write to this file instead of the standard output
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// What takes part.
    #[command(flatten)]
    pub filter: FilterArgs,
}

/// `wharf doctor`.
#[derive(Debug, Clone, Args)]
pub struct DoctorArgs {
    /// A remote, a mapping or a location; all remotes and mappings when none is given
    pub subject: Option<String>,
    /// Also probe what writing needs, with an object that is removed again
    #[arg(long)]
    pub write: bool,
}

/// `wharf config`.
#[derive(Debug, Clone, Args)]
pub struct ConfigArgs {
    /// What to do with it
    #[command(subcommand)]
    pub action: ConfigAction,
}

/// What `wharf config` does.
#[derive(Debug, Clone, Subcommand)]
pub enum ConfigAction {
    /// Read it and tell every fault
    Check,
    /// Print what holds on this machine
    Show {
        /// Tell where each value comes from
        #[arg(long)]
        origins: bool,
    },
    /// Write a commented file to begin with
    Init {
        /// Where; `wharf.toml` here unless told
        file: Option<PathBuf>,
    },
    /// Tell where it is looked for, and which file is used
    Path,
}
