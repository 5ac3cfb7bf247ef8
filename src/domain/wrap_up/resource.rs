//! What still costs, by kind, with its price and where it came from.

use jiff::Timestamp;

use crate::domain::cloud::Price;

/// A tag that keeps a thing from ever being deleted by wharf; any value but `false` counts.
pub const KEEP_TAG: &str = "wharf:keep";

/// What kind of thing it is; the order is that in which they go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A request for spot capacity: it would launch again.
    SpotRequest,
    /// An Auto Scaling group: it would launch again.
    Group,
    /// An instance.
    Instance,
    /// An endpoint of SageMaker.
    Endpoint,
    /// A load balancer.
    Balancer,
    /// A NAT gateway.
    Nat,
    /// An elastic address.
    Address,
    /// A volume.
    Volume,
    /// A file system of EFS.
    Efs,
    /// A file system of FSx.
    Fsx,
    /// A backup of a file system of FSx.
    Backup,
    /// An image.
    Image,
    /// A snapshot.
    Snapshot,
    /// A launch template.
    Template,
    /// A group of CloudWatch Logs.
    Logs,
    /// What S3 keeps at a place.
    Storage,
    /// An unfinished multipart upload.
    Upload,
}

impl Kind {
    /// All that are looked for.
    pub const ALL: [Self; 17] = [
        Self::SpotRequest,
        Self::Group,
        Self::Instance,
        Self::Endpoint,
        Self::Balancer,
        Self::Nat,
        Self::Address,
        Self::Volume,
        Self::Efs,
        Self::Fsx,
        Self::Backup,
        Self::Image,
        Self::Snapshot,
        Self::Template,
        Self::Logs,
        Self::Storage,
        Self::Upload,
    ];

    /// A word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::SpotRequest => "spot request",
            Self::Group => "Auto Scaling group",
            Self::Instance => "instance",
            Self::Endpoint => "endpoint",
            Self::Balancer => "load balancer",
            Self::Nat => "NAT gateway",
            Self::Address => "address",
            Self::Volume => "volume",
            Self::Efs => "EFS",
            Self::Fsx => "FSx",
            Self::Backup => "FSx backup",
            Self::Image => "image",
            Self::Snapshot => "snapshot",
            Self::Template => "launch template",
            Self::Logs => "log group",
            Self::Storage => "storage",
            Self::Upload => "unfinished upload",
        }
    }

    /// The kind of this word.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// Where a thing came from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// This run made it: by its tag, or by the ledger.
    ThisRun,
    /// Another run made it, by its tag.
    OtherRun(Box<str>),
    /// On AWS, but not in the ledger.
    Unknown,
    /// In the ledger, but gone.
    Gone,
}

impl Origin {
    /// Words for it.
    pub fn words(&self) -> &'static str {
        match self {
            Self::ThisRun => "this run",
            Self::OtherRun(_) => "another run",
            Self::Unknown => "not in the ledger",
            Self::Gone => "gone",
        }
    }
}

/// Why a thing stays, whatever is ticked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// Its tag says so.
    Tag,
    /// Nobody tells its tags: one of them may say so.
    Untold,
    /// It is what a run made.
    Data,
}

impl Keep {
    /// Words for it.
    pub fn words(self) -> &'static str {
        match self {
            Self::Tag => "kept by its tag",
            Self::Untold => "kept, because its tags are not told",
            Self::Data => "kept, only wharf rm deletes it",
        }
    }
}

/// Something that costs, or did.
#[derive(Debug, Clone, PartialEq)]
pub struct Resource {
    /// What it is.
    pub kind: Kind,
    /// Its id.
    pub id: Box<str>,
    /// Its region.
    pub region: Box<str>,
    /// Its name or address, as AWS tells it; empty where it has none.
    pub name: Box<str>,
    /// What it is, in words: `g5.xlarge running`, `200 GiB gp3 on i-…`.
    pub about: String,
    /// An hour of it, as it stands now.
    pub price: Price,
    /// Since when it costs, as far as AWS tells: an instance since it was started last.
    pub since: Option<Timestamp>,
    /// Where it came from.
    pub origin: Origin,
    /// What it hangs on, by its id: an instance, a NAT gateway, a balancer, an image; for an instance what would launch it again.
    pub on: Option<Box<str>>,
    /// Whether it goes when that ends.
    pub goes_with: bool,
    /// What would go with it and stays: it is not deleted for that.
    pub held_by: Option<Box<str>>,
    /// Why it stays, whatever is ticked.
    pub kept: Option<Keep>,
    /// Whether it is to be deleted.
    pub selected: bool,
}

/// A thing by its name: one that the ledger knows, or that is to go.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Target {
    /// What it is.
    pub kind: Kind,
    /// Its id.
    pub id: Box<str>,
    /// Its region.
    pub region: Box<str>,
}

impl Resource {
    /// Whether it is this thing.
    pub fn is(&self, kind: Kind, id: &str) -> bool {
        self.kind == kind && *self.id == *id
    }

    /// Which thing it is.
    pub fn target(&self) -> Target {
        Target {
            kind: self.kind,
            id: self.id.clone(),
            region: self.region.clone(),
        }
    }

    /// Whether AWS still has it.
    pub fn exists(&self) -> bool {
        self.origin != Origin::Gone
    }

    pub(super) fn gone(seen: &Target) -> Self {
        Self {
            kind: seen.kind,
            id: seen.id.clone(),
            region: seen.region.clone(),
            name: "".into(),
            about: "in the ledger, and gone".to_owned(),
            price: Price::default(),
            since: None,
            origin: Origin::Gone,
            on: None,
            goes_with: false,
            held_by: None,
            kept: None,
            selected: false,
        }
    }
}

/// Lets what holds something stay that must stay and would go with it: what is kept, another run made, or is in `leave`. An
/// instance that stays for its volume lets its group stay.
pub fn hold_back(resources: &mut [Resource], leave: &[Box<str>]) {
    for one in resources.iter_mut() {
        one.held_by = None;
    }
    let stays = |one: &&Resource| {
        let named = leave.contains(&one.id) || matches!(one.origin, Origin::OtherRun(_));
        one.exists() && one.goes_with && (one.kept.is_some() || named)
    };
    let holds = |one: &Resource| Some((one.on.clone()?, one.id.clone()));
    let held = resources.iter().filter(stays);
    let mut held: Vec<(Box<str>, Box<str>)> = held.filter_map(holds).collect();
    while let Some((holder, what)) = held.pop() {
        let is_holder = |one: &&mut Resource| {
            matches!(one.kind, Kind::Instance | Kind::Group | Kind::Fsx) && one.id == holder
        };
        for one in resources.iter_mut().filter(is_holder) {
            one.selected = false;
            one.held_by = Some(what.clone());
            held.extend(holds(one).filter(|_| one.goes_with));
        }
    }
}
