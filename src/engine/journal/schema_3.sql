-- What version 3 adds to version 2.

-- How an object that wharf wrote in parts was cut, and the CRC-64/NVME of each part, 8 bytes each: a changed file is compared
-- part by part with it where the store itself tells no checksums of parts. A row speaks of the object with this ETag alone.
CREATE TABLE cut (
  place     INTEGER NOT NULL REFERENCES place(id),
  key       BLOB NOT NULL,
  etag      TEXT NOT NULL,
  size      INTEGER NOT NULL,
  part_size INTEGER NOT NULL,
  crcs      BLOB NOT NULL,
  PRIMARY KEY (place, key)
) WITHOUT ROWID;
CREATE TRIGGER cut_goes_with_its_proof AFTER DELETE ON proof BEGIN
  DELETE FROM cut WHERE place = OLD.place AND key = OLD.key;
END;
