//! What an answer proves: the checksum that was sent against the one that was echoed, else the ETag, else only the size.
//! The same evidence settles a write whose answer was lost.

use jiff::Timestamp;

use crate::backend::store::{Checksum, Pin, ReadQuery, Stat, Written};
use crate::domain::{
    diff::Level,
    entry::{Facts, Identity, Kind, ObjectId},
    plan::Step,
    retry::FailureKind,
};
use crate::engine::journal::{Content, Proof};

use super::{
    Context,
    context::Etags,
    halt::{Done, Halt},
    hash::{etag_md5, like},
    tries::Tries,
    worker::Work,
};

/// What the content that was sent is known by.
#[derive(Debug, Clone)]
pub(super) struct Evidence {
    /// Its checksum; a CRC-64/NVME where wharf computed it.
    pub(super) checksum: Option<Checksum>,
    /// The ETag that it has where ETags are MD5s.
    pub(super) etag: Option<String>,
    /// Its bytes, where they are others than the step's.
    pub(super) size: Option<u64>,
}

/// What a comparison of two contents found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Finding {
    Equal,
    Different,
    Unknown,
}

impl Evidence {
    /// What is known by its CRC-64/NVME alone.
    pub(super) fn of_crc(crc: u64) -> Self {
        Self {
            checksum: Some(Checksum::Crc64Nvme(crc)),
            etag: None,
            size: None,
        }
    }

    fn against(&self, told: Option<&Checksum>) -> Finding {
        let (Some(own), Some(told)) = (&self.checksum, told) else {
            return Finding::Unknown;
        };
        compare(own, told)
    }

    /// Whether an object of this ETag is the content. Other ETags than MD5s exist, so that inequality tells nothing alone.
    fn has_etag(&self, told: Option<&str>) -> bool {
        self.etag.as_deref().is_some_and(|own| told == Some(own))
    }
}

/// Whether two checksums are of one kind, and equal.
fn compare(one: &Checksum, other: &Checksum) -> Finding {
    let same_kind = std::mem::discriminant(one) == std::mem::discriminant(other);
    match (one, other) {
        (Checksum::Composite(_), _) | (_, Checksum::Composite(_)) => Finding::Unknown,
        _ if !same_kind => Finding::Unknown,
        _ if one == other => Finding::Equal,
        _ => Finding::Different,
    }
}

/// Whether two checksums prove (`Some(true)`) or disprove that contents are equal; `None` where they tell nothing.
pub(super) fn agree(one: Option<&Checksum>, other: Option<&Checksum>) -> Option<bool> {
    match compare(one?, other?) {
        Finding::Equal => Some(true),
        Finding::Different => Some(false),
        Finding::Unknown => None,
    }
}

/// The failure of a content that is not what was sent or listed.
pub(super) fn corrupt(what: &str) -> Halt {
    let reason = format!("{what}: the bytes that arrived are not those that were sent");
    Halt::failed(FailureKind::Corrupt, reason)
}

/// How far the answer to a write proves that the store holds what was sent: by the echoed checksum, else by the ETag.
pub(super) async fn of_write(
    work: &Work,
    written: &Written,
    evidence: &Evidence,
    tries: &mut Tries,
) -> Result<Level, Halt> {
    let level = match evidence.against(written.checksum.as_ref()) {
        Finding::Equal => Ok(Level::Checksum),
        Finding::Different => Err(corrupt("S3 keeps another checksum")),
        Finding::Unknown => by_etag(work, written, evidence).await,
    };
    if level.is_err() {
        tries.wrote(written);
    }
    level
}

async fn by_etag(work: &Work, written: &Written, evidence: &Evidence) -> Result<Level, Halt> {
    let ctx = &work.ctx;
    if evidence.has_etag(written.etag.as_deref()) {
        if evidence.etag.as_deref().and_then(etag_md5).is_some() {
            ctx.saw_etag(Etags::Md5);
        }
        return Ok(Level::Checksum);
    }
    let md5s = |etag: Option<&str>| etag.and_then(etag_md5).is_some();
    if !md5s(evidence.etag.as_deref()) || !md5s(written.etag.as_deref()) {
        return Ok(Level::Size);
    }
    match ctx.etags() {
        Etags::Other => Ok(Level::Size),
        // Here an unequal ETag means another content, or a key that encrypts the object: reading it tells.
        Etags::Unknown | Etags::Md5 => read_back(work, written, evidence).await,
    }
}

/// Whether it is worth computing the MD5 of a content that got this ETag: under a key, and at stores whose ETags are
/// something else, it proves nothing.
pub(super) fn may_be_md5(ctx: &Context, etag: Option<&str>) -> bool {
    ctx.etags() != Etags::Other && etag.and_then(etag_md5).is_some()
}

/// Reads what was written, where nothing else tells whether it is what was sent.
async fn read_back(work: &Work, written: &Written, evidence: &Evidence) -> Result<Level, Halt> {
    let (ctx, key) = (&work.ctx, &work.step.key);
    let Some(sent) = &evidence.checksum else {
        return Ok(Level::Size);
    };
    let pin = written.etag.clone().map(|etag| Pin::Object {
        etag,
        version: written.version.clone(),
    });
    ctx.pay(0).await;
    let reading = ctx
        .target()?
        .read(key, ReadQuery { range: None, pin })
        .await?;
    let found = like(sent, &reading.all().await?);
    if agree(Some(sent), found.as_ref()) == Some(true) {
        ctx.saw_etag(Etags::Other);
        return Ok(Level::Read);
    }
    Err(corrupt("the object holds another content"))
}

