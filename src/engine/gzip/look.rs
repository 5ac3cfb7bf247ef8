//! A file beside the gzip stream of one: the sizes that listings tell say nothing, so the object's metadata is asked, or
//! the trailer of a stream that others made. What neither of them tells stays unproven, and is not sent again.

use jiff::Timestamp;

use crate::backend::{
    Error, Store,
    store::{Checksum, Pin, ReadQuery},
};
use crate::domain::{
    diff::Level,
    entry::Facts,
    gzip::{Original, TRAILER, Trailer},
    key::Key,
    retry::FailureKind,
};
use crate::engine::{
    compare::{digest_with, mtime},
    transfer::hash::CrcKind,
};

use super::Expander;

/// What was found out.
#[derive(Debug)]
pub(in crate::engine) struct Found {
    /// Whether the file is the stream's content.
    pub(in crate::engine) equal: bool,
    /// How that is known.
    pub(in crate::engine) level: Level,
    /// The checksum of the content, where it was computed.
    pub(in crate::engine) checksum: Option<Checksum>,
}

impl Found {
    fn new(equal: bool, level: Level) -> Self {
        Self {
            equal,
            level,
            checksum: None,
        }
    }

    fn of(own: Checksum, told: &Checksum, level: Level) -> Self {
        Self {
            equal: own == *told,
            level,
            checksum: Some(own),
        }
    }
}

/// How a file and a stream are compared.
#[derive(Debug, Clone, Copy)]
pub(in crate::engine) struct Ask {
    /// The level that "same" must reach.
    pub(in crate::engine) check: Level,
    /// The stream is the left side, or the source: a file that was made of it has its very time.
    pub(in crate::engine) stream_is_left: bool,
}

impl Ask {
    /// Whether the times say that one was changed since the other was made of it.
    fn changed_since(self, file: &Facts, object: &Facts) -> bool {
        let since = file.modified > object.modified;
        since || (self.stream_is_left && file.modified != object.modified)
    }
}

/// An entry of a store.
type At<'a> = (&'a Store, &'a Facts);

/// Compares a file with a stream at this level; `None` where nothing is proven.
pub(in crate::engine) async fn compare(
    key: &Key,
    file: At<'_>,
    object: At<'_>,
    ask: Ask,
) -> Result<Option<Found>, Error> {
    if !matches!(object.0, Store::S3(_)) {
        return Ok(None);
    }
    if ask.check == Level::Read {
        return read(key, file, object).await.map(Some);
    }
    let stat = object.0.stat(key).await?;
    if stat.entry.facts.etag() != object.1.etag() {
        return Ok(None);
    }
    match Original::of(&stat.headers.metadata) {
        Some(original) => {
            let times = (mtime(&stat.headers), object.1.modified);
            kept(key, file, &original, (times, ask.check))
                .await
                .map(Some)
        }
        None => foreign(key, file, object, ask).await,
    }
}

/// By what metadata keeps: size, time and checksum of the original.
async fn kept(
    key: &Key,
    file: At<'_>,
    original: &Original,
    ((changed, made), check): ((Option<Timestamp>, Option<Timestamp>), Level),
) -> Result<Found, Error> {
    let (store, facts) = file;
    if facts.size != original.size || check == Level::Size {
        return Ok(Found::new(facts.size == original.size, Level::Size));
    }
    // Of an object nobody knows when its content was written, but when it came to where it is.
    let as_made = match store {
        Store::S3(_) => made.is_some() && made >= facts.modified,
        Store::Disk(_) | Store::Manifest(_) => changed.is_some() && changed == facts.modified,
    };
    if check == Level::Time && as_made {
        return Ok(Found::new(true, Level::Time));
    }
    let told = Checksum::Crc64Nvme(original.crc);
    let own = match told_sum(key, file).await? {
        Some(sum) => sum,
        None => digest_with(store, key, facts, CrcKind::Nvme.hasher()).await?,
    };
    Ok(Found::of(own, &told, Level::Checksum))
}

/// The CRC-64/NVME of an original that a store keeps, so that it need not be read.
async fn told_sum(key: &Key, (store, facts): At<'_>) -> Result<Option<Checksum>, Error> {
    if !matches!(store, Store::S3(_)) {
        return Ok(None);
    }
    let stat = store.stat(key).await?;
    let same = stat.entry.facts.etag() == facts.etag();
    let of_all = |sum: &Checksum| matches!(sum, Checksum::Crc64Nvme(_));
    Ok(stat.checksum.filter(of_all).filter(|_| same))
}

/// By the trailer: one request for eight bytes.
async fn foreign(
    key: &Key,
    file: At<'_>,
    object: At<'_>,
    ask: Ask,
) -> Result<Option<Found>, Error> {
    let ((store, facts), stored) = (file, object.1.size);
    let query = ReadQuery {
        range: Some(stored.saturating_sub(TRAILER)..stored),
        pin: Pin::of(object.1),
    };
    let last = object.0.read(key, query).await?.all().await?;
    let Some(trailer) = Trailer::of(&last, stored) else {
        return Err(broken(key, "it is too short to be one"));
    };
    if !trailer.can_hold(facts.size, stored) {
        // Another content, or several members: only the times can make it the former.
        return Ok(ask
            .changed_since(facts, object.1)
            .then(|| Found::new(false, Level::Size)));
    }
    if ask.check == Level::Size {
        return Ok(Some(Found::new(true, Level::Size)));
    }
    let own = digest_with(store, key, facts, CrcKind::Iso.hasher()).await?;
    let found = Found::of(own, &Checksum::Crc32(trailer.crc), Level::Checksum);
    Ok((found.equal || ask.changed_since(facts, object.1)).then_some(found))
}

/// By both contents.
async fn read(key: &Key, file: At<'_>, object: At<'_>) -> Result<Found, Error> {
    let (store, facts) = file;
    let own = digest_with(store, key, facts, CrcKind::Nvme.hasher()).await?;
    let query = ReadQuery {
        range: None,
        pin: Pin::of(object.1),
    };
    let mut reading = object.0.read(key, query).await?;
    let mut expander = Expander::new();
    let mut hasher = CrcKind::Nvme.hasher();
    while let Some(chunk) = reading.chunk().await? {
        for piece in chunk.chunks(16 << 10) {
            let content = expander.feed(piece).map_err(|why| unsound(key, &why))?;
            hasher.update(&content);
        }
        tokio::task::yield_now().await;
    }
    let last = expander.finish();
    hasher.update(&last.map_err(|why| unsound(key, &why))?);
    Ok(Found::of(own, &hasher.finish(), Level::Read))
}

fn unsound(key: &Key, why: &std::io::Error) -> Error {
    broken(key, &format!("{why}; see gzip -t"))
}

fn broken(key: &Key, why: &str) -> Error {
    let reason = format!("this is a broken gzip stream ({why}): the file stays as it is");
    Error::new("read", key.to_string(), FailureKind::Corrupt, reason)
}
