//! `wharf training` as clap reads it.

use clap::{Args, Subcommand};

/// `wharf training`.
#[derive(Debug, Clone, Args)]
pub struct TrainingArgs {
    /// What to do; lists the runs of the configuration unless told
    #[command(subcommand)]
    pub action: Option<TrainingAction>,
}

/// What `wharf training` does.
#[derive(Debug, Clone, Subcommand)]
pub enum TrainingAction {
    /// List the runs of the configuration, each as it stands
    List,
    /// Tell how a run stands: progress, lamps, metrics, checkpoints, sources
    Show {
        /// What to look at.
        #[command(flatten)]
        of: RunOf,
        /// The most lines of its log to print
        #[arg(short = 'n', long, value_name = "N", default_value_t = 0)]
        lines: usize,
    },
    /// Follow a run until it ends; Ctrl-C leaves it alone
    Watch {
        /// What to look at.
        #[command(flatten)]
        of: RunOf,
        /// Look so often, as 10s or 1m
        #[arg(long, value_name = "TIME")]
        every: Option<String>,
    },
}

/// A run, and how it is read.
#[derive(Debug, Clone, Args)]
pub struct RunOf {
    /// A run of the configuration, or where its log is: a file, an object, or a folder of them
    pub run: String,
    /// Read all of a large log, not only its tail
    #[arg(long)]
    pub whole: bool,
}
