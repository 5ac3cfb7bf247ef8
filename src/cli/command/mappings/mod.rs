//! `wharf pull`, `push` and `both`: a plan for each mapping, all of them shown, asked for once, and run as one task with a
//! child for each; at the end a line for each mapping, and totals.

mod parts;
mod planned;
mod told;

use std::{sync::Arc, time::Instant};

use crate::cli::{args::MappingArgs, errand::Errands, exit::Exit};
use crate::config::{Errand, Way};
use crate::domain::{
    plan::{Plan, Tally},
    side::Side,
};
use crate::engine::{Family, Member};

use super::{Approval, Context, approval::Asking, family::End};

/// Children that run at once.
const AT_ONCE: u16 = 4;

/// A mapping with its plans: one, or both ways two.
pub(super) struct Ready {
    errand: Errand,
    plans: Vec<Asking>,
    /// Conflicts that stay as they are.
    conflicts: u64,
    /// What is the same on both sides.
    same: Tally,
    /// What filters leave out.
    left_out: Tally,
}

/// Runs the command.
pub(super) async fn mappings(context: &mut Context, args: &MappingArgs, errands: Errands) -> Exit {
    let began = Instant::now();
    let start = match context.start(args.at.as_deref()) {
        Ok(start) => start,
        Err(exit) => return exit,
    };
    if let Err(exit) = context.check_parts(&errands.errands, &args.only).await {
        return exit;
    }
    let mut exit = Exit::Ok;
    let mut ready = Vec::new();
    for errand in errands.errands {
        match context.plan_errand(&errand).await {
            Ok((plans, meaning)) => {
                exit = exit.and(meaning);
                let approved = args.sync.yes || errand.decided;
                let mut planned = plans.ready(errand, Approval::of(approved));
                for asking in &mut planned.plans {
                    Arc::make_mut(&mut asking.plan).start = start;
                }
                ready.push(planned);
            }
            // A place that does not answer keeps the other mappings from nothing.
            Err(failed @ Exit::Failed) => exit = exit.and(failed),
            Err(stop) => return stop,
        }
    }
    if args.dry_run {
        for ready in &ready {
            for asking in &ready.plans {
                context.show_steps(&asking.plan, ready.changes(&asking.plan));
            }
        }
        context.tell_mappings(&ready, &End::Dry, began);
        return exit;
    }
    let plans = ready.iter().flat_map(|ready| &ready.plans);
    let brakes: Vec<Exit> = plans
        .filter_map(|asking| context.braked(&asking.plan))
        .collect();
    if let Some(worst) = brakes.into_iter().reduce(Exit::and) {
        return worst;
    }
    let mut asking: Vec<Asking> = Vec::new();
    let counts: Vec<usize> = ready.iter().map(|ready| ready.plans.len()).collect();
    for ready in &mut ready {
        asking.append(&mut ready.plans);
    }
    exit = match context.approved(&mut asking) {
        Ok(approved) => exit.and(approved),
        Err(refused) => return refused,
    };
    let mut asking = asking.into_iter();
    for (ready, count) in ready.iter_mut().zip(counts) {
        ready.plans.extend(asking.by_ref().take(count));
    }
    match context.run_mappings(&errands.name, &ready).await {
        Ok(end) => exit.and(context.tell_mappings(&ready, &end, began)),
        Err(refused) => refused,
    }
}

impl Context {
    /// Runs what there is to do, and watches it.
    async fn run_mappings(&mut self, name: &str, ready: &[Ready]) -> Result<End, Exit> {
        let members: Vec<Member> = ready
            .iter()
            .flat_map(|ready| ready.plans.iter().map(move |asking| (ready, &asking.plan)))
            .filter(|(ready, plan)| ready.errand.runs(plan))
            .map(|(ready, plan)| ready.member(plan))
            .collect();
        if members.is_empty() {
            return Ok(End::Idle);
        }
        let family = Family {
            name: name.into(),
            at_once: AT_ONCE,
            members,
        };
        self.run_family(family).await.map(End::Ran)
    }
}

impl Ready {
    /// Which side a plan changes, where there is one each way.
    fn changes(&self, plan: &Plan) -> Option<Side> {
        let side = match plan.destination.disk() {
            Some(_) => Side::Left,
            None => Side::Right,
        };
        (self.errand.way == Way::Both).then_some(side)
    }

    fn member(&self, plan: &Arc<Plan>) -> Member {
        let (name, proof) = (self.errand.name_of(plan), self.errand.check(plan));
        Member::of_mapping(&self.errand.mapping.name, name, Arc::clone(plan), proof)
    }
}
