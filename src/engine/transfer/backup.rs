//! `Backup`: what a step writes over or deletes is copied aside and proven before the step goes on. The copy is a step of a
//! plan of its own, so that conditions, parts, proofs and tries are those of every other copy.

use std::{collections::HashMap, sync::Arc};

use futures::{FutureExt as _, future::BoxFuture};

use crate::backend::{
    s3::S3,
    store::{Pin, Store, Upload},
};
use crate::domain::{
    key::Key,
    plan::{Plan, Step},
    progress::{Failure, TaskId},
    retry::FailureKind,
};

use crate::engine::journal::TaskJournal;

use super::{
    Context, Earlier, Job,
    context::StepRef,
    forget,
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
            batch: None,
            check: None,
            control: job.control.clone(),
            counters: Arc::default(),
            events: job.events.clone(),
            // Temporary files bear the names that another run looks for; what is on its way in parts it finds at the store.
            journal: job.journal.names_only(),
            tuning: job.tuning,
            earlier: job.earlier.is_some().then(Earlier::default),
            turn: None,
            plan,
        };
        let ctx = Context::new(job);
        Some(Self { ctx, steps })
    }

    /// Finds the copies that an earlier run had begun to make in parts. The folder is this task's alone, so that every
    /// upload below it is its own: copies that are still wanted go on, others are given up.
    pub(super) async fn find(&self, is_open: impl Fn(u32) -> bool) {
        let (Some(earlier), Store::S3(s3)) = (&self.ctx.earlier, &self.ctx.destination) else {
            return;
        };
        let mut wanted: HashMap<&Key, &StepRef> = self
            .steps
            .values()
            .filter(|step| is_open(step.seq) && self.ctx.in_parts(step))
            .map(|step| (&step.key, step))
            .collect();
        for upload in unfinished(s3).await {
            if let Some(step) = wanted.remove(&upload.key) {
                let part_size = self.ctx.part_size_of(step);
                earlier.goes_on(step.seq, (upload.id, part_size));
            } else {
                forget::give_up(&self.ctx.destination, &upload.key, &upload.id).await;
            }
        }
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
            let temporary = self.ctx.journal.temporary(kept.seq);
            return Ok(from.copy_to((&kept.key, pin), to, temporary).await?);
        }
        let work = Work::begin(&self.ctx, kept.clone());
        let copied = tried(&work).await.map(drop);
        if copied.is_err() {
            forget::clear(&self.ctx, kept).await;
        }
        copied
    }

    /// Whether the copy stands there already.
    async fn is_there(&self, kept: &StepRef) -> bool {
        let wanted = kept.source.as_ref().map(|facts| facts.size);
        let found = self.ctx.destination.stat(&kept.key).await;
        found.is_ok_and(|found| Some(found.entry.facts.size) == wanted)
    }
}

/// The uploads that nobody completed; none where they may not be listed, which is told.
async fn unfinished(s3: &S3) -> Vec<Upload> {
    s3.uploads().await.unwrap_or_else(|error| {
        tracing::warn!(%error, "unfinished copies of what is kept may have been left");
        Vec::new()
    })
}

/// Gives up what a cancelled task left half-done of what it was to keep.
pub async fn give_up_kept(kept: &Kept, journal: &TaskJournal) {
    if let Store::S3(s3) = &kept.store {
        for upload in unfinished(s3).await {
            forget::give_up(&kept.store, &upload.key, &upload.id).await;
        }
        return;
    }
    for step in kept.plan.steps() {
        if let Some(number) = journal.temporary(step.seq) {
            forget::give_up(&kept.store, &step.key, &number.to_string()).await;
        }
    }
}
