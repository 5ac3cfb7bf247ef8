//! `Memory`: the bytes that all buffers of a task may hold together, taken before a body is read and given back on drop,
//! at any number of workers. Parts of large contents leave a quarter of it to the small ones, and those of the usual size
//! hold no more together than a network needs.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::engine::tasks::Counters;

use super::gate::Lane;

/// Bytes of a permit.
const GRAIN: u64 = 1024;

/// The budget of a task.
#[derive(Debug)]
pub(super) struct Memory {
    all: Share,
    parts: Share,
    /// What parts hold together, large ones counted as a quarter of it: at least four of them are on their way.
    usual: Share,
    counters: Arc<Counters>,
}

/// Room for one body.
#[derive(Debug)]
pub(super) struct Held {
    bytes: u64,
    counters: Arc<Counters>,
    _permits: [Option<OwnedSemaphorePermit>; 3],
}

#[derive(Debug)]
struct Share {
    grains: u32,
    room: Arc<Semaphore>,
}

impl Memory {
    /// A budget of that many bytes, of which parts of the usual size take so many; what is held is told to `counters`.
    pub(super) fn new((bytes, usual): (u64, u64), counters: Arc<Counters>) -> Self {
        Self {
            all: Share::new(bytes),
            parts: Share::new(bytes - bytes / 4),
            usual: Share::new(usual),
            counters,
        }
    }

    /// Waits for room for a body; all there is, where the body is larger than that.
    pub(super) async fn take(&self, lane: Lane, bytes: u64) -> Held {
        let [usual, share] = match lane {
            Lane::Part => {
                let usual = self.usual.take(bytes.min(self.usual.bytes() / 4)).await;
                [usual, self.parts.take(bytes).await]
            }
            Lane::Small => [None, None],
        };
        let all = self.all.take(bytes).await;
        self.counters.buffered(bytes);
        Held {
            bytes,
            counters: Arc::clone(&self.counters),
            _permits: [usual, share, all],
        }
    }
}

impl Share {
    fn new(bytes: u64) -> Self {
        let most = u32::try_from(Semaphore::MAX_PERMITS).unwrap_or(u32::MAX);
        let grains = u32::try_from(bytes / GRAIN).unwrap_or(most).clamp(1, most);
        Self {
            grains,
            room: Arc::new(Semaphore::new(grains as usize)),
        }
    }

    fn bytes(&self) -> u64 {
        u64::from(self.grains) * GRAIN
    }

    async fn take(&self, bytes: u64) -> Option<OwnedSemaphorePermit> {
        let grains = u32::try_from(bytes.div_ceil(GRAIN)).unwrap_or(u32::MAX);
        let room = Arc::clone(&self.room);
        // Nobody closes a budget; without a permit the work would go on unbounded, not fail.
        room.acquire_many_owned(grains.clamp(1, self.grains))
            .await
            .ok()
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.counters.freed(self.bytes);
    }
}
