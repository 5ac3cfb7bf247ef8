//! What every stream of a source has: the reader of its bytes, how much there is, what is wrong. Batches are told from here.

use std::sync::Arc;

use jiff::Timestamp;

use crate::domain::training::{batch::Batch, read::Reader, run::Stream};

use super::Teller;

/// Why a large gzip stream is not read.
pub(super) const WITHHELD: &str = "a gzip stream of this size is read from its beginning only when asked: --whole, or a in the Training tab";

/// Takes what a stream holds, and tells it.
#[derive(Debug)]
pub(super) struct Intake {
    stream: Stream,
    pattern: Option<Arc<str>>,
    pub(super) reader: Reader,
    /// Bytes that there are.
    pub(super) size: u64,
    /// Bytes of the middle that were left out.
    pub(super) skipped: u64,
    /// Whether there is more before what was read, and nobody knows how much.
    pub(super) earlier: bool,
    pub(super) odd: u64,
    /// The next batch that is told replaces all that was told before.
    pub(super) anew: bool,
    /// Something came since this was last put out.
    pub(super) came: bool,
    pub(super) written: Option<Timestamp>,
    /// What is wrong with what was read of it.
    pub(super) trouble: Option<Box<str>>,
    /// Why the last look failed.
    pub(super) failed: Option<Box<str>>,
}

impl Intake {
    pub(super) fn new(stream: Stream, pattern: Option<Arc<str>>) -> Self {
        Self {
            reader: Reader::new(pattern.as_deref()),
            stream,
            pattern,
            size: 0,
            skipped: 0,
            earlier: false,
            odd: 0,
            anew: false,
            came: false,
            written: None,
            trouble: None,
            failed: None,
        }
    }

    /// Forgets what was read: it is another content. Whether that replaces what was told (`anew`) is for the caller to say.
    pub(super) fn begin_again(&mut self) {
        self.reader = Reader::new(self.pattern.as_deref());
        self.size = 0;
        self.skipped = 0;
        self.earlier = false;
        self.odd = 0;
    }

    /// Takes a batch that the reader made, and tells it unless it holds nothing.
    pub(super) async fn tell(&mut self, mut batch: Batch, teller: &mut Teller) {
        self.odd += batch.odd;
        self.trouble.clone_from(&batch.trouble);
        if batch.is_empty() {
            return;
        }
        self.came = true;
        batch.anew = std::mem::take(&mut self.anew);
        let written = self.written.unwrap_or_else(Timestamp::now);
        teller.told(self.stream.clone(), batch, written).await;
    }
}
