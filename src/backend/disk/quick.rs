//! Small work on a quick disk is done where it is asked for: to wake another thread costs more than to read a small file
//! that is in memory. One thread does so at a time and never the only one, so that a disk that hangs holds up no more than
//! that; disks of the network, and those that were slow lately, get threads of their own.

use std::{
    path::Path,
    sync::{Mutex, OnceLock, PoisonError},
    time::{Duration, Instant},
};

use tokio::runtime::{Handle, RuntimeFlavor};

use crate::backend::error::Error;

use super::{Disk, blocking};

/// Work on so many bytes is small.
const SMALL: u64 = 64 * 1024;
/// A quick disk does small work in this time, on average.
const QUICK: Duration = Duration::from_micros(150);
/// Whatever takes so long shows that the disk makes one wait.
const SLOW: Duration = Duration::from_millis(2);
/// How often small work goes to other threads before the disk is judged anew.
const WARY: u32 = 64;

/// How quick the disks of this process are; held by the one who does small work at once.
static PACE: Mutex<Pace> = Mutex::new(Pace::QUICK);

#[derive(Debug)]
struct Pace {
    /// The time of small work, the last ones counting most.
    usual: Duration,
    /// Works that other threads are to do yet.
    wary: u32,
}

impl Pace {
    /// Until something was slow.
    const QUICK: Self = Self {
        usual: Duration::ZERO,
        wary: 0,
    };

    fn is_quick(&self) -> bool {
        self.wary == 0 && self.usual < QUICK
    }

    fn took(&mut self, time: Duration) {
        self.usual = (self.usual * 15 + time.min(SLOW)) / 16;
        if time >= SLOW {
            self.wary = WARY;
        } else {
            self.wary = self.wary.saturating_sub(1);
        }
    }
}

/// Does work on `bytes` bytes of a disk: at once, where that is quick.
pub(super) async fn small<T: Send + 'static>(
    disk: &Disk,
    bytes: u64,
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    if bytes > SMALL {
        return blocking(work).await;
    }
    if may_wait_here()
        && let Ok(mut pace) = PACE.try_lock()
        && pace.is_quick()
        && *disk.0.is_local.get_or_init(|| is_local(disk))
    {
        let begun = Instant::now();
        let result = work();
        pace.took(begun.elapsed());
        return result;
    }
    blocking(move || {
        let begun = Instant::now();
        let result = work();
        let time = begun.elapsed();
        PACE.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .took(time);
        result
    })
    .await
}

/// Whether other threads go on while this one waits for the disk.
fn may_wait_here() -> bool {
    static MAY: OnceLock<usize> = OnceLock::new();
    Handle::try_current().is_ok_and(|runtime| {
        runtime.runtime_flavor() == RuntimeFlavor::MultiThread
            && *MAY.get_or_init(|| runtime.metrics().num_workers()) > 1
    })
}

/// Whether a disk, or the folder in which it will be, is of this machine.
fn is_local(disk: &Disk) -> bool {
    let path = std::path::absolute(disk.path()).unwrap_or_default();
    path.ancestors().find_map(is_local_at) == Some(true)
}

/// Whether a path is on a disk of this machine; one of the network may be waited for without end. `None` where nothing is
/// there yet.
#[cfg(target_os = "linux")]
fn is_local_at(path: &Path) -> Option<bool> {
    /// ext2 to ext4, XFS, Btrfs, tmpfs, overlayfs, F2FS, ZFS, bcachefs: `f_type` of statfs(2).
    const LOCAL: [u64; 8] = [
        0xef53,
        0x5846_5342,
        0x9123_683e,
        0x0102_1994,
        0x794c_7630,
        0xf2f5_2010,
        0x2fc1_2fc1,
        0xca45_1a4e,
    ];
    let told = rustix::fs::statfs(path).ok()?;
    Some(u64::try_from(told.f_type).is_ok_and(|kind| LOCAL.contains(&kind)))
}

#[cfg(not(target_os = "linux"))]
fn is_local_at(_path: &Path) -> Option<bool> {
    Some(false)
}

#[cfg(test)]
mod tests {
    use super::{Duration, Pace, SLOW, WARY, is_local_at, may_wait_here};

    #[test]
    fn a_disk_is_quick_until_it_makes_one_wait() {
        let mut pace = Pace::QUICK;
        pace.took(Duration::from_micros(20));
        assert!(pace.is_quick());
        pace.took(SLOW);
        for _ in 0..WARY {
            assert!(!pace.is_quick());
            pace.took(Duration::from_micros(20));
        }
        assert!(pace.is_quick());
        for _ in 0..WARY {
            pace.took(Duration::from_micros(400));
        }
        assert!(!pace.is_quick(), "slow on average");
    }

    #[tokio::test]
    async fn the_only_thread_never_waits_for_a_disk() {
        assert!(!may_wait_here());
    }

    #[test]
    fn what_is_no_disk_or_not_there_is_no_local_disk() {
        assert_eq!(is_local_at(std::path::Path::new("/proc")), Some(false));
        assert_ne!(
            is_local_at(std::path::Path::new("/no/such/folder")),
            Some(true)
        );
    }
}
