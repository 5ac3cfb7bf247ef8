//! Opening below a folder and nowhere else: by `openat2` where the kernel has it, else name by name without links.

use std::{
    ffi::{OsStr, OsString},
    io,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    path::{Component, Path},
};

use rustix::{
    fs::{CWD, Mode, OFlags, mkdirat, openat},
    io::Errno,
};

/// Permissions of new folders, before the umask.
pub(super) const FOLDER_MODE: u32 = 0o777;

/// The folder that holds an entry, and the entry's name in it.
#[derive(Debug)]
pub(super) struct Parent {
    pub(super) folder: OwnedFd,
    pub(super) name: OsString,
}

/// What to do about folders that are missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Missing {
    Fail,
    Make,
}

/// Opens the root itself; links on the way to it are the user's own and are followed.
pub(super) fn open_root(root: &Path, missing: Missing) -> io::Result<OwnedFd> {
    let root = if root.as_os_str().is_empty() {
        Path::new(".")
    } else {
        root
    };
    if missing == Missing::Make && !root.is_dir() {
        std::fs::create_dir_all(root)?;
    }
    Ok(openat(
        CWD,
        root,
        OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC,
        Mode::empty(),
    )?)
}

/// Opens the folder that holds `below`, which has no `.`, `..` or empty names (`codec::path_of` makes such paths).
pub(super) fn open_parent(root: &Path, below: &Path, missing: Missing) -> io::Result<Parent> {
    let name = below
        .file_name()
        .ok_or_else(|| io::Error::from(Errno::INVAL))?
        .to_owned();
    let folder = open_folder(
        open_root(root, missing)?,
        below.parent().unwrap_or(Path::new("")),
        missing,
    )?;
    Ok(Parent { folder, name })
}

/// Opens a folder below `root`.
pub(super) fn open_folder(root: OwnedFd, below: &Path, missing: Missing) -> io::Result<OwnedFd> {
    if below.as_os_str().is_empty() {
        return Ok(root);
    }
    match open(root.as_fd(), below, OFlags::RDONLY | OFlags::DIRECTORY) {
        Err(Errno::NOENT) if missing == Missing::Make => make_folders(root, below),
        opened => Ok(opened?),
    }
}

/// Opens something below a folder; a link anywhere in the path is an error (`ELOOP`).
pub(super) fn open(root: BorrowedFd<'_>, below: &Path, flags: OFlags) -> Result<OwnedFd, Errno> {
    match open_at_once(root, below, flags) {
        Err(Errno::NOSYS | Errno::PERM) => open_by_names(root, below, flags),
        opened => opened,
    }
}

#[cfg(target_os = "linux")]
fn open_at_once(root: BorrowedFd<'_>, below: &Path, flags: OFlags) -> Result<OwnedFd, Errno> {
    use rustix::fs::{ResolveFlags, openat2};
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
    loop {
        match openat2(root, below, flags | OFlags::CLOEXEC, Mode::empty(), resolve) {
            // A folder on the way was renamed meanwhile: the kernel asks to look again.
            Err(Errno::AGAIN | Errno::INTR) => {}
            opened => return opened,
        }
    }
}

#[cfg(not(target_os = "linux"))]
fn open_at_once(_root: BorrowedFd<'_>, _below: &Path, _flags: OFlags) -> Result<OwnedFd, Errno> {
    Err(Errno::NOSYS)
}

/// For kernels before 5.6 and sandboxes without `openat2`.
fn open_by_names(root: BorrowedFd<'_>, below: &Path, flags: OFlags) -> Result<OwnedFd, Errno> {
    let mut names = names(below)?.into_iter().peekable();
    let mut folder: Option<OwnedFd> = None;
    while let Some(name) = names.next() {
        let at = folder.as_ref().map_or(root, AsFd::as_fd);
        let last = names.peek().is_none();
        let flags = if last {
            flags
        } else {
            OFlags::RDONLY | OFlags::DIRECTORY
        };
        let opened = openat(
            at,
            name,
            flags | OFlags::NOFOLLOW | OFlags::CLOEXEC,
            Mode::empty(),
        )?;
        folder = Some(opened);
    }
    folder.ok_or(Errno::INVAL)
}

fn make_folders(root: OwnedFd, below: &Path) -> io::Result<OwnedFd> {
    let mut folder = root;
    for name in names(below)? {
        match mkdirat(&folder, name, Mode::from_raw_mode(FOLDER_MODE)) {
            Ok(()) | Err(Errno::EXIST) => {}
            Err(errno) => return Err(errno.into()),
        }
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        folder = openat(&folder, name, flags, Mode::empty())?;
    }
    Ok(folder)
}

fn names(below: &Path) -> Result<Vec<&OsStr>, Errno> {
    let name = |component| match component {
        Component::Normal(name) => Ok(name),
        Component::CurDir | Component::ParentDir | Component::RootDir | Component::Prefix(_) => {
            Err(Errno::INVAL)
        }
    };
    below.components().map(name).collect()
}

#[cfg(test)]
mod tests {
    use std::{os::fd::AsFd as _, os::unix::fs::symlink, path::Path};

    use super::{Errno, Missing, OFlags, open, open_by_names, open_parent, open_root};

    #[test]
    fn no_link_on_the_way_is_followed_with_or_without_openat2() {
        let outside = tempfile::tempdir().unwrap();
        std::fs::write(outside.path().join("secret"), "x").unwrap();
        let inside = tempfile::tempdir().unwrap();
        symlink(outside.path(), inside.path().join("link")).unwrap();
        symlink(outside.path().join("secret"), inside.path().join("file")).unwrap();
        let root = open_root(inside.path(), Missing::Fail).unwrap();
        for below in ["link/secret", "file"] {
            for opened in [
                open(root.as_fd(), Path::new(below), OFlags::RDONLY),
                open_by_names(root.as_fd(), Path::new(below), OFlags::RDONLY),
            ] {
                assert!(
                    matches!(opened, Err(Errno::LOOP | Errno::NOTDIR)),
                    "{below}: {opened:?}"
                );
            }
        }
        let made = open_parent(inside.path(), Path::new("link/new/file"), Missing::Make);
        assert!(made.is_err());
        assert!(!outside.path().join("new").exists());
        assert!(open_by_names(root.as_fd(), Path::new("../x"), OFlags::RDONLY).is_err());
    }

    #[test]
    fn missing_folders_are_made_only_where_asked() {
        let inside = tempfile::tempdir().unwrap();
        let below = Path::new("a/b/c");
        assert!(open_parent(inside.path(), below, Missing::Fail).is_err());
        assert!(!inside.path().join("a").exists());
        let parent = open_parent(inside.path(), below, Missing::Make).unwrap();
        assert_eq!(parent.name, "c");
        assert!(inside.path().join("a/b").is_dir());
    }
}
