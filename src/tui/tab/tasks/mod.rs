//! Tasks: what runs and ran. Quantities come from the snapshot, facts from events; this keeps what both do not.

mod detail;
mod launches;
mod past;
mod rates;
mod report;
pub mod update;
pub mod view;

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::Duration,
};

use jiff::Timestamp;

use crate::domain::{
    estimate::Pace,
    location::Location,
    plan::{Op, Plan},
    progress::{
        Checked, EndedStep, Outcome, Recount, TaskEvent, TaskId, TaskKind, TaskSnapshot, TaskState,
    },
};
use crate::engine::Snapshot;
use crate::humanize;
pub use crate::tui::tab::tasks::launches::Launch;
use crate::tui::tab::tasks::past::Past;
pub use crate::tui::tab::tasks::past::ask as ask_past;
pub use crate::tui::tab::tasks::rates::{Flow, Rates};
use crate::tui::{tab::log::Weight, widget::window::Window};

/// The most failures that are kept for reading; all are counted.
const FAILURES: usize = 10_000;

/// What is known of a task beside its quantities.
#[derive(Debug, Default)]
pub struct Facts {
    /// What it runs.
    pub plan: Option<Arc<Plan>>,
    /// Source and destination.
    pub places: Option<[Location; 2]>,
    /// Bytes and objects a second.
    pub rates: Rates,
    /// Steps that failed, by their number in the plan; a step that succeeds later goes.
    pub failures: BTreeMap<u32, EndedStep>,
    /// What both sides held when all was over.
    pub recount: Option<Recount>,
    /// How the command ended that proves what was moved.
    pub checked: Option<Checked>,
    /// Steps of which one way failed, and another was taken.
    pub other_way: u64,
}

impl Facts {
    fn end(&mut self, step: &EndedStep) {
        self.failures.remove(&step.seq);
        if matches!(step.outcome, Outcome::Failed(_)) && self.failures.len() < FAILURES {
            self.failures.insert(step.seq, step.clone());
        }
    }
}

/// What the cursor stands on.
#[derive(Debug, Clone, PartialEq)]
enum Focus {
    Task(TaskId),
    /// A launch, by its name.
    Launch(Box<str>),
}

/// A row of the list.
#[derive(Debug, Clone, Copy)]
enum Row<'s> {
    Task(&'s TaskSnapshot),
    Launch(&'s Launch),
}

impl Row<'_> {
    fn focus(self) -> Focus {
        match self {
            Self::Task(task) => Focus::Task(task.id),
            Self::Launch(launch) => Focus::Launch(launch.name.clone()),
        }
    }
}

/// The state of the tab.
#[derive(Debug, Default)]
pub struct Tasks {
    cursor: Option<Focus>,
    /// Launches of this session, the newest first.
    launches: Vec<Launch>,
    /// Plans of groups whose children were not seen yet, in the children's order.
    families: HashMap<TaskId, Vec<Arc<Plan>>>,
    facts: HashMap<TaskId, Facts>,
    past: Past,
    /// What is on the screen.
    pub window: Window,
}

impl Tasks {
    /// A task was accepted; the cursor goes to it.
    pub fn accept(&mut self, id: TaskId, plan: Option<Arc<Plan>>, places: Option<[Location; 2]>) {
        let facts = self.facts.entry(id).or_default();
        facts.plan = plan;
        facts.places = places;
        self.cursor = Some(Focus::Task(id));
    }

    /// A group was accepted, or the one plan of it as a task of its own; the cursor goes to it.
    pub fn accept_family(&mut self, id: TaskId, plans: Vec<Arc<Plan>>) {
        self.accept(id, None, None);
        self.families.insert(id, plans);
    }

