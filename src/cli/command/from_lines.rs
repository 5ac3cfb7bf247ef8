//! `wharf run` of a command file of s5cmd: its routes are planned, shown, asked for and run as those of a migration.

use std::{sync::Arc, time::Instant};

use crate::cli::{args::RunArgs, exit::Exit, lines::Lines};
use crate::config::migration::PARALLEL;
use crate::engine::Command;
use crate::humanize;

use super::{
    Context, VIEW,
    migrate::{Ready, Running, hand_over},
};

/// Runs the command.
pub(super) async fn from_lines(context: &mut Context, args: &RunArgs, mut lines: Lines) -> Exit {
    let began = Instant::now();
    if args.pace.batch {
        lines
            .asks
            .iter_mut()
            .for_each(|ask| hand_over(&mut ask.options));
    }
    context.output.remark("planning");
    let ask = Command::PlanRoutes {
        view: VIEW,
        routes: lines.asks,
    };
    let planned = match context.planned_routes(ask).await {
        Ok(planned) => planned,
        Err(exit) => return exit,
    };
    let mut exit = Exit::Ok;
    for (route, one) in planned.iter().zip(&lines.commanded) {
        if let Some(wrong) = one.unmeant(&route.plan) {
            let help = Some("nothing was done; wharf diff tells what stands where");
            context
                .output
                .error(format_args!("{}: {wrong}", route.name), help);
            return Exit::Refused;
        }
        let missing = one.missing(&route.plan);
        if missing > 0 {
            let objects = humanize::counted(missing, "object");
            let told = format_args!(
                "{}: {objects} of those that lines name are not at {}",
                route.name, route.plan.source
            );
            context.output.error(told, None);
            exit = Exit::Failed;
        }
    }
    let decided: Vec<bool> = lines
        .commanded
        .iter()
        .map(|one| args.yes || one.wants.keeps())
        .collect();
    let ready = planned.iter().map(|route| Ready {
        name: Arc::clone(&route.name),
        plan: Arc::clone(&route.plan),
    });
    let running = Running {
        name: format!("run {}", args.file.display()),
        parallel: args.pace.parallel.unwrap_or(PARALLEL),
        sample: args.pace.sample,
        dry_run: args.dry_run,
    };
    let ready = ready.collect();
    exit.and(
        context
            .shown_and_run(running, ready, (&decided, began))
            .await,
    )
}
