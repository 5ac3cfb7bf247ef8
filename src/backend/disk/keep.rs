//! Copying a file into another folder of this machine, proven by reading it back: what a backup of a file is.

use crc_fast::{CrcAlgorithm, Digest};

use crate::backend::{
    error::Error,
    store::{Condition, Pin},
};
use crate::domain::{key::Key, retry::FailureKind};

use super::{Disk, blocking, modified};

/// Bytes that are copied at once.
const PIECE: u64 = 1 << 20;

impl Disk {
    /// Copies a file to the same key of another folder, where nothing may stand; flushed to the medium and read back.
    ///
    /// # Errors
    /// `Changed` where it is not, or did not stay, what it `was`, or where something stands there; `Corrupt` where other bytes
    /// are read back than were written.
    pub async fn copy_to(
        &self,
        (key, was): (&Key, Option<Pin>),
        to: &Self,
        temporary: Option<u64>,
    ) -> Result<(), Error> {
        let spare = temporary.map_or_else(super::temporary::name, super::temporary::named);
        let (from, to) = (self.spot("open", key)?, to.spot("write", key)?);
        blocking(move || {
            let file = super::source::open(&from)?;
            let (id, size) = (file.id, file.size);
            if was.is_some_and(|was| was != Pin::File { id, size }) {
                return Err(file.changed());
            }
            let draft = super::draft::begin(&to, Some(size), spare)?;
            let mut read = Digest::new(CrcAlgorithm::Crc64Nvme);
            for at in (0..size).step_by(usize::try_from(PIECE).unwrap_or(usize::MAX)) {
                let piece = file.read(at..size.min(at + PIECE))?;
                read.update(&piece);
                draft.write_now(at, &piece)?;
            }
            if !file.is_unchanged() {
                return Err(file.changed());
            }
            let written = draft.digest(size, PIECE)?;
            if written != read.finalize() {
                let reason = "other bytes were read back than were written";
                return Err(Error::new(
                    "write",
                    to.path().display().to_string(),
                    FailureKind::Corrupt,
                    reason,
                ));
            }
            let written = draft.commit_now(&Condition::Absent, modified(&id), true);
            written.map(drop)
        })
        .await
    }
}
