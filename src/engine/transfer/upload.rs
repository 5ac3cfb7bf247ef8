//! Upload of a file in one request: read once, stat before and after, the checksum sent with the bytes.

use bytes::Bytes;

use crate::backend::store::{Checksum, Headers, Written};
use crate::domain::{diff::Level, link};

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
    let pin = target::source_pin(step);
    if let Some(found) = disk.link(&step.key, pin.as_ref()).await? {
        let mut headers = target::headers(&ctx.plan, step);
        headers.metadata.push(link::metadata());
        headers.content_type = Some(link::CONTENT_TYPE.to_owned());
        return sent(work, found.target, headers, tries).await;
    }
    let content = disk.read_whole(&step.key, pin).await?;
    if content.len() as u64 != work.size() {
        return Err(Halt::changed("the file"));
    }
    sent(work, content, target::headers(&ctx.plan, step), tries).await
}

/// Writes a whole content that shall bear these headers; the step is done with it.
pub(super) async fn sent(
    work: &Work,
    content: Bytes,
    headers: Headers,
    tries: &mut Tries,
) -> Result<Done, Halt> {
    let crc = crc64(&content);
    let (written, level) = put(work, content, (headers, crc), tries).await?;
    let (sum, new) = (Checksum::Crc64Nvme(crc), proof::identity(&written));
    Ok(proof::done(work, level, Some(&sum), new))
}

/// Writes a whole content of this CRC-64/NVME that shall bear these headers, and settles what a lost answer left in doubt.
pub(super) async fn put(
    work: &Work,
    content: Bytes,
    (headers, crc): (Headers, u64),
    tries: &mut Tries,
) -> Result<(Written, Level), Halt> {
    let Work { ctx, step, flight } = work;
    let mut query = target::query(step, headers, Some(crc));
    query.condition = tries.condition(query.condition);
    ctx.pay(content.len() as u64).await;
    let mut evidence = Evidence {
        size: Some(content.len() as u64),
        ..Evidence::of_crc(crc)
    };
    let sending = flight.sending();
    let target = ctx.target()?.metered(sending.meter());
    let answer = target.put(&step.key, content.clone(), &query).await;
    let written = match answer {
        Ok(written) => {
            let verifies = ctx.plan.options.verify.is_some() && written.checksum.is_none();
            if verifies && proof::may_be_md5(ctx, written.etag.as_deref()) {
                evidence.etag = Some(etag(content).await);
            }
            written
        }
        Err(error) => {
            let kind = error.failure_kind();
            let failed = target::failed(work, error);
            if !tries.end_in_doubt(ctx, kind) {
                return Err(failed);
            }
            evidence.etag = Some(etag(content).await);
            proof::in_doubt(work, &evidence, failed).await?
        }
    };
    sending.arrived(work.size());
    let level = proof::of_write(work, &written, &evidence, tries).await?;
    Ok((written, level))
}

/// The ETag of a content where ETags are MD5s.
pub(super) async fn etag(content: Bytes) -> String {
    if content.len() <= QUICK {
        return hex::encode(md5(&content));
    }
    let sum = tokio::task::spawn_blocking(move || md5(&content)).await;
    sum.map(hex::encode).unwrap_or_default()
}
