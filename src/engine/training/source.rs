//! One source of a run: a file, an object, a folder of them, streams of a log group, or a file on its machine. Which it is, is
//! asked once; a folder or a group is listed then.

use std::sync::Arc;

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
    training::{
        ask::SourceAsk,
        machine::MachineAsk,
        origin::{LogPlace, Origin},
        run::Stream,
        standing::Standing,
    },
};

use crate::engine::room::Room;

use super::{
    Manner, Teller,
    boxed::{BoxTail, UNNAMED},
    file::File,
    intake::Intake,
    logs::{self, LogTail},
};

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

/// One stream of a source, however it is read.
#[derive(Debug)]
pub(super) enum Feed {
    /// A file or an object.
    File(File),
    /// A stream of CloudWatch Logs.
    Logs(LogTail),
    /// A file on the run's machine.
    OnBox(Box<BoxTail>),
}

impl Feed {
    pub(super) async fn look(
        &mut self,
        room: &Room,
        manner: Manner,
        teller: &mut Teller,
    ) -> Result<(), Error> {
        match self {
            Self::File(file) => file.look(manner, teller).await,
            Self::Logs(tail) => tail.look(manner, teller).await,
            Self::OnBox(tail) => tail.look(room, manner, teller).await,
        }
    }

    pub(super) fn intake(&self) -> &Intake {
        match self {
            Self::File(file) => &file.intake,
            Self::Logs(tail) => &tail.intake,
            Self::OnBox(tail) => &tail.intake,
        }
    }

    pub(super) fn intake_mut(&mut self) -> &mut Intake {
        match self {
            Self::File(file) => &mut file.intake,
            Self::Logs(tail) => &mut tail.intake,
            Self::OnBox(tail) => &mut tail.intake,
        }
    }

    /// What tells it from others of its source; safe for a terminal.
    fn name(&self) -> String {
        match self {
            Self::File(file) => file.key.printable().into_owned(),
            Self::Logs(tail) => printable(tail.name.as_bytes()).into_owned(),
            Self::OnBox(tail) => printable(tail.path.as_bytes()).into_owned(),
        }
    }
}

/// A source with its streams.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) number: usize,
    pub(super) ask: SourceAsk,
    /// The machine of the run.
    machine: Option<MachineAsk>,
    pub(super) feeds: Vec<Feed>,
    /// Whether it is a folder or a group, where that is known.
    pub(super) is_folder: bool,
    /// Why it could not be opened.
    trouble: Option<Box<str>>,
}

impl Source {
    pub(super) fn new(number: usize, ask: SourceAsk, machine: Option<MachineAsk>) -> Self {
        Self {
            number,
            ask,
            machine,
            feeds: Vec::new(),
            is_folder: false,
            trouble: None,
        }
    }

    /// Finds its streams; `next` counts those of the run. What is known already stays.
    ///
    /// # Errors
    /// Words for a person.
    pub(super) async fn open(
        &mut self,
        sessions: &Sessions,
        next: &mut usize,
    ) -> Result<(), Box<str>> {
        self.trouble = None;
        let from = self.ask.from.clone();
        match &from {
            Origin::Place(place) => {
                let opened = self.open_place(sessions, place, next).await;
                opened.map_err(|error| words(&error, &from).into())
            }
            Origin::Logs(place) => self.open_logs(sessions, place, next).await,
            Origin::OnBox(path) => self.open_box(path, next),
        }
    }

    async fn open_place(
        &mut self,
        sessions: &Sessions,
        place: &Location,
        next: &mut usize,
    ) -> Result<(), Error> {
        let store = sessions.store(place).await?;
        let single = store.single().await;
        // A file may stand now where a folder was.
        self.is_folder = !matches!(single, Ok(Some(_)));
        if let Ok(Some(key)) = &single {
            self.add_file(&store, key.clone(), "", next);
            return Ok(());
        }
        if let Err(error) = single
            && error.failure_kind() != FailureKind::NotFound
        {
            return Err(error);
        }
        let mut logs = listed(&store).await?;
        logs.retain(|entry| is_log(&entry.key));
        logs.sort_by_key(|entry| entry.facts.modified);
        let over = logs.len().saturating_sub(FILES);
        for entry in logs.drain(..).skip(over) {
            let folder = entry.key.parent();
            let folder = printable(folder.as_bytes());
            self.add_file(&store, entry.key, folder.trim_end_matches('/'), next);
        }
        Ok(())
    }

