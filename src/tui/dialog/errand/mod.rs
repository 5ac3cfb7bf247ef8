//! Mappings before they go: a plan for each, with ticks for what it does, and the conflicts of both ways, each settled by a
//! person or for all at once. Enter runs exactly what is shown, as one task with a child for each plan.

mod draw;
mod legs;
mod routes;

use std::sync::Arc;

use crate::config::{Ask, Choice as Chosen, Errand, Scope, Way, layer::Layer, mapping::Mapping};
use crate::domain::{
    diff::Newer,
    plan::{Brake, Conflict, Plan, Settle},
};
use crate::engine::{Body, Command, Family, View, event::Failed};
use crate::tui::{
    action::{Answer, Move},
    dialog::{Decision, Dialog},
    shell::{Question, Shell},
    tab::{browse::stepped, log::Weight},
    widget::window::Window,
};
use jiff::Timestamp;

use legs::{Leg, Of, Stage};

/// Children that run at once.
const AT_ONCE: u16 = 4;

/// What a person asks of the mappings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// Names of mappings or groups.
    pub names: Vec<String>,
    /// Which way.
    pub way: Way,
    /// Parts that take part; all when empty.
    pub parts: Vec<String>,
}

/// Mappings before they go.
#[derive(Debug)]
pub struct ErrandDialog {
    name: String,
    legs: Vec<Leg>,
    cursor: usize,
    window: Window,
}

/// A row of the dialog.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Row {
    /// A mapping's name and places.
    Head(usize),
    /// What a plan does: of this leg, there (0) or back (1), by its group's number.
    Group(usize, usize, usize),
    /// Why what a plan does goes this way.
    Why(usize, usize, usize),
    /// Who wins all conflicts of a leg.
    Conflicts(usize),
    /// One conflict of a leg.
    Conflict(usize, usize),
    /// What a leg leaves, by the row's number.
    Left(usize, usize),
    /// Words in place of a plan.
    Words(usize),
}

impl Row {
    fn is_for_the_cursor(self) -> bool {
        matches!(
            self,
            Self::Group(..) | Self::Conflicts(_) | Self::Conflict(..)
        )
    }
}

impl ErrandDialog {
    /// Plans what a person wishes, and lays the dialog over the screen; says so where it may not be.
    pub fn open(wish: &Wish, shell: &mut Shell) {
        if shell.refuses_writes() {
            return;
        }
        let config = Arc::clone(&shell.settings.config);
        let chosen = match config.choose(&wish.names, wish.way) {
            Ok(chosen) => chosen,
            Err(error) => return shell.say(Weight::Error, error.to_string()),
        };
        let Chosen {
            mappings,
            left,
            refused,
        } = chosen;
        let refusals = refused
            .iter()
            .chain(left.iter().map(|(_, refusal)| refusal));
        for refusal in refusals {
            shell.say(
                Weight::Warning,
                format!("{}; {}", refusal.message, refusal.help),
            );
        }
        let scope = Scope {
            parts: wish.parts.clone(),
            ..Scope::default()
        };
        let mut legs = Vec::new();
        for mapping in &mappings {
            match leg(mapping, wish.way, &scope, shell) {
                Ok(leg) => legs.push(leg),
                Err(error) => shell.say(Weight::Error, error),
            }
        }
        if !legs.is_empty() {
            let name = format!("{} {}", wish.way.word(), wish.names.join(", "));
            shell.dialogs.push(Dialog::Errand(Box::new(Self {
                name,
                legs,
                cursor: 0,
                window: Window::default(),
            })));
        }
    }

    /// Takes a plan, a plan each way, or those of all routes, where it waits for them.
    pub fn take(&mut self, view: View, body: &Body) {
        if let Body::Planned(plan) = body {
            self.settle(view, &Stage::One(Box::new((**plan).clone())));
        } else if let Body::PlannedBoth(both) = body {
            self.settle(view, &Stage::Both(Box::new((**both).clone())));
        } else if let Body::PlannedRoutes(planned) = body {
            self.show_routes(view, planned);
        }
    }

    /// Tells why there is no plan for one of its mappings.
    pub fn fail(&mut self, view: View, failed: &Failed) {
        let help = failed.help.as_deref().unwrap_or_default();
        let text = format!("{} {help}", failed.message);
        self.settle(view, &Stage::Failed(text));
    }

    fn settle(&mut self, view: View, stage: &Stage) {
        for leg in self.legs.iter_mut().filter(|leg| leg.waits_for(view)) {
            leg.stage = stage.clone();
        }
        self.put_cursor();
    }

