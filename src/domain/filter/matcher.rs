//! Decides for one key whether it takes part. A rule reaches an entry by its own path or by a folder above it.

use std::{fmt, sync::Arc};

use globset::{Candidate, GlobBuilder, GlobMatcher, GlobSet, GlobSetBuilder};
use jiff::Timestamp;

use super::{Filter, Glob};
use crate::domain::{
    entry::{Facts, Kind},
    gzip,
    key::Key,
};

/// A glob that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{glob}\" is no glob: {reason}")]
pub struct FilterError {
    /// As written.
    pub glob: String,
    /// What is wrong with it.
    pub reason: String,
}

/// Why an entry takes no part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LeftOut {
    /// This exclude matched last.
    Rule(Arc<str>),
    /// Only what an include matches takes part, and none does.
    NotIncluded,
    /// Fewer bytes than this.
    TooSmall(u64),
    /// More bytes than this.
    TooLarge(u64),
    /// Modified before this.
    TooOld(Timestamp),
    /// Modified at or after this.
    TooNew(Timestamp),
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rule(glob) => write!(f, "left out by \"{glob}\""),
            Self::NotIncluded => f.write_str("no include matches it"),
            Self::TooSmall(bytes) => write!(f, "smaller than {bytes} bytes"),
            Self::TooLarge(bytes) => write!(f, "larger than {bytes} bytes"),
            Self::TooOld(bound) => write!(f, "modified before {bound}"),
            Self::TooNew(bound) => write!(f, "modified at or after {bound}"),
        }
    }
}

/// A `Filter`, ready to decide.
#[derive(Debug, Clone)]
pub struct Matcher {
    rules: Vec<Rule>,
    /// One glob for each rule, in order.
    globs: GlobSet,
    /// Nothing beyond these takes part.
    only: Option<GlobSet>,
    bounds: Filter,
    /// Keys are names of gzip streams; globs speak of what they hold.
    gzip: bool,
}

/// What a rule does beside matching.
#[derive(Debug, Clone)]
struct Rule {
    text: Arc<str>,
    includes: bool,
    /// Matches folders only.
    folders: bool,
    /// Matches whole folders by matching all below them: what stands before a last `/**`.
    below: Option<GlobMatcher>,
    /// The segments of a glob that begins at the location; `None` where it matches at any depth.
    anchored: Option<Vec<Segment>>,
}

/// One segment of an anchored glob.
#[derive(Debug, Clone)]
enum Segment {
    /// Matches one name.
    Name(GlobMatcher),
    /// `**`
    Any,
}

impl Matcher {
    /// Reads the globs of a filter.
    pub fn new(filter: &Filter) -> Result<Self, FilterError> {
        let mut globs = GlobSetBuilder::new();
        let mut rules = Vec::with_capacity(filter.rules.len());
        for glob in &filter.rules {
            let inner = glob.text().strip_suffix('/').unwrap_or(glob.text());
            globs.add(compile(glob.text(), &at_depth(inner))?);
            rules.push(Rule::new(glob, inner)?);
        }
        let globs = globs.build().map_err(|error| refuse("", &error))?;
        let bounds = Filter {
            rules: Vec::new(),
            only: Vec::new(),
            ..filter.clone()
        };
        Ok(Self {
            rules,
            globs,
            only: only(&filter.only)?,
            bounds,
            gzip: false,
        })
    }

    /// Whether this name is among what was picked; all are where nothing was.
    pub fn picks(&self, key: &Key) -> bool {
        let plain = self.gzip.then(|| gzip::plain(key)).flatten();
        self.only.as_ref().is_none_or(|only| {
            paths(plain.as_ref().unwrap_or(key))
                .any(|(path, _)| only.is_match_candidate(&Candidate::from_bytes(path)))
        })
    }

    /// The same, for keys that are names of gzip streams: globs speak of the names of their originals.
    #[must_use]
    pub fn of_gzip(self, gzip: bool) -> Self {
        Self { gzip, ..self }
    }

    /// Why this entry takes no part; `None` where it does. Bounds hold for objects and files only.
    pub fn leaves_out(&self, key: &Key, facts: &Facts) -> Option<LeftOut> {
        self.leaves_out_name(key).or_else(|| {
            if facts.kind == Kind::Object {
                self.out_of_bounds(facts)
            } else {
                None
            }
        })
    }

