//! S3 Inventory: the listing of a bucket that S3 itself wrote, read as a recorded listing. Its manifest names data files, each
//! with its MD5; they are in no order, so that all rows are put in order (`sorted.rs`) before the first is told. What is
//! missing or damaged makes the whole listing broken: nothing is known of what it would have told.

use std::io::{self, BufReader, Read};

use bytes::{Buf as _, Bytes};
use flate2::bufread::MultiGzDecoder;
use jiff::Timestamp;
use md5::{Digest as _, Md5};
use serde::Deserialize;
use tokio::task::spawn_blocking;

use crate::backend::{
    error::Error,
    s3::wire,
    store::{ReadQuery, Store},
};
use crate::domain::{
    entry::{Entry, Facts, Identity, Kind, ObjectId},
    key::Key,
    retry::FailureKind,
};

mod parquet;
mod sorted;

use sorted::{Sorted, Unsorted};

/// The manifest of an inventory.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::backend) struct Inventory {
    source_bucket: String,
    destination_bucket: String,
    /// Milliseconds since 1970, as text.
    creation_timestamp: Option<String>,
    file_format: String,
    file_schema: String,
    files: Vec<File>,
}

#[derive(Debug, Deserialize)]
struct File {
    key: String,
    #[serde(rename = "MD5checksum")]
    md5: String,
}

/// Where the columns of a row stand.
#[derive(Debug, Clone, Copy)]
struct Columns {
    key: usize,
    size: usize,
    modified: Option<usize>,
    etag: Option<usize>,
    class: Option<usize>,
    algorithm: Option<usize>,
    latest: Option<usize>,
    marker: Option<usize>,
    /// Keys are percent-encoded.
    encoded: bool,
}

/// How data files are written.
#[derive(Debug, Clone, Copy)]
enum Format {
    Csv,
    Parquet,
}

impl Inventory {
    /// The inventory of a manifest; `None` where it is none.
    pub(in crate::backend) fn read(text: &[u8]) -> Option<Self> {
        serde_json::from_slice(text).ok()
    }

    /// When S3 began to write it.
    pub(in crate::backend) fn made(&self) -> Option<Timestamp> {
        let text = self.creation_timestamp.as_deref()?;
        Timestamp::from_millisecond(text.parse().ok()?).ok()
    }

    /// The bucket that it lists.
    pub(in crate::backend) fn bucket(&self) -> &str {
        &self.source_bucket
    }

    /// All current objects, to be told in the order of their keys; `bucket` is the one that holds the data files.
    ///
    /// # Errors
    /// A format or a bucket that is not read, a data file that is missing or not what the manifest says.
    pub(in crate::backend) async fn entries(
        &self,
        bucket: &Store,
        name: &str,
    ) -> Result<InOrder, Error> {
        let refuse = |reason: String| Error::new("read", name, FailureKind::Refused, reason);
        let (format, columns) = match &*self.file_format {
            "CSV" => (
                Format::Csv,
                Columns::of(&self.file_schema).map_err(&refuse)?,
            ),
            "Parquet" => (Format::Parquet, parquet::COLUMNS),
            other => {
                return Err(refuse(format!(
                    "this inventory is in {other}: wharf reads those in CSV and Parquet, which its configuration in S3 can ask for"
                )));
            }
        };
        let damaged = |reason: String| Error::new("read", name, FailureKind::Corrupt, reason);
        let mut unsorted = Unsorted::default();
        for file in &self.files {
            let content = self.content(bucket, file, name).await?;
            let (md5, key) = (file.md5.to_ascii_lowercase(), &file.key);
            let took = apart(move || {
                rows(&content, &md5, (format, columns), &mut unsorted)?;
                Ok(unsorted)
            });
            unsorted = took
                .await
                .map_err(|reason| damaged(format!("{key}: {reason}")))?;
        }
        let sorted = apart(move || unsorted.sorted().map_err(spilled)).await;
        Ok(InOrder {
            sorted: sorted.map_err(damaged)?,
            columns,
        })
    }

    async fn content(&self, bucket: &Store, file: &File, name: &str) -> Result<Bytes, Error> {
        let key = Key::from(file.key.as_str());
        let reading = Box::pin(bucket.read(&key, ReadQuery::default())).await;
        let read = match reading {
            Ok(reading) => reading.all().await,
            Err(error) => Err(error),
        };
        read.map_err(|error| {
            if error.failure_kind() != FailureKind::NotFound {
                return error;
            }
            let reason = format!(
                "its data file {} is not in {}: without it the listing is not whole; take an inventory whose files are all there",
                file.key, self.destination_bucket
            );
            Error::new("read", name, FailureKind::Corrupt, reason)
        })
    }
}