    /// Puts the cursor on the first row that takes it, where it stands on none.
    fn put_cursor(&mut self) {
        let rows = self.rows();
        if !rows
            .get(self.cursor)
            .is_some_and(|row| row.is_for_the_cursor())
        {
            let first = rows.iter().position(|row| row.is_for_the_cursor());
            self.cursor = first.unwrap_or(0);
        }
    }

    /// Lets all of its plans wait for a time; `None` takes that back.
    pub fn start(&mut self, at: Option<Timestamp>) {
        for leg in &mut self.legs {
            leg.plan_mut(0).into_iter().for_each(|plan| plan.start = at);
            leg.plan_mut(1).into_iter().for_each(|plan| plan.start = at);
        }
    }

    /// The plan under the cursor.
    pub fn plan(&self) -> Option<&Plan> {
        match *self.rows().get(self.cursor)? {
            Row::Group(leg, side, _) | Row::Why(leg, side, _) => self.legs.get(leg)?.plan(side),
            Row::Head(leg)
            | Row::Conflicts(leg)
            | Row::Conflict(leg, _)
            | Row::Left(leg, _)
            | Row::Words(leg) => self.legs.get(leg)?.plan(0),
        }
    }

    pub(super) fn back(shell: &mut Shell) -> Decision {
        shell.stop(|question| matches!(question, Question::Errand));
        Decision::Nothing
    }

    pub(super) fn walk(&mut self, step: Move) {
        let rows = self.rows();
        let to = stepped(step, self.cursor, &self.window).min(rows.len().saturating_sub(1));
        let ahead = (to..rows.len()).find(|&at| is_stop(&rows, at));
        let behind = (0..=to).rev().find(|&at| is_stop(&rows, at));
        let found = if to >= self.cursor {
            ahead.or(behind)
        } else {
            behind.or(ahead)
        };
        self.cursor = found.unwrap_or(self.cursor);
    }

    pub(super) fn answer(&mut self, answer: Answer, shell: &mut Shell) -> Decision {
        match answer {
            Answer::Accept => self.accept(shell),
            Answer::Tick => {
                self.tick();
                Decision::Stay
            }
            Answer::ExportPlan if self.plan().is_some() => Decision::AskExport,
            Answer::StartAt if self.plan().is_some() => Decision::AskStart,
            Answer::Batch => {
                self.turn_batch(shell);
                Decision::Stay
            }
            Answer::ExportPlan
            | Answer::StartAt
            | Answer::Fold
            | Answer::Complete
            | Answer::Remove => Decision::Stay,
        }
    }

    /// Hands all plans over that can be, or takes all back.
    fn turn_batch(&mut self, shell: &mut Shell) {
        let mut plans: Vec<&mut Plan> = self
            .legs
            .iter_mut()
            .filter_map(|leg| leg.plan_mut(0))
            .collect();
        let on = plans.iter().any(|plan| matches!(plan.batch(), Some(Ok(_))));
        let mut unfit = None;
        let mut turned = false;
        for plan in &mut plans {
            if matches!(plan.batch(), Some(Ok(_))) == on {
                match plan.turn_batch() {
                    Ok(()) => turned = true,
                    Err(why) => unfit = Some(why),
                }
            }
        }
        if let Some(why) = unfit.filter(|_| !turned) {
            shell.say(
                Weight::Info,
                format!("S3 Batch Operations: {}", why.words()),
            );
        }
    }

    fn tick(&mut self) {
        let Some(&row) = self.rows().get(self.cursor) else {
            return;
        };
        match row {
            Row::Group(leg, side, group) => {
                let plan = self.legs.get_mut(leg).and_then(|leg| leg.plan_mut(side));
                if let Some(group) = plan.and_then(|plan| plan.groups.get_mut(group)) {
                    group.selected = !group.selected;
                }
            }
            Row::Conflicts(leg) => {
                let conflicts = self.legs.get_mut(leg).map(Leg::conflicts_mut);
                let conflicts = conflicts.unwrap_or_default();
                let next = conflicts.first().map(|first| next(first.settled, true));
                for conflict in conflicts {
                    conflict.settled = next.unwrap_or_default();
                }
            }
            Row::Conflict(leg, number) => {
                let conflicts = self.legs.get_mut(leg).map(Leg::conflicts_mut);
                if let Some(conflict) = conflicts.and_then(|all| all.get_mut(number)) {
                    let knows = conflict.newer != Newer::Unknown;
                    conflict.settled = next(conflict.settled, knows);
                }
            }
            Row::Head(_) | Row::Why(..) | Row::Left(..) | Row::Words(_) => {}
        }
    }

