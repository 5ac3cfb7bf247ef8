//! `Disk`: the store below a local folder, or one file. Whatever is written stays below the folder: no key and no
//! symbolic link leads out of it. Blocking calls run on tokio's threads for them.

mod again;
mod beneath;
mod buffer;
mod draft;
mod git;
mod holes;
mod keep;
mod link;
mod place;
mod probe;
mod quick;
mod remove;
mod rename;
mod source;
mod spool;
mod temporary;
mod unnamed;
pub(super) mod walk;

use std::{
    fs::Metadata,
    io,
    os::unix::{
        ffi::OsStrExt as _,
        fs::{FileTypeExt as _, MetadataExt as _},
    },
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
};

use jiff::Timestamp;
use rustix::fs::{FileType, Stat as FileStat};

use crate::backend::{
    error::Error,
    store::{Headers, Pin, ReadQuery, Reading, Source, Stat},
};
use crate::domain::{
    codec::{KeyRefusal, file_of, path_of},
    entry::{Entry, Facts, FileId, Identity, Kind},
    gzip,
    key::Key,
    retry::FailureKind,
    text::printable,
};

pub use draft::{Draft, Placing};
pub use git::{GitRefusal, git_tracks};
pub use holes::BLOCK;
pub use link::Link;
pub use probe::{Found, Probe};
pub use source::SourceFile;
pub use spool::Spool;

/// The files below one folder, or one file; clones share everything.
#[derive(Debug, Clone)]
pub struct Disk(Arc<Place>);

#[derive(Debug, Clone)]
struct Place {
    path: PathBuf,
    /// Files are known by the names of their gzip streams.
    gzip: bool,
    /// Symbolic links are entries of their own, whose content is their target.
    links: bool,
    /// `Some` for a store that is one file under a name of its own.
    alias: Option<Key>,
    /// Whether it lies on a disk of this machine, once somebody looked.
    is_local: OnceLock<bool>,
}

/// A key's place: the folder that nothing may leave, and the path below it.
#[derive(Debug, Clone)]
struct Spot {
    root: PathBuf,
    below: PathBuf,
}

impl Spot {
    /// The whole path, for showing and for reading.
    fn path(&self) -> PathBuf {
        self.root.join(&self.below)
    }
}

impl Disk {
    /// The store at a path; nothing is looked at yet.
    pub fn new(path: PathBuf) -> Self {
        Self(Arc::new(Place {
            path,
            gzip: false,
            links: false,
            alias: None,
            is_local: OnceLock::new(),
        }))
    }

    /// The same files, known by the names that they have as gzip streams, and listed in the order of those.
    #[must_use]
    pub(super) fn gzipped(&self) -> Self {
        let place = Place::clone(&self.0);
        Self(Arc::new(Place {
            gzip: true,
            ..place
        }))
    }

    /// The same files, and symbolic links as entries of their own.
    #[must_use]
    pub(super) fn with_links(&self) -> Self {
        let place = Place::clone(&self.0);
        Self(Arc::new(Place {
            links: true,
            ..place
        }))
    }

    /// Whether symbolic links are entries of their own.
    fn keeps_links(&self) -> bool {
        self.0.links
    }

    /// Whether files are known by the names of their gzip streams.
    fn is_gzipped(&self) -> bool {
        self.0.gzip
    }

    /// The one file at exactly this path, known as `name`; `None` where the path can only be a folder's.
    pub(super) fn exact(path: &Path, name: Key) -> Option<Self> {
        let slash = path.as_os_str().as_bytes().ends_with(b"/");
        if slash || path.file_name().is_none() {
            return None;
        }
        Some(Self(Arc::new(Place {
            path: path.to_owned(),
            gzip: false,
            links: false,
            alias: Some(name),
            is_local: OnceLock::new(),
        })))
    }

    /// The path of the location, as it was given.
    pub fn path(&self) -> &Path {
        &self.0.path
    }

