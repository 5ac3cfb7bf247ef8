-- The journal's tables, version 1; docs/journal.md explains each with a query. Names of keys are bytes; times are
-- milliseconds since 1970 unless named otherwise.
CREATE TABLE place (
  id   INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
);
CREATE TABLE task (
  id            INTEGER PRIMARY KEY AUTOINCREMENT,
  kind          TEXT NOT NULL,
  state         TEXT NOT NULL,
  source        TEXT NOT NULL,
  destination   TEXT NOT NULL,
  owner         INTEGER NOT NULL,
  host          TEXT NOT NULL,
  heartbeat     INTEGER NOT NULL,
  started       INTEGER NOT NULL,
  ended         INTEGER,
  planned       INTEGER NOT NULL,
  planned_bytes INTEGER NOT NULL,
  done          INTEGER NOT NULL DEFAULT 0,
  failed        INTEGER NOT NULL DEFAULT 0,
  skipped       INTEGER NOT NULL DEFAULT 0,
  bytes         INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE outcome (
  task       INTEGER NOT NULL REFERENCES task(id) ON DELETE CASCADE,
  seq        INTEGER NOT NULL,
  key        BLOB NOT NULL,
  op         TEXT NOT NULL,
  word       TEXT NOT NULL,
  bytes      INTEGER NOT NULL,
  proof      TEXT,
  kind       TEXT,
  reason     TEXT,
  request_id TEXT,
  attempts   INTEGER NOT NULL,
  PRIMARY KEY (task, seq)
) WITHOUT ROWID;
-- What content an entry held while it had exactly this identity; two entries with one content are equal.
CREATE TABLE proof (
  place    INTEGER NOT NULL REFERENCES place(id),
  key      BLOB NOT NULL,
  size     INTEGER NOT NULL,
  inode    INTEGER,
  mtime_ns INTEGER,
  ctime_ns INTEGER,
  etag     TEXT,
  version  TEXT,
  content  TEXT NOT NULL,
  level    TEXT NOT NULL,
  at       INTEGER NOT NULL,
  PRIMARY KEY (place, key)
) WITHOUT ROWID;
