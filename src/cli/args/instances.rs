//! `wharf instances` as clap reads it.

use clap::{Args, Subcommand, ValueEnum};

use jiff::SignedDuration;

use crate::domain::cloud::{Reach, Span, Turn};

/// `wharf instances`.
#[derive(Debug, Clone, Args)]
pub struct InstancesArgs {
    /// What to do; lists them unless told
    #[command(subcommand)]
    pub action: Option<InstancesAction>,
}

/// What `wharf instances` does.
#[derive(Debug, Clone, Subcommand)]
pub enum InstancesAction {
    /// List instances with their checks, prices and loads, and what is wrong with them
    List(InstancesList),
    /// Tell everything about an instance: volumes, addresses, tags, what it was told at its boot
    Show(InstanceId),
    /// Start an instance, and wait until it runs
    Start(InstanceId),
    /// Stop an instance, and wait until it has stopped
    Stop(InstanceId),
    /// Boot an instance anew
    Reboot(InstanceId),
    /// End an instance for good, and wait until it is over; --confirm gives its name
    Terminate(InstanceId),
    /// Print what an instance wrote to its console
    Console(InstanceId),
    /// List the processes that use the GPUs of an instance, as its nvidia-smi tells them
    Gpu(InstancesGpu),
    /// Open a shell on an instance, by Session Manager's plugin or by ssh
    Shell(InstancesShell),
    /// Launch the instance of a run, after everything that it stands on was looked at
    Launch(InstancesLaunch),
    /// Run a command on an instance, by SSM or ssh; its exit code is that of the command
    Exec(InstancesExec),
}

impl InstancesAction {
    /// What is done to which instance, where something is done.
    pub fn turn(&self) -> Option<(Turn, &InstanceId)> {
        match self {
            Self::Start(id) => Some((Turn::Start, id)),
            Self::Stop(id) => Some((Turn::Stop, id)),
            Self::Reboot(id) => Some((Turn::Reboot, id)),
            Self::Terminate(id) => Some((Turn::Terminate, id)),
            Self::List(_)
            | Self::Show(_)
            | Self::Console(_)
            | Self::Gpu(_)
            | Self::Exec(_)
            | Self::Shell(_)
            | Self::Launch(_) => None,
        }
    }
}

/// Which instance.
#[derive(Debug, Clone, Args)]
pub struct InstanceId {
    /// Its id, or its name where only one has it
    #[arg(value_name = "ID")]
    pub id: String,
}

/// Whose GPUs, and how it is asked.
#[derive(Debug, Clone, Args)]
pub struct InstancesGpu {
    /// Its id, or its name where only one has it
    #[arg(value_name = "ID")]
    pub id: String,
    /// By which way
    #[command(flatten)]
    pub way: WayArgs,
}

/// Where a shell is opened, and how.
#[derive(Debug, Clone, Args)]
pub struct InstancesShell {
    /// Its id, or its name where only one has it
    #[arg(value_name = "ID")]
    pub id: String,
    /// By which way
    #[command(flatten)]
    pub way: WayArgs,
}

/// By which way an instance is asked.
#[derive(Debug, Clone, Default, Args)]
pub struct WayArgs {
    /// By which way; as its run says (reach = "ssh" of [runs.NAME]), else ssm
    #[arg(long, value_name = "WAY")]
    pub reach: Option<ReachArg>,
    /// Who logs in by ssh; ec2-user unless told
    #[arg(long, value_name = "NAME", requires = "reach")]
    pub user: Option<String>,
}

impl WayArgs {
    /// The way, where one was named.
    pub fn named(&self) -> Option<Reach> {
        self.reach.map(|reach| match reach {
            ReachArg::Ssm => Reach::Ssm,
            ReachArg::Ssh => Reach::of("ssh", self.user.as_deref()),
        })
    }
}

/// By which way an instance is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum ReachArg {
    /// Session Manager's plugin.
    #[default]
    Ssm,
    /// ssh.
    Ssh,
}

/// Which run, and how far it goes.
#[derive(Debug, Clone, Args)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is a flag of its own on the command line"
)]
pub struct InstancesLaunch {
    /// The run, as [runs.NAME.launch] of the configuration names it
    #[arg(value_name = "RUN")]
    pub run: String,
    /// Only look: nothing is put and nothing is launched
    #[arg(long)]
    pub dry_run: bool,
    /// Launch without asking
    #[arg(long, conflicts_with = "dry_run")]
    pub yes: bool,
    /// Do not wait for its checks
    #[arg(long)]
    pub no_wait: bool,
    /// Print the least that its role must allow, as a policy of IAM
    #[arg(long)]
    pub policy: bool,
}

/// What is run, and where.
#[derive(Debug, Clone, Args)]
pub struct InstancesExec {
    /// Its id, or its name where only one has it
    #[arg(value_name = "ID")]
    pub id: String,
    /// How long it may take
    #[arg(long, value_name = "TIME", default_value = "1h", value_parser = span)]
    pub limit: SignedDuration,
    /// By which way
    #[command(flatten)]
    pub way: WayArgs,
    /// One word is a line for the shell; several are a command and its arguments
    #[arg(value_name = "COMMAND", required = true, last = true)]
    pub command: Vec<String>,
}

fn span(text: &str) -> Result<SignedDuration, String> {
    crate::config::quantity::span(text).map_err(|invalid| invalid.message)
}

/// Which instances, and how far back.
#[derive(Debug, Clone, Default, Args)]
pub struct InstancesList {
    /// Ask in these regions (repeatable)
    #[arg(long, value_name = "REGION", value_delimiter = ',')]
    pub regions: Vec<String>,
    /// Ask in all regions that are on for the account
    #[arg(long, conflicts_with = "regions")]
    pub all_regions: bool,
    /// Only those whose name, id, type, zone, state or a tag holds this text
    #[arg(long, value_name = "TEXT")]
    pub filter: Option<String>,
    /// Order by this
    #[arg(long, value_name = "COLUMN", default_value = "name")]
    pub sort: InstanceSort,
    /// How far back the rules look
    #[arg(long, value_name = "SPAN", default_value = "1h")]
    pub span: SpanArg,
}

/// What instances are ordered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum InstanceSort {
    /// Their names.
    #[default]
    Name,
    /// Those that run longest first.
    Up,
    /// The dearest first.
    Price,
    /// The busiest first.
    Cpu,
    /// The gravest findings first.
    Health,
}

/// How far back is looked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum SpanArg {
    /// An hour.
    #[default]
    #[value(name = "1h")]
    Hour,
    /// Six hours.
    #[value(name = "6h")]
    Quarter,
    /// A day.
    #[value(name = "24h")]
    Day,
}

impl From<SpanArg> for Span {
    fn from(arg: SpanArg) -> Self {
        match arg {
            SpanArg::Hour => Self::Hour,
            SpanArg::Quarter => Self::Quarter,
            SpanArg::Day => Self::Day,
        }
    }
}
