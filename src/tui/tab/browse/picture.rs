//! The picture of a preview: asked for once the look told that it is one, painted beside the screen for the room that it
//! has there, and painted anew where that room changes.

use ratatui::{
    buffer::Buffer,
    layout::{Rect, Size},
};

use crate::domain::preview::Glance;

use crate::engine::{Command, View, event::Failed, picture::Pixels};

use crate::tui::{
    brush::{Brush, Painted},
    msg::Effect,
    shell::{Question, Shell},
    tab::browse::{
        Browse,
        preview::{PreviewPanel, Stage},
    },
};

/// The most pixels of a cell that are of use.
const CELL: (u32, u32) = (20, 40);

/// How far the picture is.
#[derive(Debug, Default)]
pub(super) enum Canvas {
    /// None is known of.
    #[default]
    Empty,
    /// The engine was asked for its pixels.
    Asked(View),
    /// It is here.
    Here(Drawing),
    /// Why it cannot be drawn.
    Failed(String),
}

/// A picture that is here.
#[derive(Debug)]
pub(super) struct Drawing {
    view: View,
    pixels: Pixels,
    /// The room that it is, or is being, painted for.
    room: Option<Size>,
    painted: Option<Painted>,
}

impl PreviewPanel {
    /// Takes the pixels that were asked for.
    pub fn absorb_picture(&mut self, view: View, pixels: Pixels) {
        if matches!(self.canvas, Canvas::Asked(asked) if asked == view) {
            self.canvas = Canvas::Here(Drawing {
                view,
                pixels,
                room: None,
                painted: None,
            });
        }
    }

    /// Takes the bad news about them.
    pub(super) fn fail_picture(&mut self, view: View, failed: &Failed) {
        if matches!(self.canvas, Canvas::Asked(asked) if asked == view) {
            self.canvas = Canvas::Failed(failed.message.clone());
        }
    }

    /// Takes what was painted of one picture for one room.
    pub fn take_painted(&mut self, of: (View, Size), painted: Result<Painted, String>) {
        let Canvas::Here(drawing) = &mut self.canvas else {
            return;
        };
        if (drawing.view, drawing.room) != (of.0, Some(of.1)) {
            return;
        }
        match painted {
            Ok(painted) => drawing.painted = Some(painted),
            Err(why) => {
                self.canvas = Canvas::Failed(format!("The picture cannot be drawn: {why}."));
            }
        }
    }

    /// Draws the picture, or says why there is none; `false` where nothing is to be said.
    pub(super) fn draw_picture(
        &self,
        glance: &Glance,
        shell: &Shell,
        (area, buffer): (Rect, &mut Buffer),
    ) -> Option<String> {
        glance.picture?;
        self.room.set(area.as_size());
        if let Brush::Nothing(unable) = shell.brush() {
            return Some(format!("It is told, not drawn: {}.", unable.words()));
        }
        match &self.canvas {
            Canvas::Failed(why) => Some(format!("! {why}")),
            Canvas::Here(Drawing {
                painted: Some(painted),
                ..
            }) => {
                // Pixels lie over letters: a dialog would be hidden by them.
                if shell.dialogs.is_empty() || !shell.brush().is_graphic() {
                    painted.draw(area, buffer);
                }
                Some(String::new())
            }
            Canvas::Empty | Canvas::Asked(_) | Canvas::Here(_) => {
                Some(format!("{} drawing", shell.spinner()))
            }
        }
    }
}

impl Browse {
    /// Asks for the picture that was told of, and has it painted for the room that it has.
    pub(super) fn attend_picture(&mut self, shell: &mut Shell) {
        let room = self.preview.room.get();
        let brush = shell.brush();
        if room.width == 0 || room.height == 0 || matches!(brush, Brush::Nothing(_)) {
            return;
        }
        match &mut self.preview.canvas {
            Canvas::Empty => self.ask_picture(room, shell),
            Canvas::Here(drawing) if drawing.room != Some(room) => {
                drawing.room = Some(room);
                shell.effects.push(Effect::Paint {
                    of: (drawing.view, room),
                    pixels: drawing.pixels.clone(),
                    brush,
                });
            }
            Canvas::Here(_) | Canvas::Asked(_) | Canvas::Failed(_) => {}
        }
    }

    fn ask_picture(&mut self, room: Size, shell: &mut Shell) {
        let (Stage::Told(preview), Some(seen)) = (&self.preview.stage, &self.preview.seen) else {
            return;
        };
        if preview
            .content
            .as_ref()
            .is_ok_and(|glance| glance.picture.is_none())
            || preview.content.is_err()
        {
            return;
        }
        let most = (
            u32::from(room.width) * CELL.0,
            u32::from(room.height) * CELL.1,
        );
        let (location, key) = (seen.place.clone(), seen.key.clone());
        let facts = Box::new(preview.facts.clone());
        let view = shell.ask(Question::Picture, |view| Command::Picture {
            view,
            location,
            key,
            facts,
            most,
        });
        self.preview.canvas = Canvas::Asked(view);
    }
}
