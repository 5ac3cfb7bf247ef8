//! Download of an object in one request: pinned to what the listing told, gone on with where the body broke,
//! proven before the file takes its name.

use bytes::{Bytes, BytesMut};
use jiff::Timestamp;

use crate::backend::{
    Error,
    disk::{Draft, Placing},
    store::{Checksum, ReadQuery, Reading, Stat, Written},
};
use crate::domain::{
    diff::Level,
    entry::Identity,
    key::Key,
    link,
    plan::{Step, Symlinks},
    retry::FailureKind,
    text::printable,
};

use super::{
    Context, composite,
    context::{Etags, s3},
    gate::Lane,
    halt::{Done, Halt},
    hash::{self, etag_md5},
    in_place,
    origin::disk,
    proof, target,
    tries::Tries,
    worker::Work,
};

/// Contents above this are hashed off the workers' threads.
const QUICK: usize = 1 << 20;

/// A content that arrived whole, and how far it is proven.
#[derive(Debug)]
pub(super) struct Arrived {
    /// All bytes.
    pub(super) content: Bytes,
    /// How it is proven equal to the object.
    pub(super) level: Level,
    /// The checksum that proves it.
    pub(super) checksum: Option<Checksum>,
    /// What the answer told of the object.
    pub(super) stat: Stat,
}

/// Reads the object and writes the file.
pub(super) async fn whole(work: &Work, step_tries: &mut Tries) -> Result<Done, Halt> {
    let Work { ctx, step, .. } = work;
    let _memory = ctx.memory.take(Lane::Small, work.size()).await;
    let arrived = read(work, step_tries).await?;
    let placing = Placing {
        condition: target::condition(step),
        mtime: mtime(step),
        durable: ctx.plan.options.durable,
        temporary: ctx.journal.temporary(step.seq),
    };
    let disk = disk(&ctx.destination)?;
    let is_link = ctx.plan.options.symlinks == Symlinks::Store
        && link::is_link(&arrived.stat.headers.metadata);
    let content = arrived.content.clone();
    let mut written = if is_link {
        beneath(&step.key, &arrived.content)?;
        disk.write_link(&step.key, content, placing).await
    } else {
        disk.write_whole(&step.key, content, placing).await
    };
    if step_tries.in_doubt() && is_changed(&written) {
        written = in_place::small(disk, step, arrived.content, written).await;
    }
    let new = placed(work, written)?;
    let checksum = arrived.checksum.as_ref();
    Ok(proof::done(work, arrived.level, checksum, new))
}

/// Refuses a link that would lead out of the destination.
fn beneath(key: &Key, target: &[u8]) -> Result<(), Halt> {
    if link::stays_beneath(key, target) {
        return Ok(());
    }
    let reason = format!(
        "the link leads to \"{}\", out of the destination or not surely within it: it is not made",
        printable(target)
    );
    Err(Halt::failed(FailureKind::Refused, reason))
}

/// Gives a finished draft its name, unless the destination is no longer what the plan saw.
pub(super) async fn commit(
    work: &Work,
    draft: &Draft,
    level: Level,
    checksum: Option<&Checksum>,
) -> Result<Done, Halt> {
    let Work { ctx, step, .. } = work;
    let durable = ctx.plan.options.durable;
    let written = draft
        .commit(&target::condition(step), mtime(step), durable)
        .await;
    let new = placed(work, written)?;
    Ok(proof::done(work, level, checksum, new))
}

/// Whether something else stands where a file was to be written.
pub(super) fn is_changed(written: &Result<Written, Error>) -> bool {
    let error = written.as_ref().err();
    error.is_some_and(|error| error.failure_kind() == FailureKind::Changed)
}

/// The time that the file shall bear: the object's.
pub(super) fn mtime(step: &Step) -> Option<Timestamp> {
    step.source.as_ref().and_then(|facts| facts.modified)
}

/// The identity of the file that was written.
pub(super) fn placed(work: &Work, written: Result<Written, Error>) -> Result<Identity, Halt> {
    let written = match written {
        Ok(written) => written,
        Err(error) if error.failure_kind() == FailureKind::Changed => {
            return Err(target::refused(&work.ctx.plan, &work.step));
        }
        Err(error) => return Err(error.into()),
    };
    Ok(written.file.map_or(Identity::None, Identity::File))
}

/// The whole object, exactly as the listing told, proven as far as its answer allows.
pub(super) async fn read(work: &Work, step_tries: &mut Tries) -> Result<Arrived, Halt> {
    let mut body = Body::open(work).await?;
    let mut tries = Tries::of_part(&work.ctx);
    while let Err(halt) = body.fill(work).await {
        tries.again(&work.ctx, &work.step, halt).await?;
    }
    body.prove(work, step_tries).await
}

/// An object on its way, gone on with after a break.
struct Body {
    content: BytesMut,
    /// `None` after a break: to be asked for again from where it broke.
    reading: Option<Reading>,
    stat: Stat,
}

