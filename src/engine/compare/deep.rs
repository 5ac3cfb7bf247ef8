//! `Deep`: looks into pairs that listings leave open. Evidence is taken in the order of its price: what the ETag proves of a
//! local file, what HEAD tells, and reading. What proves nothing leaves the pair unproven, never different.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering::Relaxed},
};

use jiff::Timestamp;

use crate::backend::{
    Error, Store,
    store::{Checksum, Stat},
};
use crate::domain::{
    diff::{Level, Newer, Pair, Side, Verdict},
    entry::{Facts, Kind},
    key::Key,
    plan::{Existing, SyncOptions},
};
use crate::engine::{
    ends::Place,
    gzip::{self, Ask},
    journal::{Content, Journal, Proof},
    transfer::hash::Hasher,
};

use super::{
    against::by_record,
    digest::{Digested, Digests, Make, digest, digest_with},
    newest,
    parts::by_parts,
};

/// Looks into pairs; clones share what was learnt.
#[derive(Clone)]
pub(super) struct Deep(Arc<Inner>);

struct Inner {
    left: Place,
    right: Place,
    check: Level,
    newest: bool,
    /// The side that holds the originals of the other one's gzip streams.
    originals: Option<Side>,
    journal: Option<Journal>,
    /// Whether a plain ETag here was found to be the MD5 of its content; only then can one disprove a content.
    etags_are_md5: AtomicBool,
}

/// What was found out.
struct Finding {
    equal: bool,
    level: Level,
    content: Option<Content>,
}

impl Deep {
    pub(super) fn new(
        left: Place,
        right: Place,
        options: &SyncOptions,
        journal: Option<Journal>,
    ) -> Self {
        Self(Arc::new(Inner {
            originals: options.originals(&left.location, &right.location),
            left,
            right,
            check: options.check,
            newest: options.existing == Existing::Newest,
            journal,
            etags_are_md5: AtomicBool::new(false),
        }))
    }

    /// Whether more can be found out about this pair.
    pub(super) fn wants(&self, pair: &Pair) -> bool {
        let inner = &self.0;
        let deep = inner.originals.is_some() || inner.check >= Level::Checksum;
        let open = pair.verdict == Verdict::Unproven && deep;
        let differs = inner.newest && matches!(pair.verdict, Verdict::Differs { .. });
        let objects = |facts: &Option<Facts>| {
            facts
                .as_ref()
                .is_some_and(|facts| facts.kind == Kind::Object)
        };
        (open || differs) && objects(&pair.left) && objects(&pair.right)
    }

    /// The pair with all that can be found out about it.
    pub(super) async fn settle(&self, mut pair: Pair) -> Pair {
        if !self.wants(&pair) {
            return pair;
        }
        let (Some(left), Some(right)) = (&pair.left, &pair.right) else {
            return pair;
        };
        if pair.verdict == Verdict::Unproven {
            let at = Timestamp::now();
            match self.0.prove(&pair.key, left, right).await {
                Ok(Some(finding)) => {
                    let verdict = finding.verdict(left, right);
                    self.0.keep(&pair, finding, at).await;
                    pair.verdict = verdict;
                }
                Ok(None) => {}
                Err(error) => {
                    pair.verdict = Verdict::Error {
                        reason: error.to_string().into(),
                    };
                }
            }
        }
        if self.0.newest && matches!(pair.verdict, Verdict::Differs { .. }) {
            let sides = (&self.0.left.store, &self.0.right.store);
            let newer = newest::newer(&pair.key, sides, (left, right)).await;
            pair.verdict = Verdict::Differs { newer };
        }
        pair
    }
}

impl Finding {
    fn new(equal: bool, level: Level, checksum: &Checksum) -> Self {
        Self {
            equal,
            level,
            content: Content::of(checksum),
        }
    }

    fn verdict(&self, left: &Facts, right: &Facts) -> Verdict {
        if self.equal {
            return Verdict::Same { proof: self.level };
        }
        // Different contents of one size: the times are all that can tell which came later.
        let newer = match (left.modified, right.modified) {
            (Some(left), Some(right)) if left > right => Newer::Left,
            (Some(left), Some(right)) if left < right => Newer::Right,
            _ => Newer::Unknown,
        };
        Verdict::Differs { newer }
    }
}

impl Inner {
    async fn prove(
        &self,
        key: &Key,
        left: &Facts,
        right: &Facts,
    ) -> Result<Option<Finding>, Error> {
        let (one, other) = (&self.left.store, &self.right.store);
        if self.originals.is_some() {
            return self.stream(key, (one, left), (other, right)).await;
        }
        if self.check == Level::Read {
            return read_both(key, (one, left), (other, right)).await.map(Some);
        }
        match (one, other) {
            (Store::Disk(_), Store::S3(_) | Store::Manifest(_)) => {
                self.file_and_object(key, (one, left), (other, right)).await
            }
            (Store::S3(_) | Store::Manifest(_), Store::Disk(_)) => {
                self.file_and_object(key, (other, right), (one, left)).await
            }
            (Store::S3(_), Store::S3(_)) => objects(key, (one, left), (other, right)).await,
            (Store::Disk(_), Store::Disk(_)) => {
                read_both(key, (one, left), (other, right)).await.map(Some)
            }
            (Store::Manifest(record), Store::S3(_)) => {
                recorded(by_record(key, record, (other, right)).await?)
            }
            (Store::S3(_), Store::Manifest(record)) => {
                recorded(by_record(key, record, (one, left)).await?)
            }
            (Store::Manifest(_), Store::Manifest(_)) => Ok(None),
        }
    }

