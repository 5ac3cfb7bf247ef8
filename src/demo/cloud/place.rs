//! What an instance can be launched from and into: images, types, subnets, security groups, keys, roles; and what there is not
//! enough of.

use std::collections::{BTreeMap, BTreeSet};

use super::Cloud;

/// An image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// Its region.
    pub region: String,
    /// Its name.
    pub name: String,
    /// `x86_64` or `arm64`.
    pub architecture: String,
    /// The device of its root volume.
    pub root: String,
    /// GiB of that volume's snapshot.
    pub gib: u32,
    /// `available`, `pending`, `deregistered`, ….
    pub state: String,
}

/// A subnet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subnet {
    /// Its zone.
    pub zone: String,
    /// The network it belongs to.
    pub vpc: String,
    /// Addresses that are free in it.
    pub free: u32,
    /// Whether instances in it get a public address.
    pub public: bool,
}

/// A security group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Its region.
    pub region: String,
    /// Its name.
    pub name: String,
    /// The network it belongs to.
    pub vpc: String,
}

/// An instance type: name, architecture, processors, MiB of memory, GPUs.
pub(in crate::demo) type Kind = (&'static str, &'static str, u32, u32, u32);

/// The types of this world.
pub(in crate::demo) const KINDS: [Kind; 12] = [
    ("t3.micro", "x86_64", 2, 1024, 0),
    ("t3.medium", "x86_64", 2, 4096, 0),
    ("t3.large", "x86_64", 2, 8192, 0),
    ("t4g.medium", "arm64", 2, 4096, 0),
    ("m5.large", "x86_64", 2, 8192, 0),
    ("m7g.large", "arm64", 2, 8192, 0),
    ("c5.2xlarge", "x86_64", 8, 16384, 0),
    ("g4dn.xlarge", "x86_64", 4, 16384, 1),
    ("g5.xlarge", "x86_64", 4, 16384, 1),
    ("g5.12xlarge", "x86_64", 48, 196_608, 4),
    ("g5g.xlarge", "arm64", 4, 8192, 1),
    ("p4d.24xlarge", "x86_64", 96, 1_179_648, 8),
];

/// The default image, subnets and security group: those of the examples.
pub(super) const IMAGE: &str = "ami-0123456789abcdef0";
pub(super) const SUBNET: &str = "subnet-0a1b2c3d";
pub(super) const GROUP: &str = "sg-0a1b2c3d";
const VPC: &str = "vpc-0a1b2c3d";

/// Everything that launching stands on.
#[derive(Debug)]
pub(in crate::demo) struct Ground {
    pub(in crate::demo) images: BTreeMap<String, Image>,
    pub(in crate::demo) subnets: BTreeMap<String, Subnet>,
    pub(in crate::demo) groups: BTreeMap<String, Group>,
    /// Region and name.
    pub(in crate::demo) keys: BTreeSet<(String, String)>,
    /// Names of instance profiles; they are of no region.
    pub(in crate::demo) profiles: BTreeSet<String>,
    /// Types that a zone does not offer.
    pub(in crate::demo) withheld: BTreeSet<(String, String)>,
    /// Types that no zone has room for.
    pub(in crate::demo) exhausted: BTreeSet<String>,
    /// Processors that may run at once; any number when `None`.
    pub(in crate::demo) quota: Option<u32>,
    /// Launches that were asked for, by their token: what was asked, and what came of it.
    pub(in crate::demo) tokens: BTreeMap<String, (String, Vec<String>)>,
}

impl Default for Ground {
    fn default() -> Self {
        let image = |region: &str, architecture: &str| Image {
            region: region.to_owned(),
            name: format!("training-2026-01-{architecture}"),
            architecture: architecture.to_owned(),
            root: "/dev/xvda".to_owned(),
            gib: 8,
            state: "available".to_owned(),
        };
        let subnet = |zone: &str| Subnet {
            zone: zone.to_owned(),
            vpc: VPC.to_owned(),
            free: 250,
            public: true,
        };
        let group = Group {
            region: "us-east-1".to_owned(),
            name: "training".to_owned(),
            vpc: VPC.to_owned(),
        };
        Self {
            images: BTreeMap::from([
                (IMAGE.to_owned(), image("us-east-1", "x86_64")),
                (
                    "ami-0fedcba9876543210".to_owned(),
                    image("us-east-1", "arm64"),
                ),
            ]),
            subnets: BTreeMap::from([
                (SUBNET.to_owned(), subnet("us-east-1a")),
                ("subnet-0b1b2c3d".to_owned(), subnet("us-east-1b")),
            ]),
            groups: BTreeMap::from([(GROUP.to_owned(), group)]),
            keys: BTreeSet::from([("us-east-1".to_owned(), "team".to_owned())]),
            profiles: BTreeSet::from(["wharf-run".to_owned()]),
            withheld: BTreeSet::new(),
            exhausted: BTreeSet::new(),
            quota: None,
            tokens: BTreeMap::new(),
        }
    }
}

impl Ground {
    /// The type of this name.
    pub(in crate::demo) fn kind(name: &str) -> Option<Kind> {
        KINDS.into_iter().find(|kind| kind.0 == name)
    }

    /// Whether a zone offers a type.
    pub(in crate::demo) fn offers(&self, kind: &str, zone: &str) -> bool {
        let pair = (kind.to_owned(), zone.to_owned());
        Self::kind(kind).is_some() && !self.withheld.contains(&pair)
    }
}

impl Cloud {
    /// Adds an image, or takes the place of the one of this id.
    pub fn set_image(&self, id: &str, image: Image) {
        self.settled().ground.images.insert(id.to_owned(), image);
    }

    /// Adds a subnet, or takes the place of the one of this id.
    pub fn set_subnet(&self, id: &str, subnet: Subnet) {
        self.settled().ground.subnets.insert(id.to_owned(), subnet);
    }

    /// A zone does not offer a type from here on.
    pub fn withhold(&self, kind: &str, zone: &str) {
        let pair = (kind.to_owned(), zone.to_owned());
        self.settled().ground.withheld.insert(pair);
    }

    /// No zone has room for a type from here on.
    pub fn exhaust(&self, kind: &str) {
        self.settled().ground.exhausted.insert(kind.to_owned());
    }

    /// So many processors may run at once from here on.
    pub fn set_quota(&self, processors: u32) {
        self.settled().ground.quota = Some(processors);
    }
}
