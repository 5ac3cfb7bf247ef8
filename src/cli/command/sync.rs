//! `wharf sync`: the plan, its totals, a question where something would be overwritten or deleted, the run, the recount.

use std::{collections::BTreeMap, sync::Arc};

use jiff::{Timestamp, Zoned};
use serde::Serialize;

use crate::cli::{
    args::SyncCommand,
    exit::Exit,
    output::record::{StepRecord, TallyRecord, requests},
    target::Target,
};
use crate::config::{Error, quantity};
use crate::domain::{
    plan::{Op, Plan, Tally},
    progress::{Proofs, Recount, TaskId},
    side::Side,
};
use crate::engine::Command;
use crate::humanize;

use super::{Approval, Context, VIEW, approval::Asking, plan::Planned, progress::Watched};

/// `summary` of sync.
#[derive(Serialize)]
struct Summary<'a> {
    r#type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    task: Option<TaskId>,
    dry_run: bool,
    planned: BTreeMap<&'static str, TallyRecord>,
    done: u64,
    failed: u64,
    skipped: u64,
    verified: u64,
    bytes: u64,
    /// Of these, what S3 had already and was not sent again.
    kept: u64,
    requests: BTreeMap<&'a str, u64>,
    seconds: f64,
    mode: Mode,
    proof: Proofs,
    recount: Option<&'a Recount>,
}

/// How objects went between buckets.
#[derive(Serialize, Default)]
struct Mode {
    direct: u64,
    relay: u64,
}

/// Runs the command.
pub(super) async fn sync(
    context: &mut Context,
    args: &SyncCommand,
    target: Target,
    approval: Approval,
) -> Exit {
    let began = std::time::Instant::now();
    let start = match context.start(args.at.as_deref()) {
        Ok(start) => start,
        Err(exit) => return exit,
    };
    let Planned { mut plan, exit } = match context.planned(target).await {
        Ok(planned) => planned,
        Err(exit) => return exit,
    };
    Arc::make_mut(&mut plan).start = start;
    context.show(&plan);
    if args.dry_run {
        context.show_steps(&plan, None);
        context.summary(
            None,
            &plan,
            &Watched::default(),
            began.elapsed().as_secs_f64(),
        );
        return exit;
    }
    if let Some(refused) = context.braked(&plan) {
        return refused;
    }
    let mut asking = [Asking { plan, approval }];
    let exit = match context.approved(&mut asking) {
        Ok(approved) => exit.and(approved),
        Err(refused) => return refused,
    };
    let [Asking { plan, .. }] = asking;
    run_and_tell(context, (&plan, began), exit).await
}

/// Runs a plan to its end, and tells how it ended.
pub(super) async fn run_and_tell(
    context: &mut Context,
    (plan, began): (&Arc<Plan>, std::time::Instant),
    exit: Exit,
) -> Exit {
    let watched = match run(context, plan).await {
        Ok(watched) => watched,
        Err(refused) => return refused,
    };
    context.summary(watched.0, plan, &watched.1, began.elapsed().as_secs_f64());
    exit.and(watched.1.exit())
}

async fn run(context: &mut Context, plan: &Arc<Plan>) -> Result<(Option<TaskId>, Watched), Exit> {
    let task = context
        .accepted(Command::Run {
            view: VIEW,
            plan: Arc::clone(plan),
        })
        .await?;
    let watched = context.watch(task).await;
    Ok((Some(task), watched))
}

impl Context {
    /// The time before which nothing is run.
    pub(super) fn start(&mut self, at: Option<&str>) -> Result<Option<Timestamp>, Exit> {
        let Some(text) = at else {
            return Ok(None);
        };
        match quantity::start(text, &Zoned::now()) {
            Ok(start) => Ok(Some(start)),
            Err(invalid) => {
                let error = Error::Invalid(invalid);
                let help = error.help();
                self.output
                    .error(format_args!("--at: {error}"), help.as_deref());
                Err(Exit::Usage)
            }
        }
    }

