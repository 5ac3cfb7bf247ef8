//! Content that stands under several keys: told by size and ETag, which S3 makes of the content. Used by the layout.

use std::{
    collections::{BTreeMap, HashMap, hash_map::RandomState},
    hash::BuildHasher,
    sync::Arc,
};

use crate::domain::{
    entry::{Facts, Tally},
    estimate::Prices,
};

/// The most contents that are kept apart; beyond them nothing is told.
const MOST: usize = 2_000_000;

/// Contents as they come, one by one.
#[derive(Debug, Clone, Default)]
pub struct Copies {
    hasher: RandomState,
    /// Size and a hash of the ETag, and under how many keys it stood so far.
    seen: HashMap<(u64, u64), u32>,
    /// What stands again, by class: all but the first of each content.
    again: BTreeMap<Option<Arc<str>>, Tally>,
    contents: u64,
    full: bool,
}

/// What stands under several keys.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Again {
    /// How many contents do.
    pub contents: u64,
    /// The objects beyond the first of each.
    pub extra: Tally,
    /// What those cost a month, US dollars.
    pub month: f64,
}

impl Copies {
    /// Takes one object; without an ETag, or empty, it is not looked at.
    pub fn add(&mut self, facts: &Facts) {
        let Some(etag) = facts.etag().filter(|_| facts.size > 0 && !self.full) else {
            return;
        };
        let content = (facts.size, self.hasher.hash_one(etag));
        let times = self.seen.entry(content).or_insert(0);
        *times += 1;
        match *times {
            1 => {}
            times => {
                self.contents += u64::from(times == 2);
                let class = facts.class().map(Into::into);
                self.again.entry(class).or_default().add(facts.size);
            }
        }
        if self.seen.len() > MOST {
            *self = Self {
                full: true,
                ..Self::default()
            };
        }
    }

    /// What stands under several keys; `None` where no content could be told apart.
    pub fn told(&self) -> Option<Again> {
        if self.seen.is_empty() {
            return None;
        }
        let mut extra = Tally::default();
        let mut month = 0.0;
        for (class, tally) in &self.again {
            extra.objects += tally.objects;
            extra.bytes += tally.bytes;
            month += Prices::embedded()
                .of(None, class.as_deref())
                .month(tally.bytes);
        }
        Some(Again {
            contents: self.contents,
            extra,
            month,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::entry::{Identity, Kind, ObjectId};

    fn object(size: u64, etag: Option<&str>) -> Facts {
        Facts {
            kind: Kind::Object,
            size,
            modified: None,
            identity: Identity::Object(ObjectId {
                etag: etag.map(Into::into),
                class: Some("STANDARD".into()),
                ..ObjectId::default()
            }),
        }
    }

    #[test]
    fn a_content_under_three_keys_stands_twice_too_often() {
        let mut copies = Copies::default();
        assert_eq!(copies.told(), None);
        let gib = 1 << 30;
        for facts in [
            object(gib, Some("a")),
            object(gib, Some("b")),
            object(gib, Some("a")),
            object(5, Some("a")),
            object(gib, Some("a")),
            object(gib, None),
            object(0, Some("e")),
            object(0, Some("e")),
        ] {
            copies.add(&facts);
        }
        let told = copies.told().unwrap();
        assert_eq!(
            (told.contents, told.extra.objects, told.extra.bytes),
            (1, 2, 2 * gib)
        );
        assert!((told.month - 0.046).abs() < 1e-9, "{}", told.month);
    }

    #[test]
    fn what_stands_once_is_told_as_nothing() {
        let mut copies = Copies::default();
        copies.add(&object(3, Some("a")));
        assert_eq!(copies.told().unwrap().extra.objects, 0);
    }
}
