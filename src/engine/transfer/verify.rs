//! Verify: proves what stands on both sides already. Listed ETags first, then the checksum that S3 keeps against the
//! file's own bytes, and both contents read where that was asked for. What cannot be proven is told as equal by size only.

use std::sync::Arc;

use tokio::task::JoinSet;

use crate::backend::{
    manifest::Manifest,
    store::{Checksum, Pin, ReadQuery, Stat, Store},
};
use crate::domain::{
    diff::{Level, Side},
    entry::Facts,
    key::Key,
    plan::{Op, Step},
    progress::{EndedStep, Failure, Recount, TaskEvent},
    retry::FailureKind,
};
use crate::engine::{
    compare::{
        by_parts, by_record,
        digest::{Digests, Make, digest},
    },
    gzip::{self, Ask},
    tasks::Flight,
};

use super::{
    Context,
    download::expected,
    gate::Lane,
    halt::{Done, Halt, outcome},
    hash::{CrcKind, Hasher, etag_md5},
    proof::{self, agree},
    recount::{nothing, off},
    tries::Tries,
    walk::{Both, Walk},
};

/// Files up to this size are hashed for the listed ETag's sake; for larger ones a HEAD costs less than an MD5.
const MD5_FIRST: u64 = 4 << 20;

/// A key that both sides hold, on its way.
pub(super) struct Pair {
    pub(super) ctx: Arc<Context>,
    pub(super) step: Step,
    pub(super) flight: Arc<Flight>,
}

/// Lists both sides and proves every pair; why the task failed, where anything is missing or differs.
pub(super) async fn run(ctx: &Arc<Context>) -> Option<String> {
    let mut walk = Walk::start(ctx);
    let mut running = JoinSet::new();
    let mut recount = nothing();
    let mut seq = 0;
    while let Ok(Some(both)) = ctx.cut(walk.next(ctx)).await {
        if both.source.is_none() {
            recount.extra += 1;
            continue;
        }
        if both.left_out {
            continue;
        }
        recount.source += 1;
        if ctx.ready().await.is_err() {
            break;
        }
        let permit = ctx.gate.enter(Lane::Small).await;
        let step = step(ctx, seq, both);
        seq += 1;
        let ctx = Arc::clone(ctx);
        running.spawn(async move {
            let ended = ended(ctx, step).await;
            drop(permit);
            ended
        });
        while let Some(ended) = running.try_join_next() {
            count(&mut recount, ended.ok());
        }
    }
    while let Some(ended) = running.join_next().await {
        count(&mut recount, ended.ok());
    }
    let reason = told(ctx, recount, walk.broken()).await;
    reason.filter(|_| !ctx.control.is_cancelled())
}

async fn told(ctx: &Context, mut recount: Recount, broken: Option<String>) -> Option<String> {
    recount.equal = recount.off == 0 && broken.is_none();
    let unequal = recount
        .examples
        .first()
        .map(|(key, why)| format!("{} are not proven equal; first {key}: {why}", recount.off));
    ctx.events.event(TaskEvent::Recounted(recount)).await;
    broken.or(unequal)
}

/// Counts what is proven; what is equal by its size alone is not.
fn count(recount: &mut Recount, ended: Option<(Step, Result<Level, Box<str>>)>) {
    match ended {
        Some((_, Ok(level))) if level >= Level::Checksum => recount.destination += 1,
        Some((step, Ok(_))) => off(
            recount,
            step.key,
            "the same size, and nothing proves the content",
        ),
        Some((step, Err(reason))) => off(recount, step.key, &reason),
        None => off(
            recount,
            Key::default(),
            "wharf broke off while it proved it: please report it",
        ),
    }
}

fn step(ctx: &Context, seq: u32, both: Both) -> Step {
    let op = match (&ctx.source, &ctx.destination) {
        (Store::S3(_), Store::Disk(_)) => Op::Download,
        (Store::S3(_), Store::S3(_)) => Op::Copy,
        _ => Op::Upload,
    };
    Step {
        seq,
        op,
        key: both.key,
        source: both.source,
        destination: both.destination.map(Box::new),
    }
}

/// Proves one key and tells how it ended: how far it is proven, or why it is not.
async fn ended(ctx: Arc<Context>, step: Step) -> (Step, Result<Level, Box<str>>) {
    let size = step.source.as_ref().map_or(0, |facts| facts.size);
    let flight = ctx.counters.begin(step.seq, &step.key, step.op, size);
    let flight = Arc::new(flight);
    let pair = Pair { ctx, step, flight };
    let result = pair.tried().await;
    let Pair { ctx, step, flight } = pair;
    drop(flight);
    let (proven, proof, outcome) = match result {
        Ok(mut done) => {
            let level = done.level.unwrap_or(Level::Size);
            (Ok(level), done.proof.take(), outcome(Ok(&done)))
        }
        Err(halt) => {
            let reason = halt.failure().map(|failure| failure.reason.clone());
            (Err(reason.unwrap_or_default()), None, outcome(Err(halt)))
        }
    };
    if let Some(proof) = proof {
        ctx.journal.proof(*proof).await;
    }
    let row = EndedStep {
        seq: step.seq,
        key: step.key.clone(),
        op: step.op,
        outcome,
    };
    ctx.events.ended(row).await;
    (step, proven)
}

