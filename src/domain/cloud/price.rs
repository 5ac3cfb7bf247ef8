//! What an hour costs: `assets/instances.toml`, dated. What is not exactly in the table is an estimate, and says so.

use std::{collections::BTreeMap, sync::LazyLock};

use serde::Deserialize;

use super::resource::{Snapshot, Volume};

/// Hours of a month, as AWS counts them.
const HOURS: f64 = 730.0;

/// An amount of US dollars, and whether it is only about right.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Price {
    /// US dollars.
    pub amount: f64,
    /// Whether it is an estimate.
    pub estimate: bool,
}

impl Price {
    /// An amount that somebody told.
    pub fn exact(amount: f64) -> Self {
        Self {
            amount,
            estimate: false,
        }
    }

    /// So many times as much.
    #[must_use]
    pub fn times(self, factor: f64) -> Self {
        Self {
            amount: self.amount * factor,
            ..self
        }
    }

    /// Both together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            amount: self.amount + other.amount,
            estimate: self.estimate || other.estimate,
        }
    }
}

/// The price table.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rates {
    /// Year and month of the figures.
    pub dated: String,
    base: Vec<String>,
    families: BTreeMap<String, f64>,
    types: BTreeMap<String, f64>,
    regions: BTreeMap<String, f64>,
    volumes: BTreeMap<String, f64>,
    rest: Rest,
    managed: BTreeMap<String, f64>,
}

/// What has one price.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rest {
    snapshot: f64,
    address: f64,
    nat: f64,
}

static EMBEDDED: LazyLock<Rates> = LazyLock::new(|| {
    toml::from_str(include_str!("../../../assets/instances.toml")).unwrap_or_default()
});

impl Rates {
    /// The table that comes with the program.
    pub fn embedded() -> &'static Self {
        &EMBEDDED
    }

    /// An hour of a type on demand; `None` where the table has no price for it, and for other systems than Linux.
    pub fn instance(&self, kind: &str, region: &str, platform: &str) -> Option<Price> {
        if !platform.is_empty() && platform != "Linux/UNIX" {
            return None;
        }
        let listed = self.types.get(kind).copied();
        let amount = listed.or_else(|| self.of_family(kind))?;
        Some(self.in_region(amount, region))
    }

    /// An hour of a volume; a kind that is not in the table reads as gp3, about.
    pub fn volume(&self, volume: &Volume) -> Price {
        let listed = self.volumes.get(&*volume.kind).copied();
        let month = listed.or_else(|| self.volumes.get("gp3").copied());
        let amount = month.unwrap_or_default() * volume.gib as f64;
        let price = self.of_month(amount, &volume.region);
        Price {
            estimate: price.estimate || listed.is_none(),
            ..price
        }
    }

    /// An hour of a snapshot, at most: it holds changed blocks only.
    pub fn snapshot(&self, snapshot: &Snapshot) -> Price {
        let amount = self.rest.snapshot * snapshot.gib as f64;
        Price {
            amount: self.of_month(amount, &snapshot.region).amount,
            estimate: true,
        }
    }

    /// An hour of a public address.
    pub fn address(&self) -> Price {
        Price::exact(self.rest.address)
    }

    /// An hour of a NAT gateway, without what it carries.
    pub fn nat(&self, region: &str) -> Price {
        self.in_region(self.rest.nat, region)
    }

    /// What AWS asks for something that it runs; what the table does not know is nothing, about.
    pub(super) fn of(&self, name: &str) -> f64 {
        self.managed.get(name).copied().unwrap_or_default()
    }

    /// An hour of what costs so much a month.
    pub(super) fn of_month(&self, amount: f64, region: &str) -> Price {
        self.in_region(amount / HOURS, region)
    }

    fn of_family(&self, kind: &str) -> Option<f64> {
        let (family, size) = kind.split_once('.')?;
        Some(self.families.get(family)? * larges(size)?)
    }

    pub(super) fn in_region(&self, amount: f64, region: &str) -> Price {
        if self.base.iter().any(|base| base == region) {
            return Price::exact(amount);
        }
        Price {
            amount: amount * self.regions.get(region).copied().unwrap_or(1.0),
            estimate: true,
        }
    }
}

/// How many times `large` a size is; `None` for sizes that are no multiple.
fn larges(size: &str) -> Option<f64> {
    Some(match size {
        "nano" => 0.0625,
        "micro" => 0.125,
        "small" => 0.25,
        "medium" => 0.5,
        "large" => 1.0,
        "xlarge" => 2.0,
        _ => {
            let times: u16 = size.strip_suffix("xlarge")?.parse().ok()?;
            f64::from(times) * 2.0
        }
    })
}

#[cfg(test)]
mod tests {
    use super::{Price, Rates};

    fn is(price: Option<Price>, amount: f64, estimate: bool) {
        let price = price.unwrap();
        assert!(
            (price.amount - amount).abs() < 1e-6,
            "{price:?} for {amount}"
        );
        assert_eq!(price.estimate, estimate);
    }

    #[test]
    fn the_table_that_comes_along_is_whole() {
        let rates: Rates = toml::from_str(include_str!("../../../assets/instances.toml")).unwrap();
        assert_eq!(&rates, Rates::embedded());
        assert!(rates.families.len() > 30 && rates.volumes.len() == 7);
        assert!(
            rates
                .regions
                .keys()
                .all(|region| !rates.base.contains(region))
        );
    }

    #[test]
    fn a_type_has_its_price_or_that_of_its_family_and_size() {
        let rates = Rates::embedded();
        let linux = |kind, region| rates.instance(kind, region, "Linux/UNIX");
        is(linux("g5.xlarge", "us-east-1"), 1.006, false);
        is(linux("t3.nano", "us-east-2"), 0.0052, false);
        is(linux("c5.24xlarge", "us-west-2"), 4.08, false);
        is(linux("m5.large", "ap-southeast-2"), 0.12, true);
        is(linux("m5.large", "mars-1"), 0.096, true);
        assert_eq!(linux("m5.metal", "us-east-1"), None);
        assert_eq!(linux("zz.large", "us-east-1"), None);
        assert_eq!(rates.instance("m5.large", "us-east-1", "Windows"), None);
    }
}
