//! What AWS runs for an account beside its instances, and bills: load balancers, Auto Scaling groups, file systems, log groups,
//! endpoints of SageMaker. One noun for all, because who looks for ghost costs treats them alike.

use jiff::Timestamp;

use super::{
    instance::Tag,
    price::{Price, Rates},
};

/// Bytes that AWS bills as one GB.
const GIB: f64 = 1_073_741_824.0;
const MIB: f64 = 1_048_576.0;

/// Something that AWS runs.
#[derive(Debug, Clone, PartialEq)]
pub struct Managed {
    /// What tells it from its like in its region: a name, an id, `app/NAME/ID` of a balancer.
    pub id: Box<str>,
    /// Its region.
    pub region: Box<str>,
    /// Its name, where its id is none.
    pub name: Box<str>,
    /// What it is.
    pub what: What,
    /// When it was made.
    pub created: Option<Timestamp>,
    /// Its tags; `None` where nobody tells them.
    pub tags: Option<Vec<Tag>>,
}

/// What it is, with what its price depends on.
#[derive(Debug, Clone, PartialEq)]
pub enum What {
    /// A load balancer.
    Balancer {
        /// `application`, `network`, `gateway` or `classic`.
        kind: Box<str>,
        /// The allocation ids of its addresses.
        addresses: Vec<Box<str>>,
    },
    /// An Auto Scaling group: its instances cost, and it launches them again.
    Group {
        /// Its instances.
        instances: Vec<Box<str>>,
        /// How many it wants.
        wanted: u64,
    },
    /// A file system of EFS.
    Efs(Efs),
    /// A file system of FSx.
    Fsx(Fsx),
    /// A backup of a file system of FSx.
    Backup(Backup),
    /// A group of CloudWatch Logs.
    Logs {
        /// Bytes that it keeps.
        bytes: u64,
        /// For how many days; `None` is for ever.
        days: Option<u64>,
    },
    /// An endpoint of SageMaker, with the types of its machines and how many of each.
    Endpoint(Vec<(Box<str>, u64)>),
}

/// A file system of EFS.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Efs {
    /// Bytes that are read often.
    pub standard: u64,
    /// Bytes that are read now and then.
    pub infrequent: u64,
    /// Bytes that are hardly read.
    pub archive: u64,
    /// Whether it stands in one zone.
    pub one_zone: bool,
    /// MiB/s that are paid for whether they are used or not.
    pub provisioned: u64,
    /// Its mount targets: they go before it.
    pub mounts: u64,
}

/// A file system of FSx.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Fsx {
    /// `LUSTRE`, `WINDOWS`, `ONTAP` or `OPENZFS`.
    pub kind: Box<str>,
    /// `SSD`, `HDD`, ….
    pub storage: Box<str>,
    /// GiB that are paid for.
    pub gib: u64,
    /// MB/s that are paid for; a Lustre's are in its storage.
    pub throughput: u64,
}

/// A backup of a file system of FSx.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Backup {
    /// The id of its file system, which may be gone.
    pub of: Box<str>,
    /// `LUSTRE`, `WINDOWS`, ….
    pub kind: Box<str>,
    /// Bytes that it keeps; `None` where AWS does not tell.
    pub bytes: Option<u64>,
    /// GiB that its file system was made with: the most that it keeps.
    pub gib: u64,
    /// Whether it was made by the clock: such a one goes with its file system.
    pub automatic: bool,
}

impl Rates {
    /// An hour of something that AWS runs, without what goes through it.
    pub fn managed(&self, one: &Managed) -> Price {
        let month = match &one.what {
            What::Balancer { kind, .. } => {
                let price = self.of(&format!("balancer_{kind}"));
                return self.in_region(price, &one.region);
            }
            What::Group { .. } => return Price::default(),
            What::Endpoint(machines) => return self.endpoint(machines, &one.region),
            What::Efs(efs) => self.efs(efs),
            What::Fsx(fsx) => self.fsx(fsx),
            What::Backup(backup) => backup.gib() * self.of("fsx_backup"),
            What::Logs { bytes, .. } => gib(*bytes) * self.of("logs"),
        };
        about(self.of_month(month, &one.region))
    }

    fn efs(&self, efs: &Efs) -> f64 {
        let often = if efs.one_zone { "efs_one_zone" } else { "efs" };
        gib(efs.standard) * self.of(often)
            + gib(efs.infrequent) * self.of("efs_infrequent")
            + gib(efs.archive) * self.of("efs_archive")
            + efs.provisioned as f64 * self.of("efs_throughput")
    }

    fn fsx(&self, fsx: &Fsx) -> f64 {
        let kind = fsx.kind.to_lowercase();
        let disks = if *fsx.storage == *"HDD" { "_hdd" } else { "" };
        fsx.gib as f64 * self.of(&format!("fsx_{kind}{disks}"))
            + fsx.throughput as f64 * self.of(&format!("fsx_{kind}_throughput"))
    }

    /// A machine of SageMaker costs more than the instance that it is.
    fn endpoint(&self, machines: &[(Box<str>, u64)], region: &str) -> Price {
        let all = machines.iter().map(|(kind, count)| {
            let kind = kind.strip_prefix("ml.").unwrap_or(kind);
            let price = self.instance(kind, region, "").unwrap_or_default();
            price.times(self.of("sagemaker") * *count as f64)
        });
        about(all.fold(Price::default(), Price::and))
    }
}

