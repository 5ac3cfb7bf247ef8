//! A gzip stream that still grows, unpacked as far as it came; members one behind the other are one text.

use std::io::Write as _;

use flate2::write::MultiGzDecoder;

/// Unpacks a stream in pieces.
#[derive(Debug)]
pub(super) struct Inflate(MultiGzDecoder<Vec<u8>>);

impl Default for Inflate {
    fn default() -> Self {
        Self(MultiGzDecoder::new(Vec::new()))
    }
}

impl Inflate {
    /// Takes the next bytes; gives what they unpack to.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> Result<Vec<u8>, String> {
        let written = self.0.write_all(bytes).and_then(|()| self.0.flush());
        let plain = std::mem::take(self.0.get_mut());
        match written {
            Ok(()) => Ok(plain),
            Err(error) if plain.is_empty() => Err(format!("its gzip stream is damaged: {error}")),
            Err(_damaged) => Ok(plain),
        }
    }
}

/// What a gzip stream begins with.
const MAGIC: [u8; 2] = [0x1f, 0x8b];

/// Whether these bytes begin a gzip stream.
pub(super) fn begins(bytes: &[u8]) -> bool {
    bytes.starts_with(&MAGIC)
}

/// Whether they may, once there are more of them.
pub(super) fn may_begin(bytes: &[u8]) -> bool {
    bytes == &MAGIC[..1]
}
