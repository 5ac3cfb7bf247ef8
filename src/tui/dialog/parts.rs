//! The parts of a mapping with ticks: which of them a pull, a push or a two-way sync takes.

use std::{collections::BTreeSet, sync::Arc};

use ratatui::{buffer::Buffer, layout::Rect, style::Style};

use crate::domain::{entry::Entry, key::Key, parts::Parts, plan::SyncOptions};
use crate::engine::Command;
use crate::tui::{
    action::{Answer, Move},
    dialog::{Decision, Dialog, centred},
    shell::{Question, Shell},
    tab::{browse::stepped, log::Weight},
    widget::{
        paint::{put, put_middle, row as line_of, select, slice},
        panel::Panel,
        window::Window,
    },
};

/// The parts of one mapping.
#[derive(Debug)]
pub struct PartsDialog {
    mapping: Arc<str>,
    parts: Parts,
    keys: BTreeSet<Key>,
    names: Vec<String>,
    ticked: BTreeSet<String>,
    cursor: usize,
    window: Window,
}

impl PartsDialog {
    /// Asks both sides which parts they have, and lays the dialog over the screen.
    pub fn open(at: usize, shell: &mut Shell) {
        let Some(mapping) = shell.settings.mappings.get(at).cloned() else {
            return;
        };
        let config = Arc::clone(&shell.settings.config);
        let set = config.mappings.get(&*mapping.name);
        let Some(parts) = set.and_then(|set| set.parts.as_ref()) else {
            return;
        };
        for location in [&mapping.left, &mapping.right] {
            for folder in parts.value.folders() {
                shell.ask(Question::Parts, |view| Command::List {
                    view,
                    location: location.clone(),
                    folder,
                    deep: false,
                    options: Arc::new(SyncOptions::default()),
                });
            }
        }
        shell.dialogs.push(Dialog::Parts(Box::new(Self {
            mapping: mapping.name,
            parts: parts.value.clone(),
            keys: BTreeSet::new(),
            names: Vec::new(),
            ticked: BTreeSet::new(),
            cursor: 0,
            window: Window::default(),
        })));
    }

    /// Takes some entries of a folder in which parts stand.
    pub fn absorb(&mut self, entries: &[Entry]) {
        self.keys
            .extend(entries.iter().map(|entry| entry.key.clone()));
        self.names = self.parts.names(&self.keys);
    }

    pub(super) fn back(shell: &mut Shell) -> Decision {
        shell.stop(|question| matches!(question, Question::Parts));
        Decision::Nothing
    }

    pub(super) fn walk(&mut self, step: Move) {
        let last = self.names.len().saturating_sub(1);
        self.cursor = stepped(step, self.cursor, &self.window).min(last);
    }

    pub(super) fn answer(&mut self, answer: Answer, shell: &mut Shell) -> Decision {
        match answer {
            Answer::Tick => {
                if let Some(name) = self.names.get(self.cursor)
                    && !self.ticked.remove(name)
                {
                    self.ticked.insert(name.clone());
                }
                Decision::Stay
            }
            Answer::Accept if self.ticked.is_empty() => {
                shell.say(
                    Weight::Info,
                    "No part is ticked: Space ticks the one under the cursor.",
                );
                Decision::Stay
            }
            Answer::Accept => {
                shell.stop(|question| matches!(question, Question::Parts));
                let parts = self.ticked.iter().cloned().collect();
                Decision::Ways(vec![self.mapping.to_string()], parts)
            }
            Answer::ExportPlan
            | Answer::StartAt
            | Answer::Batch
            | Answer::Fold
            | Answer::Complete
            | Answer::Remove => Decision::Stay,
        }
    }

    pub(super) fn draw(&self, shell: &Shell, screen: Rect, buffer: &mut Buffer) {
        let theme = &shell.theme;
        let rows = u16::try_from(self.names.len().max(1)).unwrap_or(u16::MAX);
        let area = centred(screen, (64, rows.saturating_add(4)), buffer);
        let title = format!("parts of {}", self.mapping);
        let inner = Panel {
            title: &title,
            focused: true,
            ..Panel::default()
        }
        .draw(area, buffer, theme);
        let ask = "Space ticks, Enter goes on with what is ticked.";
        put(buffer, line_of(inner, 0), ask, theme.dim);
        if self.names.is_empty() {
            let waits = shell.waits(|question| matches!(question, Question::Parts));
            let text = if waits {
                format!("{} looking for parts", shell.spinner())
            } else {
                "Neither side has a name that the pattern fits.".to_owned()
            };
            put_middle(buffer, line_of(inner, 2), &text, theme.dim);
            return;
        }
        let room = inner.height.saturating_sub(2);
        let shown = self.window.show(self.cursor, self.names.len(), room);
        for (row, at) in (2_u16..).zip(shown) {
            let Some(name) = self.names.get(at) else {
                continue;
            };
            let line = line_of(inner, row);
            let tick = if self.ticked.contains(name) {
                "[x]"
            } else {
                "[ ]"
            };
            put(buffer, slice(line, 2, 3), tick, theme.accent);
            let shown = crate::domain::text::printable(name.as_bytes());
            put_middle(buffer, slice(line, 6, line.width), &shown, Style::new());
            if at == self.cursor {
                select(buffer, line, theme);
            }
        }
    }
}