    /// Why this name takes no part, whatever its size and age.
    pub fn leaves_out_name(&self, key: &Key) -> Option<LeftOut> {
        if !self.picks(key) {
            return Some(LeftOut::NotIncluded);
        }
        let first = self.rules.first()?;
        let plain = self.gzip.then(|| gzip::plain(key)).flatten();
        match paths(plain.as_ref().unwrap_or(key))
            .filter_map(|(path, is_folder)| self.last_match(path, is_folder))
            .max()
        {
            Some(at) => self
                .rules
                .get(at)
                .filter(|rule| !rule.includes)
                .map(|rule| LeftOut::Rule(rule.text.clone())),
            None => first.includes.then_some(LeftOut::NotIncluded),
        }
    }

    /// Whether nothing below this folder can take part, so that it need not be listed.
    pub fn skips_folder(&self, folder: &Key) -> bool {
        for (at, rule) in self.rules.iter().enumerate().rev() {
            if rule.includes && rule.may_match_below(folder) {
                return false;
            }
            if !rule.includes && self.covers(at, rule, folder) {
                return true;
            }
        }
        self.rules.first().is_some_and(|rule| rule.includes)
    }

    /// Whether every entry below `folder` matches the rule of this number.
    fn covers(&self, number: usize, rule: &Rule, folder: &Key) -> bool {
        paths(folder).any(|(path, _)| {
            let candidate = Candidate::from_bytes(path);
            rule.below
                .as_ref()
                .is_some_and(|glob| glob.is_match_candidate(&candidate))
                || self.globs.matches_candidate(&candidate).contains(&number)
        })
    }

    /// The number of the last rule that matches this path.
    fn last_match(&self, path: &[u8], is_folder: bool) -> Option<usize> {
        let hits = self.globs.matches_candidate(&Candidate::from_bytes(path));
        hits.into_iter()
            .rev()
            .find(|&at| is_folder || self.rules.get(at).is_some_and(|rule| !rule.folders))
    }

    fn out_of_bounds(&self, facts: &Facts) -> Option<LeftOut> {
        let Filter {
            min_size,
            max_size,
            newer_than,
            older_than,
            ..
        } = &self.bounds;
        let size = facts.size;
        let small = min_size.filter(|&min| size < min).map(LeftOut::TooSmall);
        let large = || max_size.filter(|&max| size > max).map(LeftOut::TooLarge);
        let old = || {
            newer_than
                .filter(|&bound| facts.modified.is_some_and(|at| at < bound))
                .map(LeftOut::TooOld)
        };
        let new = || {
            older_than
                .filter(|&bound| facts.modified.is_some_and(|at| at >= bound))
                .map(LeftOut::TooNew)
        };
        small.or_else(large).or_else(old).or_else(new)
    }
}

impl Rule {
    fn new(glob: &Glob, inner: &str) -> Result<Self, FilterError> {
        let text = glob.text();
        let below = match inner.strip_suffix("/**") {
            Some(folder) => Some(compile(text, &at_depth(folder))?.compile_matcher()),
            None => None,
        };
        let anchored = match inner.strip_prefix('/') {
            Some(path) if !has_slash_in_choice(path) => Some(
                path.split('/')
                    .map(|name| Segment::new(text, name))
                    .collect::<Result<_, _>>()?,
            ),
            Some(_) | None => None,
        };
        Ok(Self {
            text: Arc::from(text),
            includes: glob.includes(),
            folders: text.ends_with('/'),
            below,
            anchored,
        })
    }

    /// Whether an entry below `folder` could match.
    fn may_match_below(&self, folder: &Key) -> bool {
        let Some(segments) = &self.anchored else {
            return true;
        };
        let inner = folder
            .as_bytes()
            .strip_suffix(b"/")
            .unwrap_or(folder.as_bytes());
        let mut names = inner.split(|&b| b == b'/').filter(|_| !inner.is_empty());
        for segment in segments {
            match (segment, names.next()) {
                (Segment::Any, _) | (Segment::Name(_), None) => return true,
                (Segment::Name(glob), Some(name))
                    if glob.is_match_candidate(&Candidate::from_bytes(name)) => {}
                (Segment::Name(_), Some(_)) => return false,
            }
        }
        // The whole glob matches this folder or one above it, and so all below.
        true
    }
}

