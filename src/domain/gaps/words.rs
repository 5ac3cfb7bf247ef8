//! Rules in words: for one name ("name begins with "M"") and for many ("begin with "M"").

use humansize::{BINARY, format_size};
use jiff::{Timestamp, tz::TimeZone};

use crate::domain::{gaps::Kind, key::Key};

/// A peculiar kind of characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Charset {
    /// Any character beyond ASCII.
    NonAscii,
    /// Characters in a composition that is not NFC.
    NotNfc,
    /// A space.
    Space,
    /// `+` or `%`, which URLs treat in their own way.
    PlusOrPercent,
    /// A control character.
    Control,
}

impl Charset {
    pub(super) const ALL: [Self; 5] = [
        Self::NonAscii,
        Self::NotNfc,
        Self::Space,
        Self::PlusOrPercent,
        Self::Control,
    ];

    pub(super) const fn bit(self) -> u8 {
        1 << self as u8
    }

    fn words(self) -> &'static str {
        match self {
            Self::NonAscii => "characters beyond ASCII",
            Self::NotNfc => "characters that are not composed as NFC",
            Self::Space => "a space",
            Self::PlusOrPercent => "\"+\" or \"%\"",
            Self::Control => "control characters",
        }
    }
}

/// The edge of a page of 1,000 keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Edge {
    /// Its first key.
    First,
    /// Its last key.
    Last,
}

impl Edge {
    pub(super) fn holds(self, position: usize) -> bool {
        position % 1000 == if self == Self::First { 0 } else { 999 }
    }
}

/// A closed interval of values, with the nearest values outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Band {
    /// The least value in it.
    pub low: i64,
    /// The greatest value in it.
    pub high: i64,
    /// The greatest value of any name below it.
    pub below: Option<i64>,
    /// The least value of any name above it.
    pub above: Option<i64>,
}

impl Band {
    /// Whether the band begins at `limit`: all names below it are smaller, all in it are not.
    pub fn begins_at(&self, limit: i64) -> bool {
        self.low >= limit && self.below.is_some_and(|below| below < limit)
    }
}

/// What the missing share.
#[derive(Debug, Clone, PartialEq)]
pub enum Trait {
    /// The first letter of the name.
    FirstLetter(Box<str>),
    /// Lies in this folder or below.
    Folder(Key),
    /// Lies in or below a folder of this name.
    FolderName(Box<str>),
    /// Has this extension, without the dot; `None` has none.
    Extension(Option<Box<str>>),
    /// Storage class.
    Class(Box<str>),
    /// Contains such characters.
    Charset(Charset),
    /// Has so many folders above.
    Depth(u32),
    /// 0 bytes.
    Empty,
    /// A folder marker.
    Marker,
    /// Stands at a page's edge in the listing.
    PageEdge(Edge),
    /// Bytes.
    Size(Band),
    /// Seconds since 1970.
    Modified(Band),
    /// A run of the listing.
    Position {
        /// Places, from 0.
        band: Band,
        /// The first key of the run.
        first: Key,
        /// The last key of the run.
        last: Key,
    },
}

impl Trait {
    /// What kind of rule it makes.
    pub fn kind(&self) -> Kind {
        match self {
            Self::FirstLetter(_) => Kind::FirstLetter,
            Self::Folder(_) => Kind::Folder,
            Self::FolderName(_) => Kind::FolderName,
            Self::Extension(_) => Kind::Extension,
            Self::Class(_) => Kind::Class,
            Self::Charset(_) => Kind::Charset,
            Self::Depth(_) => Kind::Depth,
            Self::Empty => Kind::Empty,
            Self::Marker => Kind::Marker,
            Self::PageEdge(_) => Kind::PageEdge,
            Self::Size(_) => Kind::Size,
            Self::Modified(_) => Kind::Modified,
            Self::Position { .. } => Kind::Position,
        }
    }

    /// Said of one name: `name begins with "M"`.
    pub fn of_one(&self) -> String {
        let verb = match self {
            Self::FirstLetter(_) => "name begins with",
            Self::Folder(_) | Self::FolderName(_) => "lies in",
            Self::Extension(_) => "has",
            Self::Class(_) | Self::Size(_) | Self::Empty | Self::Marker | Self::PageEdge(_) => "is",
            Self::Charset(_) => "key contains",
            Self::Depth(_) => "lies below",
            Self::Modified(_) => "was modified",
            Self::Position { .. } => "stands in the listing",
        };
        format!("{verb} {}", self.object())
    }

