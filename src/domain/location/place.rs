//! How locations lie to each other: inside, overlapping, the same; above and below. All of it by their names only:
//! whoever knows better (links on disk, two remotes for one endpoint) resolves that first.

use std::{
    os::unix::ffi::OsStrExt,
    path::{Component, Path, PathBuf},
    sync::Arc,
};

use super::{Location, Prefix, Remote};
use crate::domain::{
    codec::{KeyRefusal, path_of},
    key::Key,
};

impl Location {
    /// Whether `other` is this place or lies inside it.
    pub fn contains(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Disk(one), Self::Disk(two)) => is_below(&plain(two), &plain(one)),
            (Self::S3(one), Self::S3(two)) => {
                one.remote == two.remote
                    && one.bucket == two.bucket
                    && two.folder().starts_with(&one.folder())
            }
            (
                Self::Buckets(remote),
                Self::S3(Prefix { remote: other, .. }) | Self::Buckets(other),
            ) => remote == other,
            (Self::Manifest(one), Self::Manifest(two)) => one.same_place(two),
            _ => false,
        }
    }

    /// Whether some entry could lie in both.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.contains(other) || other.contains(self)
    }

    /// Whether both name one place, with or without a last `/`.
    pub fn same_place(&self, other: &Self) -> bool {
        self.contains(other) && other.contains(self)
    }

    /// Whether an entry of one may be an entry of the other under another name, although the names do not overlap: two
    /// remotes may be one endpoint, and an access point is a second name of a bucket.
    pub fn may_be(&self, other: &Self) -> bool {
        let is_alias = |bucket: &str| bucket.starts_with("arn:") || bucket.ends_with("-s3alias");
        match (self, other) {
            (Self::S3(one), Self::S3(two)) => {
                one.remote != two.remote || is_alias(&one.bucket) || is_alias(&two.bucket)
            }
            _ => false,
        }
    }

    /// The same place as `remote` sees it, so that two names of one endpoint can be compared.
    #[must_use]
    pub fn with_remote(self, remote: Remote) -> Self {
        match self {
            Self::S3(prefix) => Self::S3(Prefix { remote, ..prefix }),
            Self::Buckets(_) => Self::Buckets(remote),
            Self::Manifest(of) => Self::Manifest(Box::new(of.with_remote(remote))),
            Self::Disk(_) => self,
        }
    }

    /// The place of a key below this one; refused where the name cannot exist there.
    pub fn child(&self, key: &Key) -> Result<Self, KeyRefusal> {
        match self {
            Self::Disk(path) => Ok(Self::Disk(path.join(path_of(key)?))),
            Self::S3(prefix) => {
                let path = Arc::from(prefix.full_key(key)?);
                Ok(Self::S3(Prefix {
                    path,
                    ..prefix.clone()
                }))
            }
            Self::Buckets(remote) => {
                let text = key.as_str().ok_or(KeyRefusal::NotUtf8)?;
                let (bucket, path) = text.split_once('/').unwrap_or((text, ""));
                Ok(Self::S3(Prefix {
                    remote: remote.clone(),
                    bucket: bucket.into(),
                    path: path.into(),
                }))
            }
            Self::Manifest(_) => Err(KeyRefusal::NoPlace),
        }
    }

    /// The place that holds this one: the folder above, or the list of buckets; `None` at the top.
    pub fn parent(&self) -> Option<Self> {
        match self {
            Self::Disk(path) => above(path).map(Self::Disk),
            Self::S3(prefix) if prefix.path.is_empty() => {
                Some(Self::Buckets(prefix.remote.clone()))
            }
            Self::S3(prefix) => {
                let inner = prefix.path.strip_suffix('/').unwrap_or(&prefix.path);
                let folder = inner
                    .rfind('/')
                    .and_then(|at| inner.get(..=at))
                    .unwrap_or_default();
                Some(Self::S3(Prefix {
                    path: folder.into(),
                    ..prefix.clone()
                }))
            }
            Self::Buckets(_) | Self::Manifest(_) => None,
        }
    }

    /// The last segment of the name: of the path, of the prefix, or the bucket.
    pub fn base_name(&self) -> Option<Key> {
        match self {
            Self::Disk(path) => path.file_name().map(|name| Key::new(name.as_bytes())),
            Self::S3(prefix) => {
                let name = prefix.path.strip_suffix('/').unwrap_or(&prefix.path);
                let name = name.rsplit('/').next().filter(|name| !name.is_empty());
                Some(Key::from(name.unwrap_or(&prefix.bucket)))
            }
            Self::Manifest(of) => of.base_name(),
            Self::Buckets(_) => None,
        }
    }
}

/// The path without `.`, and without `..` as far as names tell.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir if ends_with_name(&plain) => drop(plain.pop()),
            Component::ParentDir if plain.has_root() => {}
            Component::ParentDir
            | Component::Prefix(_)
            | Component::RootDir
            | Component::Normal(_) => {
                plain.push(component);
            }
        }
    }
    plain
}

