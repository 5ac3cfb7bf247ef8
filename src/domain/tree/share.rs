//! The roll-up: what a row adds to every folder above it, and how a change of it climbs.
//! The one place where totals change, so that a folder's totals are always the sum of what is below.

use crate::domain::{
    diff::{Level, Sign},
    entry::Kind,
    side::Side,
    tree::{
        Tree,
        nodes::{Nodes, ROOT},
        state::{Flag, Motion},
    },
};

/// What one row adds to the folders above it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Share {
    pub(super) objects: [u32; 2],
    bytes: [u64; 2],
    sign: Option<(Sign, Option<Level>)>,
    moving: u32,
    failed: u32,
    pub(super) hits: u32,
}

/// A change on its way up: a row's share before and after, and folders that came or went with it.
struct Climb {
    before: Share,
    after: Share,
    folders: [i32; 2],
    newest: [i64; 2],
}

impl Tree {
    /// What a row adds to the folders above it; nothing for one that was taken out.
    pub(super) fn share(&self, id: u32) -> Share {
        let state = self.nodes.state(id);
        if state.has(Flag::Gone) {
            return Share::default();
        }
        let folder = self.nodes.folder(id).is_some();
        let own = Side::BOTH.map(|side| state.has(Flag::of(side)));
        let leaf = |side: Side| own[side.index()] && !folder;
        let counted = |sign: &Sign| !folder || matches!(sign, Sign::Clash | Sign::Error);
        let taken = self
            .filter
            .as_ref()
            .is_some_and(|filter| filter.takes(state));
        Share {
            objects: Side::BOTH
                .map(|side| u32::from(leaf(side) && state.kind(side) == Kind::Object)),
            bytes: Side::BOTH.map(|side| {
                if leaf(side) {
                    self.nodes.size(id, side)
                } else {
                    0
                }
            }),
            sign: state
                .sign()
                .filter(counted)
                .map(|sign| (sign, state.level())),
            moving: u32::from(matches!(state.motion(), Motion::Queued | Motion::Copying)),
            failed: u32::from(state.motion() == Motion::Failed),
            hits: u32::from(taken && (!folder || own.contains(&true))),
        }
    }

    /// On which sides a row exists; a folder also where anything below it does.
    pub(super) fn present(&self, id: u32) -> [bool; 2] {
        let folder = self.nodes.folder(id).map(|folder| &self.folders[folder]);
        Side::BOTH.map(|side| {
            self.nodes.has(id, Flag::of(side))
                || folder
                    .is_some_and(|f| f.objects[side.index()] > 0 || f.folders[side.index()] > 0)
        })
    }

    /// Changes one row and carries what follows to every folder above.
    pub(super) fn change(&mut self, id: u32, edit: impl FnOnce(&mut Nodes)) {
        let (before, was) = (self.share(id), self.present(id));
        edit(&mut self.nodes);
        let after = self.share(id);
        let folders = if self.nodes.folder(id).is_some() {
            difference(was, self.present(id))
        } else {
            [0; 2]
        };
        let newest = Side::BOTH.map(|side| self.nodes.seconds(id, side));
        self.climb(
            id,
            Climb {
                before,
                after,
                folders,
                newest,
            },
        );
    }

    fn climb(&mut self, id: u32, mut climb: Climb) {
        let settled = self.is_plain();
        let mut marked = self.nodes.has(id, Flag::Marked).then_some(climb.folders);
        self.move_hits(id, &climb);
        let mut at = id;
        while at != ROOT {
            at = self.nodes.parent(at);
            let was = self.present(at);
            self.roll(at, &climb);
            for (carried, own) in climb
                .folders
                .iter_mut()
                .zip(difference(was, self.present(at)))
            {
                *carried += own;
            }
            if self.nodes.has(at, Flag::Marked) {
                marked = Some(climb.folders);
            }
            if !settled {
                self.move_hits(at, &climb);
                self.touch(at);
            }
        }
        if let Some(folders) = marked {
            for side in 0..2 {
                self.marked.objects[side] += u64::from(climb.after.objects[side]);
                self.marked.objects[side] -= u64::from(climb.before.objects[side]);
                self.marked.bytes[side] =
                    self.marked.bytes[side] + climb.after.bytes[side] - climb.before.bytes[side];
                self.marked.folders[side] =
                    self.marked.folders[side].saturating_add_signed(folders[side].into());
            }
        }
    }

    /// Adds one change to one folder.
    fn roll(
        &mut self,
        id: u32,
        Climb {
            before,
            after,
            folders,
            newest,
        }: &Climb,
    ) {
        let Some(folder) = self
            .nodes
            .folder(id)
            .map(|folder| &mut self.folders[folder])
        else {
            return;
        };
        for side in Side::BOTH {
            let at = side.index();
            folder.objects[at] = folder.objects[at] + after.objects[at] - before.objects[at];
            folder.folders[at] = folder.folders[at].saturating_add_signed(folders[at]);
            let bytes = self.nodes.size_mut(id, side);
            *bytes = *bytes + after.bytes[at] - before.bytes[at];
            self.nodes.raise_time(id, side, newest[at]);
        }
        if before.sign != after.sign {
            if let Some((sign, level)) = before.sign {
                folder.signs.subtract(sign, level);
            }
            if let Some((sign, level)) = after.sign {
                folder.signs.add(sign, level);
            }
        }
        folder.moving = folder.moving + after.moving - before.moving;
        folder.failed = folder.failed + after.failed - before.failed;
    }

    fn move_hits(&mut self, id: u32, climb: &Climb) {
        if let Some(filter) = &mut self.filter {
            filter.move_hits(id, climb.before.hits, climb.after.hits);
        }
    }
}

/// +1 for each side where something came to be, -1 where it went.
fn difference(was: [bool; 2], now: [bool; 2]) -> [i32; 2] {
    [0, 1].map(|side| i32::from(now[side]) - i32::from(was[side]))
}
