//! What is visible: every open folder counts the rows below its open children, so that a row is found by its
//! number, and a number by its row, in steps that grow with the depth and the logarithm of a folder's width.

use std::{
    collections::BinaryHeap,
    mem::{size_of, size_of_val},
};

use crate::domain::tree::{NodeId, Tree, nodes::ROOT, state::Flag};

/// What is drawn below an open folder.
#[derive(Debug, Default)]
pub(super) struct View {
    /// Its children as sorted and filtered; `None` while they stand as the folder keeps them.
    pub(super) shown: Option<Box<[u32]>>,
    /// The open ones among the shown, in order.
    stops: Box<[Stop]>,
    /// How many children have a view, shown or not.
    pub(super) open: u32,
    /// Rows below when it was last put in order: what the folder above counted.
    rows: u32,
}

/// An open child. A tree has fewer than 2³² rows, so that each count fits.
#[derive(Debug, Clone, Copy)]
struct Stop {
    /// Its place among the shown.
    index: u32,
    /// Rows below the open children before it.
    before: u32,
    /// Rows below it.
    rows: u32,
}

impl View {
    /// A view that is yet to be put in order, of a folder with so many open children.
    pub(super) fn of(open: u32) -> Self {
        Self {
            open,
            ..Self::default()
        }
    }

    /// Rows below the open children in front of place `index`.
    fn rows_before(&self, index: usize) -> usize {
        let at = self
            .stops
            .partition_point(|stop| (stop.index as usize) < index);
        at.checked_sub(1).map_or(0, |at| {
            self.stops[at].before as usize + self.stops[at].rows as usize
        })
    }

    /// The child in whose range a row lies, and how far below it: 0 for the child itself.
    fn seek(&self, row: usize) -> (usize, usize) {
        let wide = |stop: &Stop| [stop.index, stop.before, stop.rows].map(|n| n as usize);
        let at = self.stops.partition_point(|stop| {
            let [index, before, _] = wide(stop);
            index + before <= row
        });
        let Some([index, before, rows]) = at.checked_sub(1).map(|at| wide(&self.stops[at])) else {
            return (row, 0);
        };
        let past = row - index - before;
        if past <= rows {
            (index, past)
        } else {
            (index + past - rows, 0)
        }
    }

    pub(super) fn memory(&self) -> usize {
        let shown = self.shown.as_deref().map_or(0, size_of_val);
        size_of::<Self>() + shown + size_of_val(&*self.stops)
    }
}

impl Tree {
    /// How many rows are visible, all folders opened as they are.
    pub fn len_visible(&self) -> usize {
        self.rows_below(ROOT)
    }

    /// The row at a place in the visible order.
    pub fn node_at(&self, position: usize) -> Option<NodeId> {
        let path = self.locate(position);
        path.last()
            .and_then(|&(folder, index)| self.shown(folder).get(index))
            .map(|&id| NodeId(id))
    }

    /// Where a row stands in the visible order; `None` for one that is filtered out or below a closed folder.
    pub fn position_of(&self, id: NodeId) -> Option<usize> {
        let mut position = 0;
        let mut at = id.0;
        while at != ROOT {
            let parent = self.nodes.parent(at);
            let index = self.index_of(parent, at).ok()?;
            position += index + self.view(parent)?.rows_before(index) + usize::from(parent != ROOT);
            at = parent;
        }
        (id.0 != ROOT).then_some(position)
    }

    /// Where a cursor on a row should stand: there, else on the closed folder above, else on its next neighbour.
    pub fn position_near(&self, id: NodeId) -> Option<usize> {
        let last = self.len_visible().checked_sub(1)?;
        let mut path = vec![id.0];
        while let Some(&at) = path.last().filter(|&&at| at != ROOT) {
            path.push(self.nodes.parent(at));
        }
        let mut position = 0;
        for step in path.windows(2).rev() {
            let (child, parent) = (step[0], step[1]);
            let Some(view) = self.view(parent) else { break };
            let index = self.index_of(parent, child);
            let (Ok(place) | Err(place)) = index;
            position += place + view.rows_before(place) + usize::from(parent != ROOT);
            if index.is_err() {
                break;
            }
        }
        Some(position.min(last))
    }

    /// Puts in order what arrived since the last call; without effect when nothing did.
    pub fn settle(&mut self) {
        let mut waiting: BinaryHeap<u32> = self.dirty.drain(..).collect();
        while let Some(id) = waiting.pop() {
            self.nodes.put(id, Flag::Dirty, false);
            let before = self.view(id).map_or(0, |view| view.rows as usize);
            self.refresh(id);
            let parent = self.nodes.parent(id);
            // A parent has a lower number than its children: it always waits behind them.
            if id != ROOT
                && self.view(parent).is_some()
                && !self.nodes.has(parent, Flag::Dirty)
                && self.rows_below(id) != before
            {
                self.nodes.put(parent, Flag::Dirty, true);
                waiting.push(parent);
            }
        }
    }

    /// Notes that a folder's view must be put in order.
    pub(super) fn touch(&mut self, id: u32) {
        if self.view(id).is_some() && !self.nodes.has(id, Flag::Dirty) {
            self.nodes.put(id, Flag::Dirty, true);
            self.dirty.push(id);
        }
    }