    /// Gives the plans of a group to its children, once they are seen.
    fn meet_children(&mut self, snapshot: &Snapshot) {
        for (head, plans) in std::mem::take(&mut self.families) {
            let children = snapshot
                .tasks
                .iter()
                .filter(|task| task.parent == Some(head));
            let mut ids: Vec<TaskId> = children.map(|task| task.id).collect();
            if ids.is_empty() && plans.len() == 1 {
                ids.push(head);
            }
            if ids.len() != plans.len() {
                self.families.insert(head, plans);
                continue;
            }
            for (id, plan) in ids.into_iter().zip(plans) {
                let facts = self.facts.entry(id).or_default();
                facts.places = Some([plan.source.clone(), plan.destination.clone()]);
                facts.plan = Some(plan);
            }
        }
    }

    /// Takes a fact.
    pub fn record(&mut self, id: TaskId, event: &TaskEvent) {
        let facts = self.facts.entry(id).or_default();
        match event {
            TaskEvent::Ended { steps } => steps.iter().for_each(|step| facts.end(step)),
            TaskEvent::Recounted(recount) => facts.recount = Some(recount.clone()),
            TaskEvent::Checked(checked) => facts.checked = Some(checked.clone()),
            TaskEvent::OtherWay { .. } => facts.other_way += 1,
            TaskEvent::State { .. } | TaskEvent::Retried { .. } => {}
        }
    }

    /// Bytes that the server copied for a task, or for the tasks of a group.
    pub fn copied_by_server(&self, task: &TaskSnapshot, snapshot: &Snapshot) -> u64 {
        let copies = |id: TaskId| {
            let plan = self.facts(id).and_then(|facts| facts.plan.as_ref());
            plan.is_some_and(|plan| plan.selected().any(|group| group.op == Op::Copy))
        };
        let own = snapshot.tasks.iter();
        let own = own.filter(|other| other.id == task.id || other.parent == Some(task.id));
        own.filter(|other| copies(other.id))
            .map(|other| other.bytes)
            .sum()
    }

    /// Takes the quantities of this moment.
    pub fn sample(&mut self, snapshot: &Snapshot, now: Timestamp) {
        self.meet_children(snapshot);
        let running = self.past.running().cloned().collect::<Vec<_>>();
        for task in snapshot.tasks.iter().chain(&running) {
            self.facts
                .entry(task.id)
                .or_default()
                .rates
                .sample(task, now);
        }
    }

    /// What the newest task that moved anything measured.
    pub fn pace(&self, snapshot: &Snapshot) -> Option<Pace> {
        snapshot
            .tasks
            .iter()
            .find_map(|task| self.facts.get(&task.id)?.rates.pace())
    }

    /// What is known of a task beside its quantities.
    pub fn facts(&self, id: TaskId) -> Option<&Facts> {
        self.facts.get(&id)
    }

    /// What is listed: launches of this session first, then tasks.
    fn rows<'s>(&'s self, snapshot: &'s Snapshot) -> Vec<Row<'s>> {
        let launches = self.launches.iter().map(Row::Launch);
        let tasks = self.all(snapshot).into_iter().map(Row::Task);
        launches.chain(tasks).collect()
    }

    /// Where the cursor stands.
    pub fn position(&self, snapshot: &Snapshot) -> usize {
        self.rows(snapshot)
            .iter()
            .position(|row| Some(row.focus()) == self.cursor)
            .unwrap_or(0)
    }

    /// The task under the cursor.
    pub fn current<'s>(&'s self, snapshot: &'s Snapshot) -> Option<&'s TaskSnapshot> {
        match self.rows(snapshot).get(self.position(snapshot))? {
            Row::Task(task) => Some(task),
            Row::Launch(_) => None,
        }
    }

    /// The launch under the cursor: they are listed first.
    pub fn current_launch(&self, snapshot: &Snapshot) -> Option<&Launch> {
        self.launches.get(self.position(snapshot))
    }

    /// Puts the cursor on a place.
    pub fn put_on(&mut self, position: usize, snapshot: &Snapshot) {
        let rows = self.rows(snapshot);
        let last = rows.len().saturating_sub(1);
        self.cursor = rows.get(position.min(last)).map(|row| row.focus());
    }
}

