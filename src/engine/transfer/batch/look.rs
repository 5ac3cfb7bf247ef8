//! What stands at the destination under the names of steps: one listing for all of them.

use crate::backend::store::ListQuery;
use crate::domain::{
    entry::{End, Entry, Facts, Kind},
    retry::FailureKind,
};
use crate::engine::{scan::Scan, transfer::tries::Tries};

use super::{Context, Halt, StepRef};

/// What stands under the key of each of these steps, which are in key order.
pub(super) async fn destination(
    ctx: &Context,
    steps: &[StepRef],
) -> Result<Vec<Option<Facts>>, Halt> {
    let Some(first) = steps.first() else {
        return Ok(Vec::new());
    };
    let mut tries = Tries::of_part(ctx);
    loop {
        ctx.ready().await?;
        match ctx.cut(listed(ctx, steps)).await {
            Ok(found) => return Ok(found),
            Err(halt) => tries.again(ctx, first, halt).await?,
        }
    }
}

async fn listed(ctx: &Context, steps: &[StepRef]) -> Result<Vec<Option<Facts>>, Halt> {
    let query = ListQuery {
        end: steps.last().map(|step| step.key.clone()),
        missing_is_empty: true,
        ..ListQuery::default()
    };
    let mut scan = Scan::start(ctx.destination.clone(), query);
    let mut found = vec![None; steps.len()];
    let mut at = 0;
    while let Some(page) = scan.next().await {
        let objects = page.entries.into_iter();
        for Entry { key, facts } in objects.filter(|entry| entry.facts.kind == Kind::Object) {
            while steps.get(at).is_some_and(|step| step.key < key) {
                at += 1;
            }
            let same = steps.get(at).is_some_and(|step| step.key == key);
            if let Some(slot) = found.get_mut(at).filter(|_| same) {
                *slot = Some(facts);
            }
        }
        match page.end {
            None => {}
            Some(End::Complete) => return Ok(found),
            Some(End::Broken { reason, .. }) => {
                let failure = scan.failure().map(|error| error.clone().into());
                let broke = || Halt::failed(FailureKind::Transient, &*reason);
                return Err(failure.unwrap_or_else(broke));
            }
        }
    }
    Err(Halt::failed(
        FailureKind::Transient,
        "the listing of the destination ended without a word",
    ))
}