impl Pair {
    async fn tried(&self) -> Result<Done, Halt> {
        let (Some(source), destination) = (&self.step.source, &self.step.destination) else {
            return Err(Halt::Skipped("the source lacks it".into()));
        };
        let Some(destination) = destination else {
            return Err(given_up(
                FailureKind::NotFound,
                "is missing at the destination",
            ));
        };
        if source.size != destination.size && !self.ctx.gzips {
            let (source, destination) = (source.size, destination.size);
            let reason = format!(
                "sizes differ: {source} bytes at the source, {destination} at the destination"
            );
            return Err(given_up(FailureKind::Corrupt, &reason));
        }
        let mut tries = Tries::of_step(&self.ctx);
        loop {
            let proven = Box::pin(self.ctx.cut(self.prove(source, destination))).await;
            match proven {
                Ok((level, checksum)) => {
                    return Ok(proof::both(&self.step, level, checksum.as_ref()));
                }
                Err(halt) => {
                    self.flight.start_over();
                    tries.again(&self.ctx, &self.step, halt).await?;
                }
            }
        }
    }

    /// One try to prove that these two hold the same.
    pub(super) async fn prove(&self, source: &Facts, destination: &Facts) -> Proven {
        if self.ctx.gzips {
            return self.stream(source, destination).await;
        }
        if self.ctx.plan.options.check == Level::Read {
            return self.read_both().await;
        }
        match (&self.ctx.source, &self.ctx.destination) {
            (Store::S3(_), Store::S3(_)) => self.objects(source, destination).await,
            (Store::Disk(_), Store::S3(_)) => self.file(Side::Left, destination).await,
            (Store::S3(_), Store::Disk(_)) => self.file(Side::Right, source).await,
            (Store::Disk(_), Store::Disk(_)) => self.read_both().await,
            (Store::Disk(_), Store::Manifest(_)) => self.recorded(Side::Left, destination).await,
            (Store::Manifest(_), Store::Disk(_)) => self.recorded(Side::Right, source).await,
            (Store::Manifest(record), object @ Store::S3(_)) => {
                self.by_record(record, (object, destination)).await
            }
            (object @ Store::S3(_), Store::Manifest(record)) => {
                self.by_record(record, (object, source)).await
            }
            (Store::Manifest(_), Store::Manifest(_)) => Ok(listed(source, destination)),
        }
    }

    /// An object against the checksums that were recorded, where they were; else equal ETags alone prove it.
    async fn by_record(&self, record: &Manifest, (store, object): (&Store, &Facts)) -> Proven {
        self.ctx.pay(0).await;
        let found = by_record(&self.step.key, record, (store, object)).await?;
        match (found, &self.step.source, &self.step.destination) {
            (Some((true, checksum)), ..) => Ok((Level::Checksum, Some(checksum))),
            (Some((false, _)), ..) => Err(differ()),
            (None, Some(source), Some(destination)) => Ok(listed(source, destination)),
            (None, ..) => Ok((Level::Size, None)),
        }
    }

    /// Two objects: equal ETags, else the checksums that both keep, else their bytes.
    async fn objects(&self, source: &Facts, destination: &Facts) -> Proven {
        let listed = listed(source, destination);
        if listed.0 >= Level::Checksum {
            return Ok(listed);
        }
        let (left, right) = (self.stat(Side::Left).await?, self.stat(Side::Right).await?);
        self.by_stats(&left, &right).await
    }

    /// A file on one side, an object on the other.
    async fn file(&self, file: Side, object: &Facts) -> Proven {
        let md5 = object.etag().and_then(etag_md5).map(Checksum::Md5);
        if let Some(md5) = md5.filter(|_| object.size <= MD5_FIRST) {
            let found = self.hash(file, &md5).await?;
            if found.as_ref() == Some(&md5) {
                return Ok((Level::Checksum, found));
            }
            self.flight.start_over();
        }
        let stat = self.stat(file.other()).await?;
        let Some(expected) = expected(&stat) else {
            return self.by_parts(file, object, &stat).await;
        };
        let found = self.hash(file, &expected).await?;
        match agree(Some(&expected), found.as_ref()) {
            Some(true) => Ok((Level::Checksum, found)),
            Some(false) => Err(differ()),
            None => Ok((Level::Size, None)),
        }
    }

