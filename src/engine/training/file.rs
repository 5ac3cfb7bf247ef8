//! One file or object that grows: read from where it was left, checked by the bytes before that place.

use std::sync::Arc;

use bytes::Bytes;
use jiff::Timestamp;

use crate::backend::{
    Error,
    store::{Growth, Known, Pin, Reading, Store},
};
use crate::domain::{
    key::Key,
    training::{
        batch::Batch,
        read::{Format, HEAD, Reader},
        run::Stream,
    },
};

use super::{Manner, News, Teller};

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
    pub(super) stream: Stream,
    store: Store,
    pattern: Option<Arc<str>>,
    reader: Reader,
    pin: Option<Pin>,
    /// The place up to which it was read.
    at: u64,
    /// The last bytes before it.
    tail: Vec<u8>,
    pub(super) size: u64,
    pub(super) skipped: u64,
    pub(super) odd: u64,
    /// Something came since this was last put out.
    pub(super) came: bool,
    pub(super) written: Option<Timestamp>,
    /// What is wrong with what was read of it.
    pub(super) trouble: Option<Box<str>>,
    /// Why the last look failed.
    pub(super) failed: Option<Box<str>>,
}

impl File {
    pub(super) fn new(store: Store, key: Key, stream: Stream, pattern: Option<Arc<str>>) -> Self {
        Self {
            reader: Reader::new(pattern.as_deref()),
            key,
            stream,
            store,
            pattern,
            pin: None,
            at: 0,
            tail: Vec::new(),
            size: 0,
            skipped: 0,
            odd: 0,
            came: false,
            written: None,
            trouble: None,
            failed: None,
        }
    }

    /// What it is.
    pub(super) fn reader(&self) -> &Reader {
        &self.reader
    }

    /// Looks for what came, and tells it.
    ///
    /// # Errors
    /// Where it cannot be read now; the next look goes on from the same place.
    pub(super) async fn look(&mut self, manner: Manner, teller: &Teller) -> Result<(), Error> {
        let is_whole = self.reader.format().is_some_and(Format::is_whole);
        if self.pin.is_none() {
            return self.first(manner, false, teller).await;
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
                self.first(manner, false, teller).await
            }
            Growth::More(reading) if is_whole => {
                self.begin_again();
                self.read(*reading, true, teller).await
            }
            Growth::More(_) if self.at == 0 => {
                self.begin_again();
                self.first(manner, false, teller).await
            }
            Growth::More(reading) => self.more(*reading, manner, teller).await,
        }
    }

    /// Whether all that was told to be there was read, or is not to be read: only then may a look ask for changes alone.
    fn is_read(&self) -> bool {
        let withheld = self.at == 0 && self.reader.is_gzip();
        withheld || self.at >= self.size
    }

    /// Reads it for the first time: all, or head and tail.
    async fn first(&mut self, manner: Manner, anew: bool, teller: &Teller) -> Result<(), Error> {
        let known = Known {
            to: Some(FIRST),
            ..Known::default()
        };
        let Growth::More(reading) = self.store.growth(&self.key, &known).await? else {
            self.size = 0;
            self.trouble = Some("it is empty so far".into());
            return Ok(());
        };
        let size = reading.size();
        if size <= FIRST {
            return self.read(*reading, anew, teller).await;
        }
        if size <= WHOLE || manner.whole {
            self.read(*reading, anew, teller).await?;
            return self.rest(self.at, teller).await;
        }
        self.note(&reading);
        let head = reading.all().await?;
        self.reader.learn(head.get(..HEAD).unwrap_or(&head));
        if self.reader.is_gzip() {
            let reason = "a gzip stream of this size is read from its beginning only when asked: --whole, or a in the Training tab";
            self.trouble = Some(reason.into());
            return Ok(());
        }
        self.skipped = size - TAIL;
        self.rest(self.skipped, teller).await
    }

    /// Reads from a place to the end.
    async fn rest(&mut self, from: u64, teller: &Teller) -> Result<(), Error> {
        self.at = from;
        let known = Known {
            from,
            ..Known::default()
        };
        match self.store.growth(&self.key, &known).await? {
            Growth::More(reading) => self.read(*reading, false, teller).await,
            Growth::None | Growth::Less => Ok(()),
        }
    }

    /// Takes what came behind the place up to which it was read, if what stands before is still the same.
    async fn more(
        &mut self,
        mut reading: Reading,
        manner: Manner,
        teller: &Teller,
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
            let anew = size >= self.at;
            self.begin_again();
            return self.first(manner, anew, teller).await;
        }
        let fresh = Bytes::from(before).slice(self.tail.len()..);
        self.take(reading, fresh, false, teller).await
    }

    async fn read(&mut self, reading: Reading, anew: bool, teller: &Teller) -> Result<(), Error> {
        self.take(reading, Bytes::new(), anew, teller).await
    }

    /// Reads a body to its end, batch by batch.
    async fn take(
        &mut self,
        mut reading: Reading,
        first: Bytes,
        mut anew: bool,
        teller: &Teller,
    ) -> Result<(), Error> {
        self.trouble = None;
        self.note(&reading);
        let mut piece = first.to_vec();
        loop {
            let next = reading.chunk().await?;
            let last = next.is_none();
            piece.extend_from_slice(next.as_deref().unwrap_or_default());
            if !last && piece.len() < PIECE {
                continue;
            }
            let mut batch = self.feed(&piece, last);
            batch.anew = std::mem::take(&mut anew);
            if !batch.is_empty() {
                self.tell(batch, teller).await;
            }
            piece.clear();
            if last {
                return Ok(());
            }
        }
    }

    async fn tell(&mut self, batch: Batch, teller: &Teller) {
        self.came = true;
        let news = News::Told {
            stream: self.stream.clone(),
            batch,
            written: self.written.unwrap_or_else(Timestamp::now),
        };
        teller.tell(news).await;
    }

    fn feed(&mut self, piece: &[u8], last: bool) -> Batch {
        let batch = self
            .reader
            .feed(piece, last && self.at + piece.len() as u64 >= self.size);
        self.at += piece.len() as u64;
        self.tail.extend_from_slice(piece);
        let over = self.tail.len().saturating_sub(OVERLAP);
        self.tail.drain(..over);
        self.odd += batch.odd;
        self.trouble.clone_from(&batch.trouble);
        batch
    }

    fn note(&mut self, reading: &Reading) {
        self.size = reading.size();
        self.pin = reading.pin();
        self.written = reading.stat.entry.facts.modified.or(self.written);
    }

    fn begin_again(&mut self) {
        self.reader = Reader::new(self.pattern.as_deref());
        self.pin = None;
        self.at = 0;
        self.tail.clear();
        self.skipped = 0;
        self.odd = 0;
    }
}
