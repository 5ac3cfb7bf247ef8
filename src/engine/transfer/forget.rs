//! Giving up what nobody goes on with: uploads at the store, which cost money, and temporary files. What a task that is let
//! go leaves half-done stays for the run that goes on with it.

use std::{collections::HashSet, sync::Arc};

use jiff::{SignedDuration, Timestamp};

use crate::backend::{s3::S3, store::Store};
use crate::domain::{
    key::Key,
    plan::{Op, Step},
    retry::FailureKind,
};

use super::{Context, context::StepRef, halt::Halt, worker::Work};

/// Gives up an upload, or removes a temporary file, unless the task is let go: then another run goes on with it.
pub(super) async fn partial(work: &Work, handle: &str) {
    let Work { ctx, step, .. } = work;
    if ctx.control.is_left() {
        return;
    }
    if give_up(&ctx.destination, &step.key, handle).await {
        ctx.journal.partial_over(step.seq, handle).await;
    }
}

/// What came of an upload, which is given up where that is a failure.
pub(super) async fn unless_well<T>(
    work: &Work,
    handle: &str,
    result: Result<T, Halt>,
) -> Result<T, Halt> {
    if result.is_err() {
        partial(work, handle).await;
    }
    result
}

/// Gives up what an earlier run left of a step that cannot be gone on with.
pub(super) async fn left(work: &Work) {
    let Work { ctx, step, .. } = work;
    if ctx.control.is_left() {
        return;
    }
    if let Some(left) = ctx.take_partial(step.seq) {
        partial(work, &left.handle).await;
    }
}

/// Removes what a killed run may have left under the step's temporary name; in the first run there is nothing.
pub(super) async fn clear(ctx: &Context, step: &Step) {
    let (Some(_), Op::Download, Store::Disk(disk)) = (&ctx.earlier, step.op, &ctx.destination)
    else {
        return;
    };
    if let Some(number) = ctx.journal.temporary(step.seq)
        && let Err(error) = disk.clear(&step.key, number).await
    {
        tracing::warn!(key = %step.key, %error, "a temporary file may have been left");
    }
}

/// Gives up an upload, or removes a temporary file, with a few tries; true where nothing of it is left.
pub async fn give_up(store: &Store, key: &Key, handle: &str) -> bool {
    const TRIES: u32 = 3;
    for _ in 0..TRIES {
        let gone = match (store, handle.parse()) {
            (Store::S3(s3), _) => s3.abort(key, handle).await,
            (Store::Disk(disk), Ok(number)) => disk.clear(key, number).await,
            (Store::Disk(_) | Store::Manifest(_), _) => return false,
        };
        match gone {
            Ok(()) => return true,
            Err(error) if error.failure_kind() == FailureKind::NotFound => return true,
            Err(error) => {
                tracing::warn!(%key, handle, %error, "an upload or temporary file could not be given up");
            }
        }
    }
    false
}

/// Gives up uploads that an earlier run began and was killed before it could keep their names: of keys that it was to
/// move in parts, begun since the task was, and without a part, because no part is sent before the name is kept.
pub(super) async fn lost(ctx: &Arc<Context>, steps: &[StepRef]) {
    let began = ctx.earlier.as_ref().and_then(|earlier| earlier.began);
    let (Some(began), Store::S3(target)) = (began, &ctx.destination) else {
        return;
    };
    let unknown = |step: &&StepRef| ctx.in_parts(step) && !ctx.has_partial(step.seq);
    let keys: HashSet<&Key> = steps.iter().filter(unknown).map(|step| &step.key).collect();
    if keys.is_empty() {
        return;
    }
    empty(&ctx.destination, target, &keys, began).await;
}

/// Gives up what the tries to begin an upload left behind that were all told as failed.
pub(super) async fn begun(work: &Work, began: Timestamp) {
    let Work { ctx, step, .. } = work;
    if let Store::S3(target) = &ctx.destination
        && !ctx.control.is_left()
    {
        empty(&ctx.destination, target, &[&step.key].into(), began).await;
    }
}

/// Gives up uploads of these keys that have no part and began no earlier than `began`.
async fn empty(store: &Store, target: &S3, keys: &HashSet<&Key>, began: Timestamp) {
    /// Clocks of this machine and the store may differ by so much.
    const SLACK: SignedDuration = SignedDuration::from_mins(15);
    let uploads = match target.uploads().await {
        Ok(uploads) => uploads,
        Err(error) => {
            tracing::warn!(%error, "unfinished uploads may have been left");
            return;
        }
    };
    let since = began.checked_sub(SLACK).unwrap_or(began);
    for upload in uploads {
        let ours = keys.contains(&upload.key) && upload.began.is_some_and(|at| at >= since);
        if ours
            && matches!(target.parts(&upload.key, &upload.id).await, Ok(parts) if parts.is_empty())
        {
            give_up(store, &upload.key, &upload.id).await;
        }
    }
}
