//! `Backup`: what a step writes over or deletes is copied aside and proven before the step goes on. The copy is a step of a
//! plan of its own, so that conditions, parts, proofs and tries are those of every other copy.

use std::{collections::HashMap, sync::Arc};

use futures::{FutureExt as _, future::BoxFuture};

use crate::backend::store::{Pin, Store};
use crate::domain::{
    plan::{Plan, Step},
    progress::{Failure, TaskId},
    retry::FailureKind,
};

use crate::engine::journal::TaskJournal;

use super::{
    Context, Job,
    context::StepRef,
    halt::Halt,
    worker::{Work, tried},
};

/// Where and how a task keeps what it loses.
#[derive(Debug)]
pub struct Kept {
    /// A copy for each entry that is lost.
    pub plan: Arc<Plan>,
    /// The plan's destination.
    pub store: Store,
}

impl Kept {
    /// The plan that keeps what a task loses; `None` where it was not asked for, or nothing is lost.
    pub fn plan(plan: &Plan, task: TaskId) -> Option<Arc<Plan>> {
        let place = plan.options.backup_dir.as_ref()?;
        // A resumed task has the number and the plan that it had, and so finds its own copies.
        let made = plan.made.strftime("%Y%m%dT%H%M%S%.3fZ");
        let run = format!("{made}-{}", task.0);
        plan.backup(place, &run).map(Arc::new)
    }
}

/// What keeps the entries that a task's plan loses.
#[derive(Debug)]
pub(super) struct Backup {
    ctx: Arc<Context>,
    /// By the number of the step that loses it.
    steps: HashMap<u32, StepRef>,
}

impl Backup {
    /// What a job asks to be kept.
    pub(super) fn of(job: &mut Job) -> Option<Self> {
        let Kept { plan, store } = job.kept.take()?;
        let steps = StepRef::selected(&plan);
        let steps = steps.into_iter().map(|step| (step.seq, step)).collect();
        let job = Job {
            source: job.destination.clone(),
            destination: store,
            kept: None,
            check: None,
            control: job.control.clone(),
            counters: Arc::default(),
            events: job.events.clone(),
            // A copy that broke off is made again: its parts are not kept.
            journal: TaskJournal::none(job.journal.task()),
            tuning: job.tuning,
            earlier: None,
            plan,
        };
        let ctx = Context::new(job);
        Some(Self { ctx, steps })
    }

    /// Keeps what this step would lose.
    ///
    /// # Errors
    /// Where it could not be kept, or is no longer what the plan saw: the step must not go on.
    // Boxed by its type: the copy is itself a step, so that the futures would hold each other.
    pub(super) fn keep<'a>(&'a self, step: &'a Step) -> BoxFuture<'a, Result<(), Halt>> {
        self.kept(step).boxed()
    }

    async fn kept(&self, step: &Step) -> Result<(), Halt> {
        let Some(kept) = self.steps.get(&step.seq) else {
            return Ok(());
        };
        let ended = self.copied(kept).await;
        match ended {
            Ok(()) => Ok(()),
            // An earlier try of this very task has kept it: the folder bears its number.
            Err(_) if self.is_there(kept).await => Ok(()),
            Err(Halt::Failed(failure) | Halt::GaveUp(failure)) => {
                let place = &self.ctx.plan.destination;
                let reason = format!("it was not kept in {place}: {}", failure.reason).into();
                Err(Halt::GaveUp(Failure { reason, ..failure }))
            }
            Err(Halt::Skipped(_)) => Err(Halt::failed(
                FailureKind::Changed,
                "another backup stands where it was to be kept",
            )),
        }
    }

    async fn copied(&self, kept: &StepRef) -> Result<(), Halt> {
        if let (Store::Disk(from), Store::Disk(to)) = (&self.ctx.source, &self.ctx.destination) {
            let pin = kept.source.as_ref().and_then(Pin::of);
            return Ok(from.copy_to(&kept.key, pin, to).await?);
        }
        let work = Work::begin(&self.ctx, kept.clone());
        tried(&work).await.map(drop)
    }

    /// Whether the copy stands there already.
    async fn is_there(&self, kept: &StepRef) -> bool {
        let wanted = kept.source.as_ref().map(|facts| facts.size);
        let found = self.ctx.destination.stat(&kept.key).await;
        found.is_ok_and(|found| Some(found.entry.facts.size) == wanted)
    }
}
