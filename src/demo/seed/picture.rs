//! The card images of the world: PNGs of twenty by twenty-eight pixels in four colours, padded with seeded bytes to the
//! size that they are to have. What they show is made by the compiler, so that fifty thousand of them cost little.

use bytes::Bytes;
use crc_fast::{CrcAlgorithm, checksum};

const WIDTH: usize = 20;
const HEIGHT: usize = 28;
/// A filter's byte, and four pixels a byte.
const ROW: usize = 1 + WIDTH / 4;
const RASTER: usize = ROW * HEIGHT;

type Raster = [u8; RASTER];

/// One for each kind of creature.
static CARDS: [Raster; 4] = [raster(0), raster(1), raster(2), raster(3)];

/// Paper, sky and creature.
const COLOURS: [[[u8; 3]; 3]; 6] = [
    [[250, 240, 215], [150, 205, 240], [225, 140, 30]],
    [[225, 240, 250], [245, 225, 170], [45, 105, 190]],
    [[230, 245, 225], [190, 225, 250], [60, 140, 70]],
    [[250, 228, 222], [250, 205, 150], [200, 55, 45]],
    [[240, 230, 248], [190, 180, 225], [120, 60, 160]],
    [[245, 245, 238], [205, 215, 215], [110, 100, 90]],
];
/// The frame of every card, and the eyes of every creature.
const FRAME: [u8; 3] = [235, 195, 60];

/// The picture of a luck, of exactly `size` bytes (at least 296); `pad` makes seeded bytes behind a head.
pub(super) fn picture(luck: u64, size: u64, pad: impl FnOnce(&[u8], u64) -> Bytes) -> Bytes {
    let of = |many: usize, shift: u32| usize::try_from(luck >> shift).unwrap_or(0) % many;
    let mut out = Vec::with_capacity(usize::try_from(size).unwrap_or(0));
    out.extend_from_slice(b"\x89PNG\r\n\x1a\n");
    let [width, height] = [WIDTH, HEIGHT].map(|side| u8::try_from(side).unwrap_or(u8::MAX));
    // Two bits a pixel, by palette.
    chunk(
        &mut out,
        &[
            b'I', b'H', b'D', b'R', 0, 0, 0, width, 0, 0, 0, height, 2, 3, 0, 0, 0,
        ],
    );
    let [paper, sky, creature] = COLOURS[of(COLOURS.len(), 17)];
    chunk(
        &mut out,
        &[b"PLTE", &[paper, sky, creature, FRAME].concat()[..]].concat(),
    );
    chunk(&mut out, &data(&CARDS[of(CARDS.len(), 31)]));
    let rest = size.saturating_sub(out.len() as u64 + 24);
    // A chunk of our own that nobody need know.
    chunk(&mut out, &pad(b"noIs", rest + 4));
    chunk(&mut out, b"IEND");
    Bytes::from(out)
}

/// The raster as one block of zlib that is stored as it is.
fn data(raster: &Raster) -> Vec<u8> {
    let length = u16::try_from(raster.len()).unwrap_or(u16::MAX);
    let (mut low, mut high) = (1_u32, 0_u32);
    for byte in raster {
        low += u32::from(*byte);
        high += low;
    }
    let adler = ((high % 65_521) << 16) | (low % 65_521);
    let stored = [length.to_le_bytes(), (!length).to_le_bytes()].concat();
    let parts: [&[u8]; 5] = [
        b"IDAT",
        &[0x78, 1, 1],
        &stored,
        raster,
        &adler.to_be_bytes(),
    ];
    parts.concat()
}

/// A chunk with its length and its sum; `content` begins with its name.
fn chunk(out: &mut Vec<u8>, content: &[u8]) {
    let length = u32::try_from(content.len() - 4).unwrap_or(u32::MAX);
    let sum = u32::try_from(checksum(CrcAlgorithm::Crc32IsoHdlc, content)).unwrap_or(0);
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(content);
    out.extend_from_slice(&sum.to_be_bytes());
}

const fn raster(kind: usize) -> Raster {
    let mut out = [0; RASTER];
    let mut at = 0;
    while at < WIDTH * HEIGHT {
        let (x, y) = (at % WIDTH, at / WIDTH);
        out[y * ROW + 1 + x / 4] |= colour(kind, x, y) << (6 - 2 * (x % 4));
        at += 1;
    }
    out
}

/// Paper 0, sky 1, creature 2, frame 3.
const fn colour(kind: usize, x: usize, y: usize) -> u8 {
    if x == 0 || y == 0 || x == WIDTH - 1 || y == HEIGHT - 1 {
        return 3;
    }
    let inside = x >= 3 && x <= 16;
    if inside && y >= 3 && y <= 15 {
        return if is_creature(kind, x, y) {
            if y == 8 && (x == 8 || x == 11) { 3 } else { 2 }
        } else {
            1
        };
    }
    let written = inside && (y == 18 || y == 20 || y == 22) || y == 25 && x >= 3 && x <= 9;
    if written { 2 } else { 0 }
}

const fn is_creature(kind: usize, x: usize, y: usize) -> bool {
    // Twice the distance to the middle, so that it is a whole number.
    let (across, down) = ((2 * x).abs_diff(19), (2 * y).abs_diff(18));
    let round = across * across + down * down;
    match kind {
        0 => round <= 72 || y >= 3 && y <= 6 && across >= 5 && across <= 7,
        1 => across + down <= 12,
        2 => round <= 40 || y > 10 && across <= 12 - (y % 3) * 2,
        _ => round <= 72 && (y < 12 || x.is_multiple_of(2)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_card_is_a_picture_of_the_size_that_it_is_to_have() {
        let pad = |head: &[u8], size: u64| {
            let mut out = head.to_vec();
            out.resize(usize::try_from(size).unwrap(), 7);
            Bytes::from(out)
        };
        for (luck, size) in [(1, 300), (u64::MAX, 2099), (77 << 30, 640)] {
            let bytes = picture(luck, size, pad);
            assert_eq!(bytes.len() as u64, size);
            let shown = image::load_from_memory(&bytes).unwrap().into_rgb8();
            assert_eq!(shown.dimensions(), (20, 28));
            assert_eq!(shown.get_pixel(0, 0).0, FRAME);
            assert_eq!(shown.get_pixel(8, 8).0, FRAME, "an eye");
            assert!(
                COLOURS
                    .iter()
                    .any(|[paper, ..]| shown.get_pixel(1, 1).0 == *paper)
            );
        }
    }
}
