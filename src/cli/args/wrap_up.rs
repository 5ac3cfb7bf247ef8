//! `wharf wrap-up` as clap reads it.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::domain::wrap_up::Origin;

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
    /// First push what is not proven: on the run's instance, or with --made-here from this machine
    #[arg(long)]
    pub push: bool,
    /// With --push from this machine: write over what differs in S3
    #[arg(long, requires = "push")]
    pub yes: bool,
    /// Delete this too, whoever made it (repeatable)
    #[arg(long, value_name = "ID")]
    pub also: Vec<String>,
    /// Leave this (repeatable)
    #[arg(long, value_name = "ID")]
    pub leave: Vec<String>,
    /// List only what was made by these; what goes is not changed by it (repeatable)
    #[arg(long, value_name = "WHO", value_delimiter = ',')]
    pub made_by: Vec<Maker>,
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

/// Who made a thing, as a person asks for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Maker {
    /// This run.
    ThisRun,
    /// Other runs.
    OtherRuns,
    /// Nobody that the ledger knows.
    NotInLedger,
    /// What is in the ledger, and gone.
    Gone,
}

impl Maker {
    /// Whether such a thing is of this maker.
    pub fn made(self, origin: &Origin) -> bool {
        let maker = match origin {
            Origin::ThisRun => Self::ThisRun,
            Origin::OtherRun(_) => Self::OtherRuns,
            Origin::Unknown => Self::NotInLedger,
            Origin::Gone => Self::Gone,
        };
        self == maker
    }
}

impl WrapUpArgs {
    /// Whether a thing is listed.
    pub fn lists(&self, origin: &Origin) -> bool {
        self.made_by.is_empty() || self.made_by.iter().any(|maker| maker.made(origin))
    }
}
