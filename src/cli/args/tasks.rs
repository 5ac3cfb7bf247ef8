//! `wharf tasks` as clap reads it.

use clap::{Args, Subcommand, ValueEnum};

use crate::domain::progress::TaskState;

/// `wharf tasks`.
#[derive(Debug, Clone, Args)]
pub struct TasksArgs {
    /// What to do; lists the last tasks unless told
    #[command(subcommand)]
    pub action: Option<TasksAction>,
}

impl TasksArgs {
    /// The number of the first task that is to be gone on with, tried again or cleaned up.
    pub fn first_to_go_on(&self) -> Option<u64> {
        match self.action.as_ref()? {
            TasksAction::Resume { ids, .. } => ids.first().copied(),
            TasksAction::Retry { id } | TasksAction::Cancel { id } => Some(*id),
            TasksAction::List(_)
            | TasksAction::Show { .. }
            | TasksAction::Attach { .. }
            | TasksAction::Report { .. } => None,
        }
    }
}

/// What `wharf tasks` does.
#[derive(Debug, Clone, Subcommand)]
pub enum TasksAction {
    /// List tasks of this and earlier sessions, newest first
    List(Box<TasksList>),
    /// Tell how a task stands
    Show {
        /// Its number
        id: u64,
    },
    /// Go on with tasks that were interrupted, cancelled or failed; watch one that runs elsewhere until it can be had
    Resume {
        /// Their numbers
        #[arg(required = true)]
        ids: Vec<u64>,
        /// No terminal belongs to it: one that is lost changes nothing
        #[arg(long, hide = true)]
        detached: bool,
    },
    /// Try again what failed in a task, as a task of its own
    Retry {
        /// Its number
        id: u64,
    },
    /// Stop a task wherever it runs, and give up what it left half-done
    Cancel {
        /// Its number
        id: u64,
    },
    /// Show how a task goes on, whoever runs it; Ctrl-C leaves it running
    #[command(alias = "watch")]
    Attach {
        /// Its number
        id: u64,
    },
    /// Tell what a task did and proved
    Report {
        /// Its number
        id: u64,
        /// Form of the report
        #[arg(long, value_name = "FORM", default_value = "md")]
        format: ReportFormat,
    },
}

/// `wharf tasks list`.
#[derive(Debug, Clone, Default, Args)]
pub struct TasksList {
    /// Only tasks whose places, reason or keys contain this text
    #[arg(long = "match", value_name = "TEXT")]
    pub text: Option<String>,
    /// Only tasks that stand so (repeatable)
    #[arg(long, value_name = "STATE")]
    pub state: Vec<StateArg>,
    /// Only tasks that began since this time, or within this age
    #[arg(long, value_name = "TIME")]
    pub since: Option<String>,
    /// Only runs of this mapping, with what is unusual about the last one
    #[arg(long, value_name = "NAME")]
    pub mapping: Option<String>,
    /// The most that are listed
    #[arg(long, value_name = "N", default_value_t = 30)]
    pub limit: u32,
}

/// Form of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ReportFormat {
    /// Markdown.
    Md,
    /// One JSON object.
    Json,
}

/// Where a task stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum StateArg {
    /// Accepted, not begun.
    Waiting,
    /// Moving, or counting again.
    Running,
    /// Held.
    Paused,
    /// Its program ended without a word, or let go of it.
    Interrupted,
    /// Everything planned is done.
    Done,
    /// Some objects failed, or the recount is off.
    Failed,
    /// A person stopped it.
    Cancelled,
}

impl StateArg {
    /// The states that are meant.
    pub fn states(self) -> &'static [TaskState] {
        match self {
            Self::Waiting => &[TaskState::Waiting],
            Self::Running => &[TaskState::Running, TaskState::Recounting],
            Self::Paused => &[TaskState::Paused],
            Self::Interrupted => &[TaskState::Interrupted],
            Self::Done => &[TaskState::Done],
            Self::Failed => &[TaskState::Failed],
            Self::Cancelled => &[TaskState::Cancelled],
        }
    }
}
