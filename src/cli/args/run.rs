//! The command line of `wharf run`: a plan that was written down, and what may become of it.

use std::path::PathBuf;

use clap::Args;

use crate::config::quantity;
use crate::domain::plan::Share;

/// `wharf run`.
#[derive(Debug, Clone, Args)]
pub struct RunArgs {
    /// The plan that `wharf plan --out` or `wharf migrate --out` wrote, or a command file of s5cmd (cp, sync, mv, rm)
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Plan again what has changed since, instead of refusing it
    #[arg(long)]
    pub replan: bool,
    /// How it runs.
    #[command(flatten)]
    pub pace: RunPace,
    /// Go on without asking where existing files are overwritten or deleted (brakes keep asking)
    #[arg(long)]
    pub yes: bool,
    /// Tell what would be done, a line an action, and do nothing
    #[arg(short = 'n', long)]
    pub dry_run: bool,
}

/// How a plan, or several, run.
#[derive(Debug, Clone, Default, Args)]
pub struct RunPace {
    /// Plans that run at once; they share one budget of workers
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=64))]
    pub parallel: Option<u16>,
    /// Run a sample first, spread over the whole plan; the rest follows where it went well
    #[arg(long, value_name = "N|P%", value_parser = share)]
    pub sample: Option<Share>,
    /// Hand the copies from bucket to bucket to S3 Batch Operations, as far as it can do them
    #[arg(long)]
    pub batch: bool,
}

fn share(text: &str) -> Result<Share, String> {
    quantity::share(text).map_err(|invalid| invalid.to_string())
}
