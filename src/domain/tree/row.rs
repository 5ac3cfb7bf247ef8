//! Rows as they are drawn: made for the window only, borrowed from the tree.

use std::ops::Range;

use jiff::Timestamp;

use crate::domain::{
    diff::{Level, Newer, Sign},
    entry::Kind,
    side::Side,
    tree::{
        Mark, NodeId, SignCounts, Tree,
        state::{Flag, Listed, Motion},
    },
};

/// One visible row.
#[derive(Debug, Clone, PartialEq)]
pub struct Row<'t> {
    /// Which row; stays the same when others come or the order changes.
    pub id: NodeId,
    /// Folders above it.
    pub depth: usize,
    /// Its name, byte for byte; a folder's with its `/`. Empty for an object that bears its folder's name.
    pub name: &'t [u8],
    /// What it is, on the left where it is there.
    pub kind: Kind,
    /// What the left side holds; `None` where it is missing.
    pub left: Option<Cell<'t>>,
    /// What the right side holds; `None` where it is missing.
    pub right: Option<Cell<'t>>,
    /// Its sign; for a folder the gravest below. `None` while nothing is compared.
    pub sign: Option<Sign>,
    /// The proof behind "same"; for a folder the weakest below.
    pub level: Option<Level>,
    /// Which side is newer, where they differ.
    pub newer: Option<Newer>,
    /// What moves here just now.
    pub motion: Motion,
    /// Whether it is marked.
    pub mark: Mark,
    /// What only folders have.
    pub folder: Option<Below>,
    /// Where the filter's text stands in the printable name.
    pub matches: Vec<Range<usize>>,
}

/// What one side holds at a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cell<'t> {
    /// What it is on this side.
    pub kind: Kind,
    /// Bytes; for a folder of all below.
    pub size: u64,
    /// When it was modified, to the second; for a folder the newest below.
    pub modified: Option<Timestamp>,
    /// The storage class that the listing told.
    pub class: Option<&'t str>,
    /// Objects: 1 or 0, for a folder all below.
    pub objects: u64,
    /// Folders below.
    pub folders: u64,
}

/// What only folders have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Below {
    /// Whether it is open.
    pub expanded: bool,
    /// How far its own listing is (panes apart).
    pub listed: Listed,
    /// The signs of the entries below.
    pub signs: SignCounts,
    /// Entries below that are queued or on their way.
    pub moving: u64,
    /// Entries below whose move failed.
    pub failed: u64,
    /// The side on which the folder is missing as a whole: one gap, however many entries.
    pub missing: Option<Side>,
}

impl Row<'_> {
    /// What one side holds.
    pub fn cell(&self, side: Side) -> Option<&Cell<'_>> {
        match side {
            Side::Left => self.left.as_ref(),
            Side::Right => self.right.as_ref(),
        }
    }
}

