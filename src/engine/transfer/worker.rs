//! One step from its first try to its outcome. Every step that begins here ends with exactly one told outcome.

use std::sync::Arc;

use futures::future::BoxFuture;

use crate::domain::{
    plan::{Op, Step},
    progress::{EndedStep, Outcome},
    retry::FailureKind,
};
use crate::engine::tasks::Flight;

use super::{
    Context,
    context::StepRef,
    copy, delete, download, edit, forget, gzip,
    halt::{Done, Halt, outcome},
    multipart,
    parts::part_size,
    ranges, read_back, relay, remove,
    tries::Tries,
    upload, ways,
};

/// What a step works with.
#[derive(Debug, Clone)]
pub(super) struct Work {
    pub(super) ctx: Arc<Context>,
    pub(super) step: StepRef,
    pub(super) flight: Arc<Flight>,
}

impl Work {
    /// Puts a step among those in flight.
    pub(super) fn begin(ctx: &Arc<Context>, step: StepRef) -> Self {
        let flight = ctx
            .counters
            .begin(step.seq, &step.key, step.way(), size(&step));
        Self {
            ctx: Arc::clone(ctx),
            flight: Arc::new(flight),
            step,
        }
    }

    /// Bytes to move, as the plan saw them.
    pub(super) fn size(&self) -> u64 {
        size(&self.step)
    }

    /// Tells how the step ended.
    pub(super) async fn end(self, result: Result<Done, Halt>, asked: u64) {
        let Self { ctx, step, flight } = self;
        if result.is_err() {
            flight.start_over();
        }
        let is_cut = result.as_ref().err().and_then(Halt::failure);
        let is_cut = is_cut.map(|failure| failure.kind == FailureKind::Cancelled);
        if is_cut == Some(true) && ctx.control.is_left() {
            // Another run goes on with it: it has not ended.
            return;
        }
        if is_cut == Some(false) {
            ctx.keep_failed(step.clone(), asked);
        }
        if result.is_err() {
            forget::clear(&ctx, &step).await;
        }
        drop(flight);
        let (proof, outcome) = match result {
            Ok(mut done) => (done.proof.take(), outcome(Ok(&done))),
            Err(halt) => (None, outcome(Err(halt))),
        };
        if let Some(proof) = proof {
            ctx.keep_proven(&proof);
            ctx.journal.proof(*proof).await;
        }
        let ended = EndedStep {
            seq: step.seq,
            key: step.key.clone(),
            op: step.way(),
            outcome,
        };
        let goes = matches!(ended.op, Op::Delete | Op::Remove);
        let gone = goes && matches!(ended.outcome, Outcome::Done { .. });
        if gone {
            ctx.journal.gone(&ended.key).await;
        }
        ctx.events.ended(ended).await;
    }
}

/// Bytes that a step moves.
pub(super) fn size(step: &Step) -> u64 {
    let source = step.source.as_ref().filter(|_| step.op.moves());
    source.map_or(0, |facts| facts.size)
}

/// Does one step, tries and all, and tells its outcome.
pub(super) async fn run(ctx: Arc<Context>, step: StepRef) {
    if ways::goes_round(&ctx, &step) {
        return;
    }
    let asked = ctx.control.hold().asked;
    let work = Work::begin(&ctx, step);
    let result = tried(&work).await;
    if !ways::other(&work, &result).await {
        work.end(result, asked).await;
    }
}

pub(super) async fn tried(work: &Work) -> Result<Done, Halt> {
    let mut tries = Tries::of_step(&work.ctx);
    loop {
        // Without its type: the compiler follows no deeper.
        let attempt: BoxFuture<'_, _> = Box::pin(once(work, &mut tries));
        match attempt.await {
            Ok(done) => return read_back::behind(work, done).await,
            Err(halt) => {
                work.flight.start_over();
                tries.again(&work.ctx, &work.step, halt).await?;
            }
        }
    }
}

/// One try. What is moved in parts looks after its own end; the rest may be cut off anywhere.
async fn once(work: &Work, tries: &mut Tries) -> Result<Done, Halt> {
    let ctx = &work.ctx;
    if let Some(backup) = &ctx.backup {
        backup.keep(&work.step).await?;
    }
    let in_parts = ctx.in_parts(&work.step);
    match (work.step.way(), in_parts) {
        (Op::Upload | Op::Relay, _) if ctx.gzips => Box::pin(gzip::send(work, tries)).await,
        (Op::Download, _) if ctx.gzips => Box::pin(ctx.cut(gzip::expand(work, tries))).await,
        (Op::Upload | Op::Relay, true) => Box::pin(multipart::send(work, tries)).await,
        (Op::Copy, true) => Box::pin(copy::in_parts(work, tries)).await,
        (Op::Download, true) => Box::pin(ranges::fetch(work, tries)).await,
        (Op::Upload, false) => ctx.cut(upload::whole(work, tries)).await,
        (Op::Relay, false) => Box::pin(ctx.cut(relay::whole(work, tries))).await,
        (Op::Copy, false) => ctx.cut(copy::whole(work, tries)).await,
        (Op::Download, false) => ctx.cut(download::whole(work, tries)).await,
        (Op::Delete, _) => ctx.cut(delete::one(work, tries)).await,
        (Op::Remove, _) => Box::pin(ctx.cut(remove::one(work, tries))).await,
        (Op::Edit, _) => Box::pin(ctx.cut(edit::one(work, tries))).await,
    }
}

impl Context {
    /// Parts that this step is moved in.
    pub(super) fn parts_of(&self, step: &StepRef) -> u64 {
        size(step).div_ceil(self.part_size_of(step))
    }

    /// Bytes of a part of this step; the last one may be shorter.
    pub(super) fn part_size_of(&self, step: &StepRef) -> u64 {
        let wanted = match step.way() {
            Op::Copy => self.tuning.copy_part,
            Op::Upload | Op::Download | Op::Relay | Op::Delete | Op::Remove | Op::Edit => {
                self.tuning.part_for(size(step))
            }
        };
        part_size(size(step), wanted)
    }

    /// Whether this step is moved in parts, each with a request of its own.
    pub(super) fn in_parts(&self, step: &StepRef) -> bool {
        match step.way() {
            Op::Upload | Op::Download | Op::Relay => size(step) >= self.tuning.in_parts_from,
            Op::Copy => size(step) >= self.tuning.copy_in_parts_from,
            Op::Delete | Op::Remove | Op::Edit => false,
        }
    }
}
