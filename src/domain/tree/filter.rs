//! Which rows are shown: by sign and by text. Each folder counts the entries below it that pass (`hits`),
//! so that it hides itself when there are none and comes back when one arrives.

use std::{mem::size_of, ops::Range};

use crate::domain::tree::{
    NodeId, Tree,
    folder::SignSet,
    nodes::{Nodes, ROOT},
    state::{Flag, State},
};

/// What a person wants to see.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Show {
    /// Only entries that bear one of these; `None` shows all, those without a verdict too.
    pub signs: Option<SignSet>,
    /// Only entries whose name, or a folder above, contains this; letters match both cases unless one is a capital.
    pub text: String,
}

/// A `Show` at work.
#[derive(Debug)]
pub(super) struct Filter {
    show: Show,
    /// For each row: the entries at and below it that pass.
    hits: Vec<u32>,
}

impl Filter {
    /// Whether an entry in this state passes.
    pub(super) fn takes(&self, state: State) -> bool {
        let sign = |set: SignSet| state.sign().is_some_and(|sign| set.contains(sign));
        state.has(Flag::Matched) && self.show.signs.is_none_or(sign)
    }

    /// Whether a row is shown.
    pub(super) fn shows(&self, id: u32) -> bool {
        self.hits[id as usize] > 0
    }

    /// Gives a new row its place, and tells whether the text finds it.
    pub(super) fn admit(&mut self, nodes: &mut Nodes, id: u32) {
        self.hits.push(0);
        let above = id != ROOT && nodes.has(nodes.parent(id), Flag::Matched);
        // The root's name is empty: it matches an empty text only.
        let matched = above || finds(&self.show.text, nodes.name(id));
        nodes.put(id, Flag::Matched, matched);
    }

    /// Replaces what a row adds to the count at `id`.
    pub(super) fn move_hits(&mut self, id: u32, before: u32, after: u32) {
        let hits = &mut self.hits[id as usize];
        *hits = *hits + after - before;
    }

    pub(super) fn memory(&self) -> usize {
        self.hits.capacity() * size_of::<u32>()
    }
}

impl Tree {
    /// Shows only what passes; folders stay where anything below them does. Settles.
    pub fn set_show(&mut self, show: Show) {
        self.filter = None;
        if show != Show::default() {
            let mut filter = Filter {
                show,
                hits: Vec::with_capacity(self.nodes.len()),
            };
            for id in self.all_rows() {
                filter.admit(&mut self.nodes, id);
            }
            self.filter = Some(filter);
            self.count_hits();
        }
        self.rearrange();
    }

    /// Opens the folders above what the filter lets through, where that is at most `most` entries; returns those that
    /// were closed. A folder whose own name is found stays as it is. Settles.
    pub fn open_matches(&mut self, most: u64) -> Vec<NodeId> {
        let mut opened = Vec::new();
        if self.matching().is_none_or(|count| count > most) {
            return opened;
        }
        let mut folders = vec![ROOT];
        while let Some(folder) = folders.pop() {
            let id = NodeId(folder);
            if !self.is_expanded(id) {
                self.expand(id);
                opened.push(id);
            }
            let inside = |&&id: &&u32| {
                let found = self.nodes.has(id, Flag::Matched);
                self.passes(id) && !found && !self.children(id).is_empty()
            };
            folders.extend(self.children(folder).iter().filter(inside));
        }
        opened
    }

    /// What is shown now.
    pub fn show(&self) -> Show {
        self.filter
            .as_ref()
            .map(|filter| filter.show.clone())
            .unwrap_or_default()
    }

    /// Entries that pass the filter; `None` while there is none.
    pub fn matching(&self) -> Option<u64> {
        self.filter
            .as_ref()
            .map(|filter| filter.hits[ROOT as usize].into())
    }

    /// Whether a row is shown, be its folder open or not.
    pub fn is_shown(&self, id: NodeId) -> bool {
        self.passes(id.0)
    }

    pub(super) fn passes(&self, id: u32) -> bool {
        !self.nodes.has(id, Flag::Gone)
            && self.filter.as_ref().is_none_or(|filter| filter.shows(id))
    }

    /// Where the text of the filter stands in `name`, which is a row's name made printable.
    pub(super) fn match_ranges(&self, name: &str) -> Vec<Range<usize>> {
        match &self.filter {
            Some(filter) if !filter.show.text.is_empty() => {
                ranges(&filter.show.text, name.as_bytes()).collect()
            }
            Some(_) | None => Vec::new(),
        }
    }

    /// Numbers of all rows, parents before children.
    pub(super) fn all_rows(&self) -> Range<u32> {
        0..u32::try_from(self.nodes.len()).unwrap_or(u32::MAX)
    }

    /// Counts afresh what passes: each row tells its parent, children before parents.
    fn count_hits(&mut self) {
        for id in self.all_rows().rev() {
            let own = self.share(id).hits;
            let Some(filter) = &mut self.filter else {
                return;
            };
            filter.hits[id as usize] += own;
            let hits = filter.hits[id as usize];
            if id != ROOT {
                filter.hits[self.nodes.parent(id) as usize] += hits;
            }
        }
    }
}

/// Whether `text` stands in `name`; letters match both cases unless one of them is a capital.
pub fn finds(text: &str, name: &[u8]) -> bool {
    text.is_empty() || ranges(text, name).next().is_some()
}

/// Where `text` stands in `name`, without overlaps.
fn ranges<'n>(text: &'n str, name: &'n [u8]) -> impl Iterator<Item = Range<usize>> + 'n {
    let exact = text.chars().any(char::is_uppercase);
    let text = text.as_bytes();
    let mut from = 0;
    std::iter::from_fn(move || {
        let same = |part: &[u8]| {
            if exact {
                part == text
            } else {
                part.eq_ignore_ascii_case(text)
            }
        };
        let start = from + name.get(from..)?.windows(text.len()).position(same)?;
        from = start + text.len();
        Some(start..from)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capitals_in_the_text_make_it_exact() {
        assert!(finds("mew", b"Mewtwo.png"));
        assert!(finds("Mew", b"Mewtwo.png"));
        assert!(!finds("MEW", b"Mewtwo.png"));
        assert!(finds("", b"x"));
        assert_eq!(ranges("aa", b"aaaAx").collect::<Vec<_>>(), [0..2, 2..4]);
    }
}