impl Body {
    async fn open(work: &Work) -> Result<Self, Halt> {
        let reading = ask(work, 0).await?;
        if reading.stat.entry.facts.size != work.size() {
            return Err(Halt::changed("the object"));
        }
        Ok(Self {
            content: BytesMut::with_capacity(usize::try_from(work.size()).unwrap_or(0)),
            stat: reading.stat.clone(),
            reading: Some(reading),
        })
    }

    /// Reads to the end of the object.
    async fn fill(&mut self, work: &Work) -> Result<(), Halt> {
        let Work { ctx, flight, .. } = work;
        let mut reading = match self.reading.take() {
            Some(reading) => reading,
            None => ask(work, self.content.len() as u64).await?,
        };
        while let Some(chunk) = reading.chunk().await? {
            ctx.bandwidth.take(chunk.len() as u64).await;
            flight.moved(chunk.len() as u64);
            self.content.extend_from_slice(&chunk);
        }
        super::origin::whole(&self.content, work.size())
    }

    async fn prove(self, work: &Work, tries: &mut Tries) -> Result<Arrived, Halt> {
        let content = self.content.freeze();
        let verifies = work.ctx.plan.options.verify.is_some();
        let parts = composite::parts(work, &self.stat).await;
        let (level, checksum) = if !parts.is_empty() {
            (composite::whole(&parts, &content)?, None)
        } else if verifies {
            prove(&work.ctx, &self.stat, content.clone(), tries).await?
        } else {
            (Level::Size, None)
        };
        Ok(Arrived {
            content,
            level,
            checksum,
            stat: self.stat,
        })
    }
}

pub(super) async fn ask(work: &Work, from: u64) -> Result<Reading, Halt> {
    let Work { ctx, step, .. } = work;
    ctx.pay(0).await;
    let query = ReadQuery {
        range: (from > 0).then_some(from..work.size()),
        pin: target::source_pin(step),
    };
    let answer = s3(&ctx.source)?.read(&step.key, query).await;
    answer.map_err(source_failed)
}

/// A refused read of a pinned object means that it is another one now, and a missing one that it is gone.
pub(super) fn source_failed(error: Error) -> Halt {
    if error.failure_kind() == FailureKind::Changed {
        Halt::changed("the object")
    } else {
        error.into()
    }
}

/// How far an object's answer proves a content, and by which checksum.
async fn prove(
    ctx: &Context,
    stat: &Stat,
    content: Bytes,
    tries: &mut Tries,
) -> Result<(Level, Option<Checksum>), Halt> {
    let Some(expected) = expected(stat) else {
        return Ok((Level::Size, None));
    };
    let found = if content.len() <= QUICK {
        hash::like(&expected, &content)
    } else {
        let like = expected.clone();
        let hashed = tokio::task::spawn_blocking(move || hash::like(&like, &content)).await;
        hashed.ok().flatten()
    };
    judge(ctx, &expected, found.as_ref(), tries)
}

/// What a content must hash to: the checksum that the store keeps, else the MD5 that its ETag is.
pub(super) fn expected(stat: &Stat) -> Option<Checksum> {
    let whole = stat
        .checksum
        .clone()
        .filter(|checksum| hash::Hasher::matching(checksum).is_some());
    let md5 = || {
        let sse = stat.headers.sse.as_deref();
        let plain = sse.is_none_or(|sse| sse.eq_ignore_ascii_case("AES256"));
        let etag = stat.entry.facts.etag().filter(|_| plain)?;
        etag_md5(etag).map(Checksum::Md5)
    };
    whole.or_else(md5)
}

/// What follows from the checksum that was expected and the one that was found.
///
/// An ETag that differs disproves a content only where ETags are known to be MD5s. Where that is not known, the object is
/// read once more: another content then is a broken one, and the same again means that the ETag is something else.
pub(super) fn judge(
    ctx: &Context,
    expected: &Checksum,
    found: Option<&Checksum>,
    tries: &mut Tries,
) -> Result<(Level, Option<Checksum>), Halt> {
    let by_etag = matches!(expected, Checksum::Md5(_));
    let (Some(found), Some(equal)) = (found, proof::agree(Some(expected), found)) else {
        return Ok((Level::Size, None));
    };
    match (equal, by_etag, ctx.etags()) {
        (true, _, _) => {
            if by_etag {
                ctx.saw_etag(Etags::Md5);
            }
            Ok((Level::Checksum, Some(found.clone())))
        }
        (false, true, Etags::Other) => Ok((Level::Size, None)),
        (false, true, Etags::Unknown) if tries.read_again(found) => {
            ctx.saw_etag(Etags::Other);
            Ok((Level::Size, None))
        }
        (false, _, _) => Err(proof::corrupt("the checksum differs from the object's")),
    }
}
