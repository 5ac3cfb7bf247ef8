//! One file or object that grows: read from where it was left, checked by the bytes before that place.

use std::sync::Arc;

use bytes::Bytes;

use crate::backend::{
    Error,
    store::{Growth, Known, Pin, Reading, Store},
};
use crate::domain::{
    key::Key,
    training::{
        batch::Batch,
        read::{Format, HEAD},
        run::Stream,
    },
};

use super::{
    Manner, Teller,
    intake::{Intake, WITHHELD},
};

/// Bytes before the end that are read again: where they differ, it is another content.
const OVERLAP: usize = 64;
/// Bytes that are read at first: all of a small log, and the size of a large one.
const FIRST: u64 = 256 * 1024;
/// A larger log is read from its tail.
const WHOLE: u64 = 64 << 20;
/// Bytes of that tail.
const TAIL: u64 = 16 << 20;
/// Bytes that become one batch.
const PIECE: usize = 1 << 20;

/// A file that is tailed.
#[derive(Debug)]
pub(super) struct File {
    pub(super) key: Key,
    pub(super) intake: Intake,
    store: Store,
    pin: Option<Pin>,
    /// The place up to which it was read.
    at: u64,
    /// The last bytes before it.
    tail: Vec<u8>,
}

impl File {
    pub(super) fn new(store: Store, key: Key, stream: Stream, pattern: Option<Arc<str>>) -> Self {
        Self {
            intake: Intake::new(stream, pattern),
            key,
            store,
            pin: None,
            at: 0,
            tail: Vec::new(),
        }
    }

    /// Looks for what came, and tells it.
    ///
    /// # Errors
    /// Where it cannot be read now; the next look goes on from the same place.
    pub(super) async fn look(&mut self, manner: Manner, teller: &mut Teller) -> Result<(), Error> {
        let is_whole = self.intake.reader.format().is_some_and(Format::is_whole);
        if self.pin.is_none() {
            return self.first(manner, teller).await;
        }
        let overlap = if is_whole {
            self.at
        } else {
            self.tail.len() as u64
        };
        let known = Known {
            pin: self.pin.clone().filter(|_| self.is_read()),
            from: self.at - overlap,
            to: None,
        };
        match self.store.growth(&self.key, &known).await? {
            Growth::None => Ok(()),
            Growth::Less => {
                self.begin_again();
                self.first(manner, teller).await
            }
            Growth::More(reading) if is_whole => {
                self.begin_again();
                self.intake.anew = true;
                self.read(*reading, teller).await
            }
            Growth::More(_) if self.at == 0 => {
                self.begin_again();
                self.first(manner, teller).await
            }
            Growth::More(reading) => self.more(*reading, manner, teller).await,
        }
    }

    /// Whether all that was told to be there was read, or is not to be read: only then may a look ask for changes alone.
    fn is_read(&self) -> bool {
        let withheld = self.at == 0 && self.intake.reader.is_gzip();
        withheld || self.at >= self.intake.size
    }

    /// Reads it for the first time: all, or head and tail.
    async fn first(&mut self, manner: Manner, teller: &mut Teller) -> Result<(), Error> {
        let known = Known {
            to: Some(FIRST),
            ..Known::default()
        };
        let Growth::More(reading) = self.store.growth(&self.key, &known).await? else {
            self.intake.size = 0;
            self.intake.trouble = Some("it is empty so far".into());
            return Ok(());
        };
        let size = reading.size();
        if size <= FIRST {
            return self.read(*reading, teller).await;
        }
        if size <= WHOLE || manner.whole {
            self.read(*reading, teller).await?;
            return self.rest(self.at, teller).await;
        }
        self.note(&reading);
        let head = reading.all().await?;
        self.intake.reader.learn(head.get(..HEAD).unwrap_or(&head));
        if self.intake.reader.is_gzip() {
            self.intake.trouble = Some(WITHHELD.into());
            return Ok(());
        }
        self.intake.skipped = size - TAIL;
        self.rest(self.intake.skipped, teller).await
    }

    /// Reads from a place to the end.
    async fn rest(&mut self, from: u64, teller: &mut Teller) -> Result<(), Error> {
        self.at = from;
        let known = Known {
            from,
            ..Known::default()
        };
        match self.store.growth(&self.key, &known).await? {
            Growth::More(reading) => self.read(*reading, teller).await,
            Growth::None | Growth::Less => Ok(()),
        }
    }

    /// Takes what came behind the place up to which it was read, if what stands before is still the same.
    async fn more(
        &mut self,
        mut reading: Reading,
        manner: Manner,
        teller: &mut Teller,
    ) -> Result<(), Error> {
        let size = reading.size();
        let mut before = Vec::new();
        while before.len() < self.tail.len() {
            let Some(piece) = reading.chunk().await? else {
                break;
            };
            before.extend_from_slice(&piece);
        }
        if !before.starts_with(&self.tail) {
            // What was written anew with all of its past is told anew; what was begun again goes on.
            self.intake.anew |= size >= self.at;
            self.begin_again();
            return self.first(manner, teller).await;
        }
        let fresh = Bytes::from(before).slice(self.tail.len()..);
        self.take(reading, fresh, teller).await
    }

    async fn read(&mut self, reading: Reading, teller: &mut Teller) -> Result<(), Error> {
        self.take(reading, Bytes::new(), teller).await
    }

    /// Reads a body to its end, batch by batch.
    async fn take(
        &mut self,
        mut reading: Reading,
        first: Bytes,
        teller: &mut Teller,
    ) -> Result<(), Error> {
        self.intake.trouble = None;
        self.note(&reading);
        let mut piece = first.to_vec();
        loop {
            let next = reading.chunk().await?;
            let last = next.is_none();
            piece.extend_from_slice(next.as_deref().unwrap_or_default());
            if !last && piece.len() < PIECE {
                continue;
            }
            let batch = self.feed(&piece, last);
            self.intake.tell(batch, teller).await;
            piece.clear();
            if last {
                return Ok(());
            }
        }
    }

    fn feed(&mut self, piece: &[u8], last: bool) -> Batch {
        let batch = self.intake.reader.feed(
            piece,
            last && self.at + piece.len() as u64 >= self.intake.size,
        );
        self.at += piece.len() as u64;
        self.tail.extend_from_slice(piece);
        let over = self.tail.len().saturating_sub(OVERLAP);
        self.tail.drain(..over);
        batch
    }

    fn note(&mut self, reading: &Reading) {
        self.intake.size = reading.size();
        self.pin = reading.pin();
        self.intake.written = reading.stat.entry.facts.modified.or(self.intake.written);
    }

    fn begin_again(&mut self) {
        self.intake.begin_again();
        self.pin = None;
        self.at = 0;
        self.tail.clear();
    }
}
