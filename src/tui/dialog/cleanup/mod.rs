//! What of a task's sources may go and what stays, by reason: the look before anything goes. Enter asks for the word; what
//! then runs, in the background, are the plans that were shown, as they are ticked.

mod draw;

use std::sync::Arc;

use crate::domain::{
    key::Key,
    plan::{Brake, Plan, PlannedRoute},
    progress::{TaskId, TaskSnapshot},
};
use crate::engine::{Command, Family, View};
use crate::humanize;
use crate::tui::{
    action::{Answer, Move},
    dialog::{Decision, Dialog},
    shell::{Question, Shell},
    tab::{browse::stepped, log::Weight, tasks::title},
    widget::window::Window,
};
use jiff::Timestamp;

/// Keys that are told by name for each reason; the export has all.
const NAMES: usize = 3;

/// How far the look is.
#[derive(Debug)]
enum Stage {
    /// Both sides are being listed.
    Waiting(View),
    /// It is here to be approved.
    Shown(Vec<Leg>),
}

/// What goes and what stays of one task.
#[derive(Debug)]
struct Leg {
    route: PlannedRoute,
    stays: Vec<Stay>,
}

/// Sources that stay for one reason.
#[derive(Debug)]
struct Stay {
    reason: String,
    count: u64,
    /// The first of them.
    names: Vec<Key>,
}

/// The look before a clean-up.
#[derive(Debug)]
pub struct CleanupDialog {
    task: TaskId,
    /// What the task is called.
    title: String,
    stage: Stage,
    cursor: usize,
    window: Window,
}

/// A row of the dialog; the first number is the leg's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Row {
    /// A task's name and places.
    Head(usize),
    /// What goes.
    Goes(usize),
    /// Nothing is there that could go.
    Nothing(usize),
    /// What stays for one reason.
    Stays(usize, usize),
    /// One key that stays.
    Name(usize, usize, usize),
    /// How many more stay for that reason.
    More(usize, usize),
}

impl Leg {
    fn new(route: &PlannedRoute) -> Self {
        let reasons = route.plan.left.refused_by_reason().into_iter();
        let mut stays: Vec<Stay> = reasons
            .map(|(reason, keys)| Stay {
                reason: reason.to_owned(),
                count: keys.len() as u64,
                names: keys.into_iter().take(NAMES).cloned().collect(),
            })
            .collect();
        stays.sort_by_key(|stay| std::cmp::Reverse(stay.count));
        Self {
            route: route.clone(),
            stays,
        }
    }

    fn rows(&self, at: usize) -> impl Iterator<Item = Row> {
        let goes = match self.route.plan.groups.is_empty() {
            false => Some(Row::Goes(at)),
            true if self.stays.is_empty() => Some(Row::Nothing(at)),
            true => None,
        };
        let stays = self.stays.iter().enumerate();
        let stays = stays.flat_map(move |(number, stay)| {
            let names = (0..stay.names.len()).map(move |name| Row::Name(at, number, name));
            let more = stay.count > stay.names.len() as u64;
            std::iter::once(Row::Stays(at, number))
                .chain(names)
                .chain(more.then_some(Row::More(at, number)))
        });
        std::iter::once(Row::Head(at)).chain(goes).chain(stays)
    }
}

impl CleanupDialog {
    /// Looks what may go behind a task, and lays the dialog over the screen; says so where it may not be.
    pub fn open(task: &TaskSnapshot, shell: &mut Shell) {
        if shell.refuses_writes() {
            return;
        }
        if !task.state.is_over() {
            let text = "This task is not over: its sources are still needed.";
            return shell.say(Weight::Info, text);
        }
        let id = task.id;
        let view = shell.ask(Question::Cleanup, |view| Command::PlanCleanup {
            view,
            task: id,
        });
        shell.dialogs.push(Dialog::Cleanup(Box::new(Self {
            task: id,
            title: format!("{} {}", id.0, title(task)),
            stage: Stage::Waiting(view),
            cursor: 0,
            window: Window::default(),
        })));
    }

