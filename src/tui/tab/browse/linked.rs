//! Linked sides: while they are apart, one follows the other: its cursor, the folders that are opened and closed, and
//! the way up. A name that the other side lacks is left out there.

use crate::domain::key::Key;

use crate::tui::{
    action::Move,
    shell::Shell,
    tab::{browse::Browse, log::Weight},
};

impl Browse {
    /// Links the sides, or parts them.
    pub(super) fn toggle_link(&mut self, shell: &mut Shell) {
        self.linked = !self.linked;
        let text = if self.linked {
            "Linked: the other side follows this one."
        } else {
            "No longer linked: each side goes its own way."
        };
        shell.say(Weight::Info, text);
        self.follow();
    }

    /// Moves the cursor; a linked side follows.
    pub fn walk(&mut self, step: Move) {
        self.rows_mut().walk(step);
        self.follow();
    }

    /// The other side, where it follows.
    fn is_followed(&self) -> bool {
        self.linked && self.comparison.is_none()
    }

    /// Puts the cursor of the side that follows where this one's stands.
    pub fn follow(&mut self) {
        if let Some(key) = self.rows().current_key().filter(|_| self.is_followed()) {
            self.pane_mut(self.focus.other()).rows.reveal(&key);
        }
    }

    /// Opens on the side that follows what was opened here.
    pub(super) fn open_there(&mut self, key: &Key, shell: &mut Shell) {
        if !self.is_followed() {
            return;
        }
        let other = self.pane_mut(self.focus.other());
        if other.rows.reveal(key) {
            other.open(shell);
        }
    }

    /// Closes on the side that follows what was closed here.
    pub(super) fn close_there(&mut self) {
        if let Some(key) = self.rows().current_key().filter(|_| self.is_followed()) {
            let tree = &mut self.pane_mut(self.focus.other()).rows.tree;
            if let Some(id) = tree.find(&key) {
                tree.collapse(id);
            }
            self.follow();
        }
    }
}
