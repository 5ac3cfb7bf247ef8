//! `wharf migrate`: a plan for each route, all of them shown, asked for once, and run as one task with a child for each; at
//! the end a line for each route, and totals.

mod told;

use std::{sync::Arc, time::Instant};

use crate::cli::{args::MigrateArgs, exit::Exit, route::Routes};
use crate::domain::plan::{Plan, PlannedRoute};
use crate::engine::{Body, Command, Family, Member};

use super::{Approval, Context, VIEW, approval::Asking, family::Run};

/// A route with its plan.
struct Ready {
    name: Arc<str>,
    plan: Arc<Plan>,
}

impl Ready {
    /// Whether there is anything to do.
    fn runs(&self) -> bool {
        self.plan.steps().next().is_some()
    }
}

/// How it came to an end.
enum End {
    /// It was only to be told.
    Dry,
    /// There was nothing to do.
    Idle,
    /// Tasks ran.
    Ran(Run),
}

/// Runs the command.
pub(super) async fn migrate(context: &mut Context, args: &MigrateArgs, routes: Routes) -> Exit {
    let began = Instant::now();
    context.output.remark("planning");
    let planned = match context.planned_routes(&routes).await {
        Ok(planned) => planned,
        Err(exit) => return exit,
    };
    let mut exit = Exit::Ok;
    for route in planned.iter() {
        context.output.remark(format_args!("{}:", route.name));
        context.show(&route.plan);
        exit = exit.and(context.meaning(&route.plan));
    }
    let mut ready = ready(&planned);
    if args.dry_run {
        for route in &ready {
            context.show_steps(&route.plan, None);
        }
        context.tell_routes(&ready, &End::Dry, began);
        return exit;
    }
    let brakes: Vec<Exit> = ready
        .iter()
        .filter_map(|route| context.braked(&route.plan))
        .collect();
    if let Some(worst) = brakes.into_iter().reduce(Exit::and) {
        return worst;
    }
    exit = match context.approve_routes(&routes, &mut ready, args.sync.yes) {
        Ok(approved) => exit.and(approved),
        Err(refused) => return refused,
    };
    match context.run_routes(&routes, &ready).await {
        Ok(end) => exit.and(context.tell_routes(&ready, &end, began)),
        Err(refused) => refused,
    }
}

fn ready(planned: &[PlannedRoute]) -> Vec<Ready> {
    let ready = planned.iter().map(|route| Ready {
        name: Arc::clone(&route.name),
        plan: Arc::clone(&route.plan),
    });
    ready.collect()
}

impl Context {
    async fn planned_routes(&mut self, routes: &Routes) -> Result<Arc<[PlannedRoute]>, Exit> {
        self.ask(Command::PlanRoutes {
            view: VIEW,
            routes: routes.asks(),
        });
        self.awaited(|body| {
            if let Body::PlannedRoutes(planned) = body {
                Some(planned)
            } else {
                None
            }
        })
        .await
    }

    /// Leaves of the plans what may run.
    fn approve_routes(
        &mut self,
        routes: &Routes,
        ready: &mut [Ready],
        yes: bool,
    ) -> Result<Exit, Exit> {
        let decided = routes.routes.iter().map(|route| route.decided);
        let mut asking: Vec<Asking> = ready
            .iter()
            .zip(decided)
            .map(|(route, decided)| Asking {
                plan: Arc::clone(&route.plan),
                approval: if yes || decided {
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
    async fn run_routes(&mut self, routes: &Routes, ready: &[Ready]) -> Result<End, Exit> {
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
            name: routes.name.as_str().into(),
            at_once: routes.parallel,
            members,
        };
        self.run_family(family).await.map(End::Ran)
    }
}
