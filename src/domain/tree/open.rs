//! Opening and closing folders: a folder has a view while it and every folder above it are open.

use crate::domain::tree::{NodeId, Tree, nodes::ROOT, state::Flag, view::View};

impl Tree {
    /// Whether a folder is open; `false` for all else.
    pub fn is_expanded(&self, id: NodeId) -> bool {
        self.nodes.has(id.0, Flag::Expanded)
    }

    /// Opens a folder; below, folders stand as they stood when it was closed. Settles.
    pub fn expand(&mut self, id: NodeId) {
        if self.nodes.folder(id.0).is_some() && !self.is_expanded(id) {
            self.nodes.put(id.0, Flag::Expanded, true);
            self.open(id.0);
        }
        self.settle();
    }

    /// Closes a folder. Settles.
    pub fn collapse(&mut self, id: NodeId) {
        if id.0 != ROOT {
            self.nodes.put(id.0, Flag::Expanded, false);
            self.close(id.0);
        }
        self.settle();
    }

    /// Opens or closes a folder and every folder below it. Settles.
    pub fn set_expanded_below(&mut self, id: NodeId, expanded: bool) {
        self.close(id.0);
        let mut waiting = vec![id.0];
        while let Some(at) = waiting.pop() {
            if let Some(folder) = self.nodes.folder(at) {
                self.nodes.put(at, Flag::Expanded, expanded || at == ROOT);
                waiting.extend(&self.folders[folder].children);
            }
        }
        if self.nodes.has(id.0, Flag::Expanded) {
            self.open(id.0);
        }
        self.settle();
    }

    /// Opens every folder above a row, so that it is visible if the filter lets it. Settles.
    pub fn reveal(&mut self, id: NodeId) {
        let mut at = id;
        while at != NodeId::ROOT {
            at = self.parent_of(at);
            self.expand(at);
        }
    }

    /// Gives an expanded folder its view, where the folder above has one.
    fn open(&mut self, id: u32) {
        let parent = self.nodes.parent(id);
        let above = if id == ROOT {
            None
        } else {
            self.nodes.folder(parent)
        };
        let Some(view) = above.map(|folder| self.folders[folder].view.as_mut()) else {
            return self.build(id);
        };
        if let Some(view) = view {
            view.open += 1;
            self.build(id);
            self.touch(parent);
        }
    }

    /// Builds the view of a folder and of the expanded ones below.
    fn build(&mut self, id: u32) {
        let Some(folder) = self.nodes.folder(id) else {
            return;
        };
        let mut open = 0;
        for at in 0..self.folders[folder].children.len() {
            let child = self.folders[folder].children[at];
            if self.nodes.has(child, Flag::Expanded) {
                self.build(child);
                open += 1;
            }
        }
        self.folders[folder].view = Some(Box::new(View::of(open)));
        self.refresh(id);
    }

    /// Takes the view from a folder and from those below.
    pub(super) fn close(&mut self, id: u32) {
        let Some(folder) = self.nodes.folder(id) else {
            return;
        };
        let Some(view) = self.folders[folder].view.take() else {
            return;
        };
        self.forget_shown(view.shown);
        if view.open > 0 {
            for at in 0..self.folders[folder].children.len() {
                self.close(self.folders[folder].children[at]);
            }
        }
        if id == ROOT {
            return;
        }
        let parent = self.nodes.parent(id);
        let above = self
            .nodes
            .folder(parent)
            .and_then(|folder| self.folders[folder].view.as_mut());
        if let Some(view) = above {
            view.open -= 1;
            self.touch(parent);
        }
    }
}
