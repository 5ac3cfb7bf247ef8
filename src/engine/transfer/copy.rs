//! Server-side copy: of the exact object that the plan saw, in one request or in parts beyond what one request may copy.
//! Proof is an ETag equal to the listed one, else the checksum that both objects keep.

use std::{ops::Range, sync::Arc};

use crate::backend::{
    s3::CopySource,
    store::{Checksum, Headers, Part, Pin, Slot, Stat, Written},
};
use crate::domain::{diff::Level, retry::FailureKind};
use crate::engine::journal::KeptPart;

use super::{
    again::{self, Again},
    context::{Etags, s3},
    forget,
    halt::{Done, Halt},
    hash::etag_md5,
    multipart::{Sent, UnderWay, begin, complete},
    pool::{NO_BUFFER, each_part},
    proof::{self, Evidence},
    ranges::head,
    target,
    tries::Tries,
    worker::Work,
};

/// Copies the object in one request.
pub(super) async fn whole(work: &Work, tries: &mut Tries) -> Result<Done, Halt> {
    let Work { ctx, step, flight } = work;
    let pin = target::source_pin(step);
    let source = from(work, pin.as_ref())?;
    let headers = if ctx.plan.options.metadata.is_empty() {
        target::headers_of_copy(&ctx.plan, step)
    } else {
        // New metadata replaces all that S3 would take over, so that it is said anew.
        let source = head(work).await?;
        Headers {
            tags: ctx.plan.options.tags.clone(),
            ..target::headers_of(&ctx.plan, &source.headers)
        }
    };
    let mut query = target::query(step, headers, None);
    query.condition = tries.condition(query.condition);
    ctx.pay(0).await;
    let answer = ctx.target()?.copy(&step.key, source, &query).await;
    let written = match answer {
        Ok(written) => written,
        Err(error) => {
            let kind = error.failure_kind();
            let failed = target::failed(work, error);
            if !tries.end_in_doubt(ctx, kind) {
                return Err(which(work, kind, failed).await);
            }
            let evidence = evidence(work, head(work).await?);
            proof::in_doubt(work, &evidence, failed).await?
        }
    };
    flight.moved(work.size());
    let proven = prove(work, &written).await;
    let (level, checksum) = proven.inspect_err(|_| tries.wrote(&written))?;
    let new = proof::identity(&written);
    Ok(proof::done(work, level, checksum.as_ref(), new))
}

/// A copy whose condition was refused, by the side that changed: the answer is the same for both.
async fn which(work: &Work, kind: FailureKind, failed: Halt) -> Halt {
    if kind != FailureKind::Changed {
        return failed;
    }
    match head(work).await {
        Ok(source) if source.entry.facts.etag() == listed(work) => failed,
        Ok(_) => Halt::changed("the source"),
        // What cannot be looked at is left as it was told.
        Err(_) => failed,
    }
}

fn from<'a>(work: &'a Work, pin: Option<&'a Pin>) -> Result<CopySource<'a>, Halt> {
    Ok(CopySource {
        store: s3(&work.ctx.source)?,
        key: &work.step.key,
        pin,
    })
}

fn listed(work: &Work) -> Option<&str> {
    work.step.source.as_ref().and_then(|facts| facts.etag())
}

/// What the copy must be equal to.
fn evidence(work: &Work, source: Stat) -> Evidence {
    Evidence {
        checksum: source.checksum,
        etag: listed(work)
            .filter(|etag| etag_md5(etag).is_some())
            .map(str::to_owned),
        size: None,
    }
}

/// How far the answer proves the copy. The source's checksum is asked for only where ETags cannot tell: those of parts, and
/// those under other keys than S3's own.
async fn prove(work: &Work, written: &Written) -> Result<(Level, Option<Checksum>), Halt> {
    let listed = listed(work);
    if listed.is_some() && listed == written.etag.as_deref() {
        return Ok((Level::Checksum, written.checksum.clone()));
    }
    let in_parts = listed.is_some_and(|etag| etag.contains('-'));
    let opaque = in_parts || work.ctx.etags() == Etags::Other;
    if !opaque || written.checksum.is_none() || work.ctx.plan.options.verify.is_none() {
        return Ok((Level::Size, None));
    }
    let source = head(work).await?;
    against(&source, written)
}

pub(super) fn against(source: &Stat, written: &Written) -> Result<(Level, Option<Checksum>), Halt> {
    match proof::agree(source.checksum.as_ref(), written.checksum.as_ref()) {
        Some(true) => Ok((Level::Checksum, source.checksum.clone())),
        Some(false) => Err(proof::corrupt(
            "the copy's checksum differs from the source's",
        )),
        None => Ok((Level::Size, None)),
    }
}

