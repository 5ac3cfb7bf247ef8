//! Relay of one object through this machine in one request each way: read pinned, proven, written with its checksum.

use super::{
    download,
    gate::Lane,
    halt::{Done, Halt},
    tries::Tries,
    upload,
    worker::Work,
};

/// Reads the object and writes it to the other store.
pub(super) async fn whole(work: &Work, tries: &mut Tries) -> Result<Done, Halt> {
    let memory = &work.ctx.memory;
    let _memory = memory.take(Lane::Small, work.size()).await;
    let arrived = download::read(work, tries).await?;
    // Counted once, when it is written.
    work.flight.start_over();
    let bears = arrived.headers;
    upload::put(work, arrived.content, Some(&bears), tries).await
}
