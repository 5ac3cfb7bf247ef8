//! The plan: what a sync will do, as one value that is shown, exported, approved and run.
//! Every field that a run needs is in it; running reads no listing again (but the recount at the end).

mod backup;
mod batch;
mod brake;
mod commands;
mod edit;
mod export;
mod fate;
mod file;
mod guard;
mod lists;
mod notice;
mod options;
mod planner;
mod print;
mod removal;
mod restore;
mod routes;
mod s5cmd;
mod sample;
mod set;
mod still;
#[cfg(test)]
mod tests;
mod twins;
mod two_way;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::{
    diff::{Side, Sign},
    entry::{End, Facts},
    estimate::Forecast,
    key::Key,
    location::Location,
};

pub use crate::domain::entry::Tally;
pub use batch::{NotHanded, Split, Unfit, kept_class};
pub use brake::Brake;
pub use commands::{Commanded, Commands, LineRefusal, Removal, Wants, read_commands};
pub use edit::{Bears, Edit, NameRefusal, merged, named, renamed};
pub use file::{FileError, read_plans};
pub use guard::{Guard, PlanError};
pub use lists::{Lists, PAGE};
pub use options::{Deletes, Existing, MaxDelete, Mode, Symlinks, SyncOptions};
pub use planner::Planner;
pub use print::{Fingerprint, Printer};
pub use removal::{Claim, IN_BATCHES_FROM, Proven, RACY_NS, Stays, Trace, TraceKind};
pub use restore::{Restore, RestoreTier};
pub use routes::{PlannedRoute, Route, RouteError, one_source_each, read_apart, routes_apart};
pub use s5cmd::{S5cmdRefusal, s5cmd_files};
pub use sample::Share;
pub use set::{MappingPlans, PlanSet};
pub use still::Stale;
pub use two_way::{Change, Conflict, Settle, Since, TwoWay, TwoWayPlanner, TwoWayRule};

/// Version of the plan's form in files; a newer one is refused by name.
pub const PLAN_VERSION: u32 = 1;

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
    /// The source's entry is removed, once its destination is proven.
    Remove,
    /// What stands at the one place of the plan is changed there, as `Plan::edit` says.
    Edit,
}

impl Op {
    /// How many there are: what is counted by kind has so many rows.
    pub const COUNT: usize = Self::Edit as usize + 1;

    /// Whether it brings a content to the destination.
    pub fn moves(self) -> bool {
        match self {
            Self::Upload | Self::Download | Self::Copy | Self::Relay => true,
            Self::Delete | Self::Remove | Self::Edit => false,
        }
    }
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
    /// What the destination listing told; `Some` means that this step overwrites or deletes it. Most steps have none, and
    /// keep no room for it.
    pub destination: Option<Box<Facts>>,
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
    /// Why they go this way and no other, where there is a choice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<Box<str>>,
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
    /// Not compared, because a listing broke before them.
    pub not_scanned: Tally,
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

/// Regions of the sides that are in S3, as far as they are known: prices follow from them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Regions {
    /// The source's.
    pub source: Option<Box<str>>,
    /// The destination's.
    pub destination: Option<Box<str>>,
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
    /// Where both sides live, as far as it is known.
    #[serde(default)]
    pub regions: Regions,
    /// The options it was made with, and that it is run with.
    pub options: SyncOptions,
    /// Not to be run before this time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<Timestamp>,
    /// Only these keys (files, or folders with all below) took part; all when empty. The recount keeps to them too.
    #[serde(default)]
    pub only: Vec<Key>,
    /// Keys that were compared and are not this plan's to answer for, in key order: the other way's of a two-way sync, and
    /// its conflicts. The recount leaves them out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aside: Vec<Key>,
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
    /// The task that it cleans up behind; it moves nothing then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cleans: Option<Cleaning>,
    /// What is done at its one place, where nothing moves between two.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edit: Option<Edit>,
    /// What it is expected to ask; kept with a task, whose steps go when they are done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forecast: Option<Forecast>,
    /// What the recount's listings will take, where that could be counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lists: Option<Lists>,
    /// What a person should know before saying yes: files changed seconds ago, clock skew, archived objects.
    pub notices: Vec<String>,
}

/// The task whose proven sources a plan removes, and the word that licenses it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cleaning {
    /// The task's number.
    pub task: u64,
    /// What a person types after a look: how many objects go in all.
    pub word: Box<str>,
}

/// What a person must agree to before a plan runs: what the destination has now and would lose.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Consent {
    /// What would be written over, with the bytes that are there now.
    pub overwrites: Tally,
    /// What would be removed.
    pub deletes: Tally,
    /// Sources that would be removed, each once its destination is proven.
    pub removes: Tally,
}

impl Consent {
    /// Whether anything that exists would be lost.
    pub fn is_needed(&self) -> bool {
        self.overwrites.objects + self.deletes.objects + self.removes.objects > 0
    }
}

