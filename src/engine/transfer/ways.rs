//! The other way: a key that the server refuses to copy goes through this machine, where the plan's mode lets it. It is told
//! at once, and done when the others are. Where nothing at all could be copied, the rest is not tried first.

use std::sync::{
    Mutex, MutexGuard, PoisonError,
    atomic::{AtomicBool, AtomicU32, Ordering::Relaxed},
};

use crate::domain::{
    plan::{Mode, Op},
    progress::TaskEvent,
    retry::FailureKind,
};

use super::{
    Context,
    context::StepRef,
    halt::{Done, Halt},
    worker::Work,
};

/// Refusals without a single copy, after which the rest is not tried.
const ENOUGH: u32 = 3;

/// What was learnt of the server's copies, and the steps that go the other way.
#[derive(Debug, Default)]
pub(super) struct Ways {
    copied: AtomicBool,
    refused: AtomicU32,
    round: Mutex<Vec<StepRef>>,
}

impl Ways {
    /// Takes the steps that go the other way.
    pub(super) fn take(&self) -> Vec<StepRef> {
        std::mem::take(&mut *self.lock())
    }

    fn is_closed(&self) -> bool {
        !self.copied.load(Relaxed) && self.refused.load(Relaxed) >= ENOUGH
    }

    fn send_round(&self, step: &StepRef) {
        self.lock().push(step.by(Op::Relay));
    }

    fn lock(&self) -> MutexGuard<'_, Vec<StepRef>> {
        self.round.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether this step need not be tried any more as the plan has it: it is put among those that go the other way.
pub(super) fn goes_round(ctx: &Context, step: &StepRef) -> bool {
    let closed =
        step.way() == Op::Copy && ctx.plan.options.mode == Mode::Auto && ctx.ways.is_closed();
    if closed {
        ctx.ways.send_round(step);
    }
    closed
}

/// Whether a step that ended so goes the other way instead, which is told.
pub(super) async fn other(work: &Work, result: &Result<Done, Halt>) -> bool {
    let Work { ctx, step, flight } = work;
    if step.way() != Op::Copy {
        return false;
    }
    let failure = match result {
        Ok(_) => {
            ctx.ways.copied.store(true, Relaxed);
            return false;
        }
        Err(halt) => halt.failure(),
    };
    let helps = |kind| matches!(kind, FailureKind::Denied | FailureKind::Refused);
    let Some(failure) = failure.filter(|failure| helps(failure.kind)) else {
        return false;
    };
    if !ctx.plan.options.mode.falls_back() {
        return false;
    }
    flight.start_over();
    let refused = ctx.ways.refused.fetch_add(1, Relaxed) + 1;
    ctx.ways.send_round(step);
    let event = TaskEvent::OtherWay {
        seq: step.seq,
        key: step.key.clone(),
        op: Op::Relay,
        all: refused == ENOUGH && ctx.plan.options.mode == Mode::Auto && ctx.ways.is_closed(),
        failure: failure.clone(),
    };
    ctx.events.event(event).await;
    true
}