impl Segment {
    fn new(text: &str, name: &str) -> Result<Self, FilterError> {
        match name {
            "**" => Ok(Self::Any),
            _ => Ok(Self::Name(compile(text, name)?.compile_matcher())),
        }
    }
}

/// The globs of what was picked; `None` where nothing was.
fn only(picked: &[String]) -> Result<Option<GlobSet>, FilterError> {
    if picked.is_empty() {
        return Ok(None);
    }
    let mut globs = GlobSetBuilder::new();
    for glob in picked {
        globs.add(compile(glob, &at_depth(glob))?);
    }
    let globs = globs.build().map_err(|error| refuse("", &error))?;
    Ok(Some(globs))
}

/// The glob that matches whole paths: anchored ones from the start, others at any depth.
/// A glob as a person types one to find names: it speaks of the end of a key, wherever that lies.
///
/// # Errors
/// Where it cannot be read.
pub fn glob(text: &str) -> Result<GlobMatcher, FilterError> {
    let inner = text.strip_suffix('/').unwrap_or(text);
    Ok(compile(text, &at_depth(inner))?.compile_matcher())
}

fn at_depth(inner: &str) -> String {
    match inner.strip_prefix('/') {
        Some(path) => path.to_owned(),
        None if inner.starts_with("**/") => inner.to_owned(),
        None => format!("**/{inner}"),
    }
}

/// Whether a `/` stands within `{…}`, so that the segments of the glob cannot be told apart.
fn has_slash_in_choice(path: &str) -> bool {
    path.split(['{', '[']).skip(1).any(|choice| {
        choice
            .split(['}', ']'])
            .next()
            .is_some_and(|inner| inner.contains('/'))
    })
}

fn compile(text: &str, glob: &str) -> Result<globset::Glob, FilterError> {
    let mut builder = GlobBuilder::new(glob);
    builder
        .literal_separator(true)
        .backslash_escape(true)
        .empty_alternates(true);
    builder.build().map_err(|error| refuse(text, &error))
}

fn refuse(text: &str, error: &globset::Error) -> FilterError {
    FilterError {
        glob: text.to_owned(),
        reason: error.kind().to_string(),
    }
}

