//! Digests of a content in one pass: what a stored checksum or an ETag can be compared with.

use std::{ops::Range, panic::resume_unwind};

use md5::{Digest as _, Md5};
use tokio::task::spawn_blocking;

use crate::backend::{
    Error, Store,
    store::{Checksum, Pin, ReadQuery},
};
use crate::domain::{entry::Facts, key::Key};
use crate::engine::transfer::hash::{CrcKind, Hasher, etag_md5};

/// Pieces of so many bytes and more are hashed on a thread of their own, so that nothing else waits for them.
const LONG: usize = 128 << 10;
const MIB: u64 = 1 << 20;
/// Sizes of parts, in MiB, that the usual clients cut into.
const PART_SIZES: [u64; 16] = [
    5, 6, 8, 10, 15, 16, 20, 24, 25, 32, 50, 64, 100, 128, 256, 512,
];

/// What an ETag may be made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::engine) enum Make {
    /// The MD5 of the content.
    Md5,
    /// The MD5 of the MD5s of parts; all sizes of parts that give this number of parts.
    Parts(Vec<u64>),
    /// Something else.
    Unknown,
}

impl Make {
    /// What an ETag of this form, on an object of this size, may be made of.
    pub(in crate::engine) fn of(etag: &str, size: u64) -> Self {
        if etag_md5(etag).is_some() {
            return Self::Md5;
        }
        let Some((sum, parts)) = etag.split_once('-') else {
            return Self::Unknown;
        };
        let Some(parts) = parts
            .parse::<u64>()
            .ok()
            .filter(|_| etag_md5(sum).is_some())
        else {
            return Self::Unknown;
        };
        let fits = |part: &u64| *part > 0 && size.div_ceil(*part).max(1) == parts;
        let usual = PART_SIZES.iter().map(|mib| mib * MIB);
        // Clients that choose by size divide it by a number of parts and round up.
        let even = size.div_ceil(parts.max(1));
        let rounded = [1, MIB, 5 * MIB].map(|step| even.next_multiple_of(step));
        let mut sizes: Vec<u64> = usual.chain(rounded).filter(fits).collect();
        sizes.sort_unstable();
        sizes.dedup();
        if sizes.is_empty() {
            Self::Unknown
        } else {
            Self::Parts(sizes)
        }
    }
}

/// What is computed over one content.
pub(in crate::engine) struct Digests {
    crc: Hasher,
    md5: Option<Md5>,
    parts: Vec<Parts>,
}

/// The ETag of a multipart upload with one size of parts, as it grows.
struct Parts {
    size: u64,
    left: u64,
    part: Md5,
    all: Md5,
    count: u64,
}

/// What was computed over one content.
pub(in crate::engine) struct Digested {
    /// CRC-64/NVME.
    pub(in crate::engine) crc: Checksum,
    /// ETags that the content may have in S3.
    pub(in crate::engine) etags: Vec<String>,
}

impl Digests {
    /// CRC-64/NVME, and what an ETag of this make needs.
    pub(in crate::engine) fn new(make: &Make) -> Self {
        let sizes: &[u64] = match make {
            Make::Parts(sizes) => sizes,
            Make::Md5 | Make::Unknown => &[],
        };
        Self {
            crc: CrcKind::Nvme.hasher(),
            md5: (*make == Make::Md5).then(Md5::new),
            parts: sizes.iter().copied().map(Parts::new).collect(),
        }
    }

    fn update(&mut self, piece: &[u8]) {
        self.crc.update(piece);
        if let Some(md5) = &mut self.md5 {
            md5.update(piece);
        }
        self.parts.iter_mut().for_each(|parts| parts.update(piece));
    }

    fn finish(self) -> Digested {
        let md5 = self.md5.map(|md5| hex::encode(md5.finalize()));
        let parts = self.parts.into_iter().map(Parts::finish);
        Digested {
            crc: self.crc.finish(),
            etags: md5.into_iter().chain(parts).collect(),
        }
    }
}

impl Parts {
    fn new(size: u64) -> Self {
        Self {
            size,
            left: size,
            part: Md5::new(),
            all: Md5::new(),
            count: 0,
        }
    }

    fn update(&mut self, mut piece: &[u8]) {
        while !piece.is_empty() {
            let room = usize::try_from(self.left)
                .unwrap_or(usize::MAX)
                .min(piece.len());
            let (now, later) = piece.split_at(room);
            self.part.update(now);
            self.left -= room as u64;
            if self.left == 0 {
                self.close();
            }
            piece = later;
        }
    }

