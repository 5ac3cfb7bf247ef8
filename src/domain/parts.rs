//! `Parts`: how the keys of a mapping fall into parts that can be picked by name: `{clipped,metadata}/{part}*`.
//! Beside `{part}` the pattern is a glob from the mapping's top; a part stands for all keys that the pattern with its name matches.

use std::collections::BTreeSet;

use super::{
    filter::{Filter, FilterError, Matcher},
    key::Key,
};

/// What stands for a part's name in a pattern.
const PLACE: &str = "{part}";

/// Why a pattern divides nothing into parts.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PartsError {
    /// The placeholder is missing, or there twice.
    #[error("a pattern of parts has the placeholder {PLACE} once, as in \"{PLACE}/**\"")]
    Place,
    /// The name could begin anywhere.
    #[error(
        "before {PLACE} its folder, or plain letters, must stand: \"{0}\" leaves open where a name begins"
    )]
    Open(String),
    /// The rest is no glob.
    #[error(transparent)]
    Glob(#[from] FilterError),
}

/// A pattern of parts, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parts {
    /// Folders whose names the pattern begins with; alternatives expanded. Each ends with `/`, or is empty.
    folders: Vec<String>,
    /// Letters before the name.
    before: String,
    /// What follows the name within its segment, as a glob.
    after: String,
    pattern: String,
}

impl Parts {
    /// Reads a pattern.
    pub fn parse(pattern: &str) -> Result<Self, PartsError> {
        let pattern = pattern.trim_start_matches('/');
        let (head, tail) = pattern.split_once(PLACE).ok_or(PartsError::Place)?;
        if tail.contains(PLACE) {
            return Err(PartsError::Place);
        }
        let (folder, before) = head
            .rfind('/')
            .map_or(("", head), |at| head.split_at(at + 1));
        let open = |text: &str| text.contains(['*', '?', '[', ']', '\\']);
        if open(folder) || open(before) || before.contains(['{', '}']) {
            return Err(PartsError::Open(head.to_owned()));
        }
        let parts = Self {
            folders: alternatives(folder),
            before: before.to_owned(),
            after: tail.split('/').next().unwrap_or_default().to_owned(),
            pattern: pattern.to_owned(),
        };
        let filter = Filter {
            only: vec![parts.glob("name")],
            ..Filter::default()
        };
        Matcher::new(&filter)?;
        Ok(parts)
    }

    /// The glob of one part's keys, from the mapping's top.
    pub fn glob(&self, part: &str) -> String {
        format!("/{}", self.pattern.replace(PLACE, &globset::escape(part)))
    }

    /// The folders in which the parts' names stand: a listing of these, one level deep, tells which parts there are.
    pub fn folders(&self) -> impl Iterator<Item = Key> {
        self.folders.iter().map(|folder| Key::from(&**folder))
    }

    /// The names of the parts that these keys belong to, in order.
    ///
    /// Where the pattern goes on with `*`, a name that only lengthens another one behind a mark (`134_Arsuk-2019` beside
    /// `134_Arsuk`) is of the same part.
    pub fn names<'k>(&self, keys: impl IntoIterator<Item = &'k Key>) -> Vec<String> {
        let found: BTreeSet<String> = keys.into_iter().filter_map(|key| self.name(key)).collect();
        if !self.after.starts_with('*') {
            return found.into_iter().collect();
        }
        let mut names: Vec<String> = Vec::new();
        for name in found {
            let longer = |known: &String| {
                let rest = name.strip_prefix(known.as_str());
                rest.is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
            };
            if !names.iter().any(longer) {
                names.push(name);
            }
        }
        names
    }

    /// What stands in a key where the pattern has its placeholder.
    fn name(&self, key: &Key) -> Option<String> {
        let key = key.as_str()?;
        let below = self
            .folders
            .iter()
            .find_map(|folder| key.strip_prefix(folder.as_str()))?;
        let segment = below
            .split('/')
            .next()?
            .strip_prefix(self.before.as_str())?;
        let name = match self.after.strip_prefix('*') {
            // The name of a file may go on with its extension.
            Some(_) => segment.split('.').next()?,
            None => segment.strip_suffix(self.after.as_str())?,
        };
        (!name.is_empty()).then(|| name.to_owned())
    }
}

