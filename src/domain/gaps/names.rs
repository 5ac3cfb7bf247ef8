//! The names of one side as columns, each word interned: what features are counted from, in one pass.

use std::collections::HashMap;

use indexmap::IndexSet;
use unicode_normalization::is_nfc;

use crate::domain::{
    gaps::{Presence, Seen, words::Charset},
    key::Key,
    name::{extension, first_letter},
};

/// "None": an object without an extension, class or time.
pub(super) const NONE: u32 = 0;

/// Words of one kind and their numbers, from 1; 0 is none.
#[derive(Debug, Default)]
pub(super) struct Words {
    all: IndexSet<Box<[u8]>>,
    /// The word asked for last: in a listing it is often the next one too.
    last: u32,
}

impl Words {
    fn number(&mut self, word: &[u8]) -> u32 {
        if self.last == NONE || self.word(self.last) != word {
            let at = self
                .all
                .get_index_of(word)
                .unwrap_or_else(|| self.all.insert_full(word.into()).0);
            self.last = u32::try_from(at + 1).unwrap_or(NONE);
        }
        self.last
    }

    /// The word of a number; empty for none.
    pub(super) fn word(&self, number: u32) -> &[u8] {
        (number as usize)
            .checked_sub(1)
            .and_then(|at| self.all.get_index(at))
            .map_or(&[], AsRef::as_ref)
    }

    /// Numbers in use, none included.
    pub(super) fn len(&self) -> usize {
        self.all.len() + 1
    }
}

/// A folder of the side that has the names.
#[derive(Debug, Default)]
pub(super) struct Folder {
    pub(super) parent: u32,
    /// Segments in its path; 0 for the location itself.
    pub(super) depth: u32,
    /// Its last segment.
    pub(super) name: u32,
    pub(super) letter: u32,
    /// Something of it exists on the other side that is no name of this one.
    pub(super) elsewhere: bool,
}

/// An entry.
#[derive(Debug, Clone, Copy)]
pub(super) struct Name {
    pub(super) folder: u32,
    pub(super) letter: u32,
    pub(super) extension: u32,
    pub(super) class: u32,
    pub(super) charsets: u8,
    pub(super) marker: bool,
    pub(super) missing: bool,
    pub(super) size: u64,
    /// Seconds since 1970; `i64::MIN` for none.
    pub(super) modified: i64,
    end: u32,
}

/// All names of one side, in key order.
#[derive(Debug)]
pub(super) struct Names {
    pub(super) all: Vec<Name>,
    /// The location itself first, parents before children.
    pub(super) folders: Vec<Folder>,
    pub(super) letters: Words,
    pub(super) extensions: Words,
    pub(super) classes: Words,
    pub(super) segments: Words,
    by_path: HashMap<(u32, u32), u32>,
    /// Last segments of all names, one after the other.
    pool: Vec<u8>,
    /// Where the last key lay: most keys lie where the one before did.
    here: (Vec<u8>, u32),
}

impl Default for Names {
    fn default() -> Self {
        Self {
            all: Vec::new(),
            folders: vec![Folder::default()],
            letters: Words::default(),
            extensions: Words::default(),
            classes: Words::default(),
            segments: Words::default(),
            by_path: HashMap::new(),
            pool: Vec::new(),
            here: (Vec::new(), 0),
        }
    }
}

impl Names {
    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    pub(super) fn add(&mut self, key: &[u8], seen: Seen<'_>, presence: Presence) {
        if presence == Presence::Other {
            return self.exists_elsewhere(key);
        }
        let at = key
            .iter()
            .rposition(|&byte| byte == b'/')
            .map_or(0, |slash| slash + 1);
        let (path, name) = key.split_at(at);
        let folder = self.folder(path);
        self.pool.extend_from_slice(name);
        let name = Name {
            folder,
            letter: self.letters.number(first_letter(name)),
            extension: extension(name).map_or(NONE, |extension| self.extensions.number(extension)),
            class: seen
                .class
                .map_or(NONE, |class| self.classes.number(class.as_bytes())),
            charsets: charsets(key),
            marker: seen.marker,
            missing: presence == Presence::Missing,
            size: seen.size,
            modified: seen.modified.unwrap_or(i64::MIN),
            end: u32::try_from(self.pool.len()).unwrap_or(u32::MAX),
        };
        self.all.push(name);
    }

