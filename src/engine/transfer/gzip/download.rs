//! A stream becomes a file: read once, gone on with where the body broke, expanded as it comes, and proven twice before the
//! file takes its name: the stream by the object's checksum, the content by what metadata keeps of the original, or by
//! the stream's own trailer. A broken stream is told, and the file at the destination stays.

use std::io;

use bytes::{Bytes, BytesMut};
use tokio::task::spawn_blocking;

use crate::backend::{
    disk::{Draft, Placing},
    store::{Reading, Stat},
};
use crate::domain::{diff::Level, gzip::Original, progress::Failure, retry::FailureKind};
use crate::engine::{
    gzip::Expander,
    transfer::{
        download::{ask, expected, is_changed, judge, mtime, placed},
        gate::Lane,
        halt::{Done, Halt},
        hash::{CrcKind, Hasher},
        in_place,
        origin::disk,
        pool::broken,
        target,
        tries::Tries,
        worker::Work,
    },
};

use super::{Made, done};

/// Bytes of the stream that are expanded at once: they give a thousand times as many at most.
const BITE: usize = 32 << 10;
/// Bytes of the content that are gathered before they are written; shorter contents are written in one trip.
const PIECE: usize = 1 << 20;

/// Reads the object, expands it, and writes the file.
pub(in crate::engine::transfer) async fn expand(
    work: &Work,
    step_tries: &mut Tries,
) -> Result<Done, Halt> {
    let _memory = work.ctx.memory.take(Lane::Small, 2 * PIECE as u64).await;
    let mut flow = Flow::open(work).await?;
    let mut tries = Tries::of_part(&work.ctx);
    while let Err(halt) = flow.fill(work).await {
        tries.again(&work.ctx, &work.step, halt).await?;
    }
    flow.place(work, step_tries).await
}

/// A stream on its way.
struct Flow {
    /// `None` after a break: to be asked for again from where it broke.
    reading: Option<Reading>,
    stat: Stat,
    /// Bytes of the stream that came.
    came: u64,
    bite: BytesMut,
    machine: Option<Machine>,
    draft: Option<Draft>,
    /// Bytes of the content that are in the draft.
    written: u64,
}

/// What bites go through, on a thread for it.
struct Machine {
    stream: Option<Hasher>,
    /// `None` once the stream turned out to be broken; what follows is only hashed.
    expander: Option<Expander>,
    fault: Option<String>,
    content: Hasher,
    /// Content that is not written yet.
    made: BytesMut,
}

impl Machine {
    fn new(stream: Option<Hasher>) -> Self {
        Self {
            stream,
            expander: Some(Expander::new()),
            fault: None,
            content: CrcKind::Nvme.hasher(),
            made: BytesMut::new(),
        }
    }

    fn feed(&mut self, bite: &[u8]) {
        if let Some(stream) = &mut self.stream {
            stream.update(bite);
        }
        if let Some(expander) = &mut self.expander {
            let made = expander.feed(bite);
            self.take(made);
        }
    }

    fn end(&mut self) {
        if let Some(expander) = self.expander.take() {
            let made = expander.finish();
            self.take(made);
        }
    }

    fn take(&mut self, made: io::Result<Vec<u8>>) {
        match made {
            Ok(made) => {
                self.content.update(&made);
                self.made.extend_from_slice(&made);
            }
            Err(error) => {
                self.fault = Some(error.to_string());
                self.expander = None;
            }
        }
    }
}

impl Flow {
    async fn open(work: &Work) -> Result<Self, Halt> {
        let reading = ask(work, 0).await?;
        if reading.stat.entry.facts.size != work.size() {
            return Err(Halt::changed("the object"));
        }
        let verifies = work.ctx.plan.options.verify.is_some();
        let expected = expected(&reading.stat).filter(|_| verifies);
        let stream = expected.as_ref().and_then(Hasher::matching);
        Ok(Self {
            stat: reading.stat.clone(),
            reading: Some(reading),
            came: 0,
            bite: BytesMut::new(),
            machine: Some(Machine::new(stream)),
            draft: None,
            written: 0,
        })
    }

    /// Reads to the end of the stream.
    async fn fill(&mut self, work: &Work) -> Result<(), Halt> {
        let mut reading = match self.reading.take() {
            Some(reading) => reading,
            None => ask(work, self.came).await?,
        };
        while let Some(chunk) = reading.chunk().await? {
            let bytes = chunk.len() as u64;
            work.ctx.bandwidth.take(bytes).await;
            work.flight.moved(bytes);
            self.came += bytes;
            self.bite.extend_from_slice(&chunk);
            while self.bite.len() >= BITE {
                let bite = self.bite.split_to(BITE).freeze();
                self.run(work, move |machine| machine.feed(&bite)).await?;
            }
        }
        if self.came != work.size() {
            let reason = format!("{} of {} bytes arrived", self.came, work.size());
            return Err(Halt::failed(FailureKind::Transient, reason));
        }
        let bite = self.bite.split().freeze();
        let last = move |machine: &mut Machine| {
            machine.feed(&bite);
            machine.end();
        };
        self.run(work, last).await
    }