/// The paths by which a rule can reach a key: each folder above it, and its own; `true` for folders.
fn paths(key: &Key) -> impl Iterator<Item = (&[u8], bool)> {
    let bytes = key.as_bytes();
    let inner = bytes.strip_suffix(b"/").unwrap_or(bytes);
    let slashes = inner
        .iter()
        .enumerate()
        .filter(|&(_, &b)| b == b'/')
        .map(|(at, _)| at);
    let folders = slashes.filter_map(|at| Some((bytes.get(..at)?, true)));
    folders.chain(std::iter::once((inner, inner.len() < bytes.len())))
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::{Filter, Glob, LeftOut, Matcher};
    use crate::domain::{
        entry::{Facts, Identity, Kind},
        key::Key,
    };

    fn matcher(rules: &[&str]) -> Matcher {
        let rules = rules.iter().map(|rule| match rule.split_at(1) {
            ("+", glob) => Glob::Include(glob.to_owned()),
            (_, glob) => Glob::Exclude(glob.to_owned()),
        });
        Matcher::new(&Filter {
            rules: rules.collect(),
            ..Filter::default()
        })
        .unwrap()
    }

    /// The keys of `keys` that the rules take.
    fn taken<'a>(rules: &[&str], keys: &[&'a str]) -> Vec<&'a str> {
        let matcher = matcher(rules);
        keys.iter()
            .copied()
            .filter(|&key| matcher.leaves_out_name(&Key::from(key)).is_none())
            .collect()
    }

    #[test]
    fn globs_read_as_documented() {
        let keys = [
            "a.png",
            "b.txt",
            "x/a.png",
            "x/download/y/z",
            "download/q",
            "download",
            "x/y/",
        ];
        for (rules, expected) in [
            (
                &["-*.png"][..],
                &["b.txt", "x/download/y/z", "download/q", "download", "x/y/"][..],
            ),
            (
                &["-/*.png"],
                &[
                    "b.txt",
                    "x/a.png",
                    "x/download/y/z",
                    "download/q",
                    "download",
                    "x/y/",
                ],
            ),
            (
                &["-download/**"],
                &["a.png", "b.txt", "x/a.png", "download", "x/y/"],
            ),
            (&["-download"], &["a.png", "b.txt", "x/a.png", "x/y/"]),
            (
                &["-download/"],
                &["a.png", "b.txt", "x/a.png", "download", "x/y/"],
            ),
            (&["-x/*"], &["a.png", "b.txt", "download/q", "download"]),
            (&["+**/*.png"], &["a.png", "x/a.png"]),
            (&["+*.{png,txt}", "-x/**"], &["a.png", "b.txt"]),
            (&["-**", "+a.*"], &["a.png", "x/a.png"]),
            (&["+/x/", "-*.png"], &["x/download/y/z", "x/y/"]),
            (&[], &keys),
        ] {
            assert_eq!(taken(rules, &keys), expected, "{rules:?}");
        }
        assert_eq!(taken(&["-a\\*"], &["a*", "ab"]), ["ab"]);
        assert!(
            matcher(&["-\u{fc}*"])
                .leaves_out_name(&Key::new([0xff]))
                .is_none()
        );
    }

    #[test]
    fn the_reason_names_the_rule_or_the_bound() {
        let at = |second: i64| jiff::Timestamp::from_second(second).unwrap();
        let rules = vec![Glob::Exclude("*.tmp".into())];
        let filter = Filter {
            rules,
            min_size: Some(2),
            max_size: Some(5),
            newer_than: Some(at(10)),
            older_than: Some(at(20)),
            only: Vec::new(),
        };
        let matcher = Matcher::new(&filter).unwrap();
        let out = |key: &str, size, second| {
            let facts = Facts {
                kind: Kind::Object,
                size,
                modified: Some(at(second)),
                identity: Identity::None,
            };
            matcher.leaves_out(&Key::from(key), &facts)
        };
        assert_eq!(out("a.tmp", 3, 15), Some(LeftOut::Rule("*.tmp".into())));
        assert_eq!(out("a", 1, 15), Some(LeftOut::TooSmall(2)));
        assert_eq!(out("a", 6, 15), Some(LeftOut::TooLarge(5)));
        assert_eq!(out("a", 3, 9), Some(LeftOut::TooOld(at(10))));
        assert_eq!(out("a", 3, 20), Some(LeftOut::TooNew(at(20))));
        assert_eq!((out("a", 2, 10), out("a", 5, 19)), (None, None));
        assert_eq!(matcher.leaves_out(&Key::from("a/"), &Facts::folder()), None);
        let broken = Filter {
            rules: vec![Glob::Include("a[".into())],
            ..Filter::default()
        };
        assert!(
            Matcher::new(&broken)
                .unwrap_err()
                .to_string()
                .starts_with("\"a[\" is no glob: ")
        );
    }

    #[test]
    fn folders_that_hold_nothing_wanted_are_skipped() {
        for (rules, skipped, listed) in [
            (
                &["-download/**"][..],
                &["download/", "x/download/", "x/download/y/"][..],
                &["x/"][..],
            ),
            (&["-download"], &["download/", "x/download/"], &["x/"]),
            (
                &["+/clipped/134*"],
                &["metadata/", "clipped/101_x/"],
                &["clipped/", "clipped/134_x/", "clipped/134_x/y/"],
            ),
            (&["-node_modules", "+*.js"], &[], &["node_modules/", "x/"]),
            (&["+/{a/b,c}/d"], &[], &["x/", "a/"]),
            (&["-**"], &["x/"], &[]),
            (&[], &[], &["x/"]),
        ] {
            let matcher = matcher(rules);
            for folder in skipped {
                assert!(
                    matcher.skips_folder(&Key::from(*folder)),
                    "{rules:?} skips {folder}"
                );
            }
            for folder in listed {
                assert!(
                    !matcher.skips_folder(&Key::from(*folder)),
                    "{rules:?} lists {folder}"
                );
            }
        }
    }

    proptest! {
        #[test]
        fn nothing_wanted_lies_in_a_skipped_folder(
            rules in vec("[-+]/?(\\*\\*/)?[ab*](/[ab*]|/\\*\\*|/)?", 0..4),
            folder in "[ab](/[ab]){0,2}",
            rest in "[ab](/[ab]){0,2}",
        ) {
            let rules: Vec<&str> = rules.iter().map(String::as_str).collect();
            let matcher = matcher(&rules);
            let folder = Key::from(folder.as_str()).join("/");
            if matcher.skips_folder(&folder) {
                prop_assert!(matcher.leaves_out_name(&folder.join(&rest)).is_some());
            }
        }
    }
}
