//! What is done to an entry where it stands, as the plan's `Edit` says; each under the condition that it is what was seen.

use bytes::Bytes;

use crate::backend::store::{Condition, Store, WriteQuery};
use crate::domain::{key::Key, plan::Edit, retry::FailureKind};

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
        None => {
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
