//! What a folder knows of everything below it: counts, totals, and its children in key order.

use std::mem::size_of;

use crate::domain::{
    diff::{Level, Sign},
    side::Side,
    tree::view::View,
};

/// How many entries bear each sign; the same ones are told apart by their proof.
///
/// Folders are not counted, but for those that clash or could not be read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SignCounts([u32; SLOTS]);

/// Signs but "same", and a slot for each level of proof.
const SLOTS: usize = Sign::ALL.len() - 1 + 4;

/// The slot of a sign; `level` counts for the same ones.
fn slot(sign: Sign, level: Option<Level>) -> usize {
    match sign {
        Sign::Excluded => 0,
        Sign::Same => Sign::ALL.len() - 1 + level.map_or(0, |level| level as usize),
        Sign::NotScanned
        | Sign::Unproven
        | Sign::Archived
        | Sign::OnlyRight
        | Sign::Differs
        | Sign::OnlyLeft
        | Sign::Clash
        | Sign::Error => sign as usize - 1,
    }
}

impl SignCounts {
    /// Entries that bear this sign.
    pub fn of(&self, sign: Sign) -> u64 {
        match sign {
            Sign::Same => self
                .0
                .iter()
                .skip(Sign::ALL.len() - 1)
                .map(|&n| u64::from(n))
                .sum(),
            Sign::Excluded
            | Sign::NotScanned
            | Sign::Unproven
            | Sign::Archived
            | Sign::OnlyRight
            | Sign::Differs
            | Sign::OnlyLeft
            | Sign::Clash
            | Sign::Error => self.0[slot(sign, None)].into(),
        }
    }

    /// Same entries with exactly this proof.
    pub fn same_by(&self, level: Level) -> u64 {
        self.0[slot(Sign::Same, Some(level))].into()
    }

    /// The weakest proof among the same ones.
    pub fn weakest(&self) -> Option<Level> {
        [Level::Size, Level::Time, Level::Checksum, Level::Read]
            .into_iter()
            .find(|&level| self.same_by(level) > 0)
    }

    /// The gravest sign below; `None` where nothing bears a sign.
    pub fn worst(&self) -> Option<Sign> {
        Sign::ALL.into_iter().rev().find(|&sign| self.of(sign) > 0)
    }

    /// Entries that bear any of these signs.
    pub fn any(&self, signs: SignSet) -> u64 {
        signs.iter().map(|sign| self.of(sign)).sum()
    }

    #[cfg(test)]
    pub(super) fn add(&mut self, sign: Sign, level: Option<Level>) {
        self.0[slot(sign, level)] += 1;
    }
}

/// `SignCounts` of one folder: most hold entries of one sign and proof alone, which need no room for all the others.
#[derive(Debug)]
pub(super) enum Tally {
    One { slot: u8, count: u32 },
    Many(Box<SignCounts>),
}

impl Default for Tally {
    fn default() -> Self {
        Self::One { slot: 0, count: 0 }
    }
}

impl Tally {
    /// All counts.
    pub(super) fn counts(&self) -> SignCounts {
        match self {
            Self::One { slot, count } => {
                let mut counts = SignCounts::default();
                counts.0[usize::from(*slot)] = *count;
                counts
            }
            Self::Many(counts) => **counts,
        }
    }

    pub(super) fn add(&mut self, sign: Sign, level: Option<Level>) {
        let at = slot(sign, level);
        match self {
            Self::One { slot, count } if *count == 0 || usize::from(*slot) == at => {
                *slot = u8::try_from(at).unwrap_or_default();
                *count += 1;
            }
            Self::One { .. } => {
                let mut counts = self.counts();
                counts.0[at] += 1;
                *self = Self::Many(Box::new(counts));
            }
            Self::Many(counts) => counts.0[at] += 1,
        }
    }

    /// Takes one away that was added.
    pub(super) fn subtract(&mut self, sign: Sign, level: Option<Level>) {
        match self {
            Self::One { count, .. } => *count -= 1,
            Self::Many(counts) => counts.0[slot(sign, level)] -= 1,
        }
    }

