//! Which rows are shown: by sign and by text. Each folder counts the entries below it that pass (`hits`),
//! so that it hides itself when there are none and comes back when one arrives.

use std::{mem::size_of, ops::Range};

use crate::domain::{
    needle::{Finder, Needle},
    text::printable,
    tree::{
        NodeId, Tree,
        folder::SignSet,
        nodes::{Nodes, ROOT},
        state::{Flag, State},
    },
};

/// What a person wants to see.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Show {
    /// Only entries that bear one of these; `None` shows all, those without a verdict too.
    pub signs: Option<SignSet>,
    /// Only entries in whose name, or a folder's above, this is found (`Needle::typed`).
    pub text: String,
}

/// A `Show` at work.
#[derive(Debug)]
pub(super) struct Filter {
    show: Show,
    /// The text of `show`.
    needle: Needle,
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
        let matched = above || self.needle.finds(nodes.name(id));
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

/// Tells where a filter's text stands in names.
pub(super) struct Marker<'t> {
    needle: &'t Needle,
    finder: Finder,
}

impl Marker<'_> {
    /// Where it stands in a name, once that is made printable.
    pub(super) fn places(&mut self, name: &[u8]) -> Vec<Range<usize>> {
        self.needle.places(&printable(name), &mut self.finder)
    }
}

impl Tree {
    /// Shows only what passes; folders stay where anything below them does. Settles.
    pub fn set_show(&mut self, show: Show) {
        self.filter = None;
        if show != Show::default() {
            let mut filter = Filter {
                needle: Needle::typed(&show.text),
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

    /// What marks the text of the filter in names, while there is one.
    pub(super) fn marker(&self) -> Option<Marker<'_>> {
        let filter = self.filter.as_ref()?;
        (!filter.show.text.is_empty()).then(|| Marker {
            needle: &filter.needle,
            finder: Finder::default(),
        })
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
