//! Going on with what an earlier run of the task left: steps that ended are left out, uploads and temporary files are
//! gone on with as far as the store or the file proves them.

use std::{
    collections::{BTreeMap, HashMap},
    ops::Range,
    sync::{Arc, Mutex, PoisonError},
};

use jiff::Timestamp;

use crate::backend::{
    disk::Draft,
    store::{Part, Stat},
};
use crate::domain::{
    key::Key,
    plan::Proven,
    progress::{Outcome, Requests},
    retry::FailureKind,
};
use crate::engine::{
    journal::{KeptJob, Partial},
    tasks::Counters,
};

use super::{
    Context,
    copy::against,
    forget,
    gate::Lane,
    halt::{Done, Halt},
    hash::{CrcKind, Hasher, crc64, multipart_etag},
    multipart::{Sent, UnderWay},
    origin::{Origin, disk},
    parts,
    proof::{self, Evidence},
    tries::Tries,
    upload::etag,
    worker::Work,
};

/// What earlier runs of a task left.
#[derive(Debug, Default)]
pub struct Earlier {
    /// The steps that have nothing left to do, and how they ended.
    pub ended: HashMap<u32, Outcome>,
    /// Contents that were on their way in parts, by the numbers of their steps.
    pub partials: Mutex<HashMap<u32, Partial>>,
    /// Jobs of S3 Batch Operations that were asked for, or were to be.
    pub jobs: Vec<KeptJob>,
    /// How the destinations of sources that are to be removed are proven.
    pub proven: HashMap<Key, Proven>,
    /// When the task first began, where it moved anything.
    pub began: Option<Timestamp>,
    /// What it sent.
    pub requests: Requests,
}

impl Earlier {
    /// Counts what was done before.
    pub fn count(&self, counters: &Counters) {
        self.ended
            .values()
            .for_each(|outcome| counters.ended_before(outcome));
    }
}

impl Earlier {
    /// A content goes on under this handle, in parts of so many bytes; the store knows which of them it has.
    pub(super) fn goes_on(&self, seq: u32, (handle, part_size): (Arc<str>, u64)) {
        let partial = Partial {
            handle,
            part_size,
            parts: BTreeMap::new(),
        };
        let mut partials = self.partials.lock().unwrap_or_else(PoisonError::into_inner);
        partials.insert(seq, partial);
    }
}

impl Context {
    /// Whether a step has something left to do.
    pub(super) fn is_open(&self, seq: u32) -> bool {
        let earlier = self.earlier.as_ref();
        earlier.is_none_or(|earlier| !earlier.ended.contains_key(&seq))
    }

    /// What an earlier run left half-done of a step; told once.
    pub(super) fn take_partial(&self, seq: u32) -> Option<Partial> {
        let partials = &self.earlier.as_ref()?.partials;
        let mut partials = partials.lock().unwrap_or_else(PoisonError::into_inner);
        partials.remove(&seq)
    }

    pub(super) fn has_partial(&self, seq: u32) -> bool {
        self.earlier.as_ref().is_some_and(|earlier| {
            let partials = earlier.partials.lock();
            partials
                .unwrap_or_else(PoisonError::into_inner)
                .contains_key(&seq)
        })
    }
}

/// The upload that an earlier run began of a stream, with the parts that the store has: `None` where it knows the upload no
/// more. Which parts hold what the stream holds is seen when it is made again.
pub(super) async fn stream(work: &Work) -> Result<Option<(Partial, Option<Vec<Part>>)>, Halt> {
    let Some(partial) = work.ctx.take_partial(work.step.seq) else {
        return Ok(None);
    };
    let listed = work.ctx.cut(listed(work, &partial)).await;
    Ok(
        match forget::unless_well(work, &partial.handle, listed).await? {
            Listed::Parts(parts) => Some((partial, Some(parts))),
            Listed::Gone => Some((partial, None)),
            Listed::Unknown => None,
        },
    )
}

/// What is left of a content that was on its way.
pub(super) enum Again {
    /// Nothing: it begins anew.
    Nothing,
    /// The upload, with the parts that are proven.
    Upload(UnderWay),
    /// It was complete already.
    Done(Box<Done>),
}

/// The upload that an earlier run began of this origin.
pub(super) async fn upload(work: &Work, origin: &Origin, tries: &mut Tries) -> Result<Again, Halt> {
    let Some(partial) = work.ctx.take_partial(work.step.seq) else {
        return Ok(Again::Nothing);
    };
    let again = upload_of(work, (origin, &partial), tries).await;
    forget::unless_well(work, &partial.handle, again).await
}

