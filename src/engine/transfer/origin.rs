//! `Origin`: where the bytes of an object come from that is written here: a file, or another object in a relay.
//! Whatever it is, it is exactly what the plan saw, from the first byte to the last.

use std::ops::Range;

use bytes::{Bytes, BytesMut};

use crate::backend::{
    disk::{Disk, SourceFile},
    s3::S3,
    store::{Headers, Pin, ReadQuery, Store},
};
use crate::domain::{entry::Facts, key::Key, plan::Op, retry::FailureKind};

use super::{Context, context::s3, copy::bears, halt::Halt, ranges::head, target, worker::Work};

/// Where the bytes of a step come from.
#[derive(Debug)]
pub(super) enum Origin {
    /// A file on disk.
    File(SourceFile),
    /// An object of another store.
    Object {
        /// The store.
        store: S3,
        /// Its key there.
        key: Key,
        /// Exactly what the plan saw.
        pin: Option<Pin>,
        /// What it bears beside its content.
        bears: Box<Headers>,
    },
}

impl Origin {
    /// Opens what this step reads; fails where it is no longer what the plan saw.
    pub(super) async fn open(work: &Work) -> Result<Self, Halt> {
        let Work { ctx, step, .. } = work;
        if step.op == Op::Relay {
            return Ok(Self::Object {
                store: s3(&ctx.source)?.clone(),
                key: step.key.clone(),
                pin: target::source_pin(step),
                bears: Box::new(bears(work, &head(work).await?).await?),
            });
        }
        Ok(Self::File(
            file(ctx, &step.key, step.source.as_ref()).await?,
        ))
    }

    /// What the new object shall bear; `None` for a file.
    pub(super) fn bears(&self) -> Option<&Headers> {
        match self {
            Self::File(_) => None,
            Self::Object { bears, .. } => Some(bears),
        }
    }

    /// These bytes; not one fewer.
    pub(super) async fn read(&self, ctx: &Context, range: Range<u64>) -> Result<Bytes, Halt> {
        match self {
            Self::File(file) => Ok(file.read_at(range).await?),
            Self::Object {
                store, key, pin, ..
            } => {
                let query = ReadQuery {
                    range: Some(range.clone()),
                    pin: pin.clone(),
                };
                ctx.pay(0).await;
                let mut reading = store.read(key, query).await?;
                let wanted = range.end - range.start;
                let mut content = BytesMut::with_capacity(usize::try_from(wanted).unwrap_or(0));
                while let Some(chunk) = reading.chunk().await? {
                    ctx.bandwidth.take(chunk.len() as u64).await;
                    content.extend_from_slice(&chunk);
                }
                whole(&content, wanted)?;
                Ok(content.freeze())
            }
        }
    }

    /// Fails where the source changed since it was opened. Every range of an object was pinned already.
    pub(super) async fn still_the_same(&self) -> Result<(), Halt> {
        match self {
            Self::Object { .. } => Ok(()),
            Self::File(file) if file.unchanged().await => Ok(()),
            Self::File(_) => Err(Halt::changed("the file")),
        }
    }
}

/// Opens a file; fails where it is no longer what the plan saw.
pub(super) async fn file(
    ctx: &Context,
    key: &Key,
    planned: Option<&Facts>,
) -> Result<SourceFile, Halt> {
    let file = disk(&ctx.source)?.source(key).await?;
    let same = planned.is_none_or(|facts| {
        facts.size == file.size && facts.file().is_none_or(|id| *id == file.id)
    });
    if same {
        Ok(file)
    } else {
        Err(Halt::changed("the file"))
    }
}

/// A body of another length than was asked for is a cut one.
pub(super) fn whole(content: &[u8], wanted: u64) -> Result<(), Halt> {
    if content.len() as u64 == wanted {
        return Ok(());
    }
    let reason = format!("{} of {wanted} bytes arrived", content.len());
    Err(Halt::failed(FailureKind::Transient, reason))
}

/// The store as a disk; a plan that says otherwise is refused.
pub(super) fn disk(store: &Store) -> Result<&Disk, Halt> {
    match store {
        Store::Disk(disk) => Ok(disk),
        Store::S3(_) | Store::Manifest(_) => Err(Halt::failed(
            FailureKind::Refused,
            "the plan asks for a folder where there is none: make a new plan",
        )),
    }
}
