//! One side while the sides are apart: a place, listed folder by folder as it is opened.

use jiff::Timestamp;

use crate::domain::{
    entry::{End, Entry, Facts, Kind},
    key::Key,
    location::Location,
    side::Side,
    tree::{Listed, NodeId, Tree},
};

use crate::engine::{
    Command,
    event::{Bucket, Failed},
};

use crate::tui::{
    shell::{Question, Shell},
    tab::browse::{History, Rows, Visit, Way},
};

/// One side.
#[derive(Debug)]
pub struct Pane {
    /// Which one.
    pub side: Side,
    /// Where it is.
    pub place: Option<Location>,
    /// What is there, as far as it was opened.
    pub rows: Rows,
    /// Why it could not be listed.
    pub trouble: Option<Failed>,
    /// Where it has been.
    pub history: History,
    /// When its top was asked for last.
    pub asked: Timestamp,
}

impl Pane {
    /// A side without a place.
    pub fn new(side: Side) -> Self {
        Self {
            side,
            place: None,
            rows: Rows::default(),
            trouble: None,
            history: History::default(),
            asked: Timestamp::UNIX_EPOCH,
        }
    }

    /// Goes to a place and lists its top.
    pub fn go(&mut self, place: Location, shell: &mut Shell) {
        if self.place.as_ref() != Some(&place)
            && let Some(here) = self.here()
        {
            self.history.leave(here);
        }
        self.visit(place, shell);
    }

    /// Goes back or forward; `false` where nothing is that way.
    pub fn travel(&mut self, way: Way, shell: &mut Shell) -> bool {
        let here = self.here();
        let Some(visit) = self.history.travel(way, here) else {
            return false;
        };
        self.visit(visit.place, shell);
        self.rows.remember(visit.opened, visit.cursor);
        true
    }

    fn here(&self) -> Option<Visit> {
        let place = self.place.clone()?;
        Some(Visit::of(place, &self.rows))
    }

    fn visit(&mut self, place: Location, shell: &mut Shell) {
        self.place = Some(place);
        self.rows = Self::fresh(&self.rows.tree);
        self.list_top(shell);
    }

    /// Lists everything that is open afresh; the cursor stays on its key.
    pub fn refresh(&mut self, shell: &mut Shell) {
        let memory = (self.rows.opened(), self.rows.current_key());
        let show = self.rows.tree.show();
        self.rows = Self::fresh(&self.rows.tree);
        self.rows.tree.set_show(show);
        self.rows.remember(memory.0, memory.1);
        self.list_top(shell);
    }

    fn list_top(&mut self, shell: &mut Shell) {
        let side = self.side;
        shell.stop(|question| question.side() == Some(side));
        self.trouble = None;
        self.asked = shell.now;
        match self.place.clone() {
            Some(Location::Buckets(remote)) => {
                self.rows.tree.set_listed(&Key::default(), Listed::Running);
                shell.ask(Question::Buckets(side), |view| Command::Buckets {
                    view,
                    remote,
                });
            }
            Some(_) => self.list(Key::default(), shell),
            None => {}
        }
    }

    /// Asks what is in a folder.
    pub fn list(&mut self, folder: Key, shell: &mut Shell) {
        let Some(location) = self.place.clone() else {
            return;
        };
        let options = shell.settings.sync.clone();
        self.rows.tree.set_listed(&folder, Listed::Running);
        shell.ask(Question::Listing(self.side, folder.clone()), |view| {
            Command::List {
                view,
                location,
                folder,
                deep: false,
                options,
            }
        });
    }

    /// How far the listing of a folder is.
    pub fn listed(&self, id: NodeId) -> Listed {
        self.rows
            .tree
            .row(id)
            .folder
            .map_or(Listed::Complete, |below| below.listed)
    }

    /// Opens the folder under the cursor; a bucket becomes the place.
    pub fn open(&mut self, shell: &mut Shell) {
        let Some(id) = self.rows.current() else {
            return;
        };
        let key = self.rows.tree.key_of(id);
        if !key.is_folder() {
            return;
        }
        if let Some(place @ Location::Buckets(_)) = &self.place {
            match place.child(&key) {
                Ok(bucket) => self.go(bucket, shell),
                Err(refusal) => shell.say(crate::tui::tab::log::Weight::Error, refusal.to_string()),
            }
            return;
        }
        if matches!(self.listed(id), Listed::Unknown | Listed::Broken) {
            self.list(key, shell);
        }
        self.rows.tree.expand(id);
    }

    /// Takes a part of a listing.
    pub fn absorb(
        &mut self,
        (folder, entries): (&Key, &[Entry]),
        end: Option<&End>,
        shell: &mut Shell,
    ) {
        self.rows.tree.absorb_listing(self.side, folder, entries);
        match end {
            Some(End::Complete) => self.rows.tree.set_listed(folder, Listed::Complete),
            Some(End::Broken { .. }) => self.rows.tree.set_listed(folder, Listed::Broken),
            None => {}
        }
        for folder in self.rows.settle() {
            self.list(folder, shell);
        }
    }

    /// Puts the cursor on a key; folders on the way are listed where that is still to be done.
    pub fn reveal(&mut self, key: &Key, shell: &mut Shell) {
        if self.rows.reveal(key) {
            return;
        }
        self.rows.expect(key);
        for folder in self.rows.settle() {
            let id = self.rows.tree.find(&folder);
            if id.is_some_and(|id| matches!(self.listed(id), Listed::Unknown | Listed::Broken)) {
                self.list(folder, shell);
            }
        }
    }

    /// Takes the list of buckets: each is a folder.
    pub fn absorb_buckets(&mut self, buckets: &[Bucket]) {
        let entry = |bucket: &Bucket| Entry {
            key: Key::new(format!("{}/", bucket.name)),
            facts: Facts {
                kind: Kind::Folder,
                modified: bucket.created,
                ..Facts::folder()
            },
        };
        let mut entries: Vec<Entry> = buckets.iter().map(entry).collect();
        entries.sort_by(|one, other| one.key.cmp(&other.key));
        self.rows
            .tree
            .absorb_listing(self.side, &Key::default(), &entries);
        self.rows.tree.set_listed(&Key::default(), Listed::Complete);
        self.rows.settle();
    }

    /// Takes the bad news about a folder.
    pub fn fail(&mut self, folder: &Key, failed: Failed) {
        self.rows.tree.set_listed(folder, Listed::Broken);
        self.rows.tree.settle();
        if folder.is_empty() {
            self.trouble = Some(failed);
        }
    }

    /// No rows, in the same order as these.
    pub fn fresh(tree: &Tree) -> Rows {
        let mut rows = Rows::default();
        rows.tree.set_sort(tree.sort());
        rows
    }
}
