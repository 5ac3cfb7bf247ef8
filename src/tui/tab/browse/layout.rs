//! The layout of the folder under the cursor: what it is made of, on the side that has the focus. While comparing it
//! is counted from the tree at once; while the sides are apart the folder is listed whole, as soon as the cursor rests.

use crate::domain::{
    entry::{End, Entry, Facts, Identity, ObjectId},
    key::Key,
    location::Location,
    makeup::Makeup,
    side::Side,
    tree::NodeId,
};

use crate::engine::{Command, View, event::Failed, look::LookAsk};

use crate::tui::{
    shell::{Question, Shell},
    tab::browse::{Browse, Comparison, contents::Contents},
};

/// The most objects that are counted from the tree at once, so that the keys stay alive.
pub(super) const MOST: u64 = 300_000;

/// Which folder, on which side.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Subject {
    pub(super) side: Side,
    pub(super) place: Location,
    pub(super) folder: Key,
}

/// How far the counting is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Stage {
    /// The cursor is to rest first.
    Waiting,
    /// Entries are arriving.
    Counting(View),
    /// All was counted.
    Whole,
    /// The listing broke there.
    Broken(String),
    /// Too many objects to be counted at once.
    TooMany,
}

/// What is known of uploads that nobody finished.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Uploads {
    /// Nothing yet.
    Unasked,
    /// S3 was asked.
    Asked(View),
    /// So many, with so many bytes.
    Told(u64, u64),
}

/// The panel's state.
#[derive(Debug)]
pub struct LayoutPanel {
    /// Whether it is on the screen.
    pub shown: bool,
    pub(super) subject: Option<Subject>,
    pub(super) makeup: Option<Makeup>,
    /// The other side's, while comparing.
    pub(super) other: Option<Makeup>,
    /// Tiles are as large as they have objects, not bytes.
    pub(super) by_count: bool,
    pub(super) uploads: Uploads,
    /// Contents under several keys, while comparing.
    pub contents: Contents,
    pub(super) stage: Stage,
    /// Objects in the tree when it was counted from there.
    counted: u64,
    /// The folder that was asked for: keys of the answer begin with it.
    listed: Key,
}

impl Default for LayoutPanel {
    fn default() -> Self {
        Self {
            shown: false,
            subject: None,
            makeup: None,
            other: None,
            by_count: false,
            uploads: Uploads::Unasked,
            contents: Contents::Unasked,
            stage: Stage::Waiting,
            counted: 0,
            listed: Key::default(),
        }
    }
}

impl LayoutPanel {
    /// Takes a part of the listing that was asked for.
    pub fn absorb(&mut self, view: View, entries: &[Entry], end: Option<&End>) {
        if self.stage != Stage::Counting(view) {
            return;
        }
        let Some(makeup) = &mut self.makeup else {
            return;
        };
        let folder = &self.listed;
        for entry in entries {
            if let Some(below) = entry.key.as_bytes().strip_prefix(folder.as_bytes()) {
                makeup.add(&Key::new(below), &entry.facts);
            }
        }
        match end {
            Some(End::Complete) => self.stage = Stage::Whole,
            Some(End::Broken { reason, .. }) => self.stage = Stage::Broken(reason.to_string()),
            None => {}
        }
    }

    /// Takes what nobody finished there.
    pub fn absorb_uploads(&mut self, view: View, count: u64, bytes: u64) {
        if self.uploads == Uploads::Asked(view) {
            self.uploads = Uploads::Told(count, bytes);
        }
    }

    /// Takes the bad news about it.
    pub fn fail(&mut self, failed: &Failed) {
        self.stage = Stage::Broken(failed.message.clone());
    }
}

impl Browse {
    /// Shows the layout in the place of the gap panel: by bytes, then by objects, then not at all.
    pub(super) fn turn_layout(&mut self, shell: &mut Shell) {
        if self.layout.shown && !self.layout.by_count {
            self.layout.by_count = true;
        } else {
            self.toggle_layout(shell);
        }
    }

    /// Shows the layout in the place of the gap panel, or hides it.
    pub(super) fn toggle_layout(&mut self, shell: &mut Shell) {
        let shown = !self.layout.shown;
        self.layout = LayoutPanel {
            shown,
            ..LayoutPanel::default()
        };
        self.gaps.focused = false;
        self.preview.shown = false;
        stop(shell);
        self.attend(shell, false);
    }

