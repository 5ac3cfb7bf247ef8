//! `[hooks]`: commands that are run when a task ends or waits for a person. They get one JSON object on their standard input.

use super::{document::Table, origin::Sourced};

/// Commands of the person's own, run by the shell.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Hooks {
    /// When a task is done.
    pub success: Option<Sourced<String>>,
    /// When a task failed.
    pub failure: Option<Sourced<String>>,
    /// When a plan waits for a yes, or a task is held until a person mends the cause.
    pub approval: Option<Sourced<String>>,
    /// When a rule finds something wrong with an instance.
    pub alert: Option<Sourced<String>>,
}

impl Hooks {
    pub(super) fn of(root: &Table<'_>) -> Self {
        let Some(table) = root.table("hooks") else {
            return Self::default();
        };
        let hooks = Self {
            success: table.text("success"),
            failure: table.text("failure"),
            approval: table.text("approval"),
            alert: table.text("alert"),
        };
        table.close();
        hooks
    }
}
