//! `Manifest`: a recorded listing (`wharf manifest`, one JSON object a line) read as a store of names and facts.
//! It holds no content; a file without its `summary` line was cut short and counts as broken.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
};

use jiff::Timestamp;
use serde::Deserialize;
use tokio::sync::mpsc::Sender;

use crate::backend::{
    counter::RequestCounter,
    error::Error,
    inventory::{InOrder, Inventory},
    store::{Batch, ListQuery, ReadQuery, Reading, Store},
};
use crate::domain::{
    codec::KeyRefusal,
    entry::{Entry, Facts, Identity, Kind, ObjectId},
    key::Key,
    location::Prefix,
    retry::FailureKind,
    sums::Sums,
};

/// Entries of one page at most.
const PAGE: usize = 1000;

/// The longest line that is read: a key of 1,024 bytes, each escaped, and all else.
const LINE_MAX: usize = 64 * 1024;

/// A recorded listing at a location.
#[derive(Debug, Clone)]
pub struct Manifest {
    file: Box<Store>,
    /// The bucket that holds the data files, where this may be an S3 Inventory.
    bucket: Option<Box<Store>>,
    name: Arc<str>,
    /// `Some` where it stands in for listings of this place.
    stands_for: Option<Arc<Prefix>>,
    inventory: Arc<OnceLock<Told>>,
    /// Checksums of the contents, as far as the lines told them.
    sums: Arc<Mutex<HashMap<Key, Sums>>>,
}

/// What an inventory tells of itself, once it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The bucket that it lists.
    pub bucket: Arc<str>,
    /// When S3 began to write it.
    pub made: Option<Timestamp>,
}

/// A line of the file. Fields that are not known are passed over, so that later versions can add some.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Line {
    Entry(Box<Recorded>),
    Summary {},
    #[serde(other)]
    Other,
}

#[derive(Debug, Deserialize)]
struct Recorded {
    key: Key,
    #[serde(default = "object")]
    kind: Kind,
    #[serde(default)]
    size: u64,
    modified: Option<Timestamp>,
    etag: Option<Arc<str>>,
    class: Option<Arc<str>>,
    checksum: Option<Box<str>>,
    md5: Option<Box<str>>,
}

fn object() -> Kind {
    Kind::Object
}

impl Manifest {
    /// The recorded listing in the one file that `file` holds.
    pub(super) fn new(file: Store, name: String) -> Self {
        Self {
            file: Box::new(file),
            bucket: None,
            name: name.into(),
            stands_for: None,
            inventory: Arc::default(),
            sums: Arc::default(),
        }
    }

    /// The same, whose file may be the manifest of an S3 Inventory that has its data files in this bucket.
    pub(super) fn in_bucket(self, bucket: Store) -> Self {
        Self {
            bucket: Some(Box::new(bucket)),
            ..self
        }
    }

    /// The same inventory, standing in for listings of this place.
    pub(super) fn for_place(self, place: &Prefix) -> Self {
        Self {
            stands_for: Some(Arc::new(place.clone())),
            ..self
        }
    }

    /// What an inventory tells of itself, read where it was not yet.
    ///
    /// # Errors
    /// As reading its manifest; `Refused` for what is no inventory.
    pub async fn told(&self) -> Result<Told, Error> {
        self.as_inventory().await?;
        let told = self.inventory().cloned();
        told.ok_or_else(|| {
            self.refused("it is no inventory that S3 wrote, so that nothing can be moved by it")
        })
    }

    fn refused(&self, reason: &str) -> Error {
        Error::new("read", &*self.name, FailureKind::Refused, reason)
    }

    /// The checksums of a content that was listed already, where its line told them.
    pub fn sums(&self, key: &Key) -> Option<Sums> {
        self.known_sums().get(key).copied()
    }

    fn known_sums(&self) -> MutexGuard<'_, HashMap<Key, Sums>> {
        self.sums.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What an inventory tells of itself; `None` before it was read, and of other recorded listings.
    pub fn inventory(&self) -> Option<&Told> {
        self.inventory.get()
    }

