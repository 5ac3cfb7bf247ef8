//! What a person's actions do in Log.

use crate::domain::key::Key;

use crate::tui::{
    action::{Logging, Move},
    dialog::{
        Dialog,
        input::{InputDialog, Purpose},
    },
    msg::Effect,
    shell::Shell,
    tab::{
        browse::stepped,
        log::{Log, Weight},
    },
};

impl Log {
    /// Does what the person means; returns the key to go to, where that was meant.
    pub fn act(&mut self, action: Logging, shell: &mut Shell) -> Option<Key> {
        match action {
            Logging::LevelNext => {
                self.least = match self.least {
                    Weight::Info | Weight::Good => Weight::Warning,
                    Weight::Warning => Weight::Error,
                    Weight::Error => Weight::Info,
                };
                self.refilter();
            }
            Logging::TaskNext => self.next_task(),
            Logging::Search => {
                let text = self.text.clone();
                shell
                    .dialogs
                    .push(Dialog::Input(InputDialog::line(Purpose::Search, text)));
            }
            Logging::CopyRequestId => self.copy(shell),
            Logging::Jump => return self.jump(shell),
            Logging::ClearFilters => {
                self.back();
            }
        }
        None
    }

    /// Takes the filters off; `false` when there are none.
    pub fn back(&mut self) -> bool {
        let filtered = self.least != Weight::Info || self.task.is_some() || !self.text.is_empty();
        self.least = Weight::Info;
        self.task = None;
        self.text.clear();
        self.refilter();
        filtered
    }

    /// Shows only lines that contain a text.
    pub fn search(&mut self, text: &str) {
        text.clone_into(&mut self.text);
        self.refilter();
    }

    /// Moves the cursor.
    pub fn walk(&mut self, action: Move) {
        self.put_on(stepped(action, self.position(), &self.window));
    }

    fn next_task(&mut self) {
        let tasks = self.tasks();
        let at = self
            .task
            .and_then(|task| tasks.iter().position(|other| *other == task));
        self.task = tasks.get(at.map_or(0, |at| at + 1)).copied();
        self.refilter();
    }

    fn copy(&self, shell: &mut Shell) {
        let Some(entry) = self.current() else { return };
        let (what, text) = match (&entry.request_id, &entry.key) {
            (Some(id), _) => ("the request id", id.to_string()),
            (None, Some(key)) => ("the line", format!("{key}: {}", entry.text)),
            (None, None) => ("the line", entry.text.to_string()),
        };
        shell.effects.push(Effect::Clipboard(text));
        shell.say(Weight::Info, format!("Copied {what} to the clipboard."));
    }

    fn jump(&self, shell: &mut Shell) -> Option<Key> {
        let key = self.current().and_then(|entry| entry.key.clone());
        if key.is_none() {
            shell.say(Weight::Info, "This line speaks of no key.");
        }
        key
    }
}
