//! Marks: a mark on a folder means all below it, now and later; no mark lies below another one.

use crate::domain::{
    key::Key,
    side::Side,
    tree::{NodeId, Totals, Tree, nodes::ROOT, state::Flag},
};

/// Whether a row is marked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Mark {
    /// It is not.
    #[default]
    No,
    /// It is, or a folder above it is.
    Yes,
    /// Something below it is.
    Partly,
}

impl Tree {
    /// Whether a row is marked.
    pub fn mark_of(&self, id: NodeId) -> Mark {
        if self.marked_above(id.0).is_some() {
            Mark::Yes
        } else if self.marks_below(id.0) > 0 {
            Mark::Partly
        } else {
            Mark::No
        }
    }

    /// Marks a row, or unmarks it; one below a marked folder leaves its neighbours marked.
    pub fn toggle_mark(&mut self, id: NodeId) {
        match self.marked_above(id.0) {
            None => self.set_mark(id.0),
            Some(above) => self.except(above, id.0),
        }
    }

    /// Marks what is shown and unmarked, unmarks what is shown and marked.
    pub fn invert_marks(&mut self) {
        if self.nodes.has(ROOT, Flag::Marked) {
            self.except(ROOT, ROOT);
        } else {
            self.invert(ROOT);
        }
    }

    /// Unmarks everything.
    pub fn clear_marks(&mut self) {
        self.clear_mark(ROOT);
    }

    /// What is marked, in key order; a folder stands for all below it.
    pub fn marked_keys(&self) -> Vec<Key> {
        let mut keys = Vec::new();
        let mut waiting = vec![ROOT];
        while let Some(at) = waiting.pop() {
            if self.nodes.has(at, Flag::Marked) {
                keys.push(self.key_of(NodeId(at)));
            } else if self.marks_below(at) > 0 {
                waiting.extend(self.below(at).into_iter().rev());
            }
        }
        keys
    }

    /// Everything that is marked; marked folders count themselves too.
    pub fn marked_totals(&self) -> Totals {
        self.marked
    }

    /// Takes the mark from a row and from all below it.
    pub(super) fn clear_mark(&mut self, id: u32) {
        if self.nodes.has(id, Flag::Marked) {
            self.put_mark(id, false);
        } else if self.marks_below(id) > 0 {
            for child in self.below(id) {
                self.clear_mark(child);
            }
        }
    }

    fn set_mark(&mut self, id: u32) {
        self.clear_mark(id);
        self.put_mark(id, true);
    }

    /// Unmarks `id`, which lies at or below the marked `above`, and marks all around it in its stead.
    fn except(&mut self, above: u32, id: u32) {
        self.put_mark(above, false);
        let mut at = id;
        while at != above {
            let parent = self.nodes.parent(at);
            for sibling in self
                .below(parent)
                .into_iter()
                .filter(|&sibling| sibling != at)
            {
                self.put_mark(sibling, true);
            }
            at = parent;
        }
    }

    fn invert(&mut self, id: u32) {
        for child in self.below(id) {
            if !self.passes(child) {
                continue;
            }
            let folder = self
                .nodes
                .folder(child)
                .is_some_and(|folder| !self.folders[folder].children.is_empty());
            if self.nodes.has(child, Flag::Marked) {
                self.put_mark(child, false);
            } else if folder && (self.filter.is_some() || self.marks_below(child) > 0) {
                self.invert(child);
            } else {
                self.put_mark(child, true);
            }
        }
    }

    fn put_mark(&mut self, id: u32, on: bool) {
        self.nodes.put(id, Flag::Marked, on);
        let step = if on { 1 } else { -1 };
        let mut at = id;
        while at != ROOT {
            at = self.nodes.parent(at);
            if let Some(folder) = self.nodes.folder(at) {
                let marked = &mut self.folders[folder].marked;
                *marked = marked.saturating_add_signed(step);
            }
        }
        let totals = self.totals_of(NodeId(id));
        let own = if self.nodes.folder(id).is_some() && id != ROOT {
            self.present(id)
        } else {
            [false; 2]
        };
        let moved = |sum: u64, part: u64| if on { sum + part } else { sum - part };
        for side in Side::BOTH {
            let at = side.index();
            let folders = totals.folders[at] + u64::from(own[at]);
            self.marked.objects[at] = moved(self.marked.objects[at], totals.objects[at]);
            self.marked.folders[at] = moved(self.marked.folders[at], folders);
            self.marked.bytes[at] = moved(self.marked.bytes[at], totals.bytes[at]);
        }
    }

    /// The marked row at or above `id`.
    fn marked_above(&self, id: u32) -> Option<u32> {
        let mut at = id;
        while !self.nodes.has(at, Flag::Marked) {
            if at == ROOT {
                return None;
            }
            at = self.nodes.parent(at);
        }
        Some(at)
    }

    fn marks_below(&self, id: u32) -> u32 {
        self.nodes
            .folder(id)
            .map_or(0, |folder| self.folders[folder].marked)
    }

    fn below(&self, id: u32) -> Vec<u32> {
        self.nodes
            .folder(id)
            .map(|folder| self.folders[folder].children.clone())
            .unwrap_or_default()
    }
}
