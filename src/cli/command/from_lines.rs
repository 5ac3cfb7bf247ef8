//! `wharf run` of a command file of s5cmd: its routes and deletions are planned, shown, asked for and run as those of a
//! migration.

use std::{sync::Arc, time::Instant};

use crate::cli::{
    args::RunArgs,
    exit::Exit,
    lines::{self, Lines},
};
use crate::config::migration::PARALLEL;
use crate::domain::{location::Location, plan::PlannedRoute};
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
    let planned = match context.routes_of(&mut lines).await {
        Ok(planned) => planned,
        Err(exit) => return exit,
    };
    let mut exit = match context.as_meant(&planned, &lines) {
        Ok(exit) => exit,
        Err(refused) => return refused,
    };
    let decided = lines.commanded.iter();
    let mut decided: Vec<bool> = decided.map(|one| args.yes || one.wants.keeps()).collect();
    let ready = planned.iter().map(|route| Ready {
        name: Arc::clone(&route.name),
        plan: Arc::clone(&route.plan),
    });
    let mut ready: Vec<Ready> = ready.collect();
    let removed = match context.removals(&lines).await {
        Ok((removed, found)) => {
            exit = exit.and(found);
            removed
        }
        Err(stop) => return stop,
    };
    decided.extend(removed.iter().map(|_| args.yes));
    ready.extend(removed);
    let running = Running {
        name: format!("run {}", args.file.display()),
        parallel: args.pace.parallel.unwrap_or(PARALLEL),
        sample: args.pace.sample,
        dry_run: args.dry_run,
    };
    exit.and(
        context
            .shown_and_run(running, ready, (&decided, began))
            .await,
    )
}

impl Context {
    /// A plan for each route.
    async fn routes_of(&mut self, lines: &mut Lines) -> Result<Arc<[PlannedRoute]>, Exit> {
        let routes = std::mem::take(&mut lines.asks);
        if routes.is_empty() {
            return Ok(Arc::default());
        }
        let view = VIEW;
        let ask = Command::PlanRoutes { view, routes };
        self.planned_routes(ask).await
    }

    /// Refuses plans that do what no line means, and tells what lines name and is not there.
    fn as_meant(&mut self, planned: &[PlannedRoute], lines: &Lines) -> Result<Exit, Exit> {
        let mut exit = Exit::Ok;
        for (route, one) in planned.iter().zip(&lines.commanded) {
            if let Some(wrong) = one.unmeant(&route.plan) {
                let help = Some("nothing was done; wharf diff tells what stands where");
                self.output
                    .error(format_args!("{}: {wrong}", route.name), help);
                return Err(Exit::Refused);
            }
            let missing = one.missing(&route.plan);
            exit = exit.and(self.tell_missing(&route.name, missing, &route.plan.source));
        }
        Ok(exit)
    }

    /// A plan for what lines remove in each bucket.
    async fn removals(&mut self, lines: &Lines) -> Result<(Vec<Ready>, Exit), Exit> {
        let (mut ready, mut exit) = (Vec::new(), Exit::Ok);
        for (place, removal) in &lines.removals {
            let ask = Command::PlanDeletion {
                view: VIEW,
                place: place.clone(),
                only: removal.only.clone(),
                options: Arc::clone(&lines.options),
            };
            let plan = self.asked_plan(ask).await?;
            let name = lines::name(removal.line);
            exit = exit.and(self.tell_missing(&name, removal.missing(&plan), place));
            ready.push(Ready { name, plan });
        }
        Ok((ready, exit))
    }

    /// Tells what lines name and is not there.
    fn tell_missing(&mut self, name: &str, missing: u64, place: &Location) -> Exit {
        if missing == 0 {
            return Exit::Ok;
        }
        let objects = humanize::counted(missing, "object");
        let told = format_args!("{name}: {objects} of those that lines name are not at {place}");
        self.output.error(told, None);
        Exit::Failed
    }
}
