//! `SourceFile`: an open local file that is read in ranges, and that tells whether it was changed meanwhile.

use std::{
    fs::{File, Metadata},
    io,
    ops::Range,
    os::{fd::AsFd as _, unix::fs::FileExt as _},
    path::PathBuf,
    sync::Arc,
};

use bytes::Bytes;
use rustix::{
    fs::{CWD, Mode, OFlags, openat},
    io::Errno,
};

use crate::backend::{error::Error, store::Pin};
use crate::domain::{
    entry::{Facts, FileId, Identity, Kind},
    key::Key,
    retry::FailureKind,
};

use super::{
    Disk, Spot,
    beneath::{self, Missing},
    blocking, buffer, id_of, modified, quick,
};

/// A file that is being read; clones share it.
#[derive(Debug, Clone)]
pub struct SourceFile {
    /// Bytes, when it was opened.
    pub size: u64,
    /// Identity, when it was opened.
    pub id: FileId,
    file: Arc<File>,
    path: Arc<PathBuf>,
}

impl Disk {
    /// Opens a file for reading. A link is followed: whoever lists decides whether links take part, and compares
    /// `SourceFile::id` with what the listing told.
    ///
    /// # Errors
    /// `NotFound`, `Denied`; `Refused` for what is no regular file.
    pub async fn source(&self, key: &Key) -> Result<SourceFile, Error> {
        let spot = self.spot("open", key)?;
        blocking(move || open(&spot)).await
    }

    /// Reads a whole file in one trip to the disk's threads: opens it, compares it with what it `was`, reads it, and
    /// compares again. For small files the trips would cost more than the bytes.
    ///
    /// # Errors
    /// `Changed` where it is not, or did not stay, the pinned file; else as `source`.
    pub async fn read_whole(&self, key: &Key, was: Option<Pin>) -> Result<Bytes, Error> {
        let spot = self.spot("open", key)?;
        let expected = match &was {
            Some(Pin::File { size, .. }) => *size,
            Some(Pin::Object { .. }) | None => u64::MAX,
        };
        quick::small(self, expected, move || {
            let file = open(&spot)?;
            let (id, size) = (file.id, file.size);
            if was.is_some_and(|was| was != Pin::File { id, size }) {
                return Err(file.no_longer("the file changed since the plan: compare again"));
            }
            let content = file.read(0..size)?;
            if file.is_unchanged() {
                Ok(content)
            } else {
                Err(file.changed())
            }
        })
        .await
    }
}

pub(super) fn open(spot: &Spot) -> Result<SourceFile, Error> {
    let path = spot.path();
    let told = |error: &io::Error| Error::io("open", &path, error);
    // Without blocking: opening a pipe would wait for its writer.
    let flags = OFlags::RDONLY | OFlags::NONBLOCK;
    let root = beneath::open_root(&spot.root, Missing::Fail).map_err(|error| told(&error))?;
    let opened = match beneath::open(root.as_fd(), &spot.below, flags) {
        Err(Errno::LOOP | Errno::NOTDIR) => {
            openat(CWD, &path, flags | OFlags::CLOEXEC, Mode::empty())
        }
        opened => opened,
    };
    let file = File::from(opened.map_err(|errno| told(&errno.into()))?);
    let found = file.metadata().map_err(|error| told(&error))?;
    if !found.is_file() {
        let reason = "this is no regular file: folders, pipes, sockets and devices are not read";
        return Err(Error {
            reason: reason.into(),
            ..Error::io("open", &path, &Errno::ISDIR.into())
        });
    }
    Ok(SourceFile {
        size: found.len(),
        id: id_of(&found),
        file: Arc::new(file),
        path: Arc::new(path),
    })
}

impl SourceFile {
    /// The facts of the file, when it was opened.
    pub fn facts(&self) -> Facts {
        Facts {
            kind: Kind::Object,
            size: self.size,
            modified: modified(&self.id),
            identity: Identity::File(self.id),
        }
    }

    /// Reads a range into one buffer.
    ///
    /// # Errors
    /// `Changed` where the file became shorter than the range.
    pub async fn read_at(&self, range: Range<u64>) -> Result<Bytes, Error> {
        let this = self.clone();
        blocking(move || this.read(range)).await
    }