    /// An original and its gzip stream, each on either side.
    async fn stream(
        &self,
        key: &Key,
        left: (&Store, &Facts),
        right: (&Store, &Facts),
    ) -> Result<Option<Finding>, Error> {
        let stream_is_left = self.originals == Some(Side::Right);
        let (file, object) = if stream_is_left {
            (right, left)
        } else {
            (left, right)
        };
        let ask = Ask {
            check: self.check,
            stream_is_left,
        };
        let found = gzip::compare(key, file, object, ask).await?;
        Ok(found.map(|found| Finding {
            equal: found.equal,
            level: found.level,
            content: found.checksum.as_ref().and_then(Content::of),
        }))
    }

    async fn file_and_object(
        &self,
        key: &Key,
        file: (&Store, &Facts),
        object: (&Store, &Facts),
    ) -> Result<Option<Finding>, Error> {
        let etag = object.1.etag().unwrap_or_default();
        let make = Make::of(etag, object.1.size);
        let digests = digest(file.0, key, file.1, Digests::new(&make)).await?;
        if digests.etags.iter().any(|made| made == etag) {
            self.etags_are_md5.fetch_or(make == Make::Md5, Relaxed);
            return Ok(Some(Finding::new(true, Level::Checksum, &digests.crc)));
        }
        if !matches!(object.0, Store::S3(_)) {
            return Ok(None);
        }
        let stat = object.0.stat(key).await?;
        if stat.entry.facts.etag() != object.1.etag() {
            return Ok(None);
        }
        if let Some(Checksum::Composite(_)) = &stat.checksum
            && let Some(equal) = by_parts(key, file, object).await?
        {
            return Ok(Some(Finding::new(equal, Level::Checksum, &digests.crc)));
        }
        if let Some(told) = &stat.checksum
            && let Some(own) = own(key, file, told, &digests).await?
        {
            return Ok(Some(Finding::new(own == *told, Level::Checksum, &own)));
        }
        let disproven = make == Make::Md5 && self.is_md5(&stat);
        Ok(disproven.then(|| Finding::new(false, Level::Checksum, &digests.crc)))
    }

    /// Whether the ETag of this object is the MD5 of its content: S3 itself says how it encrypts, and under its own keys (or
    /// where an ETag was found to be one) it is.
    fn is_md5(&self, stat: &Stat) -> bool {
        match stat.headers.sse.as_deref() {
            Some("AES256") => true,
            Some(_) => false,
            None => self.etags_are_md5.load(Relaxed),
        }
    }

    /// Keeps an equality for later sessions.
    async fn keep(&self, pair: &Pair, finding: Finding, at: Timestamp) {
        let (Some(journal), Some(content)) = (&self.journal, finding.content) else {
            return;
        };
        let (Some(source), Some(destination)) = (&pair.left, &pair.right) else {
            return;
        };
        if finding.equal {
            let proof = Proof {
                key: pair.key.clone(),
                level: finding.level,
                content,
                source: source.clone(),
                destination: destination.clone(),
                at,
            };
            journal
                .keep(&self.left.filed, &self.right.filed, proof)
                .await;
        }
    }
}

/// The file's checksum of the kind that the object told; `None` where it cannot be computed.
async fn own(
    key: &Key,
    file: (&Store, &Facts),
    told: &Checksum,
    digests: &Digested,
) -> Result<Option<Checksum>, Error> {
    if matches!(told, Checksum::Crc64Nvme(_)) {
        return Ok(Some(digests.crc.clone()));
    }
    match Hasher::matching(told) {
        Some(hasher) => digest_with(file.0, key, file.1, hasher).await.map(Some),
        None => Ok(None),
    }
}

#[allow(
    clippy::unnecessary_wraps,
    reason = "it stands where other evidence may fail"
)]
fn recorded(found: Option<(bool, Checksum)>) -> Result<Option<Finding>, Error> {
    Ok(found.map(|(equal, checksum)| Finding::new(equal, Level::Checksum, &checksum)))
}

/// What two HEADs tell.
async fn objects(
    key: &Key,
    left: (&Store, &Facts),
    right: (&Store, &Facts),
) -> Result<Option<Finding>, Error> {
    let (one, other) = tokio::try_join!(left.0.stat(key), right.0.stat(key))?;
    let unchanged =
        one.entry.facts.etag() == left.1.etag() && other.entry.facts.etag() == right.1.etag();
    let (Some(one), Some(other)) = (one.checksum, other.checksum) else {
        return Ok(None);
    };
    let whole = |sum: &Checksum| Content::of(sum);
    let comparable = whole(&one)
        .zip(whole(&other))
        .is_some_and(|(one, other)| one.comparable(&other));
    let finding = || Finding::new(one == other, Level::Checksum, &one);
    Ok((unchanged && comparable).then(finding))
}

async fn read_both(
    key: &Key,
    left: (&Store, &Facts),
    right: (&Store, &Facts),
) -> Result<Finding, Error> {
    let read = |side: (&Store, &Facts)| {
        let (store, facts) = (side.0.clone(), side.1.clone());
        async move { digest(&store, key, &facts, Digests::new(&Make::Unknown)).await }
    };
    let (one, other) = tokio::try_join!(read(left), read(right))?;
    Ok(Finding::new(one.crc == other.crc, Level::Read, &one.crc))
}
