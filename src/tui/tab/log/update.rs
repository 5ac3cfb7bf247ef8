//! What a person's actions do in Log.

use crate::domain::{key::Key, progress::TaskId};

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
        log::{Filter, Log, Weight},
    },
};

impl Log {
    /// Does what the person means; returns the key to go to and its task, where that was meant.
    pub fn act(&mut self, action: Logging, shell: &mut Shell) -> Option<(Option<TaskId>, Key)> {
        match action {
            Logging::LevelNext => {
                let least = match self.filter().least {
                    Weight::Info | Weight::Good => Weight::Warning,
                    Weight::Warning => Weight::Error,
                    Weight::Error => Weight::Detail,
                    Weight::Detail => Weight::Info,
                };
                self.set_filter(Filter {
                    least,
                    ..self.filter().clone()
                });
            }
            Logging::TaskNext => self.next_task(),
            Logging::KeyOnly => self.only_key(shell),
            Logging::Search => {
                let text = self.filter().text.clone();
                let line = InputDialog::line(Purpose::Search, text);
                shell.dialogs.push(Dialog::Input(line));
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
        let filtered = *self.filter() != Filter::default();
        self.set_filter(Filter::default());
        filtered
    }

    /// Shows only lines that contain a text.
    pub fn search(&mut self, text: &str) {
        self.set_filter(Filter {
            text: text.to_owned(),
            ..self.filter().clone()
        });
    }

    /// Moves the cursor.
    pub fn walk(&mut self, action: Move) {
        self.put_on(stepped(action, self.position(), &self.window));
    }

    fn next_task(&mut self) {
        let tasks = self.tasks();
        let task = self.filter().task;
        let at = task.and_then(|task| tasks.iter().position(|other| *other == task));
        self.set_filter(Filter {
            task: tasks.get(at.map_or(0, |at| at + 1)).copied(),
            ..self.filter().clone()
        });
    }

    /// Shows only lines of the key under the cursor, or of all keys again.
    fn only_key(&mut self, shell: &mut Shell) {
        let key = match self.filter().key {
            Some(_) => None,
            None => match self.current().and_then(|entry| entry.key.clone()) {
                Some(key) => Some(key),
                None => return shell.say(Weight::Info, NO_KEY),
            },
        };
        self.set_filter(Filter {
            key,
            ..self.filter().clone()
        });
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

    fn jump(&self, shell: &mut Shell) -> Option<(Option<TaskId>, Key)> {
        let line = self.current()?;
        let Some(key) = line.key.clone() else {
            shell.say(Weight::Info, NO_KEY);
            return None;
        };
        Some((line.task, key))
    }
}

const NO_KEY: &str = "This line speaks of no key.";
