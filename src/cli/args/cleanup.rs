//! The command line of `wharf cleanup`.

use clap::Args;

/// `wharf cleanup`.
#[derive(Debug, Clone, Args)]
pub struct CleanupArgs {
    /// The task whose proven sources are to go; those of all its routes, where it is a migration
    #[arg(value_name = "TASK")]
    pub task: u64,
    /// Tell what would go and what would stay, and do nothing
    #[arg(short = 'n', long)]
    pub dry_run: bool,
}
