//! Keys and paths: which key a relative path has, which path a key has, and why some have none.
//! Never lossy: a name that the other world cannot hold is refused with its reason, and no path leads out of its folder.

use std::{
    borrow::Cow,
    collections::HashMap,
    ffi::OsStr,
    os::unix::ffi::OsStrExt,
    path::{Component, Path, PathBuf},
};

use unicode_normalization::UnicodeNormalization;

use crate::domain::{
    entry::{Facts, Kind},
    key::Key,
};

/// The longest key that S3 takes, in bytes.
pub const KEY_MAX: usize = 1024;

/// The longest name that file systems take, in bytes.
pub const NAME_MAX: usize = 255;

/// The file in a folder that holds what the object of the folder's own name, with its `/`, holds.
pub const FOLDER_DATA: &[u8] = b".wharf-object";

/// What a file's name has more on disk where it could be taken for `FOLDER_DATA`.
const ESCAPE: u8 = b'~';

/// Why a key cannot exist on the other side; the text says what a person may do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyRefusal {
    /// A local name that is not UTF-8.
    #[error("the name is not UTF-8, which S3 cannot hold: rename the file")]
    NotUtf8,
    /// The whole key is over S3's limit.
    #[error(
        "the key would be {0} bytes long, and S3 takes {KEY_MAX}: shorten the path or the prefix"
    )]
    KeyTooLong(usize),
    /// One name is over the file system's limit.
    #[error(
        "a name in it is {0} bytes long, and file systems take {NAME_MAX}: copy it to another key first"
    )]
    NameTooLong(usize),
    /// The key begins with a slash.
    #[error("the key begins with \"/\", which on disk would be an absolute path")]
    Absolute,
    /// Two slashes in a row.
    #[error("the key has two slashes in a row: a folder without a name cannot exist on disk")]
    EmptyName,
    /// `.` or `..` as a name.
    #[error("the key has the name \"{0}\" in it, which on disk is a folder of its own meaning")]
    Dots(&'static str),
    /// A NUL byte.
    #[error("the key has a NUL byte, which no path can hold")]
    Nul,
    /// The key is empty: it names the location itself.
    #[error("the key is empty: it names the location itself")]
    Empty,
    /// An object that is no gzip stream where files are stored as such.
    #[error("the object is stored as it is, without \".gz\": sync it without --gzip")]
    NotGzip,
    /// A recorded listing holds no entries to read or write.
    #[error("a recorded listing holds names only, nothing to read or write")]
    NoPlace,
}

/// The name that a file has on disk; an empty one is that of the folder's own data.
pub fn file_name(name: &[u8]) -> Cow<'_, [u8]> {
    if name.is_empty() {
        Cow::Borrowed(FOLDER_DATA)
    } else if is_escaped(name) {
        Cow::Owned([name, &[ESCAPE]].concat())
    } else {
        Cow::Borrowed(name)
    }
}

/// What a file's name on disk stands for: empty for the folder's own data.
pub fn name_of_file(name: &[u8]) -> &[u8] {
    match name.split_last() {
        Some((_, rest)) if is_escaped(name) && name != FOLDER_DATA => rest,
        Some(_) if name == FOLDER_DATA => b"",
        Some(_) | None => name,
    }
}

fn is_escaped(name: &[u8]) -> bool {
    let rest = name.strip_prefix(FOLDER_DATA);
    rest.is_some_and(|rest| rest.iter().all(|&byte| byte == ESCAPE))
}

/// The path of the file that holds what is under `key`; of a key with a `/` at its end a file in the folder of that name.
pub fn file_of(key: &Key) -> Result<PathBuf, KeyRefusal> {
    let path = path_of(key)?;
    if key.is_folder() {
        return Ok(path.join(OsStr::from_bytes(FOLDER_DATA)));
    }
    Ok(path)
}