impl Step {
    /// Bytes that the step moves; for a delete or a removal, bytes that it removes.
    pub fn size(&self) -> u64 {
        self.source
            .as_ref()
            .or(self.destination.as_deref())
            .map_or(0, |facts| facts.size)
    }
}

impl Left {
    /// What is the same on both sides, at any level of proof.
    pub fn all_same(&self) -> Tally {
        let mut sum = Tally::default();
        self.same.iter().for_each(|tally| sum.join(*tally));
        sum
    }

    /// The refused keys by reason, each with its keys in their order.
    pub fn refused_by_reason(&self) -> BTreeMap<&str, Vec<&Key>> {
        let mut reasons: BTreeMap<&str, Vec<&Key>> = BTreeMap::new();
        for Refusal { key, reason, .. } in &self.refused {
            reasons.entry(reason).or_default().push(key);
        }
        reasons
    }

    /// The refused keys, counted; what they weigh is not known.
    pub fn all_refused(&self) -> Tally {
        Tally {
            objects: self.refused.len() as u64,
            bytes: 0,
        }
    }
}

impl Group {
    /// How many steps, and how many bytes they move (or remove).
    pub fn tally(&self) -> Tally {
        let mut tally = Tally::default();
        self.steps.iter().for_each(|step| tally.add(step.size()));
        tally
    }
}

impl Plan {
    /// The plan of a proof: its places and options, and no steps. Nothing is moved, so that any two places will do.
    pub fn of_proof(
        (source, destination): (Location, Location),
        only: Vec<Key>,
        options: SyncOptions,
        now: Timestamp,
    ) -> Self {
        let nothing_listed = || Printer::default().finish(End::Complete);
        Self {
            version: PLAN_VERSION,
            made: now,
            source,
            destination,
            regions: Regions::default(),
            options,
            start: None,
            only,
            aside: Vec::new(),
            source_print: nothing_listed(),
            destination_print: nothing_listed(),
            groups: Vec::new(),
            left: Left::default(),
            brakes: Vec::new(),
            cleans: None,
            edit: None,
            forecast: None,
            lists: None,
            notices: Vec::new(),
        }
    }

    /// The groups that will run.
    pub fn selected(&self) -> impl Iterator<Item = &Group> {
        self.groups.iter().filter(|group| group.selected)
    }

    /// The steps that will run, in the order of their numbers.
    pub fn steps(&self) -> impl Iterator<Item = &Step> {
        self.selected().flat_map(|group| &group.steps)
    }

    /// What the selected groups move, deletes left aside.
    pub fn moves(&self) -> Tally {
        let mut sum = Tally::default();
        self.selected()
            .filter(|group| group.op.moves())
            .for_each(|group| sum.join(group.tally()));
        sum
    }

    /// Whether sources are removed.
    pub fn removes(&self) -> bool {
        self.selected().any(|group| group.op == Op::Remove)
    }

    /// The places that running the plan changes.
    pub fn changes(&self) -> impl Iterator<Item = &Location> {
        let source = Some(&self.source).filter(|_| self.removes());
        // A clean-up only reads what its sources were copied to.
        let destination = Some(&self.destination).filter(|_| self.cleans.is_none());
        source.into_iter().chain(destination)
    }

    /// What a person must agree to before the selected groups run.
    pub fn needs_consent(&self) -> Consent {
        let mut consent = Consent::default();
        for step in self.steps() {
            let lost = step.destination.iter().map(|facts| facts.size);
            match step.op {
                Op::Delete => consent.deletes.add(lost.sum()),
                Op::Remove => consent.removes.add(step.size()),
                Op::Edit if self.aborts() => consent.deletes.add(step.size()),
                Op::Edit => {}
                Op::Upload | Op::Download | Op::Copy | Op::Relay => {
                    lost.for_each(|size| consent.overwrites.add(size));
                }
            }
        }
        consent
    }

    /// Lets all that goes from bucket to bucket go this way, and says why.
    pub fn take_way(&mut self, op: Op, why: &str) {
        let between = |group: &&mut Group| matches!(group.op, Op::Copy | Op::Relay);
        for group in self.groups.iter_mut().filter(between) {
            group.op = op;
            group.why = Some(why.into());
            group.steps.iter_mut().for_each(|step| step.op = op);
        }
    }

    /// Which side holds the originals of the other one's gzip streams.
    pub fn originals(&self) -> Option<Side> {
        self.options.originals(&self.source, &self.destination)
    }

    /// Whether files on one side are gzip streams on the other.
    pub fn gzips(&self) -> bool {
        self.options.gzips(&self.source, &self.destination)
    }

    /// Refuses a plan whose form this program does not know.
    pub fn check_version(&self) -> Result<(), PlanError> {
        if self.version > PLAN_VERSION {
            return Err(PlanError::Version(self.version));
        }
        Ok(())
    }
}