    /// Puts every view in order afresh, after the sort or the filter changed.
    pub(super) fn rearrange(&mut self) {
        for id in self.all_rows().rev() {
            let Some(folder) = self.nodes.folder(id).filter(|_| self.view(id).is_some()) else {
                continue;
            };
            let shown = self.folders[folder]
                .view
                .as_mut()
                .and_then(|view| view.shown.take());
            self.forget_shown(shown);
            self.refresh(id);
        }
        self.settle();
    }

    /// The rows directly below a folder as they are drawn.
    pub(super) fn shown(&self, id: u32) -> &[u32] {
        let Some(folder) = self.nodes.folder(id).map(|folder| &self.folders[folder]) else {
            return &[];
        };
        let ordered = folder.view.as_ref().and_then(|view| view.shown.as_deref());
        ordered.unwrap_or(&folder.children)
    }

    /// What is drawn below a folder, where it is open and visible.
    pub(super) fn view(&self, id: u32) -> Option<&View> {
        self.nodes
            .folder(id)
            .and_then(|folder| self.folders[folder].view.as_deref())
    }

    /// Visible rows below a folder.
    fn rows_below(&self, id: u32) -> usize {
        self.view(id).map_or(0, |view| {
            self.shown(id).len() + view.rows_before(usize::MAX)
        })
    }

    /// Where a row stands among the shown of its folder, or would stand.
    pub(super) fn index_of(&self, parent: u32, id: u32) -> Result<usize, usize> {
        let shown = self.shown(parent);
        let place = shown.binary_search_by(|&other| self.compare(other, id));
        if place.is_ok_and(|at| shown[at] == id) || self.dirty.is_empty() {
            return place;
        }
        // Between a change and `settle` the order may be an old one.
        shown
            .iter()
            .position(|&other| other == id)
            .ok_or(place.unwrap_or_else(|at| at))
    }

    /// Folder and place in it, from the root down, of the row at a place in the visible order; empty past the end.
    fn locate(&self, mut row: usize) -> Vec<(u32, usize)> {
        let mut path = Vec::new();
        let mut at = ROOT;
        while let Some(view) = self.view(at) {
            let (index, past) = view.seek(row);
            let Some(&child) = self.shown(at).get(index) else {
                return Vec::new();
            };
            path.push((at, index));
            if past == 0 {
                return path;
            }
            at = child;
            row = past - 1;
        }
        Vec::new()
    }

    /// Visible rows from a place on, each with its depth.
    pub(super) fn walk(&self, from: usize) -> impl Iterator<Item = (u32, usize)> {
        let mut path = self.locate(from);
        std::iter::from_fn(move || {
            let &(folder, index) = path.last()?;
            let id = self.shown(folder)[index];
            let depth = path.len() - 1;
            if self.rows_below(id) > 0 {
                path.push((id, 0));
                return Some((id, depth));
            }
            while path
                .last()
                .is_some_and(|&(folder, index)| index + 1 >= self.shown(folder).len())
            {
                path.pop();
            }
            if let Some((_, index)) = path.last_mut() {
                *index += 1;
            }
            Some((id, depth))
        })
    }

    pub(super) fn forget_shown(&mut self, shown: Option<Box<[u32]>>) {
        for child in shown.into_iter().flatten() {
            self.nodes.put(child, Flag::Shown, false);
        }
    }

    /// Puts one view in order: what passes, sorted, and where the open ones stand.
    pub(super) fn refresh(&mut self, id: u32) {
        let Some(folder) = self.nodes.folder(id) else {
            return;
        };
        let Some(mut view) = self.folders[folder].view.take() else {
            return;
        };
        view.shown = if self.is_plain() {
            None
        } else {
            Some(self.arrange(folder, view.shown.take()))
        };
        if view.open > 0 || !view.stops.is_empty() {
            let shown = view
                .shown
                .as_deref()
                .unwrap_or(&self.folders[folder].children);
            view.stops = self.find_stops(shown);
        }
        let shown = view
            .shown
            .as_deref()
            .unwrap_or(&self.folders[folder].children);
        view.rows = narrow(shown.len() + view.rows_before(usize::MAX));
        self.folders[folder].view = Some(view);
    }

    /// The open ones among rows of one folder.
    fn find_stops(&self, shown: &[u32]) -> Box<[Stop]> {
        let mut before = 0;
        let rows = shown
            .iter()
            .map(|&child| narrow(self.rows_below(child)))
            .enumerate();
        rows.filter(|&(_, rows)| rows > 0)
            .map(|(index, rows)| {
                let stop = Stop {
                    index: narrow(index),
                    before,
                    rows,
                };
                before += rows;
                stop
            })
            .collect()
    }

    /// The children that pass, in order; `old` is the order before, so that the sort meets long runs.
    fn arrange(&mut self, folder: usize, old: Option<Box<[u32]>>) -> Box<[u32]> {
        let mut shown = old.map(Vec::from).unwrap_or_default();
        shown.retain(|&child| {
            let keep = self.passes(child);
            self.nodes.put(child, Flag::Shown, keep);
            keep
        });
        for at in 0..self.folders[folder].children.len() {
            let child = self.folders[folder].children[at];
            if self.passes(child) && !self.nodes.has(child, Flag::Shown) {
                self.nodes.put(child, Flag::Shown, true);
                shown.push(child);
            }
        }
        shown.sort_by(|&a, &b| self.compare(a, b));
        shown.into_boxed_slice()
    }
}

/// A number of rows, which are numbered by `u32`.
fn narrow(rows: usize) -> u32 {
    u32::try_from(rows).unwrap_or(u32::MAX)
}