impl Backup {
    /// What is billed, in GiB; where its bytes are not told, as much as its file system could hold.
    fn gib(&self) -> f64 {
        self.bytes.map_or(self.gib as f64, gib)
    }
}

fn about(price: Price) -> Price {
    Price {
        estimate: true,
        ..price
    }
}

fn gib(bytes: u64) -> f64 {
    bytes as f64 / GIB
}

/// So many bytes, for a person: `12.4 GiB`, `0.3 MiB`.
fn size(bytes: u64) -> String {
    let (amount, unit) = if gib(bytes) < 0.1 {
        (bytes as f64 / MIB, "MiB")
    } else {
        (gib(bytes), "GiB")
    };
    format!("{amount:.1} {unit}")
}

impl Managed {
    /// What it is, in words. What stands in it is foreign.
    pub fn about(&self) -> String {
        match &self.what {
            What::Balancer { kind, .. } => format!("{kind}, and what it carries"),
            What::Group { instances, wanted } => {
                let has = instances.len();
                format!("launches again what ends: {has} of {wanted} instances")
            }
            What::Efs(efs) => {
                let all = efs.standard + efs.infrequent + efs.archive;
                let mounts = match efs.mounts {
                    0 => String::new(),
                    1 => ", 1 mount target goes with it".to_owned(),
                    n => format!(", {n} mount targets go with it"),
                };
                format!("{}{mounts}", size(all))
            }
            What::Fsx(fsx) => {
                let backup = match &*fsx.kind {
                    "WINDOWS" | "OPENZFS" => ", leaves a last backup",
                    _ => "",
                };
                format!("{} GiB {} {}{backup}", fsx.gib, fsx.kind, fsx.storage)
            }
            What::Backup(backup) => {
                let held = match backup.bytes {
                    Some(bytes) => size(bytes),
                    None => format!("at most {} GiB", backup.gib),
                };
                let with = if backup.automatic {
                    ", goes with it"
                } else {
                    ""
                };
                format!("{held} of {} {}{with}", backup.kind, backup.of)
            }
            What::Logs { bytes, days } => {
                let kept = match days {
                    Some(days) => format!("kept {days} days"),
                    None => "kept for ever".to_owned(),
                };
                format!("{}, {kept}", size(*bytes))
            }
            What::Endpoint(machines) => {
                let told = machines.iter();
                let told: Vec<String> = told
                    .map(|(kind, count)| format!("{count} {kind}"))
                    .collect();
                match told.as_slice() {
                    [] => "its machines are not known".to_owned(),
                    told => told.join(", "),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Backup, Efs, Fsx, Managed, Rates, What};

    fn hour(what: What) -> f64 {
        let one = Managed {
            id: "x".into(),
            region: "us-east-1".into(),
            name: "".into(),
            what,
            created: None,
            tags: None,
        };
        assert!(!one.about().is_empty());
        Rates::embedded().managed(&one).amount
    }

    #[test]
    fn each_has_its_price() {
        let gib = |n: u64| n << 30;
        let balancer = |kind: &str| What::Balancer {
            kind: kind.into(),
            addresses: Vec::new(),
        };
        let fsx = |kind: &str, storage: &str, throughput| {
            What::Fsx(Fsx {
                kind: kind.into(),
                storage: storage.into(),
                gib: 730,
                throughput,
            })
        };
        for (what, wanted) in [
            (balancer("application"), 0.0225),
            (balancer("network"), 0.0225),
            (balancer("gateway"), 0.0125),
            (
                What::Efs(Efs {
                    standard: gib(730),
                    infrequent: gib(730),
                    archive: gib(730),
                    ..Efs::default()
                }),
                0.30 + 0.0165 + 0.008,
            ),
            (
                What::Efs(Efs {
                    standard: gib(730),
                    one_zone: true,
                    provisioned: 73,
                    ..Efs::default()
                }),
                0.16 + 0.6,
            ),
            (fsx("LUSTRE", "SSD", 0), 0.145),
            (fsx("LUSTRE", "HDD", 0), 0.025),
            (fsx("WINDOWS", "SSD", 73), 0.13 + 0.22),
            (fsx("ONTAP", "SSD", 73), 0.125 + 0.072),
            (fsx("OPENZFS", "SSD", 73), 0.09 + 0.026),
            (
                What::Logs {
                    bytes: gib(73),
                    days: None,
                },
                0.003,
            ),
            (What::Endpoint(vec![("ml.m5.large".into(), 2)]), 0.24),
            (
                What::Group {
                    instances: Vec::new(),
                    wanted: 2,
                },
                0.0,
            ),
        ] {
            is_about(&what, wanted);
        }
    }

    #[test]
    fn a_backup_costs_what_it_holds_or_at_most_what_its_files_could() {
        let backup = |bytes| {
            What::Backup(Backup {
                bytes,
                gib: 730,
                ..Backup::default()
            })
        };
        is_about(&backup(Some(73 << 30)), 0.005);
        is_about(&backup(None), 0.05);
    }

    fn is_about(what: &What, wanted: f64) {
        let told = hour(what.clone());
        assert!((told - wanted).abs() < 1e-6, "{told} for {what:?}");
    }

    #[test]
    fn a_classic_balancer_costs_more_than_its_heirs() {
        let kind = "classic".into();
        let addresses = Vec::new();
        is_about(&What::Balancer { kind, addresses }, 0.025);
    }
}
