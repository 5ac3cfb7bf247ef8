//! The columns of the tree: one slot a row in each array, all names in one pool.
//! Rows are only ever added, a parent before its children, so that a pass from the end sees children first.

use std::{mem::size_of, sync::Arc};

use jiff::Timestamp;

use crate::domain::{
    entry::Facts,
    side::Side,
    tree::state::{Flag, State},
};

/// The row of the location itself.
pub(super) const ROOT: u32 = 0;
/// "No folder": a leaf.
pub(super) const NONE: u32 = u32::MAX;
/// "No time told."
const NO_TIME: i64 = i64::MIN;

/// All rows, as arrays.
#[derive(Debug, Default)]
pub(super) struct Nodes {
    names: Vec<u8>,
    name_end: Vec<u32>,
    parent: Vec<u32>,
    /// Index of the folder's record, `NONE` for a leaf.
    folder: Vec<u32>,
    /// A leaf's own bytes; for a folder the bytes of all below.
    size: [Vec<u64>; 2],
    /// Seconds since 1970; for a folder the newest below.
    modified: [Vec<i64>; 2],
    /// Index into `classes` plus one, 0 for none.
    class: [Vec<u8>; 2],
    state: Vec<State>,
    classes: Vec<Arc<str>>,
}

impl Nodes {
    /// Rows, the root and those taken out included.
    pub(super) fn len(&self) -> usize {
        self.parent.len()
    }

    /// Adds a row; `None` when the pool or the numbers of rows are used up (4 GiB of names, 2³² rows).
    pub(super) fn push(&mut self, parent: u32, name: &[u8], folder: u32) -> Option<u32> {
        let id = u32::try_from(self.len()).ok().filter(|&id| id != NONE)?;
        let end = u32::try_from(self.names.len() + name.len()).ok()?;
        self.reserve(name.len());
        self.names.extend_from_slice(name);
        self.name_end.push(end);
        self.parent.push(parent);
        self.folder.push(folder);
        self.state.push(State::default());
        for side in Side::BOTH {
            self.size[side.index()].push(0);
            self.modified[side.index()].push(NO_TIME);
            self.class[side.index()].push(0);
        }
        Some(id)
    }

    /// Grows all columns by an eighth when they are full: doubling would leave up to half of them unused.
    fn reserve(&mut self, name: usize) {
        if self.names.len() + name > self.names.capacity() {
            self.names.reserve_exact(name + self.names.len() / 8 + 4096);
        }
        if self.parent.len() < self.parent.capacity() {
            return;
        }
        let more = self.len() / 8 + 64;
        self.name_end.reserve_exact(more);
        self.parent.reserve_exact(more);
        self.folder.reserve_exact(more);
        self.state.reserve_exact(more);
        for side in Side::BOTH {
            self.size[side.index()].reserve_exact(more);
            self.modified[side.index()].reserve_exact(more);
            self.class[side.index()].reserve_exact(more);
        }
    }

    /// Gives back what was reserved and is not used.
    pub(super) fn compact(&mut self) {
        self.names.shrink_to_fit();
        for column in [&mut self.name_end, &mut self.parent, &mut self.folder] {
            column.shrink_to_fit();
        }
        self.state.shrink_to_fit();
        for side in Side::BOTH {
            self.size[side.index()].shrink_to_fit();
            self.modified[side.index()].shrink_to_fit();
            self.class[side.index()].shrink_to_fit();
        }
    }

    /// Bytes held by the names.
    pub(super) fn memory_of_names(&self) -> usize {
        self.names.capacity()
    }

    /// Bytes held by the columns, unused capacity included.
    pub(super) fn memory(&self) -> usize {
        let four = self.name_end.capacity() + self.parent.capacity() + self.folder.capacity();
        let sides = (0..2).map(|side| {
            self.size[side].capacity() * size_of::<u64>()
                + self.modified[side].capacity() * size_of::<i64>()
                + self.class[side].capacity()
        });
        self.names.capacity()
            + four * size_of::<u32>()
            + self.state.capacity() * size_of::<State>()
            + sides.sum::<usize>()
    }

