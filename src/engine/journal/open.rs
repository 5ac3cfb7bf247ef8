//! Opening the journal: the lock while it is made ready, a log mode that the file system bears, and the schema's version.

use std::{
    fs::{self, File},
    path::Path,
    time::Duration,
};

use rusqlite::Connection;

use super::error::JournalError;

/// The version that this program writes; kept in `user_version`.
pub(super) const VERSION: i64 = 1;
const SCHEMA: &str = include_str!("schema.sql");
/// How long one process waits for another's transaction.
const PATIENCE: Duration = Duration::from_secs(5);

/// A connection for writing and one for reading.
pub(super) fn open(path: &Path) -> Result<(Connection, Connection), JournalError> {
    let folder = path.parent().unwrap_or_else(|| Path::new("."));
    fs::create_dir_all(folder).map_err(|source| JournalError::Folder {
        path: folder.to_owned(),
        source,
    })?;
    let lock = lock(path);
    let mut writing = connect(path)?;
    let mode = if bears_wal(folder) { "WAL" } else { "TRUNCATE" };
    writing.pragma_update(None, "journal_mode", mode)?;
    writing.pragma_update(None, "synchronous", "NORMAL")?;
    make_ready(&mut writing, path)?;
    drop(lock);
    Ok((writing, connect(path)?))
}

fn connect(path: &Path) -> Result<Connection, JournalError> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(PATIENCE)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.set_prepared_statement_cache_capacity(32);
    Ok(connection)
}

/// Held while the journal is made ready, so that two programs do not make it at once. Where the file system has no
/// locks, `SQLite`'s own must do.
fn lock(path: &Path) -> Option<File> {
    let file = File::create(path.with_extension("lock")).ok()?;
    file.lock().ok().map(|()| file)
}

/// Whether this file system bears a write-ahead log; network file systems often do not.
fn bears_wal(folder: &Path) -> bool {
    let Ok(probe) = tempfile::Builder::new()
        .prefix(".probe-")
        .tempdir_in(folder)
    else {
        return false;
    };
    let tried = || -> rusqlite::Result<bool> {
        let file = probe.path().join("probe");
        let one = Connection::open(&file)?;
        let mode: String =
            one.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))?;
        one.execute_batch("CREATE TABLE t (a); INSERT INTO t VALUES (1);")?;
        let other = Connection::open(&file)?;
        let seen: i64 = other.query_row("SELECT count(*) FROM t", [], |row| row.get(0))?;
        Ok(mode.eq_ignore_ascii_case("wal") && seen == 1)
    };
    tried().unwrap_or(false)
}

fn make_ready(connection: &mut Connection, path: &Path) -> Result<(), JournalError> {
    let making = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let version: i64 = making.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if version > VERSION {
        return Err(JournalError::Newer {
            path: path.to_owned(),
            version,
            known: VERSION,
        });
    }
    if version == 0 {
        making.execute_batch(SCHEMA)?;
        making.pragma_update(None, "user_version", VERSION)?;
    }
    making.commit()?;
    Ok(())
}
