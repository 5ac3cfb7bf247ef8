//! `Tree`: a listing, or two merged ones, as rows to look at. One owner (the TUI's state), no lock.
//! Rows live in arrays (50 bytes each, and their part of a folder), totals are rolled up to every ancestor as rows arrive, and what is
//! visible is counted in the folders, so that a window of 50 rows costs the same in 100 rows and in 1,000,000.
//!
//! Names are kept as the bytes they are: a key is the names from the top down, joined. After `absorb…`, `end_step`
//! and `set_motion` call `settle` once before drawing; every other change settles itself.

mod filter;
mod folder;
mod mark;
#[cfg(test)]
mod model;
mod motion;
mod nodes;
mod open;
mod row;
mod seek;
mod share;
mod sort;
mod state;
#[cfg(test)]
mod tests;
mod view;

use std::{collections::HashMap, mem::size_of};

pub use crate::domain::tree::{
    filter::Show,
    folder::{SignCounts, SignSet, Totals},
    mark::Mark,
    row::{Below, Cell, Row},
    seek::Toward,
    sort::{Sort, SortBy},
    state::{Listed, Motion},
};
use crate::domain::{
    diff::{Pair, Verdict},
    entry::{Entry, Facts, Kind},
    key::Key,
    side::Side,
    tree::{
        filter::Filter,
        folder::Folder,
        nodes::{NONE, Nodes, ROOT},
        state::Flag,
        view::View,
    },
};

/// A row of one tree, for as long as that tree lives; it never comes to mean another key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(u32);

impl NodeId {
    /// The location itself: above all rows, never drawn.
    pub const ROOT: Self = Self(ROOT);
}

/// A listing, or two merged ones, as rows.
#[derive(Debug)]
pub struct Tree {
    nodes: Nodes,
    folders: Vec<Folder>,
    /// Why a row clashes, could not be read, or failed to move.
    reasons: HashMap<u32, Box<str>>,
    sort: Sort,
    filter: Option<Filter>,
    /// Folders whose view must be put in order by `settle`.
    dirty: Vec<u32>,
    marked: Totals,
    left_out: u64,
}

impl Default for Tree {
    fn default() -> Self {
        Self::new()
    }
}

impl Tree {
    /// An empty tree: a root without rows.
    pub fn new() -> Self {
        let mut tree = Self {
            nodes: Nodes::default(),
            folders: Vec::new(),
            reasons: HashMap::new(),
            sort: Sort::default(),
            filter: None,
            dirty: Vec::new(),
            marked: Totals::default(),
            left_out: 0,
        };
        tree.nodes.push(NONE, b"", 0);
        tree.nodes.put(ROOT, Flag::Expanded, true);
        tree.folders.push(Folder {
            view: Some(Box::new(View::default())),
            ..Folder::default()
        });
        tree
    }

    /// Takes pairs of a comparison: new keys become rows (cheapest in key order), known keys are brought up to date.
    pub fn absorb(&mut self, pairs: &[Pair]) {
        for pair in pairs {
            let sides = [pair.left.as_ref(), pair.right.as_ref()];
            let Some(id) = self.place(&pair.key, sides.into_iter().flatten().next()) else {
                continue;
            };
            self.set_reason(id, &pair.verdict);
            self.change(id, |nodes| {
                nodes.tell(id, Side::Left, sides[0]);
                nodes.tell(id, Side::Right, sides[1]);
                nodes.state_mut(id).set_verdict(Some(&pair.verdict));
            });
            self.prove_parent(id, sides);
        }
    }

    /// Takes entries of one side's listing, which carry no verdict; `folder` is the one being listed.
    pub fn absorb_listing(&mut self, side: Side, folder: &Key, entries: &[Entry]) {
        self.set_listed(folder, Listed::Running);
        for entry in entries {
            let Some(id) = self.place(&entry.key, Some(&entry.facts)) else {
                continue;
            };
            self.change(id, |nodes| nodes.tell(id, side, Some(&entry.facts)));
            let mut sides = [None; 2];
            sides[side.index()] = Some(&entry.facts);
            self.prove_parent(id, sides);
        }
    }