    /// The last segment of the row's key; a folder's keeps its `/`.
    pub(super) fn name(&self, id: u32) -> &[u8] {
        let at = id as usize;
        let start = if at == 0 { 0 } else { self.name_end[at - 1] };
        &self.names[start as usize..self.name_end[at] as usize]
    }

    pub(super) fn parent(&self, id: u32) -> u32 {
        self.parent[id as usize]
    }

    /// The index of the folder's record.
    pub(super) fn folder(&self, id: u32) -> Option<usize> {
        match self.folder[id as usize] {
            NONE => None,
            folder => Some(folder as usize),
        }
    }

    pub(super) fn state(&self, id: u32) -> State {
        self.state[id as usize]
    }

    pub(super) fn state_mut(&mut self, id: u32) -> &mut State {
        &mut self.state[id as usize]
    }

    pub(super) fn has(&self, id: u32, flag: Flag) -> bool {
        self.state(id).has(flag)
    }

    pub(super) fn put(&mut self, id: u32, flag: Flag, on: bool) {
        self.state_mut(id).put(flag, on);
    }

    pub(super) fn size(&self, id: u32, side: Side) -> u64 {
        self.size[side.index()][id as usize]
    }

    pub(super) fn size_mut(&mut self, id: u32, side: Side) -> &mut u64 {
        &mut self.size[side.index()][id as usize]
    }

    /// Seconds since 1970; `i64::MIN` where no time was told, so that it sorts as the oldest.
    pub(super) fn seconds(&self, id: u32, side: Side) -> i64 {
        self.modified[side.index()][id as usize]
    }

    pub(super) fn seconds_mut(&mut self, id: u32, side: Side) -> &mut i64 {
        &mut self.modified[side.index()][id as usize]
    }

    pub(super) fn modified(&self, id: u32, side: Side) -> Option<Timestamp> {
        Timestamp::from_second(self.seconds(id, side)).ok()
    }

    pub(super) fn class(&self, id: u32, side: Side) -> Option<&str> {
        let at = usize::from(self.class[side.index()][id as usize]).checked_sub(1)?;
        self.classes.get(at).map(AsRef::as_ref)
    }

    /// Keeps what a listing told about a row; for a folder only its presence and kind (the rest is rolled up).
    pub(super) fn tell(&mut self, id: u32, side: Side, facts: Option<&Facts>) {
        self.put(id, Flag::of(side), facts.is_some());
        if let Some(facts) = facts {
            self.state_mut(id).set_kind(side, facts.kind);
        }
        if self.folder(id).is_some() {
            return;
        }
        let at = id as usize;
        self.size[side.index()][at] = facts.map_or(0, |facts| facts.size);
        let time = facts.and_then(|facts| facts.modified);
        self.modified[side.index()][at] = time.map_or(NO_TIME, Timestamp::as_second);
        self.class[side.index()][at] = facts
            .and_then(Facts::class)
            .map_or(0, |class| self.intern(class));
    }

    /// Makes a leaf at `to` what it is on the other side, modified at `at`; its class there is unknown.
    pub(super) fn copy_across(&mut self, id: u32, to: Side, at: Timestamp) {
        self.put(id, Flag::of(to), true);
        let kind = self.state(id).kind(to.other());
        self.state_mut(id).set_kind(to, kind);
        if self.folder(id).is_none() {
            *self.size_mut(id, to) = self.size(id, to.other());
            self.modified[to.index()][id as usize] = at.as_second();
            self.class[to.index()][id as usize] = 0;
        }
    }

    /// The number of a class; 0 ("none") for the 256th, which no store has.
    fn intern(&mut self, class: &str) -> u8 {
        let at = self
            .classes
            .iter()
            .position(|known| **known == *class)
            .unwrap_or_else(|| {
                self.classes.push(class.into());
                self.classes.len() - 1
            });
        u8::try_from(at + 1).unwrap_or(0)
    }
}
