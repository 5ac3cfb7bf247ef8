//! Download of a large object in parallel ranges, each pinned to what the listing told; the whole checksum is combined
//! from the ranges (or read back, where it cannot be) before the file takes its name.

use std::{collections::BTreeMap, ops::Range};

use bytes::Bytes;

use crate::backend::{
    disk::{BLOCK, Draft},
    s3::PartSum,
    store::{Checksum, ReadQuery, Reading, Stat},
};
use crate::domain::retry::FailureKind;
use crate::engine::journal::KeptPart;

use super::{
    again, composite,
    context::s3,
    download::{commit, expected, judge, source_failed},
    forget,
    halt::{Done, Halt},
    hash::{CrcKind, Hasher},
    in_place,
    origin::disk,
    parts::{part_size, ranges},
    pool::each_part,
    target,
    tries::Tries,
    worker::Work,
};

/// Bytes that are gathered before they are written: larger pieces cost fewer trips to the disk's threads.
const PIECE: usize = 512 << 10;
/// Bytes that a range holds at most: a piece that is written, and one that is gathered.
const BUFFER: u64 = 2 * PIECE as u64;

/// Reads the object in ranges and writes the file.
pub(super) async fn fetch(work: &Work, tries: &mut Tries) -> Result<Done, Halt> {
    let Work { ctx, step, .. } = work;
    let (expected, parts) = match wanted(work).await {
        Ok(wanted) => wanted,
        Err(halt) => {
            forget::left(work).await;
            return Err(halt);
        }
    };
    if let Some(done) = in_place::large(work, expected.as_ref()).await? {
        return Ok(done);
    }
    let begun = ctx.cut(Begun::open(work, expected.as_ref())).await?;
    let draft = begun.draft.clone();
    let result = finish(work, begun, (expected.as_ref(), &parts), tries).await;
    if result.is_err() && ctx.control.is_left() {
        draft.keep();
    } else if result.is_err()
        && let Some(number) = ctx.journal.temporary(step.seq)
    {
        let handle = number.to_string();
        ctx.journal.partial_over(step.seq, &handle).await;
    }
    result
}

/// A file on its way, with the ranges that an earlier run wrote.
struct Begun {
    draft: Draft,
    part_size: u64,
    kind: Option<CrcKind>,
    /// Checksum (of `kind`) and length of each range that is there, by its number.
    sums: BTreeMap<u32, (u64, u64)>,
}

impl Begun {
    /// Goes on with the file of an earlier run as far as its ranges are proven, else begins one.
    async fn open(work: &Work, expected: Option<&Checksum>) -> Result<Self, Halt> {
        let Work { ctx, step, .. } = work;
        let kind = expected.and_then(CrcKind::of);
        if let Some((draft, partial)) = again::draft(work).await? {
            let sums = again::ranges(work, &draft, &partial, kind).await?;
            return Ok(Self {
                draft,
                part_size: partial.part_size,
                kind,
                sums,
            });
        }
        let part_size = part_size(work.size(), ctx.tuning.part_for(work.size()));
        let disk = disk(&ctx.destination)?;
        let draft = match ctx.journal.temporary(step.seq) {
            Some(number) => {
                let handle = number.to_string();
                ctx.journal.partial(step.seq, &handle, part_size).await;
                disk.draft_again(&step.key, work.size(), number).await?
            }
            None => disk.draft(&step.key, work.size()).await?,
        };
        Ok(Self {
            draft,
            part_size,
            kind,
            sums: BTreeMap::new(),
        })
    }

    /// Numbers and ranges that are not there yet.
    fn missing(&self, total: u64) -> Vec<(u32, Range<u64>)> {
        let all = ranges(total, self.part_size);
        all.filter(|(number, _)| !self.sums.contains_key(number))
            .collect()
    }
}

/// Fetches the missing ranges, proves the whole, and gives the file its name.
async fn finish(
    work: &Work,
    begun: Begun,
    (expected, parts): (Option<&Checksum>, &[PartSum]),
    tries: &mut Tries,
) -> Result<Done, Halt> {
    let ctx = &work.ctx;
    let missing = begun.missing(work.size());
    let Begun {
        draft,
        kind,
        mut sums,
        ..
    } = begun;
    let fetched = each_part(ctx, (missing.into_iter(), BUFFER), |number, range| {
        let (work, draft) = (work.clone(), draft.clone());
        async move {
            let sum = Box::pin(fetch_range(&work, &draft, (number, range), kind)).await?;
            Ok((number, sum))
        }
    })
    .await?;
    sums.extend(fetched);
    let found = match (expected, kind) {
        (_, Some(kind)) => Some(kind.combine(sums.into_values())),
        (Some(expected), None) => ctx.cut(read_back(work, &draft, expected)).await?,
        (None, None) => None,
    };
    let (level, checksum) = match expected {
        Some(expected) => judge(ctx, expected, found.as_ref(), tries)?,
        None => (ctx.cut(composite::draft(parts, &draft)).await?, None),
    };
    ctx.cut(commit(work, &draft, level, checksum.as_ref()))
        .await
}

