//! Buffers of large reads, used again: a fresh one costs the kernel a page fault for every 4 KiB, which is more than the
//! reading itself. Some are kept while others are on their way, none when the last one came back.

use std::{
    io, mem,
    sync::{Mutex, MutexGuard, PoisonError},
};

use bytes::{Bytes, BytesMut};

/// Reads below this are quick to make room for.
const LARGE: usize = 1024 * 1024;

/// Buffers that are kept at most.
const KEPT: usize = 8;

/// All buffers of this process.
static POOL: Mutex<Pool> = Mutex::new(Pool {
    out: 0,
    kept: Vec::new(),
});

#[derive(Debug)]
struct Pool {
    /// Buffers on their way.
    out: usize,
    kept: Vec<Vec<u8>>,
}

/// That many bytes, as `fill` writes them.
pub(super) fn filled(
    length: usize,
    fill: impl FnOnce(&mut [u8]) -> io::Result<()>,
) -> io::Result<Bytes> {
    if length < LARGE {
        let mut buffer = BytesMut::zeroed(length);
        fill(&mut buffer)?;
        return Ok(buffer.freeze());
    }
    let mut buffer = Lent::new(length);
    fill(&mut buffer.0)?;
    Ok(Bytes::from_owner(buffer))
}

/// A buffer that goes back when nobody holds its bytes any more.
struct Lent(Vec<u8>);

impl Lent {
    fn new(length: usize) -> Self {
        let mut pool = pool();
        pool.out += 1;
        let kept = pool.kept.pop();
        drop(pool);
        let mut buffer = kept.unwrap_or_default();
        // Old bytes stand in it; whoever fills it writes over all of them, or fails.
        buffer.resize(length, 0);
        Self(buffer)
    }
}

impl AsRef<[u8]> for Lent {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let mut pool = pool();
        pool.out -= 1;
        if pool.out == 0 {
            pool.kept = Vec::new();
        } else if pool.kept.len() < KEPT {
            pool.kept.push(mem::take(&mut self.0));
        }
    }
}

fn pool() -> MutexGuard<'static, Pool> {
    POOL.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::{LARGE, filled};

    fn of(byte: u8, length: usize) -> bytes::Bytes {
        let fill = |buffer: &mut [u8]| {
            buffer.fill(byte);
            Ok(())
        };
        filled(length, fill).unwrap()
    }

    #[test]
    fn a_buffer_that_is_used_again_holds_what_was_read_last() {
        let held = of(9, LARGE);
        for length in [LARGE, LARGE + 7, LARGE, 3] {
            for byte in [1, 2] {
                let bytes = of(byte, length);
                assert!(bytes.len() == length && bytes.iter().all(|&told| told == byte));
            }
        }
        assert!(held.iter().all(|&told| told == 9));
    }
}