    /// A line, or a record, for each step that would be done; both ways with the side that it changes.
    pub(super) fn show_steps(&mut self, plan: &Plan, changes: Option<Side>) {
        let arrow = match changes {
            Some(Side::Left) => "← ",
            Some(Side::Right) => "→ ",
            None => "",
        };
        for group in plan.selected() {
            for step in &group.steps {
                self.output
                    .record(&StepRecord::new(step, group.sign, changes));
                let verb = group.verb();
                self.output.line(format_args!(
                    "{arrow}{} {verb:<9} {}",
                    group.sign.symbol(),
                    step.key
                ));
            }
        }
    }

    pub(super) fn summary(
        &mut self,
        task: Option<TaskId>,
        plan: &Plan,
        watched: &Watched,
        seconds: f64,
    ) {
        let snapshot = self.engine.snapshot();
        let moved = task.and_then(|id| snapshot.tasks.iter().find(|task| task.id == id));
        let bytes = moved.map_or(0, |task| task.bytes);
        let kept = moved.map_or(0, |task| task.kept);
        let of = |op: Op| watched.by_op[op as usize];
        self.output.record(&Summary {
            r#type: "summary",
            task,
            dry_run: task.is_none(),
            planned: planned(plan),
            done: watched.done,
            failed: watched.all_failed(),
            skipped: watched.skipped,
            verified: watched.proofs.checksum,
            bytes,
            kept,
            requests: requests(&snapshot.requests),
            seconds,
            mode: Mode {
                direct: of(Op::Copy),
                relay: of(Op::Relay),
            },
            proof: watched.proofs,
            recount: watched.recount.as_ref(),
        });
        if task.is_some() {
            self.tell_end(plan, watched, (bytes, kept), seconds);
        }
    }

    fn tell_end(
        &mut self,
        plan: &Plan,
        watched: &Watched,
        (bytes, kept): (u64, u64),
        seconds: f64,
    ) {
        let mut parts = vec![
            format!("{} done", humanize::counted(watched.done, "object")),
            humanize::bytes(bytes),
        ];
        if kept > 0 {
            parts.push(format!("{} of it not sent again", humanize::bytes(kept)));
        }
        parts.extend(humanize::proofs(watched.proofs));
        for (n, word) in [(watched.skipped, "left"), (watched.all_failed(), "failed")] {
            if n > 0 {
                parts.push(format!("{} {word}", humanize::count(n)));
            }
        }
        parts.push(format!("{seconds:.1} s"));
        self.output.line(parts.join(", "));
        self.tell_left_out(plan);
        if let Some(recount) = &watched.recount {
            self.tell_recount(recount);
        }
    }

    pub(super) fn tell_recount(&mut self, recount: &Recount) {
        let sign = if recount.source == recount.destination {
            "="
        } else {
            "≠"
        };
        let extra = match recount.extra {
            0 => String::new(),
            n => format!(", {} more at the destination", humanize::count(n)),
        };
        self.output.line(format_args!(
            "counted again: {} {sign} {}{extra}",
            humanize::count(recount.source),
            humanize::count(recount.destination)
        ));
        if !recount.equal {
            for (key, why) in &recount.examples {
                self.output.tell(format_args!("! {key}: {why}"));
            }
            let untold = recount.off.saturating_sub(recount.examples.len() as u64);
            if untold > 0 {
                self.output
                    .tell(format_args!("! and {} more", humanize::count(untold)));
            }
        }
    }
}

/// What the plan would do, by verb; what it leaves, by reason.
pub(super) fn planned(plan: &Plan) -> BTreeMap<&'static str, TallyRecord> {
    let mut planned: BTreeMap<&'static str, Tally> = BTreeMap::new();
    for group in plan.selected() {
        planned.entry(group.verb()).or_default().join(group.tally());
    }
    let left = &plan.left;
    for (name, tally) in [
        ("same", left.all_same()),
        ("kept", left.kept),
        ("unproven", left.unproven),
        ("extra", left.extra),
        ("excluded", left.excluded),
        ("conflicts", left.conflicts),
        ("archived", left.archived),
        ("not_scanned", left.not_scanned),
    ] {
        planned.insert(name, tally);
    }
    planned.insert("refused", left.all_refused());
    planned
        .into_iter()
        .map(|(name, tally)| (name, tally.into()))
        .collect()
}
