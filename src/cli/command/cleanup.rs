//! `wharf cleanup`: what of a task's sources may go and what stays, by reason; then, with the word that the look told, the
//! deletes themselves, each with the ETag that was proven.

use std::time::Instant;

use serde::Serialize;

use crate::cli::{
    args::CleanupArgs,
    exit::Exit,
    output::record::{KeyText, TallyRecord},
};
use crate::domain::{
    entry::Tally,
    location::Remote,
    plan::{Plan, PlannedRoute},
    progress::TaskId,
};
use crate::engine::{Command, Family};
use crate::humanize;

use super::{Context, VIEW, family::Run};

/// Keys that are told by name for each reason; JSON has all.
const NAMES: usize = 5;

/// `stays`: a source that is not deleted, and why.
#[derive(Serialize)]
struct StaysRecord<'a> {
    r#type: &'static str,
    route: &'a str,
    #[serde(flatten)]
    key: KeyText,
    reason: &'a str,
}

/// `summary` of a clean-up.
#[derive(Serialize)]
struct Summary {
    r#type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    task: Option<TaskId>,
    behind: u64,
    dry_run: bool,
    /// The word that licenses it.
    word: String,
    goes: TallyRecord,
    stays: u64,
    deleted: u64,
    failed: u64,
    seconds: f64,
}

/// Runs the command.
pub(super) async fn cleanup(context: &mut Context, args: &CleanupArgs) -> Exit {
    let began = Instant::now();
    let task = TaskId(args.task);
    let ask = Command::PlanCleanup { view: VIEW, task };
    let planned = match context.planned_routes(ask).await {
        Ok(planned) => planned,
        Err(exit) => return exit,
    };
    let mut look = Look::default();
    for route in planned.iter() {
        look.join(context.tell_look(route));
    }
    let word = look.goes.objects.to_string();
    let summary = |look: &Look, run: Option<&Run>, deleted: u64, failed: u64| Summary {
        r#type: "summary",
        task: run.map(|run| run.head),
        behind: args.task,
        dry_run: run.is_none(),
        word: look.goes.objects.to_string(),
        goes: look.goes.into(),
        stays: look.stays,
        deleted,
        failed,
        seconds: began.elapsed().as_secs_f64(),
    };
    if args.dry_run || look.goes.objects == 0 {
        context.output.record(&summary(&look, None, 0, 0));
        if look.goes.objects > 0 {
            context.output.remark(format_args!(
                "wharf cleanup {} --confirm {word} deletes them",
                args.task
            ));
        }
        return Exit::Ok;
    }
    let asks = context.output.style().asks && context.engine.wants_consent(&word);
    if asks && context.types_number(&word) {
        context.engine.confirm(Remote::named(&word));
    }
    let run = match context.run_cleanup(task, &planned).await {
        Ok(run) => run,
        Err(exit) => return exit,
    };
    let (mut exit, mut deleted, mut failed) = (run.exit(), 0, 0);
    for watched in run.tasks.iter().filter_map(|id| run.watched.get(id)) {
        exit = exit.and(watched.exit());
        deleted += watched.done;
        failed += watched.all_failed();
    }
    context.output.line(format_args!(
        "{} deleted, {} kept although they were to go, {} stay",
        humanize::counted(deleted, "source"),
        humanize::count(failed),
        humanize::count(look.stays)
    ));
    context
        .output
        .record(&summary(&look, Some(&run), deleted, failed));
    exit
}

/// What a look found.
#[derive(Clone, Copy, Default)]
struct Look {
    goes: Tally,
    stays: u64,
}

impl Look {
    fn join(&mut self, other: Self) {
        self.goes.join(other.goes);
        self.stays += other.stays;
    }
}

impl Context {
    /// Tells what of a route's sources may go, and what stays.
    fn tell_look(&mut self, route: &PlannedRoute) -> Look {
        let PlannedRoute { name, plan } = route;
        let mut goes = Tally::default();
        plan.groups
            .iter()
            .for_each(|group| goes.join(group.tally()));
        self.output.line(format_args!(
            "{name}: {}, {} go from {}",
            humanize::counted(goes.objects, "source"),
            humanize::bytes(goes.bytes),
            plan.source
        ));
        self.tell_stays(name, plan);
        for notice in &plan.notices {
            self.output.remark(format_args!("note: {notice}"));
        }
        Look {
            goes,
            stays: plan.left.refused.len() as u64,
        }
    }

    /// What stays, by reason.
    fn tell_stays(&mut self, name: &str, plan: &Plan) {
        for refusal in &plan.left.refused {
            self.output.record(&StaysRecord {
                r#type: "stays",
                route: name,
                key: (&refusal.key).into(),
                reason: &refusal.reason,
            });
        }
        for (reason, keys) in plan.left.refused_by_reason() {
            let count = humanize::counted(keys.len() as u64, "source");
            self.output.line(format_args!("  ~ {count} stay: {reason}"));
            for key in keys.iter().take(NAMES) {
                self.output.line(format_args!("      {key}"));
            }
        }
    }

    /// Asks a person to type how many go.
    fn types_number(&mut self, word: &str) -> bool {
        let question =
            format_args!("{word} sources would be deleted for good. Type {word} to go on: ");
        self.types(question, word)
    }

    async fn run_cleanup(&mut self, task: TaskId, planned: &[PlannedRoute]) -> Result<Run, Exit> {
        let family = Family::of_cleanup(task, planned.iter().cloned());
        self.run_family(family).await
    }
}
