//! Folders, by path and by name, each with all that is below it.

use crate::domain::gaps::{
    features::{Sieve, Tally, What},
    names::Folder,
    score::{Candidate, Count},
};

impl Sieve<'_> {
    /// Every folder, and every name that several folders bear.
    pub(super) fn folders(&self) -> Vec<Candidate> {
        let tallies = self.below_folders();
        let tried = (tallies.len() as f64).ln();
        let missed = tallies
            .iter()
            .zip(0..)
            .skip(1)
            .filter(|(tally, _)| tally.missing > 0);
        let mut candidates: Vec<_> = missed
            .map(|(tally, number)| self.folder(number, *tally, tried))
            .collect();
        let named = self.by_name(&tallies);
        let tried = (named
            .iter()
            .filter(|(_, folders)| *folders > 0)
            .count()
            .max(1) as f64)
            .ln();
        // A name that one folder alone bears says nothing that its path does not.
        let several = named
            .into_iter()
            .zip(0..)
            .filter(|((tally, folders), _)| *folders > 1 && tally.missing > 0);
        candidates.extend(
            several.map(|((tally, _), name)| self.candidate(What::FolderName(name), tally, tried)),
        );
        candidates
    }

    /// Whether a folder, or one above it, is the one that a rule means.
    pub(super) fn lies_in(&self, folder: u32, what: &What) -> bool {
        let means = |at: u32, folder: &Folder| {
            *what == What::Folder(at) || *what == What::FolderName(folder.name)
        };
        self.upwards(folder).any(|(at, folder)| means(at, folder))
    }

    /// For each folder what is in it and below.
    fn below_folders(&self) -> Vec<Tally> {
        let folders = &self.names.folders;
        let mut tallies = vec![Tally::default(); folders.len()];
        for name in &self.names.all {
            tallies[name.folder as usize].add(self.tally(name));
        }
        for at in (1..folders.len()).rev() {
            let below = tallies[at];
            tallies[folders[at].parent as usize].add(below);
        }
        tallies
    }

    /// For each name of folders what is below them, and how many bear it; of one within its namesake, the outer.
    fn by_name(&self, tallies: &[Tally]) -> Vec<(Tally, u32)> {
        let mut named = vec![(Tally::default(), 0); self.names.segments.len()];
        for (tally, (folder, number)) in tallies
            .iter()
            .zip(self.names.folders.iter().zip(0..))
            .skip(1)
        {
            if self
                .upwards(number)
                .skip(1)
                .all(|(_, above)| above.name != folder.name)
            {
                let (sum, folders) = &mut named[folder.name as usize];
                sum.add(*tally);
                *folders += 1;
            }
        }
        named
    }

    /// A rule about a folder. Of one that is missing as a whole each object counts, or it would never be named.
    fn folder(&self, number: u32, tally: Tally, tried: f64) -> Candidate {
        let mut candidate = self.candidate(What::Folder(number), tally, tried);
        if self.units.whole[number as usize] == number {
            candidate.count = Count::plain(&candidate.told, tried);
        }
        candidate
    }

    /// A folder and those above it, the location itself left out.
    fn upwards(&self, folder: u32) -> impl Iterator<Item = (u32, &Folder)> {
        let mut at = folder;
        std::iter::from_fn(move || {
            let here = &self.names.folders[at as usize];
            let found = (at != 0).then_some((at, here));
            at = here.parent;
            found
        })
    }
}