    /// Runs what is shown, or says what stands in its way.
    fn accept(&self, shell: &mut Shell) -> Decision {
        if self
            .legs
            .iter()
            .any(|leg| matches!(leg.stage, Stage::Waiting(_)))
        {
            shell.say(Weight::Info, "Not all is listed yet.");
            return Decision::Stay;
        }
        let members: Vec<_> = self.legs.iter().flat_map(Leg::members).collect();
        if members.is_empty() {
            shell.say(Weight::Info, "Nothing is ticked: there is nothing to run.");
            return Decision::Nothing;
        }
        let brakes = members.iter().flat_map(|member| member.plan.open_brakes());
        for brake in brakes {
            if let Brake::BrokenListing { reason } = brake {
                let text = format!("{reason}: the plan may be wrong. Esc, then plan it again.");
                shell.say(Weight::Error, text);
                return Decision::Stay;
            }
        }
        let family = Family {
            name: self.name.as_str().into(),
            at_once: AT_ONCE,
            members,
        };
        let asks = family.members.iter().any(|member| {
            let deletes = member.plan.needs_consent().deletes.objects > 0;
            let stopped = member.plan.open_brakes().next().is_some();
            deletes || stopped || shell.production(&member.plan.destination).is_some()
        });
        if asks {
            Decision::ConfirmFamily(family)
        } else {
            Decision::RunFamily(family)
        }
    }

    fn rows(&self) -> Vec<Row> {
        let mut rows = Vec::new();
        for (at, leg) in self.legs.iter().enumerate() {
            rows.push(Row::Head(at));
            let before = rows.len();
            for side in 0..2 {
                rows.extend(group_rows(leg, at, side));
            }
            let conflicts = leg.conflicts().len();
            rows.extend((conflicts > 1).then_some(Row::Conflicts(at)));
            rows.extend((0..conflicts).map(|number| Row::Conflict(at, number)));
            if rows.len() == before {
                rows.push(Row::Words(at));
            }
            let left = leg.plan(0).map_or(0, draw::left_count);
            rows.extend((0..left).map(|number| Row::Left(at, number)));
        }
        rows
    }
}

/// A row for each group of a plan, each with the reason for its way below.
fn group_rows(leg: &Leg, at: usize, side: usize) -> impl Iterator<Item = Row> {
    let groups = leg.plan(side).into_iter().flat_map(|plan| &plan.groups);
    groups.enumerate().flat_map(move |(number, group)| {
        let why = group.why.as_ref();
        let why = why.map(|_| Row::Why(at, side, number));
        std::iter::once(Row::Group(at, side, number)).chain(why)
    })
}

fn is_stop(rows: &[Row], at: usize) -> bool {
    rows.get(at).is_some_and(|row| row.is_for_the_cursor())
}

/// Who wins after the next tick.
fn next(settled: Settle, knows_newer: bool) -> Settle {
    match settled {
        Settle::Leave => Settle::Left,
        Settle::Left => Settle::Right,
        Settle::Right if knows_newer => Settle::Newer,
        Settle::Right | Settle::Newer => Settle::Leave,
    }
}

/// Asks for the plan of one mapping.
fn leg(mapping: &Mapping, way: Way, scope: &Scope, shell: &mut Shell) -> Result<Leg, String> {
    let config = Arc::clone(&shell.settings.config);
    let ask = Ask {
        way,
        scope,
        flags: &Layer::default(),
        settle: None,
    };
    let errand = config
        .errand(mapping, ask)
        .map_err(|error| error.to_string())?;
    let view = shell.ask(Question::Errand, |view| question(&errand, view));
    Ok(Leg {
        of: Of::Mapping(Box::new(errand)),
        stage: Stage::Waiting(view),
    })
}

fn question(errand: &Errand, view: View) -> Command {
    let (left, right) = (errand.left.clone(), errand.right.clone());
    let options = Arc::new(errand.options.clone());
    let only = Vec::new();
    match errand.way {
        Way::Pull | Way::Push => Command::Plan {
            view,
            source: left,
            destination: right,
            only,
            options,
        },
        Way::Both => Command::PlanBoth {
            view,
            left,
            right,
            only,
            options,
            rule: errand.rule,
        },
    }
}

/// Who wins a conflict, for the row that settles it.
fn winner(conflict: &Conflict) -> &'static str {
    match (conflict.settled, conflict.newer) {
        (Settle::Leave, _) | (Settle::Newer, Newer::Unknown) => "both stay",
        (Settle::Left, _) => "left wins",
        (Settle::Right, _) => "right wins",
        (Settle::Newer, Newer::Left) => "left wins, newer",
        (Settle::Newer, Newer::Right) => "right wins, newer",
    }
}
