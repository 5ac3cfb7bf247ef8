//! What hangs on instances, or lies beside them and costs.

use jiff::Timestamp;

use super::instance::Tag;

/// A volume as its instance shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attached {
    /// The device's name.
    pub device: Box<str>,
    /// `vol-…`.
    pub volume: Box<str>,
    /// Whether it goes with the instance.
    pub goes_with_instance: bool,
}

/// A volume.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Volume {
    /// `vol-…`.
    pub id: Box<str>,
    /// Its region.
    pub region: Box<str>,
    /// GiB.
    pub gib: u64,
    /// `gp3`, `io2`, ….
    pub kind: Box<str>,
    /// `in-use`, `available`, `deleting`, ….
    pub state: Box<str>,
    /// The instance it hangs on.
    pub instance: Option<Box<str>>,
    /// Whether it goes with that instance.
    pub goes_with_instance: bool,
    /// The device's name there.
    pub device: Box<str>,
    /// When it was made.
    pub created: Option<Timestamp>,
    /// Whether it is encrypted.
    pub encrypted: bool,
    /// Its tags.
    pub tags: Vec<Tag>,
}

/// An elastic address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// `eipalloc-…`.
    pub id: Box<str>,
    /// Its region.
    pub region: Box<str>,
    /// The address.
    pub ip: Box<str>,
    /// The instance it is tied to.
    pub instance: Option<Box<str>>,
    /// Whether it is tied to anything.
    pub tied: bool,
    /// Its tags.
    pub tags: Vec<Tag>,
}

/// A snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// `snap-…`.
    pub id: Box<str>,
    /// Its region.
    pub region: Box<str>,
    /// Of which volume.
    pub volume: Box<str>,
    /// GiB of that volume; the snapshot itself may be smaller.
    pub gib: u64,
    /// When it was begun.
    pub started: Option<Timestamp>,
    /// What its maker wrote.
    pub description: Box<str>,
    /// Its tags.
    pub tags: Vec<Tag>,
}
