//! `wharf plan`, and the plan as people read it: what would be done, what is left and why.

use std::{fs, path::Path, sync::Arc, time::Instant};

use serde::Serialize;

use crate::cli::{
    args::{PlanArgs, PlanFormat},
    errand::Errands,
    exit::Exit,
    output::record::AlertRecord,
    target::Target,
};
use crate::domain::{
    diff::Sign,
    estimate::{Estimate, Prices, Terms},
    location::Location,
    plan::{Group, MappingPlans, Plan, PlanSet, SyncOptions, Tally},
};
use crate::engine::{Body, Command};
use crate::humanize;

use super::{Approval, Context, VIEW, family::End};

/// A plan, and what it already means for the exit code (refused keys, a broken listing).
pub(super) struct Planned {
    pub(super) plan: Arc<Plan>,
    pub(super) exit: Exit,
}

/// `plans`: those of several mappings, or of one that goes both ways.
#[derive(Serialize)]
struct PlansRecord<'a> {
    r#type: &'static str,
    #[serde(flatten)]
    set: &'a PlanSet,
}

/// Runs the command. It always ends with 0 or an error: differences are what a plan is for.
pub(super) async fn plan(context: &mut Context, args: &PlanArgs, target: Target) -> Exit {
    let plan = match context.planned(target).await {
        Ok(planned) => planned.plan,
        Err(exit) => return exit,
    };
    context.show(&plan);
    let text = match args.format {
        PlanFormat::Json => serde_json::to_string_pretty(&*plan).map_err(|why| why.to_string()),
        PlanFormat::Csv => plan.csv().map_err(|why| why.to_string()),
        PlanFormat::S5cmd => return context.keep_commands(args, &[&plan]).await,
    };
    context.keep_plan(args, text)
}

/// Plans each of these mappings the way that it goes, with a line for each and totals. Conflicts are told, and are what a
/// plan is for as well.
pub(super) async fn plan_each(context: &mut Context, args: &PlanArgs, errands: Errands) -> Exit {
    let began = Instant::now();
    let (mut exit, mut ready, mut set) = (Exit::Ok, Vec::new(), Vec::new());
    for errand in errands.errands {
        match context.plan_errand(&errand).await {
            Ok((plans, _)) => {
                set.push(plans.of_mapping(&errand.mapping.name));
                ready.push(plans.ready(errand, Approval::Missing));
            }
            // A place that does not answer keeps the other mappings from nothing.
            Err(failed) if failed != Exit::Cancelled => exit = exit.and(failed),
            Err(stop) => return stop,
        }
    }
    let set = PlanSet::new(set);
    let kept = match args.format {
        PlanFormat::Json if args.out.is_none() => {
            context.output.record(&PlansRecord {
                r#type: "plans",
                set: &set,
            });
            Exit::Ok
        }
        PlanFormat::Json => {
            let text = serde_json::to_string_pretty(&set);
            context.keep_plan(args, text.map_err(|why| why.to_string()))
        }
        PlanFormat::Csv => context.keep_plan(args, set.csv().map_err(|why| why.to_string())),
        PlanFormat::S5cmd => {
            let plans = set.mappings.iter().flat_map(MappingPlans::plans);
            let plans: Vec<&Plan> = plans.map(|(_, plan)| plan).collect();
            context.keep_commands(args, &plans).await
        }
    };
    context.tell_mappings(&ready, &End::Dry, began);
    exit.and(kept)
}

impl Context {
    /// Writes a plan to a file.
    pub(super) fn write_plan(&mut self, file: &Path, text: &str) -> Exit {
        match fs::write(file, text) {
            Ok(()) => {
                self.output
                    .remark(format_args!("written to {}", file.display()));
                Exit::Ok
            }
            Err(error) => {
                self.output.error(
                    format_args!("{} cannot be written: {error}", file.display()),
                    Some("choose another file with --out"),
                );
                Exit::Usage
            }
        }
    }

    /// Writes a plan where it was asked for: to the file, or to stdout where a program reads it.
    fn keep_plan(&mut self, args: &PlanArgs, text: Result<String, String>) -> Exit {
        match (text, &args.out) {
            (Ok(text), Some(file)) => self.write_plan(file, &text),
            (Ok(text), None) if args.format == PlanFormat::Csv || self.output.style().json => {
                self.output.text(&text);
                self.output.text("\n");
                Exit::Ok
            }
            (Ok(_), None) => Exit::Ok,
            (Err(why), _) => {
                self.output
                    .error(format_args!("the plan could not be written: {why}"), None);
                Exit::Failed
            }
        }
    }
}

impl Context {
    /// Asks for the plan.
    pub(super) async fn planned(&mut self, target: Target) -> Result<Planned, Exit> {
        self.planned_of((target.left, target.right), target.options)
            .await
    }

    /// Asks for the plan between two places.
    pub(super) async fn planned_of(
        &mut self,
        (source, destination): (Location, Location),
        options: Arc<SyncOptions>,
    ) -> Result<Planned, Exit> {
        let ask = Command::Plan {
            view: VIEW,
            source,
            destination,
            only: Vec::new(),
            options,
        };
        let plan = self.asked_plan(ask).await?;
        let exit = self.meaning(&plan);
        Ok(Planned { plan, exit })
    }

