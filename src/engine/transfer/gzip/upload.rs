//! A file becomes a stream: in memory where it goes in one request, else piece by piece into parts whose number nobody
//! knows beforehand. A large file is read twice: its checksum belongs to the metadata, which is sent first.

use std::{io, sync::Arc};

use bytes::Bytes;
use tokio::task::{JoinSet, spawn_blocking};

use crate::backend::{disk::SourceFile, store::Headers};
use crate::domain::{gzip::Original, retry::FailureKind};
use crate::engine::{
    gzip::{Compressor, compress},
    transfer::{
        again,
        gate::Lane,
        halt::{Done, Halt},
        hash::{CrcKind, crc64, multipart_etag},
        multipart::{self, Sent},
        origin,
        parts::{part_size, ranges},
        pool::{broken, may_begin},
        proof::{self, Evidence},
        target,
        tries::Tries,
        upload,
        worker::Work,
    },
};

use super::{Made, done};

/// Bytes that are read and compressed at once.
const PIECE: u64 = 1 << 20;

/// Compresses the file and writes the object.
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
    let Work { ctx, step, .. } = work;
    let _memory = ctx.memory.take(Lane::Small, 2 * work.size()).await;
    let disk = origin::disk(&ctx.source)?;
    let content = disk.read_whole(&step.key, target::source_pin(step)).await?;
    if content.len() as u64 != work.size() {
        return Err(Halt::changed("the file"));
    }
    let crc = crc64(&content);
    let stream = apart(move || compress(&content)).await?;
    let size = stream.len() as u64;
    let sent = (headers(work, crc), crc64(&stream));
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

/// What the object of a file with this checksum bears.
fn headers(work: &Work, crc: u64) -> Headers {
    let size = work.size();
    let mut headers = target::headers(&work.ctx.plan, &work.step);
    headers.metadata.extend(Original { size, crc }.metadata());
    headers
}

/// Runs work of the processor on a thread for it.
async fn apart<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, Halt> {
    let made = spawn_blocking(work).await.map_err(|_panic| broken())?;
    made.map_err(|error| Halt::failed(FailureKind::Refused, error.to_string()))
}

async fn in_parts(work: &Work, tries: &mut Tries) -> Result<Done, Halt> {
    let Work { ctx, step, .. } = work;
    // What an earlier run sent of a stream is sent again: its parts are known by no range of the file.
    again::forget(work).await;
    let opened = origin::file(ctx, &step.key, step.source.as_ref());
    let file = ctx.cut(opened).await?;
    let crc = ctx.cut(checksum(work, &file)).await?;
    let way = multipart::begin(work, headers(work, crc), part(work)).await?;
    let upload = Arc::clone(&way.id);
    let result = finish(work, (&file, crc), &upload, tries).await;
    if result.is_err() {
        multipart::give_up(work, &upload).await;
    }
    result
}

async fn checksum(work: &Work, file: &SourceFile) -> Result<u64, Halt> {
    let mut hasher = CrcKind::Nvme.hasher();
    for (_, range) in ranges(work.size(), PIECE) {
        hasher.update(&file.read_at(range).await?);
    }
    Ok(hasher.finish_crc())
}

async fn finish(
    work: &Work,
    (file, crc): (&SourceFile, u64),
    upload: &Arc<str>,
    tries: &mut Tries,
) -> Result<Done, Halt> {
    let mut parts = Parts::new(work, upload);
    let read = parts.fill(file).await;
    let sent = match read {
        Ok(found) if found == crc && file.unchanged().await => parts.all().await,
        Ok(_) => Err(Halt::changed("the file")),
        Err(halt) => Err(halt),
    };
    parts.running.shutdown().await;
    let sent = sent?;
    let size = sent.iter().map(|sent| sent.part.size).sum();
    let crcs = sent.iter().filter_map(|sent| sent.crc);
    let proven = sent.iter().all(|sent| sent.part.crc.is_some());
    let etags = sent.iter().map(|sent| &*sent.part.etag);
    let evidence = Evidence {
        checksum: Some(CrcKind::Nvme.combine(crcs)),
        etag: multipart_etag(etags).filter(|_| proven),
        size: Some(size),
    };
    let completing = multipart::complete(work, upload, (&sent, &evidence), tries);
    let written = match work.ctx.cut(completing).await {
        // The stream is the same each time: an earlier run may have completed it.
        Err(halt) if tries.in_doubt() => proof::settled(&work.ctx, work, &evidence)
            .await?
            .ok_or(halt)?,
        completed => completed?,
    };
    let level = proof::of_write(work, &written, &evidence, tries).await?;
    let identity = proof::identity(&written);
    let made = Made {
        identity,
        size,
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

/// The parts of a stream that is being made.
struct Parts<'a> {
    work: &'a Work,
    upload: &'a Arc<str>,
    /// Bytes of a part, so large that the stream of any content has not too many.
    size: u64,
    running: JoinSet<Result<(u32, Sent), Halt>>,
    begun: u32,
    /// Bytes of the file that went into the stream since the last part began.
    taken: u64,
    sent: Vec<(u32, Sent)>,
}

impl<'a> Parts<'a> {
    fn new(work: &'a Work, upload: &'a Arc<str>) -> Self {
        Self {
            work,
            upload,
            size: part(work),
            running: JoinSet::new(),
            begun: 0,
            taken: 0,
            sent: Vec::new(),
        }
    }

    /// Compresses the file into parts on their way; gives the checksum of what was read.
    async fn fill(&mut self, file: &SourceFile) -> Result<u64, Halt> {
        let size = usize::try_from(self.size).unwrap_or(usize::MAX);
        let mut hasher = CrcKind::Nvme.hasher();
        let mut compressor = Compressor::new(size);
        for (_, range) in ranges(self.work.size(), PIECE) {
            let piece = self.work.ctx.cut(read(file, range.clone())).await?;
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
        let (work, upload) = (self.work.clone(), Arc::clone(self.upload));
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

async fn read(file: &SourceFile, range: std::ops::Range<u64>) -> Result<Bytes, Halt> {
    Ok(file.read_at(range).await?)
}
