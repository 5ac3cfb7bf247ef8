//! The story's world: a local folder that has everything, a bucket that lost some of it, and a few buckets beside it.
//! The same scale makes the same world, bytes and dates included.

mod cards;
mod cloud;
mod files;
pub mod outputs;
mod picture;

use super::s3::{NewObject, Store, WriteError};
use super::{Demo, REGION, Versioning};
use bytes::Bytes;
use files::{Planned, Side};
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::thread;

/// The bucket of the story.
pub const BUCKET: &str = "pokemon-card-training";
/// A bucket that keeps versions.
pub const RESULTS: &str = "pokemon-card-results";
/// A bucket in another region that anybody may read.
pub const PUBLIC: &str = "market-data-archive";
/// The region of [`PUBLIC`].
pub const PUBLIC_REGION: &str = "ap-northeast-1";

/// What stands in the local folder to say which world it holds.
const STAMP: &str = ".wharf-demo";

/// A world that is ready: its two sides and what the right one lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct World {
    /// The left side: the folder `data` below the local folder.
    pub left: PathBuf,
    /// The bucket of the right side.
    pub bucket: String,
    /// The prefix of the right side, with a slash at its end.
    pub prefix: String,
    /// The objects on the left.
    pub left_objects: usize,
    /// The objects below the prefix on the right.
    pub right_objects: usize,
    /// The keys, below the prefix, that the right side lacks.
    pub missing: Vec<String>,
    /// The raw images among them.
    pub missing_raw: usize,
    /// The card folders of which the right side has nothing.
    pub missing_folders: usize,
    /// The key, below the prefix, of which the right side has an older version.
    pub stale: String,
    /// The key in the bucket of the upload that was never finished.
    pub unfinished: String,
}

/// Why a world cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum SeedError {
    /// A file or folder could not be written.
    #[error("cannot write {}", path.display())]
    Io {
        /// Which one.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The folder has files of somebody else, or another world.
    #[error("{} is not empty and holds {found}; name an empty folder", path.display())]
    Occupied {
        /// The folder.
        path: PathBuf,
        /// What is there.
        found: String,
    },
    /// The store did not take an object.
    #[error("the store refused an object of the world")]
    Store(#[from] WriteError),
}

/// Makes the world: files below `local`, objects in the buckets of `demo`. A folder that already holds the world of
/// this scale is left as it is.
///
/// # Errors
/// When the folder cannot be written or holds something else.
pub fn world(demo: &Demo, local: &Path, scale: f64) -> Result<World, SeedError> {
    let files = files::files(scale);
    let write = !holds(local, scale)?;
    let store = demo.store();
    store.create_bucket(BUCKET, REGION);
    thread::scope(|scope| {
        let remote = scope.spawn(|| fill(store, &files));
        let written = if write {
            write_local(local, &files)
        } else {
            Ok(())
        };
        let filled = remote.join().unwrap_or_else(|panic| resume_unwind(panic));
        written.and(filled)
    })?;
    if write {
        stamp(local, scale)?;
    }
    let unfinished = "data/reference/usearch.index".to_owned();
    store.leave_upload(
        BUCKET,
        &unfinished,
        &[Bytes::from(vec![7; 4096]), Bytes::from(vec![8; 4096])],
        files::stale_date(),
    )?;
    beside(store)?;
    cloud::fill(demo);
    Ok(described(local, &files, unfinished))
}

fn described(local: &Path, files: &[Planned], unfinished: String) -> World {
    const PREFIX: &str = "data/";
    let on = |sides: &[Side]| {
        let below = files.iter().filter(|file| file.key.starts_with(PREFIX));
        below.filter(|file| sides.contains(&file.side)).count()
    };
    let below = |side: Side| {
        let keys = files.iter().filter(move |file| file.side == side);
        keys.filter_map(|file| file.key.strip_prefix(PREFIX))
            .map(str::to_owned)
    };
    let mut missing: Vec<String> = below(Side::Local).collect();
    missing.sort_unstable();
    World {
        left: local.join("data"),
        bucket: BUCKET.to_owned(),
        prefix: PREFIX.to_owned(),
        left_objects: on(&[Side::Both, Side::Local, Side::Stale]),
        right_objects: on(&[Side::Both, Side::Stale]),
        missing,
        missing_raw: cards::MISSING_RAW,
        missing_folders: cards::MISSING_FOLDERS,
        stale: below(Side::Stale).next().unwrap_or_default(),
        unfinished,
    }
}

fn mark(scale: f64) -> String {
    format!("wharf demo, scale {scale}\n")
}

/// Whether the folder holds the world of this scale already.
fn holds(local: &Path, scale: f64) -> Result<bool, SeedError> {
    let occupied = |found: String| SeedError::Occupied {
        path: local.to_owned(),
        found,
    };
    match fs::read_to_string(local.join(STAMP)) {
        Ok(found) if found == mark(scale) => Ok(true),
        Ok(found) => Err(occupied(format!("another world ({})", found.trim()))),
        Err(_) if local.join("data").exists() => {
            Err(occupied("files that are not the demo's".to_owned()))
        }
        Err(_) => Ok(false),
    }
}

fn stamp(local: &Path, scale: f64) -> Result<(), SeedError> {
    let path = local.join(STAMP);
    fs::write(&path, mark(scale)).map_err(|source| SeedError::Io { path, source })
}

/// Writes the left side, a share of the files on each thread.
fn write_local(local: &Path, files: &[Planned]) -> Result<(), SeedError> {
    let ours: Vec<&Planned> = files
        .iter()
        .filter(|file| file.side != Side::Remote)
        .collect();
    let threads = thread::available_parallelism()
        .map_or(2, usize::from)
        .min(8);
    thread::scope(|scope| {
        let shares = ours.chunks(ours.len().div_ceil(threads).max(1));
        let writers: Vec<_> = shares
            .map(|share| scope.spawn(|| write_share(local, share)))
            .collect();
        writers
            .into_iter()
            .try_for_each(|writer| writer.join().unwrap_or_else(|panic| resume_unwind(panic)))
    })
}

fn write_share(local: &Path, files: &[&Planned]) -> Result<(), SeedError> {
    let mut made = PathBuf::new();
    for file in files {
        let path = local.join(&file.key);
        let failed = |source| SeedError::Io {
            path: path.clone(),
            source,
        };
        if let Some(folder) = path.parent().filter(|folder| *folder != made) {
            fs::create_dir_all(folder).map_err(failed)?;
            made = folder.to_owned();
        }
        write_file(&path, file).map_err(failed)?;
    }
    Ok(())
}

fn write_file(path: &Path, planned: &Planned) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(&planned.body())?;
    file.set_modified(planned.written())
}

