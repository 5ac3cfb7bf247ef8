//! What a row is, packed into four bytes: verdict, kinds, motion, and the bits of the view.
//! Used by the tree only; every field has one place in `Field`, so that none overlap.

use crate::domain::{
    diff::{Level, Newer, Sign, Verdict},
    entry::Kind,
    side::Side,
};

/// What moves at a row just now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Motion {
    /// Nothing.
    #[default]
    Still,
    /// `.` planned, waiting for its turn.
    Queued,
    /// `^` on its way.
    Copying,
    /// `v` arrived and proven.
    Verified,
    /// `!` could not be moved; the reason is in the tree's `reason`.
    Failed,
}

impl Motion {
    const ALL: [Self; 5] = [
        Self::Still,
        Self::Queued,
        Self::Copying,
        Self::Verified,
        Self::Failed,
    ];

    /// The sign as drawn; `None` for what stands still.
    pub fn symbol(self) -> Option<char> {
        match self {
            Self::Still => None,
            Self::Queued => Some('.'),
            Self::Copying => Some('^'),
            Self::Verified => Some('v'),
            Self::Failed => Some('!'),
        }
    }

    /// The word beside the sign; empty for what stands still.
    pub fn word(self) -> &'static str {
        match self {
            Self::Still => "",
            Self::Queued => "queued",
            Self::Copying => "copying",
            Self::Verified => "verified",
            Self::Failed => "failed",
        }
    }
}

/// How far a folder's own listing is (panes apart).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Listed {
    /// Never asked for.
    #[default]
    Unknown,
    /// On its way.
    Running,
    /// Everything is there.
    Complete,
    /// It broke: there may be more.
    Broken,
}

impl Listed {
    const ALL: [Self; 4] = [Self::Unknown, Self::Running, Self::Complete, Self::Broken];
}

const KINDS: [Kind; 4] = [Kind::Object, Kind::Folder, Kind::Symlink, Kind::Special];
const LEVELS: [Level; 4] = [Level::Size, Level::Time, Level::Checksum, Level::Read];
const NEWER: [Newer; 3] = [Newer::Left, Newer::Right, Newer::Unknown];

/// A field of the word: where it starts, and how many bits it has.
#[derive(Clone, Copy)]
struct Field(u32, u32);

const SIGN: Field = Field(0, 4);
const LEVEL: Field = Field(4, 2);
const NEWER_SIDE: Field = Field(6, 2);
const MOTION: Field = Field(8, 3);
const KIND: [Field; 2] = [Field(11, 2), Field(13, 2)];
const LISTED: Field = Field(15, 2);

/// A yes or no of a row.
#[derive(Debug, Clone, Copy)]
pub(super) enum Flag {
    /// The left listing told of this very entry.
    Left = 17,
    /// The right listing told of this very entry.
    Right = 18,
    /// A folder that a person opened.
    Expanded = 19,
    /// Marked, with all that is below.
    Marked = 20,
    /// Stands in its folder's sorted or filtered order.
    Shown = 21,
    /// The text filter matches it or a folder above.
    Matched = 22,
    /// Its folder's view waits to be put in order.
    Dirty = 23,
    /// Taken out of the tree.
    Gone = 24,
}

impl Flag {
    /// The flag that tells of presence on a side.
    pub(super) fn of(side: Side) -> Self {
        match side {
            Side::Left => Self::Left,
            Side::Right => Self::Right,
        }
    }
}

/// The packed word of one row.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct State(u32);

impl State {
    fn get(self, Field(at, bits): Field) -> usize {
        ((self.0 >> at) & ((1 << bits) - 1)) as usize
    }

    fn set(&mut self, Field(at, bits): Field, value: usize) {
        let mask = (1 << bits) - 1;
        let value = u32::try_from(value).unwrap_or(mask) & mask;
        self.0 = (self.0 & !(mask << at)) | (value << at);
    }

