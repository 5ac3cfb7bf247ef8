//! `wharf verify`: proves by checksum (or by reading) that the destination holds what the source holds.

use serde::Serialize;

use crate::cli::{exit::Exit, target::Target};
use crate::domain::progress::{TaskId, TaskState};
use crate::engine::Command;
use crate::humanize;

use super::{Context, VIEW, progress::Watched};

/// `summary` of verify.
#[derive(Serialize)]
struct Summary {
    r#type: &'static str,
    task: TaskId,
    verified: u64,
    unproven: u64,
    mismatched: u64,
    missing: u64,
    errors: u64,
    seconds: f64,
}

/// Runs the command.
pub(super) async fn verify(context: &mut Context, target: Target) -> Exit {
    let began = std::time::Instant::now();
    let asked = Command::Verify {
        view: VIEW,
        source: target.left,
        destination: target.right,
        only: Vec::new(),
        options: target.options,
    };
    let task = match context.accepted(asked).await {
        Ok(task) => task,
        Err(exit) => return exit,
    };
    let watched = context.watch(task).await;
    let summary = Summary {
        r#type: "summary",
        task,
        verified: watched.proofs[0],
        unproven: watched.proofs[1] + watched.proofs[2],
        mismatched: watched.mismatched,
        missing: watched.missing,
        errors: watched.failed,
        seconds: began.elapsed().as_secs_f64(),
    };
    context.output.record(&summary);
    context.output.line(sentence(&summary));
    exit(&watched, summary.unproven)
}

fn sentence(summary: &Summary) -> String {
    let mut parts = vec![format!(
        "{} proven",
        humanize::counted(summary.verified, "object")
    )];
    for (n, word) in [
        (summary.mismatched, "differ"),
        (summary.missing, "missing"),
        (
            summary.unproven,
            "unproven: the store tells too little, try --check read",
        ),
        (summary.errors, "could not be read"),
    ] {
        if n > 0 {
            parts.push(format!("{} {word}", humanize::count(n)));
        }
    }
    parts.push(format!("{:.1} s", summary.seconds));
    parts.join(", ")
}

/// 4 where content is disproven, 3 where something could not be read, 1 where something is missing or unproven.
fn exit(watched: &Watched, unproven: u64) -> Exit {
    if watched.state == Some(TaskState::Cancelled) {
        Exit::Cancelled
    } else if watched.mismatched > 0 {
        Exit::Mismatch
    } else if watched.failed > 0 {
        Exit::Failed
    } else if watched.missing > 0 || unproven > 0 || watched.skipped > 0 {
        Exit::Differences
    } else {
        watched.exit()
    }
}