impl Tree {
    /// Visible rows `from..from + count`; fewer at the end.
    pub fn rows(&self, from: usize, count: usize) -> Vec<Row<'_>> {
        let mut marker = self.marker();
        self.walk(from)
            .take(count)
            .map(|(id, depth)| {
                let matches = marker
                    .as_mut()
                    .map(|marker| marker.places(self.nodes.name(id)));
                Row {
                    matches: matches.unwrap_or_default(),
                    ..self.make_row(id, depth)
                }
            })
            .collect()
    }

    /// One row, visible or not; what a filter found in its name is not told.
    pub fn row(&self, id: NodeId) -> Row<'_> {
        let mut depth = 0;
        let mut at = self.parent_of(id);
        while at != NodeId::ROOT {
            depth += 1;
            at = self.parent_of(at);
        }
        self.make_row(id.0, depth)
    }

    /// Visits every entry in key order with its whole key; folders only where they are entries with nothing below.
    pub fn each_entry<'t>(&'t self, visit: impl FnMut(&[u8], &Row<'t>)) {
        self.each_below(NodeId::ROOT, visit);
    }

    /// Visits every entry below a folder as `each_entry` does, with its key below that folder.
    pub fn each_below<'t>(&'t self, top: NodeId, mut visit: impl FnMut(&[u8], &Row<'t>)) {
        let mut key = Vec::new();
        let mut path = vec![(top.0, 0)];
        while let Some((folder, index)) = path.pop() {
            let Some(&id) = self.children(folder).get(index) else {
                // The top's own name is not among the key's.
                let name = self.nodes.name(folder).len();
                key.truncate(key.len().saturating_sub(name));
                continue;
            };
            path.push((folder, index + 1));
            key.extend_from_slice(self.nodes.name(id));
            if self.children(id).is_empty() {
                visit(&key, &self.make_row(id, path.len() - 1));
                key.truncate(key.len() - self.nodes.name(id).len());
            } else {
                path.push((id, 0));
            }
        }
    }

    /// The rows directly below a folder, by name; none below a leaf.
    pub(super) fn children(&self, id: u32) -> &[u32] {
        self.nodes
            .folder(id)
            .map_or(&[], |folder| &self.folders[folder].children)
    }

    /// The sign of a row; for a folder the gravest below, or its own where nothing is below.
    pub(super) fn sign_of(&self, id: u32) -> Option<Sign> {
        let own = self.nodes.state(id).sign();
        let Some(folder) = self.nodes.folder(id) else {
            return own;
        };
        let below = self.folders[folder].signs.counts().worst();
        let grave = own.filter(|sign| below.is_none() || matches!(sign, Sign::Clash | Sign::Error));
        below.max(grave)
    }

    /// The side on which a folder is missing as a whole.
    pub(super) fn missing_on(&self, id: u32) -> Option<Side> {
        let folder = &self.folders[self.nodes.folder(id)?];
        let present = self.present(id);
        let (missing, only) = match present {
            [true, false] => (Side::Right, Sign::OnlyLeft),
            [false, true] => (Side::Left, Sign::OnlyRight),
            [true, true] | [false, false] => return None,
        };
        let objects = u64::from(folder.objects[missing.other().index()]);
        let signs = folder.signs.counts();
        let gaps = signs.of(only) + signs.of(Sign::Archived);
        let whole = if objects == 0 {
            self.nodes.state(id).sign() == Some(only)
        } else {
            gaps == objects
        };
        whole.then_some(missing)
    }

    fn make_row(&self, id: u32, depth: usize) -> Row<'_> {
        let state = self.nodes.state(id);
        let [left, right] = Side::BOTH.map(|side| self.make_cell(id, side));
        let below = self.nodes.folder(id).map(|folder| &self.folders[folder]);
        let sign = self.sign_of(id);
        let name = self.nodes.name(id);
        Row {
            id: NodeId(id),
            depth,
            name,
            kind: left.or(right).map_or(Kind::Object, |cell| cell.kind),
            left,
            right,
            sign,
            level: match below {
                Some(folder) => folder
                    .signs
                    .counts()
                    .weakest()
                    .filter(|_| sign == Some(Sign::Same)),
                None => state.level(),
            },
            newer: state.newer(),
            motion: state.motion(),
            mark: self.mark_of(NodeId(id)),
            folder: below.map(|folder| Below {
                expanded: state.has(Flag::Expanded),
                listed: state.listed(),
                signs: folder.signs.counts(),
                moving: folder.moving.into(),
                failed: folder.failed.into(),
                missing: self.missing_on(id),
            }),
            matches: Vec::new(),
        }
    }

    fn make_cell(&self, id: u32, side: Side) -> Option<Cell<'_>> {
        if !self.present(id)[side.index()] {
            return None;
        }
        let totals = self.totals_of(NodeId(id));
        let folder = self.nodes.folder(id).is_some();
        Some(Cell {
            kind: if folder {
                Kind::Folder
            } else {
                self.nodes.state(id).kind(side)
            },
            size: totals.bytes(side),
            modified: self.nodes.modified(id, side),
            class: self.nodes.class(id, side),
            objects: totals.objects(side),
            folders: totals.folders(side),
        })
    }
}
