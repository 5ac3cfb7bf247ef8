//! Whether a file that stands in the way is the very one that an earlier run of the task put there, before it was killed
//! and could say so: by its bytes, never by its name alone.

use bytes::Bytes;

use crate::backend::{
    Error,
    disk::Disk,
    store::{Checksum, Written},
};
use crate::domain::{diff::Level, entry::Identity, plan::Step, retry::FailureKind};

use super::{
    halt::{Done, Halt},
    hash::{CrcKind, Hasher},
    origin::disk,
    parts::ranges,
    proof,
    worker::Work,
};

/// Bytes that are read and hashed at once.
const PIECE: u64 = 1 << 20;

/// What a write of this content would have answered, where the file holds it already; else what it did answer.
pub(super) async fn small(
    disk: &Disk,
    step: &Step,
    content: Bytes,
    refused: Result<Written, Error>,
) -> Result<Written, Error> {
    if let Some(link) = disk.link(&step.key, None).await? {
        let same = link.target == content;
        let file = link.facts.file().copied().filter(|_| same);
        return file.map_or(refused, |file| {
            Ok(Written {
                file: Some(file),
                ..Written::default()
            })
        });
    }
    let Ok(file) = disk.source(&step.key).await else {
        return refused;
    };
    let length = content.len() as u64;
    if file.size != length || file.read_at(0..length).await? != content {
        return refused;
    }
    Ok(Written {
        file: Some(file.id),
        ..Written::default()
    })
}

/// The file of the step, where it holds a content of this size and CRC-64/NVME.
pub(super) async fn holds(work: &Work, (size, crc): (u64, u64)) -> Result<Option<Identity>, Halt> {
    let ctx = &work.ctx;
    let Ok(file) = disk(&ctx.destination)?.source(&work.step.key).await else {
        return Ok(None);
    };
    if file.size != size {
        return Ok(None);
    }
    let mut hasher = CrcKind::Nvme.hasher();
    for (_, range) in ranges(size, PIECE) {
        hasher.update(&ctx.cut(async { Ok(file.read_at(range).await?) }).await?);
    }
    let same = hasher.finish_crc() == crc;
    Ok(same.then_some(Identity::File(file.id)))
}

/// The step as done, where an earlier run put the whole file in its place. Asked only in a later run of a task.
pub(super) async fn large(work: &Work, expected: Option<&Checksum>) -> Result<Option<Done>, Halt> {
    let Work { ctx, step, .. } = work;
    if ctx.earlier.is_none() {
        return Ok(None);
    }
    let file = match disk(&ctx.destination)?.source(&step.key).await {
        Ok(file) => file,
        Err(error) if error.failure_kind() == FailureKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let source = step.source.as_ref().and_then(|facts| facts.modified);
    let planned = step.destination.as_ref().and_then(|facts| facts.file());
    // A download bears the object's time; the file that the plan saw is not ours.
    let ours = file.size == work.size()
        && planned != Some(&file.id)
        && source.is_none_or(|time| time.as_nanosecond() == file.id.mtime_ns);
    if !ours {
        return Ok(None);
    }
    let (level, checksum) = match expected.and_then(|sum| Some((sum, Hasher::matching(sum)?))) {
        Some((expected, mut hasher)) => {
            for (_, range) in ranges(work.size(), PIECE) {
                hasher.update(&ctx.cut(async { Ok(file.read_at(range).await?) }).await?);
            }
            let found = hasher.finish();
            if proof::agree(Some(expected), Some(&found)) != Some(true) {
                return Ok(None);
            }
            (Level::Checksum, Some(found))
        }
        None => (Level::Size, None),
    };
    let new = Identity::File(file.id);
    Ok(Some(proof::done(work, level, checksum.as_ref(), new)))
}
