//! The bytes of objects: pieces in memory or in a spill file, shared by every object and copy that has them.

use bytes::{Bytes, BytesMut};
use futures::{Stream, StreamExt as _};
use s3s::dto::StreamingBlob;
use s3s::stream::{ByteStream, RemainingLength};
use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

/// Bytes gathered before a new piece is begun, and the most that is read from a spill file at once.
const PIECE: usize = 256 * 1024;

/// Some bytes, cheap to clone and to cut.
#[derive(Debug, Clone, Default)]
pub(super) struct Content {
    pieces: Vec<Piece>,
    size: u64,
}

#[derive(Debug, Clone)]
enum Piece {
    Memory(Bytes),
    File {
        file: Arc<SpillFile>,
        span: Range<u64>,
    },
}

impl Piece {
    fn size(&self) -> u64 {
        match self {
            Self::Memory(bytes) => bytes.len() as u64,
            Self::File { span, .. } => span.end - span.start,
        }
    }

    fn cut(&self, span: &Range<u64>) -> Self {
        match self {
            Self::Memory(bytes) => Self::Memory(bytes.slice(index(span.start)..index(span.end))),
            Self::File { file, span: own } => Self::File {
                file: Arc::clone(file),
                span: own.start + span.start..own.start + span.end,
            },
        }
    }

    fn read(&self) -> io::Result<Bytes> {
        match self {
            Self::Memory(bytes) => Ok(bytes.clone()),
            Self::File { file, span } => {
                let mut buffer = BytesMut::zeroed(index(span.end - span.start));
                file.file.read_exact_at(&mut buffer, span.start)?;
                Ok(buffer.freeze())
            }
        }
    }
}

/// A length as an index; what is held here always fits.
fn index(at: u64) -> usize {
    usize::try_from(at).unwrap_or(usize::MAX)
}

impl From<Bytes> for Content {
    fn from(bytes: Bytes) -> Self {
        let size = bytes.len() as u64;
        let pieces = if bytes.is_empty() {
            Vec::new()
        } else {
            vec![Piece::Memory(bytes)]
        };
        Self { pieces, size }
    }
}

impl Content {
    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// The bytes of `span`, which lies within.
    pub(super) fn slice(&self, span: &Range<u64>) -> Self {
        let mut at = 0;
        let mut out = Self::default();
        for piece in &self.pieces {
            let (start, end) = (at, at + piece.size());
            at = end;
            let cut = span.start.max(start)..span.end.min(end);
            if cut.start < cut.end {
                out.push(piece.cut(&(cut.start - start..cut.end - start)));
            }
        }
        out
    }

    /// One after the other, as parts are put together.
    pub(super) fn append(&mut self, other: &Self) {
        self.pieces.extend(other.pieces.iter().cloned());
        self.size += other.size;
    }

    /// All bytes in one; copies only when there are several pieces.
    pub(super) fn bytes(&self) -> io::Result<Bytes> {
        if let [only] = self.pieces.as_slice() {
            return only.read();
        }
        let mut all = BytesMut::with_capacity(index(self.size));
        self.visit(|bytes| all.extend_from_slice(bytes))?;
        Ok(all.freeze())
    }

    /// Shows all bytes in order, piece by piece.
    pub(super) fn visit(&self, mut see: impl FnMut(&[u8])) -> io::Result<()> {
        for piece in self.chunks() {
            see(&piece.read()?);
        }
        Ok(())
    }

    /// The answer's body.
    pub(super) fn stream(&self) -> StreamingBlob {
        if let [Piece::Memory(bytes)] = self.pieces.as_slice() {
            return StreamingBlob::from(s3s::Body::from(bytes.clone()));
        }
        StreamingBlob::new(Reading {
            left: self.size,
            pieces: self.chunks().into_iter(),
        })
    }

    /// The pieces, those in files cut small enough to be read at once.
    fn chunks(&self) -> Vec<Piece> {
        let mut out = Vec::with_capacity(self.pieces.len());
        for piece in &self.pieces {
            match piece {
                Piece::Memory(_) => out.push(piece.clone()),
                Piece::File { .. } => {
                    let starts = (0..piece.size()).step_by(PIECE);
                    let spans = starts.map(|at| at..piece.size().min(at + PIECE as u64));
                    out.extend(spans.map(|span| piece.cut(&span)));
                }
            }
        }
        out
    }

    fn push(&mut self, piece: Piece) {
        self.size += piece.size();
        self.pieces.push(piece);
    }
}

/// A body that is read as the connection takes it.
struct Reading {
    left: u64,
    pieces: std::vec::IntoIter<Piece>,
}

