//! What Browse asks a person to type, what the box says, and what becomes of it.

use std::sync::Arc;

use crate::config::{bears, setting::SyncKey};
use crate::domain::{
    bucket::read_rule,
    key::Key,
    location::Location,
    plan::{Bears, Edit, SyncOptions, named, renamed},
};

use crate::engine::{Command, EditAsk};

use crate::humanize;

use crate::tui::{
    dialog::{
        Dialog,
        input::{InputDialog, Purpose},
        menu::{Choice, MenuDialog},
        plan::PlanDialog,
    },
    shell::{Question, Shell},
    tab::{browse::Browse, log::Weight},
};

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// Another name.
    Name,
    /// The name of a new folder.
    Folder,
    /// A storage class.
    Class,
    /// An encryption.
    Encryption,
    /// Metadata to set.
    Metadata,
    /// Tags.
    Tags,
    /// How fast and for how long archived objects are restored.
    Restore,
    /// A lifecycle rule.
    Rule,
}

impl Asked {
    /// What the box says at its top.
    pub fn title(self) -> &'static str {
        match self {
            Self::Name => "rename to",
            Self::Folder => "new folder",
            Self::Class => "storage class",
            Self::Encryption => "encryption",
            Self::Metadata => "metadata",
            Self::Tags => "tags",
            Self::Restore => "restore from the archive",
            Self::Rule => "lifecycle rule",
        }
    }

    /// What the box says below the text.
    pub fn help(self) -> &'static str {
        match self {
            Self::Name => "a name, without folders; nothing is written over",
            Self::Folder => "a name, without folders above it",
            Self::Class => "STANDARD_IA, INTELLIGENT_TIERING, GLACIER_IR, DEEP_ARCHIVE, …",
            Self::Encryption => "AES256, aws:kms or aws:kms:KEY",
            Self::Metadata => "NAME=VALUE, NAME=VALUE; an empty value takes a name away",
            Self::Tags => "NAME=VALUE, NAME=VALUE; they replace all tags",
            Self::Restore => "standard, bulk or expedited, and for how many days: bulk:3",
            Self::Rule => {
                "abort 7 · expire 30 logs/ · expire-old 60 · archive 90:GLACIER_IR raw/ · tier raw/"
            }
        }
    }

    /// Refuses what cannot be taken.
    pub fn check(self, text: &str) -> Result<(), String> {
        match self {
            Self::Name | Self::Folder => {
                named(text).map(drop).map_err(|refusal| refusal.to_string())
            }
            Self::Restore => bears::restore(text)
                .map(drop)
                .map_err(|invalid| invalid.to_string()),
            Self::Rule => read_rule(text).map(drop),
            Self::Class | Self::Encryption | Self::Metadata | Self::Tags => {
                self.bears(text).map(drop)
            }
        }
    }

    /// What objects shall bear by this text.
    fn bears(self, text: &str) -> Result<Bears, String> {
        let pairs = || {
            text.split(',')
                .map(str::trim)
                .filter(|pair| !pair.is_empty())
        };
        let words: Vec<(SyncKey, &str)> = match self {
            Self::Class => vec![(SyncKey::StorageClass, text)],
            Self::Encryption => vec![(SyncKey::Sse, text)],
            Self::Metadata => pairs().map(|pair| (SyncKey::Metadata, pair)).collect(),
            Self::Tags => pairs().map(|pair| (SyncKey::Tags, pair)).collect(),
            Self::Name | Self::Folder | Self::Restore | Self::Rule => Vec::new(),
        };
        if words.is_empty() {
            return Err("NAME=VALUE is wanted".to_owned());
        }
        bears::bears(words).map_err(|(_, invalid)| invalid.to_string())
    }
}

/// What a typed text is about: the place and the keys as they were when it was asked for.
pub(super) type About = (Location, Vec<Key>);