    /// Whether it waits for this answer.
    pub fn waits_for(&self, view: View) -> bool {
        matches!(self.stage, Stage::Waiting(waiting) if waiting == view)
    }

    /// Shows what goes and what stays.
    pub fn show(&mut self, planned: &[PlannedRoute]) {
        self.stage = Stage::Shown(planned.iter().map(Leg::new).collect());
        let goes = |row: &Row| matches!(row, Row::Goes(_));
        self.cursor = self.rows().iter().position(goes).unwrap_or(0);
    }

    /// Lets all of its plans wait for a time; `None` takes that back.
    pub fn start(&mut self, at: Option<Timestamp>) {
        if let Stage::Shown(legs) = &mut self.stage {
            for leg in legs {
                Arc::make_mut(&mut leg.route.plan).start = at;
            }
        }
    }

    /// The plan under the cursor.
    pub fn plan(&self) -> Option<&Plan> {
        let (Row::Head(at)
        | Row::Goes(at)
        | Row::Nothing(at)
        | Row::Stays(at, _)
        | Row::Name(at, ..)
        | Row::More(at, _)) = *self.rows().get(self.cursor)?;
        self.legs().get(at).map(|leg| &*leg.route.plan)
    }

    fn legs(&self) -> &[Leg] {
        match &self.stage {
            Stage::Waiting(_) => &[],
            Stage::Shown(legs) => legs,
        }
    }

    fn rows(&self) -> Vec<Row> {
        let legs = self.legs().iter().enumerate();
        legs.flat_map(|(at, leg)| leg.rows(at)).collect()
    }

    pub(super) fn back(&self, shell: &mut Shell) -> Decision {
        if matches!(self.stage, Stage::Waiting(_)) {
            shell.stop(|question| matches!(question, Question::Cleanup));
        }
        Decision::Nothing
    }

    pub(super) fn walk(&mut self, step: Move) {
        let last = self.rows().len().saturating_sub(1);
        self.cursor = stepped(step, self.cursor, &self.window).min(last);
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
            Answer::ExportPlan
            | Answer::StartAt
            | Answer::Batch
            | Answer::Fold
            | Answer::Complete
            | Answer::Remove => Decision::Stay,
        }
    }

    fn tick(&mut self) {
        let (Some(&Row::Goes(at)), Stage::Shown(legs)) =
            (self.rows().get(self.cursor), &mut self.stage)
        else {
            return;
        };
        let Some(leg) = legs.get_mut(at) else { return };
        for group in &mut Arc::make_mut(&mut leg.route.plan).groups {
            group.selected = !group.selected;
        }
    }

    /// Asks for the word, or says why nothing goes.
    fn accept(&self, shell: &mut Shell) -> Decision {
        let Stage::Shown(legs) = &self.stage else {
            shell.say(Weight::Info, "Not all is listed yet.");
            return Decision::Stay;
        };
        let brakes = legs.iter().flat_map(|leg| leg.route.plan.open_brakes());
        for brake in brakes {
            if let Brake::BrokenListing { reason } = brake {
                let text = format!("{reason}: nothing may go. Esc, then look again.");
                shell.say(Weight::Error, text);
                return Decision::Stay;
            }
        }
        let shown = legs.iter().map(|leg| leg.route.clone());
        let family = Family::of_cleanup(self.task, shown);
        if family.members.is_empty() {
            let stay: u64 = legs
                .iter()
                .flat_map(|leg| &leg.stays)
                .map(|s| s.count)
                .sum();
            let text = if stay == 0 {
                "Nothing is ticked: nothing goes.".to_owned()
            } else {
                format!("Nothing goes: {} stay.", humanize::counted(stay, "source"))
            };
            shell.say(Weight::Info, text);
            return Decision::Stay;
        }
        Decision::ConfirmFamily(family)
    }
}
