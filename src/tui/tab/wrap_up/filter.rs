//! Which things are shown: all, or by turns those of one maker. What is ticked stays ticked, shown or not, and what is to be
//! deleted names all of it.

use crate::domain::{text::printable, wrap_up::Origin};
use crate::tui::{shell::Shell, tab::log::Weight};

use super::{WrapUp, rows::origins, stand::Stand};

impl WrapUp {
    /// Shows what the next one made, and after the last all again.
    pub(super) fn show_next_maker(&mut self, shell: &mut Shell) {
        let Some(stand) = self.stand_mut() else {
            return;
        };
        let makers = origins(&stand.told.resources);
        let next = match &stand.only {
            None => 0,
            Some(only) => makers
                .iter()
                .position(|one| one == only)
                .map_or(0, |at| at + 1),
        };
        stand.only = makers.get(next).cloned();
        stand.keep_cursor();
        let text = match &stand.only {
            Some(only) => format!("Only what is {} is shown.", words(only)),
            None => "All of it is shown.".to_owned(),
        };
        shell.say(Weight::Info, text);
    }
}

impl Stand {
    /// Whether what this one made is shown.
    pub(super) fn shows(&self, origin: &Origin) -> bool {
        self.only.as_ref().is_none_or(|only| only == origin)
    }
}

/// What one made, in words.
pub(super) fn words(origin: &Origin) -> String {
    match origin {
        Origin::ThisRun => "made by this run".to_owned(),
        Origin::Unknown => "on AWS, not in the ledger".to_owned(),
        Origin::OtherRun(run) => {
            format!("made by the run {}", printable(run.as_bytes()))
        }
        Origin::Gone => "in the ledger, gone from AWS".to_owned(),
    }
}
