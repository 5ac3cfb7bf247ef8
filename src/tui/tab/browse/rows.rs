//! A tree with a cursor that stays on its key while rows arrive, and the part of it that is on the screen.

use std::{cell::Cell, collections::HashSet};

use ratatui::layout::Rect;

use crate::domain::{
    key::Key,
    tree::{NodeId, Row, Show, Tree},
};

use crate::tui::{action::Move, widget::window::Window};

/// The most entries that a text may find for their folders to be opened.
const FOUND: u64 = 2_000;

/// A tree with its cursor.
#[derive(Debug, Default)]
pub struct Rows {
    /// All rows.
    pub tree: Tree,
    /// The root until a person moves: the first row then, whichever comes to be it.
    cursor: Option<NodeId>,
    /// What is on the screen.
    pub window: Window,
    /// Where its rows were drawn: what a click hits.
    pub area: Cell<Rect>,
    /// Folders to open as soon as they arrive.
    reopen: HashSet<Key>,
    /// The key to put the cursor on as soon as it arrives.
    goal: Option<Key>,
    /// Keys to mark as soon as they arrive.
    marks: HashSet<Key>,
    /// Folders that were opened to show what a text found.
    found_in: Vec<NodeId>,
}

impl Rows {
    /// Where the cursor stands in the visible order; `None` where no row is.
    pub fn position(&self) -> Option<usize> {
        self.tree.position_near(self.cursor.unwrap_or(NodeId::ROOT))
    }

    /// The row under the cursor.
    pub fn current(&self) -> Option<NodeId> {
        self.tree.node_at(self.position()?)
    }

    /// The row under the cursor, as it is drawn.
    pub fn current_row(&self) -> Option<Row<'_>> {
        self.current().map(|id| self.tree.row(id))
    }

    /// The key under the cursor.
    pub fn current_key(&self) -> Option<Key> {
        self.current().map(|id| self.tree.key_of(id))
    }

    /// Puts the cursor on a row.
    pub fn put_on(&mut self, id: NodeId) {
        self.cursor = Some(id);
    }

    /// Puts the cursor on a key, or the nearest folder above it that is known, opened to be seen.
    pub fn reveal(&mut self, key: &Key) -> bool {
        let mut key = key.clone();
        let whole = key.clone();
        while !key.is_empty() {
            if let Some(id) = self.tree.find(&key) {
                self.tree.reveal(id);
                self.cursor = Some(id);
                return key == whole;
            }
            key = key.parent();
        }
        false
    }

    /// The folders that are open.
    pub fn opened(&self) -> HashSet<Key> {
        let rows = self.tree.rows(0, self.tree.len_visible());
        let open = rows
            .iter()
            .filter(|row| row.folder.is_some_and(|below| below.expanded));
        open.map(|row| self.tree.key_of(row.id)).collect()
    }

    /// Opens these folders, and puts the cursor on this key, as soon as they arrive; a person who moves takes that back.
    pub fn remember(&mut self, opened: HashSet<Key>, cursor: Option<Key>) {
        self.reopen = opened;
        self.goal = cursor;
    }

    /// Opens the folders above this key, and puts the cursor on it, as soon as they arrive.
    pub fn expect(&mut self, key: &Key) {
        self.reopen_above(key);
        self.goal = Some(key.clone());
    }

    /// Marks these keys, and opens the folders above them, as soon as they arrive.
    pub fn expect_marks(&mut self, keys: impl IntoIterator<Item = Key>) {
        for key in keys {
            self.reopen_above(&key);
            self.marks.insert(key);
        }
    }

    fn reopen_above(&mut self, key: &Key) {
        let mut folder = key.parent();
        while !folder.is_empty() {
            self.reopen.insert(folder.clone());
            folder = folder.parent();
        }
    }

    /// Puts in order what arrived, and goes back to what is remembered; returns the folders that were opened.
    pub fn settle(&mut self) -> Vec<Key> {
        self.tree.settle();
        let arrived: Vec<Key> = self
            .reopen
            .iter()
            .filter(|key| self.tree.find(key).is_some())
            .cloned()
            .collect();
        for key in &arrived {
            self.reopen.remove(key);
            if let Some(id) = self.tree.find(key) {
                self.tree.expand(id);
            }
        }
        let tree = &mut self.tree;
        self.marks.retain(|key| {
            let found = tree.find(key);
            found.inspect(|id| tree.toggle_mark(*id)).is_none()
        });
        if let Some(id) = self.goal.as_ref().and_then(|goal| self.tree.find(goal)) {
            self.cursor = Some(id);
            self.goal = None;
        }
        arrived
    }

    /// Shows only what passes. What a text finds is opened to be seen, and closed again with it; the cursor's row stays.
    pub fn set_show(&mut self, show: Show) {
        for id in std::mem::take(&mut self.found_in) {
            self.tree.collapse(id);
        }
        let finds = !show.text.is_empty();
        self.tree.set_show(show);
        if finds {
            self.found_in = self.tree.open_matches(FOUND);
        }
        if let Some(id) = self.cursor {
            self.tree.reveal(id);
        }
    }

    /// Moves the cursor.
    pub fn walk(&mut self, action: Move) {
        let Some(at) = self.position() else { return };
        self.goal = None;
        let to = stepped(action, at, &self.window);
        let last = self.tree.len_visible().saturating_sub(1);
        self.cursor = self.tree.node_at(to.min(last)).or(self.cursor);
    }

    /// Closes the folder under the cursor, or goes to the one above; `false` at the top.
    pub fn close(&mut self) -> bool {
        let Some(id) = self.current() else {
            return false;
        };
        if self.tree.is_expanded(id) {
            self.tree.collapse(id);
            return true;
        }
        let parent = self.tree.parent_of(id);
        if parent == NodeId::ROOT {
            return false;
        }
        self.put_on(parent);
        true
    }
}

/// Where a move leads from `at`; beyond the end for the last row.
pub fn stepped(action: Move, at: usize, window: &Window) -> usize {
    action.leads(at, window.page())
}
