//! The plan: what a sync will do, as one value that is shown, exported, approved and run.
//! Every field that a run needs is in it; running reads no listing again (but the recount at the end).

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::{
    diff::{Level, Sign},
    entry::{End, Facts},
    key::Key,
    location::Location,
};

pub use crate::domain::entry::Tally;

/// Version of the plan's form in files; a newer one is refused by name.
pub const PLAN_VERSION: u32 = 1;

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

/// What a step does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Op {
    /// Disk → S3.
    Upload,
    /// S3 → disk.
    Download,
    /// S3 → S3 by the server.
    Copy,
    /// S3 → this machine → S3.
    Relay,
    /// The destination's entry is removed.
    Delete,
}

/// One thing to do for one key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Number within the plan, from 0: the journal's key.
    pub seq: u32,
    /// What to do.
    pub op: Op,
    /// Name below the source and the destination.
    pub key: Key,
    /// What the source listing told; `None` for a delete.
    pub source: Option<Facts>,
    /// What the destination listing told; `Some` means that this step overwrites or deletes it.
    pub destination: Option<Facts>,
}

/// Steps that are approved or left together: one row of the plan dialog.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// The sign of the pairs that led to these steps.
    pub sign: Sign,
    /// What they do.
    pub op: Op,
    /// Whether they write over something that exists.
    pub overwrites: bool,
    /// Whether they will run; a person may tick or untick them before.
    pub selected: bool,
    /// In key order.
    pub steps: Vec<Step>,
}

/// What is left alone, by reason, counted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Left {
    /// Pairs that are the same, by level of proof: size, time, checksum, read.
    pub same: [Tally; 4],
    /// Differing entries that the rule keeps.
    pub kept: Tally,
    /// Same size, nothing proven.
    pub unproven: Tally,
    /// Only at the destination, and deletes are off.
    pub extra: Tally,
    /// Left out by a filter.
    pub excluded: Tally,
    /// Neither side's times tell which is newer (`newest` only).
    pub conflicts: Tally,
    /// Archived objects at the source: to be restored first.
    pub archived: Tally,
    /// Clashes and errors, each with its reason; they make the exit code 3.
    pub refused: Vec<Refusal>,
}

/// A key that cannot be moved, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// Name below the source.
    pub key: Key,
    /// Clash or Error.
    pub sign: Sign,
    /// Why and what to do, for a person.
    pub reason: Box<str>,
}

/// What a listing looked like when the plan was made, so that a later run can tell whether the world changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fingerprint {
    /// Entries after filtering.
    pub tally: Tally,
    /// CRC64NVME over keys, sizes, ETags and times in order, in hexadecimal.
    pub digest: Box<str>,
    /// Whether the listing was complete.
    pub end: End,
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
    pub filter: crate::domain::filter::Filter,
    /// Remove at the destination what the source lacks (always with the brakes of `max_delete`).
    pub delete: bool,
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
    /// Server-side encryption of what is written: `AES256` or `aws:kms[:KEY]`.
    pub sse: Option<Arc<str>>,
    /// User metadata of what is written.
    pub metadata: Vec<(String, String)>,
    /// Tags of what is written.
    pub tags: Vec<(String, String)>,
    /// What becomes of symbolic links.
    pub symlinks: Symlinks,
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
}

impl Default for SyncOptions {
    fn default() -> Self {
        Self {
            check: Level::Time,
            existing: Existing::Update,
            filter: crate::domain::filter::Filter::default(),
            delete: false,
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
            sse: None,
            metadata: Vec::new(),
            tags: Vec::new(),
            symlinks: Symlinks::Skip,
        }
    }
}

/// What a sync will do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// `PLAN_VERSION` of the program that made it.
    pub version: u32,
    /// When its listings ended.
    pub made: Timestamp,
    /// Where entries come from.
    pub source: Location,
    /// Where they go.
    pub destination: Location,
    /// The options it was made with, and that it is run with.
    pub options: SyncOptions,
    /// Only these keys (files, or folders with all below) took part; all when empty. The recount keeps to them too.
    #[serde(default)]
    pub only: Vec<Key>,
    /// The source's listing.
    pub source_print: Fingerprint,
    /// The destination's listing.
    pub destination_print: Fingerprint,
    /// What will be done.
    pub groups: Vec<Group>,
    /// What is left alone.
    pub left: Left,
    /// What stops this plan until a person says otherwise.
    pub brakes: Vec<Brake>,
    /// What a person should know before saying yes: files changed seconds ago, clock skew, archived objects.
    pub notices: Vec<String>,
}

/// What stops a plan until a person answers it with its own flag or a typed word.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "brake")]
pub enum Brake {
    /// More deletes than `max_delete`; answered by a higher `--max-delete`.
    TooManyDeletes {
        /// Deletes planned.
        planned: u64,
        /// Objects at the destination.
        of: u64,
    },
    /// The source is empty and deletes are on; answered by `--allow-empty-source`.
    EmptySource,
    /// A listing broke, so nothing may be deleted: no answer but listing again.
    BrokenListing {
        /// Which one, and how it broke.
        reason: String,
    },
}