/// The sign of a state.
pub fn state_sign(state: TaskState) -> &'static str {
    match state {
        TaskState::Waiting => ".",
        TaskState::Running | TaskState::Recounting => "▶",
        TaskState::Paused => "‖",
        TaskState::Done => "✓",
        TaskState::Failed => "✗",
        TaskState::Cancelled => "x",
        TaskState::Interrupted => "~",
    }
}

/// The word for a state.
pub fn state_word(state: TaskState) -> &'static str {
    match state {
        TaskState::Waiting => "waiting",
        TaskState::Running => "running",
        TaskState::Paused => "paused",
        TaskState::Recounting => "counting again",
        TaskState::Done => "done",
        TaskState::Failed => "failed",
        TaskState::Cancelled => "cancelled",
        TaskState::Interrupted => "interrupted",
    }
}

/// How grave it is that a task entered a state.
pub fn state_weight(state: TaskState) -> Weight {
    match state {
        TaskState::Waiting | TaskState::Running | TaskState::Recounting => Weight::Info,
        TaskState::Done => Weight::Good,
        TaskState::Paused | TaskState::Cancelled | TaskState::Interrupted => Weight::Warning,
        TaskState::Failed => Weight::Error,
    }
}

/// What a step does and did.
pub fn op_words(op: Op) -> (&'static str, &'static str) {
    match op {
        Op::Upload => ("upload", "uploaded"),
        Op::Download => ("download", "downloaded"),
        Op::Copy => ("copy", "copied"),
        Op::Relay => ("relay", "relayed"),
        Op::Delete => ("delete", "deleted"),
        Op::Remove => ("remove", "removed"),
        Op::Edit => ("edit", "edited"),
    }
}

/// What a task is called: by its name, or by what it does.
pub fn title(task: &TaskSnapshot) -> String {
    match &task.name {
        Some(name) => name.to_string(),
        None if deletes(task) => "delete".to_owned(),
        None => kind_word(task.kind).to_owned(),
    }
}

/// Whether a task deletes what was named at one place.
pub fn deletes(task: &TaskSnapshot) -> bool {
    task.kind.deletes(&task.source, &task.destination)
}

/// What a task is, in a word.
pub fn kind_word(kind: TaskKind) -> &'static str {
    match kind {
        TaskKind::Sync => "sync",
        TaskKind::Verify => "verify",
        TaskKind::Cleanup => "clean up",
        TaskKind::Group => "group",
    }
}

/// How long a task has been going, or went.
pub fn elapsed(task: &TaskSnapshot, now: Timestamp) -> Duration {
    Duration::try_from(task.ended.unwrap_or(now).duration_since(task.started)).unwrap_or_default()
}

/// That time as text: a clock while it goes, the length once it is over.
pub fn elapsed_text(task: &TaskSnapshot, now: Timestamp) -> String {
    let time = elapsed(task, now);
    if task.state.is_over() && time.as_secs() < 60 {
        humanize::duration(time)
    } else {
        humanize::clock(time)
    }
}

/// Steps that ended, however they did.
pub fn settled(task: &TaskSnapshot) -> u64 {
    task.done + task.failed + task.skipped
}

/// Steps that ended of all that are planned; a verification plans none, and finds them as it goes.
pub fn settled_text(task: &TaskSnapshot) -> String {
    let settled = humanize::count(settled(task));
    match task.planned {
        0 => settled,
        planned => format!("{settled}/{}", humanize::count(planned)),
    }
}

/// A task in a line.
pub fn summary(task: &TaskSnapshot, now: Timestamp) -> String {
    format!(
        "{} {} {}  {}  {}",
        state_sign(task.state),
        task.id.0,
        title(task),
        settled_text(task),
        elapsed_text(task, now)
    )
}
