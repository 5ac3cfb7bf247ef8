//! `--sample`: a spread sample of each plan runs first; what it measures prices the rest, which goes on from the same plans.

use std::{sync::Arc, time::Duration};

use crate::cli::{
    command::{
        Context,
        family::{End, Run},
        progress::Watched,
    },
    exit::Exit,
};
use crate::domain::{
    estimate::{Estimate, Pace, Prices, Terms},
    plan::{Op, Share},
};
use crate::humanize;

use super::{Ready, Running};

/// How far a measured rate may be off.
const SPREAD: (f64, f64) = (0.7, 1.3);

impl Context {
    /// Runs the sample, and gives the plans of the rest; how the command ends where the sample did not go well.
    pub(super) async fn canary(
        &mut self,
        running: &Running,
        ready: &[Ready],
        share: Share,
    ) -> Result<Vec<Ready>, Exit> {
        let (first, rest) = split(ready, share);
        let steps: u64 = first.iter().map(|route| route.plan.moves().objects).sum();
        self.output.remark(format_args!(
            "a sample of {} goes first",
            humanize::counted(steps, "object")
        ));
        let End::Ran(run) = self.run_routes(running, &first).await? else {
            return Ok(rest);
        };
        let exits = run.watched.values().map(Watched::exit);
        let exit = exits.fold(run.exit(), Exit::and);
        if exit != Exit::Ok {
            self.output.error(
                "the sample did not go well: the rest was not begun",
                Some("mend what failed, and run the plan again: what is there already is left out"),
            );
            return Err(exit);
        }
        self.tell_measured(&run, &rest);
        Ok(rest)
    }

    /// Tells what the sample measured, and what follows for the rest.
    fn tell_measured(&mut self, run: &Run, rest: &[Ready]) {
        let snapshot = self.engine.snapshot();
        let Some(head) = snapshot.tasks.iter().find(|task| task.id == run.head) else {
            return;
        };
        let seconds = head
            .ended
            .map(|end| end.duration_since(head.started).as_secs_f64());
        let Some(seconds) = seconds.filter(|seconds| *seconds > 0.0) else {
            return;
        };
        let (bytes, objects) = (head.bytes as f64 / seconds, head.done as f64 / seconds);
        let pace = Pace {
            bytes: (bytes * SPREAD.0, bytes * SPREAD.1),
            objects: (objects * SPREAD.0, objects * SPREAD.1),
        };
        let (mut cost, mut time) = (0.0, (Duration::ZERO, Duration::ZERO));
        for route in rest {
            let terms = Terms {
                pace: Some(pace),
                ..Terms::of(&route.plan)
            };
            let estimate = Estimate::of(&route.plan, &terms, Prices::embedded());
            cost += estimate.cost();
            let (soonest, latest) = estimate.time.unwrap_or_default();
            time = (time.0 + soonest, time.1 + latest);
        }
        self.output.remark(format_args!(
            "the sample went well: {}, {objects:.1} objects/s (measured); the rest takes {} to {}, {} (estimated)",
            humanize::rate(bytes),
            humanize::duration(time.0),
            humanize::duration(time.1),
            humanize::about(&humanize::money(cost))
        ));
    }
}

/// The sample of each plan, and the rest of each.
fn split(ready: &[Ready], share: Share) -> (Vec<Ready>, Vec<Ready>) {
    let moves = |route: &Ready| {
        let steps = route.plan.steps();
        steps.filter(|step| step.op != Op::Delete).count() as u64
    };
    let all: u64 = ready.iter().map(moves).sum();
    let wanted = share.of(all);
    let halves = ready.iter().map(|route| {
        let own = (wanted * moves(route)).div_ceil(all.max(1));
        let (sample, rest) = route.plan.sampled(own);
        let part = |plan| Ready {
            name: Arc::clone(&route.name),
            plan: Arc::new(plan),
        };
        (part(sample), part(rest))
    });
    halves.unzip()
}