    /// Does this with the machine, and writes what it made where that is much.
    async fn run(
        &mut self,
        work: &Work,
        step: impl FnOnce(&mut Machine) + Send + 'static,
    ) -> Result<(), Halt> {
        let Some(mut machine) = self.machine.take() else {
            return Err(broken());
        };
        let turned = spawn_blocking(move || {
            step(&mut machine);
            machine
        });
        let machine = self
            .machine
            .insert(turned.await.map_err(|_panic| broken())?);
        if machine.made.len() >= PIECE {
            let made = machine.made.split().freeze();
            self.write(work, made).await?;
        }
        Ok(())
    }

    async fn write(&mut self, work: &Work, made: Bytes) -> Result<(), Halt> {
        let draft = match &mut self.draft {
            Some(draft) => draft,
            none @ None => {
                let disk = disk(&work.ctx.destination)?;
                none.insert(disk.growing_draft(&work.step.key, temporary(work)).await?)
            }
        };
        let bytes = made.len() as u64;
        draft.write_at(self.written, made).await?;
        self.written += bytes;
        Ok(())
    }

    /// Proves what came, and gives the file its name.
    async fn place(mut self, work: &Work, tries: &mut Tries) -> Result<Done, Halt> {
        let Some(mut machine) = self.machine.take() else {
            return Err(broken());
        };
        let level = self.stream_level(work, machine.stream.take(), tries)?;
        if let Some(fault) = &machine.fault {
            return Err(unsound(
                level,
                &format!("this is a broken gzip stream ({fault})"),
            ));
        }
        let size = self.written + machine.made.len() as u64;
        let crc = machine.content.finish_crc();
        let original = Original::of(&self.stat.headers.metadata);
        if original.is_some_and(|told| told != Original { size, crc }) {
            let what = "the stream holds another content than its object's metadata tells";
            return Err(unsound(level, what));
        }
        let level = if original.is_some() {
            level.max(Level::Checksum)
        } else {
            level
        };
        let written = if self.draft.is_some() {
            let rest = machine.made.split().freeze();
            self.write(work, rest).await?;
            self.commit(work).await
        } else {
            let disk = disk(&work.ctx.destination)?;
            let placing = placing(work);
            disk.write_whole(&work.step.key, machine.made.freeze(), placing)
                .await
        };
        let before = if tries.in_doubt() && is_changed(&written) {
            // An earlier run may have put it there.
            in_place::holds(work, (size, crc)).await?
        } else {
            None
        };
        let identity = match before {
            Some(identity) => identity,
            None => placed(work, written)?,
        };
        let made = Made {
            identity,
            size,
            level,
            crc,
        };
        Ok(done(work, made))
    }

    async fn commit(
        &self,
        work: &Work,
    ) -> Result<crate::backend::store::Written, crate::backend::Error> {
        let Placing {
            condition,
            mtime,
            durable,
            temporary: _,
        } = placing(work);
        match &self.draft {
            Some(draft) => draft.commit(&condition, mtime, durable).await,
            None => Ok(crate::backend::store::Written::default()),
        }
    }

    /// How far the object's checksum proves the stream.
    fn stream_level(
        &self,
        work: &Work,
        stream: Option<Hasher>,
        tries: &mut Tries,
    ) -> Result<Level, Halt> {
        let (Some(stream), Some(expected)) = (stream, expected(&self.stat)) else {
            return Ok(Level::Size);
        };
        let found = stream.finish();
        judge(&work.ctx, &expected, Some(&found), tries).map(|(level, _)| level)
    }
}

fn placing(work: &Work) -> Placing {
    Placing {
        condition: target::condition(&work.step),
        mtime: mtime(&work.step),
        durable: work.ctx.plan.options.durable,
        temporary: temporary(work),
    }
}

/// The number of the step's temporary name.
fn temporary(work: &Work) -> Option<u64> {
    work.ctx.journal.temporary(work.step.seq)
}

/// The failure of a stream that is not sound. Where the object's own checksum says that it came as it is stored, no
/// further try helps.
fn unsound(level: Level, what: &str) -> Halt {
    let failure = Failure {
        kind: FailureKind::Corrupt,
        reason: format!("{what}: no file was written; see `gzip -t`").into(),
        request_id: None,
        attempts: 1,
    };
    if level >= Level::Checksum {
        Halt::GaveUp(failure)
    } else {
        Halt::Failed(failure)
    }
}
