//! How a large listing is shared by many readers: where it is cut, guessed from the keys seen so far without a question,
//! and how many requests that takes. A wrong guess costs at most one request a range, never a key: the ranges cover
//! everything, without overlap.

use std::collections::VecDeque;

use super::key::Key;

/// Full pages after which a listing counts as large.
pub const LARGE: usize = 6;
/// Readers at once.
pub const READERS: usize = 8;
/// How many bytes before the first one that changed are varied as well.
const DEPTH: usize = 2;

/// What a listing told so far.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    pages: usize,
    first: Option<Key>,
    first_of_page: Option<Key>,
    last: Option<Key>,
}

impl Seen {
    /// Takes the next page: its first and its last key, `None` of an empty one.
    pub fn take(&mut self, ends: Option<(&Key, &Key)>) {
        self.pages += 1;
        if let Some((first, last)) = ends {
            self.first.get_or_insert_with(|| first.clone());
            self.first_of_page = Some(first.clone());
            self.last = Some(last.clone());
        }
    }

    /// How many pages it was told in.
    pub fn pages(&self) -> usize {
        self.pages
    }

    /// The last key.
    pub fn last(&self) -> Option<&Key> {
        self.last.as_ref()
    }

    /// Keys behind the last one at which the rest is cut, ascending: fewer than `READERS`, and only such as are `inside`.
    pub fn cuts(&self, inside: impl Fn(&Key) -> bool) -> Vec<Key> {
        let (Some(first), Some(of_page), Some(last)) =
            (&self.first, &self.first_of_page, &self.last)
        else {
            return Vec::new();
        };
        let mut cuts = guesses(first, last);
        cuts.extend(guesses(of_page, last));
        cuts.retain(|key| key > last && inside(key));
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

/// Counts the requests that listing these keys will take, each told once and in order.
#[derive(Debug)]
pub struct Requests {
    /// Keys of a full page.
    page: u64,
    /// Keys of the page that is being filled, or of the range.
    keys: u64,
    /// The first key of this page, and the last of a full one.
    ends: [Option<Key>; 2],
    seen: Seen,
    /// Where the ranges end that are still to be read, once it turned out to be large.
    cuts: Option<VecDeque<Key>>,
    asked: u64,
}

impl Requests {
    /// Nothing so far, of a store whose pages hold so many keys.
    pub fn of_pages(page: u64) -> Self {
        Self {
            page: page.max(1),
            keys: 0,
            ends: [None, None],
            seen: Seen::default(),
            cuts: None,
            asked: 0,
        }
    }

    /// Takes the next key.
    pub fn add(&mut self, key: &Key) {
        if self.cuts.is_none() && self.keys == self.page {
            self.turn();
        }
        if let Some(cuts) = &mut self.cuts {
            while cuts.pop_front_if(|cut| key > cut).is_some() {
                // That a range is over shows in what follows it.
                self.asked += self.keys / self.page + 1;
                self.keys = 0;
            }
            self.keys += 1;
            return;
        }
        let [first, last] = &mut self.ends;
        if self.keys == 0 {
            *first = Some(key.clone());
        }
        self.keys += 1;
        if self.keys == self.page {
            *last = Some(key.clone());
        }
    }

    /// A page is full, and more follows.
    fn turn(&mut self) {
        let [first, last] = &self.ends;
        self.seen.take(first.as_ref().zip(last.as_ref()));
        self.asked += 1;
        self.keys = 0;
        if self.seen.pages() == LARGE {
            self.cuts = Some(self.seen.cuts(|_| true).into());
        }
    }

    /// How many requests it takes, now that all is told.
    pub fn total(&self) -> u64 {
        let last = self.keys.div_ceil(self.page).max(1);
        let empty = self.cuts.as_ref().map_or(0, VecDeque::len) as u64;
        self.asked + last + empty
    }
}
