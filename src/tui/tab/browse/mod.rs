//! Browse: two places side by side, apart or as one merged tree. Its state; `update` and `answers` change it.

pub mod answers;
mod asked;
mod compare;
mod contents;
mod details;
mod gap_view;
mod gaps;
mod history;
mod layout;
mod layout_view;
mod linked;
mod looks;
mod migrate;
mod motion;
pub mod names;
mod pane;
mod picture;
mod places;
mod preview;
mod preview_view;
mod rows;
mod status;
pub mod update;
pub mod view;

use std::{cell::Cell, sync::Arc};

use ratatui::layout::Rect;

use crate::domain::{key::Key, location::Location, plan::SyncOptions, side::Side, tree::Show};
use crate::tui::shell::{Mapping, Shell};
pub use crate::tui::tab::browse::{
    asked::Asked,
    compare::{Comparison, Progress},
    gaps::GapPanel,
    history::{History, Visit, Way},
    layout::LayoutPanel,
    motion::Flights,
    pane::Pane,
    preview::PreviewPanel,
    rows::{Rows, stepped},
};

/// What becomes of what goes to the other side here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Across {
    /// It stays.
    Copy,
    /// It goes, once its copy is proven.
    Move,
}

/// What `u` takes back.
#[derive(Debug, Clone, PartialEq)]
pub enum Undo {
    /// The filter as it was.
    Show(Show),
    /// The mark of a row, by its name: listed afresh it is another row.
    Mark(Key),
    /// All marks.
    Invert,
}

/// The state of Browse.
#[derive(Debug)]
pub struct Browse {
    /// Which side keys go to.
    pub focus: Side,
    /// The sides while they are apart.
    pub panes: [Pane; 2],
    /// Both as one, while comparing.
    pub comparison: Option<Comparison>,
    /// What is missing, and why.
    pub gaps: GapPanel,
    /// What the folder under the cursor is made of.
    pub layout: LayoutPanel,
    /// A look at the entry under the cursor.
    pub preview: PreviewPanel,
    /// What tasks do to the rows.
    pub flights: Flights,
    /// Whether the other side follows while they are apart.
    pub linked: bool,
    /// How wide the left side is, in percent, where a person dragged the border.
    pub split: Option<u16>,
    /// Where the border between the sides was drawn: what the mouse takes hold of.
    pub border: Cell<Rect>,
    /// How many columns both sides had together when they were drawn.
    pub width: Cell<u16>,
    /// Whether the mouse holds the border.
    pub dragged: bool,
    /// What is being typed is about this.
    about: Option<asked::About>,
    undo: Vec<Undo>,
}

impl Default for Browse {
    fn default() -> Self {
        Self {
            focus: Side::Left,
            panes: Side::BOTH.map(Pane::new),
            comparison: None,
            gaps: GapPanel::default(),
            layout: LayoutPanel::default(),
            preview: PreviewPanel::default(),
            flights: Flights::default(),
            linked: false,
            split: None,
            border: Cell::default(),
            width: Cell::default(),
            dragged: false,
            about: None,
            undo: Vec::new(),
        }
    }
}

impl Browse {
    /// The side that has the focus.
    pub fn pane(&self) -> &Pane {
        &self.panes[self.focus.index()]
    }

    /// One side.
    pub fn pane_mut(&mut self, side: Side) -> &mut Pane {
        &mut self.panes[side.index()]
    }

    /// The place of a side.
    pub fn place(&self, side: Side) -> Option<&Location> {
        self.panes[side.index()].place.as_ref()
    }

    /// The rows that keys go to.
    pub fn rows(&self) -> &Rows {
        match &self.comparison {
            Some(comparison) => &comparison.rows,
            None => &self.pane().rows,
        }
    }

    /// The rows that keys go to.
    pub fn rows_mut(&mut self) -> &mut Rows {
        match &mut self.comparison {
            Some(comparison) => &mut comparison.rows,
            None => &mut self.panes[self.focus.index()].rows,
        }
    }

    /// Puts the cursor on a key, as soon as it is known.
    pub fn reveal(&mut self, key: &Key, shell: &mut Shell) {
        match &mut self.comparison {
            Some(comparison) => {
                if !comparison.rows.reveal(key) {
                    comparison.rows.expect(key);
                }
            }
            None => self.pane_mut(self.focus).reveal(key, shell),
        }
    }

    /// What is marked, or else what is under the cursor.
    pub fn chosen(&self) -> Vec<Key> {
        let marked = self.rows().tree.marked_keys();
        if marked.is_empty() {
            self.rows().current_key().into_iter().collect()
        } else {
            marked
        }
    }

    /// The mapping that these two places are, if any.
    pub fn mapping<'s>(&self, shell: &'s Shell) -> Option<&'s Mapping> {
        let (left, right) = (self.place(Side::Left)?, self.place(Side::Right)?);
        shell
            .settings
            .mappings
            .iter()
            .find(|mapping| mapping.left.same_place(left) && mapping.right.same_place(right))
    }

    /// The options for these two places.
    pub fn options(&self, shell: &Shell) -> Arc<SyncOptions> {
        self.mapping(shell).map_or_else(
            || Arc::clone(&shell.settings.sync),
            |mapping| Arc::clone(&mapping.options),
        )
    }
}