    /// Tells how far the listing of `folder` is; the folder becomes a row if it is none yet.
    pub fn set_listed(&mut self, folder: &Key, listed: Listed) {
        if let Some(id) = self.place(folder, Some(&Facts::folder())) {
            self.nodes.state_mut(id).set_listed(listed);
        }
    }

    /// Takes a key out, with all that is below it; folders that only it implied go too. Settles.
    pub fn remove(&mut self, key: &Key) -> bool {
        let found = self.entry(key);
        if let Some(id) = found {
            self.take_out(id);
            self.settle();
        }
        found.is_some()
    }

    /// The row of a key; a key that ends with `/` means the folder.
    pub fn find(&self, key: &Key) -> Option<NodeId> {
        self.descend(key).map(NodeId)
    }

    /// The key of a row, byte for byte; a folder's ends with `/`, the root's is empty.
    pub fn key_of(&self, id: NodeId) -> Key {
        let mut names = vec![];
        let mut at = id.0;
        while at != ROOT {
            names.push(self.nodes.name(at));
            at = self.nodes.parent(at);
        }
        names.reverse();
        Key::new(names.concat())
    }

    /// The folder above a row; the root for those at the top and for the root itself.
    pub fn parent_of(&self, id: NodeId) -> NodeId {
        NodeId(if id.0 == ROOT {
            ROOT
        } else {
            self.nodes.parent(id.0)
        })
    }

    /// Everything below a folder, or the row itself where it is none.
    pub fn totals_of(&self, id: NodeId) -> Totals {
        let bytes = Side::BOTH.map(|side| self.nodes.size(id.0, side));
        let share = self.share(id.0);
        match self.nodes.folder(id.0).map(|folder| &self.folders[folder]) {
            Some(folder) => Totals {
                objects: folder.objects.map(u64::from),
                folders: folder.folders.map(u64::from),
                bytes,
            },
            None => Totals {
                objects: share.objects.map(u64::from),
                folders: [0; 2],
                bytes,
            },
        }
    }

    /// Everything in the tree.
    pub fn totals(&self) -> Totals {
        self.totals_of(NodeId::ROOT)
    }

    /// The signs of all entries.
    pub fn signs(&self) -> SignCounts {
        self.folders[0].signs.counts()
    }

    /// Why a row clashes, could not be read, or failed to move.
    pub fn reason(&self, id: NodeId) -> Option<&str> {
        self.reasons.get(&id.0).map(AsRef::as_ref)
    }

    /// Keys that found no room (more than 2³² rows, or 4 GiB of names); 0 but for absurd listings.
    pub fn left_out(&self) -> u64 {
        self.left_out
    }

    /// Bytes of all names, which a row's own bytes stand beside.
    pub fn memory_of_names(&self) -> usize {
        self.nodes.memory_of_names()
    }

    /// Bytes that the tree holds, unused capacity included.
    pub fn memory(&self) -> usize {
        let folders: usize = self.folders.iter().map(Folder::memory).sum();
        let hits = self.filter.as_ref().map_or(0, Filter::memory);
        self.nodes.memory() + self.folders.capacity() * size_of::<Folder>() + folders + hits
    }

    /// Gives back what was reserved for rows to come; for the end of a listing, when none are expected.
    pub fn compact(&mut self) {
        self.nodes.compact();
        self.folders.shrink_to_fit();
        self.folders.iter_mut().for_each(Folder::compact);
    }

    /// The row for a key, made if there is none; `None` where no row can be (the root itself, or no room).
    fn place(&mut self, key: &Key, facts: Option<&Facts>) -> Option<u32> {
        let mut at = ROOT;
        for name in key.as_bytes().split_inclusive(|&byte| byte == b'/') {
            let Some(child) = self.child(at, name) else {
                self.left_out += 1;
                return None;
            };
            at = child;
        }
        // An object may bear a folder's name; it then is a nameless row in that folder.
        if self.nodes.folder(at).is_some() && facts.is_some_and(|facts| facts.kind != Kind::Folder)
        {
            at = self.child(at, b"")?;
        }
        Some(at)
    }

    /// The child of that name, made if there is none; `None` where there is no room.
    fn child(&mut self, parent: u32, name: &[u8]) -> Option<u32> {
        let folder = self.nodes.folder(parent)?;
        match self.seat(folder, name) {
            Ok(at) => Some(self.folders[folder].children[at]),
            Err(at) => self.insert(parent, at, name),
        }
    }

