//! What Browse asks a person to type, what the box says, and what becomes of it.

use std::sync::Arc;

use crate::domain::{
    key::Key,
    location::Location,
    plan::{Edit, SyncOptions, named, renamed},
};

use crate::engine::{Command, EditAsk};

use crate::tui::{
    dialog::{
        Dialog,
        input::{InputDialog, Purpose},
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
}

impl Asked {
    /// What the box says at its top.
    pub fn title(self) -> &'static str {
        match self {
            Self::Name => "rename to",
            Self::Folder => "new folder",
        }
    }

    /// What the box says below the text.
    pub fn help(self) -> &'static str {
        match self {
            Self::Name => "a name, without folders; nothing is written over",
            Self::Folder => "a name, without folders above it",
        }
    }

    /// Refuses what cannot be taken.
    pub fn check(self, text: &str) -> Result<(), String> {
        match self {
            Self::Name | Self::Folder => {
                named(text).map(drop).map_err(|refusal| refusal.to_string())
            }
        }
    }
}

/// What a typed text is about: the place and the key as they were when it was asked for.
pub(super) type About = (Location, Key);

impl Browse {
    /// Asks for another name of what is under the cursor.
    pub(super) fn ask_name(&mut self, shell: &mut Shell) {
        let Some((place, key)) = self.writable(shell) else {
            return;
        };
        let name = Key::new(key.name_bytes());
        let name = name.as_str().map(|name| name.trim_end_matches('/'));
        let name = name.unwrap_or_default().to_owned();
        self.ask((place, key), Asked::Name, (name, shell));
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
        self.ask((place, folder), Asked::Folder, (String::new(), shell));
    }

    fn ask(&mut self, about: About, asked: Asked, (text, shell): (String, &mut Shell)) {
        self.about = Some(about);
        let dialog = InputDialog::boxed(Purpose::Browse(asked), text);
        shell.dialogs.push(Dialog::Input(dialog));
    }

    /// The place and the key under the cursor, where something may be written there; says why not.
    pub(super) fn writable(&self, shell: &mut Shell) -> Option<About> {
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
        let Some((place, key)) = self.about.take() else {
            return;
        };
        match asked {
            Asked::Name => self.rename((place, &key), text, shell),
            Asked::Folder => {
                let folder = key.join(text).join("/");
                let edit = Edit::NewFolder;
                self.plan_edit(place, vec![folder], (edit, None), shell);
            }
        }
    }

    /// Plans another name: a move in S3, a change of the name alone on a disk.
    fn rename(&mut self, (place, key): (Location, &Key), name: &str, shell: &mut Shell) {
        let to = match renamed(key, name) {
            Ok(to) => to,
            Err(refusal) => return shell.say(Weight::Warning, format!("{refusal}.")),
        };
        if matches!(place, Location::Disk(_)) {
            let edit = Edit::Rename { to };
            return self.plan_edit(place, vec![key.clone()], (edit, None), shell);
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

    /// Plans what is done to entries where they stand; `options` are the place's own where none are given.
    pub(super) fn plan_edit(
        &self,
        place: Location,
        only: Vec<Key>,
        (edit, options): (Edit, Option<SyncOptions>),
        shell: &mut Shell,
    ) {
        if let Some(refusal) = shell.settings.config.refusal(&place) {
            let text = format!("{}: {}.", refusal.message, refusal.help);
            return shell.say(Weight::Error, text);
        }
        let options = options.map_or_else(|| self.options(shell), Arc::new);
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
