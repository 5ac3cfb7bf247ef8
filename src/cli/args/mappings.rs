//! The command line of `pull`, `push` and `both`: mappings and groups by name, and how far each goes.

use clap::{Args, ValueEnum};

use super::SyncArgs;

/// `wharf pull` and `wharf push`.
#[derive(Debug, Clone, Default, Args)]
pub struct MappingArgs {
    /// Mappings or groups of the configuration; all that may go this way when none is named
    #[arg(value_name = "MAPPING | GROUP")]
    pub names: Vec<String>,
    /// Only these parts, as the mapping's `parts` divides it (commas between)
    #[arg(long, value_name = "PARTS", value_delimiter = ',')]
    pub only: Vec<String>,
    /// Lay this filter of the configuration over the mapping's own (repeatable)
    #[arg(long = "with", value_name = "FILTER")]
    pub filters: Vec<String>,
    /// Take what the configuration leaves out, too
    #[arg(long)]
    pub no_exclude: bool,
    /// Push in the place of this machine, which has the authority
    #[arg(long, value_name = "MACHINE")]
    pub override_authority: Option<String>,
    /// All sync options.
    #[command(flatten)]
    pub sync: SyncArgs,
    /// Plan and ask now, and run at this time: 02:00, +2h or 2026-01-31T02:00
    #[arg(long, value_name = "TIME")]
    pub at: Option<String>,
    /// Tell what would be done, a line an action, and do nothing
    #[arg(short = 'n', long)]
    pub dry_run: bool,
}

/// `wharf both`.
#[derive(Debug, Clone, Default, Args)]
pub struct BothArgs {
    /// Which mappings, and how far.
    #[command(flatten)]
    pub mappings: MappingArgs,
    /// Who wins where both sides changed; by the mapping's rule unless told
    #[arg(long, value_name = "WHO")]
    pub conflicts: Option<Conflicts>,
}

/// Who wins a conflict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Conflicts {
    /// The local side
    Left,
    /// The remote side
    Right,
    /// The side that was changed later; neither where the times do not tell
    Newer,
    /// Neither: both stay as they are, and the exit code is 1
    Leave,
}
