//! `Origin`: where the bytes of an object come from that is written here: a file, or another object in a relay.
//! Whatever it is, it is exactly what the plan saw, from the first byte to the last.

use std::{ops::Range, path::PathBuf, sync::Arc};

use bytes::{Bytes, BytesMut};

use crate::backend::{
    disk::{Disk, SourceFile, Spool},
    s3::S3,
    store::{Checksum, Headers, Pin, ReadQuery, Store},
};
use crate::domain::{entry::Facts, key::Key, location::Location, plan::Op, retry::FailureKind};

use super::{
    Context,
    context::s3,
    copy::bears,
    halt::Halt,
    parts::{part_size, ranges},
    pool::{broken, each_part},
    ranges::head,
    target,
    tries::Tries,
    worker::Work,
};

/// Where the bytes of a step come from.
#[derive(Debug)]
pub(super) enum Origin {
    /// A file on disk.
    File(SourceFile),
    /// An object of another store.
    Object {
        /// Where it is read.
        bytes: Bearing,
        /// What it bears beside its content.
        bears: Box<Headers>,
        /// CRC-64/NVME of the whole content, where the store keeps it.
        crc: Option<u64>,
    },
}

/// Where the bytes of an object are read.
#[derive(Debug)]
pub(super) enum Bearing {
    /// In its store.
    Store(Pinned),
    /// In a folder of this machine, where all of them are.
    Spool(Spool),
}

/// An object, exactly as the plan saw it.
#[derive(Debug)]
pub(super) struct Pinned {
    store: S3,
    key: Key,
    pin: Option<Pin>,
}

impl Pinned {
    async fn read(&self, ctx: &Context, range: Range<u64>) -> Result<Bytes, Halt> {
        let query = ReadQuery {
            range: Some(range.clone()),
            pin: self.pin.clone(),
        };
        ctx.pay(0).await;
        let mut reading = self.store.read(&self.key, query).await?;
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

impl Origin {
    /// Opens what this step reads; fails where it is no longer what the plan saw.
    pub(super) async fn open(work: &Work) -> Result<Self, Halt> {
        let Work { ctx, step, .. } = work;
        if step.way() == Op::Relay {
            return Self::object(work).await;
        }
        Ok(Self::File(
            file(ctx, &step.key, step.source.as_ref()).await?,
        ))
    }

    async fn object(work: &Work) -> Result<Self, Halt> {
        let Work { ctx, step, .. } = work;
        let stat = head(work).await?;
        let pinned = Pinned {
            store: s3(&ctx.source)?.clone(),
            key: step.key.clone(),
            pin: target::source_pin(step),
        };
        let bears = Box::new(bears(work, &stat).await?);
        let crc = match stat.checksum {
            Some(Checksum::Crc64Nvme(crc)) => Some(crc),
            _ => None,
        };
        let origin = Self::Object {
            bytes: Bearing::Store(pinned),
            bears,
            crc,
        };
        match &ctx.plan.options.spool {
            Some(Location::Disk(folder)) => origin.spooled(work, folder.clone()).await,
            _ => Ok(origin),
        }
    }

    /// The same object, all of whose bytes are in a folder of this machine.
    async fn spooled(self, work: &Work, folder: PathBuf) -> Result<Self, Halt> {
        let size = work.size();
        let spool = Spool::create(folder, size).await?;
        let part = part_size(size, work.ctx.tuning.part_for(size));
        let origin = Arc::new(self);
        each_part(&work.ctx, (ranges(size, part), part), |_, range| {
            let (work, origin, spool) = (work.clone(), Arc::clone(&origin), spool.clone());
            async move {
                let content = origin.fetch(&work, range.clone()).await?;
                Ok(spool.write_at(range.start, content).await?)
            }
        })
        .await?;
        match Arc::into_inner(origin) {
            Some(Self::Object { bears, crc, .. }) => Ok(Self::Object {
                bytes: Bearing::Spool(spool),
                bears,
                crc,
            }),
            Some(Self::File(_)) | None => Err(broken()),
        }
    }

    /// What the new object shall bear; `None` for a file.
    pub(super) fn bears(&self) -> Option<&Headers> {
        match self {
            Self::File(_) => None,
            Self::Object { bears, .. } => Some(bears),
        }
    }

    /// CRC-64/NVME of the whole content, where it is known without reading it.
    pub(super) fn crc(&self) -> Option<u64> {
        match self {
            Self::File(_) => None,
            Self::Object { crc, .. } => *crc,
        }
    }

    /// These bytes, not one fewer; read again where that may help.
    pub(super) async fn fetch(&self, work: &Work, range: Range<u64>) -> Result<Bytes, Halt> {
        let mut tries = Tries::of_part(&work.ctx);
        loop {
            match self.read(&work.ctx, range.clone()).await {
                Ok(content) => return Ok(content),
                Err(halt) => tries.again(&work.ctx, &work.step, halt).await?,
            }
        }
    }

    async fn read(&self, ctx: &Context, range: Range<u64>) -> Result<Bytes, Halt> {
        match self {
            Self::File(file) => Ok(file.read_at(range).await?),
            Self::Object { bytes, .. } => match bytes {
                Bearing::Store(pinned) => pinned.read(ctx, range).await,
                Bearing::Spool(spool) => Ok(spool.read_at(range).await?),
            },
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
