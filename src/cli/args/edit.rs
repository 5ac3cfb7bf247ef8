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

/// `wharf undelete`.
#[derive(Debug, Clone, Args)]
pub struct UndeleteArgs {
    /// What was deleted: an object, or with --recursive all below a prefix
    pub location: String,
    /// All below it
    #[arg(short, long)]
    pub recursive: bool,
    /// Tell what would be brought back, a line each, and do nothing
    #[arg(short = 'n', long)]
    pub dry_run: bool,
}

/// `wharf restore`.
#[derive(Debug, Clone, Args)]
pub struct RestoreArgs {
    /// What is archived: an object, or with --recursive all below a prefix
    pub location: String,
    /// All below it
    #[arg(short, long)]
    pub recursive: bool,
    /// How fast, and for how many days: standard, bulk or expedited, as bulk:3
    #[arg(long, value_name = "TIER[:DAYS]", default_value = "standard")]
    pub tier: String,
    /// Tell what would be restored and what it costs, and do nothing
    #[arg(short = 'n', long)]
    pub dry_run: bool,
}

/// `wharf edit`.
#[derive(Debug, Clone, Args)]
pub struct EditArgs {
    /// What is changed: an object, or with --recursive all below a prefix
    pub location: String,
    /// All below it
    #[arg(short, long)]
    pub recursive: bool,
    /// Storage class
    #[arg(long, value_name = "CLASS")]
    pub storage_class: Option<String>,
    /// Encryption at rest
    #[arg(long, value_name = "AES256|aws:kms[:KEY]")]
    pub sse: Option<String>,
    /// User metadata to set (repeatable); an empty value takes a name away, what is not named stays
    #[arg(long, value_name = "K=V")]
    pub metadata: Vec<String>,
    /// Tags (repeatable); they replace those that are there
    #[arg(long, value_name = "K=V")]
    pub tag: Vec<String>,
    /// Tell what would be changed, a line each, and do nothing
    #[arg(short = 'n', long)]
    pub dry_run: bool,
    /// Change without asking
    #[arg(long)]
    pub yes: bool,
}

/// `wharf uploads`.
#[derive(Debug, Clone, Args)]
pub struct UploadsArgs {
    /// A bucket or a prefix
    pub location: String,
    /// Give them up: their parts go for good
    #[arg(long)]
    pub abort: bool,
    /// Only those that began before this: an age as 7d, or a day
    #[arg(long, value_name = "AGE")]
    pub older_than: Option<String>,
    /// Give them up without asking
    #[arg(long)]
    pub yes: bool,
}
