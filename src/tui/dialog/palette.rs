//! The palette: actions by name, found with a few letters.

use crossterm::event::{Event, KeyEvent};
use nucleo::{
    Config, Matcher,
    pattern::{CaseMatching, Normalization, Pattern},
};
use ratatui::{buffer::Buffer, layout::Rect, style::Style};
use tui_input::{Input, backend::crossterm::EventHandler};

use crate::tui::{
    action::{Action, Answer, Move},
    dialog::{Decision, centred, input::draw_input},
    keymap::Context,
    shell::Shell,
    tab::browse::stepped,
    widget::{
        paint::{put, put_right, row as line_of, select, slice},
        panel::Panel,
        window::Window,
    },
};

/// An action with its words.
#[derive(Debug, Clone)]
struct Offer {
    action: Action,
    keys: String,
    desc: String,
}

impl AsRef<str> for Offer {
    fn as_ref(&self) -> &str {
        &self.desc
    }
}

/// Actions by name.
#[derive(Debug)]
pub struct PaletteDialog {
    all: Vec<Offer>,
    found: Vec<Offer>,
    input: Input,
    cursor: usize,
    window: Window,
}

impl PaletteDialog {
    /// What `stack` offers, in the order of the key map.
    pub fn new(stack: &[Context], shell: &Shell) -> Self {
        let rows = stack.iter().flat_map(|&context| shell.keymap.rows(context));
        let all: Vec<Offer> = rows
            .map(|row| Offer {
                action: row.run,
                keys: row.on.first().map(ToString::to_string).unwrap_or_default(),
                desc: format!("{}: {}", row.run.name(), row.desc),
            })
            .collect();
        Self {
            found: all.clone(),
            all,
            input: Input::default(),
            cursor: 0,
            window: Window::default(),
        }
    }

    fn search(&mut self) {
        let text = self.input.value();
        self.cursor = 0;
        if text.is_empty() {
            self.found.clone_from(&self.all);
            return;
        }
        let mut matcher = Matcher::new(Config::DEFAULT);
        let pattern = Pattern::parse(text, CaseMatching::Smart, Normalization::Smart);
        self.found = pattern
            .match_list(self.all.iter().cloned(), &mut matcher)
            .into_iter()
            .map(|(offer, _)| offer)
            .collect();
    }

    pub(super) fn type_key(&mut self, event: KeyEvent) -> Decision {
        self.input.handle_event(&Event::Key(event));
        self.search();
        Decision::Stay
    }

    pub(super) fn walk(&mut self, step: Move) {
        let last = self.found.len().saturating_sub(1);
        self.cursor = stepped(step, self.cursor, &self.window).min(last);
    }

    pub(super) fn answer(&mut self, answer: Answer) -> Decision {
        let found = self.found.get(self.cursor);
        match answer {
            Answer::Accept => found.map_or(Decision::Nothing, |offer| Decision::Act(offer.action)),
            Answer::Complete => {
                if let Some(name) = found.map(|offer| offer.action.name().to_owned()) {
                    self.input = Input::new(name);
                    self.search();
                }
                Decision::Stay
            }
            Answer::Tick
            | Answer::ExportPlan
            | Answer::StartAt
            | Answer::Batch
            | Answer::Fold
            | Answer::Remove => Decision::Stay,
        }
    }

    pub(super) fn draw(&self, shell: &Shell, screen: Rect, buffer: &mut Buffer) {
        let theme = &shell.theme;
        let area = centred(screen, (92, 22), buffer);
        let inner = Panel {
            title: "commands",
            focused: true,
            ..Panel::default()
        }
        .draw(area, buffer, theme);
        put(buffer, line_of(inner, 0), ":", theme.accent);
        draw_input(
            &self.input,
            slice(line_of(inner, 0), 2, inner.width),
            buffer,
            theme,
        );
        let shown = self.window.show(
            self.cursor,
            self.found.len(),
            inner.height.saturating_sub(2),
        );
        for (at, number) in shown.enumerate() {
            let line = line_of(inner, u16::try_from(at + 2).unwrap_or(u16::MAX));
            let Some(offer) = self.found.get(number) else {
                continue;
            };
            let name = offer.action.name();
            put(buffer, slice(line, 2, 20), name, Style::new());
            let about = offer.desc.get(name.len() + 2..).unwrap_or_default();
            put(
                buffer,
                slice(line, 23, line.width.saturating_sub(34)),
                about,
                theme.dim,
            );
            put_right(buffer, line, &offer.keys, theme.accent);
            if number == self.cursor {
                select(buffer, line, theme);
            }
        }
        if self.found.is_empty() {
            put(
                buffer,
                line_of(inner, 2),
                "No command is named so.",
                theme.dim,
            );
        }
    }
}