/// The checksum that the whole content must have, or those of the object's parts. One HEAD: the answers to ranges do not
/// tell it.
async fn wanted(work: &Work) -> Result<(Option<Checksum>, Vec<PartSum>), Halt> {
    let Work { ctx, step, .. } = work;
    if ctx.plan.options.verify.is_none() {
        return Ok((None, Vec::new()));
    }
    let stat = ctx.cut(head(work)).await?;
    let planned = step.source.as_ref().and_then(|facts| facts.etag());
    let told = stat.entry.facts.etag();
    if stat.entry.facts.size != work.size() || (planned.is_some() && told != planned) {
        return Err(Halt::changed("the object"));
    }
    let parts = composite::parts(work, &stat).await;
    Ok((expected(&stat), parts))
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
    (number, range): (u32, Range<u64>),
    kind: Option<CrcKind>,
) -> Result<(u64, u64), Halt> {
    // A later run proves the range by a sum of ours, whatever the store keeps.
    let own = (kind != Some(CrcKind::Nvme)).then(|| CrcKind::Nvme.hasher());
    let mut sink = Sink {
        work,
        draft,
        next: range.start,
        end: range.end,
        gathered: Vec::new(),
        held: 0,
        hasher: kind.map(CrcKind::hasher),
        own,
    };
    let mut tries = Tries::of_part(&work.ctx);
    while let Err(halt) = sink.fill().await {
        tries.again(&work.ctx, &work.step, halt).await?;
    }
    let sum = sink.hasher.map_or(0, Hasher::finish_crc);
    let kept = KeptPart {
        etag: "".into(),
        crc: Some(sink.own.map_or(sum, Hasher::finish_crc)),
        size: range.end - range.start,
    };
    let Work { ctx, step, .. } = work;
    ctx.journal.part(step.seq, number, kept).await;
    Ok((sum, range.end - range.start))
}

/// Where the bytes of one range go: hashed and written in their order.
struct Sink<'a> {
    work: &'a Work,
    draft: &'a Draft,
    /// Where the next byte goes that was not yet hashed and written.
    next: u64,
    end: u64,
    gathered: Vec<Bytes>,
    /// Bytes that are gathered.
    held: usize,
    hasher: Option<Hasher>,
    /// Beside a hasher of another kind.
    own: Option<Hasher>,
}

impl Sink<'_> {
    /// Reads from where the last try came to, to the end of the range.
    async fn fill(&mut self) -> Result<(), Halt> {
        let Work { ctx, flight, .. } = self.work;
        let from = self.next + self.held as u64;
        let mut reading = self.ask(from..self.end).await?;
        while let Some(chunk) = reading.chunk().await? {
            if chunk.is_empty() {
                continue;
            }
            ctx.bandwidth.take(chunk.len() as u64).await;
            flight.moved(chunk.len() as u64);
            self.held += chunk.len();
            self.gathered.push(chunk);
            if self.held >= PIECE {
                self.write(BLOCK).await?;
            }
        }
        self.write(1).await?;
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

    /// Writes what was gathered up to a multiple of `block`; the rest waits for what follows it. A block that two writes share
    /// can be no hole.
    async fn write(&mut self, block: u64) -> Result<(), Halt> {
        let rest = usize::try_from((self.next + self.held as u64) % block).unwrap_or_default();
        let Some(last) = self.gathered.last_mut().filter(|last| last.len() > rest) else {
            return Ok(());
        };
        let rest = last.split_off(last.len() - rest);
        let pieces = std::mem::take(&mut self.gathered);
        let length = std::mem::replace(&mut self.held, rest.len()) - rest.len();
        self.gathered.extend((!rest.is_empty()).then_some(rest));
        self.draft.write_all_at(self.next, pieces.clone()).await?;
        for hasher in self.hasher.iter_mut().chain(&mut self.own) {
            for piece in &pieces {
                hasher.update(piece);
            }
        }
        self.next += length as u64;
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