/// Fills the bucket of the story.
fn fill(store: &Store, files: &[Planned]) -> Result<(), SeedError> {
    for file in files.iter().filter(|file| file.side != Side::Local) {
        let object = NewObject {
            body: file.remote_body(),
            modified: Some(file.uploaded()),
            class: class(&file.key).map(str::to_owned),
            content_type: Some(file.content_type().to_owned()),
            ..NewObject::default()
        };
        store.put(BUCKET, &file.key, object)?;
    }
    Ok(())
}

/// Old logs are archived, traces seldom read.
fn class(key: &str) -> Option<&'static str> {
    if !key.starts_with("project/") {
        return None;
    }
    if key.contains("/logs/") {
        return Some("GLACIER");
    }
    key.contains("/profiling/").then_some("STANDARD_IA")
}

/// The buckets beside the story's: one with versions, one of another region that is public.
fn beside(store: &Store) -> Result<(), SeedError> {
    store.create_bucket(RESULTS, REGION);
    store.set_versioning(RESULTS, Versioning::Enabled);
    for round in 1..=3 {
        for name in ["report.md", "metrics.csv", "confusion.json"] {
            let text = format!("run {round}: {name}\n").repeat(round * 8);
            store.put(RESULTS, &format!("latest/{name}"), dated(text.clone()))?;
            store.put(
                RESULTS,
                &format!("runs/2026-01-{:02}/{name}", round * 3),
                dated(text),
            )?;
        }
    }
    store.create_bucket(PUBLIC, PUBLIC_REGION);
    store.set_public(PUBLIC, true);
    for pair in ["BTCUSDT", "ETHUSDT", "SOLUSDT"] {
        for day in 1..=28 {
            let key = format!("data/spot/daily/klines/{pair}/1h/{pair}-1h-2025-12-{day:02}.zip");
            let body = format!("PK\u{3}\u{4}{pair}-{day}").repeat(40);
            store.put(PUBLIC, &key, dated(body))?;
        }
    }
    Ok(())
}

/// An object with the world's date, so that the world is the same each time.
fn dated(text: String) -> NewObject {
    NewObject {
        body: Bytes::from(text),
        modified: Some(files::upload_date()),
        ..NewObject::default()
    }
}
