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
    /// The newest time at or below the row just passed, before and after, left and right.
    newest: [(i64, i64); 2],
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
            hits: u32::from(taken && (own.contains(&true) || state.sign().is_some())),
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
        let times = |nodes: &Nodes| Side::BOTH.map(|side| nodes.seconds(id, side));
        let [left, right] = times(&self.nodes);
        edit(&mut self.nodes);
        let after = self.share(id);
        let folders = if self.nodes.folder(id).is_some() {
            difference(was, self.present(id))
        } else {
            [0; 2]
        };
        let now = times(&self.nodes);
        let newest = [(left, now[0]), (right, now[1])];
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
            climb.newest =
                Side::BOTH.map(|side| self.renew_time(at, side, climb.newest[side.index()]));
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
            let Climb { before, after, .. } = climb;
            let marked = &mut self.marked;
            for at in Side::BOTH.map(Side::index) {
                marked.objects[at] += u64::from(after.objects[at]);
                marked.objects[at] -= u64::from(before.objects[at]);
                marked.bytes[at] = marked.bytes[at] + after.bytes[at] - before.bytes[at];
                marked.folders[at] = marked.folders[at].saturating_add_signed(folders[at].into());
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
            ..
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

    /// Follows a child's newest time that went from `was` to `now`; tells the folder's own, before and after.
    fn renew_time(&mut self, id: u32, side: Side, (was, now): (i64, i64)) -> (i64, i64) {
        let old = self.nodes.seconds(id, side);
        let new = if now >= old {
            now
        } else if was == old {
            self.newest_child(id, side, old)
        } else {
            old
        };
        *self.nodes.seconds_mut(id, side) = new;
        (old, new)
    }

    /// The newest time among a folder's children; looks no further once it finds one as new as `enough`.
    fn newest_child(&self, id: u32, side: Side, enough: i64) -> i64 {
        let mut newest = i64::MIN;
        for &child in self.children(id) {
            newest = newest.max(self.nodes.seconds(child, side));
            if newest >= enough {
                break;
            }
        }
        newest
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
