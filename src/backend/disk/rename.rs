//! Names and folders of a disk: a file or a folder gets another name where it stands, a folder is made. Neither ever takes the
//! place of anything.

use std::{ffi::OsStr, io, os::fd::OwnedFd};

use rustix::{
    fs::{AtFlags, Mode, RenameFlags, mkdirat, renameat, renameat_with, statat},
    io::Errno,
};

use crate::backend::{error::Error, store::Pin};
use crate::domain::{key::Key, retry::FailureKind};

use super::{
    Disk, Spot,
    beneath::{self, FOLDER_MODE, Missing, Parent},
    blocking, id_of_stat,
    place::{put_where_nothing_is, still_is},
};

impl Disk {
    /// Gives the file or folder of a key another name in its folder, if it still is the pinned one and the name is free. Where
    /// it has that name already, that is well.
    ///
    /// # Errors
    /// `Changed` where it is another one, or something has the name; `NotFound` where it is gone.
    pub async fn rename(&self, key: &Key, to: &Key, pin: &Pin) -> Result<(), Error> {
        let (from, to) = (self.own_place(key)?, self.own_place(to)?);
        if from.below.parent() != to.below.parent() {
            return Err(self.refused("rename", key, "another folder is another place: move it"));
        }
        let is_folder = key.is_folder();
        let pin = pin.clone();
        blocking(move || {
            let Parent { folder, name } =
                beneath::open_parent(&from.root, &from.below, Missing::Fail)
                    .map_err(|error| Error::io("rename", &from.path(), &error))?;
            let new = to.below.file_name().unwrap_or_default();
            let renamed = if is_folder {
                rename_folder(&folder, (&name, new), &pin)
            } else {
                rename_file(&folder, (&name, new), &pin)
            };
            match renamed {
                Err(error) if Errno::from_io_error(&error) == Some(Errno::EXIST) => {
                    Err(Error::new(
                        "rename",
                        crate::domain::text::printable(to.path().as_os_str().as_encoded_bytes()),
                        FailureKind::Changed,
                        "something has that name, or what was to be renamed is another by now: look again",
                    ))
                }
                renamed => renamed.map_err(|error| Error::io("rename", &from.path(), &error)),
            }
        })
        .await
    }

    /// Makes the folder of a key, with those above it that are missing.
    ///
    /// # Errors
    /// `Changed` where something has its name.
    pub async fn make_new_folder(&self, key: &Key) -> Result<(), Error> {
        let spot = self.folder_spot("make folder", key)?;
        blocking(move || {
            let made = beneath::open_parent(&spot.root, &spot.below, Missing::Make).and_then(
                |Parent { folder, name }| {
                    Ok(mkdirat(&folder, &name, Mode::from_raw_mode(FOLDER_MODE))?)
                },
            );
            made.map_err(|error| Error::io("make folder", &spot.path(), &error))
        })
        .await
    }

    fn own_place(&self, key: &Key) -> Result<Spot, Error> {
        if key.is_folder() {
            self.folder_spot("rename", key)
        } else {
            self.spot("rename", key)
        }
    }
}

fn rename_file(folder: &OwnedFd, (from, to): (&OsStr, &OsStr), pin: &Pin) -> io::Result<()> {
    match still_is(folder, from, pin) {
        Ok(()) => Ok(put_where_nothing_is(folder, from, to)?),
        // An earlier try may have done it, and not lived to say so; its time of change is another one then.
        Err(error) if super::is_missing(&error) && same_inode(folder, to, pin) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Of a folder only its inode counts: what is in it may come and go.
fn rename_folder(folder: &OwnedFd, (from, to): (&OsStr, &OsStr), pin: &Pin) -> io::Result<()> {
    if !same_inode(folder, from, pin) {
        if same_inode(folder, to, pin) {
            return Ok(());
        }
        let found = statat(folder, from, AtFlags::SYMLINK_NOFOLLOW);
        return Err(found.err().unwrap_or(Errno::EXIST).into());
    }
    match renameat_with(folder, from, folder, to, RenameFlags::NOREPLACE) {
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {
            // A file system without that word: a moment remains in which something may take the name.
            match statat(folder, to, AtFlags::SYMLINK_NOFOLLOW) {
                Err(Errno::NOENT) => Ok(renameat(folder, from, folder, to)?),
                Ok(_) => Err(Errno::EXIST.into()),
                Err(errno) => Err(errno.into()),
            }
        }
        renamed => Ok(renamed?),
    }
}

fn same_inode(folder: &OwnedFd, name: &OsStr, pin: &Pin) -> bool {
    let Pin::File { id, .. } = pin else {
        return false;
    };
    statat(folder, name, AtFlags::SYMLINK_NOFOLLOW).is_ok_and(|found| {
        let now = id_of_stat(&found);
        (now.device, now.inode) == (id.device, id.inode)
    })
}
