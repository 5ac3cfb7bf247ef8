//! `wharf pull`, `push` and `both`: a plan for each mapping, all of them shown, asked for once, and run as one task with a
//! child for each; at the end a line for each mapping, and totals.

mod parts;
mod told;

use std::{collections::BTreeMap, sync::Arc, time::Instant};

use crate::cli::{args::MappingArgs, errand::Errands, exit::Exit, output::record::ConflictRecord};
use crate::config::{Errand, Way};
use crate::domain::{
    plan::{Conflict, Plan, Tally, TwoWay},
    progress::TaskId,
    side::Side,
};
use crate::engine::{Body, Check, Command, Family, Member};

use super::{Approval, Context, VIEW, approval::Asking, plan::Planned, progress::Watched};

/// Children that run at once.
const AT_ONCE: u16 = 4;

/// A mapping with its plans: one, or both ways two.
struct Ready {
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
    if let Err(exit) = context.check_parts(&errands.errands, &args.only).await {
        return exit;
    }
    let mut exit = Exit::Ok;
    let mut ready = Vec::new();
    for errand in errands.errands {
        match context.plan_errand(errand, args.sync.yes).await {
            Ok((planned, meaning)) => {
                exit = exit.and(meaning);
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

/// How it came to an end.
enum End {
    /// It was only to be told.
    Dry,
    /// There was nothing to do.
    Idle,
    /// Tasks ran.
    Ran(Run),
}

impl End {
    fn run(&self) -> Option<&Run> {
        match self {
            Self::Ran(run) => Some(run),
            Self::Dry | Self::Idle => None,
        }
    }
}

/// Tasks that ran, and what they told.
struct Run {
    head: TaskId,
    watched: BTreeMap<TaskId, Watched>,
    /// The task of each plan that ran, in the order of the members.
    tasks: Vec<TaskId>,
}

impl Context {
    /// Plans one mapping, and tells what it would do.
    async fn plan_errand(&mut self, errand: Errand, yes: bool) -> Result<(Ready, Exit), Exit> {
        let approval = if yes || errand.decided {
            Approval::Given
        } else {
            Approval::Missing
        };
        self.output.remark(format_args!("{}:", errand.mapping.name));
        let (left, right) = (errand.left.clone(), errand.right.clone());
        let options = Arc::new(errand.options.clone());
        if errand.way != Way::Both {
            let Planned { plan, exit } = self.planned_of((left, right), options).await?;
            self.show(&plan);
            let ready = Ready {
                conflicts: 0,
                same: plan.left.all_same(),
                left_out: plan.left.excluded,
                plans: vec![Asking { plan, approval }],
                errand,
            };
            return Ok((ready, exit));
        }
        self.ask(Command::PlanBoth {
            view: VIEW,
            left,
            right,
            only: Vec::new(),
            options,
            rule: errand.rule,
        });
        let planned = |body| {
            if let Body::PlannedBoth(both) = body {
                Some(both)
            } else {
                None
            }
        };
        let both = self.awaited(planned).await?;
        Ok(self.ready_both(errand, &both, approval))
    }

    /// Shows both plans and the conflicts; what they mean for the exit code: open conflicts are differences.
    fn ready_both(&mut self, errand: Errand, both: &TwoWay, approval: Approval) -> (Ready, Exit) {
        let mut exit = self.meaning(&both.push);
        let [push, pull] = both.plans();
        self.output.remark("  left to right:");
        self.show(&push);
        if !pull.groups.is_empty() {
            self.output.remark("  right to left:");
            self.show(&pull);
        }
        for conflict in &both.conflicts {
            self.show_conflict(conflict);
        }
        let open = both.open_conflicts().count() as u64;
        if open > 0 {
            exit = exit.and(Exit::Differences);
        }
        let ready = Ready {
            conflicts: open,
            same: both.push.left.all_same(),
            left_out: both.push.left.excluded,
            plans: [push, pull]
                .map(|plan| Asking {
                    plan: Arc::new(plan),
                    approval,
                })
                .into(),
            errand,
        };
        (ready, exit)
    }

    fn show_conflict(&mut self, conflict: &Conflict) {
        self.output.record(&ConflictRecord::from(conflict));
        let becomes = match conflict.winner() {
            Some(side) => format!("the {} wins", side.word()),
            None => "left as they are; --conflicts left, right or newer settles it".to_owned(),
        };
        self.output.tell(format_args!(
            "! {}: {}: {becomes}",
            conflict.key, conflict.reason
        ));
    }

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
        let single = family.members.len() == 1;
        let head = self
            .accepted(Command::RunFamily { view: VIEW, family })
            .await?;
        let tasks = self.engine.snapshot().tasks.into_iter();
        let children = tasks.filter(|task| task.parent == Some(head));
        let tasks = if single {
            vec![head]
        } else {
            children.map(|task| task.id).collect()
        };
        let watched = self.watch_all(head).await;
        Ok(End::Ran(Run {
            head,
            watched,
            tasks,
        }))
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

    /// The command that proves what is there after a pull.
    fn check(&self, plan: &Plan) -> Option<Check> {
        self.errand.check(plan).map(|(command, folder)| Check {
            command: command.into(),
            folder,
            mapping: self.errand.mapping.name.as_str().into(),
        })
    }

    fn member(&self, plan: &Arc<Plan>) -> Member {
        Member {
            name: self.errand.name_of(plan).into(),
            plan: Arc::clone(plan),
            check: self.check(plan),
        }
    }
}
