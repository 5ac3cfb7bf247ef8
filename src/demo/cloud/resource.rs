//! What hangs on instances or lies beside them, and costs: volumes, addresses, snapshots.

use std::time::{Duration, SystemTime};

/// Until a deleted volume or snapshot is gone.
const GOING: Duration = Duration::from_secs(10);

/// What a volume is made from.
#[derive(Debug, Clone)]
pub struct NewVolume {
    /// The device that it is known as on its instance.
    pub device: String,
    /// GiB.
    pub gib: u32,
    /// `gp3`, `gp2`, `io2`, `st1`, ….
    pub kind: String,
    /// Whether it goes with its instance.
    pub delete_on_termination: bool,
    /// Its tags.
    pub tags: Vec<(String, String)>,
}

impl Default for NewVolume {
    fn default() -> Self {
        Self {
            device: "/dev/xvda".to_owned(),
            gib: 8,
            kind: "gp3".to_owned(),
            delete_on_termination: true,
            tags: Vec::new(),
        }
    }
}

/// Where a volume hangs.
#[derive(Debug, Clone)]
pub(in crate::demo) struct Attachment {
    pub(in crate::demo) instance: String,
    pub(in crate::demo) since: SystemTime,
}

/// Whether a thing stays or goes.
#[derive(Debug, Clone, Copy, Default)]
pub enum Fate {
    /// It stays.
    #[default]
    Stays,
    /// It was deleted, and is gone at this time.
    GoneAt(SystemTime),
}

impl Fate {
    pub(in crate::demo) fn deleted(now: SystemTime) -> Self {
        Self::GoneAt(now + GOING)
    }

    pub(super) fn is_gone(self, now: SystemTime) -> bool {
        match self {
            Self::Stays => false,
            Self::GoneAt(at) => at <= now,
        }
    }
}

/// A volume.
#[derive(Debug, Clone)]
pub struct Volume {
    /// What it was made from.
    pub made: NewVolume,
    /// Its zone.
    pub zone: String,
    /// When it was made.
    pub created: SystemTime,
    pub(in crate::demo) attachment: Option<Attachment>,
    pub(in crate::demo) fate: Fate,
}

impl Volume {
    pub(in crate::demo) fn attached(
        new: &NewVolume,
        zone: &str,
        instance: &str,
        at: SystemTime,
    ) -> Self {
        Self {
            attachment: Some(Attachment {
                instance: instance.to_owned(),
                since: at,
            }),
            ..Self::loose(new, zone, at)
        }
    }

    pub(super) fn loose(new: &NewVolume, zone: &str, at: SystemTime) -> Self {
        Self {
            made: new.clone(),
            zone: zone.to_owned(),
            created: at,
            attachment: None,
            fate: Fate::Stays,
        }
    }

    /// EC2's word for how it stands.
    pub(in crate::demo) fn state(&self) -> &'static str {
        match (self.fate, &self.attachment) {
            (Fate::GoneAt(_), _) => "deleting",
            (Fate::Stays, Some(_)) => "in-use",
            (Fate::Stays, None) => "available",
        }
    }

    pub(in crate::demo) fn is_on(&self, instance: &str) -> bool {
        let on = |attachment: &Attachment| attachment.instance == instance;
        self.attachment.as_ref().is_some_and(on)
    }

    pub(super) fn goes_with_instance(&self) -> bool {
        self.made.delete_on_termination
    }

    /// Takes it off its instance.
    pub(in crate::demo) fn detach(&mut self) {
        self.attachment = None;
    }

    pub(super) fn is_gone(&self, now: SystemTime) -> bool {
        self.fate.is_gone(now)
    }
}

/// An elastic address.
#[derive(Debug, Clone)]
pub struct Address {
    /// Its region.
    pub region: String,
    /// The address.
    pub public_ip: String,
    /// The instance that it is tied to.
    pub instance: Option<String>,
    /// The number of that tie.
    pub association: Option<String>,
    /// Its tags.
    pub tags: Vec<(String, String)>,
}

/// A snapshot of a volume.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// Its region.
    pub region: String,
    /// Of which volume.
    pub volume: String,
    /// GiB of the volume.
    pub gib: u32,
    /// When it was made.
    pub started: SystemTime,
    /// What its maker wrote.
    pub description: String,
    /// The image that it is part of.
    pub image: Option<String>,
    /// Its tags.
    pub tags: Vec<(String, String)>,
    /// Whether it stays.
    pub fate: Fate,
}

impl Snapshot {
    /// A snapshot of nothing in particular.
    pub fn new(region: &str, volume: &str, gib: u32, started: SystemTime) -> Self {
        Self {
            region: region.to_owned(),
            volume: volume.to_owned(),
            gib,
            started,
            description: String::new(),
            image: None,
            tags: Vec::new(),
            fate: Fate::Stays,
        }
    }

    pub(super) fn is_gone(&self, now: SystemTime) -> bool {
        self.fate.is_gone(now)
    }
}
