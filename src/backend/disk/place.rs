//! The last step of a write: the temporary file takes its name, if the condition holds.

use std::{ffi::OsStr, io, os::fd::OwnedFd};

use rustix::{
    fs::{
        AtFlags, Mode, OFlags, RenameFlags, linkat, openat, renameat, renameat_with, statat,
        unlinkat,
    },
    io::Errno,
};

use crate::backend::store::{Condition, Pin};
use crate::domain::entry::FileId;

use super::id_of_stat;

/// Renames `from` to `to` within a folder; `EEXIST` where the condition does not hold.
pub(super) fn put_in_place(
    folder: &OwnedFd,
    from: &OsStr,
    to: &OsStr,
    condition: &Condition,
) -> io::Result<()> {
    match condition {
        Condition::None => {}
        Condition::Absent => return Ok(put_where_nothing_is(folder, from, to)?),
        Condition::Unchanged(pin) => still_is(folder, to, pin)?,
    }
    Ok(renameat(folder, from, folder, to)?)
}

/// Checks that the file of this name is the pinned one.
///
/// Between this and the rename a moment remains in which another program may write; no system call joins both.
pub(super) fn still_is(folder: &OwnedFd, name: &OsStr, pin: &Pin) -> io::Result<()> {
    let found = statat(folder, name, AtFlags::SYMLINK_NOFOLLOW)?;
    let now: (FileId, u64) = (
        id_of_stat(&found),
        u64::try_from(found.st_size).unwrap_or_default(),
    );
    match pin {
        Pin::File { id, size } if now == (*id, *size) => Ok(()),
        Pin::File { .. } => Err(Errno::EXIST.into()),
        Pin::Object { .. } => Err(Errno::INVAL.into()),
    }
}

pub(super) fn put_where_nothing_is(
    folder: &OwnedFd,
    from: &OsStr,
    to: &OsStr,
) -> Result<(), Errno> {
    match renameat_with(folder, from, folder, to, RenameFlags::NOREPLACE) {
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {
            link_where_nothing_is(folder, from, to)
        }
        done => done,
    }
}

/// For file systems whose rename cannot be told to leave what exists: a second name, then the first one goes.
fn link_where_nothing_is(folder: &OwnedFd, from: &OsStr, to: &OsStr) -> Result<(), Errno> {
    match linkat(folder, from, folder, to, AtFlags::empty()) {
        Ok(()) => unlinkat(folder, from, AtFlags::empty()),
        Err(Errno::PERM | Errno::NOSYS | Errno::OPNOTSUPP | Errno::MLINK) => {
            reserve_and_rename(folder, from, to)
        }
        Err(errno) => Err(errno),
    }
}

/// For file systems without links, too: an empty file takes the name, if it is free, and is then replaced.
fn reserve_and_rename(folder: &OwnedFd, from: &OsStr, to: &OsStr) -> Result<(), Errno> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    drop(openat(folder, to, flags, Mode::from_raw_mode(0o600))?);
    renameat(folder, from, folder, to)
}

#[cfg(test)]
mod tests {
    use std::{ffi::OsStr, fs, os::fd::OwnedFd};

    use super::{Errno, link_where_nothing_is, put_where_nothing_is, reserve_and_rename};

    type Way = fn(&OwnedFd, &OsStr, &OsStr) -> Result<(), Errno>;

    #[test]
    fn each_way_places_a_file_only_where_nothing_is() {
        for way in [
            put_where_nothing_is as Way,
            link_where_nothing_is,
            reserve_and_rename,
        ] {
            let folder = tempfile::tempdir().unwrap();
            let at = |name: &str| folder.path().join(name);
            let open: OwnedFd = fs::File::open(folder.path()).unwrap().into();
            fs::write(at("new"), "new").unwrap();
            fs::write(at("old"), "old").unwrap();
            assert_eq!(
                way(&open, OsStr::new("new"), OsStr::new("old")),
                Err(Errno::EXIST)
            );
            assert_eq!(fs::read(at("old")).unwrap(), b"old");
            way(&open, OsStr::new("new"), OsStr::new("free")).unwrap();
            assert_eq!(fs::read(at("free")).unwrap(), b"new");
            assert!(!at("new").exists());
        }
    }
}
