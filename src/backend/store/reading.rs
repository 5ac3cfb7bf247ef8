//! `Reading`: the body of one entry, from S3 or disk, in pieces.

use std::ops::Range;

use bytes::{Bytes, BytesMut};

use crate::backend::{disk::SourceFile, error::Error, s3::get::Incoming};

use super::{Pin, Stat};

/// Bytes read from disk at once.
const PIECE: u64 = 256 * 1024;

/// A body that is being read; it ends well only when every byte that was promised came.
#[derive(Debug)]
pub struct Reading {
    /// What the answer told about the whole entry.
    pub stat: Stat,
    /// Which bytes of it come.
    pub range: Range<u64>,
    source: Source,
    at: u64,
}

/// Where the bytes come from.
#[derive(Debug)]
pub(in crate::backend) enum Source {
    S3(Box<Incoming>),
    Disk(SourceFile),
    /// All of a content that is short.
    Memory(Bytes),
}

impl Reading {
    pub(in crate::backend) fn new(stat: Stat, range: Range<u64>, source: Source) -> Self {
        Self {
            at: range.start,
            stat,
            range,
            source,
        }
    }

    /// Bytes of the whole entry.
    pub fn size(&self) -> u64 {
        self.stat.entry.facts.size
    }

    /// Pins what is being read, for the next range.
    pub fn pin(&self) -> Option<Pin> {
        Pin::of(&self.stat.entry.facts)
    }

    /// The next piece; `None` after the last byte.
    ///
    /// # Errors
    /// `Transient` where the body breaks off, `Changed` where a file became shorter.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, Error> {
        match &mut self.source {
            Source::S3(incoming) => incoming.chunk().await,
            Source::Disk(file) => {
                let end = self.range.end.min(self.at + PIECE);
                if self.at == end {
                    return Ok(None);
                }
                let piece = file.read_at(self.at..end).await?;
                self.at = end;
                Ok(Some(piece))
            }
            Source::Memory(content) => {
                let at = |place: u64| {
                    usize::try_from(place)
                        .unwrap_or(usize::MAX)
                        .min(content.len())
                };
                let piece = content.slice(at(self.at)..at(self.range.end));
                self.at = self.range.end;
                Ok((!piece.is_empty()).then_some(piece))
            }
        }
    }

    /// All that is left, in one buffer.
    ///
    /// # Errors
    /// As `chunk`'s.
    pub async fn all(mut self) -> Result<Bytes, Error> {
        let Some(first) = self.chunk().await? else {
            return Ok(Bytes::new());
        };
        let mut all: Option<BytesMut> = None;
        while let Some(piece) = self.chunk().await? {
            all.get_or_insert_with(|| BytesMut::from(&*first))
                .extend_from_slice(&piece);
        }
        Ok(all.map_or(first, BytesMut::freeze))
    }
}
