-- What version 4 adds to version 3.

-- How many children of a group run at once; NULL for tasks that are none, and for groups of earlier versions.
ALTER TABLE task ADD COLUMN at_once INTEGER;