async fn upload_of(
    work: &Work,
    (origin, partial): (&Origin, &Partial),
    tries: &mut Tries,
) -> Result<Again, Halt> {
    let listed = match work.ctx.cut(listed(work, partial)).await? {
        Listed::Parts(parts) => parts,
        Listed::Gone => return completed(work, origin, partial, tries).await,
        Listed::Unknown => return Ok(Again::Nothing),
    };
    let mut sent = Vec::new();
    for part in listed {
        if let Some(kept) = work.ctx.cut(proven(work, origin, partial, part)).await? {
            sent.push(kept);
        }
    }
    Ok(Again::Upload(under_way(work, partial, sent)))
}

/// The upload that an earlier run began of this source, which the server copies.
pub(super) async fn copy(work: &Work, source: &Stat, tries: &mut Tries) -> Result<Again, Halt> {
    let Some(partial) = work.ctx.take_partial(work.step.seq) else {
        return Ok(Again::Nothing);
    };
    let again = copy_of(work, (source, &partial), tries).await;
    forget::unless_well(work, &partial.handle, again).await
}

async fn copy_of(
    work: &Work,
    (source, partial): (&Stat, &Partial),
    tries: &mut Tries,
) -> Result<Again, Halt> {
    let listed = match work.ctx.cut(listed(work, partial)).await? {
        Listed::Parts(parts) => Some(parts),
        Listed::Gone => None,
        Listed::Unknown => return Ok(Again::Nothing),
    };
    if let Some(listed) = listed {
        // Only we know the upload, and each of its parts was copied from the pinned source.
        let whole = |part: &Part| range_of(work, partial, part).is_some();
        let sent = listed.into_iter().filter(whole);
        let sent = sent
            .map(|part| Sent {
                part,
                crc: None,
                kept: 0,
            })
            .collect();
        return Ok(Again::Upload(under_way(work, partial, sent)));
    }
    let evidence = Evidence {
        checksum: source.checksum.clone(),
        etag: None,
        size: None,
    };
    let settled = proof::settled(&work.ctx, work, &evidence).await?;
    let Some(written) = settled else {
        return Ok(Again::Nothing);
    };
    let (level, checksum) = against(source, &written).inspect_err(|_| tries.wrote(&written))?;
    let new = proof::identity(&written);
    let done = proof::done(work, level, checksum.as_ref(), new);
    Ok(Again::Done(Box::new(done)))
}

fn under_way(work: &Work, partial: &Partial, sent: Vec<Sent>) -> UnderWay {
    for part in &sent {
        work.flight.moved(part.part.size);
    }
    UnderWay {
        id: Arc::clone(&partial.handle),
        part_size: partial.part_size,
        sent,
    }
}

/// What the store says of an upload.
enum Listed {
    /// It has these parts.
    Parts(Vec<Part>),
    /// It does not know the upload any more.
    Gone,
    /// Its parts may not be listed, or not be understood: it was given up, and all is sent anew.
    Unknown,
}

/// The parts that the store has.
async fn listed(work: &Work, partial: &Partial) -> Result<Listed, Halt> {
    let Work { ctx, step, .. } = work;
    let mut tries = Tries::of_part(ctx);
    loop {
        ctx.pay(0).await;
        match ctx.target()?.parts(&step.key, &partial.handle).await {
            Ok(parts) => return Ok(Listed::Parts(parts)),
            Err(error) if error.failure_kind() == FailureKind::NotFound => return Ok(Listed::Gone),
            Err(error) => {
                let Err(halt) = tries.again(ctx, step, error.into()).await else {
                    continue;
                };
                if halt.is_cancelled() {
                    return Err(halt);
                }
                tracing::warn!(key = %step.key, ?halt, "what an upload has cannot be told: it begins anew");
                forget::partial(work, &partial.handle).await;
                return Ok(Listed::Unknown);
            }
        }
    }
}

/// The bytes of the content that this part must hold; `None` where it is not cut as ours.
fn range_of(work: &Work, partial: &Partial, part: &Part) -> Option<Range<u64>> {
    let start = u64::from(part.number.checked_sub(1)?).checked_mul(partial.part_size)?;
    let range = start..work.size().min(start.checked_add(partial.part_size)?);
    (range.start < range.end && range.end - range.start == part.size).then_some(range)
}