    /// The inventory whose manifest this is, with the bucket of its data files.
    async fn as_inventory(&self) -> Result<Option<(Inventory, &Store)>, Error> {
        let Some(bucket) = &self.bucket else {
            return Ok(None);
        };
        let key = Key::from("manifest");
        let reading = Box::pin(self.file.read(&key, ReadQuery::default())).await?;
        let Some(inventory) = Inventory::read(&reading.all().await?) else {
            return Ok(None);
        };
        self.inventory.get_or_init(|| Told {
            bucket: inventory.bucket().into(),
            made: inventory.made(),
        });
        Ok(Some((inventory, &**bucket)))
    }

    pub(super) fn with_counter(&self, counter: RequestCounter) -> Self {
        let bucket = self.bucket.as_ref();
        let bucket = bucket.map(|bucket| Box::new(bucket.with_counter(counter.clone())));
        Self {
            file: Box::new(self.file.with_counter(counter)),
            bucket,
            ..self.clone()
        }
    }

    /// The error of asking for a content.
    pub(super) fn holds_nothing(&self, op: &'static str, key: &Key) -> Error {
        Error::new(
            op,
            format!("{}: {key}", self.name),
            FailureKind::Refused,
            KeyRefusal::NoPlace.to_string(),
        )
    }

    fn broken(&self, line: u64, reason: impl std::fmt::Display) -> Error {
        Error::new(
            "read",
            format!("{}:{line}", self.name),
            FailureKind::Refused,
            reason.to_string(),
        )
    }
}

/// Lists into `out` until the end, an error, or until nobody listens.
pub(super) async fn list(manifest: Manifest, query: ListQuery, out: Sender<Batch>) {
    let mut reader = Reader {
        query,
        found: Vec::new(),
        last_folder: None,
        line: 0,
        is_whole: false,
    };
    let end = reader.read(&manifest, &out).await;
    if let Some(end) = end.transpose() {
        let last = Batch {
            entries: reader.found,
            end: Some(end),
        };
        out.send(last).await.ok();
    }
}

struct Reader {
    query: ListQuery,
    found: Vec<Entry>,
    last_folder: Option<Key>,
    line: u64,
    is_whole: bool,
}

impl Reader {
    /// `Ok(None)` where nobody listens any more.
    async fn read(
        &mut self,
        manifest: &Manifest,
        out: &Sender<Batch>,
    ) -> Result<Option<()>, Error> {
        if let Some((inventory, bucket)) = manifest.as_inventory().await? {
            if let Some(place) = manifest.stands_for.as_deref()
                && *place.bucket != *inventory.bucket()
            {
                return Err(manifest.refused(&format!(
                    "this inventory lists {}, not {}: name the one of that bucket",
                    inventory.bucket(),
                    place.bucket
                )));
            }
            let entries = inventory.entries(bucket, &manifest.name).await?;
            return self.tell(manifest, entries, out).await;
        }
        let mut lines = Lines::open(manifest).await?;
        while let Some(line) = lines.next().await? {
            self.line += 1;
            self.take(manifest, &line)?;
            if self.found.len() >= PAGE
                && out
                    .send(Batch::more(std::mem::take(&mut self.found)))
                    .await
                    .is_err()
            {
                return Ok(None);
            }
        }
        if self.is_whole {
            return Ok(Some(()));
        }
        Err(manifest.broken(self.line, "the file ends without its summary line: it was cut short, so nothing is known of what is missing in it"))
    }

    /// Tells the objects of an inventory; `None` where nobody listens any more.
    async fn tell(
        &mut self,
        manifest: &Manifest,
        entries: InOrder,
        out: &Sender<Batch>,
    ) -> Result<Option<()>, Error> {
        let folder = manifest.stands_for.as_deref().map(Prefix::folder);
        let root = folder.unwrap_or_default();
        let mut rest = Some(entries);
        while let Some(entries) = rest {
            let (page, more) = entries.page(PAGE, &manifest.name).await?;
            rest = more;
            for entry in page {
                let below = entry.key.as_bytes().strip_prefix(root.as_bytes());
                let entry = below.filter(|below| !below.is_empty()).map(|below| Entry {
                    key: Key::new(below),
                    facts: entry.facts.clone(),
                });
                let wanted = entry.and_then(|entry| self.wanted(entry));
                self.found.extend(wanted);
            }
            if rest.is_some()
                && out
                    .send(Batch::more(std::mem::take(&mut self.found)))
                    .await
                    .is_err()
            {
                return Ok(None);
            }
        }
        Ok(Some(()))
    }

