//! Flags of the commands that change entries where they stand.

use clap::Args;

/// `wharf rename`.
#[derive(Debug, Clone, Args)]
pub struct RenameArgs {
    /// What gets another name: an object, a file, a prefix or a folder
    pub location: String,
    /// The new name, without the folders above
    pub name: String,
    /// Tell what would be done, a line an action, and do nothing
    #[arg(short = 'n', long)]
    pub dry_run: bool,
    /// Rename in S3 without asking: each object is copied, and goes under its old name once that is proven
    #[arg(long)]
    pub yes: bool,
}

/// `wharf mkdir`.
#[derive(Debug, Clone, Args)]
pub struct MkdirArgs {
    /// The folder to make
    pub location: String,
    /// Tell what would be made, and make nothing
    #[arg(short = 'n', long)]
    pub dry_run: bool,
}