    /// A file, and an object that bears no checksum of its whole: by those of its parts, else by its ETag.
    async fn by_parts(&self, file: Side, object: &Facts, stat: &Stat) -> Proven {
        let (store, Some(facts)) = self.side(file) else {
            return Ok((Level::Size, None));
        };
        if let Some(Checksum::Composite(_)) = &stat.checksum {
            let at = (self.side(file.other()).0, object);
            match by_parts(&self.step.key, (store, facts), at).await? {
                Some(true) => return Ok((Level::Checksum, None)),
                Some(false) => return Err(differ()),
                None => {}
            }
        }
        self.recorded(file, object).await
    }

    /// A file, and an object of which only the listed ETag is known: an unequal one disproves nothing.
    async fn recorded(&self, file: Side, object: &Facts) -> Proven {
        let etag = object.etag().unwrap_or_default();
        let make = Make::of(etag, object.size);
        let (store, Some(facts)) = self.side(file) else {
            return Ok((Level::Size, None));
        };
        if make == Make::Unknown {
            return Ok((Level::Size, None));
        }
        self.ctx.bandwidth.take(facts.size).await;
        let found = digest(store, &self.step.key, facts, Digests::new(&make)).await?;
        self.flight.moved(facts.size);
        Ok(if found.etags.iter().any(|made| made == etag) {
            (Level::Checksum, Some(found.crc))
        } else {
            (Level::Size, None)
        })
    }

    /// An original and its gzip stream.
    async fn stream(&self, source: &Facts, destination: &Facts) -> Proven {
        let sides = [
            (&self.ctx.source, source),
            (&self.ctx.destination, destination),
        ];
        let stream_is_left = self.ctx.plan.originals() == Some(Side::Right);
        let [left, right] = sides;
        let (file, object) = if stream_is_left {
            (right, left)
        } else {
            (left, right)
        };
        let ask = Ask {
            check: self.ctx.plan.options.check.max(Level::Checksum),
            stream_is_left,
        };
        self.ctx.pay(0).await;
        let found = gzip::compare(&self.step.key, file, object, ask).await?;
        match found {
            Some(found) if found.equal => Ok((found.level, found.checksum)),
            Some(_) => Err(differ()),
            None => Ok((Level::Size, None)),
        }
    }

    async fn read_both(&self) -> Proven {
        let like = Checksum::Crc64Nvme(0);
        let left = self.hash(Side::Left, &like).await?;
        let right = self.hash(Side::Right, &like).await?;
        match agree(left.as_ref(), right.as_ref()) {
            Some(true) => Ok((Level::Read, left)),
            Some(false) => Err(differ()),
            None => Ok((Level::Size, None)),
        }
    }

    pub(super) fn side(&self, side: Side) -> (&Store, Option<&Facts>) {
        match side {
            Side::Left => (&self.ctx.source, self.step.source.as_ref()),
            Side::Right => (&self.ctx.destination, self.step.destination.as_deref()),
        }
    }

    pub(super) async fn stat(&self, side: Side) -> Result<Stat, Halt> {
        self.ctx.pay(0).await;
        Ok(self.side(side).0.stat(&self.step.key).await?)
    }

    /// The checksum of one side's bytes, of the kind that `like` is.
    pub(super) async fn hash(&self, side: Side, like: &Checksum) -> Result<Option<Checksum>, Halt> {
        let (store, facts) = self.side(side);
        let kind = CrcKind::of(like).map(CrcKind::hasher);
        let Some(mut hasher) = kind.or_else(|| Hasher::matching(like)) else {
            return Ok(None);
        };
        if matches!(store, Store::S3(_)) {
            self.ctx.pay(0).await;
        }
        let query = ReadQuery {
            range: None,
            pin: facts.and_then(Pin::of),
        };
        let mut reading = store.read(&self.step.key, query).await?;
        while let Some(chunk) = reading.chunk().await? {
            self.ctx.bandwidth.take(chunk.len() as u64).await;
            self.flight.moved(chunk.len() as u64);
            hasher.update(&chunk);
        }
        Ok(Some(hasher.finish()))
    }
}

/// How far two entries are proven to hold the same, and by which checksum.
pub(super) type Proven = Result<(Level, Option<Checksum>), Halt>;

/// What two listed objects prove by themselves: equal ETags.
fn listed(source: &Facts, destination: &Facts) -> (Level, Option<Checksum>) {
    let equal = source.etag().is_some() && source.etag() == destination.etag();
    (if equal { Level::Checksum } else { Level::Size }, None)
}

pub(super) fn differ() -> Halt {
    given_up(FailureKind::Corrupt, "the contents differ")
}

fn given_up(kind: FailureKind, reason: &str) -> Halt {
    Halt::GaveUp(Failure {
        kind,
        reason: reason.into(),
        request_id: None,
        attempts: 1,
    })
}
