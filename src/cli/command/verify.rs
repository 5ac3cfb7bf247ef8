//! `wharf verify`: proves by checksum (or by reading) that the destination holds what the source holds; of a group each
//! mapping for itself.

use serde::Serialize;

use crate::cli::{exit::Exit, output::record::MappingRecord, target::Target};
use crate::domain::progress::{TaskId, TaskState};
use crate::engine::Command;
use crate::humanize;

use super::{Context, VIEW, progress::Watched};

/// `summary` of verify.
#[derive(Serialize)]
struct Summary {
    r#type: &'static str,
    /// How many mappings of a group were verified.
    #[serde(skip_serializing_if = "Option::is_none")]
    mappings: Option<u64>,
    #[serde(flatten)]
    found: Found,
}

/// What was proven and what was not.
#[derive(Serialize, Default)]
struct Found {
    /// None for a group: each of its mappings has its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    task: Option<TaskId>,
    verified: u64,
    /// Those of them whose bytes were read on both sides.
    read: u64,
    unproven: u64,
    mismatched: u64,
    missing: u64,
    errors: u64,
    seconds: f64,
}

/// Runs the command.
pub(super) async fn verify(context: &mut Context, target: Target) -> Exit {
    let (found, exit) = match context.verified(target).await {
        Ok(verified) => verified,
        Err(exit) => return exit,
    };
    context.output.line(found.words());
    context.output.record(&Summary {
        r#type: "summary",
        mappings: None,
        found,
    });
    exit
}

/// Verifies each mapping of a group, with a line for each and totals.
pub(super) async fn verify_each(context: &mut Context, targets: Vec<Target>) -> Exit {
    let mappings = targets.len() as u64;
    let (mut exit, mut sum) = (Exit::Ok, Found::default());
    for target in targets {
        let (name, places) = (target.name().to_owned(), target.places());
        match context.verified(target).await {
            Ok((found, meaning)) => {
                let record = MappingRecord::new(&name, &places, &found);
                context.output.record(&record);
                context
                    .output
                    .line(format_args!("{name}: {}", found.words()));
                exit = exit.and(meaning);
                sum.join(&found);
            }
            // A place that does not answer keeps the other mappings from nothing.
            Err(failed) => exit = exit.and(failed),
        }
        if exit == Exit::Cancelled {
            return exit;
        }
    }
    let words = humanize::counted(mappings, "mapping");
    context
        .output
        .line(format_args!("{words}: {}", sum.words()));
    context.output.record(&Summary {
        r#type: "summary",
        mappings: Some(mappings),
        found: sum,
    });
    exit
}

impl Context {
    /// Verifies one pair of places.
    async fn verified(&mut self, target: Target) -> Result<(Found, Exit), Exit> {
        let began = std::time::Instant::now();
        let asked = Command::Verify {
            view: VIEW,
            source: target.left,
            destination: target.right,
            only: Vec::new(),
            options: target.options,
        };
        let task = self.accepted(asked).await?;
        let watched = self.watch(task).await;
        let found = Found {
            task: Some(task),
            verified: watched.proofs.checksum,
            read: watched.proofs.read,
            unproven: watched.proofs.size + watched.proofs.none,
            mismatched: watched.mismatched,
            missing: watched.missing,
            errors: watched.failed,
            seconds: began.elapsed().as_secs_f64(),
        };
        let exit = exit(&watched, found.unproven);
        Ok((found, exit))
    }
}

impl Found {
    fn join(&mut self, other: &Self) {
        self.verified += other.verified;
        self.read += other.read;
        self.unproven += other.unproven;
        self.mismatched += other.mismatched;
        self.missing += other.missing;
        self.errors += other.errors;
        self.seconds += other.seconds;
    }

    fn words(&self) -> String {
        let mut parts = vec![format!(
            "{} proven",
            humanize::counted(self.verified, "object")
        )];
        for (n, word) in [
            (self.read, "of them by reading both sides"),
            (self.mismatched, "differ"),
            (self.missing, "missing"),
            (
                self.unproven,
                "unproven: the store tells too little, try --check read",
            ),
            (self.errors, "could not be read"),
        ] {
            if n > 0 {
                parts.push(format!("{} {word}", humanize::count(n)));
            }
        }
        parts.push(format!("{:.1} s", self.seconds));
        parts.join(", ")
    }
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