/// Copies the object in parts, with what the source bears.
pub(super) async fn in_parts(work: &Work, tries: &mut Tries) -> Result<Done, Halt> {
    let source = match work.ctx.cut(head(work)).await {
        Ok(source) => source,
        Err(halt) => {
            forget::left(work).await;
            return Err(halt);
        }
    };
    if source.entry.facts.etag() != listed(work) && listed(work).is_some() {
        forget::left(work).await;
        return Err(Halt::changed("the object"));
    }
    let way = match again::copy(work, &source, tries).await? {
        Again::Done(done) => return Ok(*done),
        Again::Upload(way) => way,
        Again::Nothing => {
            let bears = work.ctx.cut(bears(work, &source)).await?;
            let headers = target::headers_of(&work.ctx.plan, &bears);
            begin(work, headers, work.ctx.tuning.copy_part).await?
        }
    };
    let upload = Arc::clone(&way.id);
    let result = finish(work, &source, way, tries).await;
    forget::unless_well(work, &upload, result).await
}

/// What an object bears, its tags among it, for a new object that S3 does not copy as a whole.
pub(super) async fn bears(work: &Work, source: &Stat) -> Result<Headers, Halt> {
    let mut headers = source.headers.clone();
    if source.tag_count != Some(0) && work.ctx.plan.options.tags.is_empty() {
        headers.tags = tags(work, source.tag_count.is_some()).await?;
    }
    Ok(headers)
}

/// The tags of the source; none where it is not known to have any and they may not be read.
async fn tags(work: &Work, known: bool) -> Result<Vec<(String, String)>, Halt> {
    let Work { ctx, step, .. } = work;
    let pin = target::source_pin(step);
    let mut tries = Tries::of_part(ctx);
    loop {
        ctx.pay(0).await;
        let error = match s3(&ctx.source)?.tags(&step.key, pin.as_ref()).await {
            Ok(tags) => return Ok(tags),
            Err(error) => error,
        };
        let kind = error.failure_kind();
        if !known && matches!(kind, FailureKind::Denied | FailureKind::Refused) {
            tracing::warn!(key = %step.key, %error, "the tags of the source are not known, and not copied");
            return Ok(Vec::new());
        }
        tries.again(ctx, step, error.into()).await?;
    }
}

async fn finish(
    work: &Work,
    source: &Stat,
    way: UnderWay,
    tries: &mut Tries,
) -> Result<Done, Halt> {
    let upload = &Arc::clone(&way.id);
    let parts = (way.open(work.size()), NO_BUFFER);
    let parts = each_part(&work.ctx, parts, |number, range| {
        let (work, upload) = (work.clone(), Arc::clone(upload));
        async move { copy_part(&work, &upload, number, range).await }
    })
    .await?;
    let parts = way.with(parts);
    let evidence = Evidence {
        checksum: source.checksum.clone(),
        etag: None,
        size: None,
    };
    let completing = complete(work, upload, (&parts, &evidence), tries);
    let written = work.ctx.cut(completing).await?;
    let proven = against(source, &written);
    let (level, checksum) = proven.inspect_err(|_| tries.wrote(&written))?;
    let new = proof::identity(&written);
    Ok(proof::done(work, level, checksum.as_ref(), new))
}

async fn copy_part(
    work: &Work,
    upload: &str,
    number: u32,
    range: Range<u64>,
) -> Result<Sent, Halt> {
    let Work { ctx, step, .. } = work;
    let length = range.end - range.start;
    let pin = target::source_pin(step);
    let source = || from(work, pin.as_ref());
    let part = part_of(work, (upload, number, range), source).await?;
    let part = part.ok_or_else(|| Halt::changed("the object"))?;
    let kept = KeptPart {
        etag: Arc::clone(&part.etag),
        crc: part.crc,
        size: length,
    };
    ctx.journal.part(step.seq, number, kept).await;
    Ok(Sent {
        part,
        crc: None,
        kept: 0,
    })
}

/// Copies a range as a part of an upload, as often as it takes; `None` where the source is another object by now.
pub(super) async fn part_of<'a>(
    work: &Work,
    (upload, number, range): (&str, u32, Range<u64>),
    source: impl Fn() -> Result<CopySource<'a>, Halt>,
) -> Result<Option<Part>, Halt> {
    let Work { ctx, step, flight } = work;
    let slot = Slot {
        key: &step.key,
        upload,
        number,
    };
    let mut tries = Tries::of_part(ctx);
    loop {
        ctx.pay(0).await;
        let copied = ctx
            .target()?
            .part_copy(slot, source()?, range.clone())
            .await;
        match copied {
            Ok(part) => {
                flight.moved(range.end - range.start);
                return Ok(Some(part));
            }
            Err(error) if error.failure_kind() == FailureKind::Changed => return Ok(None),
            Err(error) => tries.again(ctx, step, error.into()).await?,
        }
    }
}