/// The path of `key` below its location; that of a folder for a key with a `/` at its end.
pub fn path_of(key: &Key) -> Result<PathBuf, KeyRefusal> {
    let bytes = key.as_bytes();
    if bytes.is_empty() {
        return Err(KeyRefusal::Empty);
    }
    if bytes.starts_with(b"/") {
        return Err(KeyRefusal::Absolute);
    }
    let folder = bytes.strip_suffix(b"/");
    let inner = folder.unwrap_or(bytes);
    inner.split(|&b| b == b'/').try_for_each(check_name)?;
    let start = inner
        .iter()
        .rposition(|&b| b == b'/')
        .map_or(0, |at| at + 1);
    let (above, name) = inner.split_at(start);
    if folder.is_some() {
        return Ok(PathBuf::from(OsStr::from_bytes(inner)));
    }
    let name = file_name(name);
    check_name(&name)?;
    Ok(PathBuf::from(OsStr::from_bytes(&[above, &name].concat())))
}

/// The key of what the file at a path below its location holds.
pub fn key_of_file(path: &Path) -> Result<Key, KeyRefusal> {
    let whole = whole_key(path)?;
    let bytes = whole.as_bytes();
    let start = bytes
        .iter()
        .rposition(|&b| b == b'/')
        .map_or(0, |at| at + 1);
    let (above, name) = bytes.split_at(start);
    let name = name_of_file(name);
    if above.is_empty() && name.is_empty() {
        return Err(KeyRefusal::Empty);
    }
    Ok(Key::new([above, name].concat()))
}

/// The names of a path as they are.
fn whole_key(path: &Path) -> Result<Key, KeyRefusal> {
    let mut bytes = Vec::with_capacity(path.as_os_str().len());
    for component in path.components() {
        match component {
            Component::Normal(name) => {
                if !bytes.is_empty() {
                    bytes.push(b'/');
                }
                bytes.extend_from_slice(name.as_bytes());
            }
            Component::CurDir => return Err(KeyRefusal::Dots(".")),
            Component::ParentDir => return Err(KeyRefusal::Dots("..")),
            Component::RootDir | Component::Prefix(_) => return Err(KeyRefusal::Absolute),
        }
    }
    if bytes.is_empty() {
        Err(KeyRefusal::Empty)
    } else {
        Ok(Key::new(bytes))
    }
}

/// Whether this entry of S3 can be written to disk under its name.
pub fn check_on_disk(key: &Key, facts: &Facts) -> Result<(), KeyRefusal> {
    match facts.kind {
        Kind::Object => file_of(key).map(drop),
        Kind::Folder | Kind::Symlink | Kind::Special => path_of(key).map(drop),
    }
}

/// `folder` and `key` as one key of S3.
pub fn join_in_s3(folder: &str, key: &Key) -> Result<String, KeyRefusal> {
    let name = key.as_str().ok_or(KeyRefusal::NotUtf8)?;
    match folder.len() + name.len() {
        long if long > KEY_MAX => Err(KeyRefusal::KeyTooLong(long)),
        _ => Ok(format!("{folder}{name}")),
    }
}

fn check_name(name: &[u8]) -> Result<(), KeyRefusal> {
    match name {
        b"" => Err(KeyRefusal::EmptyName),
        b"." => Err(KeyRefusal::Dots(".")),
        b".." => Err(KeyRefusal::Dots("..")),
        _ if name.contains(&0) => Err(KeyRefusal::Nul),
        _ if name.len() > NAME_MAX => Err(KeyRefusal::NameTooLong(name.len())),
        _ => Ok(()),
    }
}

/// Which names a file system takes for one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Folding {
    /// None: every name is its own, as on Linux.
    #[default]
    None,
    /// `A` and `a` are one.
    Case,
    /// Composed and decomposed names are one.
    Form,
    /// Both, as on macOS.
    CaseAndForm,
}

