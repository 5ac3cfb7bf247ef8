//! How a sync decides and moves: the one set of options that configuration, command line and dialogs fill.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::domain::{
    batch::Role,
    diff::{Level, Side},
    filter::Filter,
    location::Location,
};

use super::{Op, Restore};

/// What may happen to an entry that exists at the destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Existing {
    /// Never touched; what differs is listed as kept.
    Keep,
    /// Overwritten when it differs (unproven is left).
    Update,
    /// Overwritten when the source is newer; ties and unknowns are conflicts and are left.
    Newest,
    /// Overwritten whenever it is not proven the same.
    Always,
}

/// How a sync decides and moves; every key of `[defaults]`, mappings and the command line's sync options.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is a switch of its own on the command line and in the configuration"
)]
pub struct SyncOptions {
    /// How "same" is decided.
    pub check: Level,
    /// What may happen to what exists.
    pub existing: Existing,
    /// Globs in the order they were given.
    pub filter: Filter,
    /// What becomes of what only the destination has (always with the brakes of `max_delete`).
    pub delete: Deletes,
    /// The most deletes that need no extra word.
    pub max_delete: MaxDelete,
    /// An empty source may lead to deletes.
    pub allow_empty_source: bool,
    /// How each moved object is proven; `None` is off.
    pub verify: Option<Level>,
    /// List both sides again at the end and compare.
    pub recount: bool,
    /// Flush each download to the medium.
    pub durable: bool,
    /// Parallel requests; found by itself when `None`.
    pub workers: Option<u16>,
    /// Bytes of a part; found by itself when `None`.
    pub part_size: Option<u64>,
    /// Bytes a second, both ways; unlimited when `None`.
    pub bandwidth: Option<u64>,
    /// Requests a second; unlimited when `None`.
    pub requests_per_second: Option<u32>,
    /// Tries of each request beyond the first.
    pub retries: u32,
    /// Seconds without a byte or an answer until a request counts as failed.
    pub timeout: u32,
    /// Storage class of what is written to S3.
    pub storage_class: Option<Arc<str>>,
    /// `name.gz` in S3, plain on disk.
    pub gzip: bool,
    /// Encryption at rest: `AES256` or `aws:kms[:KEY]` of what is written; `customer:FILE` or `customer:env:NAME` of what
    /// is read, too.
    pub sse: Option<Arc<str>>,
    /// The customer's key of a source that is copied, where `sse` speaks of the destination.
    pub source_sse: Option<Arc<str>>,
    /// User metadata of what is written.
    pub metadata: Vec<(String, String)>,
    /// Tags of what is written.
    pub tags: Vec<(String, String)>,
    /// What becomes of symbolic links.
    pub symlinks: Symlinks,
    /// Sources are removed, each once its destination is proven: a move. Never set but by a command of its own.
    pub remove_source: bool,
    /// Where what is written over or deleted is kept, in a folder that bears the plan's time.
    pub backup_dir: Option<Location>,
    /// How an object goes from one bucket to another.
    pub mode: Mode,
    /// How archived sources are restored before they are moved; they are left where nobody says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restore: Option<Restore>,
    /// A folder of this machine that large objects pass through in a relay; `None`: they pass through its memory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spool: Option<Location>,
    /// The inventory of the source's bucket that stands in for its listings. It licenses no delete.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listing: Option<Location>,
    /// Copies by the server are handed to S3 Batch Operations where there are more of them; never when `None`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batch_over: Option<u64>,
    /// The role that its jobs run as.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batch_role: Option<Role>,
    /// Where their manifests and reports lie.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batch_report: Option<Location>,
}

/// How an object goes from one bucket to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// As a preflight of endpoints, credentials and permissions finds it; where that way fails, the other one.
    #[default]
    Auto,
    /// The server copies, or it fails.
    Direct,
    /// Through this machine.
    Relay,
    /// Each key by the server, and where that fails through this machine.
    Hybrid,
}

impl Mode {
    /// The word in files and flags.
    pub fn word(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Direct => "direct",
            Self::Relay => "relay",
            Self::Hybrid => "hybrid",
        }
    }

    /// Whether a key that the server does not copy goes through this machine.
    pub fn falls_back(self) -> bool {
        matches!(self, Self::Auto | Self::Hybrid)
    }

    /// What moves an object between two buckets, where their places alone would suggest `by_place`.
    pub(super) fn way(self, by_place: Op) -> Op {
        match (self, by_place) {
            (Self::Relay, Op::Copy) => Op::Relay,
            (Self::Direct | Self::Hybrid, Op::Relay) => Op::Copy,
            (_, other) => other,
        }
    }
}

/// What becomes of what only the destination has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Deletes {
    /// It stays.
    #[default]
    Never,
    /// It is deleted, so that the destination becomes like the source.
    Mirror,
    /// It is deleted where the journal proves that the source once held the same; what is new at the destination stays.
    Propagate,
}

impl Deletes {
    /// Whether anything may be deleted.
    pub fn is_on(self) -> bool {
        self != Self::Never
    }
}

/// The most deletes that need no extra word.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MaxDelete {
    /// That many objects.
    Objects(u64),
    /// That share of the destination's objects, in percent.
    Percent(f64),
}

/// What becomes of symbolic links at a local source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Symlinks {
    /// Left, and counted.
    #[default]
    Skip,
    /// What they point to is taken, unless that leads in a circle.
    Follow,
    /// Each is an object of its own that holds its target, and is made again on a disk.
    Store,
}

impl SyncOptions {
    /// Which of these places holds the originals of gzip streams that the other one holds: the disk beside a bucket, the
    /// source of two buckets. `None` where there are no streams.
    pub fn originals(&self, source: &Location, destination: &Location) -> Option<Side> {
        let on_disk = |place: &Location| matches!(place, Location::Disk(_));
        let side = match (on_disk(source), on_disk(destination)) {
            (true, false) => Side::Left,
            (false, true) => Side::Right,
            (false, false) if source.s3().is_some() && destination.s3().is_some() => Side::Left,
            (true, true) | (false, false) => return None,
        };
        Some(side).filter(|_| self.gzip)
    }

    /// Whether what one of these places holds are gzip streams at the other.
    pub fn gzips(&self, source: &Location, destination: &Location) -> bool {
        self.originals(source, destination).is_some()
    }
}

impl Default for SyncOptions {
    fn default() -> Self {
        Self {
            check: Level::Time,
            existing: Existing::Update,
            filter: Filter::default(),
            delete: Deletes::Never,
            max_delete: MaxDelete::Percent(10.0),
            allow_empty_source: false,
            verify: Some(Level::Checksum),
            recount: true,
            durable: false,
            workers: None,
            part_size: None,
            bandwidth: None,
            requests_per_second: None,
            retries: 5,
            timeout: 30,
            storage_class: None,
            gzip: false,
            sse: None,
            source_sse: None,
            metadata: Vec::new(),
            tags: Vec::new(),
            symlinks: Symlinks::Skip,
            remove_source: false,
            backup_dir: None,
            mode: Mode::Auto,
            restore: None,
            spool: None,
            listing: None,
            batch_over: None,
            batch_role: None,
            batch_report: None,
        }
    }
}