/// Every text that a pattern without wildcards stands for: `{a,b}/` for `a/` and `b/`.
fn alternatives(pattern: &str) -> Vec<String> {
    let choice = pattern.split_once('{').and_then(|(head, rest)| {
        rest.split_once('}')
            .map(|(inner, tail)| (head, inner, tail))
    });
    let Some((head, inner, tail)) = choice else {
        return vec![pattern.to_owned()];
    };
    let tails = alternatives(tail);
    let each = inner
        .split(',')
        .flat_map(|one| tails.iter().map(move |tail| format!("{head}{one}{tail}")));
    each.collect()
}

#[cfg(test)]
mod tests {
    use super::{Parts, PartsError};
    use crate::domain::{
        filter::{Filter, Matcher},
        key::Key,
    };

    const KEYS: [&str; 7] = [
        "clipped/134_Arsuk/2019.tif",
        "clipped/134_Arsuk-mask.tif",
        "clipped/101_sermiligarssuk/a.tif",
        "metadata/134_Arsuk.json",
        "metadata/7_Kangiata.json",
        "download/134_Arsuk/raw.tif",
        "clipped.txt",
    ];

    fn keys() -> Vec<Key> {
        KEYS.into_iter().map(Key::from).collect()
    }

    fn taken(parts: &Parts, names: &[&str]) -> Vec<&'static str> {
        let only = names.iter().map(|name| parts.glob(name)).collect();
        let matcher = Matcher::new(&Filter {
            only,
            ..Filter::default()
        })
        .unwrap();
        let takes = |key: &&str| matcher.leaves_out_name(&Key::from(*key)).is_none();
        KEYS.into_iter().filter(takes).collect()
    }

    #[test]
    fn a_part_is_all_that_its_pattern_matches() {
        let parts = Parts::parse("{clipped,metadata}/{part}*").unwrap();
        assert_eq!(taken(&parts, &["134_Arsuk"]), [KEYS[0], KEYS[1], KEYS[3]]);
        assert_eq!(
            taken(&parts, &["101_sermiligarssuk", "7_Kangiata"]),
            [KEYS[2], KEYS[4]]
        );
        assert!(taken(&parts, &["134_*"]).is_empty(), "a name is no glob");
        let folders: Vec<Key> = parts.folders().collect();
        assert_eq!(folders, ["clipped/", "metadata/"].map(Key::from));
    }

    #[test]
    fn the_parts_that_are_there_are_named() {
        let parts = Parts::parse("{clipped,metadata}/{part}*").unwrap();
        assert_eq!(
            parts.names(&keys()),
            ["101_sermiligarssuk", "134_Arsuk", "7_Kangiata"]
        );
        let folders = Parts::parse("{part}/**").unwrap();
        assert_eq!(folders.folders().collect::<Vec<_>>(), [Key::from("")]);
        assert_eq!(
            folders.names(&[Key::from("a/"), Key::from("b/x/y"), Key::from("a/z")]),
            ["a", "b"]
        );
        let files = Parts::parse("/run-{part}.json").unwrap();
        assert_eq!(
            files.names(&[Key::from("run-7.json"), Key::from("run-8.txt")]),
            ["7"]
        );
    }

    #[test]
    fn a_pattern_that_divides_nothing_is_told_why() {
        assert_eq!(Parts::parse("clipped/*"), Err(PartsError::Place));
        assert_eq!(Parts::parse("{part}/{part}"), Err(PartsError::Place));
        assert!(matches!(Parts::parse("*/{part}"), Err(PartsError::Open(_))));
        assert!(matches!(
            Parts::parse("{part}/[a"),
            Err(PartsError::Glob(_))
        ));
    }
}
