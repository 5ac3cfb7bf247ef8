//! The walk through local folders in exactly the order of S3: names byte by byte, a folder as its name and `/`.
//!
//! Memory is that of one folder a level. A folder that cannot be read breaks the listing at that place: whatever it
//! holds may well exist. Folders without any entry are told as `dir/`, so that they are not lost; others only where one
//! level was asked for. Our own temporary files are left out.

use std::{
    borrow::Cow,
    io,
    os::fd::{AsFd, OwnedFd},
    path::Path,
    time::{Duration, Instant},
};

use rustix::{
    fs::{AtFlags, Dir, FileType, Mode, OFlags, Stat as FileStat, fstat, openat, statat},
    io::Errno,
};
use tokio::sync::mpsc::Sender;

use crate::backend::{
    error::Error,
    store::{Batch, ListQuery},
};
use crate::domain::{
    codec::{file_name, name_of_file, path_of},
    entry::{Entry, Facts, Kind},
    gzip,
    key::Key,
    retry::FailureKind,
};

use super::{
    Disk,
    beneath::{self, Missing},
    facts_of, facts_of_stat, temporary,
};

/// Entries of one page at most.
const PAGE: usize = 1000;

/// How long the first entry of a page may wait for the others.
const WAIT: Duration = Duration::from_millis(100);

/// Walks into `out` until the end, an error, or until nobody listens.
pub(in crate::backend) fn walk(disk: &Disk, query: &ListQuery, out: &Sender<Batch>) {
    let mut walker = Walker {
        query,
        gzip: disk.is_gzipped(),
        links: disk.keeps_links(),
        out,
        found: Vec::new(),
        began: Instant::now(),
        open: Vec::new(),
    };
    let end = match walker.start(disk).and_then(|()| walker.run()) {
        Ok(()) => Ok(()),
        Err(Stop::Failed(error)) => Err(error),
        Err(Stop::Deaf) => return,
    };
    let last = Batch {
        entries: walker.found,
        end: Some(end),
    };
    out.blocking_send(last).ok();
}

/// Why a walk ends early.
enum Stop {
    /// Nobody listens any more.
    Deaf,
    Failed(Error),
}

struct Walker<'a> {
    query: &'a ListQuery,
    /// Files are told by the names of their gzip streams.
    gzip: bool,
    /// Links are told as files that hold their target.
    links: bool,
    out: &'a Sender<Batch>,
    found: Vec<Entry>,
    began: Instant,
    open: Vec<Level>,
}

/// A folder that is being walked through.
struct Level {
    folder: OwnedFd,
    identity: (u64, u64),
    /// The folder's key: empty, or ending with `/`.
    key: Key,
    names: std::vec::IntoIter<Name>,
}

/// A name within a folder, with `/` behind a folder's.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Name {
    /// As in keys; empty for what the folder's own name has, with its `/`.
    bytes: Box<[u8]>,
    is_folder: bool,
    /// What the name stands for is reached through a link that is followed.
    linked: bool,
    /// `.gz` stands behind a file's own name.
    gzip: bool,
}

