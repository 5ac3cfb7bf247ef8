//! `wharf wrap-up` as clap reads it.

use std::path::PathBuf;

use clap::Args;

/// `wharf wrap-up`.
#[derive(Debug, Clone, Args)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is a flag of its own on the command line"
)]
pub struct WrapUpArgs {
    /// The run, as [runs.NAME] of the configuration or the tag wharf:run name it
    #[arg(value_name = "RUN")]
    pub run: String,
    /// Delete what is ticked; without it nothing is changed
    #[arg(long)]
    pub apply: bool,
    /// The id of the account that is meant
    #[arg(long, value_name = "ID")]
    pub account: Option<String>,
    /// Delete without proof, for this reason, which the report keeps
    #[arg(long, value_name = "REASON")]
    pub override_proof: Option<String>,
    /// The training is over, whatever still runs
    #[arg(long)]
    pub ended: bool,
    /// The outputs were made on this machine: compare its folders with S3
    #[arg(long)]
    pub made_here: bool,
    /// Delete this too, whoever made it (repeatable)
    #[arg(long, value_name = "ID")]
    pub also: Vec<String>,
    /// Leave this (repeatable)
    #[arg(long, value_name = "ID")]
    pub leave: Vec<String>,
    /// Look in these regions (repeatable)
    #[arg(long, value_name = "REGION", value_delimiter = ',')]
    pub regions: Vec<String>,
    /// Look in all regions that are on for the account
    #[arg(long, conflicts_with = "regions")]
    pub all_regions: bool,
    /// Write the report to this file: JSON where it ends with .json, else Markdown
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
}
