//! Delta: a large file that changed is cut where the object's parts were cut, and only the parts that differ are sent; the
//! others are copied from the old object inside S3, pinned to exactly what the plan saw. The checksum of the whole, which S3
//! checks at the end, is that of the file.

use std::{ops::Range, sync::Arc};

use crate::backend::{
    s3::{CopySource, PartSum},
    store::{Checksum, Pin},
};
use crate::domain::plan::Op;
use crate::engine::journal::Cut;

use super::{
    copy,
    halt::Halt,
    hash::like,
    multipart::{Sent, sent_part},
    parts::part_size,
    target,
    worker::Work,
};

/// The object that a file replaces, as far as parts of it may stay.
#[derive(Debug)]
pub(super) struct Old {
    pin: Pin,
    /// Bytes of a part; the last one may be shorter.
    part: u64,
    /// What each part held, in their order.
    sums: Vec<PartSum>,
}

impl Old {
    /// What may stay of the object that this step replaces; `None` where nothing can, or nobody may know.
    pub(super) async fn of(work: &Work) -> Option<Arc<Self>> {
        let Work { ctx, step, .. } = work;
        let destination = step.destination.as_ref()?;
        let in_parts = destination.etag()?.contains('-');
        let large = work.size().min(destination.size) >= ctx.tuning.delta_from;
        if step.op != Op::Upload || !in_parts || !large || ctx.plan.options.verify.is_none() {
            return None;
        }
        let pin = Pin::of(destination)?;
        ctx.pay(0).await;
        let told = ctx.target().ok()?.part_sums(&step.key, &pin).await;
        let error = told.as_ref().err().map(ToString::to_string);
        let even = told.ok().and_then(|sums| Some((even(&sums)?, sums)));
        // A store that keeps no checksums of parts, or does not tell them: the journal may know.
        let known = match even {
            Some(even) => Some(even),
            None => kept(work, destination.etag()?).await,
        };
        let Some((part, sums)) = known else {
            tracing::info!(key = %step.key, error, "the parts of the old object are not known: all is sent");
            return None;
        };
        let fits = part_size(work.size(), part) == part;
        fits.then(|| Arc::new(Self { pin, part, sums }))
    }

    /// Bytes of a part: the new object is cut as the old one was.
    pub(super) fn part(&self) -> u64 {
        self.part
    }

    /// Whether the old object holds these bytes at this place, as a part of its own.
    pub(super) fn holds(&self, range: &Range<u64>, content: &[u8]) -> bool {
        let number = usize::try_from(range.start / self.part).ok();
        let aligned = range.start.is_multiple_of(self.part);
        let part = number.filter(|_| aligned).and_then(|at| self.sums.get(at));
        part.is_some_and(|part| {
            part.size == range.end - range.start
                && like(&part.checksum, content).as_ref() == Some(&part.checksum)
        })
    }
}

/// The parts as the journal knows them from when the object was written: its ETag says that it is still that one.
async fn kept(work: &Work, etag: &str) -> Option<(u64, Vec<PartSum>)> {
    let cut = work.ctx.journal.cut_of(&work.step.key).await?;
    let sum = |(size, crc)| PartSum {
        size,
        checksum: Checksum::Crc64Nvme(crc),
    };
    let sums: Vec<PartSum> = cut.parts().map(sum).collect();
    (&*cut.etag == etag && cut.part_size > 0).then_some((cut.part_size, sums))
}

/// Keeps how an object was cut that was written in these parts, each from this machine.
pub(super) async fn remember(work: &Work, sent: &[Sent], (part_size, etag): (u64, Option<&str>)) {
    let crcs: Option<Vec<u64>> = sent.iter().map(|sent| Some(sent.crc?.0)).collect();
    let (Some(crcs), Some(etag)) = (crcs, etag) else {
        return;
    };
    let proves = work.ctx.plan.options.verify.is_some();
    if work.step.op != Op::Upload || work.size() < work.ctx.tuning.delta_from || !proves {
        return;
    }
    let cut = Cut {
        etag: etag.into(),
        size: sent
            .iter()
            .filter_map(|sent| sent.crc)
            .map(|(_, length)| length)
            .sum(),
        part_size,
        crcs,
    };
    work.ctx.journal.cut(&work.step.key, cut).await;
}

/// The size of the parts, where all but the last one have the same.
fn even(parts: &[PartSum]) -> Option<u64> {
    let size = parts.first()?.size;
    let (last, before) = parts.split_last()?;
    let even = before.iter().all(|part| part.size == size) && last.size <= size;
    (even && size > 0).then_some(size)
}

/// Copies a part from the old object; `crc` is that of its bytes.
pub(super) async fn copy_part(
    work: &Work,
    upload: &str,
    (number, range): (u32, Range<u64>),
    (old, crc): (&Old, u64),
) -> Result<Sent, Halt> {
    let Work { ctx, step, .. } = work;
    let length = range.end - range.start;
    let source = || {
        Ok(CopySource {
            store: ctx.target()?,
            key: &step.key,
            pin: Some(&old.pin),
        })
    };
    match copy::part_of(work, (upload, number, range), source).await? {
        Some(part) => Ok(sent_part(work, part, (crc, length), length).await),
        None => Err(target::refused(&ctx.plan, step)),
    }
}

#[cfg(test)]
mod tests {
    use super::{Checksum, Old, PartSum, Pin, even};
    use crate::engine::transfer::hash::crc64;

    fn parts(sizes: &[u64]) -> Vec<PartSum> {
        let part = |size: &u64| PartSum {
            size: *size,
            checksum: Checksum::Crc64Nvme(0),
        };
        sizes.iter().map(part).collect()
    }

    #[test]
    fn only_what_is_cut_evenly_can_be_cut_so_again() {
        assert_eq!(even(&parts(&[8, 8, 3])), Some(8));
        assert_eq!(even(&parts(&[8])), Some(8));
        assert_eq!(even(&parts(&[8, 7, 8])), None);
        assert_eq!(even(&parts(&[8, 8, 9])), None);
        assert_eq!(even(&[]), None);
    }

    #[test]
    fn a_part_stays_where_place_size_and_bytes_are_the_same() {
        let mut sums = parts(&[4, 4]);
        sums[1].checksum = Checksum::Crc64Nvme(crc64(b"abcd"));
        let pin = Pin::Object {
            etag: "e-2".into(),
            version: None,
        };
        let old = Old { pin, part: 4, sums };
        assert!(old.holds(&(4..8), b"abcd"));
        assert!(!old.holds(&(4..8), b"abce"));
        assert!(!old.holds(&(0..4), b"abcd"));
        assert!(!old.holds(&(4..7), b"abc"));
        assert!(!old.holds(&(8..12), b"abcd"));
    }
}
