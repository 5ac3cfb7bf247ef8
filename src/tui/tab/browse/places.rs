//! Where the sides are, and what moves between them: going, comparing, planning, proving.

use std::sync::Arc;

use crate::config::mapping::Direction;
use crate::domain::{diff::Level, key::Key, location::Location, plan::SyncOptions, side::Side};

use crate::engine::Command;

use crate::tui::{
    dialog::{Dialog, plan::PlanDialog},
    shell::{Question, Shell},
    tab::{
        browse::{Across, Browse, Comparison, Pane, Progress, Way},
        log::Weight,
    },
};

impl Browse {
    /// Takes one side to a place; what was compared is compared again.
    pub fn go(&mut self, side: Side, place: Location, shell: &mut Shell) {
        let comparing = self.comparison.is_some();
        self.part(shell);
        self.pane_mut(side).go(place, shell);
        if comparing {
            self.compare(shell);
        }
    }

    /// Takes one side back or forward; what was compared is compared again.
    pub(super) fn travel(&mut self, way: Way, shell: &mut Shell) {
        let comparing = self.comparison.is_some();
        if !self.pane().history.leads(way) {
            return shell.say(Weight::Info, "There is no place that way.");
        }
        self.part(shell);
        self.pane_mut(self.focus).travel(way, shell);
        if comparing {
            self.compare(shell);
        }
    }

    /// Puts the sides apart.
    pub fn part(&mut self, shell: &mut Shell) {
        shell.stop(|question| matches!(question, Question::Compare));
        self.comparison = None;
        self.undo.clear();
        self.gaps = super::GapPanel::default();
    }

    /// Compares the two sides, or says what is missing for it.
    pub fn compare(&mut self, shell: &mut Shell) {
        let places = Side::BOTH.map(|side| self.place(side).cloned());
        let [Some(left), Some(right)] = places else {
            return shell.say(
                Weight::Warning,
                "Two places are compared: press o to type one for this side, m to choose.",
            );
        };
        if let Some(place) = [&left, &right]
            .into_iter()
            .find(|place| matches!(place, Location::Buckets(_)))
        {
            let text = format!("{place} is a list of buckets: open one with Enter, then compare.");
            return shell.say(Weight::Warning, text);
        }
        self.part(shell);
        let options = self.options(shell);
        let (from, to) = (left.clone(), right.clone());
        let view = shell.ask(Question::Compare, |view| Command::Compare {
            view,
            left: from,
            right: to,
            options,
        });
        let pane = self.pane();
        let mut rows = Pane::fresh(&pane.rows.tree);
        rows.remember(pane.rows.opened(), pane.rows.current_key());
        self.comparison = Some(Comparison {
            rows,
            places: [left, right],
            view,
            started: shell.now,
            progress: Progress::Running,
        });
    }

    /// Lists everything afresh.
    pub fn refresh(&mut self, shell: &mut Shell) {
        // What was marked before was a row of another tree.
        self.undo.clear();
        if let Some(comparison) = &self.comparison {
            let memory = (comparison.rows.opened(), comparison.rows.current_key());
            let gaps = std::mem::take(&mut self.gaps);
            self.compare(shell);
            self.gaps = gaps;
            if let Some(comparison) = &mut self.comparison {
                comparison.rows.remember(memory.0, memory.1);
            }
        } else {
            for pane in &mut self.panes {
                pane.refresh(shell);
            }
        }
    }

    /// Plans a sync (or a move) from one side to the other, of some keys or of everything.
    pub fn plan(&mut self, from: Side, only: Vec<Key>, across: Across, shell: &mut Shell) {
        let Some((source, destination, mut options)) = self.route(from, shell) else {
            return;
        };
        if across == Across::Move {
            if let Some(mapping) = self.mapping(shell) {
                let text = format!(
                    "{} is a mapping, whose two sides hold the same: neither is moved away. t copies.",
                    mapping.name
                );
                return shell.say(Weight::Warning, text);
            }
            Arc::make_mut(&mut options).remove_source = true;
        }
        shell.stop(|question| matches!(question, Question::Plan));
        let route = (source.clone(), destination.clone());
        let view = shell.ask(Question::Plan, |view| Command::Plan {
            view,
            source,
            destination,
            only,
            options,
        });
        shell
            .dialogs
            .push(Dialog::Plan(Box::new(PlanDialog::waiting(view, route))));
    }

    /// Proves by checksum what both sides have.
    pub fn verify(&mut self, only: Vec<Key>, shell: &mut Shell) {
        let places = Side::BOTH.map(|side| self.place(side).cloned());
        let [Some(source), Some(destination)] = places else {
            return shell.say(
                Weight::Warning,
                "Two places are proven against each other: press o to type one.",
            );
        };
        let options = self.options(shell);
        let options = Arc::new(SyncOptions {
            check: options.check.max(Level::Checksum),
            ..(*options).clone()
        });
        let keys = only.clone();
        shell.ask(Question::Verify(keys), |view| Command::Verify {
            view,
            source,
            destination,
            only,
            options,
        });
    }

    /// Source, destination and options for a move from one side; says why there is none.
    fn route(
        &self,
        from: Side,
        shell: &mut Shell,
    ) -> Option<(Location, Location, Arc<SyncOptions>)> {
        if shell.refuses_writes() {
            return None;
        }
        let places = [self.place(from).cloned(), self.place(from.other()).cloned()];
        let [Some(source), Some(destination)] = places else {
            shell.say(
                Weight::Warning,
                "There is no other side yet: press Tab, then o to type its place.",
            );
            return None;
        };
        let forbidden = |direction| match direction {
            Direction::Pull => from == Side::Left,
            Direction::Push => from == Side::Right,
            Direction::Both => false,
        };
        if let Some(mapping) = self
            .mapping(shell)
            .filter(|mapping| forbidden(mapping.direction))
        {
            let text = format!(
                "The mapping {} never writes to {destination}: press Tab to move from the other side.",
                mapping.name
            );
            shell.say(Weight::Warning, text);
            return None;
        }
        if let Some(refusal) = shell.settings.config.refusal(&destination) {
            shell.say(
                Weight::Error,
                format!("{}: {}.", refusal.message, refusal.help),
            );
            return None;
        }
        let options = self.options(shell);
        Some((source, destination, options))
    }
}
