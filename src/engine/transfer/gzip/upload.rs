//! A file, or an object on its way to another bucket, becomes a stream: in memory where it goes in one request, else piece
//! by piece into parts whose number nobody knows beforehand. A large one is read twice where no store keeps its checksum,
//! which belongs to the metadata, and that is sent first.

use std::{collections::HashMap, io, sync::Arc};

use bytes::Bytes;
use tokio::task::{JoinSet, spawn_blocking};

use crate::backend::store::{Headers, Part, Written};
use crate::domain::{gzip::Original, plan::Op, retry::FailureKind};
use crate::engine::{
    gzip::{Compressor, compress},
    journal::Partial,
    transfer::{
        again, forget,
        gate::Lane,
        halt::{Done, Halt},
        hash::{CrcKind, crc64, multipart_etag},
        multipart::{self, Sent},
        origin::{self, Origin},
        parts::{part_size, ranges},
        pool::{broken, may_begin},
        proof::{self, Evidence},
        relay, target,
        tries::Tries,
        upload,
        worker::Work,
    },
};

use super::{Made, done};

/// Bytes that are read and compressed at once.
const PIECE: u64 = 1 << 20;
/// The same of an object: each piece costs a request.
const PIECE_OF_OBJECT: u64 = 4 << 20;

/// Compresses the original and writes the object.
pub(in crate::engine::transfer) async fn send(
    work: &Work,
    tries: &mut Tries,
) -> Result<Done, Halt> {
    if work.ctx.in_parts(&work.step) {
        in_parts(work, tries).await
    } else {
        work.ctx.cut(whole(work, tries)).await
    }
}

async fn whole(work: &Work, tries: &mut Tries) -> Result<Done, Halt> {
    let _memory = work.ctx.memory.take(Lane::Small, 2 * work.size()).await;
    let (content, bears) = original(work, tries).await?;
    let crc = crc64(&content);
    let stream = apart(move || compress(&content)).await?;
    let size = stream.len() as u64;
    let sent = (headers(work, crc, bears.as_ref()), crc64(&stream));
    let (written, level) = upload::put(work, stream, sent, tries).await?;
    let identity = proof::identity(&written);
    let made = Made {
        identity,
        size,
        level,
        crc,
    };
    Ok(done(work, made))
}

/// The whole original; of an object with what that bears.
async fn original(work: &Work, tries: &mut Tries) -> Result<(Bytes, Option<Headers>), Halt> {
    let Work { ctx, step, .. } = work;
    if step.way() == Op::Relay {
        let (content, bears) = relay::arrived(work, tries).await?;
        return Ok((content, Some(bears)));
    }
    let disk = origin::disk(&ctx.source)?;
    let content = disk.read_whole(&step.key, target::source_pin(step)).await?;
    if content.len() as u64 == work.size() {
        Ok((content, None))
    } else {
        Err(Halt::changed("the file"))
    }
}

/// What the stream bears of an original with this checksum, which may be an object that bears something already.
fn headers(work: &Work, crc: u64, bears: Option<&Headers>) -> Headers {
    let plan = &work.ctx.plan;
    let of_file = target::headers(plan, &work.step);
    let headers = match bears {
        // The type of the content, and how it was encoded, are not the stream's.
        Some(bears) => Headers {
            content_type: of_file.content_type,
            content_encoding: None,
            ..target::headers_of(plan, bears)
        },
        None => of_file,
    };
    let size = work.size();
    Headers {
        metadata: Original { size, crc }.kept_in(headers.metadata),
        ..headers
    }
}

/// Runs work of the processor on a thread for it.
async fn apart<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, Halt> {
    let made = spawn_blocking(work).await.map_err(|_panic| broken())?;
    made.map_err(|error| Halt::failed(FailureKind::Refused, error.to_string()))
}

async fn in_parts(work: &Work, tries: &mut Tries) -> Result<Done, Halt> {
    let opened = async {
        let origin = Origin::open(work).await?;
        let crc = checksum(work, &origin).await?;
        Ok((origin, crc))
    };
    let (origin, crc) = match work.ctx.cut(opened).await {
        Ok(opened) => opened,
        Err(halt) => {
            forget::left(work).await;
            return Err(halt);
        }
    };
    let mut parts = match again::stream(work).await? {
        Some((partial, Some(listed))) => Parts::again(work, &partial, listed),
        Some((partial, None)) => {
            if let Some(done) = completed(work, (&origin, crc), &partial, tries).await? {
                return Ok(done);
            }
            begun(work, (&origin, crc)).await?
        }
        None => begun(work, (&origin, crc)).await?,
    };
    let result = finish(work, (&origin, crc), &mut parts, tries).await;
    if let (Err(_), Aim::Upload(upload)) = (&result, &parts.aim) {
        forget::partial(work, upload).await;
    }
    result
}