impl Browse {
    /// Asks for another name of what is under the cursor.
    pub(super) fn ask_name(&mut self, shell: &mut Shell) {
        let Some((place, key)) = self.writable(shell) else {
            return;
        };
        let name = Key::new(key.name_bytes());
        let name = name.as_str().map(|name| name.trim_end_matches('/'));
        let name = name.unwrap_or_default().to_owned();
        self.ask((place, vec![key]), Asked::Name, (name, shell));
    }

    /// Asks for the name of a folder beside what is under the cursor.
    pub(super) fn ask_folder(&mut self, shell: &mut Shell) {
        if shell.refuses_writes() {
            return;
        }
        let place = self.place(self.focus).cloned();
        let place = place.filter(|place| matches!(place, Location::Disk(_) | Location::S3(_)));
        let Some(place) = place else {
            let text = "A folder is made in a folder or a bucket: open one first.";
            return shell.say(Weight::Warning, text);
        };
        let folder = self.rows().current_key().unwrap_or_default().parent();
        self.ask((place, vec![folder]), Asked::Folder, (String::new(), shell));
    }

    fn ask(&mut self, about: About, asked: Asked, (text, shell): (String, &mut Shell)) {
        self.about = Some(about);
        let dialog = InputDialog::boxed(Purpose::Browse(asked), text);
        shell.dialogs.push(Dialog::Input(dialog));
    }

    /// The place and the key under the cursor, where something may be written there; says why not.
    fn writable(&self, shell: &mut Shell) -> Option<(Location, Key)> {
        if shell.refuses_writes() {
            return None;
        }
        let place = self.place(self.focus).cloned();
        let place = place.filter(|place| matches!(place, Location::Disk(_) | Location::S3(_)));
        let found = place.zip(self.rows().current_key());
        if found.is_none() {
            shell.say(
                Weight::Warning,
                "There is nothing under the cursor that could be changed.",
            );
        }
        found
    }

    /// Takes what was typed.
    pub fn typed(&mut self, asked: Asked, text: &str, shell: &mut Shell) {
        let Some((place, keys)) = self.about.take() else {
            return;
        };
        let key = keys.first().cloned().unwrap_or_default();
        let own = self.options(shell);
        match asked {
            Asked::Name => self.rename((place, &key), text, shell),
            Asked::Folder => {
                let folder = key.join(text).join("/");
                Self::plan_edit((place, vec![folder]), (Edit::NewFolder, own), shell);
            }
            Asked::Rule => {}
            Asked::Restore => {
                let options = SyncOptions {
                    restore: bears::restore(text).ok(),
                    ..own.as_ref().clone()
                };
                let edit = (Edit::Restore, Arc::new(options));
                Self::plan_edit((place, keys), edit, shell);
            }
            Asked::Class | Asked::Encryption | Asked::Metadata | Asked::Tags => {
                let Ok(bears) = asked.bears(text) else {
                    return;
                };
                let edit = bears.edit().unwrap_or(Edit::Tag);
                let options = Arc::new(own.of_edit(&bears));
                Self::plan_edit((place, keys), (edit, options), shell);
            }
        }
    }

    /// Offers what can be changed of what is marked, or under the cursor.
    pub(super) fn edit_menu(&mut self, shell: &mut Shell) {
        if shell.refuses_writes() {
            return;
        }
        let keys = self.chosen();
        let place = self.place(self.focus).filter(|place| place.s3().is_some());
        let (Some(_), false) = (place, keys.is_empty()) else {
            let text = "Objects in S3 are edited: there is none under the cursor on this side.";
            return shell.say(Weight::Warning, text);
        };
        let about = match keys.as_slice() {
            [key] => key.to_string(),
            keys => format!("{} marked", humanize::count(keys.len() as u64)),
        };
        let ask = |asked: Asked| Choice::Ask(asked);
        let choices = vec![
            ("storage class …", ask(Asked::Class)),
            ("encryption …", ask(Asked::Encryption)),
            ("metadata …", ask(Asked::Metadata)),
            ("tags …", ask(Asked::Tags)),
            ("restore from the archive …", ask(Asked::Restore)),
            (
                "bring back what was deleted there",
                Choice::Below(Edit::Undelete),
            ),
            (
                "give up unfinished uploads there",
                Choice::Below(Edit::Abort { before: None }),
            ),
        ];
        let menu = MenuDialog::ask("edit in place".to_owned(), &about, choices);
        shell.dialogs.push(Dialog::Menu(menu));
    }