    /// Asks a question whose answer is a plan.
    pub(super) async fn asked_plan(&mut self, ask: Command) -> Result<Arc<Plan>, Exit> {
        self.ask(ask);
        let planned = |body| {
            if let Body::Planned(plan) = body {
                Some(plan)
            } else {
                None
            }
        };
        self.awaited(planned).await
    }

    /// What a plan already means for the exit code: refused keys, a broken listing, which is told.
    pub(super) fn meaning(&mut self, plan: &Plan) -> Exit {
        let refused = if plan.left.refused.is_empty() {
            Exit::Ok
        } else {
            Exit::Failed
        };
        let ends = [&plan.source_print.end, &plan.destination_print.end];
        ends.into_iter()
            .fold(refused, |exit, end| exit.and(self.ended(end)))
    }

    /// Tells what the plan would do and what it leaves, for people on stderr.
    pub(super) fn show(&mut self, plan: &Plan) {
        for group in &plan.groups {
            self.output.remark(group_line(group));
            if let Some(why) = &group.why {
                self.output.remark(format_args!("      {why}"));
            }
        }
        for (sign, verb, tally, why) in left_lines(plan) {
            if tally.objects > 0 {
                let objects = humanize::counted(tally.objects, "object");
                self.output.remark(format_args!(
                    "  {} {verb:<9} {objects:>18}  {:>10}  {why}",
                    sign.symbol(),
                    humanize::bytes(tally.bytes)
                ));
            }
        }
        for refusal in &plan.left.refused {
            self.output.tell(format_args!(
                "{} {}: {}",
                refusal.sign.symbol(),
                refusal.key,
                refusal.reason
            ));
        }
        for notice in &plan.notices {
            self.output.record(&AlertRecord::new(notice));
            self.output.remark(format_args!("note: {notice}"));
        }
        for line in humanize::batch(plan) {
            self.output.record(&AlertRecord::new(&line));
            self.output.remark(format_args!("note: {line}"));
        }
        self.show_estimate(plan);
        self.show_kept(plan);
        if plan.groups.is_empty() && plan.left.refused.is_empty() {
            self.output.remark("nothing to do");
        }
    }
}

impl Context {
    /// Tells where what would be lost is kept.
    fn show_kept(&mut self, plan: &Plan) {
        if let Some(place) = plan.options.backup_dir.as_ref()
            && plan.needs_consent().is_needed()
        {
            self.output.remark(format_args!(
                "what is overwritten or deleted is kept in {place}"
            ));
        }
    }

    /// Tells what the filters leave out, where they leave out anything.
    pub(super) fn tell_left_out(&mut self, plan: &Plan) {
        let left = plan.left.excluded;
        if left.objects > 0 {
            self.output.remark(left_out(left));
        }
    }

    /// Tells what the selected steps ask: requests, traffic, money.
    fn show_estimate(&mut self, plan: &Plan) {
        if plan.steps().next().is_none() {
            return;
        }
        let estimate = Estimate::of(plan, &Terms::of(plan), Prices::embedded());
        let asked: Vec<String> = estimate
            .requests
            .by_operation
            .iter()
            .map(|(name, n)| format!("{} {name}", humanize::count(*n)))
            .collect();
        let recount = if estimate.recount > 0 {
            format!(
                ", {} to count again",
                humanize::counted(estimate.recount, "listing request")
            )
        } else {
            String::new()
        };
        self.output
            .remark(format_args!("requests: {}{recount}", asked.join(", ")));
        self.output.remark(format_args!(
            "traffic: {} up, {} down, {} within S3; cost {} now, {} a month",
            humanize::bytes(estimate.up),
            humanize::bytes(estimate.down),
            humanize::bytes(estimate.within),
            humanize::about(&humanize::money(estimate.cost())),
            humanize::about(&humanize::money_change(estimate.month_cost))
        ));
    }
}

/// "left out: 1.2 GB in 8 files".
pub(super) fn left_out(tally: Tally) -> String {
    format!(
        "left out: {} in {}",
        humanize::bytes(tally.bytes),
        humanize::counted(tally.objects, "file")
    )
}

fn group_line(group: &Group) -> String {
    let tally = group.tally();
    let objects = humanize::counted(tally.objects, "object");
    format!(
        "  {} {:<9} {objects:>18}  {:>10}",
        group.sign.symbol(),
        group.verb(),
        humanize::bytes(tally.bytes)
    )
}

fn left_lines(plan: &Plan) -> [(Sign, &'static str, Tally, &'static str); 8] {
    let left = &plan.left;
    [
        (Sign::Same, "leave", left.all_same(), ""),
        (
            Sign::Differs,
            "keep",
            left.kept,
            "differs, and existing files are kept",
        ),
        (
            Sign::Differs,
            "keep",
            left.conflicts,
            "neither side is known to be newer",
        ),
        (
            Sign::Unproven,
            "keep",
            left.unproven,
            "same size, nothing proven",
        ),
        (
            Sign::OnlyRight,
            "keep",
            left.extra,
            "only at the destination",
        ),
        (
            Sign::Excluded,
            "leave",
            left.excluded,
            "left out by a filter",
        ),
        (
            Sign::Archived,
            "leave",
            left.archived,
            "archived: to be restored first",
        ),
        (
            Sign::NotScanned,
            "leave",
            left.not_scanned,
            "not compared: a listing broke before",
        ),
    ]
}