/// The parts of a new upload.
async fn begun<'w>(work: &'w Work, (origin, crc): (&Origin, u64)) -> Result<Parts<'w>, Halt> {
    let headers = headers(work, crc, origin.bears());
    let way = multipart::begin(work, headers, part(work)).await?;
    Ok(Parts::new(work, Aim::Upload(way.id), way.part_size))
}

/// An upload that the store does not know any more was given up, or completed: then the object is the stream, which is
/// made once more to know it.
async fn completed(
    work: &Work,
    (origin, crc): (&Origin, u64),
    partial: &Partial,
    tries: &mut Tries,
) -> Result<Option<Done>, Halt> {
    let mut parts = Parts::new(work, Aim::Sums, partial.part_size);
    let sent = parts.made(origin, crc).await?;
    let known = |sent: &Sent| partial.parts.get(&sent.part.number);
    let etags: Vec<&str> = sent
        .iter()
        .filter_map(known)
        .map(|part| &*part.etag)
        .collect();
    let all = etags.len() == sent.len();
    let evidence = Evidence {
        etag: multipart_etag(etags).filter(|_| all),
        ..evidence(&sent)
    };
    let settling = proof::settled(&work.ctx, work, &evidence);
    let Some(written) = work.ctx.cut(settling).await? else {
        return Ok(None);
    };
    proven(work, (&written, crc), &evidence, tries)
        .await
        .map(Some)
}

async fn checksum(work: &Work, origin: &Origin) -> Result<u64, Halt> {
    if let Some(crc) = origin.crc() {
        return Ok(crc);
    }
    let mut hasher = CrcKind::Nvme.hasher();
    for (_, range) in ranges(work.size(), piece(origin)) {
        hasher.update(&origin.fetch(work, range).await?);
    }
    Ok(hasher.finish_crc())
}

fn piece(origin: &Origin) -> u64 {
    match origin {
        Origin::File(_) => PIECE,
        Origin::Object { .. } => PIECE_OF_OBJECT,
    }
}

async fn finish(
    work: &Work,
    (origin, crc): (&Origin, u64),
    parts: &mut Parts<'_>,
    tries: &mut Tries,
) -> Result<Done, Halt> {
    let sent = parts.made(origin, crc).await?;
    let Aim::Upload(upload) = &parts.aim else {
        return Err(broken());
    };
    let evidence = evidence(&sent);
    let completing = multipart::complete(work, upload, (&sent, &evidence), tries);
    let written = work.ctx.cut(completing).await?;
    proven(work, (&written, crc), &evidence, tries).await
}

/// What the stream of these parts is known by.
fn evidence(sent: &[Sent]) -> Evidence {
    let size = sent.iter().map(|sent| sent.part.size).sum();
    multipart::evidence(sent, Some(size))
}

/// How far the object that was written proves the stream.
async fn proven(
    work: &Work,
    (written, crc): (&Written, u64),
    evidence: &Evidence,
    tries: &mut Tries,
) -> Result<Done, Halt> {
    let level = proof::of_write(work, written, evidence, tries).await?;
    let made = Made {
        identity: proof::identity(written),
        size: evidence.size.unwrap_or_default(),
        level,
        crc,
    };
    Ok(done(work, made))
}

/// Bytes of a part, so that no stream has too many.
fn part(work: &Work) -> u64 {
    let most = work.size() + work.size() / 1000 + PIECE;
    part_size(most, work.ctx.tuning.part)
}

/// What the parts of a stream are made for.
enum Aim {
    /// They are sent to this upload.
    Upload(Arc<str>),
    /// Only their sums are wanted.
    Sums,
}

/// The parts of a stream that is being made.
struct Parts<'a> {
    work: &'a Work,
    aim: Aim,
    /// Bytes of a part, so large that the stream of any content has not too many.
    size: u64,
    /// What the store has of it already.
    there: HashMap<u32, Part>,
    running: JoinSet<Result<(u32, Sent), Halt>>,
    begun: u32,
    /// Bytes of the original that went into the stream since the last part began.
    taken: u64,
    sent: Vec<(u32, Sent)>,
}

impl<'a> Parts<'a> {
    fn new(work: &'a Work, aim: Aim, size: u64) -> Self {
        Self {
            work,
            aim,
            size,
            there: HashMap::new(),
            running: JoinSet::new(),
            begun: 0,
            taken: 0,
            sent: Vec::new(),
        }
    }

