//! What is done to an entry where it stands, as the plan's `Edit` says; each under the condition that it is what was seen.

use bytes::Bytes;

use crate::backend::store::{Condition, Pin, Store, WriteQuery};
use crate::domain::{entry::Facts, key::Key, plan::Edit, retry::FailureKind};

use super::{
    halt::{Done, Halt},
    target,
    tries::Tries,
    worker::Work,
};

/// Changes one entry.
pub(super) async fn one(work: &Work, tries: &Tries) -> Result<Done, Halt> {
    match &work.ctx.plan.edit {
        Some(Edit::Rename { to }) => rename(work, to).await,
        Some(Edit::NewFolder) => make_folder(work, tries).await,
        Some(Edit::Undelete) => undelete(work).await,
        Some(Edit::Restore) => restored(work).await,
        Some(Edit::Tag) => tag(work).await,
        Some(Edit::Abort { .. }) => abort(work).await,
        Some(Edit::Rewrite | Edit::BringBack { .. }) | None => {
            let reason = "the plan does not say what is to be changed: make a new plan";
            Err(Halt::failed(FailureKind::Refused, reason))
        }
    }
}

fn done() -> Done {
    Done {
        bytes: 0,
        level: None,
        proof: None,
    }
}

async fn rename(work: &Work, to: &Key) -> Result<Done, Halt> {
    let Work { ctx, step, .. } = work;
    let (Store::Disk(disk), Some(pin)) = (&ctx.destination, target::source_pin(step)) else {
        let reason = "only what is on a disk is renamed where it stands: make a new plan";
        return Err(Halt::failed(FailureKind::Refused, reason));
    };
    disk.rename(&step.key, to, &pin).await?;
    Ok(done())
}

async fn make_folder(work: &Work, tries: &Tries) -> Result<Done, Halt> {
    let Work { ctx, step, .. } = work;
    let made = match &ctx.destination {
        Store::Disk(disk) => disk.make_new_folder(&step.key).await,
        Store::S3(s3) => {
            ctx.pay(0).await;
            let query = WriteQuery {
                condition: Condition::Absent,
                ..WriteQuery::default()
            };
            s3.put(&step.key, Bytes::new(), &query).await.map(drop)
        }
        Store::Manifest(_) => {
            let reason = "a recorded listing holds no folders that could be made";
            return Err(Halt::failed(FailureKind::Refused, reason));
        }
    };
    match made {
        Err(error) if error.failure_kind() == FailureKind::Changed && tries.in_doubt() => {
            Ok(done())
        }
        Err(error) if error.failure_kind() == FailureKind::Changed => Err(Halt::failed(
            FailureKind::Changed,
            "something has that name by now: look again",
        )),
        made => {
            made?;
            Ok(done())
        }
    }
}

/// Takes a delete marker away; by its id, so that nothing newer can go in its place.
async fn undelete(work: &Work) -> Result<Done, Halt> {
    let Work { ctx, step, .. } = work;
    let marker = step.source.as_ref().and_then(Facts::object);
    let Some(version) = marker.and_then(|id| id.version.as_deref()) else {
        let reason = "the plan does not say which delete marker is to go: make a new plan";
        return Err(Halt::failed(FailureKind::Refused, reason));
    };
    ctx.pay(0).await;
    ctx.target()?.delete_version(&step.key, version).await?;
    Ok(done())
}

/// What an archive held back can be read now; where it cannot, asking S3 again tells why.
async fn restored(work: &Work) -> Result<Done, Halt> {
    let Work { ctx, step, .. } = work;
    ctx.pay(0).await;
    let stat = ctx.destination.stat(&step.key).await?;
    if !stat.entry.facts.is_archived() {
        return Ok(done());
    }
    if let Some(restore) = ctx.plan.options.restore {
        ctx.pay(0).await;
        ctx.target()?.restore(&step.key, restore).await?;
    }
    let reason = "S3 has not restored it yet: run it again to wait on";
    Err(Halt::failed(FailureKind::Archived, reason))
}

/// Replaces the tags of what the plan saw. S3 has no condition for tags: it is looked at right before.
async fn tag(work: &Work) -> Result<Done, Halt> {
    let Work { ctx, step, .. } = work;
    ctx.pay(0).await;
    let now = ctx.destination.stat(&step.key).await?.entry.facts;
    if now.etag() != step.source.as_ref().and_then(Facts::etag) {
        return Err(Halt::changed("the object"));
    }
    let pin = Pin::of(&now);
    ctx.pay(0).await;
    let tags = &ctx.plan.options.tags;
    ctx.target()?.tag(&step.key, tags, pin.as_ref()).await?;
    Ok(done())
}

/// Gives up an unfinished upload, by its id; one that is gone already is well.
async fn abort(work: &Work) -> Result<Done, Halt> {
    let Work { ctx, step, .. } = work;
    let id = step.source.as_ref().and_then(Facts::object);
    let Some(upload) = id.and_then(|id| id.version.as_deref()) else {
        let reason = "the plan does not say which upload is to go: make a new plan";
        return Err(Halt::failed(FailureKind::Refused, reason));
    };
    ctx.pay(0).await;
    ctx.target()?.abort(&step.key, upload).await?;
    Ok(done())
}
