//! Upload of a file in one request: read once, stat before and after, the checksum sent with the bytes.

use bytes::Bytes;

use crate::backend::store::Headers;
use crate::domain::retry::FailureKind;

use super::{
    gate::Lane,
    halt::{Done, Halt},
    hash::{crc64, md5},
    origin,
    proof::{self, Evidence},
    target,
    tries::Tries,
    worker::Work,
};

/// Contents above this are hashed off the workers' threads.
const QUICK: usize = 256 * 1024;

/// Reads the file and writes the object.
pub(super) async fn whole(work: &Work, tries: &mut Tries) -> Result<Done, Halt> {
    let Work { ctx, step, .. } = work;
    let _memory = ctx.memory.take(Lane::Small, work.size()).await;
    let disk = origin::disk(&ctx.source)?;
    let content = disk.read_whole(&step.key, target::source_pin(step)).await?;
    if content.len() as u64 != work.size() {
        return Err(Halt::changed("the file"));
    }
    put(work, content, None, tries).await
}

/// Writes a whole content, and settles what a lost answer left in doubt.
/// `bears` is what the object bore that it comes from; `None` for a file.
pub(super) async fn put(
    work: &Work,
    content: Bytes,
    bears: Option<&Headers>,
    tries: &mut Tries,
) -> Result<Done, Halt> {
    let Work { ctx, step, flight } = work;
    let crc = crc64(&content);
    let mut query = target::query(&ctx.plan, step, bears, Some(crc));
    query.condition = tries.condition(query.condition);
    ctx.pay(content.len() as u64).await;
    let mut evidence = Evidence::of_crc(crc);
    let sending = flight.sending();
    let target = ctx.target()?.metered(sending.meter());
    let answer = target.put(&step.key, content.clone(), &query).await;
    let written = match answer {
        Ok(written) => {
            if written.checksum.is_none() && ctx.plan.options.verify.is_some() {
                evidence.etag = Some(etag(content).await);
            }
            written
        }
        Err(error) if error.failure_kind() == FailureKind::Changed => {
            if !tries.in_doubt() {
                return Err(target::refused(&ctx.plan, step));
            }
            evidence.etag = Some(etag(content).await);
            let settled = proof::settled(ctx, work, &evidence).await?;
            settled.ok_or_else(|| target::refused(&ctx.plan, step))?
        }
        Err(error) => return Err(error.into()),
    };
    sending.arrived(work.size());
    let level = proof::of_write(work, &written, &evidence, tries).await?;
    let new = proof::identity(&written);
    Ok(proof::done(work, level, evidence.checksum.as_ref(), new))
}

/// The ETag of a content where ETags are MD5s.
pub(super) async fn etag(content: Bytes) -> String {
    if content.len() <= QUICK {
        return hex::encode(md5(&content));
    }
    let sum = tokio::task::spawn_blocking(move || md5(&content)).await;
    sum.map(hex::encode).unwrap_or_default()
}