    /// The parts of an upload that an earlier run began, as far as the store has them.
    fn again(work: &'a Work, partial: &Partial, listed: Vec<Part>) -> Self {
        let there = listed.into_iter().map(|part| (part.number, part));
        Self {
            there: there.collect(),
            ..Self::new(
                work,
                Aim::Upload(Arc::clone(&partial.handle)),
                partial.part_size,
            )
        }
    }

    /// All parts of the original with this checksum, made and sent.
    async fn made(&mut self, origin: &Origin, crc: u64) -> Result<Vec<Sent>, Halt> {
        let sent = match self.fill(origin).await {
            Ok(found) if found == crc => match origin.still_the_same().await {
                Ok(()) => self.all().await,
                Err(halt) => Err(halt),
            },
            Ok(_) => Err(match origin {
                Origin::File(_) => Halt::changed("the file"),
                Origin::Object { .. } => proof::corrupt(multipart::OTHER_SUM),
            }),
            Err(halt) => Err(halt),
        };
        self.running.shutdown().await;
        sent
    }

    /// The part, where it need not be sent: the store proves that it has it, or only its sum is wanted.
    async fn had(&self, number: u32, part: &Bytes) -> Option<Sent> {
        let (crc, size) = (crc64(part), part.len() as u64);
        let part = match (&self.aim, self.there.get(&number)) {
            (Aim::Sums, _) => Part {
                number,
                etag: "".into(),
                crc: Some(crc),
                size,
            },
            (Aim::Upload(_), Some(there)) if there.size == size => {
                let same = there.crc == Some(crc)
                    || (there.crc.is_none() && *there.etag == *upload::etag(part.clone()).await);
                same.then(|| Part {
                    crc: Some(crc),
                    ..there.clone()
                })?
            }
            (Aim::Upload(_), _) => return None,
        };
        Some(Sent {
            part,
            crc: Some((crc, size)),
            kept: 0,
        })
    }

    /// Compresses the original into parts on their way; gives the checksum of what was read.
    async fn fill(&mut self, origin: &Origin) -> Result<u64, Halt> {
        let size = usize::try_from(self.size).unwrap_or(usize::MAX);
        let mut hasher = CrcKind::Nvme.hasher();
        let mut compressor = Compressor::new(size);
        for (_, range) in ranges(self.work.size(), piece(origin)) {
            let reading = origin.fetch(self.work, range.clone());
            let piece = self.work.ctx.cut(reading).await?;
            hasher.update(&piece);
            self.taken += range.end - range.start;
            compressor = apart(move || compressor.feed(&piece).map(|()| compressor)).await?;
            while let Some(part) = compressor.take(size) {
                self.begin(part).await?;
            }
        }
        let last = apart(move || compressor.finish()).await?;
        if !last.is_empty() || self.begun == 0 {
            self.begin(last).await?;
        }
        Ok(hasher.finish_crc())
    }

    async fn begin(&mut self, part: Bytes) -> Result<(), Halt> {
        let Work { ctx, .. } = self.work;
        let memory = ctx.memory.take(Lane::Part, part.len() as u64).await;
        let Some(permit) = may_begin(ctx, Lane::Part).await else {
            return Err(Halt::cancelled());
        };
        self.begun += 1;
        let (number, moved) = (self.begun, std::mem::take(&mut self.taken));
        if let Some(sent) = self.had(number, &part).await {
            self.work.flight.moved(moved);
            self.sent.push((number, sent));
            return Ok(());
        }
        let Aim::Upload(upload) = &self.aim else {
            return Err(broken());
        };
        let (work, upload) = (self.work.clone(), Arc::clone(upload));
        self.running.spawn(async move {
            let sent = multipart::put_part(&work, &upload, (number, moved), part).await?;
            drop((permit, memory));
            Ok((number, sent))
        });
        while let Some(ended) = self.running.try_join_next() {
            self.sent.push(ended.unwrap_or_else(|_| Err(broken()))?);
        }
        Ok(())
    }

    /// Waits for the parts on their way, and gives all in their order.
    async fn all(&mut self) -> Result<Vec<Sent>, Halt> {
        let ctx = Arc::clone(&self.work.ctx);
        while let Some(ended) = ctx
            .cut(async { Ok(self.running.join_next().await) })
            .await?
        {
            self.sent.push(ended.unwrap_or_else(|_| Err(broken()))?);
        }
        let mut sent = std::mem::take(&mut self.sent);
        sent.sort_unstable_by_key(|(number, _)| *number);
        Ok(sent.into_iter().map(|(_, sent)| sent).collect())
    }
}