    fn add_file(&mut self, store: &Store, key: Key, label: &str, next: &mut usize) {
        let known = |feed: &Feed| matches!(feed, Feed::File(file) if file.key == key);
        if self.feeds.iter().any(known) {
            return;
        }
        let stream = self.stream(label, next);
        let file = File::new(store.clone(), key, stream, self.ask.pattern.clone());
        self.feeds.push(Feed::File(file));
    }

    async fn open_logs(
        &mut self,
        sessions: &Sessions,
        place: &LogPlace,
        next: &mut usize,
    ) -> Result<(), Box<str>> {
        let logs = sessions.logs(&place.remote).await;
        let logs = logs.map_err(|error| Box::<str>::from(error.reason))?;
        let (names, exact) = logs::found(&logs, place).await?;
        self.is_folder = !exact;
        for name in names.iter().rev() {
            let known = |feed: &Feed| matches!(feed, Feed::Logs(tail) if tail.name == *name);
            if self.feeds.iter().any(known) {
                continue;
            }
            // As in a folder: what lies side by side goes on with each other.
            let label = name.rsplit_once('/').filter(|_| !exact);
            let label = label.map_or("", |(label, _)| label);
            let stream = self.stream(&printable(label.as_bytes()), next);
            let place = (&*place.group, &**name);
            let tail = LogTail::new(logs.clone(), place, stream, self.ask.pattern.clone());
            self.feeds.push(Feed::Logs(tail));
        }
        Ok(())
    }

    fn open_box(&mut self, path: &str, next: &mut usize) -> Result<(), Box<str>> {
        if !self.feeds.is_empty() {
            return Ok(());
        }
        let machine = self.machine.clone().ok_or(UNNAMED)?;
        let stream = self.stream("", next);
        let tail = BoxTail::new(path, machine, stream, self.ask.pattern.clone());
        self.feeds.push(Feed::OnBox(Box::new(tail)));
        Ok(())
    }

    /// The next stream.
    fn stream(&self, label: &str, next: &mut usize) -> Stream {
        let stream = Stream {
            number: *next,
            source: self.number,
            label: Arc::from(label),
        };
        *next += 1;
        stream
    }

    /// Keeps why it cannot be read.
    pub(super) fn fails(&mut self, why: Box<str>) {
        self.trouble = Some(why);
    }

    /// How it stands.
    pub(super) fn standing(&self) -> Standing {
        let intakes = || self.feeds.iter().map(Feed::intake);
        let told = |intake: &Intake| intake.failed.clone().or_else(|| intake.trouble.clone());
        let trouble = self
            .feeds
            .iter()
            .find_map(|feed| Some((feed, told(feed.intake())?)));
        let trouble = trouble.map(|(feed, trouble)| {
            if self.is_folder {
                format!("{}: {trouble}", feed.name()).into()
            } else {
                trouble
            }
        });
        let nothing = || {
            let empty = self.is_folder && self.feeds.is_empty();
            empty.then(|| format!("there is nothing at {} yet", self.ask.from).into())
        };
        Standing {
            format: intakes().rev().find_map(|intake| intake.reader.format()),
            files: self.feeds.len(),
            bytes: intakes().map(|intake| intake.size).sum(),
            skipped: intakes().map(|intake| intake.skipped).sum(),
            earlier: intakes().any(|intake| intake.earlier),
            written: intakes().filter_map(|intake| intake.written).max(),
            odd: intakes().map(|intake| intake.odd).sum(),
            trouble: self.trouble.clone().or(trouble).or_else(nothing),
        }
    }
}

/// Why a source cannot be read, for a person.
pub(super) fn words(error: &Error, place: &Origin) -> String {
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