    pub(super) fn has(self, flag: Flag) -> bool {
        self.0 >> (flag as u32) & 1 == 1
    }

    pub(super) fn put(&mut self, flag: Flag, on: bool) {
        self.set(Field(flag as u32, 1), usize::from(on));
    }

    pub(super) fn sign(self) -> Option<Sign> {
        Sign::ALL.get(self.get(SIGN).checked_sub(1)?).copied()
    }

    pub(super) fn level(self) -> Option<Level> {
        (self.sign() == Some(Sign::Same)).then(|| LEVELS[self.get(LEVEL)])
    }

    pub(super) fn newer(self) -> Option<Newer> {
        NEWER.get(self.get(NEWER_SIDE).checked_sub(1)?).copied()
    }

    pub(super) fn set_verdict(&mut self, verdict: Option<&Verdict>) {
        let sign = verdict.map(Verdict::sign);
        self.set(SIGN, sign.map_or(0, |sign| sign as usize + 1));
        self.set(
            LEVEL,
            if let Some(Verdict::Same { proof }) = verdict {
                *proof as usize
            } else {
                0
            },
        );
        self.set(
            NEWER_SIDE,
            if let Some(Verdict::Differs { newer }) = verdict {
                *newer as usize + 1
            } else {
                0
            },
        );
    }

    pub(super) fn motion(self) -> Motion {
        Motion::ALL
            .get(self.get(MOTION))
            .copied()
            .unwrap_or_default()
    }

    pub(super) fn set_motion(&mut self, motion: Motion) {
        self.set(MOTION, motion as usize);
    }

    pub(super) fn kind(self, side: Side) -> Kind {
        KINDS[self.get(KIND[side.index()])]
    }

    pub(super) fn set_kind(&mut self, side: Side, kind: Kind) {
        let at = KINDS
            .iter()
            .position(|&known| known == kind)
            .unwrap_or_default();
        self.set(KIND[side.index()], at);
    }

    pub(super) fn listed(self) -> Listed {
        Listed::ALL[self.get(LISTED)]
    }

    pub(super) fn set_listed(&mut self, listed: Listed) {
        self.set(LISTED, listed as usize);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_do_not_touch_each_other() {
        let mut state = State::default();
        state.set_kind(Side::Left, Kind::Special);
        state.set_kind(Side::Right, Kind::Symlink);
        state.set_listed(Listed::Broken);
        state.set_motion(Motion::Failed);
        for flag in [
            Flag::Left,
            Flag::Right,
            Flag::Expanded,
            Flag::Marked,
            Flag::Shown,
            Flag::Matched,
            Flag::Dirty,
            Flag::Gone,
        ] {
            assert!(!state.has(flag));
            state.put(flag, true);
        }
        for proof in LEVELS {
            state.set_verdict(Some(&Verdict::Same { proof }));
            assert_eq!(
                (state.sign(), state.level(), state.newer()),
                (Some(Sign::Same), Some(proof), None)
            );
        }
        for newer in NEWER {
            state.set_verdict(Some(&Verdict::Differs { newer }));
            assert_eq!(
                (state.sign(), state.level(), state.newer()),
                (Some(Sign::Differs), None, Some(newer))
            );
        }
        for verdict in [
            Verdict::Excluded,
            Verdict::OnlyLeft,
            Verdict::Error { reason: "x".into() },
        ] {
            state.set_verdict(Some(&verdict));
            assert_eq!(state.sign(), Some(verdict.sign()));
        }
        state.put(Flag::Expanded, false);
        assert!(!state.has(Flag::Expanded) && state.has(Flag::Marked) && state.has(Flag::Gone));
        assert_eq!(
            (state.kind(Side::Left), state.kind(Side::Right)),
            (Kind::Special, Kind::Symlink)
        );
        assert_eq!(
            (state.listed(), state.motion()),
            (Listed::Broken, Motion::Failed)
        );
        state.set_verdict(None);
        assert_eq!(state.sign(), None);
    }
}
