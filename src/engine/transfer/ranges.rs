//! Download of a large object in parallel ranges, each pinned to what the listing told; the whole checksum is combined
//! from the ranges (or read back, where it cannot be) before the file takes its name.

use std::ops::Range;

use bytes::BytesMut;

use crate::backend::{
    disk::Draft,
    store::{Checksum, ReadQuery, Reading, Stat},
};
use crate::domain::{diff::Level, retry::FailureKind};

use super::{
    context::s3,
    download::{commit, expected, judge, source_failed},
    halt::{Done, Halt},
    hash::{CrcKind, Hasher},
    origin::disk,
    parts::{part_size, ranges},
    pool::each_part,
    target,
    tries::Tries,
    worker::Work,
};

/// Bytes that are gathered before they are written: larger pieces cost fewer trips to the disk's threads.
const PIECE: usize = 1 << 20;
/// Bytes that a range holds at most: a piece that is written, and one that is gathered.
const BUFFER: u64 = 2 * PIECE as u64;

/// Reads the object in ranges and writes the file.
pub(super) async fn fetch(work: &Work, tries: &mut Tries) -> Result<Done, Halt> {
    let Work { ctx, step, .. } = work;
    let expected = wanted(work).await?;
    let kind = expected.as_ref().and_then(CrcKind::of);
    let draft = disk(&ctx.destination)?
        .draft(&step.key, work.size())
        .await?;
    let parts = ranges(work.size(), part_size(work.size(), ctx.tuning.part));
    let sums = each_part(ctx, (parts, BUFFER), |_, range| {
        let (work, draft) = (work.clone(), draft.clone());
        async move { Box::pin(fetch_range(&work, &draft, range, kind)).await }
    })
    .await?;
    let found = match (&expected, kind) {
        (_, Some(kind)) => Some(kind.combine(sums)),
        (Some(expected), None) => ctx.cut(read_back(work, &draft, expected)).await?,
        (None, None) => None,
    };
    let (level, checksum) = match &expected {
        Some(expected) => judge(ctx, expected, found.as_ref(), tries)?,
        None => (Level::Size, None),
    };
    ctx.cut(commit(work, &draft, level, checksum.as_ref()))
        .await
}

/// The checksum that the whole content must have. One HEAD: the answers to ranges do not tell it.
async fn wanted(work: &Work) -> Result<Option<Checksum>, Halt> {
    let Work { ctx, step, .. } = work;
    if ctx.plan.options.verify.is_none() {
        return Ok(None);
    }
    let stat = ctx.cut(head(work)).await?;
    let planned = step.source.as_ref().and_then(|facts| facts.etag());
    let told = stat.entry.facts.etag();
    if stat.entry.facts.size != work.size() || (planned.is_some() && told != planned) {
        return Err(Halt::changed("the object"));
    }
    Ok(expected(&stat))
}

/// HEAD of the source, with its tries.
pub(super) async fn head(work: &Work) -> Result<Stat, Halt> {
    let Work { ctx, step, .. } = work;
    let mut tries = Tries::of_part(ctx);
    loop {
        ctx.pay(0).await;
        match s3(&ctx.source)?.stat(&step.key).await {
            Ok(stat) => return Ok(stat),
            Err(error) => tries.again(ctx, step, source_failed(error)).await?,
        }
    }
}

/// One range: its checksum and its length. A body that breaks goes on where it broke.
async fn fetch_range(
    work: &Work,
    draft: &Draft,
    range: Range<u64>,
    kind: Option<CrcKind>,
) -> Result<(u64, u64), Halt> {
    let mut sink = Sink {
        work,
        draft,
        next: range.start,
        end: range.end,
        gathered: BytesMut::new(),
        hasher: kind.map(CrcKind::hasher),
    };
    let mut tries = Tries::of_part(&work.ctx);
    while let Err(halt) = sink.fill().await {
        tries.again(&work.ctx, &work.step, halt).await?;
    }
    let sum = sink.hasher.map_or(0, Hasher::finish_crc);
    Ok((sum, range.end - range.start))
}

/// Where the bytes of one range go: hashed and written in their order.
struct Sink<'a> {
    work: &'a Work,
    draft: &'a Draft,
    /// Where the next byte goes that was not yet hashed and written.
    next: u64,
    end: u64,
    gathered: BytesMut,
    hasher: Option<Hasher>,
}

impl Sink<'_> {
    /// Reads from where the last try came to, to the end of the range.
    async fn fill(&mut self) -> Result<(), Halt> {
        let Work { ctx, flight, .. } = self.work;
        let from = self.next + self.gathered.len() as u64;
        let mut reading = self.ask(from..self.end).await?;
        while let Some(chunk) = reading.chunk().await? {
            ctx.bandwidth.take(chunk.len() as u64).await;
            flight.moved(chunk.len() as u64);
            self.gathered.extend_from_slice(&chunk);
            if self.gathered.len() >= PIECE {
                self.write().await?;
            }
        }
        self.write().await?;
        if self.next == self.end {
            return Ok(());
        }
        let reason = format!("the range ended {} bytes early", self.end - self.next);
        Err(Halt::failed(FailureKind::Transient, reason))
    }

    async fn ask(&self, range: Range<u64>) -> Result<Reading, Halt> {
        let Work { ctx, step, .. } = self.work;
        ctx.pay(0).await;
        let query = ReadQuery {
            range: Some(range),
            pin: target::source_pin(step),
        };
        let answer = s3(&ctx.source)?.read(&step.key, query).await;
        answer.map_err(source_failed)
    }

    async fn write(&mut self) -> Result<(), Halt> {
        if self.gathered.is_empty() {
            return Ok(());
        }
        let piece = self.gathered.split().freeze();
        let length = piece.len() as u64;
        if let Some(hasher) = &mut self.hasher {
            hasher.update(&piece);
        }
        self.draft.write_at(self.next, piece).await?;
        self.next += length;
        self.gathered.reserve(PIECE);
        Ok(())
    }
}

/// The checksum of what was written, for kinds that cannot be combined from ranges.
async fn read_back(work: &Work, draft: &Draft, like: &Checksum) -> Result<Option<Checksum>, Halt> {
    let Some(mut hasher) = Hasher::matching(like) else {
        return Ok(None);
    };
    for (_, range) in ranges(work.size(), PIECE as u64) {
        let length = usize::try_from(range.end - range.start).unwrap_or(PIECE);
        let piece = draft.read_at(range.start, length).await?;
        hasher.update(&piece);
    }
    Ok(Some(hasher.finish()))
}
