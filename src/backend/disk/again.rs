//! Drafts that another process can go on with: they bear a temporary name from the beginning, which the journal knows.

use std::{
    ffi::OsStr,
    fs::File,
    io,
    os::fd::{AsFd as _, OwnedFd},
    path::Path,
    sync::Mutex,
};

use rustix::{
    fs::{AtFlags, FileType, OFlags, fstat, unlinkat},
    io::Errno,
};

use crate::backend::error::Error;
use crate::domain::{key::Key, retry::FailureKind};

use super::{
    Disk, Spot,
    beneath::{self, Missing, Parent},
    blocking,
    draft::{Draft, Inner, new_named},
    temporary,
};

impl Disk {
    /// Begins a file of `size` bytes at a key under the temporary name of this number, which stays if the process is killed.
    ///
    /// # Errors
    /// As `draft`'s.
    pub async fn draft_again(&self, key: &Key, size: u64, number: u64) -> Result<Draft, Error> {
        let spot = self.spot("write", key)?;
        blocking(move || {
            let name = temporary::named(number);
            open(&spot, size, &name, Missing::Make, new_named)
        })
        .await
    }

    /// Opens what a killed process left under the temporary name of this number; `None` where there is nothing of use.
    ///
    /// # Errors
    /// `Denied`, or a broken disk.
    pub async fn reopen(&self, key: &Key, size: u64, number: u64) -> Result<Option<Draft>, Error> {
        let spot = self.spot("write", key)?;
        blocking(move || {
            let name = temporary::named(number);
            let opened = open(&spot, size, &name, Missing::Fail, |folder, name| {
                left_by_us(folder, name, size)
            });
            match opened {
                Ok(draft) => Ok(Some(draft)),
                Err(error) if error.failure_kind() == FailureKind::NotFound => Ok(None),
                Err(error) => Err(error),
            }
        })
        .await
    }

    /// Removes what a killed process left under the temporary name of this number; nothing there is no error.
    ///
    /// # Errors
    /// `Denied`.
    pub async fn clear(&self, key: &Key, number: u64) -> Result<(), Error> {
        let spot = self.spot("write", key)?;
        blocking(move || {
            let path = spot.path();
            let told = |error: &io::Error| Error::io("delete", &path, error);
            let parent = beneath::open_parent(&spot.root, &spot.below, Missing::Fail);
            let Parent { folder, .. } = match parent {
                Ok(parent) => parent,
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
                Err(error) => return Err(told(&error)),
            };
            match unlinkat(&folder, temporary::named(number), AtFlags::empty()) {
                Ok(()) | Err(Errno::NOENT) => Ok(()),
                Err(errno) => Err(told(&errno.into())),
            }
        })
        .await
    }
}

/// The file of this name, where it is one that only we can have written: a second name would be somebody else's.
fn left_by_us(folder: &OwnedFd, name: &OsStr, size: u64) -> Result<OwnedFd, Errno> {
    let flags = OFlags::RDWR | OFlags::NOFOLLOW;
    let file = beneath::open(folder.as_fd(), Path::new(name), flags)?;
    let found = fstat(&file)?;
    let ours = FileType::from_raw_mode(found.st_mode) == FileType::RegularFile
        && found.st_nlink == 1
        && u64::try_from(found.st_size).is_ok_and(|held| held <= size);
    if ours { Ok(file) } else { Err(Errno::NOENT) }
}

fn open(
    spot: &Spot,
    size: u64,
    temporary: &OsStr,
    missing: Missing,
    file: impl FnOnce(&OwnedFd, &OsStr) -> Result<OwnedFd, Errno>,
) -> Result<Draft, Error> {
    let path = spot.path();
    let told = |error: &io::Error| Error::io("write", &path, error);
    let Parent { folder, name } =
        beneath::open_parent(&spot.root, &spot.below, missing).map_err(|error| told(&error))?;
    let file = file(&folder, temporary).map_err(|errno| told(&errno.into()))?;
    Draft::of(Inner {
        file: File::from(file),
        folder,
        temporary: Mutex::new(Some(temporary.to_owned())),
        spare: temporary.to_owned(),
        name,
        size: size.into(),
        grows: false,
        path,
        turn: tokio::sync::Mutex::default(),
    })
}
