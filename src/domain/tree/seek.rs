//! The way from one difference to the next, in the order of the screen, opening folders on the way.

use crate::domain::tree::{NodeId, SignSet, Tree, nodes::ROOT};

/// Which way to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Toward {
    /// Down the screen.
    Next,
    /// Up the screen.
    Previous,
}

impl Tree {
    /// The next entry that bears one of `signs`, opened to be seen; a folder that is missing as a whole is one, unless
    /// it is open. `None` at the end: begin again from the root.
    pub fn seek(&mut self, from: NodeId, signs: SignSet, toward: Toward) -> Option<NodeId> {
        let mut at = from.0;
        if (toward == Toward::Next || at == ROOT) && self.is_expanded(from) {
            let found = self.seek_in(at, None, (signs, toward));
            if found.is_some() {
                return found;
            }
        }
        while at != ROOT {
            let parent = self.nodes.parent(at);
            let found = self.seek_in(parent, Some(at), (signs, toward));
            if found.is_some() {
                return found;
            }
            // Upwards, an open folder comes after all that is in it.
            if toward == Toward::Previous && parent != ROOT && self.stops_at(parent, signs) {
                return Some(NodeId(parent));
            }
            at = parent;
        }
        None
    }

    /// The first stop among a folder's rows, beyond `past` or from its edge.
    fn seek_in(
        &mut self,
        folder: u32,
        past: Option<u32>,
        (signs, toward): (SignSet, Toward),
    ) -> Option<NodeId> {
        let len = self.shown(folder).len();
        let places: Box<dyn Iterator<Item = usize>> =
            match (toward, past.map(|id| self.index_of(folder, id))) {
                (Toward::Next, None) => Box::new(0..len),
                (Toward::Next, Some(Ok(at))) => Box::new(at + 1..len),
                (Toward::Next, Some(Err(at))) => Box::new(at..len),
                (Toward::Previous, None) => Box::new((0..len).rev()),
                (Toward::Previous, Some(Ok(at) | Err(at))) => Box::new((0..at).rev()),
            };
        for at in places {
            let id = self.shown(folder)[at];
            if !self.bears(id, signs) {
                continue;
            }
            let found = self.seek_at(id, (signs, toward));
            if found.is_some() {
                return found;
            }
        }
        None
    }

    /// The first stop at a row or below it.
    fn seek_at(&mut self, id: u32, (signs, toward): (SignSet, Toward)) -> Option<NodeId> {
        let stop = self.stops_at(id, signs).then_some(NodeId(id));
        let open = self.is_expanded(NodeId(id));
        if stop.is_some() && (!open || toward == Toward::Next) || self.nodes.folder(id).is_none() {
            return stop;
        }
        self.expand(NodeId(id));
        self.seek_in(id, None, (signs, toward)).or(stop)
    }

    /// Whether a row, or anything below it, bears one of the signs.
    fn bears(&self, id: u32, signs: SignSet) -> bool {
        let below = self
            .nodes
            .folder(id)
            .is_some_and(|folder| self.folders[folder].signs.counts().any(signs) > 0);
        below || self.sign_of(id).is_some_and(|sign| signs.contains(sign))
    }

    /// Whether a row is a difference of its own: an entry, or a folder that is missing as a whole.
    fn stops_at(&self, id: u32, signs: SignSet) -> bool {
        let leaf = self
            .nodes
            .folder(id)
            .is_none_or(|folder| self.folders[folder].children.is_empty());
        self.sign_of(id).is_some_and(|sign| signs.contains(sign))
            && (leaf || self.missing_on(id).is_some())
    }
}
