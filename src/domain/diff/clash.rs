//! Finds names that are a file and a folder at once, which no disk can hold, in a stream of pairs in key order.
//! Between `a` and `a/…` lie only keys that begin with `a`, so a short stack of such files is enough.

use std::collections::VecDeque;

use super::{Pair, Sign, Verdict};
use crate::domain::{entry::Kind, gzip, key::Key};

/// The most pairs that are held back to see whether a folder follows their file. Beyond it the file's own pair is told
/// as it is, and only what lies below the name clashes.
const HELD: usize = 4096;

/// Pairs on their way, held back as long as a folder of a file's name may still follow.
#[derive(Debug, Default)]
pub(super) struct Clashes {
    /// Files of which each one's name begins the next one's, and the last pair's.
    files: Vec<OpenFile>,
    held: VecDeque<Pair>,
    /// How many pairs have been released: the number of the first one held.
    released: u64,
    /// Files bear the names of their gzip streams.
    gzip: bool,
}

/// A file that a folder of its name may still follow.
#[derive(Debug)]
struct OpenFile {
    key: Key,
    /// The number of its pair.
    number: u64,
}

impl Clashes {
    /// With `gzip` a file is on disk what its name is without `.gz`.
    pub(super) fn new(gzip: bool) -> Self {
        Self {
            gzip,
            ..Self::default()
        }
    }

    /// Takes the next pair in key order; `takes_part` is false where a filter leaves it out.
    pub(super) fn push(&mut self, mut pair: Pair, takes_part: bool) {
        self.files
            .retain(|file| pair.key.as_bytes().starts_with(file.key.as_bytes()));
        if takes_part {
            self.mark(&mut pair);
            if is_file(&pair) {
                let number = self.released + self.held.len() as u64;
                let plain = self.gzip.then(|| gzip::plain(&pair.key)).flatten();
                self.files.push(OpenFile {
                    key: plain.unwrap_or_else(|| pair.key.clone()),
                    number,
                });
            }
        }
        self.held.push_back(pair);
    }

    /// The next pair of which everything is known; all of them once the listings are over.
    pub(super) fn pop(&mut self, over: bool) -> Option<Pair> {
        let first = self.files.first().map_or(u64::MAX, |file| file.number);
        if over || self.released < first || self.held.len() > HELD {
            let pair = self.held.pop_front()?;
            self.released += 1;
            return Some(pair);
        }
        None
    }

    fn mark(&mut self, pair: &mut Pair) {
        let below = |file: &&OpenFile| pair.key.as_bytes().get(file.key.len()) == Some(&b'/');
        let Some(file) = self.files.iter().find(below) else {
            return;
        };
        set(
            pair,
            &format!(
                "\"{}\" is a file, and on disk nothing can lie below a file",
                file.key
            ),
        );
        let held = file
            .number
            .checked_sub(self.released)
            .and_then(|at| self.held.get_mut(usize::try_from(at).ok()?));
        if let Some(held) = held {
            set(
                held,
                "entries lie below this name as well, and on disk a name is a file or a folder",
            );
        }
    }
}

/// Whether the pair has content of its own, so that it cannot be a folder on disk.
fn is_file(pair: &Pair) -> bool {
    let has_content = |kind| kind != Kind::Folder;
    !pair.key.is_folder()
        && [&pair.left, &pair.right]
            .into_iter()
            .flatten()
            .any(|facts| has_content(facts.kind))
}

/// Makes the pair a clash, unless nothing is to be done or known of it.
fn set(pair: &mut Pair, reason: &str) {
    if matches!(
        pair.verdict.sign(),
        Sign::OnlyLeft | Sign::OnlyRight | Sign::Differs | Sign::Unproven | Sign::Archived
    ) {
        pair.verdict = Verdict::Clash {
            reason: reason.into(),
        };
    }
}