    /// Asks for what the chosen objects shall bear.
    pub fn ask_of_chosen(&mut self, asked: Asked, shell: &mut Shell) {
        let text = if asked == Asked::Restore {
            "standard:7"
        } else {
            ""
        };
        if let Some(place) = self.place(self.focus).cloned() {
            self.ask((place, self.chosen()), asked, (text.to_owned(), shell));
        }
    }

    /// Plans an edit of what no row shows, below the chosen folders or beside the chosen objects: what was deleted, what was
    /// never finished.
    pub fn edit_below(&self, edit: Edit, shell: &mut Shell) {
        let Some(place) = self.place(self.focus).cloned() else {
            return;
        };
        let folder = |key: Key| if key.is_folder() { key } else { key.parent() };
        let mut folders: Vec<Key> = self.chosen().into_iter().map(folder).collect();
        folders.sort();
        folders.dedup();
        if folders.iter().any(Key::is_empty) {
            folders.clear();
        }
        let edit = (edit, self.options(shell));
        Self::plan_edit((place, folders), edit, shell);
    }

    /// Plans another name: a move in S3, a change of the name alone on a disk.
    fn rename(&mut self, (place, key): (Location, &Key), name: &str, shell: &mut Shell) {
        let to = match renamed(key, name) {
            Ok(to) => to,
            Err(refusal) => return shell.say(Weight::Warning, format!("{refusal}.")),
        };
        if matches!(place, Location::Disk(_)) {
            let edit = (Edit::Rename { to }, self.options(shell));
            return Self::plan_edit((place, vec![key.clone()]), edit, shell);
        }
        let places = place
            .child(key)
            .and_then(|from| Ok((from, place.child(&to)?)));
        let (source, destination) = match places {
            Ok(places) => places,
            Err(refusal) => return shell.say(Weight::Warning, format!("{refusal}.")),
        };
        if let Some(refusal) = shell.settings.config.refusal(&destination) {
            let text = format!("{}: {}.", refusal.message, refusal.help);
            return shell.say(Weight::Error, text);
        }
        let options = Arc::new(self.options(shell).of_rename());
        shell.stop(|question| matches!(question, Question::Plan));
        let route = (source.clone(), destination.clone());
        let view = shell.ask(Question::Plan, |view| Command::Plan {
            view,
            source,
            destination,
            only: Vec::new(),
            options,
        });
        let dialog = PlanDialog::waiting(view, route).called("rename");
        shell.dialogs.push(Dialog::Plan(Box::new(dialog)));
    }

    /// Plans what is done to entries where they stand.
    pub(super) fn plan_edit(
        (place, only): About,
        (edit, options): (Edit, Arc<SyncOptions>),
        shell: &mut Shell,
    ) {
        if let Some(refusal) = shell.settings.config.refusal(&place) {
            let text = format!("{}: {}.", refusal.message, refusal.help);
            return shell.say(Weight::Error, text);
        }
        shell.stop(|question| matches!(question, Question::Plan));
        let route = (place.clone(), place.clone());
        let label = edit.label();
        let ask = Box::new(EditAsk {
            place,
            only,
            edit,
            options,
        });
        let view = shell.ask(Question::Plan, |view| Command::PlanEdit { view, ask });
        let dialog = PlanDialog::waiting(view, route).called(label);
        shell.dialogs.push(Dialog::Plan(Box::new(dialog)));
    }

    /// Whether a side shows a place that holds one of these: what happens there is seen by listing it afresh.
    pub fn holds(&self, places: [&Location; 2]) -> bool {
        let above = |pane: &super::Pane| {
            let place = pane.place.as_ref();
            place.is_some_and(|place| {
                let inside = |other: &&Location| place.contains(other) && !place.same_place(other);
                places.iter().any(inside)
            })
        };
        self.panes.iter().any(above)
    }
}
