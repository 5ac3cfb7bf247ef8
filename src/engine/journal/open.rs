//! Opening the journal: the lock while it is made ready, a log mode that the file system bears, and the schema's version.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    time::Duration,
};

use rusqlite::{Connection, ErrorCode};

use super::error::JournalError;

/// The version that this program writes; kept in `user_version`.
pub(super) const VERSION: i64 = 5;
/// What makes each version of the one before; a new journal is made by all of them.
const STEPS: [&str; 5] = [
    include_str!("schema.sql"),
    include_str!("schema_2.sql"),
    include_str!("schema_3.sql"),
    include_str!("schema_4.sql"),
    include_str!("schema_5.sql"),
];
/// How long one process waits for another's transaction.
const PATIENCE: Duration = Duration::from_secs(10);
/// KiB that a connection keeps of the file: what one transaction touches, and no more.
const KEPT: i64 = 512;
/// Journals of up to so many bytes are checked whole when they are opened; of larger ones only what is read.
const CHECKED: u64 = 8 << 20;

/// A connection for writing and one for reading; `complain` is told of a damaged journal, which is put aside for a new one.
pub(super) fn open(
    path: &Path,
    complain: &mut dyn FnMut(JournalError),
) -> Result<(Connection, Connection), JournalError> {
    let folder = path.parent().unwrap_or_else(|| Path::new("."));
    fs::create_dir_all(folder).map_err(|source| JournalError::Folder {
        path: folder.to_owned(),
        source,
    })?;
    let lock = lock(path);
    if let Some(reason) = damage(path) {
        let aside = put_aside(path)?;
        complain(JournalError::Damaged { reason, aside });
    }
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
    connection.pragma_update(None, "cache_size", -KEPT)?;
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
    for (step, from) in STEPS.into_iter().zip(0..) {
        if version <= from {
            making.execute_batch(step)?;
        }
    }
    making.pragma_update(None, "user_version", VERSION)?;
    making.commit()?;
    Ok(())
}

/// What is wrong with the file, if anything. A file that another program holds is not judged.
fn damage(path: &Path) -> Option<String> {
    let size = fs::metadata(path).ok()?.len();
    let check = if size <= CHECKED {
        "quick_check(1)"
    } else {
        "schema_version"
    };
    let found = connect(path).and_then(|connection| {
        let ask = format!("PRAGMA {check}");
        let answer = |row: &rusqlite::Row<'_>| row.get::<_, rusqlite::types::Value>(0);
        Ok(connection.query_row(&ask, [], answer)?)
    });
    match found {
        Ok(rusqlite::types::Value::Text(word)) if word != "ok" => Some(word),
        Err(JournalError::Sqlite(error)) => match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Some(error.to_string()),
            _ => None,
        },
        Ok(_) | Err(_) => None,
    }
}

/// Renames the file and what belongs to it.
fn put_aside(path: &Path) -> Result<PathBuf, JournalError> {
    let at = jiff::Timestamp::now().as_second();
    let named = |path: &Path| {
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".damaged-{at}"));
        PathBuf::from(name)
    };
    let aside = named(path);
    let moved = fs::rename(path, &aside);
    moved.map_err(|source| JournalError::Folder {
        path: path.to_owned(),
        source,
    })?;
    for end in ["-wal", "-shm", "-journal"] {
        let mut name = path.as_os_str().to_owned();
        name.push(end);
        // Not every mode of the log has each of them.
        fs::rename(&name, named(Path::new(&name))).ok();
    }
    Ok(aside)
}
