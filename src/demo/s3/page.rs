//! One page of keys in byte order: prefix, delimiter and limit over an ordered map. All listings are cut from it.

use std::collections::{BTreeMap, btree_map};
use std::ops::Bound;
use std::sync::Arc;

/// Which keys are wanted.
#[derive(Debug, Clone, Default)]
pub(super) struct Query {
    pub prefix: String,
    pub delimiter: String,
    pub after: After,
    pub limit: usize,
}

/// Where a page begins.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum After {
    /// At the first key.
    #[default]
    Start,
    /// Behind this key.
    Key(String),
    /// Behind every key that begins with this prefix.
    Prefix(String),
}

/// A page: entries and common prefixes, in one order.
#[derive(Debug)]
pub(super) struct Page<'a, V> {
    pub entries: Vec<(&'a Arc<str>, &'a V)>,
    pub prefixes: Vec<String>,
    /// Where the next page begins, when there is more.
    pub next: Option<After>,
}

impl<'a, V> Page<'a, V> {
    /// Cuts a page out of `keys`, seeing only entries that `shows`.
    pub(super) fn cut(
        keys: &'a BTreeMap<Arc<str>, V>,
        query: &Query,
        shows: impl Fn(&V) -> bool,
    ) -> Self {
        let mut page = Page {
            entries: Vec::new(),
            prefixes: Vec::new(),
            next: None,
        };
        let mut last = query.after.clone();
        let mut range = from(keys, query.begin().as_ref());
        while let Some((key, value)) = range.next() {
            if !key.starts_with(&query.prefix) {
                break;
            }
            if !shows(value) {
                continue;
            }
            let rolled = query.rolled_up(key);
            if let Some(told) = rolled.filter(|prefix| query.told(prefix)) {
                range = from(keys, behind(told).as_ref());
                continue;
            }
            if page.entries.len() + page.prefixes.len() >= query.limit {
                page.next = (query.limit > 0).then_some(last);
                break;
            }
            last = match rolled {
                None => {
                    page.entries.push((key, value));
                    After::Key(key.to_string())
                }
                Some(prefix) => {
                    range = from(keys, behind(prefix).as_ref());
                    page.prefixes.push(prefix.to_owned());
                    After::Prefix(prefix.to_owned())
                }
            };
        }
        page
    }
}

impl Query {
    fn begin(&self) -> Option<Bound<String>> {
        match &self.after {
            After::Key(key) if *key >= self.prefix => Some(Bound::Excluded(key.clone())),
            After::Start | After::Key(_) => Some(Bound::Included(self.prefix.clone())),
            After::Prefix(prefix) => behind(prefix),
        }
    }

    /// The common prefix that `key` is rolled up into, if any.
    fn rolled_up<'k>(&self, key: &'k str) -> Option<&'k str> {
        if self.delimiter.is_empty() {
            return None;
        }
        let rest = key.strip_prefix(&self.prefix)?;
        let at = rest.find(&self.delimiter)?;
        key.get(..self.prefix.len() + at + self.delimiter.len())
    }

    /// Whether a common prefix was told before: a version 1 marker may be one.
    fn told(&self, prefix: &str) -> bool {
        matches!(&self.after, After::Key(key) if key == prefix)
    }
}

/// The first text behind everything that begins with `prefix`; `None` when there is none.
fn behind(prefix: &str) -> Option<Bound<String>> {
    let mut kept = prefix.to_owned();
    while let Some(last) = kept.pop() {
        if let Some(next) = (last..=char::MAX).nth(1) {
            kept.push(next);
            return Some(Bound::Included(kept));
        }
    }
    None
}

/// The entries from `begin` on.
fn from<'k, V>(
    keys: &'k BTreeMap<Arc<str>, V>,
    begin: Option<&Bound<String>>,
) -> btree_map::Range<'k, Arc<str>, V> {
    let begin = begin.map(|bound| bound.as_ref().map(String::as_str));
    match begin {
        Some(begin) => keys.range::<str, _>((begin, Bound::Unbounded)),
        None => btree_map::Range::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn map(keys: &[&str]) -> BTreeMap<Arc<str>, u8> {
        keys.iter().map(|key| (Arc::from(*key), 0)).collect()
    }

    /// All pages one after the other, at most `limit` things each.
    fn walk(keys: &BTreeMap<Arc<str>, u8>, mut query: Query) -> (Vec<String>, Vec<String>) {
        let (mut entries, mut prefixes) = (Vec::new(), Vec::new());
        loop {
            let page = Page::cut(keys, &query, |_| true);
            entries.extend(page.entries.iter().map(|(key, _)| key.to_string()));
            prefixes.extend(page.prefixes);
            match page.next {
                Some(next) => query.after = next,
                None => return (entries, prefixes),
            }
        }
    }

    fn query(prefix: &str, limit: usize) -> Query {
        Query {
            prefix: prefix.to_owned(),
            delimiter: "/".to_owned(),
            limit,
            after: After::Start,
        }
    }

    #[test]
    fn folders_are_rolled_up_and_files_beside_them_stay() {
        let keys = map(&["a", "a-b", "a/", "a/b", "a/b/c", "a0", "b/x", "ä/y"]);
        for limit in 1..6 {
            let (entries, prefixes) = walk(&keys, query("", limit));
            assert_eq!(entries, ["a", "a-b", "a0"]);
            assert_eq!(prefixes, ["a/", "b/", "ä/"]);
            let (entries, prefixes) = walk(&keys, query("a/", limit));
            assert_eq!(
                (entries, prefixes),
                (
                    vec!["a/".to_owned(), "a/b".to_owned()],
                    vec!["a/b/".to_owned()]
                )
            );
        }
    }

    #[test]
    fn a_marker_inside_a_folder_still_shows_it_but_the_folder_itself_does_not() {
        let keys = map(&["a/b", "a/c", "b"]);
        let after = |key: &str| Query {
            after: After::Key(key.to_owned()),
            ..query("", 10)
        };
        assert_eq!(walk(&keys, after("a/b")).1, ["a/"]);
        assert!(walk(&keys, after("a/")).1.is_empty());
    }

    #[test]
    fn nothing_lies_behind_the_last_character() {
        assert_eq!(behind("a\u{10FFFF}"), Some(Bound::Included("b".to_owned())));
        assert_eq!(
            behind("\u{D7FF}"),
            Some(Bound::Included("\u{E000}".to_owned()))
        );
        assert_eq!(behind("\u{10FFFF}"), None);
    }

    proptest! {
        #[test]
        fn pages_of_any_size_tell_what_a_plain_scan_finds(
            keys in proptest::collection::btree_set("[a/b\u{10FFFF}é]{1,5}", 0..40),
            prefix in "[a/b]{0,2}",
            limit in 1_usize..7,
        ) {
            let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
            let (entries, prefixes) = walk(&map(&keys), query(&prefix, limit));
            let below = || keys.iter().filter_map(|key| Some((*key, key.strip_prefix(prefix.as_str())?)));
            let plain: Vec<String> = below().filter(|(_, rest)| !rest.contains('/')).map(|(key, _)| key.to_owned()).collect();
            let mut rolled: Vec<String> = below()
                .filter_map(|(_, rest)| Some(format!("{prefix}{}/", rest.split_once('/')?.0)))
                .collect();
            rolled.dedup();
            prop_assert_eq!(entries, plain);
            prop_assert_eq!(prefixes, rolled);
        }
    }
}