    /// Notes that the folders above a key exist on the other side.
    pub(super) fn exists_elsewhere(&mut self, key: &[u8]) {
        let at = key
            .iter()
            .rposition(|&byte| byte == b'/')
            .map_or(0, |slash| slash + 1);
        let (path, _) = key.split_at(at);
        let mut folder = self.folder(path) as usize;
        while folder != 0 && !self.folders[folder].elsewhere {
            self.folders[folder].elsewhere = true;
            folder = self.folders[folder].parent as usize;
        }
    }

    /// The key of the name at a place in the listing.
    pub(super) fn key(&self, at: usize) -> Key {
        let start = at.checked_sub(1).map_or(0, |before| self.all[before].end);
        let name = self
            .pool
            .get(start as usize..self.all[at].end as usize)
            .unwrap_or_default();
        self.folder_key(self.all[at].folder).join(name)
    }

    /// The key of a folder.
    pub(super) fn folder_key(&self, folder: u32) -> Key {
        let mut path = Vec::new();
        let mut at = folder as usize;
        while at != 0 {
            path.push(self.segments.word(self.folders[at].name));
            at = self.folders[at].parent as usize;
        }
        path.reverse();
        Key::new(path.concat())
    }

    /// The number of a folder, by its path; from the one before on, which mostly shares the beginning.
    fn folder(&mut self, path: &[u8]) -> u32 {
        let (before, mut at) = (&self.here.0, self.here.1);
        if before == path {
            return at;
        }
        let same = before.iter().zip(path).take_while(|(a, b)| a == b).count();
        let shared = path.get(..same).unwrap_or_default();
        let depth = shared.split(|&byte| byte == b'/').count() - 1;
        while self.folders[at as usize].depth as usize > depth {
            at = self.folders[at as usize].parent;
        }
        for segment in path.split_inclusive(|&byte| byte == b'/').skip(depth) {
            at = self.subfolder(at, segment);
        }
        self.here.0.clear();
        self.here.0.extend_from_slice(path);
        self.here.1 = at;
        at
    }

    fn subfolder(&mut self, parent: u32, segment: &[u8]) -> u32 {
        let name = self.segments.number(segment);
        if let Some(&known) = self.by_path.get(&(parent, name)) {
            return known;
        }
        let number = u32::try_from(self.folders.len()).unwrap_or(0);
        let depth = self.folders[parent as usize].depth + 1;
        let letter = self.letters.number(first_letter(segment));
        self.folders.push(Folder {
            parent,
            depth,
            name,
            letter,
            elsewhere: false,
        });
        self.by_path.insert((parent, name), number);
        number
    }
}

/// The peculiar kinds of characters in a key, as bits.
fn charsets(key: &[u8]) -> u8 {
    let bits = key
        .iter()
        .fold(0, |bits, &byte| bits | PECULIAR[byte as usize]);
    let ascii = bits & Charset::NonAscii.bit() == 0;
    let composed = ascii || std::str::from_utf8(key).map_or(true, is_nfc);
    if composed {
        bits
    } else {
        bits | Charset::NotNfc.bit()
    }
}

/// For each byte the kind of characters that it belongs to, as a bit; none for plain ones.
const PECULIAR: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = match byte {
            0x80.. => Charset::NonAscii.bit(),
            0x20 => Charset::Space.bit(),
            0x25 | 0x2b => Charset::PlusOrPercent.bit(),
            0..0x20 | 0x7f => Charset::Control.bit(),
            0x21..0x7f => 0,
        };
        byte += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn peculiar_characters_are_found() {
        assert_eq!(
            charsets(b"a b+"),
            Charset::Space.bit() | Charset::PlusOrPercent.bit()
        );
        assert_eq!(
            charsets("e\u{301}".as_bytes()),
            Charset::NonAscii.bit() | Charset::NotNfc.bit()
        );
        assert_eq!(charsets("é".as_bytes()), Charset::NonAscii.bit());
    }

    #[test]
    fn keys_come_back_byte_for_byte() {
        let mut names = Names::default();
        let seen = Seen {
            marker: false,
            size: 0,
            modified: None,
            class: None,
        };
        let keys: [&[u8]; 6] = [b"a", b"a//b", b"a/b/", b"a/b/c", b"a/\xff/d", b"z"];
        for key in keys {
            names.add(key, seen, Presence::Present);
        }
        for (at, key) in keys.into_iter().enumerate() {
            assert_eq!(names.key(at).as_bytes(), key);
        }
    }
}
