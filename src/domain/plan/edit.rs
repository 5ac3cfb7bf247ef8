//! `Edit`: what a plan does at one place to what stands there, where nothing moves between two: names, folders, tags, class,
//! what an archive or a delete marker keeps away. Such a plan has one place for source and destination.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::{entry::Facts, filter::Filter, key::Key, sse::is_customer};

use super::{Deletes, Existing, Op, Plan, Step, SyncOptions};

/// What is done to entries where they stand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Edit {
    /// A local entry gets another name in its folder; nothing is written over.
    Rename {
        /// The whole key that it gets.
        to: Key,
    },
    /// A folder is made: on a disk as such, in S3 as an object of 0 bytes whose name ends with `/`.
    NewFolder,
    /// What a delete marker hides is brought back: the marker goes.
    Undelete,
    /// An older version is copied onto its key; what stands there stays as a version.
    BringBack {
        /// Its id.
        version: Arc<str>,
    },
    /// Archived objects are made readable for some days, as the options' `restore` says.
    Restore,
    /// What objects bear is changed: the options say class, encryption and metadata, tags stay unless they are told too.
    Rewrite,
    /// Tags are replaced by those of the options, and nothing else.
    Tag,
    /// Unfinished uploads are given up: their parts, which show in no listing and cost, go.
    Abort {
        /// Only those that began before this; all when `None`.
        before: Option<Timestamp>,
    },
}

impl Edit {
    /// What is done, in a word that a button could bear.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Rename { .. } => "rename",
            Self::NewFolder => "make folder",
            Self::Undelete => "undelete",
            Self::BringBack { .. } => "bring back",
            Self::Restore => "restore",
            Self::Rewrite => "rewrite",
            Self::Tag => "tag",
            Self::Abort { .. } => "abort",
        }
    }

    /// The same before the name of the place.
    pub fn label(&self) -> &'static str {
        match self {
            Self::Rename { .. } => "rename in",
            Self::NewFolder => "make folder in",
            Self::Undelete => "undelete in",
            Self::BringBack { .. } => "bring back in",
            Self::Restore => "restore in",
            Self::Rewrite => "rewrite in",
            Self::Tag => "tag in",
            Self::Abort { .. } => "abort uploads in",
        }
    }
}

impl Plan {
    /// Whether its edits take something away for good.
    pub fn aborts(&self) -> bool {
        matches!(self.edit, Some(Edit::Abort { .. }))
    }

    /// What its tasks are called, where that is not what they move.
    pub fn called(&self) -> Option<&'static str> {
        self.edit.as_ref().map(Edit::word)
    }
}

impl Step {
    /// A step that changes what stands under a key; `there` is what was seen of it.
    pub fn edit(seq: usize, key: Key, there: Option<Facts>) -> Self {
        Self {
            seq: u32::try_from(seq).unwrap_or(u32::MAX),
            op: Op::Edit,
            key,
            source: there,
            destination: None,
        }
    }
}

/// Why a name cannot be given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameRefusal {
    /// There is none.
    #[error("a name is wanted")]
    Empty,
    /// It would be another place.
    #[error("a name has no \"/\": t and T bring things to other places")]
    Slash,
    /// It means a place, and is none.
    #[error("\"{0}\" means a folder by itself, and can be no name")]
    Dots(&'static str),
    /// It is the name that it has.
    #[error("that is its name already")]
    Same,
}

/// The key that an entry gets by a new name in its folder; a folder keeps its `/`.
///
/// # Errors
/// Where that is no name, or the one that it has.
pub fn renamed(key: &Key, name: &str) -> Result<Key, NameRefusal> {
    let name = named(name)?;
    let slash = if key.is_folder() { "/" } else { "" };
    let to = key.parent().join(name).join(slash);
    if to == *key {
        return Err(NameRefusal::Same);
    }
    Ok(to)
}

/// A name as it may stand between slashes.
///
/// # Errors
/// Where it is none.
pub fn named(name: &str) -> Result<&str, NameRefusal> {
    match name {
        "" => Err(NameRefusal::Empty),
        "." => Err(NameRefusal::Dots(".")),
        ".." => Err(NameRefusal::Dots("..")),
        name if name.contains('/') => Err(NameRefusal::Slash),
        name => Ok(name),
    }
}

