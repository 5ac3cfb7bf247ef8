//! What the engine's answers do in Browse.

use crate::domain::{entry::End, key::Key, side::Side};

use crate::engine::{
    Body, View,
    event::{Compared, Failed},
};

use crate::tui::{
    shell::Shell,
    tab::browse::{Browse, Progress},
};

impl Browse {
    /// Takes what was told about a pane's folder, and closes the question with the last part.
    pub fn listed(&mut self, (view, side): (View, Side), body: Body, shell: &mut Shell) {
        if let Body::Listed {
            folder,
            entries,
            end,
        } = body
        {
            if end.is_some() {
                shell.close(view);
            }
            if let Some(End::Broken { reason, .. }) = &end {
                shell.say(
                    crate::tui::tab::log::Weight::Error,
                    format!("The listing broke: {reason}. r lists afresh."),
                );
            }
            self.pane_mut(side)
                .absorb((&folder, &entries), end.as_ref(), shell);
        }
    }

    /// Takes what was told about both sides.
    pub fn compared(&mut self, view: View, body: Body, shell: &mut Shell) {
        let Some(comparison) = self
            .comparison
            .as_mut()
            .filter(|comparison| comparison.view == view)
        else {
            return;
        };
        match body {
            Body::Pairs(pairs) => {
                comparison.rows.tree.absorb(&pairs);
                comparison.rows.settle();
            }
            Body::Compared(compared) => {
                shell.close(view);
                tell_broken(&compared, shell);
                comparison.progress = Progress::Done(compared);
                comparison.rows.tree.compact();
                self.gaps.explain(&comparison.rows.tree);
                self.gaps.open_if_any();
            }
            Body::Failed(failed) => {
                shell.close(view);
                shell.say_failed(&failed);
                comparison.progress = Progress::Failed(failed);
            }
            Body::Listed { .. }
            | Body::Recorded { .. }
            | Body::Buckets(_)
            | Body::Planned(_)
            | Body::PlannedBoth(_)
            | Body::PlannedRoutes(_)
            | Body::Identity(_)
            | Body::Preview(_)
            | Body::Picture(_)
            | Body::Cloud(_)
            | Body::Looked(_)
            | Body::WrapUp(_)
            | Body::Past(_)
            | Body::Report(_)
            | Body::Run(_)
            | Body::Watched
            | Body::Accepted(_) => {}
        }
    }

    /// Takes the bad news about a pane's folder.
    pub fn listing_failed(&mut self, side: Side, folder: &Key, failed: Failed, shell: &mut Shell) {
        shell.say_failed(&failed);
        self.pane_mut(side).fail(folder, failed);
    }

    /// Whether something of a pane is still arriving.
    pub fn is_listing(&self, side: Side, shell: &Shell) -> bool {
        shell.waits(|question| question.side() == Some(side))
    }
}

fn tell_broken(compared: &Compared, shell: &mut Shell) {
    for (side, end) in [(Side::Left, &compared.left), (Side::Right, &compared.right)] {
        if let End::Broken { reason, .. } = end {
            let text = format!(
                "The {} listing broke: {reason}. What follows is not known; r lists afresh.",
                side.word()
            );
            shell.say(crate::tui::tab::log::Weight::Error, text);
        }
    }
}