    /// Where a name stands, or would stand, among a folder's children; at the end at once for keys in order.
    fn seat(&self, folder: usize, name: &[u8]) -> Result<usize, usize> {
        let children = &self.folders[folder].children;
        match children.last() {
            Some(&last) if self.nodes.name(last) >= name => {
                children.binary_search_by(|&child| self.nodes.name(child).cmp(name))
            }
            Some(_) | None => Err(children.len()),
        }
    }

    /// Makes a row at seat `at` of its parent.
    fn insert(&mut self, parent: u32, at: usize, name: &[u8]) -> Option<u32> {
        let above = self.nodes.folder(parent)?;
        let record = if name.ends_with(b"/") {
            u32::try_from(self.folders.len()).ok()?
        } else {
            NONE
        };
        let id = self.nodes.push(parent, name, record)?;
        if record != NONE {
            if self.folders.len() == self.folders.capacity() {
                self.folders.reserve_exact(self.folders.len() / 8 + 16);
            }
            self.folders.push(Folder::default());
        }
        self.folders[above].seat(at, id);
        if let Some(filter) = &mut self.filter {
            filter.admit(&mut self.nodes, id);
        }
        self.touch(parent);
        Some(id)
    }

    /// What is no object proves that the folder above it exists on that side; objects prove it by their count.
    fn prove_parent(&mut self, id: u32, sides: [Option<&Facts>; 2]) {
        let parent = self.nodes.parent(id);
        for (side, facts) in Side::BOTH.into_iter().zip(sides) {
            let proves =
                facts.is_some_and(|facts| matches!(facts.kind, Kind::Symlink | Kind::Special));
            if proves && parent != ROOT && !self.nodes.has(parent, Flag::of(side)) {
                self.change(parent, |nodes| nodes.put(parent, Flag::of(side), true));
            }
        }
    }

    fn set_reason(&mut self, id: u32, verdict: &Verdict) {
        if let Verdict::Clash { reason } | Verdict::Error { reason } = verdict {
            self.reasons.insert(id, reason.clone());
        } else if !self.reasons.is_empty() {
            self.reasons.remove(&id);
        }
    }

    /// The row of a key where it exists; the folder for a key that ends with `/`.
    fn descend(&self, key: &Key) -> Option<u32> {
        key.as_bytes()
            .split_inclusive(|&byte| byte == b'/')
            .try_fold(ROOT, |at, name| self.known(at, name))
    }

    /// The row of an entry: as `descend`, but an object that bears a folder's name is meant before the folder.
    fn entry(&self, key: &Key) -> Option<u32> {
        let id = self.descend(key)?;
        self.known(id, b"").or(Some(id)).filter(|&id| id != ROOT)
    }

    /// The child of that name, where there is one.
    fn known(&self, parent: u32, name: &[u8]) -> Option<u32> {
        let folder = self.nodes.folder(parent)?;
        self.seat(folder, name)
            .ok()
            .map(|at| self.folders[folder].children[at])
    }

    /// Takes a row out, and the folders above that nothing but it implied.
    fn take_out(&mut self, id: u32) {
        for child in self
            .nodes
            .folder(id)
            .map(|folder| self.folders[folder].children.clone())
            .unwrap_or_default()
        {
            self.take_out(child);
        }
        if id == ROOT || self.nodes.has(id, Flag::Gone) {
            return;
        }
        self.clear_mark(id);
        self.close(id);
        self.reasons.remove(&id);
        self.change(id, |nodes| {
            nodes.tell(id, Side::Left, None);
            nodes.tell(id, Side::Right, None);
            nodes.put(id, Flag::Gone, true);
        });
        let parent = self.nodes.parent(id);
        if let Some(folder) = self.nodes.folder(parent) {
            self.folders[folder].children.retain(|&child| child != id);
            self.touch(parent);
            let own = Side::BOTH
                .into_iter()
                .any(|side| self.nodes.has(parent, Flag::of(side)));
            if self.folders[folder].children.is_empty() && !own {
                self.take_out(parent);
            }
        }
    }
}
