//! Contents that stand under several keys, while comparing: the tree keeps no ETags, so the engine lists the folder that the
//! layout shows once more, as soon as the cursor rests. The newest question alone counts.

use crate::domain::{copies::Again, location::Location};

use crate::engine::{Command, View, event::Failed, look::LookAsk};

use crate::humanize;

use crate::tui::{
    shell::{Question, Shell},
    tab::browse::{
        Browse,
        layout::{MOST, Stage},
    },
};

/// What is known of them.
#[derive(Debug, Clone, PartialEq)]
pub enum Contents {
    /// Nothing yet.
    Unasked,
    /// S3 was asked, and so many objects were looked at.
    Asked(View, u64),
    /// What stands under several keys, among so many objects, and whether these are all.
    Told(Again, u64, bool),
    /// Why it is not known.
    Broken(String),
}

impl Contents {
    /// Takes what is told; `None` while it is still looked for.
    pub fn absorb(&mut self, view: View, again: Option<Again>, (seen, whole): (u64, bool)) {
        if self.waits_for(view) {
            *self = again.map_or(Self::Asked(view, seen), |again| {
                Self::Told(again, seen, whole)
            });
        }
    }

    /// Takes the bad news about it.
    pub fn fail(&mut self, view: View, failed: &Failed) {
        if self.waits_for(view) {
            *self = Self::Broken(failed.message.clone());
        }
    }

    fn waits_for(&self, view: View) -> bool {
        matches!(self, Self::Asked(asked, _) if *asked == view)
    }

    /// What is to be said; nothing where each content stands once.
    pub(super) fn words(&self) -> Option<String> {
        let text = match self {
            Self::Unasked | Self::Asked(_, 0) => return None,
            Self::Asked(_, seen) => {
                let seen = humanize::counted(*seen, "object");
                format!("contents under several keys: {seen} looked at so far")
            }
            Self::Told(again, _, true) if again.contents == 0 => return None,
            Self::Told(again, _, true) => words(again),
            Self::Told(again, seen, false) if again.contents == 0 => {
                let seen = humanize::count(*seen);
                format!("no content stands twice among the first {seen} objects")
            }
            Self::Told(again, seen, false) => {
                let seen = humanize::count(*seen);
                format!("{}, of the first {seen} objects", words(again))
            }
            Self::Broken(reason) => format!("contents under several keys: {reason}"),
        };
        Some(text)
    }
}

/// How many contents stand under several keys, and what that costs.
pub(super) fn words(again: &Again) -> String {
    let contents = humanize::counted(again.contents, "content");
    let extra = humanize::counted(again.extra.objects, "object");
    let bytes = humanize::bytes(again.extra.bytes);
    let month = humanize::about(&humanize::money(again.month));
    format!("{contents} under several keys: {extra} too many, {bytes}, {month} a month")
}

impl Browse {
    /// Asks for them, once, where the layout shows a folder in S3 that was counted from a tree that is whole.
    pub(super) fn ask_contents(&mut self, shell: &mut Shell) {
        let layout = &self.layout;
        let comparison = self.comparison.as_ref();
        let counted = comparison.is_some_and(|comparison| !comparison.is_running())
            && layout.stage == Stage::Whole;
        let subject = layout.subject.as_ref();
        let subject = subject.filter(|subject| matches!(subject.place, Location::S3(_)));
        let (Some(subject), true, Contents::Unasked) = (subject, counted, &layout.contents) else {
            return;
        };
        let ask = Box::new(LookAsk::Copies {
            location: subject.place.clone(),
            folder: subject.folder.clone(),
            most: MOST,
            options: self.options(shell),
        });
        let view = shell.ask(Question::Contents, |view| Command::Look { view, ask });
        self.layout.contents = Contents::Asked(view, 0);
    }
}