    /// The name of the one file that this location is; `None` for a folder and for nothing.
    pub fn single(&self) -> Option<Key> {
        if let Some(alias) = &self.0.alias {
            return Some(alias.clone());
        }
        let is_file = std::fs::metadata(self.path()).is_ok_and(|found| !found.is_dir());
        self.base_name().filter(|_| is_file)
    }

    fn base_name(&self) -> Option<Key> {
        let tail = if self.0.gzip { gzip::SUFFIX } else { b"" };
        self.path()
            .file_name()
            .map(|name| Key::new([name.as_bytes(), tail].concat()))
    }

    /// The parent of the location and its own name: the place of a single file.
    fn own_spot(&self) -> Option<Spot> {
        let name = self.path().file_name()?;
        let parent = self
            .path()
            .parent()
            .filter(|parent| !parent.as_os_str().is_empty());
        Some(Spot {
            root: parent.unwrap_or(Path::new(".")).to_owned(),
            below: name.into(),
        })
    }

    /// Where the folder of a key is.
    fn folder_spot(&self, op: &'static str, key: &Key) -> Result<Spot, Error> {
        let below = path_of(key).map_err(|refusal| self.refused(op, key, refusal.to_string()))?;
        Ok(Spot {
            root: self.path().to_owned(),
            below,
        })
    }

    /// Where the folder is that a key with a `/` at its end may mean, beside the file in it.
    fn own_folder(&self, op: &'static str, key: &Key) -> Result<Option<Spot>, Error> {
        let folder = key.is_folder().then(|| self.folder_spot(op, key));
        folder.transpose()
    }

    /// Where the file of a key is; refused where no file can have that name.
    fn spot(&self, op: &'static str, key: &Key) -> Result<Spot, Error> {
        let alike = match &self.0.alias {
            Some(alias) if alias != key => {
                return Err(self.refused(op, key, "this location holds one file only"));
            }
            Some(_) => true,
            None => self.base_name().as_ref() == Some(key) && self.single().is_some(),
        };
        if alike && let Some(spot) = self.own_spot() {
            return Ok(spot);
        }
        let plain = match gzip::plain(key) {
            _ if !self.0.gzip || key.is_folder() => None,
            None => return Err(self.refused(op, key, KeyRefusal::NotGzip.to_string())),
            plain => plain,
        };
        let key = plain.as_ref().unwrap_or(key);
        let below = file_of(key).map_err(|refusal| self.refused(op, key, refusal.to_string()))?;
        Ok(Spot {
            root: self.path().to_owned(),
            below,
        })
    }

    fn refused(&self, op: &'static str, key: &Key, reason: impl Into<String>) -> Error {
        let target = format!("{}/{key}", printable(self.path().as_os_str().as_bytes()));
        Error::new(op, target, FailureKind::Refused, reason)
    }

    /// The facts of one file, link or folder, as a listing tells them.
    ///
    /// # Errors
    /// `NotFound` where nothing is there, `Denied` where a folder on the way may not be entered.
    pub async fn stat(&self, key: &Key) -> Result<Stat, Error> {
        let spot = self.spot("stat", key)?;
        let folder = self.own_folder("stat", key)?;
        let key = key.clone();
        blocking(move || {
            let look = |spot: &Spot| std::fs::symlink_metadata(spot.path());
            let found = match (look(&spot), &folder) {
                (Err(error), Some(folder)) if is_missing(&error) => look(folder),
                (found, _) => found,
            };
            let found = found.map_err(|error| Error::io("stat", &spot.path(), &error))?;
            Ok(Stat {
                entry: Entry {
                    key,
                    facts: facts_of(&found),
                },
                checksum: None,
                headers: Headers::default(),
                tag_count: None,
                request_id: None,
            })
        })
        .await
    }

