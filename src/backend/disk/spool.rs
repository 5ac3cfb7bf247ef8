//! `Spool`: a content on its way through a folder of this machine, in a file without a name, so that whatever ends the
//! program ends it too.

use std::{fs::File, io, ops::Range, os::unix::fs::FileExt as _, path::PathBuf, sync::Arc};

use bytes::Bytes;

use crate::backend::error::Error;

use super::{blocking, buffer, draft::set_aside};

/// A file without a name; clones share it.
#[derive(Debug, Clone)]
pub struct Spool {
    file: Arc<File>,
    folder: Arc<PathBuf>,
}

impl Spool {
    /// Makes room for `size` bytes in a folder, which is made where it is missing.
    ///
    /// # Errors
    /// `Denied`, `Full`, or as the disk says.
    pub async fn create(folder: PathBuf, size: u64) -> Result<Self, Error> {
        let made = move || {
            let failed = |error: io::Error| Error::io("spool", &folder, &error);
            std::fs::create_dir_all(&folder).map_err(failed)?;
            let file = tempfile::tempfile_in(&folder).map_err(failed)?;
            set_aside(&file, size).map_err(failed)?;
            let (file, folder) = (Arc::new(file), Arc::new(folder));
            Ok(Self { file, folder })
        };
        blocking(made).await
    }

    /// Writes bytes at their place.
    ///
    /// # Errors
    /// `Full`, or as the disk says.
    pub async fn write_at(&self, at: u64, content: Bytes) -> Result<(), Error> {
        let this = self.clone();
        let write = move || {
            let written = this.file.write_all_at(&content, at);
            written.map_err(|error| this.failed(&error))
        };
        blocking(write).await
    }

    /// Reads a range that was written.
    ///
    /// # Errors
    /// As the disk says.
    pub async fn read_at(&self, range: Range<u64>) -> Result<Bytes, Error> {
        let this = self.clone();
        let read = move || {
            let length = usize::try_from(range.end.saturating_sub(range.start));
            let fill = |into: &mut [u8]| this.file.read_exact_at(into, range.start);
            buffer::filled(length.unwrap_or(usize::MAX), fill).map_err(|error| this.failed(&error))
        };
        blocking(read).await
    }

    fn failed(&self, error: &io::Error) -> Error {
        Error::io("spool", &self.folder, error)
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::Spool;

    #[tokio::test]
    async fn what_is_written_is_read_and_the_folder_stays_empty() {
        let folder = tempfile::tempdir().unwrap();
        let below = folder.path().join("made/for/it");
        let spool = Spool::create(below.clone(), 10).await.unwrap();
        spool
            .write_at(5, Bytes::from_static(b"56789"))
            .await
            .unwrap();
        spool
            .write_at(0, Bytes::from_static(b"01234"))
            .await
            .unwrap();
        assert_eq!(&spool.clone().read_at(3..7).await.unwrap()[..], b"3456");
        assert_eq!(std::fs::read_dir(&below).unwrap().count(), 0);
        let nowhere = Spool::create("/proc/nowhere".into(), 1).await.unwrap_err();
        assert!(nowhere.to_string().contains("/proc/nowhere"), "{nowhere}");
    }
}
