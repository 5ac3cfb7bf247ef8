//! Flags of `wharf rm`.

use clap::Args;

/// `wharf rm`.
#[derive(Debug, Clone, Args)]
pub struct RmArgs {
    /// What to delete: an object or a file, or with --recursive all below a prefix or a folder
    pub location: String,
    /// All below it
    #[arg(short, long)]
    pub recursive: bool,
    /// Tell what would go, a line each, and delete nothing
    #[arg(short = 'n', long)]
    pub dry_run: bool,
    /// Delete without asking
    #[arg(long)]
    pub yes: bool,
}
