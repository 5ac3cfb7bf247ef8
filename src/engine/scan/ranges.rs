//! The rest of a large listing as ranges that many readers share.

use crate::backend::store::ListQuery;
use crate::domain::{entry::Page, ranged::Seen};

/// Takes note of a page.
pub(super) fn take(seen: &mut Seen, page: &Page) {
    let ends = page.entries.first().zip(page.entries.last());
    seen.take(ends.map(|(first, last)| (&first.key, &last.key)));
}

/// What is left of `query` behind what was seen, cut into ranges in key order; one alone where nothing can be guessed.
pub(super) fn ranges(seen: &Seen, query: &ListQuery) -> Vec<ListQuery> {
    let cuts = seen.cuts(|key| {
        key.as_bytes().starts_with(query.folder.as_bytes())
            && query.end.as_ref().is_none_or(|end| key < end)
    });
    let mut start = seen.last().cloned();
    let mut ranges = Vec::new();
    for cut in cuts {
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

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::{Seen, ranges, take};
    use crate::backend::store::ListQuery;
    use crate::domain::{
        entry::{Entry, Facts, Page},
        key::Key,
        ranged::READERS,
    };

    fn seen(keys: &[&str]) -> Seen {
        let mut seen = Seen::default();
        for pair in keys.chunks(2) {
            let entry = |key: &&str| Entry {
                key: Key::from(*key),
                facts: Facts::folder(),
            };
            let page = Page {
                entries: pair.iter().map(entry).collect(),
                end: None,
            };
            take(&mut seen, &page);
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
        let ranges = ranges(&seen, &ListQuery::default());
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
        let seen = seen(&["\u{e9}/a", "\u{e9}/\u{fc}"]);
        let ranges = ranges(&seen, &ListQuery::default());
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
            let ranges = ranges(&seen(&names), &ListQuery::default());
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