    fn take(&mut self, manifest: &Manifest, line: &[u8]) -> Result<(), Error> {
        if line.iter().all(u8::is_ascii_whitespace) {
            return Ok(());
        }
        let line = serde_json::from_slice(line).map_err(|error| {
            manifest.broken(self.line, format!("no line of a manifest: {error}"))
        })?;
        match line {
            Line::Entry(recorded) => {
                let sums = recorded.sums();
                if let Some(entry) = self.wanted(recorded.entry()) {
                    let known = sums.map(|sums| (entry.key.clone(), sums));
                    manifest.known_sums().extend(known);
                    self.found.push(entry);
                }
            }
            Line::Summary {} => self.is_whole = true,
            Line::Other => {}
        }
        Ok(())
    }

    /// The entry, or the folder that it is folded into; `None` where the query leaves it out.
    fn wanted(&mut self, recorded: Entry) -> Option<Entry> {
        let inside = recorded
            .key
            .as_bytes()
            .strip_prefix(self.query.folder.as_bytes())
            .filter(|rest| !rest.is_empty())?;
        let slash = inside
            .iter()
            .position(|&byte| byte == b'/')
            .filter(|_| self.query.shallow);
        let entry = match slash.and_then(|at| inside.get(..=at)) {
            Some(name) => Entry {
                key: self.query.folder.join(name),
                facts: Facts::folder(),
            },
            None => recorded,
        };
        let after = self
            .query
            .start_after
            .as_ref()
            .is_none_or(|start| entry.key > *start);
        let before = self.query.end.as_ref().is_none_or(|end| entry.key <= *end);
        let again = slash.is_some() && self.last_folder.as_ref() == Some(&entry.key);
        if slash.is_some() {
            self.last_folder = Some(entry.key.clone());
        }
        (after && before && !again).then_some(entry)
    }
}

impl Recorded {
    fn sums(&self) -> Option<Sums> {
        Sums::of_texts(self.checksum.as_deref()?, self.md5.as_deref())
    }

    fn entry(self) -> Entry {
        let identity = match self.etag {
            Some(etag) => Identity::Object(ObjectId {
                etag: Some(etag),
                class: self.class,
                ..ObjectId::default()
            }),
            None => Identity::None,
        };
        let facts = Facts {
            kind: self.kind,
            size: self.size,
            modified: self.modified,
            identity,
        };
        Entry {
            key: self.key,
            facts,
        }
    }
}

/// The lines of a file that is being read.
struct Lines {
    reading: Reading,
    buffer: Vec<u8>,
    at: usize,
    name: Arc<str>,
}

impl Lines {
    async fn open(manifest: &Manifest) -> Result<Self, Error> {
        let key = Key::from("manifest");
        let reading = Box::pin(manifest.file.read(&key, ReadQuery::default())).await?;
        Ok(Self {
            reading,
            buffer: Vec::new(),
            at: 0,
            name: Arc::clone(&manifest.name),
        })
    }

