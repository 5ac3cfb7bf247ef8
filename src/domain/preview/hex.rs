//! Bytes that are no text: offset, hexadecimal, letters, sixteen a line.

use super::{Glance, Line};

/// Bytes a line.
const WIDE: usize = 16;
/// Lines of a look: nobody reads more of them.
const FEW: usize = 64;

/// What the first bytes say: the kind that they are known by, else how they look.
pub(super) fn glance(head: &[u8], whole: bool) -> Glance {
    let lines = head.chunks(WIDE).take(FEW).enumerate();
    Glance {
        what: kind(head).unwrap_or("binary").to_owned(),
        lines: lines.map(|(at, bytes)| line(at * WIDE, bytes)).collect(),
        more: !whole || head.len() > WIDE * FEW,
        picture: None,
    }
}

fn line(at: usize, bytes: &[u8]) -> Line {
    let hex: Vec<String> = bytes
        .chunks(8)
        .map(|half| {
            half.iter()
                .map(|byte| format!("{byte:02x}"))
                .collect::<Vec<_>>()
                .join(" ")
        })
        .collect();
    let letter = |&byte: &u8| {
        if matches!(byte, b' '..=b'~') {
            char::from(byte)
        } else {
            '·'
        }
    };
    let letters: String = bytes.iter().map(letter).collect();
    Line {
        text: format!("{at:06x}  {:<48}  {letters}", hex.join("  ")),
        heading: false,
    }
}

/// The kind of a content whose first bytes are a sign of their own.
fn kind(head: &[u8]) -> Option<&'static str> {
    const KINDS: [(&[u8], &str); 17] = [
        (b"II*\0", "TIFF image"),
        (b"MM\0*", "TIFF image"),
        (b"BM", "BMP image"),
        (b"%PDF-", "PDF"),
        (b"PK\x03\x04", "zip archive"),
        (b"PAR1", "Parquet"),
        (b"\x93NUMPY", "NumPy array"),
        (b"\x89HDF\r\n\x1a\n", "HDF5"),
        (b"CDF", "NetCDF"),
        (b"SQLite format 3\0", "SQLite database"),
        (b"\x28\xb5\x2f\xfd", "zstd stream"),
        (b"BZh", "bzip2 stream"),
        (b"\xfd7zXZ\0", "xz stream"),
        (b"\x7fELF", "ELF program"),
        (b"GGUF", "GGUF model"),
        (b"ARROW1", "Arrow file"),
        (b"\x80\x02", "pickle"),
    ];
    if head.starts_with(b"RIFF") {
        return match head.get(8..12) {
            Some(b"WAVE") => Some("WAVE sound"),
            Some(_) | None => Some("RIFF"),
        };
    }
    if head.get(257..262) == Some(b"ustar") {
        return Some("tar archive");
    }
    let known = KINDS.iter().find(|(sign, _)| head.starts_with(sign));
    known.map(|(_, kind)| *kind)
}
