//! What is missing as one: folders that are missing as a whole are one name, however many objects they hold.

use crate::domain::gaps::{
    Explanation,
    features::Tally,
    names::{Name, Names},
};

/// Which folders are missing as a whole, and what that makes of the missing objects.
#[derive(Debug)]
pub(super) struct Units {
    /// For each folder: the topmost folder at or above it that is missing as a whole, 0 for none.
    pub(super) whole: Vec<u32>,
    /// For each such topmost folder: what each of its objects weighs, so that they weigh one name together.
    weight: Vec<f64>,
    singles: usize,
    wholes: usize,
}

impl Units {
    pub(super) fn find(names: &Names) -> Self {
        let mut all = vec![0_u32; names.folders.len()];
        let mut missing = vec![0_u32; names.folders.len()];
        for name in &names.all {
            all[name.folder as usize] += 1;
            missing[name.folder as usize] += u32::from(name.missing);
        }
        for at in (1..names.folders.len()).rev() {
            let parent = names.folders[at].parent as usize;
            all[parent] += all[at];
            missing[parent] += missing[at];
        }
        let mut whole = vec![0_u32; all.len()];
        let mut wholes = 0;
        for at in 1..all.len() {
            let folder = &names.folders[at];
            let above = whole[folder.parent as usize];
            let itself = all[at] > 0 && all[at] == missing[at] && !folder.elsewhere;
            wholes += usize::from(above == 0 && itself);
            whole[at] = if above == 0 && itself {
                u32::try_from(at).unwrap_or(0)
            } else {
                above
            };
        }
        let weight = all
            .iter()
            .map(|&objects| 1.0 / f64::from(objects.max(1)))
            .collect();
        let single = |name: &&Name| name.missing && whole[name.folder as usize] == 0;
        let singles = names.all.iter().filter(single).count();
        Self {
            whole,
            weight,
            singles,
            wholes,
        }
    }

    /// Names that are missing: objects one by one, whole folders as one.
    pub(super) fn missing_names(&self) -> usize {
        self.singles + self.wholes
    }

    /// What one name counts.
    pub(super) fn tally(&self, name: &Name) -> Tally {
        let weight = if name.missing {
            self.weight(name.folder)
        } else {
            0.0
        };
        Tally {
            all: 1,
            missing: u64::from(name.missing),
            weight,
        }
    }

    /// What a missing object in this folder weighs: all objects of a folder missing as a whole are one name.
    fn weight(&self, folder: u32) -> f64 {
        match self.whole[folder as usize] {
            0 => 1.0,
            whole => self.weight[whole as usize],
        }
    }

    /// The topmost folders that are missing as a whole.
    pub(super) fn whole_folders(&self) -> impl Iterator<Item = u32> {
        self.whole
            .iter()
            .zip(0..)
            .filter(|&(&whole, folder)| whole == folder && whole != 0)
            .map(|(&whole, _)| whole)
    }

    /// What is missing, in counts.
    pub(super) fn describe(&self, names: &Names) -> Explanation {
        let mut told = Explanation {
            whole_folders: self
                .whole_folders()
                .map(|folder| names.folder_key(folder))
                .collect(),
            of: names.all.iter().filter(|name| !name.marker).count() as u64,
            ..Explanation::default()
        };
        for name in names.all.iter().filter(|name| name.missing) {
            if name.marker {
                told.markers += 1;
                continue;
            }
            told.missing.add(name.size);
            let counted = if self.whole[name.folder as usize] == 0 {
                &mut told.single
            } else {
                &mut told.in_whole_folders
            };
            *counted += 1;
        }
        told.whole_folders.sort();
        told
    }
}
