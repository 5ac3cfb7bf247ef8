//! `wharf run`: exactly the steps of a plan that was written down, or a refusal that names what has changed under it.

use std::{sync::Arc, time::Instant};

use crate::cli::{args::RunArgs, exit::Exit};
use crate::config::migration::PARALLEL;
use crate::domain::plan::{Plan, PlannedRoute, Stale};
use crate::engine::{Body, Command};
use crate::humanize;

use super::{
    Context, VIEW,
    migrate::{Ready, Running},
};

/// Keys that are told by name.
const NAMES: usize = 20;

/// Runs the command.
pub(super) async fn from_file(
    context: &mut Context,
    args: &RunArgs,
    plans: Vec<PlannedRoute>,
) -> Exit {
    let began = Instant::now();
    let mut ready = Vec::with_capacity(plans.len());
    let mut exit = Exit::Ok;
    for route in plans {
        match context.in_this_world(&route, args.replan).await {
            Ok(mut plan) => {
                if args.pace.batch {
                    Arc::make_mut(&mut plan).options.batch_over = Some(0);
                }
                ready.push(Ready {
                    name: route.name,
                    plan,
                });
            }
            Err(refused @ Exit::Refused) => exit = exit.and(refused),
            Err(stop) => return stop,
        }
    }
    if exit == Exit::Refused {
        context.output.error(
            "the world is no longer what the plan saw: nothing was done",
            Some("wharf run --replan plans again what changed, shows it and goes on from there"),
        );
        return exit;
    }
    let plans = ready.iter().map(|ready| &*ready.plan);
    if args.pace.batch
        && let Some(lacks) = context.lacks_for_batch(plans)
    {
        return lacks;
    }
    let running = Running {
        name: format!("run {}", args.file.display()),
        parallel: args.pace.parallel.unwrap_or(PARALLEL),
        sample: args.pace.sample,
        dry_run: args.dry_run,
    };
    let decided = vec![args.yes; ready.len()];
    context
        .shown_and_run(running, ready, (&decided, began))
        .await
}

impl Context {
    /// The plan as it can be run now: its own steps where each still fits, else a new plan where that was asked for.
    async fn in_this_world(
        &mut self,
        route: &PlannedRoute,
        replan: bool,
    ) -> Result<Arc<Plan>, Exit> {
        let plan = &route.plan;
        self.output
            .remark(format_args!("looking whether {} still fits", route.name));
        self.ask(Command::Plan {
            view: VIEW,
            source: plan.source.clone(),
            destination: plan.destination.clone(),
            only: plan.asked_only().to_vec(),
            options: Arc::new(plan.options.clone()),
        });
        let fresh = self
            .awaited(|body| {
                if let Body::Planned(plan) = body {
                    Some(plan)
                } else {
                    None
                }
            })
            .await?;
        let stale = plan.stale(&fresh);
        if stale.is_empty() {
            return Ok(Arc::new(plan.in_world_of(&fresh)));
        }
        self.tell_stale(&route.name, &stale);
        if replan {
            self.output
                .remark(format_args!("{} is planned again", route.name));
            return Ok(fresh);
        }
        Err(Exit::Refused)
    }

    fn tell_stale(&mut self, name: &str, stale: &[Stale]) {
        for Stale { key, why } in stale.iter().take(NAMES) {
            self.output.tell(format_args!("! {name}: {key}: {why}"));
        }
        let more = stale.len().saturating_sub(NAMES) as u64;
        if more > 0 {
            self.output
                .tell(format_args!("! {name}: and {} more", humanize::count(more)));
        }
    }
}
