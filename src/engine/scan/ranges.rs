//! Where a large listing is cut so that many readers share it: guessed from the keys seen so far, without a question.
//! A wrong guess costs at most one request a range, never a key: the ranges cover everything, without overlap.

use crate::backend::store::ListQuery;
use crate::domain::{entry::Page, key::Key};

/// Readers at once.
pub(super) const READERS: usize = 8;
/// How many bytes before the first one that changed are varied as well.
const DEPTH: usize = 2;

/// What a listing told so far.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pages: usize,
    first: Option<Key>,
    first_of_page: Option<Key>,
    last: Option<Key>,
}

impl Seen {
    pub(super) fn take(&mut self, page: &Page) {
        self.pages += 1;
        let (Some(first), Some(last)) = (page.entries.first(), page.entries.last()) else {
            return;
        };
        self.first.get_or_insert_with(|| first.key.clone());
        self.first_of_page = Some(first.key.clone());
        self.last = Some(last.key.clone());
    }

    pub(super) fn pages(&self) -> usize {
        self.pages
    }

    /// The rest of `query`, cut into ranges in key order; one alone where nothing can be guessed.
    pub(super) fn ranges(&self, query: &ListQuery) -> Vec<ListQuery> {
        let mut start = self.last.clone();
        let mut ranges = Vec::new();
        for cut in self.cuts(query) {
            ranges.push(ListQuery {
                start_after: start.replace(cut.clone()),
                end: Some(cut),
                ..query.clone()
            });
        }
        ranges.push(ListQuery {
            start_after: start,
            ..query.clone()
        });
        ranges
    }

    /// Keys behind the last one at which the rest is cut, ascending.
    fn cuts(&self, query: &ListQuery) -> Vec<Key> {
        let (Some(first), Some(of_page), Some(last)) =
            (&self.first, &self.first_of_page, &self.last)
        else {
            return Vec::new();
        };
        let mut cuts = guesses(first, last);
        cuts.extend(guesses(of_page, last));
        let inside = |key: &Key| {
            key > last
                && key.as_bytes().starts_with(query.folder.as_bytes())
                && query.end.as_ref().is_none_or(|end| key < end)
        };
        cuts.retain(inside);
        cuts.sort();
        cuts.dedup();
        evenly(&cuts, READERS - 1)
    }
}

/// Keys behind `last` that share its beginning up to about where it differs from `first`: if those keys went from
/// `…/Ab` to `…/Ce`, the rest may go on with `…/D` to `…/Z`.
fn guesses(first: &Key, last: &Key) -> Vec<Key> {
    let (first, last) = (first.as_bytes(), last.as_bytes());
    let common = first.iter().zip(last).take_while(|(a, b)| a == b).count();
    let mut cuts = Vec::new();
    for at in common.saturating_sub(DEPTH)..=common {
        let (Some(before), Some(&byte)) = (last.get(..at), last.get(at)) else {
            continue;
        };
        let next = following(byte).map(|byte| Key::new([before, &[byte]].concat()));
        cuts.extend(next);
    }
    cuts
}

/// The bytes that may follow this one in names of its kind: digits after a digit, letters after a letter.
fn following(byte: u8) -> std::ops::RangeInclusive<u8> {
    let last = match byte {
        b'0'..=b'9' => b'9',
        b'A'..=b'Z' => b'Z',
        b'a'..=b'z' => b'z',
        _ => byte,
    };
    byte.saturating_add(1)..=last
}

/// At most `most` of these, evenly spaced.
fn evenly(cuts: &[Key], most: usize) -> Vec<Key> {
    if cuts.len() <= most {
        return cuts.to_vec();
    }
    let chosen = (1..=most).filter_map(|number| cuts.get(number * cuts.len() / (most + 1)));
    chosen.cloned().collect()
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::{READERS, Seen};
    use crate::backend::store::ListQuery;
    use crate::domain::{
        entry::{Entry, Facts, Page},
        key::Key,
    };

    fn seen(keys: &[&str]) -> Seen {
        let mut seen = Seen::default();
        for pair in keys.chunks(2) {
            let entry = |key: &&str| Entry {
                key: Key::from(*key),
                facts: Facts::folder(),
            };
            seen.take(&Page {
                entries: pair.iter().map(entry).collect(),
                end: None,
            });
        }
        seen
    }

    #[test]
    fn cuts_follow_the_names() {
        let seen = seen(&[
            "raw/Abra.png",
            "raw/Bulba.png",
            "raw/Char.png",
            "raw/Dodu.png",
        ]);
        let ranges = seen.ranges(&ListQuery::default());
        let ends: Vec<_> = ranges
            .iter()
            .filter_map(|range| range.end.clone())
            .collect();
        assert_eq!(ends.len(), READERS - 1);
        assert!(
            ends.iter()
                .filter(|end| end.as_bytes().starts_with(b"raw/"))
                .count()
                >= 4
        );
    }

    #[test]
    fn names_without_a_guess_are_read_by_one() {
        let ranges = seen(&["\u{e9}/a", "\u{e9}/\u{fc}"]).ranges(&ListQuery::default());
        assert_eq!(ranges.len(), 1);
        assert_eq!(ranges[0].start_after, Some(Key::from("\u{e9}/\u{fc}")));
    }

    proptest! {
        #[test]
        fn ranges_cover_everything_behind_the_last_key_once(
            mut keys in vec("[a-c/0-3é]{1,5}", 1..8),
            probe in "[a-d/0-4é]{0,5}",
        ) {
            keys.sort();
            keys.dedup();
            let names: Vec<&str> = keys.iter().map(String::as_str).collect();
            let ranges = seen(&names).ranges(&ListQuery::default());
            let (probe, last) = (Key::from(&*probe), Key::from(names[names.len() - 1]));
            let holds = |range: &&ListQuery| {
                range.start_after.as_ref().is_none_or(|start| probe > *start)
                    && range.end.as_ref().is_none_or(|end| probe <= *end)
            };
            prop_assert_eq!(ranges.iter().filter(holds).count(), usize::from(probe > last));
            prop_assert!(ranges.len() <= READERS);
            for range in &ranges {
                prop_assert!(range.end.as_ref().is_none_or(|end| end.as_str().is_some()));
            }
        }
    }
}
