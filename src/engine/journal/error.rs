//! What can go wrong with the journal; none of it stops a task.

use std::path::PathBuf;

/// Why the journal cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The folder of the journal cannot be made.
    #[error(
        "the journal's folder {path} cannot be made: {source}; set WHARF_STATE to a folder you may write to"
    )]
    Folder {
        /// Which folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file cannot be opened, read or written.
    #[error("the journal failed: {0}; what was done is not remembered, all else works")]
    Sqlite(#[from] rusqlite::Error),
    /// A later wharf wrote it.
    #[error(
        "the journal {path} is of version {version}, and this wharf knows {known}: use the later wharf, or another WHARF_STATE"
    )]
    Newer {
        /// Which file.
        path: PathBuf,
        /// Its version.
        version: i64,
        /// The version that this program writes.
        known: i64,
    },
    /// Another program held the journal's lock for too long.
    #[error(
        "the journal is held by another program; what is done now is not remembered, all else works"
    )]
    Held,
    /// A value in it cannot be written or read.
    #[error("the journal holds a value that cannot be read: {0}; what follows from it is left out")]
    Value(#[from] serde_json::Error),
    /// The file is damaged, and was put aside.
    #[error(
        "the journal was damaged ({reason}): it was put aside as {aside}, and a new one begins"
    )]
    Damaged {
        /// What is wrong.
        reason: String,
        /// Its new name.
        aside: PathBuf,
    },
    /// The writer ended.
    #[error("the journal is closed")]
    Closed,
    /// The thread that should read or write did not come to its end.
    #[error("the journal's thread failed: {0}")]
    Thread(#[from] tokio::task::JoinError),
    /// The writer's thread could not begin.
    #[error("the journal's thread cannot begin: {0}")]
    NoThread(std::io::Error),
}