/// Whether `path` is `folder` or lies below it; both are plain.
fn is_below(path: &Path, folder: &Path) -> bool {
    let rest = path
        .strip_prefix(folder)
        .ok()
        .and_then(|rest| rest.components().next());
    path.has_root() == folder.has_root()
        && path.starts_with(folder)
        && rest != Some(Component::ParentDir)
}

fn ends_with_name(path: &Path) -> bool {
    path.file_name().is_some()
}

/// The folder above a path, by its name alone.
fn above(path: &Path) -> Option<PathBuf> {
    if path.file_name().is_some() {
        let parent = path.parent()?;
        let here = parent.as_os_str().is_empty();
        return Some(if here {
            PathBuf::from(".")
        } else {
            parent.to_owned()
        });
    }
    (!path.has_root() || path.components().count() > 1).then(|| path.join(".."))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{KeyRefusal, Location, Remote};
    use crate::domain::key::Key;

    fn at(text: &str) -> Location {
        Location::parse(text).unwrap()
    }

    #[test]
    fn inside_is_told_by_whole_names() {
        for (outer, inner) in [
            ("s3://bucket/p", "s3://bucket/p/"),
            ("s3://bucket/p", "s3://bucket/p/q"),
            ("s3://bucket", "s3://bucket/p"),
            ("s3://", "s3://bucket/p"),
            ("a/b", "./a/b/c"),
            ("/a", "/a/x/../b"),
            (".", "a"),
            ("/", "/a"),
        ] {
            assert!(at(outer).contains(&at(inner)), "{outer} holds {inner}");
            assert!(at(inner).overlaps(&at(outer)));
        }
        for (one, other) in [
            ("s3://bucket/p", "s3://bucket/p2"),
            ("s3://bucket/p", "s3://bucket2/p"),
            ("s3://bucket/p", "main:s3://bucket/p"),
            ("a/b", "a/bc"),
            ("/a", "a"),
            ("../a", "a"),
            (".", "/a"),
            (".", "../a"),
            ("manifest:a", "a"),
        ] {
            assert!(!at(one).overlaps(&at(other)), "{one} and {other}");
        }
        assert!(at("s3://bucket/p").same_place(&at("s3://bucket/p/")));
        assert!(at("a//b/.").same_place(&at("a/b")));
        assert!(
            at("main:s3://bucket/p")
                .with_remote(Remote::default())
                .same_place(&at("s3://bucket/p"))
        );
    }

    #[test]
    fn one_walks_down_and_up() {
        let down =
            |from: &str, key: &str| at(from).child(&Key::from(key)).map(|place| place.text());
        assert_eq!(down("s3://bucket/p", "q/"), Ok("s3://bucket/p/q/".into()));
        assert_eq!(
            down("main:s3://", "bucket/"),
            Ok("main:s3://bucket/".into())
        );
        assert_eq!(down("a", "b/c"), Ok("a/b/c".into()));
        assert_eq!(down("a", "../c"), Err(KeyRefusal::Dots("..")));
        let up = |from: &str| at(from).parent().map(|place| place.text());
        assert_eq!(up("s3://bucket/p/q/"), Some("s3://bucket/p/".into()));
        assert_eq!(up("s3://bucket/p"), Some("s3://bucket/".into()));
        assert_eq!(up("s3://bucket"), Some("s3://".into()));
        assert_eq!(up("s3://"), None);
        assert_eq!(up("/a/b"), Some("/a".into()));
        assert_eq!(up("/"), None);
        assert_eq!(up("a"), Some(".".into()));
        assert_eq!(up("."), Some("./..".into()));
        assert_eq!(up(".."), Some("../..".into()));
        assert_eq!(at("s3://bucket/p/q/").base_name(), Some(Key::from("q")));
        assert_eq!(at("s3://bucket").base_name(), Some(Key::from("bucket")));
    }

    proptest! {
        #[test]
        fn a_key_is_found_again_below_its_prefix(path in "[a-c/]{0,6}", key in "\\PC{0,6}") {
            let location = at(&format!("s3://bucket/{path}"));
            let prefix = location.s3().unwrap();
            let key = Key::from(key.as_str());
            prop_assert_eq!(prefix.relative(&prefix.full_key(&key).unwrap()), Some(key));
        }

        #[test]
        fn a_place_holds_its_children(path in "[a-c/]{0,6}x", key in "[a-c]{1,2}(/[a-c]{1,2}){0,2}") {
            for base in [at(&path), at(&format!("s3://bucket/{path}"))] {
                let child = base.child(&Key::from(key.as_str())).unwrap();
                prop_assert!(base.contains(&child) && !child.contains(&base));
                prop_assert!(child.parent().unwrap().contains(&child));
            }
        }
    }
}
