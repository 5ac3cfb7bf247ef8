//! What CloudWatch tells of a bucket without a listing: what it holds by class, once a day, and the requests of a day where the
//! bucket's request metrics are on.

use jiff::{SignedDuration, Timestamp};

use crate::domain::estimate::Prices;

/// What a metric of a bucket measures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Measured {
    /// Bytes of a kind of storage.
    Bytes(Box<str>),
    /// Objects of all kinds.
    Objects,
    /// Requests that a filter counts.
    Requests(Box<str>),
}

/// A value of a metric.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// What it measures.
    pub measured: Measured,
    /// The value.
    pub value: f64,
    /// When its period begins.
    pub at: Timestamp,
}

/// What CloudWatch tells of a bucket.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Metrics {
    /// Each kind of storage with its bytes and what they cost a month, US dollars; the dearest first.
    pub storage: Vec<(Box<str>, u64, f64)>,
    /// Objects of all kinds.
    pub objects: Option<u64>,
    /// The day that was measured; `None` where nothing was told yet, as in the first two days of a bucket.
    pub at: Option<Timestamp>,
    /// Requests of the day before the question, by the filter that counts them.
    pub requests: Vec<(Box<str>, u64)>,
}

impl Metrics {
    /// From the values of the last days, in any order: of what is measured once a day the newest counts.
    pub fn of(readings: &[Reading], now: Timestamp, (prices, region): (&Prices, &str)) -> Self {
        let mut told = Self::default();
        let mut newest: Vec<&Reading> = Vec::new();
        for reading in readings {
            if let Measured::Requests(filter) = &reading.measured {
                told.count(filter, reading, now);
                continue;
            }
            let known = newest
                .iter_mut()
                .find(|one| one.measured == reading.measured);
            match known {
                Some(known) if known.at < reading.at => *known = reading,
                Some(_) => {}
                None => newest.push(reading),
            }
        }
        for reading in newest {
            told.at = told.at.max(Some(reading.at));
            match &reading.measured {
                Measured::Objects => told.objects = Some(whole(reading.value)),
                Measured::Bytes(kind) => {
                    let bytes = whole(reading.value);
                    let month = prices.of(Some(region), Some(class(kind))).month(bytes);
                    told.storage.push((kind.clone(), bytes, month));
                }
                Measured::Requests(_) => {}
            }
        }
        told.storage
            .sort_by(|a, b| b.2.total_cmp(&a.2).then_with(|| a.0.cmp(&b.0)));
        told.requests.sort();
        told
    }

    fn count(&mut self, filter: &str, reading: &Reading, now: Timestamp) {
        if reading.at < now - SignedDuration::from_hours(24) {
            return;
        }
        let known = self.requests.iter_mut().find(|(name, _)| **name == *filter);
        match known {
            Some((_, sum)) => *sum += whole(reading.value),
            None => self.requests.push((filter.into(), whole(reading.value))),
        }
    }

    /// Bytes of all kinds.
    pub fn bytes(&self) -> u64 {
        self.storage.iter().map(|(_, bytes, _)| bytes).sum()
    }

    /// What storage alone costs a month, US dollars.
    pub fn month(&self) -> f64 {
        self.storage.iter().map(|(.., month)| month).sum()
    }
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float becomes the nearest number that there is"
)]
fn whole(value: f64) -> u64 {
    value.round() as u64
}

/// The storage class that a kind of storage is billed as: a class may have several, for its tiers and its overheads.
fn class(kind: &str) -> &'static str {
    let classes = [
        ("IntelligentTiering", "INTELLIGENT_TIERING"),
        ("StandardIA", "STANDARD_IA"),
        ("OneZoneIA", "ONEZONE_IA"),
        ("ReducedRedundancy", "REDUCED_REDUNDANCY"),
        ("GlacierIR", "GLACIER_IR"),
        ("GlacierInstantRetrieval", "GLACIER_IR"),
        ("Glacier", "GLACIER"),
        ("DeepArchive", "DEEP_ARCHIVE"),
        ("Express", "EXPRESS_ONEZONE"),
    ];
    let found = classes.iter().find(|(start, _)| kind.starts_with(start));
    found.map_or("STANDARD", |(_, class)| class)
}

#[cfg(test)]
mod tests {
    use super::{Measured, Metrics, Prices, Reading, SignedDuration, Timestamp};

    #[test]
    fn the_newest_day_counts_and_the_requests_of_one_day_are_summed() {
        let now = Timestamp::UNIX_EPOCH + SignedDuration::from_hours(100);
        let reading = |measured, value, hours| Reading {
            measured,
            value,
            at: now - SignedDuration::from_hours(hours),
        };
        let standard = || Measured::Bytes("StandardStorage".into());
        let all = || Measured::Requests("EntireBucket".into());
        let readings = [
            reading(standard(), 2e9, 30),
            reading(standard(), 1e9, 54),
            reading(Measured::Bytes("DeepArchiveStorage".into()), 1e9, 30),
            reading(Measured::Objects, 7.0, 30),
            reading(all(), 5.0, 23),
            reading(all(), 6.0, 1),
            reading(all(), 99.0, 25),
        ];
        let told = Metrics::of(&readings, now, (Prices::embedded(), "us-east-1"));
        assert_eq!((told.bytes(), told.objects), (3_000_000_000, Some(7)));
        assert_eq!(&*told.storage[0].0, "StandardStorage");
        assert!(told.storage[0].2 > 10.0 * told.storage[1].2);
        assert_eq!(told.requests, [("EntireBucket".into(), 11)]);
        assert_eq!(told.at, Some(readings[0].at));
    }
}
