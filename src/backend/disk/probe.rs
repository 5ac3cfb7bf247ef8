//! What a folder can do, before anything is moved: is it there, may it be written, how much room is left, how are names kept.

use std::{
    fs, io,
    os::unix::ffi::OsStrExt as _,
    path::{Path, PathBuf},
};

use rustix::fs::{StatVfs, statvfs};

use crate::backend::error::Error;
use crate::domain::codec::Folding;

use super::{Disk, blocking, temporary};

/// What a folder can do.
#[derive(Debug)]
pub struct Probe {
    /// Whether something is there, and whether it is a folder.
    pub found: Found,
    /// `None` where a file could be made and removed there (or in the nearest folder above that exists); else why not.
    pub not_writable: Option<Error>,
    /// Bytes that may still be written there.
    pub free: u64,
    /// Bytes of the whole file system.
    pub total: u64,
    /// Which names the file system takes for one.
    pub folding: Folding,
    /// Kind of the file system where it is told: `ext4`, `nfs4`.
    pub file_system: Option<String>,
}

/// What stands at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// A folder.
    Folder,
    /// Something else.
    File,
    /// Nothing yet.
    Nothing,
}

impl Disk {
    /// Looks at the folder; makes and removes one temporary file in it, or in the nearest folder above that exists.
    ///
    /// # Errors
    /// Where not even the nearest folder above can be looked at.
    pub async fn probe(&self) -> Result<Probe, Error> {
        let path = self.path().to_owned();
        blocking(move || probe(&path)).await
    }
}

fn probe(path: &Path) -> Result<Probe, Error> {
    let found = match fs::metadata(path) {
        Ok(found) if found.is_dir() => Found::Folder,
        Ok(_) => Found::File,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Found::Nothing,
        Err(error) => return Err(Error::io("stat", path, &error)),
    };
    let folder = nearest(path);
    let space = statvfs(&folder).map_err(|errno| Error::io("stat", &folder, &errno.into()))?;
    let tried = try_names(&folder);
    let block = |space: &StatVfs, blocks: u64| blocks.saturating_mul(space.f_frsize);
    Ok(Probe {
        found,
        free: block(&space, space.f_bavail),
        total: block(&space, space.f_blocks),
        folding: tried.as_ref().copied().unwrap_or_default(),
        not_writable: tried.err().map(|error| Error::io("write", &folder, &error)),
        file_system: file_system(&folder),
    })
}

/// The folder itself, or the nearest one above it that exists.
fn nearest(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_unknown| path.to_owned());
    let above = absolute.ancestors().find(|above| above.is_dir());
    above.unwrap_or(Path::new("/")).to_owned()
}

/// Makes a file and looks for it under other spellings of its name.
fn try_names(folder: &Path) -> io::Result<Folding> {
    let name = temporary::name().to_string_lossy().into_owned();
    let composed = folder.join(format!("{name}\u{e9}"));
    let upper = folder.join(format!("{}\u{e9}", name.to_uppercase()));
    let decomposed = folder.join(format!("{name}e\u{301}"));
    fs::File::create_new(&composed)?;
    let folding = match (upper.exists(), decomposed.exists()) {
        (false, false) => Folding::None,
        (true, false) => Folding::Case,
        (false, true) => Folding::Form,
        (true, true) => Folding::CaseAndForm,
    };
    fs::remove_file(&composed)?;
    Ok(folding)
}

/// The kind of file system by the longest mount point above the folder, where the system tells its mounts.
fn file_system(folder: &Path) -> Option<String> {
    let folder = fs::canonicalize(folder).ok()?;
    let mounts = fs::read_to_string("/proc/self/mounts").ok()?;
    let mount = |line: &str| {
        let mut words = line.split(' ').skip(1);
        let (point, kind) = (words.next()?, words.next()?);
        folder.starts_with(point).then(|| {
            (
                Path::new(point).as_os_str().as_bytes().len(),
                kind.to_owned(),
            )
        })
    };
    mounts
        .lines()
        .filter_map(mount)
        .max_by_key(|(length, _)| *length)
        .map(|(_, kind)| kind)
}

#[cfg(test)]
mod tests {
    use super::{Disk, Folding, Found};

    #[tokio::test]
    async fn a_folder_is_probed_and_left_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let probe = Disk::new(folder.path().into()).probe().await.unwrap();
        assert_eq!(probe.found, Found::Folder);
        assert!(probe.not_writable.is_none());
        assert!(probe.free > 0 && probe.total >= probe.free);
        assert_eq!(probe.folding, Folding::None);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        let missing = Disk::new(folder.path().join("x/y")).probe().await.unwrap();
        assert_eq!(missing.found, Found::Nothing);
        assert!(!folder.path().join("x").exists());
    }
}
