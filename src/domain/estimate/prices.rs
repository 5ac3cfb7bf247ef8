//! The price table: `assets/prices.toml`, dated, by groups of regions and by class. Everything told from it is an
//! estimate and is named so.

use std::{collections::BTreeMap, sync::LazyLock};

use serde::Deserialize;

use crate::domain::progress::Requests;

/// Bytes that S3 bills as one GB.
const GIB: f64 = 1_073_741_824.0;
const STANDARD: &str = "STANDARD";

/// Prices of S3, in US dollars.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prices {
    /// Year and month of the figures, to be told beside every estimate.
    pub dated: String,
    batch: Batch,
    group: Vec<Group>,
}

/// Prices of S3 Batch Operations, in every region.
#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Batch {
    job: f64,
    million: f64,
}

/// Prices of regions that ask the same, or nearly.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    regions: Vec<String>,
    to_internet: f64,
    to_region: f64,
    classes: BTreeMap<String, Class>,
}

/// Prices of one class.
#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Class {
    month: f64,
    put: f64,
    get: f64,
    #[serde(default)]
    retrieve: f64,
    #[serde(default)]
    minimum: u64,
    #[serde(default)]
    days: u32,
}

/// How S3 bills a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tier {
    Put,
    List,
    Get,
    Free,
}

/// What S3 bills an operation as, by its name.
fn tier(operation: &str) -> Tier {
    if operation.starts_with("List") {
        return Tier::List;
    }
    let of_jobs = ["CreateJob", "DescribeJob", "UpdateJobStatus"].contains(&operation);
    if of_jobs || operation.starts_with("Delete") || operation.starts_with("Abort") {
        return Tier::Free;
    }
    if operation.starts_with("Get") || operation.starts_with("Head") {
        return Tier::Get;
    }
    Tier::Put
}

static EMBEDDED: LazyLock<Prices> = LazyLock::new(|| {
    toml::from_str(include_str!("../../../assets/prices.toml")).unwrap_or_default()
});

impl Prices {
    /// The table that comes with the program.
    pub fn embedded() -> &'static Self {
        &EMBEDDED
    }

    /// Prices of a region and a class; a region that is not in the table, or none, reads as the first group, and a
    /// class that is not in it as STANDARD.
    pub fn of(&self, region: Option<&str>, class: Option<&str>) -> Tariff {
        let named = self.group.iter().find(|group| {
            group
                .regions
                .iter()
                .any(|name| Some(name.as_str()) == region)
        });
        let Some(group) = named.or(self.group.first()) else {
            return Tariff::default();
        };
        let standard = group.classes.get(STANDARD).copied().unwrap_or_default();
        let class = class
            .and_then(|class| group.classes.get(class))
            .copied()
            .unwrap_or(standard);
        Tariff {
            class,
            list: standard.put,
            to_internet: group.to_internet,
            to_region: group.to_region,
        }
    }

    /// So many jobs of S3 Batch Operations for so many objects, the requests of their copies left aside.
    pub fn of_jobs(&self, jobs: u64, objects: u64) -> f64 {
        jobs as f64 * self.batch.job + objects as f64 / 1e6 * self.batch.million
    }

    /// What requests cost by themselves, in a region and at STANDARD's prices.
    pub fn of_requests(&self, requests: &Requests, region: Option<&str>) -> f64 {
        self.of(region, None).requests(requests)
    }
}

/// What one region asks for one class, in US dollars.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Tariff {
    class: Class,
    list: f64,
    to_internet: f64,
    to_region: f64,
}

impl Tariff {
    /// The requests by themselves.
    pub fn requests(&self, requests: &Requests) -> f64 {
        let price = |operation: &str| match tier(operation) {
            Tier::Put => self.class.put,
            Tier::List => self.list,
            Tier::Get => self.class.get,
            Tier::Free => 0.0,
        };
        requests
            .by_operation
            .iter()
            .map(|(operation, n)| *n as f64 * price(operation) / 1000.0)
            .sum()
    }

    /// One object of `bytes` bytes, kept for a month.
    pub fn month(&self, bytes: u64) -> f64 {
        bytes.max(self.class.minimum) as f64 / GIB * self.class.month
    }

    /// The bytes that an object is billed for at least; 0 where that is its own size.
    pub fn minimum(&self) -> u64 {
        self.class.minimum
    }

    /// The days that an object is billed for at least, also where it is deleted or replaced before.
    pub fn days(&self) -> u32 {
        self.class.days
    }

    /// Bytes read out of the class.
    pub fn retrieval(&self, bytes: u64) -> f64 {
        bytes as f64 / GIB * self.class.retrieve
    }

    /// Bytes sent to the internet, the free ones of each month not considered.
    pub fn to_internet(&self, bytes: u64) -> f64 {
        bytes as f64 / GIB * self.to_internet
    }

    /// Bytes sent to another region.
    pub fn to_region(&self, bytes: u64) -> f64 {
        bytes as f64 / GIB * self.to_region
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_that_comes_along_is_whole() {
        let prices: Prices = toml::from_str(include_str!("../../../assets/prices.toml")).unwrap();
        assert_eq!(&prices, Prices::embedded());
        assert!(prices.dated.starts_with("20"));
        let mut regions = Vec::new();
        for group in &prices.group {
            regions.extend(&group.regions);
            assert!(
                group.classes.contains_key(STANDARD)
                    && group.to_internet > 0.0
                    && group.to_region > 0.0
            );
            for (name, class) in &group.classes {
                assert!(
                    (0.0005..0.05).contains(&class.month) && class.put >= 0.004 && class.get > 0.0,
                    "{name}"
                );
            }
        }
        let all = regions.len();
        regions.sort();
        regions.dedup();
        assert_eq!(regions.len(), all, "a region stands in one group");
    }

    #[test]
    fn regions_and_classes_have_their_prices() {
        let prices = Prices::embedded();
        let gib = 1 << 30;
        assert!((prices.of(None, None).month(gib) - 0.023).abs() < 1e-9);
        assert_eq!(
            prices.of(Some("mars-1"), Some("NEW")),
            prices.of(Some("us-east-2"), Some(STANDARD))
        );
        assert!((prices.of(Some("ap-northeast-1"), None).month(gib) - 0.025).abs() < 1e-9);
        assert!(
            (prices.of(None, Some("STANDARD_IA")).month(1) - 0.0125 / 8192.0).abs() < 1e-12,
            "128 KiB at least"
        );
    }

    #[test]
    fn requests_are_billed_by_their_tier() {
        let by_operation = [
            ("DeleteObjects", 9),
            ("GetObject", 1000),
            ("HeadObject", 1000),
            ("ListObjectsV2", 1000),
            ("PutObject", 1000),
        ];
        let by_operation = by_operation.map(|(name, n)| (name.into(), n)).to_vec();
        let cost = Prices::embedded().of_requests(&Requests { by_operation }, Some("us-east-1"));
        assert!((cost - (0.005 + 0.005 + 0.0004 + 0.0004)).abs() < 1e-9);
    }
}
