//! A large content as a multipart upload: parts in parallel, each with its checksum, the whole one combined from them.
//! An upload that does not end well is given up at the store, however it ended.

use std::{
    collections::HashSet,
    ops::Range,
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use jiff::Timestamp;

use crate::backend::store::{Checksum, Headers, Part, Slot, Upload, Written};
use crate::domain::retry::FailureKind;
use crate::engine::journal::KeptPart;

use super::{
    Context,
    again::{self, Again},
    context::Etags,
    delta::{self, Old},
    forget,
    halt::{Done, Halt},
    hash::{CrcKind, crc64, etag_md5, multipart_etag},
    origin::Origin,
    parts::{part_size, ranges},
    pool::each_part,
    proof::{self, Evidence},
    target,
    tries::Tries,
    upload::etag,
    worker::Work,
};

/// Why a source is not taken as it was read.
pub(super) const OTHER_SUM: &str = "the checksum is not the one that the source's store keeps";

/// A part that was written.
#[derive(Debug)]
pub(super) struct Sent {
    pub(super) part: Part,
    /// CRC-64/NVME and length of its bytes, where they went through this machine.
    pub(super) crc: Option<(u64, u64)>,
    /// Bytes that were copied inside S3 instead of being sent.
    pub(super) kept: u64,
}

/// An upload that has begun.
#[derive(Debug)]
pub(super) struct UnderWay {
    /// S3's name for it.
    pub(super) id: Arc<str>,
    /// Bytes of a part; the last one may be shorter.
    pub(super) part_size: u64,
    /// Parts that an earlier run sent.
    pub(super) sent: Vec<Sent>,
}

impl UnderWay {
    /// The parts of `total` bytes that are not there yet.
    pub(super) fn open(&self, total: u64) -> impl Iterator<Item = (u32, Range<u64>)> + use<> {
        let there: HashSet<u32> = self.sent.iter().map(|sent| sent.part.number).collect();
        ranges(total, self.part_size).filter(move |(number, _)| !there.contains(number))
    }

    /// All parts in the order of their numbers, with these.
    pub(super) fn with(self, sent: Vec<Sent>) -> Vec<Sent> {
        let mut all = self.sent;
        all.extend(sent);
        all.sort_unstable_by_key(|sent| sent.part.number);
        all
    }
}

/// Reads the content in parts and writes the object.
pub(super) async fn send(work: &Work, tries: &mut Tries) -> Result<Done, Halt> {
    let opened = async {
        let origin = Origin::open(work).await?;
        Ok((Arc::new(origin), Old::of(work).await))
    };
    let (origin, old) = match work.ctx.cut(opened).await {
        Ok(opened) => opened,
        Err(halt) => {
            forget::left(work).await;
            return Err(halt);
        }
    };
    let begun = match again::upload(work, &origin, tries).await? {
        Again::Done(done) => return Ok(*done),
        Again::Upload(way) => Some(way),
        Again::Nothing => None,
    };
    let way = match begun {
        Some(way) => way,
        None => begin_of(work, &origin, old.as_deref()).await?,
    };
    let upload = Arc::clone(&way.id);
    let result = finish(work, (&origin, old.as_ref()), way, tries).await;
    forget::unless_well(work, &upload, result).await
}

async fn finish(
    work: &Work,
    (origin, old): (&Arc<Origin>, Option<&Arc<Old>>),
    way: UnderWay,
    tries: &mut Tries,
) -> Result<Done, Halt> {
    let upload = &Arc::clone(&way.id);
    let part_size = way.part_size;
    let parts = (way.open(work.size()), part_size);
    let sent = each_part(&work.ctx, parts, |number, range| {
        let (work, origin, upload) = (work.clone(), Arc::clone(origin), Arc::clone(upload));
        let old = old.cloned();
        async move {
            let part = (number, range);
            send_part(&work, (&origin, old.as_deref()), &upload, part).await
        }
    })
    .await?;
    let sent = way.with(sent);
    work.ctx.cut(origin.still_the_same()).await?;
    let evidence = evidence(&sent, None);
    if let (Some(kept), Some(Checksum::Crc64Nvme(read))) = (origin.crc(), &evidence.checksum)
        && kept != *read
    {
        return Err(proof::corrupt(OTHER_SUM));
    }
    let completing = complete(work, upload, (&sent, &evidence), tries);
    let written = work.ctx.cut(completing).await?;
    let level = proof::of_write(work, &written, &evidence, tries).await?;
    let kept = sent.iter().map(|sent| sent.kept).sum();
    work.ctx.counters.kept(kept);
    delta::remember(work, &sent, (part_size, written.etag.as_deref())).await;
    let new = proof::identity(&written);
    Ok(proof::done(work, level, evidence.checksum.as_ref(), new))
}

/// What an object of these parts is known by; `size` where its bytes are others than the step's.
pub(super) fn evidence(sent: &[Sent], size: Option<u64>) -> Evidence {
    let crcs = sent.iter().filter_map(|sent| sent.crc);
    // The ETag of the whole proves only what the parts' own ones proved.
    let proven = sent.iter().all(|sent| sent.part.crc.is_some());
    let etags = sent.iter().map(|sent| &*sent.part.etag);
    Evidence {
        checksum: Some(CrcKind::Nvme.combine(crcs)),
        etag: multipart_etag(etags).filter(|_| proven),
        size,
    }
}

/// Begins the upload of this origin, cut as the object was cut whose parts may stay.
async fn begin_of(work: &Work, origin: &Origin, old: Option<&Old>) -> Result<UnderWay, Halt> {
    let plan = &work.ctx.plan;
    let headers = match origin.bears() {
        Some(bears) => target::headers_of(plan, bears),
        None => target::headers(plan, &work.step),
    };
    let wanted = old.map_or_else(|| work.ctx.tuning.part_for(work.size()), Old::part);
    begin(work, headers, wanted).await
}

/// Begins the upload, in parts of about `wanted` bytes, of an object that shall bear this.
pub(super) async fn begin(work: &Work, headers: Headers, wanted: u64) -> Result<UnderWay, Halt> {
    let Work { ctx, step, .. } = work;
    let query = target::query(step, headers, None);
    let mut tries = Tries::of_part(ctx);
    let (first, began) = (Instant::now(), Timestamp::now());
    loop {
        ctx.pay(0).await;
        // Not cut off by a cancel: an upload whose id is lost could not be given up.
        match ctx.target()?.begin(&step.key, &query).await {
            Ok(upload) => {
                if tries.in_doubt() {
                    give_up_lost(work, &upload, first.elapsed()).await;
                }
                let part_size = part_size(work.size(), wanted);
                ctx.journal.partial(step.seq, &upload, part_size).await;
                return Ok(UnderWay {
                    id: upload,
                    part_size,
                    sent: Vec::new(),
                });
            }
            Err(error) => {
                let again = tries.again(ctx, step, error.into()).await;
                if again.is_err() && tries.in_doubt() {
                    forget::begun(work, began).await;
                }
                again?;
            }
        }
    }
}

/// Gives up what earlier tries of `begin` left behind when their answers were lost: uploads of the same key that began
/// no longer before `own` than the first try. Told by the store's clock alone, so that a wrong one here does no harm.
async fn give_up_lost(work: &Work, own: &str, since: Duration) {
    /// The store tells whole seconds.
    const GRAIN: Duration = Duration::from_secs(1);
    let Ok(target) = work.ctx.target() else {
        return;
    };
    let uploads = match target.uploads().await {
        Ok(uploads) => uploads,
        Err(error) => {
            tracing::warn!(key = %work.step.key, %error, "an unfinished upload may have been left");
            return;
        }
    };
    let of_key = |upload: &&Upload| upload.key == work.step.key;
    let began = uploads
        .iter()
        .find(|upload| &*upload.id == own)
        .and_then(|own| own.began);
    let Some(earliest) = began.and_then(|began| began.checked_sub(since + GRAIN).ok()) else {
        return;
    };
    for upload in uploads.iter().filter(of_key) {
        let ours = upload
            .began
            .is_some_and(|at| at >= earliest && Some(at) <= began);
        if ours && &*upload.id != own {
            forget::partial(work, &upload.id).await;
        }
    }
}

async fn send_part(
    work: &Work,
    (origin, old): (&Origin, Option<&Old>),
    upload: &str,
    (number, range): (u32, Range<u64>),
) -> Result<Sent, Halt> {
    let length = range.end - range.start;
    let content = origin.fetch(work, range.clone()).await?;
    if let Some(old) = old.filter(|old| old.holds(&range, &content)) {
        let crc = crc64(&content);
        return delta::copy_part(work, upload, (number, range), (old, crc)).await;
    }
    put_part(work, upload, (number, length), content).await
}

/// Writes one part; `moved` bytes of the step are done with it.
pub(super) async fn put_part(
    work: &Work,
    upload: &str,
    (number, moved): (u32, u64),
    content: Bytes,
) -> Result<Sent, Halt> {
    let Work { ctx, step, flight } = work;
    let length = content.len() as u64;
    let crc = crc64(&content);
    let slot = Slot {
        key: &step.key,
        upload,
        number,
    };
    let mut tries = Tries::of_part(ctx);
    loop {
        ctx.pay(length).await;
        let sending = flight.sending();
        let target = ctx.target()?.metered(sending.meter());
        let sent = target.part(slot, content.clone(), crc).await;
        let checked = match sent {
            Ok(part) => check(ctx, part, crc, &content).await,
            Err(error) => Err(error.into()),
        };
        match checked {
            Ok(part) => {
                sending.arrived(moved);
                return Ok(sent_part(work, part, (crc, length), 0).await);
            }
            Err(halt) => tries.again(ctx, step, halt).await?,
        }
    }
}

/// A part that is there, of bytes with this checksum and length, as the journal keeps it.
pub(super) async fn sent_part(
    work: &Work,
    part: Part,
    (crc, length): (u64, u64),
    kept: u64,
) -> Sent {
    let row = KeptPart {
        etag: Arc::clone(&part.etag),
        crc: Some(crc),
        size: length,
    };
    let journal = &work.ctx.journal;
    journal.part(work.step.seq, part.number, row).await;
    Sent {
        part,
        crc: Some((crc, length)),
        kept,
    }
}

/// The part, unless the store says that it holds something else.
async fn check(ctx: &Context, part: Part, crc: u64, content: &Bytes) -> Result<Part, Halt> {
    match part.crc {
        Some(told) if told != crc => {
            return Err(proof::corrupt("S3 keeps another checksum of a part"));
        }
        Some(_) => return Ok(part),
        None if ctx.plan.options.verify.is_none() => return Ok(part),
        None if !proof::may_be_md5(ctx, Some(&*part.etag)) => return Ok(part),
        None => {}
    }
    if *part.etag == *etag(content.clone()).await {
        ctx.saw_etag(Etags::Md5);
        let crc = Some(crc);
        return Ok(Part { crc, ..part });
    }
    if ctx.etags() == Etags::Md5 && etag_md5(&part.etag).is_some() {
        return Err(proof::corrupt("the ETag is not a part's MD5"));
    }
    Ok(part)
}

/// Makes the object of its parts, and settles what a lost answer left in doubt.
pub(super) async fn complete(
    work: &Work,
    upload: &str,
    (sent, evidence): (&[Sent], &Evidence),
    step_tries: &Tries,
) -> Result<Written, Halt> {
    let Work { ctx, step, .. } = work;
    let checksum = match evidence.checksum {
        Some(Checksum::Crc64Nvme(crc)) => Some(crc),
        _ => None,
    };
    let mut query = target::query(step, Headers::default(), checksum);
    query.condition = step_tries.condition(query.condition);
    let parts: Vec<Part> = sent.iter().map(|sent| sent.part.clone()).collect();
    let mut tries = Tries::of_part(ctx);
    loop {
        ctx.pay(0).await;
        let answer = ctx
            .target()?
            .complete(&step.key, upload, &parts, &query)
            .await;
        let error = match answer {
            Ok(written) => return Ok(written),
            Err(error) => error,
        };
        let kind = error.failure_kind();
        let gone = matches!(kind, FailureKind::Changed | FailureKind::NotFound);
        let mut failed = target::failed(work, error);
        if tries.end_in_doubt(ctx, kind) || gone && step_tries.in_doubt() {
            match proof::in_doubt(work, &ours(&parts, evidence), failed).await {
                Ok(written) => return Ok(written),
                Err(halt) => failed = halt,
            }
        }
        tries.again(ctx, step, failed).await?;
    }
}

/// By what the object of these parts is known as ours: its ETag is that of our parts, whatever that proves of their bytes.
fn ours(parts: &[Part], evidence: &Evidence) -> Evidence {
    let of_parts = || multipart_etag(parts.iter().map(|part| &*part.etag));
    Evidence {
        etag: evidence.etag.clone().or_else(of_parts),
        ..evidence.clone()
    }
}