/// What objects shall bear from now on; what is `None` or empty stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bears {
    /// Storage class.
    pub class: Option<Arc<str>>,
    /// `AES256` or `aws:kms[:KEY]`.
    pub sse: Option<Arc<str>>,
    /// User metadata to set; an empty value takes a name away. What is not named stays.
    pub metadata: Vec<(String, String)>,
    /// Tags; they replace all.
    pub tags: Vec<(String, String)>,
}

impl Bears {
    /// What is to be done for it; `None` where nothing is asked.
    pub fn edit(&self) -> Option<Edit> {
        let rewrites = self.class.is_some() || self.sse.is_some() || !self.metadata.is_empty();
        match (rewrites, self.tags.is_empty()) {
            (true, _) => Some(Edit::Rewrite),
            (false, false) => Some(Edit::Tag),
            (false, true) => None,
        }
    }
}

/// Metadata with some names set anew; an empty value takes a name away.
pub fn merged(
    mut metadata: Vec<(String, String)>,
    new: &[(String, String)],
) -> Vec<(String, String)> {
    for (name, value) in new {
        metadata.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        if !value.is_empty() {
            metadata.push((name.clone(), value.clone()));
        }
    }
    metadata
}

impl SyncOptions {
    /// These options for an edit of what objects bear.
    #[must_use]
    pub fn of_edit(&self, bears: &Bears) -> Self {
        let key = self.sse.as_ref().filter(|sse| is_customer(sse));
        Self {
            storage_class: bears.class.clone(),
            sse: bears.sse.clone().or_else(|| key.map(Arc::clone)),
            source_sse: key.map(Arc::clone),
            metadata: bears.metadata.clone(),
            tags: bears.tags.clone(),
            // Nothing moves: S3 rewrites what it has.
            verify: None,
            ..self.clone()
        }
    }

    /// These options for an older version that is brought back: it keeps what it bears, and is proven.
    #[must_use]
    pub fn of_bring_back(&self) -> Self {
        Self {
            verify: self.verify,
            ..self.of_edit(&Bears::default())
        }
    }

    /// These options for another name in S3: a move of all that is there, which writes over nothing and changes nothing of
    /// what the objects bear.
    #[must_use]
    pub fn of_rename(&self) -> Self {
        let locked = self.sse.as_deref().is_some_and(is_customer);
        let key = self.sse.as_ref().filter(|_| locked);
        Self {
            remove_source: true,
            existing: Existing::Keep,
            filter: Filter::default(),
            delete: Deletes::Never,
            storage_class: None,
            metadata: Vec::new(),
            tags: Vec::new(),
            sse: key.map(Arc::clone),
            source_sse: key.map(Arc::clone),
            // Another name for the same bytes, by the listing of what is there now, and here.
            gzip: false,
            backup_dir: None,
            listing: None,
            batch_over: None,
            ..self.clone()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{NameRefusal, SyncOptions, renamed};
    use crate::domain::key::Key;

    #[test]
    fn another_name_changes_nothing_of_the_content() {
        let asked = SyncOptions {
            gzip: true,
            batch_over: Some(0),
            storage_class: Some("GLACIER".into()),
            ..SyncOptions::default()
        };
        let renames = asked.of_rename();
        assert!(!renames.gzip && renames.batch_over.is_none() && renames.storage_class.is_none());
    }

    #[test]
    fn a_name_stays_in_its_folder() {
        let to = |key: &str, name: &str| renamed(&Key::from(key), name);
        assert_eq!(to("a/b.txt", "c.txt"), Ok(Key::from("a/c.txt")));
        assert_eq!(to("a/b/", "c"), Ok(Key::from("a/c/")));
        assert_eq!(to("b", "c"), Ok(Key::from("c")));
        assert_eq!(to("b", ""), Err(NameRefusal::Empty));
        assert_eq!(to("a/b/", "b"), Err(NameRefusal::Same));
        assert_eq!(to("b", "../c"), Err(NameRefusal::Slash));
        assert_eq!(to("b", ".."), Err(NameRefusal::Dots("..")));
    }
}
