//! What S3 keeps of a run: what is stored at its places, and multipart uploads there that nobody finished.

use std::sync::Arc;

use jiff::Timestamp;

use crate::domain::{
    bucket::Holds, cloud::Price, estimate::Prices, key::Key, location::Location, text::printable,
};

use super::resource::{Keep, Kind, Origin, Resource, Target};

/// Hours of a month, as AWS counts them.
const HOURS: f64 = 730.0;
const MIB: f64 = 1_048_576.0;

/// What is stored at a place.
#[derive(Debug, Clone, PartialEq)]
pub struct Stored {
    /// Where.
    pub place: Location,
    /// The region of its bucket.
    pub region: Box<str>,
    /// By class.
    pub holds: Holds,
}

/// An upload that nobody finished; its parts are billed as if they were stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// The place at which it was found.
    pub place: Location,
    /// The region of its bucket.
    pub region: Box<str>,
    /// The key below that.
    pub key: Key,
    /// Its id.
    pub id: Arc<str>,
    /// When it began.
    pub began: Option<Timestamp>,
    /// Bytes of its parts; `None` where they were not counted.
    pub bytes: Option<u64>,
}

fn about(month: f64) -> Price {
    Price {
        amount: month / HOURS,
        estimate: true,
    }
}

fn size(bytes: u64) -> String {
    let mib = bytes as f64 / MIB;
    if mib < 1024.0 {
        format!("{mib:.1} MiB")
    } else {
        format!("{:.1} GiB", mib / 1024.0)
    }
}

impl Stored {
    /// As a resource: it costs, and stays, for it may be all that there is of a run.
    pub(super) fn resource(&self) -> Resource {
        let total = self.holds.total();
        let classes = self.holds.classes.iter().map(|(class, ..)| &**class);
        let classes: Vec<&str> = classes.collect();
        let objects = if total.objects == 1 {
            "object"
        } else {
            "objects"
        };
        let target = Target {
            kind: Kind::Storage,
            id: self.place.to_string().into(),
            region: self.region.clone(),
        };
        Resource {
            about: format!(
                "{} {objects}, {} {}",
                total.objects,
                size(total.bytes),
                classes.join(", ")
            ),
            price: about(self.holds.month()),
            origin: Origin::ThisRun,
            kept: Some(Keep::Data),
            ..Resource::gone(&target)
        }
    }
}

impl Pending {
    /// As a resource. Whether the run began it nobody tells.
    pub(super) fn resource(&self) -> Resource {
        let target = Target {
            kind: Kind::Upload,
            id: (&*self.id).into(),
            region: self.region.clone(),
        };
        let tariff = Prices::embedded().of(Some(&self.region), None);
        let told = self.bytes.map_or_else(
            || "its parts were not counted".to_owned(),
            |bytes| format!("{} in parts", size(bytes)),
        );
        Resource {
            name: printable(self.key.as_bytes()).into(),
            about: format!("below {}, {told}", self.place),
            price: about(tariff.month(self.bytes.unwrap_or_default())),
            since: self.began,
            origin: Origin::Unknown,
            ..Resource::gone(&target)
        }
    }
}
