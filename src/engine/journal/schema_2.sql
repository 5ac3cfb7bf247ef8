-- What version 2 adds to version 1. A new journal is made of both, so that every journal of version 2 is the same.

-- The task that this one is a part of.
ALTER TABLE task ADD COLUMN parent INTEGER REFERENCES task(id) ON DELETE CASCADE;
-- What a person calls it, and the command that proves it at the end, as JSON.
ALTER TABLE task ADD COLUMN name TEXT;
ALTER TABLE task ADD COLUMN verify TEXT;
-- Which kernel counts `owner`, and the owner's random word; nobody owns a task without a word.
ALTER TABLE task ADD COLUMN kernel TEXT NOT NULL DEFAULT '';
ALTER TABLE task ADD COLUMN word TEXT;
-- What another program asks of the owner: cancel, pause, resume, release.
ALTER TABLE task ADD COLUMN wish TEXT;
-- Why it paused or failed.
ALTER TABLE task ADD COLUMN reason TEXT;
-- How often it was begun or taken over.
ALTER TABLE task ADD COLUMN runs INTEGER NOT NULL DEFAULT 1;
ALTER TABLE task ADD COLUMN verified  INTEGER NOT NULL DEFAULT 0;
ALTER TABLE task ADD COLUMN retries   INTEGER NOT NULL DEFAULT 0;
ALTER TABLE task ADD COLUMN throttled INTEGER NOT NULL DEFAULT 0;
-- Requests by operation, and the recount, as JSON.
ALTER TABLE task ADD COLUMN requests TEXT;
ALTER TABLE task ADD COLUMN recount  TEXT;
-- Names the task's temporary files.
ALTER TABLE task ADD COLUMN seed INTEGER NOT NULL DEFAULT 0;
-- The plan without its steps, as JSON; NULL until every step is kept, and for tasks of version 1.
ALTER TABLE task ADD COLUMN head TEXT;
-- The global flags that it was begun with, as JSON.
ALTER TABLE task ADD COLUMN flags TEXT;
-- Place in the queue: higher goes first; and not before this time.
ALTER TABLE task ADD COLUMN priority INTEGER NOT NULL DEFAULT 0;
ALTER TABLE task ADD COLUMN due INTEGER;

-- The steps of a plan, each as JSON, with the group of the head that it belongs to. They go when the task is done.
CREATE TABLE step (
  task    INTEGER NOT NULL REFERENCES task(id) ON DELETE CASCADE,
  seq     INTEGER NOT NULL,
  part_of INTEGER NOT NULL,
  value   TEXT NOT NULL,
  PRIMARY KEY (task, seq)
) WITHOUT ROWID;
-- A content on its way in parts: `handle` is S3's upload id, or the name of the temporary file.
CREATE TABLE partial (
  task      INTEGER NOT NULL REFERENCES task(id) ON DELETE CASCADE,
  seq       INTEGER NOT NULL,
  handle    TEXT NOT NULL,
  part_size INTEGER NOT NULL,
  at        INTEGER NOT NULL,
  PRIMARY KEY (task, seq)
) WITHOUT ROWID;
-- A part that arrived: a hint for a resume, which believes the store (or the file) alone. `crc` is its CRC-64/NVME.
CREATE TABLE part (
  task   INTEGER NOT NULL,
  seq    INTEGER NOT NULL,
  number INTEGER NOT NULL,
  etag   TEXT NOT NULL,
  crc    INTEGER,
  size   INTEGER NOT NULL,
  PRIMARY KEY (task, seq, number),
  FOREIGN KEY (task, seq) REFERENCES partial(task, seq) ON DELETE CASCADE
) WITHOUT ROWID;
CREATE INDEX task_of_parent ON task(parent) WHERE parent IS NOT NULL;
