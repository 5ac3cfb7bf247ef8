//! A listing with checksums, to be written down: files are read, objects tell what S3 keeps of them.

use futures::{StreamExt as _, future::BoxFuture, stream};

use crate::backend::{
    Error, Store,
    store::{Checksum, ListQuery, Prune},
};
use crate::domain::{
    entry::{Entry, Kind},
    filter::Matcher,
    key::Key,
    location::Location,
    plan::{Symlinks, SyncOptions},
    sums::Sums,
};

use super::{
    answer::Answer,
    compare::digest::{Digests, Make, digest},
    event::{Body, Failed, Recorded},
    room::Room,
    scan::Picked,
    transfer::hash::etag_md5,
};

/// Contents that are read at once.
const READS: usize = 8;

/// Lists all levels with the checksums of contents, page by page; the last page is the answer.
pub(super) async fn record(
    room: &Room,
    answer: &Answer,
    location: &Location,
    options: &SyncOptions,
) -> Result<Body, Failed> {
    let store = room.sessions.store(location).await?;
    let matcher = Matcher::new(&options.filter)?;
    let query = ListQuery {
        follow_links: options.symlinks == Symlinks::Follow,
        prune: Prune::of(&options.filter),
        ..ListQuery::default()
    };
    let mut listing = Picked::start(store.clone(), query, matcher);
    loop {
        let page = listing.next().await?;
        // Without its type: the compiler follows no deeper.
        let read = |entry| -> BoxFuture<'_, Recorded> { Box::pin(recorded(&store, entry)) };
        let rows = stream::iter(page.entries).map(read);
        let rows: Vec<Recorded> = rows.buffered(READS).collect().await;
        let over = page.end.is_some();
        let part = Body::Recorded {
            rows,
            end: page.end,
        };
        if over {
            return Ok(part);
        }
        answer.tell(part).await;
    }
}

async fn recorded(store: &Store, entry: Entry) -> Recorded {
    if entry.facts.kind != Kind::Object {
        return Recorded::bare(entry);
    }
    match sums(store, &entry).await {
        Ok(sums) => Recorded {
            sums,
            ..Recorded::bare(entry)
        },
        Err(error) => Recorded {
            failed: Some(error.reason.into()),
            ..Recorded::bare(entry)
        },
    }
}

/// The checksums of one content; `None` where the store keeps none of the kind.
async fn sums(store: &Store, entry: &Entry) -> Result<Option<Sums>, Error> {
    let key: &Key = &entry.key;
    match store {
        Store::Disk(_) => {
            let digests = Digests::new(&Make::Md5);
            let found = digest(store, key, &entry.facts, digests).await?;
            let md5 = found.etags.iter().find_map(|etag| etag_md5(etag));
            Ok(crc(&found.crc).map(|crc| Sums { crc, md5 }))
        }
        Store::S3(_) => {
            let stat = store.stat(key).await?;
            let unchanged = stat.entry.facts.etag() == entry.facts.etag();
            let crc = stat.checksum.as_ref().and_then(crc).filter(|_| unchanged);
            Ok(crc.map(|crc| Sums { crc, md5: None }))
        }
        Store::Manifest(manifest) => Ok(manifest.sums(key)),
    }
}

fn crc(checksum: &Checksum) -> Option<u64> {
    match checksum {
        Checksum::Crc64Nvme(crc) => Some(*crc),
        Checksum::Crc32(_)
        | Checksum::Crc32c(_)
        | Checksum::Sha1(_)
        | Checksum::Sha256(_)
        | Checksum::Md5(_)
        | Checksum::Composite(_) => None,
    }
}
