//! What is on the run's machine: the files of a folder, and a log that grows, read through the shell in pieces that an answer of SSM holds (by ssh too), from where the last one
//! ended; checked by the bytes before that place.

use std::sync::Arc;

use jiff::Timestamp;

use crate::backend::Error;
use crate::domain::{
    entry::Entry,
    retry::FailureKind,
    training::{
        machine::{MachineAsk, Piece, down, files, newest_files},
        read::{Format, HEAD},
        run::Stream,
    },
};
use crate::engine::{cloud::way::Way, room::Room};

use super::{
    Manner, Teller,
    intake::{Intake, WITHHELD},
    machine::Finder,
    shell,
};

/// Why a place on the machine of a run cannot be looked at where no machine is named.
pub(super) const UNNAMED: &str =
    "nobody said which instance it is on: write instance = \"tag:Name=…\" or \"i-…\" into the run";
/// Bytes before the end that are read again: where they differ, it is another content.
const OVERLAP: usize = 64;
/// Bytes of a large log that are read at first.
const TAIL: u64 = 256 * 1024;
/// A larger gzip stream is read only when asked: its tail alone tells nothing.
const PACKED: u64 = 1 << 20;
/// Pieces that one look reads at most; the next one goes on.
const MOST: usize = 40;

/// The newest files of a folder on the machine of a run.
///
/// # Errors
/// Words for a person.
pub(super) async fn listed(
    room: &Room,
    ask: Option<&MachineAsk>,
    folder: &str,
) -> Result<Vec<Entry>, String> {
    let ask = ask.ok_or(UNNAMED)?;
    let way = reached(room, &mut Finder::new(ask.clone())).await?;
    let said = shell::ask(room, (&ask.remote, &way), &newest_files(folder), None).await?;
    files(&said)
}

/// The instance, where its agent answers.
async fn reached(room: &Room, finder: &mut Finder) -> Result<Way, String> {
    let (door, instance) = finder.find(room).await?;
    if let Some(down) = down(&instance, Timestamp::now()) {
        return Err(down.words.into());
    }
    let way = finder.way(room, &door, &instance)?;
    way.answers().await.map_err(shell::words)?;
    Ok(way)
}

/// A log that is tailed through a shell.
#[derive(Debug)]
pub(super) struct BoxTail {
    pub(super) path: Box<str>,
    pub(super) intake: Intake,
    ask: MachineAsk,
    finder: Finder,
    /// The instance whose agent answers, once it was found; looked for again when it fails.
    place: Option<Way>,
    /// Its size and time, as they were told last; `None` before the first piece.
    stood: Option<(u64, Option<Timestamp>)>,
    /// The place up to which it was read.
    at: u64,
    /// The last bytes before it.
    tail: Vec<u8>,
}

impl BoxTail {
    pub(super) fn new(
        path: &str,
        ask: MachineAsk,
        stream: Stream,
        pattern: Option<Arc<str>>,
    ) -> Self {
        Self {
            path: path.into(),
            intake: Intake::new(stream, pattern),
            finder: Finder::new(ask.clone()),
            ask,
            place: None,
            stood: None,
            at: 0,
            tail: Vec::new(),
        }
    }

    /// Looks for what came, and tells it.
    ///
    /// # Errors
    /// Where it cannot be read now; the next look goes on from the same place.
    pub(super) async fn look(
        &mut self,
        room: &Room,
        manner: Manner,
        teller: &mut Teller,
    ) -> Result<(), Error> {
        for _ in 0..MOST {
            let piece = match self.piece(room, manner).await {
                Ok(Some(piece)) => piece,
                Ok(None) => return Err(Error::new("tail", &*self.path, FailureKind::NotFound, "")),
                Err(words) => {
                    // It may be over, and another one bear the name by now.
                    self.place = None;
                    return Err(Error::new("tail", &*self.path, FailureKind::Refused, words));
                }
            };
            if !self.take(piece, manner, teller).await {
                return Ok(());
            }
        }
        // More waits: the next look goes on.
        self.intake.came = true;
        Ok(())
    }

    /// What stands from the place up to which it was read, and what it is checked by; `None` where there is no such file.
    async fn piece(&mut self, room: &Room, manner: Manner) -> Result<Option<Piece>, String> {
        let way = self.found(room).await?;
        let script = Piece::script(&self.path, self.at - self.tail.len() as u64);
        let said = shell::ask(room, (&self.ask.remote, &way), &script, manner.every).await?;
        Piece::told(&said)
    }

    async fn found(&mut self, room: &Room) -> Result<Way, String> {
        if let Some(place) = &self.place {
            return Ok(place.clone());
        }
        let place = reached(room, &mut self.finder).await?;
        self.place = Some(place.clone());
        Ok(place)
    }

    /// Takes a piece; whether more of the log waits.
    async fn take(&mut self, piece: Piece, manner: Manner, teller: &mut Teller) -> bool {
        let stands = (piece.size, piece.written);
        let is_first = self.stood.is_none();
        let is_whole = self.intake.reader.format().is_some_and(Format::is_whole);
        let rewritten = is_whole && self.stood.is_some_and(|stood| stood != stands);
        if rewritten || !piece.bytes.starts_with(&self.tail) {
            // What was written anew with all of its past is told anew; what was begun again goes on.
            self.intake.anew |= rewritten || piece.size >= self.at;
            self.begin_again();
            return true;
        }
        self.stood = Some(stands);
        self.intake.size = piece.size;
        self.intake.written = piece.written.or(self.intake.written);
        if is_first && piece.size > TAIL && !manner.whole {
            let head = piece.bytes.get(..HEAD).unwrap_or(&piece.bytes);
            self.intake.reader.learn(head);
            if self.intake.reader.is_gzip() && piece.size > PACKED {
                self.stood = None;
                self.intake.trouble = Some(WITHHELD.into());
                return false;
            }
            let is_whole = self.intake.reader.format().is_some_and(Format::is_whole);
            if !is_whole && !self.intake.reader.is_gzip() {
                self.intake.skipped = piece.size - TAIL;
                self.at = self.intake.skipped;
                return true;
            }
        }
        self.feed(&piece, teller).await
    }

    /// Takes what is new of a piece; whether more of the log waits.
    async fn feed(&mut self, piece: &Piece, teller: &mut Teller) -> bool {
        let fresh = piece.bytes.get(self.tail.len()..).unwrap_or_default();
        if fresh.is_empty() {
            if piece.size == 0 {
                self.intake.trouble = Some("it is empty so far".into());
            }
            return false;
        }
        self.at += fresh.len() as u64;
        self.tail.extend_from_slice(fresh);
        let over = self.tail.len().saturating_sub(OVERLAP);
        self.tail.drain(..over);
        let last = self.at >= piece.size;
        let batch = self.intake.reader.feed(fresh, last);
        self.intake.tell(batch, teller).await;
        !last
    }

    fn begin_again(&mut self) {
        self.intake.begin_again();
        self.stood = None;
        self.at = 0;
        self.tail.clear();
    }
}