/// Does work of the disk and the processor on a thread for it.
async fn apart<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, String> + Send + 'static,
) -> Result<T, String> {
    let done = spawn_blocking(work).await;
    done.unwrap_or_else(|broken| Err(broken.to_string()))
}

/// Why rows could not be put in order.
fn spilled(error: impl std::fmt::Display) -> String {
    format!(
        "its rows could not be put in order in the folder for temporary files ($TMPDIR): {error}"
    )
}

/// Current objects in the order of their keys.
#[derive(Debug)]
pub(in crate::backend) struct InOrder {
    sorted: Sorted,
    columns: Columns,
}

impl InOrder {
    /// The next objects, at most so many, and the rest; none behind the last.
    ///
    /// # Errors
    /// Where rows cannot be read again.
    pub(in crate::backend) async fn page(
        self,
        most: usize,
        name: &str,
    ) -> Result<(Vec<Entry>, Option<Self>), Error> {
        let page = apart(move || self.read(most)).await;
        page.map_err(|reason| Error::new("read", name, FailureKind::Transient, reason))
    }

    fn read(mut self, most: usize) -> Result<(Vec<Entry>, Option<Self>), String> {
        let mut entries = Vec::with_capacity(most);
        while entries.len() < most {
            let Some(row) = self.sorted.next().map_err(spilled)? else {
                return Ok((entries, None));
            };
            entries.extend(entry(&row, self.columns)?);
        }
        Ok((entries, Some(self)))
    }
}

impl Columns {
    fn of(schema: &str) -> Result<Self, String> {
        let names: Vec<&str> = schema.split(',').map(str::trim).collect();
        let find = |wanted: &str| names.iter().position(|name| *name == wanted);
        let needs = |wanted: &str| {
            find(wanted).ok_or_else(|| {
                format!("the inventory has no column {wanted}: add it to its configuration in S3")
            })
        };
        Ok(Self {
            key: needs("Key")?,
            size: needs("Size")?,
            modified: find("LastModifiedDate"),
            etag: find("ETag"),
            class: find("StorageClass"),
            algorithm: find("ChecksumAlgorithm"),
            latest: find("IsLatest"),
            marker: find("IsDeleteMarker"),
            encoded: true,
        })
    }
}

/// Takes the current objects of a data file, which must have this MD5.
fn rows(
    content: &Bytes,
    md5: &str,
    (format, columns): (Format, Columns),
    into: &mut Unsorted,
) -> Result<(), String> {
    let found = hex::encode(Md5::digest(content));
    if found != md5 {
        return Err(format!(
            "its MD5 is {found}, and the manifest says {md5}: it was damaged or replaced; take another inventory"
        ));
    }
    let mut number = 0_u64;
    let take = |row: csv::ByteRecord| {
        number += 1;
        // Versions and markers are rows that become no entry.
        match entry(&row, columns).map_err(|reason| format!("row {number}: {reason}"))? {
            Some(entry) => into.push(entry.key, row).map_err(spilled),
            None => Ok(()),
        }
    };
    match format {
        Format::Csv => each_row_of_csv(content, take),
        Format::Parquet => parquet::each_row(content, take),
    }
}

fn each_row_of_csv(
    content: &Bytes,
    mut take: impl FnMut(csv::ByteRecord) -> Result<(), String>,
) -> Result<(), String> {
    let text: Box<dyn Read> = if content.starts_with(&[0x1f, 0x8b]) {
        Box::new(MultiGzDecoder::new(BufReader::new(
            content.clone().reader(),
        )))
    } else {
        Box::new(content.clone().reader())
    };
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(text);
    for row in reader.byte_records() {
        take(row.map_err(|error| format!("it is no CSV: {}", cause(&error)))?)?;
    }
    Ok(())
}

fn cause(error: &csv::Error) -> String {
    if let csv::ErrorKind::Io(error) = error.kind()
        && error.kind() == io::ErrorKind::UnexpectedEof
    {
        return "it ends before its end".to_owned();
    }
    error.to_string()
}

