//! Contents of objects that bear only the checksums of their parts: each part is proven by its own.

use crate::backend::{
    disk::Draft,
    s3::PartSum,
    store::{Checksum, Pin, Stat},
};
use crate::domain::diff::Level;

use super::{
    context::s3,
    halt::Halt,
    hash::{Hasher, like},
    proof::corrupt,
    worker::Work,
};

/// Bytes that are read back at once.
const PIECE: u64 = 1 << 20;

/// The parts of an object whose checksum is one of its parts; none where it has a whole one, or where they are not told.
pub(super) async fn parts(work: &Work, stat: &Stat) -> Vec<PartSum> {
    let Work { ctx, step, .. } = work;
    let composite = matches!(stat.checksum, Some(Checksum::Composite(_)));
    let pin = Pin::of(&stat.entry.facts).filter(|_| composite && ctx.plan.options.verify.is_some());
    let (Some(pin), Ok(store)) = (pin, s3(&ctx.source)) else {
        return Vec::new();
    };
    ctx.pay(0).await;
    let parts = store.part_sums(&step.key, &pin).await;
    let parts = parts.unwrap_or_else(|error| {
        tracing::info!(key = %step.key, %error, "the parts' checksums are not known: proven by size only");
        Vec::new()
    });
    let size: u64 = parts.iter().map(|part| part.size).sum();
    if size == stat.entry.facts.size {
        parts
    } else {
        Vec::new()
    }
}

/// How far the parts prove a content in memory.
pub(super) fn whole(parts: &[PartSum], content: &[u8]) -> Result<Level, Halt> {
    let mut rest = content;
    for part in parts {
        let size = usize::try_from(part.size).unwrap_or(usize::MAX);
        let Some((bytes, behind)) = rest.split_at_checked(size) else {
            return Ok(Level::Size);
        };
        rest = behind;
        match like(&part.checksum, bytes) {
            Some(found) if found == part.checksum => {}
            Some(_) => return Err(differs()),
            None => return Ok(Level::Size),
        }
    }
    Ok(proven(parts))
}

/// How far the parts prove what was written.
pub(super) async fn draft(parts: &[PartSum], draft: &Draft) -> Result<Level, Halt> {
    let mut at = 0;
    for part in parts {
        let Some(mut hasher) = Hasher::matching(&part.checksum) else {
            return Ok(Level::Size);
        };
        let end = at + part.size;
        while at < end {
            let length = PIECE.min(end - at);
            let piece = draft
                .read_at(at, usize::try_from(length).unwrap_or(0))
                .await?;
            hasher.update(&piece);
            at += length;
        }
        if hasher.finish() != part.checksum {
            return Err(differs());
        }
    }
    Ok(proven(parts))
}

fn proven(parts: &[PartSum]) -> Level {
    if parts.is_empty() {
        Level::Size
    } else {
        Level::Checksum
    }
}

fn differs() -> Halt {
    corrupt("the checksum of a part differs from the object's")
}
