//! Checkpoints as files of a place: which is the newest, at which step, how large; and what would be lost without it.

use std::{collections::BTreeMap, time::Duration};

use jiff::Timestamp;

use crate::domain::{
    entry::{Entry, Kind},
    key::Key,
};

use super::track::Mark;

/// A checkpoint: one file, or a folder of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Its name below its place.
    pub name: Key,
    /// When its last file was written.
    pub at: Timestamp,
    /// The step that its name tells.
    pub step: Option<u64>,
    /// Bytes of all its files.
    pub size: u64,
    /// It stands on the machine of the run, and goes with it.
    pub on_box: bool,
}

/// What would be lost if the run died now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Loss {
    /// Steps since the checkpoint; `None` where its name tells no step.
    pub steps: Option<u64>,
    /// Time since it was written, up to the last step.
    pub time: Duration,
}

impl Checkpoint {
    /// The newest of a place.
    pub fn newest(entries: &[Entry]) -> Option<Self> {
        let mut found: BTreeMap<Key, Self> = BTreeMap::new();
        for entry in entries {
            let facts = &entry.facts;
            let (Kind::Object, Some(at)) = (facts.kind, facts.modified) else {
                continue;
            };
            let name = folder_of(&entry.key);
            let step = step_of(&name.printable());
            let checkpoint = found.entry(name.clone()).or_insert(Self {
                name,
                at,
                step,
                size: 0,
                on_box: false,
            });
            checkpoint.at = checkpoint.at.max(at);
            checkpoint.size += facts.size;
        }
        found
            .into_values()
            .max_by_key(|checkpoint| (checkpoint.at, checkpoint.step))
    }

    /// What would be lost without what came after it.
    pub fn loss(&self, last: Mark) -> Loss {
        let reached = Timestamp::from_millisecond(last.at).unwrap_or(self.at);
        Loss {
            steps: self.step.map(|step| last.step.saturating_sub(step)),
            time: Duration::try_from(reached.duration_since(self.at)).unwrap_or_default(),
        }
    }
}

/// The checkpoint that a file is a part of: up to the first part of its key that bears a number, else the file itself.
fn folder_of(key: &Key) -> Key {
    let bytes = key.as_bytes();
    let mut end = 0;
    for part in bytes.split(|byte| *byte == b'/') {
        end += part.len();
        if part.iter().any(u8::is_ascii_digit) {
            return Key::new(bytes.get(..end).unwrap_or(bytes));
        }
        end += 1;
    }
    key.clone()
}

/// The step in a name: the number behind `step`, else the last one that is no epoch's: `epoch=3-step=1200.ckpt`,
/// `checkpoint-500`.
fn step_of(name: &str) -> Option<u64> {
    let lower = name.to_ascii_lowercase();
    let mut found = None;
    let mut before = 0;
    for (at, digits) in numbers(&lower) {
        let word = lower.get(before..at).unwrap_or_default();
        before = at + digits.len();
        let value = digits.parse().ok();
        if word.contains("step") || word.contains("iter") {
            return value;
        }
        if !word.contains("epoch") {
            found = value.or(found);
        }
    }
    found
}

/// The runs of digits in a text with their places, but for those of a file's ending (`.mp4`).
fn numbers(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut at = 0;
    for part in text.split_inclusive(|c: char| !c.is_ascii_digit()) {
        let digits = part.trim_end_matches(|c: char| !c.is_ascii_digit());
        if !digits.is_empty() {
            found.push((at, digits));
        }
        at += part.len();
    }
    found
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::{Checkpoint, step_of};
    use crate::domain::{
        entry::{Entry, Facts, Identity, Kind},
        key::Key,
        training::track::Mark,
    };

    fn entry(key: &str, size: u64, second: i64) -> Entry {
        Entry {
            key: Key::from(key),
            facts: Facts {
                kind: Kind::Object,
                size,
                modified: Timestamp::from_second(second).ok(),
                identity: Identity::None,
            },
        }
    }

    #[test]
    fn names_tell_their_steps() {
        for (name, step) in [
            ("epoch=3-step=1200.ckpt", Some(1200)),
            ("checkpoint-500", Some(500)),
            ("ckpt_48000.pt", Some(48_000)),
            ("efficientnet-b0-45000.safetensors", Some(45_000)),
            ("global_step1200", Some(1200)),
            ("model_epoch_12.pt", None),
            ("last.ckpt", None),
        ] {
            assert_eq!(step_of(name), step, "{name}");
        }
    }

    #[test]
    fn the_newest_is_a_file_or_a_folder_and_tells_what_would_be_lost() {
        let entries = [
            entry("checkpoint-45000/model.bin", 100, 1_000),
            entry("checkpoint-45000/optimizer.bin", 200, 1_010),
            entry("checkpoint-40000/model.bin", 100, 500),
            entry("notes/readme.txt", 1, 900),
        ];
        let newest = Checkpoint::newest(&entries).unwrap();
        assert_eq!(
            (newest.name.as_str(), newest.size),
            (Some("checkpoint-45000"), 300)
        );
        let loss = newest.loss(Mark {
            at: (1_010 + 22 * 60) * 1000,
            step: 48_205,
        });
        assert_eq!((loss.steps, loss.time.as_secs()), (Some(3205), 22 * 60));
        assert_eq!(Checkpoint::newest(&[]), None);
    }
}
