//! Relay of one object through this machine in one request each way: read pinned, proven, written with its checksum.

use bytes::Bytes;

use crate::backend::store::Headers;

use super::{
    copy, download,
    gate::Lane,
    halt::{Done, Halt},
    target,
    tries::Tries,
    upload,
    worker::Work,
};

/// Reads the object and writes it to the other store.
pub(super) async fn whole(work: &Work, tries: &mut Tries) -> Result<Done, Halt> {
    let memory = &work.ctx.memory;
    let _memory = memory.take(Lane::Small, work.size()).await;
    let (content, bears) = arrived(work, tries).await?;
    let headers = target::headers_of(&work.ctx.plan, &bears);
    upload::sent(work, content, headers, tries).await
}

/// The whole object, proven as far as its answer allows, with what it bears.
pub(super) async fn arrived(work: &Work, tries: &mut Tries) -> Result<(Bytes, Headers), Halt> {
    let arrived = download::read(work, tries).await?;
    // Counted once, when it is written.
    work.flight.start_over();
    // An answer to GET counts the tags where there are any.
    let bears = match arrived.stat.tag_count {
        Some(_) => copy::bears(work, &arrived.stat).await?,
        None => arrived.stat.headers,
    };
    Ok((arrived.content, bears))
}
