//! `wharf instances` as clap reads it.

use clap::{Args, Subcommand, ValueEnum};

use crate::domain::cloud::{Span, Turn};

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
}

impl InstancesAction {
    /// What is done to which instance, where something is done.
    pub fn turn(&self) -> Option<(Turn, &InstanceId)> {
        match self {
            Self::Start(id) => Some((Turn::Start, id)),
            Self::Stop(id) => Some((Turn::Stop, id)),
            Self::Reboot(id) => Some((Turn::Reboot, id)),
            Self::Terminate(id) => Some((Turn::Terminate, id)),
            Self::List(_) | Self::Show(_) | Self::Console(_) => None,
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
