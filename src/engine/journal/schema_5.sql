-- What version 5 adds to version 4.

-- A job of S3 Batch Operations that copies for a task: `value` is what is known of it, as JSON. It is there before the job is
-- asked for, so that whoever goes on asks with the same token and gets the same job.
CREATE TABLE job (
  task   INTEGER NOT NULL REFERENCES task(id) ON DELETE CASCADE,
  number INTEGER NOT NULL,
  value  TEXT NOT NULL,
  PRIMARY KEY (task, number)
) WITHOUT ROWID;
