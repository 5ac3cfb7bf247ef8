//! `wharf migrate`: a plan for each route, all of them shown, asked for once, and run as one task with a child for each; at
//! the end a line for each route, and totals. Plans that come from a file run the same way.

mod batch;
mod canary;
mod told;

use std::{path::Path, sync::Arc, time::Instant};

use crate::cli::{args::MigrateArgs, exit::Exit, route::Routes};
use crate::domain::plan::{MappingPlans, Plan, PlanSet, PlannedRoute, Share};
use crate::engine::{Command, Family, Member};

pub(super) use batch::hand_over;

use super::{Approval, Context, VIEW, approval::Asking, family::End};

/// A route with its plan.
pub(super) struct Ready {
    pub(super) name: Arc<str>,
    pub(super) plan: Arc<Plan>,
}

/// How routes run.
pub(super) struct Running {
    /// What a person calls the whole.
    pub(super) name: String,
    /// How many run at once.
    pub(super) parallel: u16,
    /// What goes first.
    pub(super) sample: Option<Share>,
    /// They are told, and nothing is done.
    pub(super) dry_run: bool,
}

impl Ready {
    /// Whether there is anything to do.
    fn runs(&self) -> bool {
        self.plan.steps().next().is_some()
    }
}

/// Runs the command.
pub(super) async fn migrate(context: &mut Context, args: &MigrateArgs, mut routes: Routes) -> Exit {
    let began = Instant::now();
    let start = match context.start(args.at.as_deref()) {
        Ok(start) => start,
        Err(exit) => return exit,
    };
    if args.pace.batch {
        routes
            .routes
            .iter_mut()
            .for_each(|route| hand_over(&mut route.options));
    }
    context.output.remark("planning");
    let ask = Command::PlanRoutes {
        view: VIEW,
        routes: routes.asks(),
    };
    let planned = match context.planned_routes(ask).await {
        Ok(planned) => planned,
        Err(exit) => return exit,
    };
    if let Some(file) = &args.out {
        return context.write_routes(file, &planned);
    }
    let plans = planned.iter().map(|route| &*route.plan);
    if args.pace.batch
        && let Some(exit) = context.lacks_for_batch(plans)
    {
        return exit;
    }
    let decided: Vec<bool> = routes
        .routes
        .iter()
        .map(|route| route.decided || args.sync.yes)
        .collect();
    let mut ready: Vec<Ready> = planned
        .iter()
        .map(|route| Ready {
            name: Arc::clone(&route.name),
            plan: Arc::clone(&route.plan),
        })
        .collect();
    if start.is_some() {
        for route in &mut ready {
            Arc::make_mut(&mut route.plan).start = start;
        }
    }
    let running = Running {
        name: routes.name,
        parallel: args.pace.parallel.unwrap_or(routes.parallel),
        sample: args.pace.sample,
        dry_run: args.dry_run,
    };
    context
        .shown_and_run(running, ready, (&decided, began))
        .await
}

impl Context {
    /// Shows the plans and writes them down, for `wharf run`.
    fn write_routes(&mut self, file: &Path, planned: &[PlannedRoute]) -> Exit {
        let mut exit = Exit::Ok;
        for route in planned {
            self.output.remark(format_args!("{}:", route.name));
            self.show(&route.plan);
            exit = exit.and(self.meaning(&route.plan));
        }
        let plans = planned
            .iter()
            .map(|route| MappingPlans::one(&route.name, Plan::clone(&route.plan)));
        match serde_json::to_string_pretty(&PlanSet::new(plans.collect())) {
            Ok(text) => exit.and(self.write_plan(file, &text)),
            Err(why) => {
                self.output
                    .error(format_args!("the plan could not be written: {why}"), None);
                exit.and(Exit::Failed)
            }
        }
    }

    /// Shows what these plans do, asks where somebody must say yes, and runs them; `decided` says for which nobody need ask.
    pub(super) async fn shown_and_run(
        &mut self,
        running: Running,
        mut ready: Vec<Ready>,
        (decided, began): (&[bool], Instant),
    ) -> Exit {
        let mut exit = Exit::Ok;
        for route in &ready {
            self.output.remark(format_args!("{}:", route.name));
            self.show(&route.plan);
            exit = exit.and(self.meaning(&route.plan));
        }
        if running.dry_run {
            for route in &ready {
                self.show_steps(&route.plan, None);
            }
            self.tell_routes(&ready, &End::Dry, began);
            return exit;
        }
        let brakes: Vec<Exit> = ready
            .iter()
            .filter_map(|route| self.braked(&route.plan))
            .collect();
        if let Some(worst) = brakes.into_iter().reduce(Exit::and) {
            return worst;
        }
        exit = match self.approve_routes(&mut ready, decided) {
            Ok(approved) => exit.and(approved),
            Err(refused) => return refused,
        };
        if let Some(share) = running.sample {
            ready = match self.canary(&running, &ready, share).await {
                Ok(rest) => rest,
                Err(stop) => return exit.and(stop),
            };
        }
        match self.run_routes(&running, &ready).await {
            Ok(end) => exit.and(self.tell_routes(&ready, &end, began)),
            Err(refused) => refused,
        }
    }

    /// Leaves of the plans what may run.
    fn approve_routes(&mut self, ready: &mut [Ready], decided: &[bool]) -> Result<Exit, Exit> {
        let mut asking: Vec<Asking> = ready
            .iter()
            .zip(decided)
            .map(|(route, decided)| Asking {
                plan: Arc::clone(&route.plan),
                approval: if *decided {
                    Approval::Given
                } else {
                    Approval::Missing
                },
            })
            .collect();
        let exit = self.approved(&mut asking)?;
        for (route, asking) in ready.iter_mut().zip(asking) {
            route.plan = asking.plan;
        }
        Ok(exit)
    }

    /// Runs what there is to do, and watches it.
    async fn run_routes(&mut self, running: &Running, ready: &[Ready]) -> Result<End, Exit> {
        let members = ready.iter().filter(|route| route.runs());
        let members: Vec<Member> = members
            .map(|route| Member {
                name: Arc::clone(&route.name),
                plan: Arc::clone(&route.plan),
                check: None,
            })
            .collect();
        if members.is_empty() {
            return Ok(End::Idle);
        }
        let family = Family {
            name: running.name.as_str().into(),
            at_once: running.parallel,
            members,
        };
        self.run_family(family).await.map(End::Ran)
    }
}