/// How a write ended whose tries failed in doubt, the last one in this way: well, where what was sent stands there.
pub(super) async fn in_doubt(
    work: &Work,
    evidence: &Evidence,
    failed: Halt,
) -> Result<Written, Halt> {
    if work.ctx.plan.edit.is_some() {
        // What is written onto itself is found there, written or not.
        return Err(failed);
    }
    match settled(&work.ctx, work, evidence).await {
        Ok(found) => found.ok_or(failed),
        Err(halt) if halt.is_cancelled() => Err(halt),
        Err(unknown) => {
            tracing::warn!(key = %work.step.key, ?unknown, "whether it was written all the same could not be asked");
            Err(failed)
        }
    }
}

/// After a write whose answer was lost: what HEAD finds there, where it is exactly what was sent.
pub(super) async fn settled(
    ctx: &Context,
    work: &Work,
    evidence: &Evidence,
) -> Result<Option<Written>, Halt> {
    let mut tries = Tries::of_part(ctx);
    let stat = loop {
        ctx.pay(0).await;
        match ctx.target()?.stat(&work.step.key).await {
            Ok(stat) => break stat,
            Err(error) if error.failure_kind() == FailureKind::NotFound => return Ok(None),
            Err(error) => tries.again(ctx, &work.step, error.into()).await?,
        }
    };
    let same = stat.entry.facts.size == evidence.size.unwrap_or(work.size())
        && match evidence.against(stat.checksum.as_ref()) {
            Finding::Equal => true,
            Finding::Different => false,
            Finding::Unknown => evidence.has_etag(stat.entry.facts.etag()),
        };
    Ok(same.then(|| written(stat)))
}

/// What a write would have answered for the object that HEAD saw.
fn written(stat: Stat) -> Written {
    let id = stat.entry.facts.object().cloned().unwrap_or_default();
    Written {
        etag: id.etag,
        version: id.version,
        checksum: stat.checksum,
        file: None,
        request_id: stat.request_id,
    }
}

/// A step that is done, with what the journal keeps of it.
pub(super) fn done(work: &Work, level: Level, checksum: Option<&Checksum>, new: Identity) -> Done {
    let destination = Facts {
        kind: Kind::Object,
        size: work.size(),
        modified: None,
        identity: new,
    };
    done_as(work, level, checksum, destination)
}

/// The same, where the destination is told whole: what is stored may have another size than what was moved.
pub(super) fn done_as(
    work: &Work,
    level: Level,
    checksum: Option<&Checksum>,
    destination: Facts,
) -> Done {
    let proof = (level >= Level::Checksum)
        .then(|| journalled(&work.step, level, checksum, destination))
        .flatten();
    Done {
        bytes: work.size(),
        level: Some(level),
        proof,
    }
}

/// A pair that was found equal so far, with what the journal keeps of it.
pub(super) fn both(step: &Step, level: Level, checksum: Option<&Checksum>) -> Done {
    let destination = step
        .destination
        .as_deref()
        .cloned()
        .filter(|_| level >= Level::Checksum);
    Done {
        bytes: step.source.as_ref().map_or(0, |facts| facts.size),
        level: Some(level),
        proof: destination.and_then(|facts| journalled(step, level, checksum, facts)),
    }
}

/// The proof that both sides hold the same: named by its checksum, else by the source's ETag.
fn journalled(
    step: &Step,
    level: Level,
    checksum: Option<&Checksum>,
    destination: Facts,
) -> Option<Box<Proof>> {
    let source = step.source.clone()?;
    let by_etag = || source.etag().map(Content::of_etag);
    let content = checksum.and_then(Content::of).or_else(by_etag)?;
    Some(Box::new(Proof {
        key: step.key.clone(),
        level,
        content,
        source,
        destination,
        at: Timestamp::now(),
    }))
}

/// The identity of an object that was just written.
pub(super) fn identity(written: &Written) -> Identity {
    Identity::Object(ObjectId {
        etag: written.etag.clone(),
        version: written.version.clone(),
        ..ObjectId::default()
    })
}

#[cfg(test)]
mod tests {
    use super::{Evidence, Finding, agree};
    use crate::backend::store::Checksum;

    #[test]
    fn checksums_of_two_kinds_tell_nothing() {
        let evidence = Evidence::of_crc(1);
        for (told, finding) in [
            (Checksum::Crc64Nvme(1), Finding::Equal),
            (Checksum::Crc64Nvme(2), Finding::Different),
            (Checksum::Crc32(1), Finding::Unknown),
            (Checksum::Composite("x-2".into()), Finding::Unknown),
        ] {
            assert_eq!(evidence.against(Some(&told)), finding, "{told:?}");
        }
        let composite = Checksum::Composite("x-2".into());
        assert_eq!(agree(Some(&composite), Some(&composite)), None);
        assert_eq!(agree(None, Some(&Checksum::Crc32(1))), None);
    }
}
