//! `Location`: where entries are. Parsed from what a person types, shown as they would type it.
//! Its exact text (`String::from`, serde) is read back to the same value, whatever bytes a path holds.

mod parse;
mod place;

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
};

use serde::{Deserialize, Serialize};

use crate::domain::{
    codec::{KeyRefusal, join_in_s3},
    key::Key,
    text::printable,
};

pub use parse::LocationError;

/// The name of a remote of the configuration; the unnamed one is what the global flags speak of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Remote(Option<Arc<str>>);

impl Remote {
    /// Words that mean something else before a `:`, so no remote may bear them.
    pub const RESERVED: [&str; 3] = ["s3", "manifest", "inventory"];

    /// A remote of the configuration.
    pub fn named(name: &str) -> Self {
        Self(Some(name.into()))
    }

    /// The name, `None` for the unnamed remote.
    pub fn name(&self) -> Option<&str> {
        self.0.as_deref()
    }

    /// Whether a remote may bear this name: letters, digits, `-`, `_`, `.`, and not a reserved word.
    pub fn is_name(name: &str) -> bool {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        !name.is_empty() && name.chars().all(plain) && !Self::RESERVED.contains(&name)
    }
}

/// Where entries are.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Location {
    /// A local folder or file, as it was given (`~` expanded by whoever read it).
    Disk(PathBuf),
    /// A prefix of a bucket.
    S3(Prefix),
    /// All buckets that a remote shows: `s3://` or `REMOTE:s3://`.
    Buckets(Remote),
    /// A recorded listing: `manifest:FILE` or `manifest:s3://…`.
    Manifest(Box<Self>),
}

/// A prefix of a bucket at a remote. `s3://b/p` and `s3://b/p/` both mean the folder `p/`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Prefix {
    /// Whose credentials, region and endpoint.
    pub remote: Remote,
    /// Name of the bucket.
    pub bucket: Arc<str>,
    /// As typed: empty, or with or without its last `/`. Bytes are kept exactly.
    pub path: Arc<str>,
}

impl Prefix {
    /// The path as a folder: empty, or ending with `/`.
    pub fn folder(&self) -> String {
        if self.path.is_empty() || self.path.ends_with('/') {
            self.path.to_string()
        } else {
            format!("{}/", self.path)
        }
    }

    /// The whole key in the bucket of `key` below this prefix; refused where S3 cannot hold it.
    pub fn full_key(&self, key: &Key) -> Result<String, KeyRefusal> {
        join_in_s3(&self.folder(), key)
    }

    /// The key below this prefix of a whole key of the bucket; `None` where that lies elsewhere.
    pub fn relative(&self, full: &str) -> Option<Key> {
        let path = full.strip_prefix(&*self.path)?;
        if self.path.is_empty() || self.path.ends_with('/') {
            return Some(Key::from(path));
        }
        path.strip_prefix('/').map(Key::from)
    }
}

impl Location {
    /// The location of a key below this one: `s3://b/p/key`, or the path of it on disk (for showing, not for opening).
    #[must_use]
    pub fn show_key(&self, key: &Key) -> String {
        let base = self.to_string();
        let slash = if base.ends_with('/') || key.is_empty() {
            ""
        } else {
            "/"
        };
        format!("{base}{slash}{}", key.printable())
    }

    /// The prefix, where this is one.
    pub fn s3(&self) -> Option<&Prefix> {
        match self {
            Self::S3(prefix) => Some(prefix),
            Self::Disk(_) | Self::Buckets(_) | Self::Manifest(_) => None,
        }
    }

    /// Whether this may be an inventory that S3 wrote: a recorded listing in a bucket, under the name that S3 gives.
    pub fn may_be_inventory(&self) -> bool {
        let Self::Manifest(of) = self else {
            return false;
        };
        let named = |prefix: &Prefix| prefix.path.rsplit('/').next() == Some("manifest.json");
        of.s3().is_some_and(named)
    }

    /// How a recorded listing is called.
    fn recorded(&self) -> &'static str {
        if self.may_be_inventory() {
            "inventory:"
        } else {
            "manifest:"
        }
    }

    /// The path; `None` where it is in S3 or recorded.
    pub fn disk(&self) -> Option<&Path> {
        match self {
            Self::Disk(path) => Some(path),
            Self::S3(_) | Self::Buckets(_) | Self::Manifest(_) => None,
        }
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(name) = self.remote.name() {
            write!(f, "{name}:")?;
        }
        write!(
            f,
            "s3://{}/{}",
            self.bucket,
            printable(self.path.as_bytes())
        )
    }
}

impl fmt::Display for Location {
    /// The location as a person would type it, safe for a terminal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Disk(path) => f.write_str(&printable(path.as_os_str().as_encoded_bytes())),
            Self::S3(prefix) => prefix.fmt(f),
            Self::Buckets(remote) => match remote.name() {
                Some(name) => write!(f, "{name}:s3://"),
                None => f.write_str("s3://"),
            },
            Self::Manifest(of) => write!(f, "{}{of}", self.recorded()),
        }
    }
}
