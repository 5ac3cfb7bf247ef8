//! Asks for a typed word before something is lost: what, how much, where; account and bucket in red.

use std::sync::Arc;

use crossterm::event::{Event, KeyEvent};
use ratatui::{buffer::Buffer, layout::Rect, style::Style};
use tui_input::{Input, backend::crossterm::EventHandler};

use crate::domain::plan::{Brake, MaxDelete, Plan};

use crate::humanize;

use crate::tui::{
    action::Answer,
    dialog::{Decision, centred, input::draw_input},
    shell::Shell,
    widget::{
        paint::{put, put_middle, row as line_of, slice},
        panel::Panel,
    },
};

/// Asks for a typed word.
#[derive(Debug)]
pub struct ConfirmDialog {
    lines: Vec<String>,
    place: String,
    word: String,
    input: Input,
    plan: Arc<Plan>,
    wrong: bool,
}

impl ConfirmDialog {
    /// Asks before a plan deletes; the word is the number of deletes, or `empty` for an empty source.
    pub fn deletes(plan: Arc<Plan>) -> Self {
        let deletes = plan.needs_consent().deletes;
        let mut lines = vec![format!(
            "{}, {}, will be deleted for good at",
            humanize::counted(deletes.objects, "object"),
            humanize::bytes(deletes.bytes)
        )];
        let mut word = "delete".to_owned();
        for brake in plan.open_brakes() {
            match brake {
                Brake::TooManyDeletes { planned, of } => {
                    lines.insert(
                        0,
                        format!(
                            "{} of {} objects: more than this sync may delete by itself.",
                            humanize::count(*planned),
                            humanize::count(*of)
                        ),
                    );
                    word = planned.to_string();
                }
                Brake::EmptySource => {
                    lines.insert(
                        0,
                        "The source is empty: everything at the destination would go.".to_owned(),
                    );
                    "empty".clone_into(&mut word);
                }
                Brake::BrokenListing { .. } => {}
            }
        }
        let place = plan.destination.to_string();
        Self {
            lines,
            place,
            word,
            input: Input::default(),
            plan,
            wrong: false,
        }
    }

    pub(super) fn type_key(&mut self, event: KeyEvent) -> Decision {
        self.wrong = false;
        self.input.handle_event(&Event::Key(event));
        Decision::Stay
    }

    pub(super) fn answer(&mut self, answer: Answer) -> Decision {
        match answer {
            Answer::Accept if self.input.value().trim() == self.word => {
                Decision::Run(Arc::new(answered(&self.plan)))
            }
            Answer::Accept => {
                self.wrong = true;
                Decision::Stay
            }
            Answer::Tick | Answer::ExportPlan | Answer::Fold | Answer::Complete => Decision::Stay,
        }
    }

    pub(super) fn draw(&self, shell: &Shell, screen: Rect, buffer: &mut Buffer) {
        let theme = &shell.theme;
        let height = u16::try_from(self.lines.len()).unwrap_or(3) + 7;
        let area = centred(screen, (72, height), buffer);
        let inner = Panel {
            title: "delete?",
            focused: true,
            ..Panel::default()
        }
        .draw(area, buffer, theme);
        let mut at = 0;
        for line in &self.lines {
            put(buffer, line_of(inner, at), line, Style::new());
            at += 1;
        }
        put_middle(
            buffer,
            line_of(inner, at),
            &self.place,
            theme.missing.patch(theme.strong),
        );
        let ask = format!(
            "Type {} and Enter; Esc leaves everything as it is.",
            self.word
        );
        put(buffer, line_of(inner, at + 2), &ask, theme.dim);
        put(
            buffer,
            slice(line_of(inner, at + 3), 0, 2),
            "> ",
            theme.accent,
        );
        draw_input(
            &self.input,
            slice(line_of(inner, at + 3), 2, inner.width),
            buffer,
            theme,
        );
        if self.wrong {
            put(
                buffer,
                line_of(inner, at + 4),
                "! That is not the word.",
                theme.missing,
            );
        }
    }
}

/// The plan with its brakes answered by a person.
fn answered(plan: &Plan) -> Plan {
    let mut plan = plan.clone();
    let planned = plan.needs_consent().deletes.objects;
    plan.brakes.retain(|brake| match brake {
        Brake::TooManyDeletes { .. } => {
            plan.options.max_delete = MaxDelete::Objects(planned);
            false
        }
        Brake::EmptySource => {
            plan.options.allow_empty_source = true;
            false
        }
        Brake::BrokenListing { .. } => true,
    });
    plan
}