impl Folding {
    fn fold(self, name: &[u8]) -> Box<[u8]> {
        let Ok(text) = std::str::from_utf8(name) else {
            return name.into();
        };
        let folded: String = match self {
            Self::None => return name.into(),
            Self::Case => lower(text),
            Self::Form => text.nfd().collect(),
            Self::CaseAndForm => lower(&text.nfd().collect::<String>()).nfd().collect(),
        };
        folded.into_bytes().into()
    }
}

/// One spelling for all cases of a text; by way of upper case, so that `ß` meets `SS`.
fn lower(text: &str) -> String {
    text.to_uppercase().to_lowercase()
}

/// A folder that is being walked through.
#[derive(Debug, Default)]
struct OpenFolder {
    name: Box<[u8]>,
    /// The first name seen in it for each folded form.
    seen: HashMap<Box<[u8]>, Box<[u8]>>,
}

/// Finds keys that one file system would take for the same; it holds the names of the open folders only.
#[derive(Debug, Default)]
pub struct Collisions {
    folding: Folding,
    /// The top and the folders that lead to the last key, outermost first.
    open: Vec<OpenFolder>,
}

impl Collisions {
    /// For a file system that folds names so.
    pub fn new(folding: Folding) -> Self {
        Self {
            folding,
            open: vec![OpenFolder::default()],
        }
    }

    /// Takes the next key in byte order; `Some` is the earlier file or folder that has the same name there.
    pub fn push(&mut self, key: &Key) -> Option<Key> {
        if self.folding == Folding::None {
            return None;
        }
        let bytes = key.as_bytes();
        let inner = bytes.strip_suffix(b"/").unwrap_or(bytes);
        let mut start = 0;
        for (depth, name) in inner.split(|&b| b == b'/').enumerate() {
            let seen = &mut self.open.get_mut(depth)?.seen;
            let first = seen
                .entry(self.folding.fold(name))
                .or_insert_with(|| name.into());
            if **first != *name {
                return Some(Key::new(bytes.get(..start)?).join(&**first));
            }
            start += name.len() + 1;
            if start <= inner.len() {
                self.enter(depth + 1, name);
            }
        }
        None
    }