    /// Gives the room back where one sign is left, as after a task that settled the differences.
    fn compact(&mut self) {
        let Self::Many(counts) = self else {
            return;
        };
        let mut filled = (0..).zip(counts.0).filter(|&(_, count)| count > 0);
        match (filled.next(), filled.next()) {
            (None, _) => *self = Self::default(),
            (Some((slot, count)), None) => *self = Self::One { slot, count },
            (Some(_), Some(_)) => {}
        }
    }

    pub(super) fn memory(&self) -> usize {
        match self {
            Self::One { .. } => 0,
            Self::Many(_) => size_of::<SignCounts>(),
        }
    }
}

/// A set of signs: what a filter shows, what a search stops at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct SignSet(u16);

impl SignSet {
    /// None.
    pub const NONE: Self = Self(0);
    /// All ten.
    pub const ALL: Self = Self((1 << Sign::ALL.len()) - 1);

    /// Everything that wants a person: all but same, excluded and not scanned.
    pub fn differences() -> Self {
        [Sign::Same, Sign::Excluded, Sign::NotScanned]
            .into_iter()
            .fold(Self::ALL, Self::without)
    }

    /// This set with one more.
    #[must_use]
    pub fn with(self, sign: Sign) -> Self {
        Self(self.0 | 1 << sign as u16)
    }

    /// This set with one less.
    #[must_use]
    pub fn without(self, sign: Sign) -> Self {
        Self(self.0 & !(1 << sign as u16))
    }

    /// Whether the sign is in the set.
    pub fn contains(self, sign: Sign) -> bool {
        self.0 >> (sign as u16) & 1 == 1
    }

    /// The signs, mildest first.
    pub fn iter(self) -> impl Iterator<Item = Sign> {
        Sign::ALL
            .into_iter()
            .filter(move |&sign| self.contains(sign))
    }
}

impl FromIterator<Sign> for SignSet {
    fn from_iter<I: IntoIterator<Item = Sign>>(signs: I) -> Self {
        signs.into_iter().fold(Self::NONE, Self::with)
    }
}

/// How many things, and how many bytes, on each side.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// Objects or files, left and right.
    pub objects: [u64; 2],
    /// Folders, left and right.
    pub folders: [u64; 2],
    /// Bytes, left and right.
    pub bytes: [u64; 2],
}

impl Totals {
    /// Objects on one side.
    pub fn objects(&self, side: Side) -> u64 {
        self.objects[side.index()]
    }

    /// Folders on one side.
    pub fn folders(&self, side: Side) -> u64 {
        self.folders[side.index()]
    }

    /// Bytes on one side.
    pub fn bytes(&self, side: Side) -> u64 {
        self.bytes[side.index()]
    }
}

/// The record of a folder.
#[derive(Debug, Default)]
pub(super) struct Folder {
    /// Rows directly below, by name.
    pub(super) children: Vec<u32>,
    /// What is drawn below it; `None` while it or a folder above is closed.
    pub(super) view: Option<Box<View>>,
    /// Objects below, left and right.
    pub(super) objects: [u32; 2],
    /// Folders below, left and right, itself not counted.
    pub(super) folders: [u32; 2],
    /// Signs of the entries below.
    pub(super) signs: Tally,
    /// Entries below that are queued or on their way.
    pub(super) moving: u32,
    /// Entries below whose move failed.
    pub(super) failed: u32,
    /// Marked rows below.
    pub(super) marked: u32,
}

impl Folder {
    /// Takes in a row at seat `at`, growing by an eighth.
    pub(super) fn seat(&mut self, at: usize, id: u32) {
        if self.children.len() == self.children.capacity() {
            self.children.reserve_exact(self.children.len() / 8 + 1);
        }
        self.children.insert(at, id);
    }

    /// Gives back what was reserved and is not used.
    pub(super) fn compact(&mut self) {
        self.children.shrink_to_fit();
        self.signs.compact();
    }

    /// Bytes held beside the record itself.
    pub(super) fn memory(&self) -> usize {
        self.children.capacity() * size_of::<u32>()
            + self.signs.memory()
            + self.view.as_deref().map_or(0, View::memory)
    }
}
