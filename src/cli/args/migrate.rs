//! The command line of `wharf migrate`: a migration of the configuration, or routes by hand.

use std::path::PathBuf;

use clap::Args;

use super::{RunPace, SideArgs, SyncArgs};

/// `wharf migrate`.
#[derive(Debug, Clone, Default, Args)]
pub struct MigrateArgs {
    /// A migration of the configuration
    #[arg(value_name = "NAME", conflicts_with = "routes")]
    pub name: Option<String>,
    /// From where to where, as "<s3://a/x>=<s3://b/y>" (repeatable)
    #[arg(
        long = "route",
        value_name = "SOURCE=DESTINATION",
        help = "From where to where, as s3://a/x=s3://b/y (repeatable)"
    )]
    pub routes: Vec<String>,
    /// How they run.
    #[command(flatten)]
    pub pace: RunPace,
    /// Write the plans to this file, for wharf run, and do nothing
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// All sync options.
    #[command(flatten)]
    pub sync: SyncArgs,
    /// How one side is reached, of each route.
    #[command(flatten)]
    pub sides: SideArgs,
    /// Plan and ask now, and run at this time: 02:00, +2h or 2026-01-31T02:00
    #[arg(long, value_name = "TIME")]
    pub at: Option<String>,
    /// Tell what would be done, a line an action, and do nothing
    #[arg(short = 'n', long)]
    pub dry_run: bool,
}