    /// Keeps the layout at the folder under the cursor; `rests` where time went by without a key.
    pub fn attend(&mut self, shell: &mut Shell, rests: bool) {
        if !self.layout.shown {
            return;
        }
        let subject = self.subject();
        let moved = subject != self.layout.subject;
        if moved {
            stop(shell);
            self.layout.uploads = Uploads::Unasked;
            self.layout.contents = Contents::Unasked;
        } else if rests {
            self.ask_uploads(shell);
            self.ask_contents(shell);
        }
        if let Some(comparison) = &self.comparison {
            let objects = all_objects(comparison);
            if moved || rests && objects != self.layout.counted {
                let of = subject.as_ref();
                let counted = count(comparison, of, (self.focus, shell));
                (self.layout.makeup, self.layout.stage) = counted;
                (self.layout.other, _) = count(comparison, of, (self.focus.other(), shell));
                self.layout.counted = objects;
                self.layout.subject = subject;
            }
            return;
        }
        if moved {
            self.layout.subject = subject;
            self.layout.makeup = None;
            self.layout.other = None;
            self.layout.stage = Stage::Waiting;
        } else if rests && self.layout.stage == Stage::Waiting {
            self.list_layout(shell);
        }
    }

    /// The folder under the cursor, or the one that holds what is there.
    fn subject(&self) -> Option<Subject> {
        let place = self.place(self.focus)?.clone();
        let key = self.rows().current_key()?;
        let folder = if key.is_folder() { key } else { key.parent() };
        Some(Subject {
            side: self.focus,
            place,
            folder,
        })
    }

    /// Asks which uploads below the folder nobody finished: hidden bytes that cost.
    fn ask_uploads(&mut self, shell: &mut Shell) {
        let subject = self.layout.subject.as_ref();
        let (Some(subject), Uploads::Unasked) = (subject, self.layout.uploads) else {
            return;
        };
        if !matches!(subject.place, Location::S3(_)) {
            return;
        }
        let ask = Box::new(LookAsk::Uploads {
            location: subject.place.clone(),
            folder: subject.folder.clone(),
        });
        let view = shell.ask(Question::Uploads, |view| Command::Look { view, ask });
        self.layout.uploads = Uploads::Asked(view);
    }

    /// The greatest of what is in the folder that the layout shows: where Enter goes on.
    pub(super) fn greatest(&self) -> Option<Key> {
        let layout = Some(&self.layout).filter(|layout| layout.shown)?;
        let (subject, makeup) = (layout.subject.as_ref()?, layout.makeup.as_ref()?);
        let (name, _) = makeup.children().into_iter().next()?;
        Some(Key::new([subject.folder.as_bytes(), name].concat()))
    }

    fn list_layout(&mut self, shell: &mut Shell) {
        let Some(subject) = self.layout.subject.clone() else {
            return;
        };
        // A row in the list of buckets is a place of its own.
        let (location, folder) = if let Location::Buckets(_) = &subject.place {
            let Ok(bucket) = subject.place.child(&subject.folder) else {
                return;
            };
            (bucket, Key::default())
        } else {
            (subject.place, subject.folder)
        };
        self.layout.listed = folder.clone();
        let options = shell.settings.sync.clone();
        let view = shell.ask(Question::Layout, |view| Command::List {
            view,
            location,
            folder,
            deep: true,
            options,
        });
        self.layout.makeup = Some(Makeup::new(shell.now));
        self.layout.stage = Stage::Counting(view);
    }
}

fn stop(shell: &mut Shell) {
    shell.stop(|question| {
        matches!(
            question,
            Question::Layout | Question::Uploads | Question::Contents
        )
    });
}

fn all_objects(comparison: &Comparison) -> u64 {
    let totals = comparison.rows.tree.totals();
    totals.objects(Side::Left) + totals.objects(Side::Right)
}

/// Counts a folder from the tree.
fn count(
    comparison: &Comparison,
    subject: Option<&Subject>,
    (side, shell): (Side, &Shell),
) -> (Option<Makeup>, Stage) {
    let tree = &comparison.rows.tree;
    let id = subject.and_then(|subject| {
        if subject.folder.is_empty() {
            Some(NodeId::ROOT)
        } else {
            tree.find(&subject.folder)
        }
    });
    let Some(id) = id else {
        return (None, Stage::Whole);
    };
    if tree.totals_of(id).objects(side) > MOST {
        return (None, Stage::TooMany);
    }
    let mut makeup = Makeup::new(shell.now);
    tree.each_below(id, |key, row| {
        let Some(cell) = row.cell(side) else {
            return;
        };
        let id = ObjectId {
            class: cell.class.map(Into::into),
            ..ObjectId::default()
        };
        let facts = Facts {
            kind: cell.kind,
            size: cell.size,
            modified: cell.modified,
            identity: Identity::Object(id),
        };
        makeup.add(&Key::new(key), &facts);
    });
    (Some(makeup), Stage::Whole)
}
