//! `Tries`: what happens after a failed try. Waits and tries again, holds the task until the cause is mended, or gives up.

use std::hash::{BuildHasher as _, RandomState};

use tokio::time::sleep;

use crate::backend::store::{Checksum, Condition, Pin, Written};
use crate::domain::{
    plan::Step,
    progress::TaskEvent,
    retry::{Decision, FailureKind},
};

use super::{Context, halt::Halt};

/// A number in 0..1, another one each time: it spreads the waits of many workers.
pub(super) fn luck() -> f64 {
    let dice = RandomState::new().hash_one(());
    (dice >> 11) as f64 / (1_u64 << 53) as f64
}

/// The tries of one step or of one of its parts.
#[derive(Debug)]
pub(super) struct Tries {
    made: u32,
    /// How often the task had been let go when this try began.
    resumes: u64,
    part: bool,
    in_doubt: bool,
    wrote: Option<Pin>,
    read: Option<Checksum>,
}

impl Tries {
    /// Tries of a whole step.
    pub(super) fn of_step(ctx: &Context) -> Self {
        Self {
            resumes: ctx.control.hold().resumes,
            made: 0,
            part: false,
            // An earlier run may have done it, and been killed before it could say so.
            in_doubt: ctx.earlier.is_some(),
            wrote: None,
            read: None,
        }
    }

    /// Tries of a part: a full disk is for the whole step to meet, after the temporary file is gone.
    pub(super) fn of_part(ctx: &Context) -> Self {
        Self {
            part: true,
            in_doubt: false,
            ..Self::of_step(ctx)
        }
    }

    /// Whether an earlier try may have succeeded although its answer was lost.
    pub(super) fn in_doubt(&self) -> bool {
        self.in_doubt
    }

    /// Whether no other try follows one that failed so, although it or one before may have succeeded: what stands there
    /// must tell then.
    pub(super) fn end_in_doubt(&self, ctx: &Context, kind: FailureKind) -> bool {
        let in_doubt = self.in_doubt || kind == FailureKind::Transient;
        in_doubt && ctx.tuning.retry.next(self.made + 1, kind, 0.0) == Decision::GiveUp
    }

    /// Notes what a try wrote that turned out to be something else than was sent: the next one replaces just that.
    pub(super) fn wrote(&mut self, written: &Written) {
        if let Some(etag) = written.etag.clone() {
            let version = written.version.clone();
            self.wrote = Some(Pin::Object { etag, version });
        }
    }

    /// What must hold at the destination for the next try, where the plan asks for this.
    pub(super) fn condition(&self, planned: Condition) -> Condition {
        let own = self.wrote.clone().map(Condition::Unchanged);
        own.unwrap_or(planned)
    }

    /// Notes what a try read; true where an earlier one read the same.
    pub(super) fn read_again(&mut self, found: &Checksum) -> bool {
        self.read.replace(found.clone()).as_ref() == Some(found)
    }

    /// After a failed try: returns when another one may begin, or gives the end of it all.
    pub(super) async fn again(
        &mut self,
        ctx: &Context,
        step: &Step,
        halt: Halt,
    ) -> Result<(), Halt> {
        let Halt::Failed(mut failure) = halt else {
            return Err(halt);
        };
        self.made += 1;
        failure.attempts = self.made;
        self.in_doubt |= failure.kind == FailureKind::Transient;
        if failure.kind == FailureKind::Throttled {
            ctx.tempo.slow_down();
            ctx.counters.throttled();
            ctx.tempo
                .per_second()
                .iter()
                .for_each(|&rate| ctx.counters.set_slowed_to(rate));
        }
        match ctx.tuning.retry.next(self.made, failure.kind, luck()) {
            Decision::Pause if self.part && failure.kind == FailureKind::DiskFull => {
                Err(Halt::Failed(failure))
            }
            Decision::Pause => {
                self.made -= 1;
                let met = (&step.key, step.size());
                ctx.hold(self.resumes, met, failure).await?;
                self.resumes = ctx.control.hold().resumes;
                Ok(())
            }
            Decision::GiveUp => Err(Halt::GaveUp(failure)),
            Decision::Wait(time) => {
                ctx.counters.retried();
                ctx.events
                    .event(TaskEvent::Retried {
                        seq: step.seq,
                        key: step.key.clone(),
                        failure,
                    })
                    .await;
                let rested = ctx.control.until_ending(sleep(time)).await;
                rested.ok_or_else(Halt::cancelled)
            }
        }
    }
}
