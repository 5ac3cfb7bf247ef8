//! Flags of `wharf bucket`.

use clap::{Args, Subcommand};

/// `wharf bucket`.
#[derive(Debug, Clone, Args)]
pub struct BucketArgs {
    /// What to do
    #[command(subcommand)]
    pub action: BucketAction,
}

/// What `wharf bucket` does.
#[derive(Debug, Clone, Subcommand)]
pub enum BucketAction {
    /// Tell what a bucket is set to, what it holds by storage class and what that costs a month
    Show {
        /// The bucket, by its address
        bucket: String,
        /// Do not list all of it: leave out what it holds and costs
        #[arg(long)]
        no_count: bool,
    },
    /// Tell what CloudWatch knows of a bucket without listing it: bytes by kind of storage, objects, requests of a day
    Metrics {
        /// The bucket, by its address
        bucket: String,
    },
    /// Show the lifecycle rules, add one or take one away; all others are written back as they were
    Lifecycle {
        /// The bucket, by its address
        bucket: String,
        /// One more rule: "abort 7", "expire 30 logs/", "expire-old 60", "archive 90:CLASS raw/", "tier raw/"
        #[arg(long, value_name = "RULE", conflicts_with = "remove")]
        add: Option<String>,
        /// What the outputs of this run want here and no rule does yet: Intelligent-Tiering, and unfinished uploads given up
        #[arg(long, value_name = "RUN", conflicts_with_all = ["add", "remove"])]
        for_run: Option<String>,
        /// The rule of this name goes
        #[arg(long, value_name = "NAME")]
        remove: Option<String>,
        /// Tell what would be changed, and change nothing
        #[arg(short = 'n', long)]
        dry_run: bool,
    },
}

impl BucketAction {
    /// The run whose outputs' places are meant.
    pub fn run(&self) -> Option<&str> {
        match self {
            Self::Lifecycle { for_run, .. } => for_run.as_deref(),
            Self::Show { .. } | Self::Metrics { .. } => None,
        }
    }

    /// The bucket.
    pub fn bucket(&self) -> &str {
        match self {
            Self::Show { bucket, .. }
            | Self::Metrics { bucket }
            | Self::Lifecycle { bucket, .. } => bucket,
        }
    }
}