impl Walker<'_> {
    fn start(&mut self, disk: &Disk) -> Result<(), Stop> {
        if let Some(name) = disk.single() {
            return self.single(disk, name);
        }
        let folder = disk.path();
        let opened =
            beneath::open_root(folder, Missing::Fail).and_then(|root| self.open_below(root));
        match opened {
            Ok(opened) => self.enter(opened, self.query.folder.clone()),
            Err(error)
                if error.kind() == io::ErrorKind::NotFound && self.query.missing_is_empty =>
            {
                Ok(())
            }
            Err(error) => Err(Stop::Failed(Error::io("list", folder, &error))),
        }
    }

    fn open_below(&self, root: OwnedFd) -> io::Result<OwnedFd> {
        if self.query.folder.is_empty() {
            return Ok(root);
        }
        let below = path_of(&self.query.folder)
            .map_err(|refusal| io::Error::new(io::ErrorKind::InvalidInput, refusal))?;
        let flags = OFlags::RDONLY | OFlags::DIRECTORY;
        let opened = if self.query.follow_links {
            openat(&root, &below, flags | OFlags::CLOEXEC, Mode::empty())
        } else {
            beneath::open(root.as_fd(), &below, flags)
        };
        Ok(opened?)
    }

    /// The listing of a location that is one file.
    fn single(&mut self, disk: &Disk, name: Key) -> Result<(), Stop> {
        match std::fs::metadata(disk.path()) {
            Ok(found) if self.is_wanted(&name) && self.query.folder.is_empty() => {
                self.tell(name, facts_of(&found))
            }
            Ok(_) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(Stop::Failed(Error::io("list", disk.path(), &error))),
        }
    }

    fn run(&mut self) -> Result<(), Stop> {
        while let Some(level) = self.open.last_mut() {
            let Some(name) = level.names.next() else {
                self.open.pop();
                continue;
            };
            let key = level.key.join(&name.bytes);
            if self.query.end.as_ref().is_some_and(|end| key > *end) {
                return Ok(());
            }
            if name.is_folder && !self.query.shallow {
                self.descend(&name, key)?;
            } else if self.is_wanted(&key) {
                self.look(&name, key)?;
            }
        }
        Ok(())
    }

    fn is_wanted(&self, key: &Key) -> bool {
        let after = self
            .query
            .start_after
            .as_ref()
            .is_none_or(|start| key > start);
        after && self.query.end.as_ref().is_none_or(|end| key <= end)
    }

    /// Goes into a folder, unless all of it lies before the start or is left out.
    fn descend(&mut self, name: &Name, key: Key) -> Result<(), Stop> {
        let before = |start: &Key| key <= *start && !start.as_bytes().starts_with(key.as_bytes());
        let passed = self.query.start_after.as_ref().is_some_and(before);
        let pruned = self
            .query
            .prune
            .as_ref()
            .is_some_and(|prune| prune.skips(&key));
        let Some(level) = self.open.last().filter(|_| !passed && !pruned) else {
            return Ok(());
        };
        let links = if name.linked {
            OFlags::empty()
        } else {
            OFlags::NOFOLLOW
        };
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC | links;
        match openat(&level.folder, &*name.as_path(), flags, Mode::empty()) {
            Ok(folder) => self.enter(folder, key),
            // Gone since its name was read.
            Err(Errno::NOENT) => Ok(()),
            Err(errno) => Err(failed(&key, errno)),
        }
    }

    fn enter(&mut self, folder: OwnedFd, key: Key) -> Result<(), Stop> {
        let told = |errno| failed(&key, errno);
        let found = fstat(&folder).map_err(told)?;
        let mut names = self
            .names(&folder, (found.st_dev, found.st_ino), &key)
            .map_err(told)?;
        if names.is_empty()
            && !key.is_empty()
            && !self.query.shallow
            && self.is_wanted(&key)
            && key != self.query.folder
        {
            return self.tell(key, facts_of_stat(&found));
        }
        names.sort_unstable();
        let level = Level {
            folder,
            identity: (found.st_dev, found.st_ino),
            key,
            names: names.into_iter(),
        };
        self.open.push(level);
        Ok(())
    }

    fn names(&self, folder: &OwnedFd, own: (u64, u64), key: &Key) -> Result<Vec<Name>, Errno> {
        let mut names = Vec::new();
        for entry in Dir::read_from(folder)? {
            let entry = entry?;
            let bytes = entry.file_name().to_bytes();
            if matches!(bytes, b"." | b"..") || temporary::is_ours(bytes) {
                continue;
            }
            match self.name(folder, own, bytes, entry.file_type()) {
                // The listed folder itself is no entry of it, as in S3.
                Ok(name) if name.bytes.is_empty() && *key == self.query.folder => {}
                Ok(name) => names.push(name),
                // Gone since its name was read.
                Err(Errno::NOENT) => {}
                Err(errno) => return Err(errno),
            }
        }
        Ok(names)
    }

    fn name(
        &self,
        folder: &OwnedFd,
        own: (u64, u64),
        bytes: &[u8],
        told: FileType,
    ) -> Result<Name, Errno> {
        let kind = match told {
            FileType::Unknown => {
                FileType::from_raw_mode(statat(folder, bytes, AtFlags::SYMLINK_NOFOLLOW)?.st_mode)
            }
            FileType::RegularFile
            | FileType::Directory
            | FileType::Symlink
            | FileType::Fifo
            | FileType::Socket
            | FileType::CharacterDevice
            | FileType::BlockDevice => told,
        };
        let target = (kind == FileType::Symlink && self.query.follow_links)
            .then(|| self.target(folder, own, bytes))
            .flatten();
        let is = |wanted| kind == wanted || target == Some(wanted);
        let is_folder = is(FileType::Directory);
        let gzip = self.gzip && is(FileType::RegularFile);
        let bytes = match name_of_file(bytes) {
            _ if is_folder => [bytes, b"/"].concat(),
            b"" => Vec::new(),
            name if gzip => [name, gzip::SUFFIX].concat(),
            name => name.to_vec(),
        };
        Ok(Name {
            bytes: bytes.into(),
            is_folder,
            linked: target.is_some(),
            gzip,
        })
    }

    /// What a link leads to; `None` where that is nothing, or a folder that the walk is in already.
    fn target(&self, folder: &OwnedFd, own: (u64, u64), name: &[u8]) -> Option<FileType> {
        let found = statat(folder, name, AtFlags::empty()).ok()?;
        let identity = (found.st_dev, found.st_ino);
        let circle = identity == own || self.open.iter().any(|level| level.identity == identity);
        (!circle).then(|| FileType::from_raw_mode(found.st_mode))
    }

    /// Asks for the facts of a name and tells them.
    fn look(&mut self, name: &Name, key: Key) -> Result<(), Stop> {
        let Some(level) = self.open.last() else {
            return Ok(());
        };
        let flags = if name.linked {
            AtFlags::empty()
        } else {
            AtFlags::SYMLINK_NOFOLLOW
        };
        match statat(&level.folder, &*name.as_path(), flags) {
            Ok(found) => self.found(name, key, &found),
            Err(Errno::NOENT) => Ok(()),
            Err(errno) => Err(failed(&key, errno)),
        }
    }

    fn found(&mut self, name: &Name, key: Key, found: &FileStat) -> Result<(), Stop> {
        let mut facts = facts_of_stat(found);
        if self.links && facts.kind == Kind::Symlink {
            facts.kind = Kind::Object;
            facts.size = u64::try_from(found.st_size).unwrap_or_default();
        }
        // A file became a folder since its name was read, or the other way: its place in the order is another one.
        if (facts.kind == Kind::Folder) != name.is_folder {
            return Err(failed(&key, Errno::NOENT));
        }
        self.tell(key, facts)
    }

    fn tell(&mut self, key: Key, facts: Facts) -> Result<(), Stop> {
        if self.found.is_empty() {
            self.began = Instant::now();
        }
        self.found.push(Entry { key, facts });
        if self.found.len() < PAGE && self.began.elapsed() < WAIT {
            return Ok(());
        }
        let page = Batch::more(std::mem::take(&mut self.found));
        self.out.blocking_send(page).map_err(|_deaf| Stop::Deaf)
    }
}

impl Name {
    /// The name as it is on disk: without a folder's `/`, and without what a stream's name has more.
    fn as_path(&self) -> Cow<'_, [u8]> {
        let cut = |tail: &[u8]| self.bytes.strip_suffix(tail).unwrap_or(&self.bytes);
        if self.is_folder {
            return Cow::Borrowed(cut(b"/"));
        }
        file_name(if self.gzip {
            cut(gzip::SUFFIX)
        } else {
            &self.bytes
        })
    }
}

fn failed(key: &Key, errno: Errno) -> Stop {
    let error = Error::io("list", Path::new(""), &errno.into());
    let vanished = error.failure_kind() == FailureKind::NotFound;
    let reason = if vanished {
        "it changed while the folder was read: list again".to_owned()
    } else {
        error.reason.clone()
    };
    Stop::Failed(Error {
        target: key.to_string(),
        reason,
        ..error
    })
}

#[cfg(test)]
mod tests;
