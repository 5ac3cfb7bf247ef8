//! Making streams, the same bytes each time: no name and no time stand in the header.

use std::io::{self, Write as _};

use bytes::Bytes;
use flate2::{Compression, GzBuilder, write::GzEncoder};

/// The stream of a whole content.
pub(in crate::engine) fn compress(content: &[u8]) -> io::Result<Bytes> {
    let mut compressor = Compressor::new(content.len() / 2);
    compressor.feed(content)?;
    compressor.finish()
}

/// A stream that grows, given out in pieces.
pub(in crate::engine) struct Compressor(GzEncoder<Vec<u8>>);

impl Compressor {
    /// A stream of nothing yet, which may take `room` bytes.
    pub(in crate::engine) fn new(room: usize) -> Self {
        let header = GzBuilder::new().mtime(0);
        Self(header.write(Vec::with_capacity(room), Compression::default()))
    }

    /// The next bytes of the content.
    pub(in crate::engine) fn feed(&mut self, piece: &[u8]) -> io::Result<()> {
        self.0.write_all(piece)
    }

    /// The next `size` bytes of the stream, where there are so many.
    pub(in crate::engine) fn take(&mut self, size: usize) -> Option<Bytes> {
        let made = self.0.get_mut();
        if made.len() < size {
            return None;
        }
        let rest = made.split_off(size);
        Some(std::mem::replace(made, rest).into())
    }

    /// What is left of the stream, with its end.
    pub(in crate::engine) fn finish(self) -> io::Result<Bytes> {
        self.0.finish().map(Bytes::from)
    }
}

#[cfg(test)]
mod tests {
    use super::{Compressor, compress};

    #[test]
    fn a_stream_in_pieces_is_the_whole_one_and_names_nobody() {
        let content: Vec<u8> = (0..200_000_u32)
            .flat_map(|n| (n / 7).to_le_bytes())
            .collect();
        let whole = compress(&content).unwrap();
        assert_eq!(whole, compress(&content).unwrap());
        // No flags, so no name; no time.
        assert_eq!(&whole[3..8], [0; 5]);
        let mut compressor = Compressor::new(0);
        let mut pieces = Vec::new();
        for piece in content.chunks(10_007) {
            compressor.feed(piece).unwrap();
            while let Some(made) = compressor.take(4096) {
                assert_eq!(made.len(), 4096);
                pieces.extend_from_slice(&made);
            }
        }
        pieces.extend_from_slice(&compressor.finish().unwrap());
        assert_eq!(pieces, whole);
    }
}
