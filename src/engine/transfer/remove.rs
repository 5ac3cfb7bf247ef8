//! Removal of sources, the last part of a move: each only while it is what the plan saw, only where its destination is proven
//! to be another entry of the same content, and only after both were looked at once more. A source whose proof was lost is
//! proven anew, by checksum; what cannot be proven stays, as a row with its reason.
//!
//! A plan of `Op::Remove` steps alone is a clean-up after the fact: it needs nothing but `Earlier::proven`.

use std::sync::Arc;

use jiff::Timestamp;
use tokio::time::{Duration, sleep};

use crate::backend::store::{Condition, Pin, Store};
use crate::domain::{
    diff::Level,
    entry::Facts,
    plan::{Claim, Op, Proven, RACY_NS, Stays, Step, Trace},
    progress::Failure,
    retry::FailureKind,
};

use super::{
    Context,
    context::StepRef,
    delete,
    halt::{Done, Halt},
    pool, proof, remove_many,
    tries::Tries,
    verify::Pair,
    worker::Work,
};

/// Removes these sources; each step ends with an outcome of its own. What failed to arrive stays without being looked at.
pub(super) async fn run(ctx: &Arc<Context>, steps: Vec<StepRef>) {
    let failed = ctx.failed_keys();
    let (unmoved, steps): (Vec<_>, Vec<_>) = steps
        .into_iter()
        .partition(|step| failed.contains(&step.key));
    let reason = "it was not moved, and so it stays";
    delete::leave(ctx, unmoved, reason).await;
    if remove_many::may(ctx, &steps).await {
        return remove_many::run(ctx, &steps).await;
    }
    pool::run(ctx, steps).await;
}

/// Whether an earlier run of the task has removed sources already.
pub(super) fn has_begun(ctx: &Context) -> bool {
    let mut removes = ctx.plan.steps().filter(|step| step.op == Op::Remove);
    ctx.earlier.is_some() && removes.any(|step| !ctx.is_open(step.seq))
}

/// Removes one source, or tells why it stays.
pub(super) async fn one(work: &Work, tries: &Tries) -> Result<Done, Halt> {
    let Work { ctx, step, .. } = work;
    let proven = match allowed(work, tries).await? {
        Ok(proven) => proven,
        Err(gone) => return Ok(gone),
    };
    let pin = step.source.as_ref().and_then(Pin::of);
    let unchanged = Condition::Unchanged(pin.ok_or_else(|| stays(Stays::Unknown))?);
    ctx.pay(0).await;
    match ctx.source.delete(&step.key, &unchanged).await {
        Ok(()) => Ok(removed_one()),
        Err(error) if error.failure_kind() == FailureKind::NotFound => gone(tries),
        Err(error) if error.failure_kind() == FailureKind::Changed => Err(stays(Stays::Changed)),
        Err(error) => {
            // The next try must not read the contents again for the proof that is here.
            ctx.give_back_proven(&step.key, proven);
            Err(error.into())
        }
    }
}

/// Looks at both sides of a source at the moment before it goes: it may, with what proves it, or it went already by a try
/// whose answer was lost.
pub(super) async fn allowed(work: &Work, tries: &Tries) -> Result<Allowed, Halt> {
    let Work { ctx, step, .. } = work;
    let planned = step.source.as_ref();
    let planned = planned.ok_or_else(|| stays(Stays::Unknown))?;
    let source = look(work, &ctx.source).await?;
    let Some(source) = source else {
        return gone(tries).map(Err);
    };
    let destination = look(work, &ctx.destination).await?;
    let there = destination.as_ref();
    let known = ctx.take_proven(&step.key);
    let holds = |proven: &Proven| {
        proven.is_of(planned) && there.is_some_and(|there| proven.destination.is(there))
    };
    // Behind a task only what was proven by it counts: a copy that was replaced since keeps its source.
    let cleans = ctx.plan.cleans.is_some();
    let proven = match (known.filter(|known| cleans || holds(known)), there) {
        (Some(proven), _) => Some(proven),
        (None, Some(there)) if !cleans => prove(work, &source, there).await?,
        (None, _) => None,
    };
    let claim = Claim {
        planned,
        source: &source,
        destination: there,
        proven: proven.as_ref(),
        may_be_one: ctx.plan.source.may_be(&ctx.plan.destination),
    };
    claim.judge().map_err(stays)?;
    Ok(Ok(proven))
}

/// What a look before a removal found: what proves the source, or that it is gone.
pub(super) type Allowed = Result<Option<Proven>, Done>;

/// What a store holds under the step's key now.
pub(super) async fn look(work: &Work, store: &Store) -> Result<Option<Facts>, Halt> {
    if matches!(store, Store::S3(_)) {
        work.ctx.pay(0).await;
    }
    match store.stat(&work.step.key).await {
        Ok(stat) => Ok(Some(stat.entry.facts)),
        Err(error) if error.failure_kind() == FailureKind::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Proves anew that both hold the same; `None` where nothing tells.
async fn prove(work: &Work, source: &Facts, destination: &Facts) -> Result<Option<Proven>, Halt> {
    let Work { ctx, step, flight } = work;
    settled(source).await;
    let at = Timestamp::now();
    let pair = Pair {
        ctx: Arc::clone(ctx),
        step: Step {
            source: Some(source.clone()),
            destination: Some(Box::new(destination.clone())),
            ..Step::clone(step)
        },
        flight: Arc::clone(flight),
    };
    let (level, checksum) = match pair.prove(source, destination).await {
        Ok(proven) => proven,
        Err(halt) => {
            let differs = halt.failure().map(|failure| failure.kind);
            let differs = matches!(differs, Some(FailureKind::Corrupt | FailureKind::Changed));
            return Err(if differs { stays(Stays::Other) } else { halt });
        }
    };
    if level < Level::Checksum {
        return Ok(None);
    }
    if let Some(proof) = proof::both(&pair.step, level, checksum.as_ref()).proof {
        ctx.journal.proof(*proof).await;
    }
    Ok(Trace::of(destination).map(|destination| Proven {
        level,
        at,
        destination,
    }))
}

/// Waits until a file that has just been changed is old enough that another change would show.
async fn settled(source: &Facts) {
    let Some(file) = source.file() else { return };
    let age = Timestamp::now().as_nanosecond() - file.mtime_ns;
    if (0..RACY_NS).contains(&age) {
        let rest = u64::try_from(RACY_NS - age).unwrap_or_default();
        sleep(Duration::from_nanos(rest)).await;
    }
}

/// A source that is not there: an earlier try may have removed it, and its answer been lost.
fn gone(tries: &Tries) -> Result<Done, Halt> {
    if tries.in_doubt() {
        Ok(removed_one())
    } else {
        Err(Halt::Skipped("it was gone already".into()))
    }
}

pub(super) fn removed_one() -> Done {
    Done {
        bytes: 0,
        level: None,
        proof: None,
    }
}

pub(super) fn stays(why: Stays) -> Halt {
    let kind = match why {
        Stays::Changed | Stays::Missing | Stays::Other => FailureKind::Changed,
        Stays::Unproven | Stays::Unknown | Stays::Itself => FailureKind::Refused,
    };
    Halt::GaveUp(Failure {
        kind,
        reason: format!("the source stays: {why}").into(),
        request_id: None,
        attempts: 1,
    })
}