    fn close(&mut self) {
        self.all.update(std::mem::take(&mut self.part).finalize());
        self.left = self.size;
        self.count += 1;
    }

    fn finish(mut self) -> String {
        if self.left < self.size || self.count == 0 {
            self.close();
        }
        format!("{}-{}", hex::encode(self.all.finalize()), self.count)
    }
}

/// What can be fed a content piece by piece.
pub(super) trait Take: Send + 'static {
    fn take(&mut self, piece: &[u8]);
}

impl Take for Digests {
    fn take(&mut self, piece: &[u8]) {
        self.update(piece);
    }
}

impl Take for Hasher {
    fn take(&mut self, piece: &[u8]) {
        self.update(piece);
    }
}

/// Reads an entry, which must still be the one that was listed, and computes these digests over it.
pub(in crate::engine) async fn digest(
    store: &Store,
    key: &Key,
    facts: &Facts,
    digests: Digests,
) -> Result<Digested, Error> {
    feed((store, facts), key, None, digests)
        .await
        .map(Digests::finish)
}

/// Reads an entry as `digest` does, and computes one checksum over it.
pub(in crate::engine) async fn digest_with(
    store: &Store,
    key: &Key,
    facts: &Facts,
    hasher: Hasher,
) -> Result<Checksum, Error> {
    feed((store, facts), key, None, hasher)
        .await
        .map(Hasher::finish)
}

/// The same over a range of it.
pub(super) async fn digest_range(
    entry: (&Store, &Facts),
    key: &Key,
    range: Range<u64>,
    hasher: Hasher,
) -> Result<Checksum, Error> {
    feed(entry, key, Some(range), hasher)
        .await
        .map(Hasher::finish)
}

async fn feed<T: Take>(
    (store, facts): (&Store, &Facts),
    key: &Key,
    range: Option<Range<u64>>,
    to: T,
) -> Result<T, Error> {
    let query = ReadQuery {
        range,
        pin: Pin::of(facts),
    };
    let mut reading = store.read(key, query).await?;
    let mut taker = to;
    while let Some(piece) = reading.chunk().await? {
        if piece.len() < LONG {
            taker.take(&piece);
            continue;
        }
        let work = move || {
            taker.take(&piece);
            taker
        };
        taker = spawn_blocking(work)
            .await
            .unwrap_or_else(|panicked| resume_unwind(panicked.into_panic()));
    }
    Ok(taker)
}

#[cfg(test)]
mod tests {
    use super::{Digests, MIB, Make};

    fn etags(make: &Make, content: &[u8], piece: usize) -> Vec<String> {
        let mut digests = Digests::new(make);
        content
            .chunks(piece)
            .for_each(|piece| digests.update(piece));
        digests.finish().etags
    }

    #[test]
    fn a_multipart_etag_is_found_at_the_usual_sizes_of_parts() {
        let content = vec![7; 17 * 1024 * 1024];
        // What `aws s3 cp` gives: parts of 8 MiB.
        let part = |bytes: &[u8]| <[u8; 16]>::from(<md5::Md5 as md5::Digest>::digest(bytes));
        let sums: Vec<u8> = content.chunks(8 << 20).flat_map(part).collect();
        let etag = format!("{}-3", hex::encode(part(&sums)));
        let make = Make::of(&etag, content.len() as u64);
        let even = (17 * MIB).div_ceil(3);
        assert_eq!(make, Make::Parts(vec![even, 6 * MIB, 8 * MIB]));
        assert!(etags(&make, &content, 1_000_003).contains(&etag));
    }

    #[test]
    fn the_make_of_an_etag_follows_from_its_form() {
        assert_eq!(Make::of("d41d8cd98f00b204e9800998ecf8427e", 0), Make::Md5);
        assert_eq!(
            Make::of("d41d8cd98f00b204e9800998ecf8427e-9", 1),
            Make::Unknown
        );
        assert_eq!(
            Make::of("d41d8cd98f00b204e9800998ecf8427e-x", 1),
            Make::Unknown
        );
        assert_eq!(Make::of("something", 1), Make::Unknown);
        let empty = etags(&Make::Md5, b"", 1);
        assert_eq!(empty, ["d41d8cd98f00b204e9800998ecf8427e"]);
    }
}
