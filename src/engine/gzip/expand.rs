//! Taking streams apart, of one or several members, whoever made them; a broken one is told and gives nothing more.

use std::io::{self, Write as _};

use flate2::write::MultiGzDecoder;

/// A stream on its way back to its content.
pub(in crate::engine) struct Expander {
    decoder: MultiGzDecoder<Vec<u8>>,
    fed: bool,
}

impl Expander {
    /// Of which nothing came yet.
    pub(in crate::engine) fn new() -> Self {
        Self {
            decoder: MultiGzDecoder::new(Vec::new()),
            fed: false,
        }
    }

    /// Takes the next bytes of the stream and gives the content that they bring.
    pub(in crate::engine) fn feed(&mut self, piece: &[u8]) -> io::Result<Vec<u8>> {
        self.fed |= !piece.is_empty();
        self.decoder.write_all(piece)?;
        Ok(std::mem::take(self.decoder.get_mut()))
    }

    /// The last of the content; an error where the stream does not end here, or its checksum is another one.
    pub(in crate::engine) fn finish(mut self) -> io::Result<Vec<u8>> {
        if !self.fed {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.decoder.try_finish()?;
        Ok(std::mem::take(self.decoder.get_mut()))
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::Expander;
    use crate::engine::gzip::compress;

    fn expand(stream: &[u8], piece: usize) -> io::Result<Vec<u8>> {
        let mut expander = Expander::new();
        let mut content = Vec::new();
        for piece in stream.chunks(piece) {
            content.extend(expander.feed(piece)?);
        }
        content.extend(expander.finish()?);
        Ok(content)
    }

    #[test]
    fn streams_give_their_content_in_any_pieces_and_members() {
        let content: Vec<u8> = (0..50_000_u32).flat_map(u32::to_le_bytes).collect();
        let stream = compress(&content).unwrap();
        for piece in [1 << 20, 1000, 7, 1] {
            assert_eq!(expand(&stream, piece).unwrap(), content);
        }
        let two = [&stream[..], &compress(b"more").unwrap()].concat();
        assert_eq!(expand(&two, 999).unwrap(), [&content[..], b"more"].concat());
        assert_eq!(expand(&compress(b"").unwrap(), 5).unwrap(), b"");
    }

    #[test]
    fn a_broken_stream_is_told_wherever_it_breaks() {
        let content: Vec<u8> = (0..5_000_u32).flat_map(u32::to_le_bytes).collect();
        let stream = compress(&content).unwrap();
        assert!(expand(b"", 1).is_err());
        assert!(expand(b"this is no stream", 5).is_err());
        for at in 1..stream.len() {
            assert!(expand(&stream[..at], 512).is_err(), "cut at {at}");
        }
        for at in [0, 2, stream.len() / 2, stream.len() - 6, stream.len() - 1] {
            let mut flipped = stream.to_vec();
            flipped[at] ^= 0x40;
            assert!(expand(&flipped, 512).is_err(), "flipped at {at}");
        }
    }
}
