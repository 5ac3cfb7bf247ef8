//! `Draft`: a file that is written without a name (or, where the file system cannot do that, beside its place under a
//! temporary one) and takes its place in one step. Until then nothing at the place changes; a draft that is dropped
//! leaves nothing behind, nor does one without a name whose process is killed.

mod inner;

pub(super) use inner::set_aside;

use std::{
    ffi::{OsStr, OsString},
    io, iter,
    os::{fd::OwnedFd, unix::fs::FileExt as _},
    sync::{Arc, Mutex, atomic::AtomicU64},
};

use bytes::Bytes;
use crc_fast::{CrcAlgorithm, Digest};
use jiff::Timestamp;
use rustix::{
    fs::{Mode, OFlags, openat},
    io::Errno,
};

use crate::backend::{
    error::Error,
    store::{Condition, Written},
};
use crate::domain::key::Key;

use super::{
    Disk, Spot,
    beneath::{self, Missing, Parent},
    blocking, quick, temporary,
    unnamed::unnamed,
};
use inner::anew;

pub(super) use inner::Inner;

/// A file on its way; clones share it.
#[derive(Debug, Clone)]
pub struct Draft(Arc<Inner>);

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
        // What is flushed waits for the medium, however quick the disk is.
        let waits = if placing.durable { u64::MAX } else { 0 };
        quick::small(self, waits.max(bytes.len() as u64), move || {
            let Placing {
                condition,
                mtime,
                durable,
                temporary,
            } = placing;
            let spare = temporary.map_or_else(temporary::name, temporary::named);
            let draft = begin(&spot, Some(bytes.len() as u64), spare)?;
            draft.0.write_pieces(0, iter::once(&*bytes))?;
            draft.0.commit(&condition, mtime, durable)
        })
        .await
    }

    /// Makes an empty folder, with the folders on its way; one that is there already is no error.
    ///
    /// # Errors
    /// As `draft`'s.
    pub async fn make_folder(&self, key: &Key) -> Result<(), Error> {
        let spot = self.folder_spot("mkdir", key)?;
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
        turn: tokio::sync::Mutex::default(),
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
        blocking(move || inner.write_pieces(offset, iter::once(&*bytes))).await
    }

    /// Writes pieces one behind the other, in one trip to the disk's threads.
    ///
    /// # Errors
    /// As `write_at`'s.
    pub async fn write_all_at(&self, offset: u64, pieces: Vec<Bytes>) -> Result<(), Error> {
        let inner = Arc::clone(&self.0);
        let _turn = self.0.turn.lock().await;
        blocking(move || inner.write_pieces(offset, pieces.iter().map(|piece| &**piece))).await
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
        self.0.write_pieces(offset, iter::once(bytes))
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

#[cfg(test)]
mod tests {
    use std::{
        fs::{self, File},
        path::Path,
    };

    use super::{
        Arc, AtomicU64, Bytes, Condition, Draft, Inner, Mode, Mutex, OFlags, OwnedFd, openat,
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
            turn: tokio::sync::Mutex::default(),
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