/// The part, where the store proves that it holds our bytes: by the sum that it keeps, else by what the file holds.
async fn proven(
    work: &Work,
    origin: &Origin,
    partial: &Partial,
    part: Part,
) -> Result<Option<Sent>, Halt> {
    let Some(range) = range_of(work, partial, &part) else {
        return Ok(None);
    };
    let length = part.size;
    let known = partial.parts.get(&part.number);
    if let Some(known) = known
        && known.etag == part.etag
        && let Some(crc) = known.crc.filter(|_| known.crc == part.crc)
    {
        let crc = Some((crc, length));
        return Ok(Some(Sent { part, crc, kept: 0 }));
    }
    let Origin::File(_) = origin else {
        return Ok(None);
    };
    let content = origin.fetch(work, range).await?;
    let crc = crc64(&content);
    let same = part.crc == Some(crc) || (part.crc.is_none() && *part.etag == *etag(content).await);
    let part = Part {
        crc: Some(crc),
        ..part
    };
    let crc = Some((crc, length));
    Ok(same.then_some(Sent { part, crc, kept: 0 }))
}

/// An upload that the store does not know any more was given up, or completed: then the object is what was sent.
async fn completed(
    work: &Work,
    origin: &Origin,
    partial: &Partial,
    tries: &mut Tries,
) -> Result<Again, Halt> {
    let mut sums = Vec::new();
    let mut etags = Vec::new();
    for (number, range) in parts::ranges(work.size(), partial.part_size) {
        let length = range.end - range.start;
        let known = partial.parts.get(&number);
        let crc = match (known.and_then(|part| part.crc), origin) {
            (Some(crc), _) => crc,
            (None, Origin::File(_)) => crc64(&work.ctx.cut(origin.fetch(work, range)).await?),
            (None, Origin::Object { .. }) => return Ok(Again::Nothing),
        };
        sums.push((crc, length));
        etags.extend(known.map(|part| &*part.etag));
    }
    let all_etags = etags.len() == sums.len();
    let evidence = Evidence {
        checksum: Some(CrcKind::Nvme.combine(sums)),
        etag: multipart_etag(etags).filter(|_| all_etags),
        size: None,
    };
    let settled = work
        .ctx
        .cut(proof::settled(&work.ctx, work, &evidence))
        .await?;
    let Some(written) = settled else {
        return Ok(Again::Nothing);
    };
    let level = proof::of_write(work, &written, &evidence, tries).await?;
    let new = proof::identity(&written);
    let done = proof::done(work, level, evidence.checksum.as_ref(), new);
    Ok(Again::Done(Box::new(done)))
}

/// The temporary file that an earlier run left of a large download.
pub(super) async fn draft(work: &Work) -> Result<Option<(Draft, Partial)>, Halt> {
    let Work { ctx, step, .. } = work;
    let Some(partial) = ctx.take_partial(step.seq) else {
        return Ok(None);
    };
    let Ok(number) = partial.handle.parse() else {
        return Ok(None);
    };
    let disk = disk(&ctx.destination)?;
    let opened = disk.reopen(&step.key, work.size(), number).await?;
    Ok(opened.map(|draft| (draft, partial)))
}

/// The ranges of a temporary file that hold what was fetched, read and summed again: checksum (of `kind`) and length of
/// each, by its number.
pub(super) async fn ranges(
    work: &Work,
    draft: &Draft,
    partial: &Partial,
    kind: Option<CrcKind>,
) -> Result<BTreeMap<u32, (u64, u64)>, Halt> {
    let mut there = BTreeMap::new();
    for (number, range) in parts::ranges(work.size(), partial.part_size) {
        let length = range.end - range.start;
        let Some(part) = partial
            .parts
            .get(&number)
            .filter(|part| part.size == length)
        else {
            continue;
        };
        let size = usize::try_from(length).unwrap_or(usize::MAX);
        let _memory = work.ctx.memory.take(Lane::Part, length).await;
        // A range that cannot be read was not written to its end.
        let Ok(content) = draft.read_at(range.start, size).await else {
            continue;
        };
        if part.crc == Some(crc64(&content)) {
            let mut hasher = kind.map(CrcKind::hasher);
            if let Some(hasher) = &mut hasher {
                hasher.update(&content);
            }
            there.insert(number, (hasher.map_or(0, Hasher::finish_crc), length));
            work.flight.moved(length);
        }
    }
    Ok(there)
}
