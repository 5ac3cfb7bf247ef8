//! What a location is made of: totals, and counts by letter, folder, extension, day, class or size.
//! Used by `ls --summarize` and `ls --count-by`.

use std::{collections::BTreeMap, fmt};

use humansize::{BINARY, format_size};
use jiff::{Timestamp, civil::Date, tz::TimeZone};

use crate::domain::{
    entry::{Facts, Kind, Tally},
    key::Key,
    name::{extension, first_letter},
    text::printable,
};

/// What entries are counted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Feature {
    /// First letter of the name.
    Letter,
    /// First folder below the location.
    Folder,
    /// Extension.
    Extension,
    /// Day of the last change, in UTC.
    Day,
    /// Storage class.
    Class,
    /// Size band.
    Size,
    /// How long before this time the last change was.
    Age(Timestamp),
}

/// A value of a feature; the order is the one to show them in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Value {
    /// The feature is not there: no folder, no extension, no time, no class told.
    None,
    /// A letter, folder, extension or class.
    Word(Box<[u8]>),
    /// A day.
    Day(Date),
    /// Sizes from the first number to below the second; the last band has no end.
    Band(u64, Option<u64>),
    /// The number of an age in `AGES`, youngest first.
    Age(u8),
}

impl fmt::Display for Value {
    /// The value for a terminal; `-` for none.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let size = |bytes: &u64| format_size(*bytes, BINARY.decimal_zeroes(0));
        match self {
            Self::None => f.write_str("-"),
            Self::Word(word) => f.write_str(&printable(word)),
            Self::Day(day) => day.fmt(f),
            Self::Band(_, Some(1)) => f.write_str("empty"),
            Self::Band(_, Some(end)) => write!(f, "below {}", size(end)),
            Self::Band(start, None) => write!(f, "{} and more", size(start)),
            Self::Age(at) => f.write_str(AGES.get(usize::from(*at)).map_or("years", |age| age.1)),
        }
    }
}

/// Ages in hours, and their words; what is older is counted in years.
const AGES: [(i64, &str); 4] = [
    (24, "below a day"),
    (24 * 7, "below a week"),
    (24 * 30, "below a month"),
    (24 * 365, "below a year"),
];

/// Ends of the size bands: sixteenfold from one to the next.
const BANDS: [u64; 8] = [
    1,
    1 << 8,
    1 << 12,
    1 << 16,
    1 << 20,
    1 << 24,
    1 << 28,
    1 << 32,
];

impl Feature {
    /// The value of this feature for one entry.
    pub fn of(self, key: &Key, facts: &Facts) -> Value {
        let word = |bytes: &[u8]| Value::Word(bytes.into());
        match self {
            Self::Letter => word(first_letter(key.name_bytes())),
            Self::Folder => {
                let slash = key.as_bytes().iter().position(|&byte| byte == b'/');
                slash
                    .and_then(|at| key.as_bytes().get(..=at))
                    .map_or(Value::None, word)
            }
            Self::Extension => extension(key.name_bytes()).map_or(Value::None, word),
            Self::Day => facts.modified.map_or(Value::None, |time| {
                Value::Day(time.to_zoned(TimeZone::UTC).date())
            }),
            Self::Class => facts
                .class()
                .map_or(Value::None, |class| word(class.as_bytes())),
            Self::Size => {
                let at = BANDS.partition_point(|&end| end <= facts.size);
                let start = at
                    .checked_sub(1)
                    .and_then(|before| BANDS.get(before))
                    .copied();
                Value::Band(start.unwrap_or(0), BANDS.get(at).copied())
            }
            Self::Age(now) => facts.modified.map_or(Value::None, |time| {
                let hours = now.duration_since(time).as_hours();
                let at = AGES.partition_point(|(end, _)| *end <= hours);
                Value::Age(u8::try_from(at).unwrap_or(u8::MAX))
            }),
        }
    }
}

/// Counts by one feature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    feature: Feature,
    tallies: BTreeMap<Value, Tally>,
}

impl Layout {
    /// Counts by `feature`, of nothing yet.
    pub fn by(feature: Feature) -> Self {
        Self {
            feature,
            tallies: BTreeMap::new(),
        }
    }

    /// Counts one entry, if it is an object.
    pub fn add(&mut self, key: &Key, facts: &Facts) {
        if facts.kind == Kind::Object {
            self.tallies
                .entry(self.feature.of(key, facts))
                .or_default()
                .add(facts.size);
        }
    }

