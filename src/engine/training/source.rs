//! One source of a run: a file, an object, or a folder of them. Which it is, is asked once; a folder is listed then.

use std::sync::Arc;

use jiff::Timestamp;

use crate::backend::{
    Error, ErrorKind, Pages as _, Sessions,
    store::{ListQuery, Store},
};
use crate::domain::{
    entry::{End, Entry, Kind},
    key::Key,
    location::Location,
    retry::FailureKind,
    text::printable,
    training::{ask::SourceAsk, run::Stream, standing::Standing},
};

use super::file::File;

/// The most files of a folder that are read.
const FILES: usize = 200;
/// Endings of files that are no logs.
const OTHERS: [&str; 14] = [
    ".pt",
    ".pth",
    ".ckpt",
    ".bin",
    ".safetensors",
    ".npy",
    ".npz",
    ".png",
    ".jpg",
    ".pkl",
    ".onnx",
    ".yaml",
    ".yml",
    ".parquet",
];

/// A source with its files.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) number: usize,
    pub(super) ask: SourceAsk,
    pub(super) files: Vec<File>,
    /// Whether it is a folder, where that is known.
    pub(super) is_folder: bool,
    /// Why it could not be opened.
    trouble: Option<Box<str>>,
}

impl Source {
    pub(super) fn new(number: usize, ask: SourceAsk) -> Self {
        Self {
            number,
            ask,
            files: Vec::new(),
            is_folder: false,
            trouble: None,
        }
    }

    /// Finds its files; `next` counts the streams of the run. What is known already stays.
    pub(super) async fn open(
        &mut self,
        sessions: &Sessions,
        next: &mut usize,
    ) -> Result<(), Error> {
        self.trouble = None;
        let store = sessions.store(&self.ask.from).await?;
        let single = store.single().await;
        if let Ok(Some(key)) = &single {
            self.add(&store, key.clone(), "", next);
            return Ok(());
        }
        if let Err(error) = single
            && error.failure_kind() != FailureKind::NotFound
        {
            return Err(error);
        }
        self.is_folder = true;
        let mut logs = listed(&store).await?;
        logs.retain(|entry| is_log(&entry.key));
        logs.sort_by_key(|entry| entry.facts.modified);
        let over = logs.len().saturating_sub(FILES);
        for entry in logs.drain(..).skip(over) {
            let folder = entry.key.parent();
            let folder = printable(folder.as_bytes());
            self.add(&store, entry.key, folder.trim_end_matches('/'), next);
        }
        Ok(())
    }

    fn add(&mut self, store: &Store, key: Key, label: &str, next: &mut usize) {
        if self.files.iter().any(|file| file.key == key) {
            return;
        }
        let stream = Stream {
            number: *next,
            source: self.number,
            label: Arc::from(label),
        };
        *next += 1;
        let file = File::new(store.clone(), key, stream, self.ask.pattern.clone());
        self.files.push(file);
    }

    /// Keeps why it cannot be read.
    pub(super) fn fails(&mut self, error: &Error) {
        self.trouble = Some(words(error, &self.ask.from).into());
    }

    /// How it stands.
    pub(super) fn standing(&self) -> Standing {
        let files = || self.files.iter();
        let newest: Option<Timestamp> = files().filter_map(|file| file.written).max();
        let told = |file: &'_ File| file.failed.clone().or_else(|| file.trouble.clone());
        let trouble = files().find_map(|file| Some((file, told(file)?)));
        let trouble = trouble.map(|(file, trouble)| {
            let named = self.is_folder;
            if named {
                format!("{}: {trouble}", file.key).into()
            } else {
                trouble
            }
        });
        let nothing = || {
            let empty = self.is_folder && self.files.is_empty();
            empty.then(|| format!("there is nothing at {} yet", self.ask.from).into())
        };
        Standing {
            format: files().rev().find_map(|file| file.reader().format()),
            files: self.files.len(),
            bytes: files().map(|file| file.size).sum(),
            skipped: files().map(|file| file.skipped).sum(),
            written: newest,
            odd: files().map(|file| file.odd).sum(),
            trouble: self.trouble.clone().or(trouble).or_else(nothing),
        }
    }
}

/// Why a source cannot be read, for a person.
pub(super) fn words(error: &Error, place: &Location) -> String {
    match (&error.kind, error.failure_kind()) {
        (ErrorKind::NoBucket, _) => error.reason.clone(),
        (_, FailureKind::NotFound) => format!("there is nothing at {place} yet"),
        _ => error.reason.clone(),
    }
}

fn is_log(key: &Key) -> bool {
    let name = key.printable().to_ascii_lowercase();
    !OTHERS.iter().any(|ending| name.ends_with(ending))
}

/// All objects of a place.
pub(super) async fn listed(store: &Store) -> Result<Vec<Entry>, Error> {
    let mut listing = store.pages(ListQuery::default());
    let mut entries = Vec::new();
    while let Some(page) = listing.next().await {
        let objects = page.entries.into_iter();
        entries.extend(objects.filter(|entry| entry.facts.kind == Kind::Object));
        if let Some(End::Broken { reason, .. }) = page.end {
            let failed = Error::new("list", "", FailureKind::Transient, reason.to_string());
            return Err(listing.failure().cloned().unwrap_or(failed));
        }
    }
    Ok(entries)
}