    async fn next(&mut self) -> Result<Option<Vec<u8>>, Error> {
        let mut searched = self.at;
        loop {
            let unread = self.buffer.get(searched..).unwrap_or_default();
            if let Some(length) = unread.iter().position(|&byte| byte == b'\n') {
                let line = self
                    .buffer
                    .get(self.at..searched + length)
                    .unwrap_or_default()
                    .to_vec();
                self.at = searched + length + 1;
                return Ok(Some(line));
            }
            self.buffer.drain(..self.at);
            self.at = 0;
            searched = self.buffer.len();
            if searched > LINE_MAX {
                let reason =
                    "a line is longer than any of a manifest: this is no file of `wharf manifest`";
                return Err(Error::new(
                    "read",
                    &*self.name,
                    FailureKind::Refused,
                    reason,
                ));
            }
            match self.reading.chunk().await? {
                Some(piece) => self.buffer.extend_from_slice(&piece),
                None if self.buffer.is_empty() => return Ok(None),
                None => return Ok(Some(std::mem::take(&mut self.buffer))),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Entry, Key, Kind, ListQuery, Manifest};
    use crate::backend::{
        disk::Disk,
        store::{Pages as _, Store},
    };
    use crate::domain::entry::End;

    async fn listed(text: &str, query: ListQuery) -> (Vec<Entry>, End) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("m.jsonl");
        std::fs::write(&path, text).unwrap();
        let file = Disk::exact(&path, Key::from("manifest")).unwrap();
        let manifest = Manifest::new(Store::Disk(file), "manifest:m.jsonl".into());
        let mut pages = Store::Manifest(manifest).pages(query);
        let mut entries = Vec::new();
        while let Some(page) = pages.next().await {
            entries.extend(page.entries);
            if let Some(end) = page.end {
                return (entries, end);
            }
        }
        panic!("a listing without its end");
    }

    const WHOLE: &str = r#"{"type":"entry","key":"a","size":1,"modified":"2026-01-02T03:04:05Z","etag":"e1","checksum":null}
{"type":"entry","key":"d/x","size":2,"later_field":true}
{"type":"entry","key":"d/y","size":3}
{"type":"entry","key":{"hex":"64ff"},"size":4}
{"type":"entry","key":"e/","size":0,"kind":"folder"}
{"type":"summary","objects":4}
"#;

    #[tokio::test]
    async fn a_recorded_listing_reads_as_it_was_written() {
        let (entries, end) = listed(WHOLE, ListQuery::default()).await;
        assert_eq!(end, End::Complete);
        assert_eq!(entries.len(), 5);
        assert_eq!(entries[0].facts.etag(), Some("e1"));
        assert_eq!(entries[3].key, Key::new(b"d\xff"));
        assert_eq!(entries[4].facts.kind, Kind::Folder);
    }

    #[tokio::test]
    async fn one_level_and_ranges_are_taken_from_it() {
        let shallow = ListQuery {
            shallow: true,
            ..ListQuery::default()
        };
        let keys = |entries: Vec<Entry>| {
            entries
                .iter()
                .map(|entry| entry.key.to_string())
                .collect::<Vec<_>>()
        };
        assert_eq!(listed(WHOLE, shallow).await.0.len(), 4);
        let range = ListQuery {
            start_after: Some("a".into()),
            end: Some("d/y".into()),
            ..ListQuery::default()
        };
        assert_eq!(keys(listed(WHOLE, range).await.0), ["d/x", "d/y"]);
        let below = ListQuery {
            folder: "d/".into(),
            ..ListQuery::default()
        };
        assert_eq!(keys(listed(WHOLE, below).await.0), ["d/x", "d/y"]);
    }

    #[tokio::test]
    async fn a_file_that_was_cut_or_is_none_is_broken() {
        let (lines, _) = WHOLE.split_once("{\"type\":\"summary").unwrap();
        let (entries, end) = listed(lines, ListQuery::default()).await;
        assert_eq!(entries.len(), 5);
        assert!(matches!(end, End::Broken { reason, .. } if reason.contains("summary")));
        let (_, end) = listed("hello\n", ListQuery::default()).await;
        assert!(matches!(end, End::Broken { reason, .. } if reason.contains("manifest:m.jsonl:1")));
        let backwards = "{\"type\":\"entry\",\"key\":\"b\"}\n{\"type\":\"entry\",\"key\":\"a\"}\n{\"type\":\"summary\"}\n";
        assert!(matches!(
            listed(backwards, ListQuery::default()).await.1,
            End::Broken { .. }
        ));
    }
}