    /// Values in their own order, each with its count.
    pub fn rows(&self) -> impl Iterator<Item = (&Value, Tally)> {
        self.tallies.iter().map(|(value, tally)| (value, *tally))
    }
}

/// Totals of a location.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// Objects or files, and their bytes.
    pub tally: Tally,
    /// Folders, those included that only keys below them imply.
    pub folders: u64,
    /// What cannot be moved: links, sockets, devices.
    pub others: u64,
    /// When the newest object was modified.
    pub newest: Option<Timestamp>,
    /// When the oldest object was modified.
    pub oldest: Option<Timestamp>,
    /// Bytes of the largest object.
    pub largest: u64,
    last: Option<Key>,
}

impl Summary {
    /// Counts one entry; entries come in key order.
    pub fn add(&mut self, key: &Key, facts: &Facts) {
        self.folders += self.new_folders(key);
        self.last = Some(key.clone());
        match facts.kind {
            Kind::Object => {
                self.tally.add(facts.size);
                self.largest = self.largest.max(facts.size);
                self.newest = self.newest.max(facts.modified);
                self.oldest = self.oldest.into_iter().chain(facts.modified).min();
            }
            Kind::Folder => {}
            Kind::Symlink | Kind::Special => self.others += 1,
        }
    }

    /// Folders on the way to `key` that were not on the way to the key before.
    fn new_folders(&self, key: &Key) -> u64 {
        let before = self.last.as_ref().map_or(&[][..], Key::as_bytes);
        let same = before
            .iter()
            .zip(key.as_bytes())
            .take_while(|(a, b)| a == b)
            .count();
        key.as_bytes()
            .iter()
            .skip(same)
            .filter(|&&byte| byte == b'/')
            .count() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::entry::{Identity, ObjectId};

    fn object(size: u64) -> Facts {
        let class = ObjectId {
            class: Some("STANDARD".into()),
            ..ObjectId::default()
        };
        Facts {
            kind: Kind::Object,
            size,
            modified: "2026-01-11T23:59:59Z".parse().ok(),
            identity: Identity::Object(class),
        }
    }

    fn counted(feature: Feature, entries: &[(&str, u64)]) -> Vec<(String, u64, u64)> {
        let mut layout = Layout::by(feature);
        for (key, size) in entries {
            layout.add(&Key::from(*key), &object(*size));
        }
        layout.add(&Key::from("folder/"), &Facts::folder());
        layout
            .rows()
            .map(|(value, tally)| (value.to_string(), tally.objects, tally.bytes))
            .collect()
    }

    #[test]
    fn entries_are_counted_by_each_feature() {
        let entries = [
            ("Mew.png", 0),
            ("raw/Meowth.png", 5000),
            ("raw/a/Abra", 1 << 33),
        ];
        let row = |text: &str, objects, bytes| (text.to_owned(), objects, bytes);
        assert_eq!(
            counted(Feature::Letter, &entries),
            [row("A", 1, 1 << 33), row("M", 2, 5000)]
        );
        assert_eq!(
            counted(Feature::Folder, &entries),
            [row("-", 1, 0), row("raw/", 2, (1 << 33) + 5000)]
        );
        assert_eq!(
            counted(Feature::Extension, &entries),
            [row("-", 1, 1 << 33), row("png", 2, 5000)]
        );
        assert_eq!(
            counted(Feature::Day, &entries),
            [row("2026-01-11", 3, (1 << 33) + 5000)]
        );
        assert_eq!(
            counted(Feature::Class, &entries),
            [row("STANDARD", 3, (1 << 33) + 5000)]
        );
        assert_eq!(
            counted(Feature::Size, &entries),
            [
                row("empty", 1, 0),
                row("below 64 KiB", 1, 5000),
                row("4 GiB and more", 1, 1 << 33)
            ]
        );
    }

    #[test]
    fn a_summary_counts_implied_folders_once() {
        let mut summary = Summary::default();
        for (key, facts) in [
            ("a", object(1)),
            ("a/", Facts::folder()),
            ("a/b/c", object(7)),
            ("a/b/d", object(2)),
            ("b//c", object(3)),
        ] {
            summary.add(&Key::from(key), &facts);
        }
        assert_eq!(
            (summary.tally.objects, summary.tally.bytes, summary.folders),
            (4, 13, 4)
        );
        assert_eq!((summary.largest, summary.oldest), (7, summary.newest));
        assert_eq!(summary.others, 0);
    }
}
