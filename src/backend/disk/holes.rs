//! Long runs of zeros become holes in a file that is written: a sparse file that went to S3 comes back as one.

use std::{fs::File, ops::Range};

use rustix::io::Errno;

use crate::backend::error::Error;

/// What file systems give a file at once; a hole is a number of these.
pub const BLOCK: u64 = 4096;

/// The shortest run of zeros that becomes a hole: each one asks the file system for something.
const SHORTEST: u64 = 64 * 1024;

static ZEROS: [u8; 4096] = [0; 4096];

/// Some of what is to be written.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Segment<'a> {
    /// Bytes and their place.
    Data(u64, &'a [u8]),
    /// Nothing but zeros, from here to there.
    Zeros(Range<u64>),
}

/// Tells pieces that stand one behind the other as data and runs of zeros, each run as a whole.
pub(super) fn cut<'a>(
    offset: u64,
    pieces: impl Iterator<Item = &'a [u8]>,
    mut write: impl FnMut(Segment<'a>) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut run = offset..offset;
    for piece in pieces {
        let mut rest = piece;
        while !rest.is_empty() {
            let data = rest.len() - after(rest, |block| !is_zero(block)).len();
            let (bytes, behind) = rest.split_at(data);
            if !bytes.is_empty() {
                let at = run.end;
                tell(&mut run, &mut write)?;
                write(Segment::Data(at, bytes))?;
                run = at + data as u64..at + data as u64;
            }
            rest = after(behind, is_zero);
            run.end += (behind.len() - rest.len()) as u64;
        }
    }
    tell(&mut run, &mut write)
}

fn tell<'a>(
    run: &mut Range<u64>,
    write: &mut impl FnMut(Segment<'a>) -> Result<(), Error>,
) -> Result<(), Error> {
    if run.is_empty() {
        return Ok(());
    }
    write(Segment::Zeros(run.clone()))
}

/// What stands behind the blocks of which this holds.
fn after(bytes: &[u8], holds: impl Fn(&[u8]) -> bool) -> &[u8] {
    let blocks = bytes.chunks(ZEROS.len());
    let length: usize = blocks
        .take_while(|block| holds(block))
        .map(<[u8]>::len)
        .sum();
    bytes.get(length..).unwrap_or_default()
}

fn is_zero(block: &[u8]) -> bool {
    // One look is enough for nearly all data.
    block.first() == Some(&0) && ZEROS.get(..block.len()) == Some(block)
}

/// What of a run is to be a hole: whole blocks.
pub(super) fn within(run: &Range<u64>) -> Range<u64> {
    let start = run.start.next_multiple_of(BLOCK);
    let end = run.end / BLOCK * BLOCK;
    if end.saturating_sub(start) < SHORTEST {
        return run.start..run.start;
    }
    start..end
}

/// Writes the zeros of a run.
pub(super) fn zeros(
    run: Range<u64>,
    mut write: impl FnMut(u64, &[u8]) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut at = run.start;
    while at < run.end {
        let length = (run.end - at).min(BLOCK);
        let length = usize::try_from(length).unwrap_or(ZEROS.len());
        write(at, ZEROS.get(..length).unwrap_or_default())?;
        at += length as u64;
    }
    Ok(())
}

/// Gives back the blocks of a range, which then reads as zeros.
#[cfg(target_os = "linux")]
pub(super) fn punch(file: &File, hole: &Range<u64>) -> Result<(), Errno> {
    use rustix::fs::{FallocateFlags, fallocate};
    let flags = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
    fallocate(file, flags, hole.start, hole.end - hole.start)
}

#[cfg(not(target_os = "linux"))]
pub(super) fn punch(_file: &File, _hole: &Range<u64>) -> Result<(), Errno> {
    Err(Errno::NOTSUP)
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::{BLOCK, SHORTEST, Segment, cut, within, zeros};

    #[test]
    fn a_hole_is_whole_blocks_and_not_a_short_one() {
        let long = SHORTEST + 3 * BLOCK;
        assert_eq!(within(&(1..long)), BLOCK..long);
        assert_eq!(within(&(0..long + 7)), 0..long);
        assert_eq!(within(&(0..SHORTEST)), 0..SHORTEST);
        assert!(within(&(1..SHORTEST + BLOCK - 1)).is_empty());
    }

    proptest! {
        #[test]
        fn what_is_cut_is_what_was_given_and_runs_are_whole(
            offset in 0_u64..10_000,
            pieces in vec((any::<bool>(), 0_usize..9_000), 0..6),
        ) {
            let pieces: Vec<Vec<u8>> = pieces
                .into_iter()
                .map(|(zero, length)| vec![u8::from(!zero); length])
                .collect();
            let mut written = Vec::new();
            let mut last_was_zeros = false;
            cut(offset, pieces.iter().map(Vec::as_slice), |segment| {
                match segment {
                    Segment::Data(at, bytes) => {
                        assert_eq!(at, offset + written.len() as u64);
                        written.extend_from_slice(bytes);
                        last_was_zeros = false;
                    }
                    Segment::Zeros(run) => {
                        assert!(!last_was_zeros && run.start == offset + written.len() as u64);
                        zeros(run, |_, bytes| {
                            written.extend_from_slice(bytes);
                            Ok(())
                        })?;
                        last_was_zeros = true;
                    }
                }
                Ok(())
            }).unwrap();
            prop_assert_eq!(written, pieces.concat());
        }
    }
}
