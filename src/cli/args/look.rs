//! Flags of the commands that look at what stands somewhere.

use clap::Args;

use super::FilterArgs;

/// `wharf find`.
#[derive(Debug, Clone, Args)]
pub struct FindArgs {
    /// Where to look, at any depth
    pub location: String,
    /// A text of the key, or a glob of its name: mewtwo, "*.parquet", "2024-*/part-?.csv"
    pub text: String,
    /// What takes part.
    #[command(flatten)]
    pub filter: FilterArgs,
}

/// `wharf presign`.
#[derive(Debug, Clone, Args)]
pub struct PresignArgs {
    /// An object
    pub location: String,
    /// For how long it holds, at most 7 days: 15m, 12h, 7d
    #[arg(long, value_name = "TIME", default_value = "1h")]
    pub expires: String,
}

/// `wharf versions`.
#[derive(Debug, Clone, Args)]
pub struct VersionsArgs {
    /// An object, or with --recursive a prefix
    pub location: String,
    /// Of all below it
    #[arg(short, long)]
    pub recursive: bool,
    /// Copy this older version of the object onto its key; what is there now stays as an older version
    #[arg(long, value_name = "VERSION", conflicts_with = "recursive")]
    pub bring_back: Option<String>,
    /// Tell what would be brought back, and do nothing
    #[arg(short = 'n', long, requires = "bring_back")]
    pub dry_run: bool,
    /// Yes to what is asked
    #[arg(long, requires = "bring_back")]
    pub yes: bool,
}