/// The object of a row; `None` for a version that is not the current one, and for a delete marker.
fn entry(row: &csv::ByteRecord, columns: Columns) -> Result<Option<Entry>, String> {
    let text = |at: Option<usize>| {
        let field = at.and_then(|at| row.get(at)).unwrap_or_default();
        std::str::from_utf8(field).unwrap_or_default()
    };
    let says = |at: Option<usize>, word: &str| text(at).eq_ignore_ascii_case(word);
    if says(columns.latest, "false") || says(columns.marker, "true") {
        return Ok(None);
    }
    let key = row.get(columns.key).filter(|key| !key.is_empty());
    let key = key.ok_or_else(|| "it names no key".to_owned())?;
    let key = if columns.encoded {
        Key::new(wire::decoded(key))
    } else {
        Key::new(key)
    };
    let size = text(Some(columns.size)).parse::<u64>();
    let size = size.map_err(|_wrong| format!("{:?} is no size", text(Some(columns.size))))?;
    let given = |at| Some(text(at)).filter(|text| !text.is_empty());
    let marker = key.is_folder() && size == 0;
    let id = ObjectId {
        etag: given(columns.etag).map(|etag| etag.trim_matches('"').into()),
        class: Some(given(columns.class).unwrap_or("STANDARD").into()),
        algorithm: given(columns.algorithm).map(Into::into),
        ..ObjectId::default()
    };
    let facts = Facts {
        kind: if marker { Kind::Folder } else { Kind::Object },
        size,
        modified: given(columns.modified).and_then(|time| time.parse().ok()),
        identity: Identity::Object(id),
    };
    Ok(Some(Entry { key, facts }))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use md5::{Digest as _, Md5};

    use super::{Columns, Format, Inventory, Unsorted, entry, rows};
    use crate::domain::entry::Kind;

    const SCHEMA: &str = "Bucket, Key, VersionId, IsLatest, IsDeleteMarker, Size, LastModifiedDate, ETag, StorageClass";

    fn read(text: &str, md5: Option<&str>) -> Result<Vec<super::Entry>, String> {
        let content = Bytes::copy_from_slice(text.as_bytes());
        let own = hex::encode(Md5::digest(&content));
        let (columns, mut unsorted) = (Columns::of(SCHEMA).unwrap(), Unsorted::default());
        rows(
            &content,
            md5.unwrap_or(&own),
            (Format::Csv, columns),
            &mut unsorted,
        )?;
        let mut sorted = unsorted.sorted().unwrap();
        let mut entries = Vec::new();
        while let Some(row) = sorted.next().unwrap() {
            entries.extend(entry(&row, columns)?);
        }
        Ok(entries)
    }

    #[test]
    fn only_current_objects_are_told_under_their_own_names() {
        let text = "\"b\",\"raw/a%20b%2Bc+d.png\",\"v1\",\"true\",\"false\",\"12\",\"2026-01-02T03:04:05.000Z\",\"abc\",\"GLACIER\"\n\
                    \"b\",\"raw/a%20b%2Bc+d.png\",\"v0\",\"false\",\"false\",\"11\",\"2026-01-01T03:04:05.000Z\",\"abb\",\"STANDARD\"\n\
                    \"b\",\"gone\",\"v2\",\"true\",\"true\",\"\",\"2026-01-02T03:04:05.000Z\",\"\",\"\"\n\
                    \"b\",\"raw/\",\"v3\",\"true\",\"false\",\"0\",\"2026-01-02T03:04:05.000Z\",\"d41d\",\"\"\n";
        let entries = read(text, None).unwrap();
        assert_eq!(entries.len(), 2);
        assert_eq!(entries[1].key.to_string(), "raw/a b+c d.png");
        assert_eq!(entries[1].facts.etag(), Some("abc"));
        assert_eq!(entries[1].facts.class(), Some("GLACIER"));
        assert_eq!(
            entries[1].facts.modified.unwrap().as_second(),
            1_767_323_045
        );
        assert_eq!(entries[0].facts.kind, Kind::Folder);
    }

    #[test]
    fn what_is_damaged_is_told_by_what_it_is() {
        let told = |text: &str, md5| read(text, md5).unwrap_err();
        assert!(told("x", Some("00")).contains("the manifest says 00"));
        let row = "\"b\",\"k\",\"\",\"true\",\"false\",\"many\",\"\",\"\",\"\"\n";
        assert!(told(row, None).contains("row 1: \"many\" is no size"));
        assert!(told("\"b\",\"k\"\n\"b\"\n", None).contains("no"));
        assert!(
            Columns::of("Bucket, Key")
                .unwrap_err()
                .contains("no column Size")
        );
    }

    #[test]
    fn a_manifest_of_something_else_is_none() {
        assert!(Inventory::read(br#"{"type":"summary"}"#).is_none());
        let text = br#"{"sourceBucket":"b","destinationBucket":"arn:aws:s3:::d","version":"2016-11-30","creationTimestamp":"1768089600000","fileFormat":"CSV","fileSchema":"Bucket, Key","files":[{"key":"x.csv.gz","size":1,"MD5checksum":"ab"}]}"#;
        let inventory = Inventory::read(text).unwrap();
        assert_eq!(inventory.made().unwrap().as_second(), 1_768_089_600);
        assert_eq!(inventory.bucket(), "b");
    }
}