    fn enter(&mut self, depth: usize, name: &[u8]) {
        if self.open.get(depth).is_none_or(|open| *open.name != *name) {
            self.open.truncate(depth);
            self.open.push(OpenFolder {
                name: name.into(),
                seen: HashMap::new(),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::{Component, Path};

    use proptest::{collection::vec, prelude::*};

    use super::{Collisions, Folding, KeyRefusal, file_of, key_of_file, path_of};
    use crate::domain::key::Key;

    #[test]
    fn every_refusal_has_its_reason() {
        for (key, refusal) in [
            ("", KeyRefusal::Empty),
            ("/etc/passwd", KeyRefusal::Absolute),
            ("a//b", KeyRefusal::EmptyName),
            ("a//", KeyRefusal::EmptyName),
            ("a/../b", KeyRefusal::Dots("..")),
            ("..", KeyRefusal::Dots("..")),
            ("./a", KeyRefusal::Dots(".")),
            ("a\0b", KeyRefusal::Nul),
        ] {
            assert_eq!(path_of(&Key::from(key)), Err(refusal), "{key:?}");
        }
        assert_eq!(
            path_of(&Key::new([b'a'; 256])),
            Err(KeyRefusal::NameTooLong(256))
        );
        assert_eq!(
            path_of(&Key::from("a/...b/ c\\d")).unwrap(),
            Path::new("a/...b/ c\\d")
        );
        let key_of = |path: &str| key_of_file(Path::new(path));
        assert_eq!(key_of("../a"), Err(KeyRefusal::Dots("..")));
        assert_eq!(key_of("/a"), Err(KeyRefusal::Absolute));
        assert_eq!(key_of(".wharf-object"), Err(KeyRefusal::Empty));
        let full = [b".wharf-object".to_vec(), vec![b'~'; 242]].concat();
        assert_eq!(full.len(), 255);
        assert_eq!(file_of(&Key::new(full)), Err(KeyRefusal::NameTooLong(256)));
    }

    #[test]
    fn an_object_of_a_folders_name_is_a_file_in_the_folder_and_no_other_key_takes_its_name() {
        for (key, path) in [
            ("a/", "a/.wharf-object"),
            ("a/b/", "a/b/.wharf-object"),
            ("a/.wharf-object", "a/.wharf-object~"),
            ("a/.wharf-object~", "a/.wharf-object~~"),
            (".wharf-object", ".wharf-object~"),
            ("a/.wharf-object.txt", "a/.wharf-object.txt"),
            ("a/.wharf-object~x", "a/.wharf-object~x"),
            ("a/.wharf-object/", "a/.wharf-object/.wharf-object"),
        ] {
            assert_eq!(file_of(&Key::from(key)).unwrap(), Path::new(path), "{key}");
            assert_eq!(
                key_of_file(Path::new(path)).unwrap(),
                Key::from(key),
                "{path}"
            );
        }
        assert_eq!(path_of(&Key::from("a/")).unwrap(), Path::new("a"));
    }

    fn hostile() -> impl Strategy<Value = Vec<u8>> {
        let name = prop::sample::select(vec![
            "..",
            ".",
            "",
            "a",
            "...",
            "\0",
            "c:",
            "\\..",
            "~",
            "-rf",
            "\u{1b}]0;x\u{7}",
            ".wharf-object",
            ".wharf-object~",
            ".wharf-object~~",
            ".wharf-objec",
            "~",
        ]);
        let piece = prop_oneof![
            name.prop_map(|n| n.as_bytes().to_vec()),
            vec(any::<u8>(), 0..4)
        ];
        vec(piece, 0..5).prop_map(|names| names.join(&b'/'))
    }

    proptest! {
        #[test]
        fn no_key_leads_out_of_its_folder(bytes in hostile()) {
            let key = Key::new(&bytes);
            if let Ok(path) = file_of(&key) {
                prop_assert!(path.components().all(|c| matches!(c, Component::Normal(_))));
                // Whatever has a file has its own: a key that can be told from the file's path.
                prop_assert_eq!(key_of_file(&path).unwrap(), key);
            }
        }

        #[test]
        fn a_path_that_has_a_key_is_the_path_of_that_key(bytes in hostile()) {
            use std::{ffi::OsStr, os::unix::ffi::OsStrExt};
            let path = Path::new(OsStr::from_bytes(&bytes));
            if let Ok(key) = key_of_file(path) && !bytes.contains(&0) && !bytes.ends_with(b"/") {
                let back = file_of(&key).unwrap();
                prop_assert_eq!(back.as_path(), path);
            }
        }
    }

    #[test]
    fn names_that_differ_by_case_or_form_collide_where_the_file_system_folds_them() {
        let keys = [
            "A", "B/x", "B/y", "C/a", "\u{c5}", "a", "b/y", "c/b", "e\u{301}", "\u{e9}",
        ];
        let mut sorted = keys.map(Key::from);
        sorted.sort();
        let text = |key: &Key| key.as_str().unwrap().to_owned();
        let found = |folding| {
            let mut collisions = Collisions::new(folding);
            let hit = |key: &Key| Some(format!("{}={}", text(key), text(&collisions.push(key)?)));
            sorted.iter().filter_map(hit).collect::<Vec<String>>()
        };
        assert_eq!(found(Folding::None), Vec::<String>::new());
        assert_eq!(found(Folding::Case), ["a=A", "b/y=B", "c/b=C"]);
        assert_eq!(found(Folding::Form), ["\u{e9}=e\u{301}"]);
        assert_eq!(
            found(Folding::CaseAndForm),
            ["a=A", "b/y=B", "c/b=C", "\u{e9}=e\u{301}"]
        );
    }
}
