//! Completion of a place that is typed: what the configuration and the bookmarks name first, then what the engine lists at the
//! folder, prefix or remote that is typed so far. Nothing is read here; the latest question wins.

use crate::domain::{
    entry::{Entry, Kind},
    location::Location,
};

use crate::engine::{Command, View, event::Bucket};

use crate::tui::shell::{Question, Shell};

use super::input::expanded;

/// The most that is offered.
const MOST: usize = 200;

/// What could stand behind what is typed.
#[derive(Debug, Default)]
pub(super) struct Completion {
    waiting: Option<View>,
    /// What is typed up to its last slash.
    stem: String,
    /// What is typed behind that.
    rest: String,
    /// Whole texts, in their order.
    pub(super) found: Vec<String>,
    /// How all of them begin, those that are not offered too.
    common: Option<String>,
}

impl Completion {
    /// Looks for what could follow `typed`; gives back how far it can be completed at once.
    pub(super) fn begin(typed: &str, shell: &mut Shell) -> (Self, Option<String>) {
        stop(shell);
        let mut completion = Self::default();
        completion.add(
            named(shell)
                .into_iter()
                .filter(|name| name.starts_with(typed) && name.len() > typed.len()),
        );
        if !completion.found.is_empty() && !typed.is_empty() {
            let text = completion.common.clone();
            return (completion, text.filter(|text| *text != typed));
        }
        let (stem, rest) = match typed.rfind('/') {
            Some(at) => typed.split_at(at + 1),
            None => ("", typed),
        };
        let completion = Self {
            waiting: ask(stem, shell),
            stem: stem.to_owned(),
            rest: rest.to_owned(),
            ..Self::default()
        };
        (completion, None)
    }

    /// Takes entries of the folder that is typed; gives back how far that completes what is typed, once all are there.
    pub(super) fn absorb(&mut self, view: View, entries: &[Entry], over: bool) -> Option<String> {
        if self.waiting != Some(view) {
            return None;
        }
        let name = |entry: &Entry| {
            let key = entry.key.as_str()?;
            let slash = entry.facts.kind == Kind::Folder && !key.ends_with('/');
            let slash = if slash { "/" } else { "" };
            Some(format!("{key}{slash}"))
        };
        self.take(entries.iter().filter_map(name).collect(), over)
    }

    /// Takes the buckets of the remote that is typed.
    pub(super) fn absorb_buckets(&mut self, view: View, buckets: &[Bucket]) -> Option<String> {
        if self.waiting != Some(view) {
            return None;
        }
        let names = buckets.iter().map(|bucket| format!("{}/", bucket.name));
        self.take(names.collect(), true)
    }

    fn take(&mut self, names: Vec<String>, over: bool) -> Option<String> {
        let (stem, rest) = (self.stem.clone(), self.rest.clone());
        let fits = |name: &String| name.starts_with(&rest) && !name.chars().any(char::is_control);
        let whole = names.into_iter().filter(fits);
        self.add(whole.map(|name| format!("{stem}{name}")));
        if !over {
            return None;
        }
        self.waiting = None;
        let typed = format!("{}{}", self.stem, self.rest);
        self.common.clone().filter(|text| *text != typed)
    }

    fn add(&mut self, texts: impl Iterator<Item = String>) {
        for text in texts {
            match &mut self.common {
                Some(common) => share(common, &text),
                None => self.common = Some(text.clone()),
            }
            if self.found.len() < MOST {
                self.found.push(text);
            }
        }
    }

    /// The names below each other, without what they all begin with.
    pub(super) fn offers(&self) -> impl Iterator<Item = &str> {
        let stem = &self.stem;
        let short = move |text: &'_ String| text.len() > stem.len() && text.starts_with(stem);
        self.found.iter().map(move |text| {
            if short(text) {
                text.get(stem.len()..).unwrap_or(text)
            } else {
                text
            }
        })
    }
}

/// Leaves of a text what another one begins with too.
fn share(common: &mut String, text: &str) {
    let shared = common
        .char_indices()
        .zip(text.chars())
        .find(|((_, one), other)| one != other)
        .map_or(common.len().min(text.len()), |((at, _), _)| at);
    common.truncate(shared);
}

/// What the configuration and the bookmarks name: remotes, places of mappings, mappings and bookmarks by their names.
fn named(shell: &Shell) -> Vec<String> {
    let settings = &shell.settings;
    let remotes = settings.remotes.iter();
    let remotes = remotes.map(|remote| Location::Buckets(remote.clone()).text());
    let mappings = settings.mappings.iter();
    let mapped = mappings.clone().flat_map(|mapping| {
        [
            mapping.name.to_string(),
            mapping.left.text(),
            mapping.right.text(),
        ]
    });
    let bookmarks = shell.bookmarks.iter();
    let kept = bookmarks.flat_map(|bookmark| {
        let places = [&bookmark.scene.left, &bookmark.scene.right].into_iter();
        std::iter::once(bookmark.name.clone()).chain(places.flatten().cloned())
    });
    let mut all: Vec<String> = remotes.chain(mapped).chain(kept).collect();
    all.sort();
    all.dedup();
    all
}

/// Asks what stands at the place that is typed up to its last slash.
fn ask(stem: &str, shell: &mut Shell) -> Option<View> {
    let stem = if stem.is_empty() { "./" } else { stem };
    let text = expanded(stem, shell.settings.home.as_deref());
    let place = Location::parse(&text).ok()?;
    let options = shell.settings.sync.clone();
    match place {
        Location::Buckets(remote) => Some(shell.ask(Question::Completion, |view| {
            Command::Buckets { view, remote }
        })),
        location @ (Location::Disk(_) | Location::S3(_)) => {
            Some(shell.ask(Question::Completion, |view| Command::List {
                view,
                location,
                folder: crate::domain::key::Key::default(),
                deep: false,
                options,
            }))
        }
        Location::Manifest(_) => None,
    }
}

/// Stops the question that waits.
pub(super) fn stop(shell: &mut Shell) {
    shell.stop(|question| matches!(question, Question::Completion));
}
