//! Reading back: two objects that S3 keeps too little of are proven by their bytes. The cheapest proof comes first: the checksums
//! of their parts, then the bytes of one against what the other keeps or against its ETag's own rule, and last the bytes of both.
//! What is read here moves nothing, and is not counted as moved.

use std::sync::Arc;

use crate::backend::{
    s3::PartSum,
    store::{Checksum, Stat, Store},
};
use crate::domain::{
    diff::Level,
    entry::Facts,
    plan::{Op, Step},
    retry::FailureKind,
    side::Side,
};
use crate::engine::{
    compare::{
        by_parts,
        digest::{Digests, Make, digest},
        part_sums,
    },
    tasks::Counters,
};

use super::{
    download::expected,
    halt::{Done, Halt},
    hash::Hasher,
    proof::{self, agree},
    tries::Tries,
    verify::{Pair, Proven, differ},
    worker::Work,
};

/// A step that is done: what went from bucket to bucket and is known by its size alone is read back, where a proof by checksum
/// was asked for. What cannot be read stays as it is, told as proven by size.
pub(super) async fn behind(work: &Work, done: Done) -> Result<Done, Halt> {
    let Work { ctx, step, .. } = work;
    let between = matches!(step.way(), Op::Copy | Op::Relay) && !ctx.gzips;
    let asked = ctx.plan.options.verify >= Some(Level::Checksum);
    if !between || !asked || done.level != Some(Level::Size) {
        return Ok(done);
    }
    let bytes = done.bytes;
    let mut tries = Tries::of_part(ctx);
    loop {
        let failed = match Box::pin(ctx.cut(proven(work))).await {
            Ok(found) => return Ok(found.map_or(done, |found| Done { bytes, ..found })),
            Err(halt) => halt,
        };
        let Err(halt) = tries.again(ctx, step, failed).await else {
            continue;
        };
        let disproven = halt.failure().map(|failure| failure.kind) == Some(FailureKind::Corrupt);
        if disproven || halt.is_cancelled() {
            return Err(halt);
        }
        tracing::warn!(key = %step.key, ?halt, "the copy could not be read back: it stays proven by its size");
        return Ok(done);
    }
}

/// What proves that the destination of a step holds what its source does; `None` where one of them is not there any more.
async fn proven(work: &Work) -> Result<Option<Done>, Halt> {
    let Work { ctx, step, .. } = work;
    ctx.pay(0).await;
    let there = ctx.target()?.stat(&step.key).await?;
    let pair = Pair {
        ctx: Arc::clone(ctx),
        step: Step {
            destination: Some(Box::new(there.entry.facts.clone())),
            ..Step::clone(step)
        },
        // What is read back was counted when it moved.
        flight: Arc::new(Arc::<Counters>::default().begin(step.seq, &step.key, step.way(), 0)),
    };
    let here = pair.stat(Side::Left).await?;
    let planned = step.source.as_ref().and_then(Facts::etag);
    if planned.is_some() && here.entry.facts.etag() != planned {
        return Ok(None);
    }
    let (level, checksum) = pair.by_stats(&here, &there).await?;
    Ok(Some(proof::both(&pair.step, level, checksum.as_ref())))
}

impl Pair {
    /// Proves two objects by what HEAD told of them, else by their bytes.
    pub(super) async fn by_stats(&self, left: &Stat, right: &Stat) -> Proven {
        let (one, other) = (expected(left), expected(right));
        match agree(one.as_ref(), other.as_ref()) {
            Some(true) => Ok((Level::Checksum, one)),
            // An ETag that is no MD5 looks like one: only checksums disprove.
            Some(false) if is_kept(one.as_ref()) => Err(differ()),
            Some(false) | None => self.by_bytes([left, right]).await,
        }
    }

    async fn by_bytes(&self, stats: [&Stat; 2]) -> Proven {
        if let Some(equal) = self.by_their_parts(stats).await? {
            return if equal {
                Ok((Level::Checksum, None))
            } else {
                Err(differ())
            };
        }
        for (kept, side) in stats.into_iter().zip([Side::Right, Side::Left]) {
            let kept = expected(kept).filter(|sum| is_kept(Some(sum)));
            let Some(kept) = kept else { continue };
            let found = self.hash(side, &kept).await?;
            match agree(Some(&kept), found.as_ref()) {
                Some(true) => return Ok((Level::Checksum, Some(kept))),
                Some(false) => return Err(differ()),
                None => {}
            }
        }
        let (crc, by_rule) = self.by_its_rule().await?;
        if by_rule {
            return Ok((Level::Checksum, Some(crc)));
        }
        let read = self.hash(Side::Left, &crc).await?;
        match agree(Some(&crc), read.as_ref()) {
            Some(true) => Ok((Level::Read, Some(crc))),
            Some(false) => Err(differ()),
            None => Ok((Level::Size, None)),
        }
    }

    /// Whether both hold the same by the checksums of their parts: those of both, else those of one against the other's bytes.
    async fn by_their_parts(&self, stats: [&Stat; 2]) -> Result<Option<bool>, Halt> {
        let composite = stats.map(|stat| matches!(stat.checksum, Some(Checksum::Composite(_))));
        let key = &self.step.key;
        let sides = [self.side(Side::Left), self.side(Side::Right)];
        let [(one, Some(left)), (other, Some(right))] = sides else {
            return Ok(None);
        };
        if composite == [true, true] {
            let sums = (
                sums(self, (one, left)).await?,
                sums(self, (other, right)).await?,
            );
            if let Some(equal) = alike(&sums.0, &sums.1) {
                return Ok(Some(equal));
            }
        }
        self.ctx.pay(0).await;
        Ok(match composite {
            [_, true] => by_parts(key, (one, left), (other, right)).await?,
            [true, false] => by_parts(key, (other, right), (one, left)).await?,
            [false, false] => None,
        })
    }

    /// The CRC-64/NVME of the destination's bytes, and whether the source's ETag is what they get.
    async fn by_its_rule(&self) -> Result<(Checksum, bool), Halt> {
        let (_, source) = self.side(Side::Left);
        let (store, destination) = self.side(Side::Right);
        let etag = source.and_then(Facts::etag).unwrap_or_default();
        let size = source.map_or(0, |facts| facts.size);
        let Some(destination) = destination else {
            return Err(Halt::changed("the object"));
        };
        self.ctx.pay(0).await;
        self.ctx.bandwidth.take(destination.size).await;
        let make = Digests::new(&Make::of(etag, size));
        let found = digest(store, &self.step.key, destination, make).await?;
        let by_rule = found.etags.iter().any(|made| made == etag);
        Ok((found.crc, by_rule))
    }
}

/// Whether a checksum is one that the store keeps, not an ETag that looks like an MD5.
fn is_kept(sum: Option<&Checksum>) -> bool {
    sum.is_some_and(|sum| !matches!(sum, Checksum::Md5(_)) && Hasher::matching(sum).is_some())
}

async fn sums(pair: &Pair, object: (&Store, &Facts)) -> Result<Vec<PartSum>, Halt> {
    pair.ctx.pay(0).await;
    Ok(part_sums(&pair.step.key, object).await?)
}

/// Whether parts that were cut alike have the same checksums; `None` where they are not comparable.
fn alike(one: &[PartSum], other: &[PartSum]) -> Option<bool> {
    let kind = |sum: &PartSum| (sum.size, std::mem::discriminant(&sum.checksum));
    let comparable = !one.is_empty() && one.iter().map(kind).eq(other.iter().map(kind));
    comparable.then(|| one == other)
}
