//! `Draft`: a file that is written without a name (or, where the file system cannot do that, beside its place under a
//! temporary one) and takes its place in one step. Until then nothing at the place changes; a draft that is dropped
//! leaves nothing behind, nor does one without a name whose process is killed.

use std::{
    ffi::{OsStr, OsString},
    fs::{File, Permissions},
    io,
    os::{
        fd::OwnedFd,
        unix::fs::{FileExt as _, PermissionsExt as _},
    },
    path::PathBuf,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use crc_fast::{CrcAlgorithm, Digest};
use jiff::Timestamp;
use rustix::{
    fs::{AtFlags, Mode, OFlags, fsync, openat, unlinkat},
    io::Errno,
};

use crate::backend::{
    error::Error,
    store::{Condition, Written},
};
use crate::domain::{key::Key, retry::FailureKind};

use super::{
    Disk, Spot,
    beneath::{self, Missing, Parent},
    blocking, id_of,
    place::put_in_place,
    temporary,
    unnamed::{give_name, unnamed},
};

/// Files from this size on have their blocks set aside first, so that a full disk is told before the bytes move.
const SET_ASIDE_FROM: u64 = 1024 * 1024;

/// A file on its way; clones share it.
#[derive(Debug, Clone)]
pub struct Draft(Arc<Inner>);

#[derive(Debug)]
pub(super) struct Inner {
    pub(super) file: File,
    pub(super) folder: OwnedFd,
    /// `None` while the file has no name, and once it has its own.
    pub(super) temporary: Mutex<Option<OsString>>,
    /// The temporary name that it bears or would bear.
    pub(super) spare: OsString,
    pub(super) name: OsString,
    /// Bytes that it shall have; of a growing one those that it has.
    pub(super) size: AtomicU64,
    pub(super) grows: bool,
    pub(super) path: PathBuf,
}

/// How a whole file takes its place.
#[derive(Debug, Clone, Default)]
pub struct Placing {
    /// What must hold there.
    pub condition: Condition,
    /// The file's time; now, when `None`.
    pub mtime: Option<Timestamp>,
    /// The bytes and the name are flushed to the medium.
    pub durable: bool,
    /// Numbers the temporary name, where a later process must find it again.
    pub temporary: Option<u64>,
}

impl Disk {
    /// Begins a file of `size` bytes at a key; folders on the way are made.
    ///
    /// # Errors
    /// `DiskFull`, `Denied`; `Refused` where no file can have that name or a link stands on the way.
    pub async fn draft(&self, key: &Key, size: u64) -> Result<Draft, Error> {
        let spot = self.spot("write", key)?;
        blocking(move || begin(&spot, Some(size), temporary::name())).await
    }

    /// Begins a file whose size nobody knows yet; it ends behind the last byte that is written. The number is that of its
    /// temporary name, where a later process must find it again.
    ///
    /// # Errors
    /// As `draft`'s.
    pub async fn growing_draft(&self, key: &Key, temporary: Option<u64>) -> Result<Draft, Error> {
        let spot = self.spot("write", key)?;
        let spare = temporary.map_or_else(temporary::name, temporary::named);
        blocking(move || begin(&spot, None, spare)).await
    }

    /// Writes a whole file in one trip to the disk's threads, as a draft that is committed at once.
    ///
    /// # Errors
    /// As `draft`'s and `Draft::commit`'s.
    pub async fn write_whole(
        &self,
        key: &Key,
        bytes: Bytes,
        placing: Placing,
    ) -> Result<Written, Error> {
        let spot = self.spot("write", key)?;
        blocking(move || {
            let Placing {
                condition,
                mtime,
                durable,
                temporary,
            } = placing;
            let spare = temporary.map_or_else(temporary::name, temporary::named);
            let draft = begin(&spot, Some(bytes.len() as u64), spare)?;
            draft.0.write_at(0, &bytes)?;
            draft.0.commit(&condition, mtime, durable)
        })
        .await
    }

    /// Makes an empty folder, with the folders on its way; one that is there already is no error.
    ///
    /// # Errors
    /// As `draft`'s.
    pub async fn make_folder(&self, key: &Key) -> Result<(), Error> {
        let spot = self.spot("mkdir", key)?;
        blocking(move || {
            let root = beneath::open_root(&spot.root, Missing::Make);
            let made = root.and_then(|root| beneath::open_folder(root, &spot.below, Missing::Make));
            made.map(drop)
                .map_err(|error| Error::io("mkdir", &spot.path(), &error))
        })
        .await
    }
}

pub(super) fn begin(spot: &Spot, size: Option<u64>, spare: OsString) -> Result<Draft, Error> {
    let path = spot.path();
    let told = |error: &io::Error| Error::io("write", &path, error);
    let Parent { folder, name } = beneath::open_parent(&spot.root, &spot.below, Missing::Make)
        .map_err(|error| told(&error))?;
    let (file, temporary) = new_file(&folder, &spare).map_err(|errno| told(&errno.into()))?;
    let inner = Inner {
        file: file.into(),
        folder,
        temporary: Mutex::new(temporary),
        spare,
        name,
        size: AtomicU64::new(size.unwrap_or(0)),
        grows: size.is_none(),
        path,
    };
    Draft::of(inner)
}

/// A new file and, where it must have one, its temporary name.
fn new_file(folder: &OwnedFd, spare: &OsStr) -> Result<(OwnedFd, Option<OsString>), Errno> {
    if let Some(file) = unnamed(folder) {
        return Ok((file, None));
    }
    Ok((new_named(folder, spare)?, Some(spare.to_owned())))
}

/// A new file under a temporary name; one that a killed run left under it goes.
pub(super) fn new_named(folder: &OwnedFd, name: &OsStr) -> Result<OwnedFd, Errno> {
    let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    anew(folder, name, || {
        openat(folder, name, flags, Mode::from_raw_mode(0o600))
    })
}

/// Makes something under a temporary name. Such a name has one owner: what stands there was left by a killed run of it.
fn anew<T>(
    folder: &OwnedFd,
    name: &OsStr,
    make: impl Fn() -> Result<T, Errno>,
) -> Result<T, Errno> {
    match make() {
        Err(Errno::EXIST) => {
            unlinkat(folder, name, AtFlags::empty())?;
            make()
        }
        first => first,
    }
}

impl Draft {
    /// Sets room aside for all of it.
    pub(super) fn of(inner: Inner) -> Result<Self, Error> {
        inner.set_aside()?;
        Ok(Self(Arc::new(inner)))
    }

    /// Leaves the temporary file where it is, for another process to go on with.
    pub fn keep(&self) {
        self.0.temporary().take();
    }

    /// Writes bytes at their place; several may be on their way at once.
    ///
    /// # Errors
    /// `DiskFull`; `Refused` beyond the size that was announced.
    pub async fn write_at(&self, offset: u64, bytes: Bytes) -> Result<(), Error> {
        let inner = Arc::clone(&self.0);
        blocking(move || inner.write_at(offset, &bytes)).await
    }

    /// Writes pieces one behind the other, in one trip to the disk's threads.
    ///
    /// # Errors
    /// As `write_at`'s.
    pub async fn write_all_at(&self, mut offset: u64, pieces: Vec<Bytes>) -> Result<(), Error> {
        let inner = Arc::clone(&self.0);
        blocking(move || {
            for piece in &pieces {
                inner.write_at(offset, piece)?;
                offset += piece.len() as u64;
            }
            Ok(())
        })
        .await
    }

    /// Reads back what was written, to prove it.
    ///
    /// # Errors
    /// `Changed` where fewer bytes are there.
    pub async fn read_at(&self, offset: u64, length: usize) -> Result<Bytes, Error> {
        let inner = Arc::clone(&self.0);
        blocking(move || {
            let mut buffer = vec![0; length];
            inner
                .file
                .read_exact_at(&mut buffer, offset)
                .map_err(|error| inner.told(&error))?;
            Ok(buffer.into())
        })
        .await
    }

    /// As `write_at`, for work that is on a thread of the disk's already.
    pub(super) fn write_now(&self, offset: u64, bytes: &[u8]) -> Result<(), Error> {
        self.0.write_at(offset, bytes)
    }

    /// As `commit`, for work that is on a thread of the disk's already.
    pub(super) fn commit_now(
        &self,
        condition: &Condition,
        mtime: Option<Timestamp>,
        durable: bool,
    ) -> Result<Written, Error> {
        self.0.commit(condition, mtime, durable)
    }

    /// The CRC-64/NVME of the first `size` bytes that were written, read back so many at once.
    pub(super) fn digest(&self, size: u64, piece: u64) -> Result<u64, Error> {
        let mut digest = Digest::new(CrcAlgorithm::Crc64Nvme);
        let mut at = 0;
        while at < size {
            let length = usize::try_from(piece.min(size - at)).unwrap_or(0);
            let mut buffer = vec![0; length];
            let read = self.0.file.read_exact_at(&mut buffer, at);
            read.map_err(|error| self.0.told(&error))?;
            digest.update(&buffer);
            at += length as u64;
        }
        Ok(digest.finalize())
    }

    /// Puts the file in its place: sets its time and mode, asks the condition and renames, in this order.
    /// With `durable` the bytes and the name are flushed to the medium.
    ///
    /// # Errors
    /// `Changed` where the condition does not hold, `Corrupt` where not all bytes were written; nothing has changed then.
    pub async fn commit(
        &self,
        condition: &Condition,
        mtime: Option<Timestamp>,
        durable: bool,
    ) -> Result<Written, Error> {
        let inner = Arc::clone(&self.0);
        let condition = condition.clone();
        blocking(move || inner.commit(&condition, mtime, durable)).await
    }
}

impl Inner {
    fn told(&self, error: &io::Error) -> Error {
        Error::io("write", &self.path, error)
    }

    /// Sets blocks aside where the file system can; a full disk is the only error that counts here.
    fn set_aside(&self) -> Result<(), Error> {
        let size = self.size.load(Relaxed);
        if size < SET_ASIDE_FROM {
            return Ok(());
        }
        match keep_blocks(&self.file, size) {
            Err(full @ (Errno::NOSPC | Errno::DQUOT | Errno::FBIG)) => Err(self.told(&full.into())),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> Result<(), Error> {
        let end = offset.saturating_add(bytes.len() as u64);
        let size = self.size.load(Relaxed);
        if self.grows {
            self.size.fetch_max(end, Relaxed);
        } else if end > size {
            let error = self.told(&Errno::FBIG.into());
            return Err(Error {
                reason: format!("more bytes came than the {size} that were announced"),
                ..error
            });
        }
        self.file
            .write_all_at(bytes, offset)
            .map_err(|error| self.told(&error))
    }

    fn commit(
        &self,
        condition: &Condition,
        mtime: Option<Timestamp>,
        durable: bool,
    ) -> Result<Written, Error> {
        self.finish(mtime, durable)
            .map_err(|error| self.told(&error))?;
        let found = self.file.metadata().map_err(|error| self.told(&error))?;
        let size = self.size.load(Relaxed);
        if found.len() != size {
            let reason = format!("{} of {size} bytes were written", found.len());
            return Err(Error {
                reason,
                kind: FailureKind::Corrupt.into(),
                ..self.told(&Errno::IO.into())
            });
        }
        self.place(condition).map_err(|error| self.told(&error))?;
        if durable {
            fsync(&self.folder).map_err(|errno| self.told(&errno.into()))?;
        }
        let found = self.file.metadata().map_err(|error| self.told(&error))?;
        Ok(Written {
            file: Some(id_of(&found)),
            ..Written::default()
        })
    }

    /// Gives the file its name.
    fn place(&self, condition: &Condition) -> io::Result<()> {
        let mut temporary = self.temporary();
        if temporary.is_none() && *condition == Condition::Absent {
            return Ok(give_name(&self.file, &self.folder, &self.name)?);
        }
        if temporary.is_none() {
            let name = &self.spare;
            anew(&self.folder, name, || {
                give_name(&self.file, &self.folder, name)
            })?;
            *temporary = Some(name.clone());
        }
        if let Some(name) = &*temporary {
            put_in_place(&self.folder, name, &self.name, condition)?;
        }
        *temporary = None;
        Ok(())
    }

    fn temporary(&self) -> MutexGuard<'_, Option<OsString>> {
        self.temporary
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn finish(&self, mtime: Option<Timestamp>, durable: bool) -> io::Result<()> {
        self.file
            .set_permissions(Permissions::from_mode(0o666 & !umask()))?;
        if let Some(mtime) = mtime {
            self.file.set_modified(system_time(mtime))?;
        }
        if durable {
            self.file.sync_all()
        } else {
            Ok(())
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        if let Some(name) = self.temporary().take() {
            // Nobody is left to tell; the name is one that listings leave out.
            unlinkat(&self.folder, &name, AtFlags::empty()).ok();
        }
    }
}

#[cfg(target_os = "linux")]
fn keep_blocks(file: &File, size: u64) -> Result<(), Errno> {
    rustix::fs::fallocate(file, rustix::fs::FallocateFlags::KEEP_SIZE, 0, size)
}

#[cfg(not(target_os = "linux"))]
fn keep_blocks(_file: &File, _size: u64) -> Result<(), Errno> {
    Ok(())
}

fn system_time(time: Timestamp) -> SystemTime {
    let nanos = time.as_nanosecond();
    let span = Duration::from_nanos_u128(nanos.unsigned_abs());
    if nanos < 0 {
        SystemTime::UNIX_EPOCH - span
    } else {
        SystemTime::UNIX_EPOCH + span
    }
}

/// The umask of this process; asking the kernel for it would change it for a moment, so it is read.
fn umask() -> u32 {
    static UMASK: OnceLock<u32> = OnceLock::new();
    *UMASK.get_or_init(|| {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("Umask:"));
        line.and_then(|octal| u32::from_str_radix(octal.trim(), 8).ok())
            .unwrap_or(0o022)
    })
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::{
        Arc, AtomicU64, Bytes, Condition, Draft, File, Inner, Mode, Mutex, OFlags, OwnedFd, openat,
        temporary,
    };

    /// A draft as on a file system that knows no files without a name.
    fn named(folder: &Path) -> Draft {
        let name = temporary::name();
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL;
        let open: OwnedFd = File::open(folder).unwrap().into();
        let file = openat(&open, &name, flags, Mode::from_raw_mode(0o600)).unwrap();
        Draft(Arc::new(Inner {
            file: file.into(),
            folder: open,
            temporary: Mutex::new(Some(name.clone())),
            spare: name,
            name: "a".into(),
            size: AtomicU64::new(3),
            grows: false,
            path: folder.join("a"),
        }))
    }

    #[tokio::test]
    async fn a_draft_with_a_temporary_name_leaves_none_behind() {
        let folder = tempfile::tempdir().unwrap();
        let names = || {
            let entries = fs::read_dir(folder.path()).unwrap();
            entries
                .map(|entry| entry.unwrap().file_name())
                .collect::<Vec<_>>()
        };
        drop(named(folder.path()));
        assert!(names().is_empty());
        for condition in [Condition::Absent, Condition::None] {
            let draft = named(folder.path());
            draft.write_at(0, Bytes::from_static(b"abc")).await.unwrap();
            draft.commit(&condition, None, false).await.unwrap();
            assert_eq!(names(), ["a"]);
        }
        let late = named(folder.path());
        late.write_at(0, Bytes::from_static(b"xyz")).await.unwrap();
        late.commit(&Condition::Absent, None, false)
            .await
            .unwrap_err();
        drop(late);
        assert_eq!(names(), ["a"]);
        assert_eq!(fs::read(folder.path().join("a")).unwrap(), b"abc");
    }
}