impl Stream for Reading {
    type Item = Result<Bytes, s3s::StdError>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let next = self.pieces.next().map(|piece| piece.read());
        if let Some(Ok(bytes)) = &next {
            self.left = self.left.saturating_sub(bytes.len() as u64);
        }
        Poll::Ready(next.map(|read| read.map_err(Into::into)))
    }
}

impl ByteStream for Reading {
    fn remaining_length(&self) -> RemainingLength {
        RemainingLength::new_exact(index(self.left))
    }
}

/// Where bodies go that are too big to be held in memory.
#[derive(Debug, Clone)]
pub(super) struct Spill {
    folder: Arc<PathBuf>,
    over: u64,
    serial: Arc<AtomicU64>,
}

/// A file that vanishes with the last content that needs it.
#[derive(Debug)]
struct SpillFile {
    file: File,
    path: PathBuf,
}

impl Drop for SpillFile {
    fn drop(&mut self) {
        drop(std::fs::remove_file(&self.path));
    }
}

impl Spill {
    /// Bodies over `over` bytes go to files in `folder`, which is made if need be.
    pub(super) fn new(folder: PathBuf, over: u64) -> io::Result<Self> {
        std::fs::create_dir_all(&folder)?;
        Ok(Self {
            folder: Arc::new(folder),
            over,
            serial: Arc::default(),
        })
    }

    fn keep(&self, content: Content) -> io::Result<Content> {
        if content.size <= self.over {
            return Ok(content);
        }
        let number = self.serial.fetch_add(1, Ordering::Relaxed);
        let path = self
            .folder
            .join(format!("{}-{number}.body", std::process::id()));
        let file = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(true)
            .open(&path)?;
        let file = SpillFile { file, path };
        let mut at = 0;
        let mut written = Ok(());
        content.visit(|bytes| {
            if written.is_ok() {
                written = file.file.write_all_at(bytes, at);
                at += bytes.len() as u64;
            }
        })?;
        written?;
        let mut kept = Content::default();
        kept.push(Piece::File {
            file: Arc::new(file),
            span: 0..content.size,
        });
        Ok(kept)
    }
}

/// Gathers a request's body, showing every byte to `see` on the way.
pub(super) async fn gather(
    body: Option<StreamingBlob>,
    spill: Option<&Spill>,
    mut see: impl FnMut(&[u8]),
) -> Result<Content, s3s::StdError> {
    let mut content = Content::default();
    let mut gathered = BytesMut::new();
    let Some(mut body) = body else {
        return Ok(content);
    };
    while let Some(bytes) = body.next().await {
        let bytes = bytes?;
        see(&bytes);
        gathered.extend_from_slice(&bytes);
        if gathered.len() >= PIECE {
            content.push(Piece::Memory(gathered.split().freeze()));
        }
    }
    if !gathered.is_empty() {
        content.push(Piece::Memory(gathered.freeze()));
    }
    match spill {
        Some(spill) => Ok(spill.keep(content)?),
        None => Ok(content),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mixed() -> (tempfile::TempDir, Content) {
        let folder = tempfile::tempdir().unwrap();
        let spill = Spill::new(folder.path().join("bodies"), 4).unwrap();
        let mut content = Content::from(Bytes::from_static(b"0123"));
        content.append(
            &spill
                .keep(Content::from(Bytes::from_static(b"456789")))
                .unwrap(),
        );
        (folder, content)
    }

    #[test]
    fn slices_run_over_memory_and_files() {
        let (folder, content) = mixed();
        assert_eq!(
            std::fs::read_dir(folder.path().join("bodies"))
                .unwrap()
                .count(),
            1
        );
        assert_eq!(content.size(), 10);
        assert_eq!(content.bytes().unwrap(), "0123456789");
        let middle = content.slice(&(2..7));
        assert_eq!(
            (middle.size(), middle.bytes().unwrap()),
            (5, Bytes::from("23456"))
        );
        assert_eq!(content.slice(&(3..3)).size(), 0);
        drop((content, middle));
        assert_eq!(
            std::fs::read_dir(folder.path().join("bodies"))
                .unwrap()
                .count(),
            0
        );
    }

    #[tokio::test]
    async fn a_body_streams_and_is_gathered_again() {
        let (_folder, content) = mixed();
        let mut seen = 0;
        let again = gather(Some(content.stream()), None, |bytes| seen += bytes.len())
            .await
            .unwrap();
        assert_eq!(
            (seen, again.bytes().unwrap()),
            (10, Bytes::from("0123456789"))
        );
    }
}
