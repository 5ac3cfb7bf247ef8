//! One page of a listing: as it was told, its keys still coded, and as entries in key order below the location.

use std::{borrow::Cow, sync::Arc};

use aws_sdk_s3::{operation::list_objects_v2::ListObjectsV2Output, types::EncodingType};
use jiff::Timestamp;

use crate::domain::{
    entry::{Entry, Facts, Identity, Kind, ObjectId},
    key::Key,
};

use super::wire;

/// What of a whole key names an entry, and which keys take part.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Cut<'a> {
    /// Length of what is cut off each whole key.
    pub(super) root: usize,
    /// Length of the key that is the listed folder itself, which is no entry of it.
    pub(super) itself: Option<usize>,
    /// Only keys after this one.
    pub(super) after: Option<&'a Key>,
}

/// The entries of one page.
#[derive(Debug)]
pub(super) struct Page {
    /// In key order.
    pub(super) entries: Vec<Entry>,
    /// Nothing at all was told, not even what took no part.
    pub(super) blank: bool,
    /// Where the next page begins; empty where more follows and S3 did not say where.
    pub(super) next: Option<String>,
}

/// An object as a page tells it.
#[derive(Debug, Default)]
pub(super) struct Seen<'a> {
    pub(super) key: Cow<'a, [u8]>,
    pub(super) size: u64,
    pub(super) modified: Option<Timestamp>,
    pub(super) etag: Option<Arc<str>>,
    /// STANDARD where none was told.
    pub(super) class: Option<Arc<str>>,
    pub(super) algorithm: Option<Arc<str>>,
    /// Archived, with a restored copy.
    pub(super) restored: bool,
}

/// A page as it was told.
#[derive(Debug, Default)]
pub(super) struct Told<'a> {
    pub(super) objects: Vec<Seen<'a>>,
    /// Common prefixes.
    pub(super) folders: Vec<Cow<'a, [u8]>>,
    /// Keys are coded as in addresses.
    pub(super) coded: bool,
    pub(super) truncated: bool,
    pub(super) token: Option<String>,
}

impl Told<'_> {
    /// The entries of the page, objects and folders merged.
    pub(super) fn cut(self, cut: &Cut<'_>) -> Page {
        let Self {
            objects,
            folders,
            coded,
            ..
        } = self;
        let blank = objects.is_empty() && folders.is_empty();
        let mut entries = Vec::with_capacity(objects.len() + folders.len());
        let object = |seen: Seen<'_>| Some(seen.entry(cut.key(&seen.key, coded)?));
        let folder = |prefix: Cow<'_, [u8]>| {
            Some(Entry {
                key: cut.key(&prefix, coded)?,
                facts: Facts::folder(),
            })
        };
        let mut objects = objects.into_iter().filter_map(object).peekable();
        let mut folders = folders.into_iter().filter_map(folder).peekable();
        loop {
            let folder_first = match (objects.peek(), folders.peek()) {
                (None, None) => break,
                (Some(object), Some(folder)) => folder.key < object.key,
                (None, Some(_)) => true,
                (Some(_), None) => false,
            };
            entries.extend(if folder_first {
                folders.next()
            } else {
                objects.next()
            });
        }
        Page {
            entries,
            blank,
            next: self.truncated.then(|| self.token.unwrap_or_default()),
        }
    }
}

impl Cut<'_> {
    /// The key below the location; `None` for what takes no part.
    fn key(&self, told: &[u8], coded: bool) -> Option<Key> {
        let whole = if coded {
            wire::decoded(told)
        } else {
            Cow::Borrowed(told)
        };
        if self.itself == Some(whole.len()) {
            return None;
        }
        let key = Key::new(whole.get(self.root..)?);
        self.after.is_none_or(|after| key > *after).then_some(key)
    }
}

impl Seen<'_> {
    /// The entry under this key.
    fn entry(&self, key: Key) -> Entry {
        let marker = key.is_folder() && self.size == 0;
        let id = ObjectId {
            etag: self.etag.clone(),
            version: None,
            class: self.class.clone(),
            algorithm: self.algorithm.clone(),
            restored: self.restored,
        };
        Entry {
            key,
            facts: Facts {
                kind: if marker { Kind::Folder } else { Kind::Object },
                size: self.size,
                modified: self.modified,
                identity: Identity::Object(id),
            },
        }
    }
}

/// Words that many objects of a page share, kept once.
#[derive(Debug, Default)]
pub(super) struct Word(Option<Arc<str>>);

impl Word {
    /// The word as all share it, as long as it is the same as the one before.
    pub(super) fn shared(&mut self, text: &str) -> Arc<str> {
        match &self.0 {
            Some(kept) if **kept == *text => Arc::clone(kept),
            Some(_) | None => Arc::clone(self.0.insert(text.into())),
        }
    }
}

/// The class of an object of which none is told.
pub(super) const STANDARD: &str = "STANDARD";

/// A page as the SDK tells it.
pub(super) fn told_by_sdk(page: &ListObjectsV2Output) -> Told<'_> {
    let (mut class, mut algorithm) = (Word::default(), Word::default());
    let objects = page.contents().iter().map(|object| Seen {
        key: object.key().unwrap_or_default().as_bytes().into(),
        size: object
            .size()
            .and_then(|size| u64::try_from(size).ok())
            .unwrap_or_default(),
        modified: object.last_modified().and_then(wire::timestamp),
        etag: wire::etag(object.e_tag()),
        class: Some(
            class.shared(
                object
                    .storage_class()
                    .map_or(STANDARD, |class| class.as_str()),
            ),
        ),
        algorithm: object
            .checksum_algorithm()
            .first()
            .map(|told| algorithm.shared(told.as_str())),
        restored: object
            .restore_status()
            .is_some_and(|told| told.is_restore_in_progress() == Some(false)),
    });
    Told {
        objects: objects.collect(),
        folders: page
            .common_prefixes()
            .iter()
            .filter_map(|common| Some(common.prefix()?.as_bytes().into()))
            .collect(),
        coded: page.encoding_type() == Some(&EncodingType::Url),
        truncated: page.is_truncated() == Some(true),
        token: page.next_continuation_token().map(str::to_owned),
    }
}
