//! The file behind a draft: its room, its bytes, its name.

use std::{
    ffi::{OsStr, OsString},
    fs::{File, Permissions},
    io,
    ops::Range,
    os::{
        fd::OwnedFd,
        unix::fs::{FileExt as _, PermissionsExt as _},
    },
    path::PathBuf,
    sync::{
        Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, SystemTime},
};

use jiff::Timestamp;
use rustix::{
    fs::{AtFlags, fsync, unlinkat},
    io::Errno,
};

use crate::backend::{
    disk::{
        holes::{self, Segment},
        id_of,
        place::put_in_place,
        unnamed::give_name,
    },
    error::Error,
    store::{Condition, Written},
};
use crate::domain::retry::FailureKind;

/// Files from this size on have their blocks set aside first, so that a full disk is told before the bytes move.
const SET_ASIDE_FROM: u64 = 1024 * 1024;

/// A file on its way.
#[derive(Debug)]
pub(in crate::backend::disk) struct Inner {
    pub(in crate::backend::disk) file: File,
    pub(in crate::backend::disk) folder: OwnedFd,
    /// `None` while the file has no name, and once it has its own.
    pub(in crate::backend::disk) temporary: Mutex<Option<OsString>>,
    /// The temporary name that it bears or would bear.
    pub(in crate::backend::disk) spare: OsString,
    pub(in crate::backend::disk) name: OsString,
    /// Bytes that it shall have; of a growing one those that it has.
    pub(in crate::backend::disk) size: AtomicU64,
    pub(in crate::backend::disk) grows: bool,
    pub(in crate::backend::disk) path: PathBuf,
    /// Whose turn it is to write: the kernel lets one write to a file at a time, and the others would burn their
    /// processors meanwhile.
    pub(in crate::backend::disk) turn: tokio::sync::Mutex<()>,
}

impl Inner {
    pub(super) fn told(&self, error: &io::Error) -> Error {
        Error::io("write", &self.path, error)
    }

    /// Sets blocks aside where the file system can; a full disk is the only error that counts here.
    pub(super) fn set_aside(&self) -> Result<(), Error> {
        let size = self.size.load(Relaxed);
        if size < SET_ASIDE_FROM {
            return Ok(());
        }
        set_aside(&self.file, size).map_err(|full| self.told(&full))
    }

    /// Writes pieces one behind the other; long runs of zeros become holes.
    pub(super) fn write_pieces<'a>(
        &self,
        offset: u64,
        pieces: impl Iterator<Item = &'a [u8]>,
    ) -> Result<(), Error> {
        holes::cut(offset, pieces, |segment| match segment {
            Segment::Data(at, bytes) => self.write_at(at, bytes),
            Segment::Zeros(run) => self.write_zeros(run),
        })
    }

    /// Makes a hole of a run of zeros, but for its ends, which do not fill a block.
    fn write_zeros(&self, run: Range<u64>) -> Result<(), Error> {
        let write = |range| holes::zeros(range, |at, bytes| self.write_at(at, bytes));
        let hole = holes::within(&run);
        if hole.is_empty() {
            return write(run);
        }
        write(run.start..hole.start)?;
        write(hole.end..run.end)?;
        // What lies behind the end of a file keeps the blocks that were set aside: it must reach that far first.
        self.write_at(hole.end - 1, &[0])?;
        match holes::punch(&self.file, &hole) {
            Ok(()) => Ok(()),
            Err(_) => write(hole),
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

    pub(super) fn commit(
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

    pub(super) fn temporary(&self) -> MutexGuard<'_, Option<OsString>> {
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

/// Sets blocks aside for a file where the file system can; a full disk is the only error that counts here.
pub(in crate::backend::disk) fn set_aside(file: &File, size: u64) -> io::Result<()> {
    match keep_blocks(file, size) {
        Err(full @ (Errno::NOSPC | Errno::DQUOT | Errno::FBIG)) => Err(full.into()),
        Ok(()) | Err(_) => Ok(()),
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

/// Makes something under a temporary name. Such a name has one owner: what stands there was left by a killed run of it.
pub(super) fn anew<T>(
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