    /// Opens one file for reading.
    ///
    /// # Errors
    /// `Changed` where it is no longer what `query.pin` says.
    pub async fn read(&self, key: &Key, query: ReadQuery) -> Result<Reading, Error> {
        if let Some(link) = self.link(key, query.pin.as_ref()).await? {
            let range = query.range.unwrap_or(0..link.facts.size);
            let range = range.start.min(link.facts.size)..range.end.min(link.facts.size);
            let stat = Stat {
                entry: Entry {
                    key: key.clone(),
                    facts: link.facts,
                },
                checksum: None,
                headers: Headers::default(),
                tag_count: None,
                request_id: None,
            };
            return Ok(Reading::new(stat, range, Source::Memory(link.target)));
        }
        let file = self.source(key).await?;
        match &query.pin {
            None => {}
            Some(Pin::File { id, size }) if *id == file.id && *size == file.size => {}
            Some(Pin::File { .. }) => return Err(file.changed()),
            Some(Pin::Object { .. }) => {
                return Err(self.refused("read", key, "an object's ETag says nothing of a file"));
            }
        }
        let range = query.range.unwrap_or(0..file.size);
        let range = range.start.min(file.size)..range.end.min(file.size);
        let stat = Stat {
            entry: Entry {
                key: key.clone(),
                facts: file.facts(),
            },
            checksum: None,
            headers: Headers::default(),
            tag_count: None,
            request_id: None,
        };
        Ok(Reading::new(stat, range, Source::Disk(file)))
    }
}

fn is_missing(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::NotFound
}

/// Runs blocking work on a thread for it.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(gone) => Err(Error::new(
            "read",
            "",
            FailureKind::Transient,
            format!("the work was stopped: {gone}"),
        )),
    }
}

fn nanoseconds(seconds: i64, nanos: i64) -> i128 {
    i128::from(seconds) * 1_000_000_000 + i128::from(nanos)
}

/// The time of an identity, as a listing tells it.
fn modified(id: &FileId) -> Option<Timestamp> {
    Timestamp::from_nanosecond(id.mtime_ns).ok()
}

/// The identity of an open or listed file.
fn id_of(found: &Metadata) -> FileId {
    FileId {
        device: found.dev(),
        inode: found.ino(),
        mtime_ns: nanoseconds(found.mtime(), found.mtime_nsec()),
        ctime_ns: nanoseconds(found.ctime(), found.ctime_nsec()),
    }
}

/// The identity of what `fstatat` found.
fn id_of_stat(found: &FileStat) -> FileId {
    FileId {
        device: found.st_dev,
        inode: found.st_ino,
        mtime_ns: i128::from(found.st_mtime) * 1_000_000_000 + i128::from(found.st_mtime_nsec),
        ctime_ns: i128::from(found.st_ctime) * 1_000_000_000 + i128::from(found.st_ctime_nsec),
    }
}

fn facts_of(found: &Metadata) -> Facts {
    let kind = found.file_type();
    let special =
        kind.is_socket() || kind.is_fifo() || kind.is_block_device() || kind.is_char_device();
    let kind = match () {
        () if kind.is_dir() => Kind::Folder,
        () if kind.is_symlink() => Kind::Symlink,
        () if special => Kind::Special,
        () => Kind::Object,
    };
    facts(kind, found.len(), id_of(found))
}

/// The facts of what `fstatat` found.
fn facts_of_stat(found: &FileStat) -> Facts {
    let kind = match FileType::from_raw_mode(found.st_mode) {
        FileType::RegularFile => Kind::Object,
        FileType::Directory => Kind::Folder,
        FileType::Symlink => Kind::Symlink,
        FileType::Fifo
        | FileType::Socket
        | FileType::CharacterDevice
        | FileType::BlockDevice
        | FileType::Unknown => Kind::Special,
    };
    let size = u64::try_from(found.st_size).unwrap_or_default();
    facts(kind, size, id_of_stat(found))
}

fn facts(kind: Kind, size: u64, id: FileId) -> Facts {
    let size = if kind == Kind::Object { size } else { 0 };
    Facts {
        kind,
        size,
        modified: modified(&id),
        identity: Identity::File(id),
    }
}