    pub(super) fn read(&self, range: Range<u64>) -> Result<Bytes, Error> {
        let length = usize::try_from(range.end.saturating_sub(range.start)).unwrap_or(usize::MAX);
        match buffer::filled(length, |into| self.file.read_exact_at(into, range.start)) {
            Ok(content) => Ok(content),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Err(self.changed()),
            Err(error) => Err(Error::io("read", &self.path, &error)),
        }
    }

    /// Whether the file is still the one that was opened, untouched, under its name.
    pub async fn unchanged(&self) -> bool {
        let this = self.clone();
        let same = move || Ok(this.is_unchanged());
        blocking(same).await.unwrap_or(false)
    }

    pub(super) fn is_unchanged(&self) -> bool {
        let what = |found: Metadata| (id_of(&found), found.len());
        let open = self.file.metadata().map(what);
        let named = std::fs::metadata(&*self.path).map(what);
        let was = (self.id, self.size);
        open.is_ok_and(|now| now == was) && named.is_ok_and(|now| now == was)
    }

    /// The error of a file that is no longer what it was.
    pub fn changed(&self) -> Error {
        self.no_longer("the file was changed while it was read: compare again")
    }

    fn no_longer(&self, reason: &str) -> Error {
        let error = Error::io("read", &self.path, &io::ErrorKind::UnexpectedEof.into());
        Error {
            reason: reason.into(),
            kind: crate::backend::error::ErrorKind::Failure(FailureKind::Changed),
            ..error
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::{Disk, FailureKind, Key, Pin};

    #[tokio::test]
    async fn a_file_is_read_in_ranges_and_tells_its_changes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        std::fs::write(&path, "0123456789").unwrap();
        let file = Disk::new(folder.path().into())
            .source(&Key::from("a"))
            .await
            .unwrap();
        assert_eq!(file.size, 10);
        assert_eq!(&file.read_at(2..5).await.unwrap()[..], b"234");
        assert!(file.unchanged().await);
        std::fs::write(&path, "01234").unwrap();
        assert!(!file.unchanged().await);
        assert_eq!(
            file.read_at(2..10).await.unwrap_err().failure_kind(),
            FailureKind::Changed
        );
        std::fs::write(folder.path().join("b"), "other").unwrap();
        let file = Disk::new(folder.path().into())
            .source(&Key::from("a"))
            .await
            .unwrap();
        std::fs::rename(folder.path().join("b"), &path).unwrap();
        assert!(!file.unchanged().await, "another file bears the name now");
    }

    #[tokio::test]
    async fn a_whole_file_is_read_only_as_it_was_seen() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a"), "0123456789").unwrap();
        let disk = Disk::new(folder.path().into());
        let key = Key::from("a");
        let facts = disk.source(&key).await.unwrap().facts();
        let content = disk.read_whole(&key, Pin::of(&facts)).await.unwrap();
        assert_eq!(&content[..], b"0123456789");
        std::fs::write(folder.path().join("a"), "0123").unwrap();
        let error = disk.read_whole(&key, Pin::of(&facts)).await.unwrap_err();
        assert_eq!(error.failure_kind(), FailureKind::Changed);
        assert_eq!(disk.read_whole(&key, None).await.unwrap().len(), 4);
    }

    #[tokio::test]
    async fn what_is_no_file_is_refused_and_links_are_read() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("d")).unwrap();
        std::fs::write(folder.path().join("a"), "x").unwrap();
        symlink("a", folder.path().join("l")).unwrap();
        let disk = Disk::new(folder.path().into());
        assert_eq!(
            disk.source(&Key::from("d"))
                .await
                .unwrap_err()
                .failure_kind(),
            FailureKind::Refused
        );
        assert_eq!(
            disk.source(&Key::from("z"))
                .await
                .unwrap_err()
                .failure_kind(),
            FailureKind::NotFound
        );
        assert_eq!(
            disk.source(&Key::from("../a"))
                .await
                .unwrap_err()
                .failure_kind(),
            FailureKind::Refused
        );
        assert_eq!(disk.source(&Key::from("l")).await.unwrap().size, 1);
    }
}