    /// Said of many: `begin with "M"`.
    pub fn of_many(&self) -> String {
        let verb = match self {
            Self::FirstLetter(_) => "begin with",
            Self::Folder(_) | Self::FolderName(_) => "lie in",
            Self::Extension(_) => "have",
            Self::Class(_) | Self::Size(_) | Self::Empty | Self::Marker | Self::PageEdge(_) => {
                "are"
            }
            Self::Charset(_) => "contain",
            Self::Depth(_) => "lie below",
            Self::Modified(_) => "were modified",
            Self::Position { .. } => "stand in the listing",
        };
        format!("{verb} {}", self.object())
    }

    fn object(&self) -> String {
        match self {
            Self::FirstLetter(letter) => format!("\"{letter}\""),
            Self::Folder(folder) => format!("\"{}\"", folder.printable()),
            Self::FolderName(name) => format!("folders named \"{name}\""),
            Self::Extension(Some(extension)) => format!("the extension \".{extension}\""),
            Self::Extension(None) => "no extension".to_owned(),
            Self::Class(class) => format!("of class {class}"),
            Self::Charset(charset) => charset.words().to_owned(),
            Self::Depth(1) => "exactly 1 folder".to_owned(),
            Self::Depth(depth) => format!("exactly {depth} folders"),
            Self::Empty => "empty (0 bytes)".to_owned(),
            Self::Marker => "folder markers".to_owned(),
            Self::PageEdge(Edge::First) => "first on a page of 1,000 keys".to_owned(),
            Self::PageEdge(Edge::Last) => "last on a page of 1,000 keys".to_owned(),
            Self::Size(band) => size(band),
            Self::Modified(band) => time(band),
            Self::Position { band, first, last } => match (band.below, band.above) {
                (_, None) => format!("from \"{}\" to the end", first.printable()),
                (None, Some(_)) => format!("from the beginning to \"{}\"", last.printable()),
                (Some(_), Some(_)) => {
                    format!("from \"{}\" to \"{}\"", first.printable(), last.printable())
                }
            },
        }
    }
}

fn size(band: &Band) -> String {
    let bytes = |value: i64| format_size(value.unsigned_abs(), BINARY);
    match (band.below, band.above) {
        _ if band.low == band.high => format!("of exactly {}", bytes(band.low)),
        (Some(below), None) => format!("of {} and more", bytes(round_limit(below, band.low))),
        (None, _) => format!("of {} and less", bytes(band.high)),
        (Some(_), Some(_)) => format!("of {} to {}", bytes(band.low), bytes(band.high)),
    }
}

/// The roundest number above `below` and not above `low`: the limit that was probably meant.
fn round_limit(below: i64, low: i64) -> i64 {
    let steps = (0..62).rev().map(|power| 1_i64 << power);
    steps
        .map(|step| low / step * step)
        .find(|&limit| limit > below)
        .unwrap_or(low)
}

fn time(band: &Band) -> String {
    let text = |seconds: i64, pattern: &str| {
        let moment = Timestamp::from_second(seconds).unwrap_or_default();
        moment.to_zoned(TimeZone::UTC).strftime(pattern).to_string()
    };
    let full = "%Y-%m-%d %H:%M:%S";
    let (low, high) = (text(band.low, full), text(band.high, full));
    let day = text(band.low, "%Y-%m-%d");
    match (band.below, band.above) {
        _ if band.low == band.high => format!("at {low} UTC"),
        _ if high.starts_with(&day) => format!(
            "on {day} between {} and {} UTC",
            text(band.low, "%H:%M:%S"),
            text(band.high, "%H:%M:%S")
        ),
        (Some(_), None) => format!("at {low} UTC or later"),
        (None, Some(_)) => format!("at {high} UTC or earlier"),
        _ => format!("between {low} and {high} UTC"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_told_as_the_round_number_that_was_meant() {
        let gib = 1 << 30;
        let band = Band {
            low: 5 * gib + 1234,
            high: 9 * gib,
            below: Some(4 * gib + 5),
            above: None,
        };
        assert_eq!(Trait::Size(band).of_many(), "are of 5 GiB and more");
        assert!(band.begins_at(5 * gib));
        assert!(!band.begins_at(4 * gib));
    }

    #[test]
    fn times_of_one_day_name_it_once() {
        let band = Band {
            low: 1_767_949_200,
            high: 1_767_952_800,
            below: Some(0),
            above: None,
        };
        assert_eq!(
            Trait::Modified(band).of_one(),
            "was modified on 2026-01-09 between 09:00:00 and 10:00:00 UTC"
        );
    }
}
