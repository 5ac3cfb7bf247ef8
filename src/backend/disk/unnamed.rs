//! Files without a name (`O_TMPFILE`): they vanish with the process that writes them, however it ends.

use std::{ffi::OsStr, fs::File, os::fd::OwnedFd};

use rustix::io::Errno;

/// A new file in a folder's file system; `None` where that cannot be had, or could not be named later.
#[cfg(target_os = "linux")]
pub(super) fn unnamed(folder: &OwnedFd) -> Option<OwnedFd> {
    use std::{path::Path, sync::OnceLock};

    use rustix::fs::{Mode, OFlags, openat};

    static NAMEABLE: OnceLock<bool> = OnceLock::new();
    if !*NAMEABLE.get_or_init(|| Path::new("/proc/self/fd").is_dir()) {
        return None;
    }
    let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
    // Whatever speaks against it, the way with a name tells it better.
    openat(folder, c".", flags, Mode::from_raw_mode(0o600)).ok()
}

/// Gives such a file its first name; `EEXIST` where something bears it.
#[cfg(target_os = "linux")]
pub(super) fn give_name(file: &File, folder: &OwnedFd, name: &OsStr) -> Result<(), Errno> {
    use std::os::fd::AsRawFd as _;

    use rustix::fs::{AtFlags, CWD, linkat};

    let path = format!("/proc/self/fd/{}", file.as_raw_fd());
    linkat(CWD, path, folder, name, AtFlags::SYMLINK_FOLLOW)
}

#[cfg(not(target_os = "linux"))]
pub(super) fn unnamed(_folder: &OwnedFd) -> Option<OwnedFd> {
    None
}

#[cfg(not(target_os = "linux"))]
pub(super) fn give_name(_file: &File, _folder: &OwnedFd, _name: &OsStr) -> Result<(), Errno> {
    Err(Errno::NOSYS)
}
