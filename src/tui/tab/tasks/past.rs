//! Tasks of earlier sessions and of other programs, as the journal tells them: shown behind those of this session.

use std::collections::HashSet;

use jiff::Timestamp;

use crate::domain::{
    location::Location,
    progress::{TaskId, TaskSnapshot, TaskState},
    text::printable,
};
use crate::engine::{Command, PastTask, Search, Snapshot, tasks::gathered};
use crate::tui::{
    shell::{Question, Shell},
    tab::tasks::Tasks,
};

/// The most that are asked for.
const MOST: u32 = 200;

/// Seconds between two looks.
const LOOK: i64 = 2;

/// What the journal told last.
#[derive(Debug, Default)]
pub(super) struct Past {
    shown: Vec<TaskSnapshot>,
    open: HashSet<TaskId>,
    looked: Option<Timestamp>,
}

/// Asks the journal which tasks it knows.
pub fn ask(shell: &mut Shell) {
    let search = Search {
        most: Some(MOST),
        ..Search::default()
    };
    shell.ask(Question::Past, |view| Command::Past { view, search });
}

impl Past {
    /// Those that other programs run.
    pub(super) fn running(&self) -> impl Iterator<Item = &TaskSnapshot> {
        self.shown.iter().filter(|task| !task.state.is_over())
    }
}

impl Tasks {
    /// Asks the journal now and then which tasks it knows.
    pub fn look_back(&mut self, shell: &mut Shell) {
        let now = shell.now;
        let due = self
            .past
            .looked
            .is_none_or(|at| now.duration_since(at).as_secs() >= LOOK);
        let waits = shell.waits(|question| *question == Question::Past);
        if due && shell.settings.remembers && !waits {
            self.past.looked = Some(now);
            ask(shell);
        }
    }

    /// A task of the journal was accepted under this number; the cursor goes to it.
    pub fn go_on(&mut self, of: TaskId, id: TaskId) {
        let places = self.facts(of).and_then(|facts| facts.places.clone());
        self.accept(id, None, places);
    }

    /// Takes what the journal tells, newest first.
    pub fn absorb(&mut self, told: &[PastTask]) {
        for task in told {
            let facts = self.facts.entry(task.id).or_default();
            let place = |text: &str| Location::try_from(text.to_owned()).ok();
            if facts.places.is_none() {
                facts.places = place(&task.source)
                    .zip(place(&task.destination))
                    .map(|(source, destination)| [source, destination]);
            }
            if facts.recount.is_none() {
                facts.recount.clone_from(&task.recount);
            }
        }
        let open = told.iter().filter(|task| task.can_go_on());
        self.past = Past {
            open: open.map(|task| task.id).collect(),
            // Oldest first, as they were accepted: a group then stands before its children.
            shown: gathered(told.iter().rev().map(snapshot).collect()),
            looked: self.past.looked,
        };
    }

    /// All tasks that are shown: those of this session, then those that only the journal knows. What this session let go
    /// is shown as whoever has it now tells.
    pub fn all<'s>(&'s self, snapshot: &'s Snapshot) -> Vec<&'s TaskSnapshot> {
        let known: HashSet<TaskId> = self.past.shown.iter().map(|task| task.id).collect();
        let here = snapshot
            .tasks
            .iter()
            .filter(|task| task.state != TaskState::Interrupted || !known.contains(&task.id));
        let mut all: Vec<&TaskSnapshot> = here.collect();
        let here: HashSet<TaskId> = all.iter().map(|task| task.id).collect();
        let past = self.past.shown.iter();
        all.extend(past.filter(|task| !here.contains(&task.id)));
        all
    }

    /// Whether only the journal tells of a task.
    pub fn is_past(&self, task: TaskId, snapshot: &Snapshot) -> bool {
        let here = snapshot.tasks.iter().find(|known| known.id == task);
        here.is_none_or(|task| task.state == TaskState::Interrupted)
    }

    /// Whether a task can be gone on with from the journal.
    pub fn can_go_on(&self, task: TaskId) -> bool {
        self.past.open.contains(&task)
    }
}

/// A past task with the quantities that the journal keeps.
fn snapshot(task: &PastTask) -> TaskSnapshot {
    let text = |text: &str| printable(text.as_bytes()).into();
    TaskSnapshot {
        id: task.id,
        parent: task.parent,
        name: task.name.clone(),
        kind: task.kind,
        state: task.state,
        source: text(&task.source),
        destination: text(&task.destination),
        started: task.started,
        ended: task.ended.or(task.state.is_over().then_some(task.heard)),
        planned: task.planned,
        planned_bytes: task.planned_bytes,
        done: task.done,
        failed: task.failed,
        skipped: task.skipped,
        verified: task.verified,
        bytes: task.bytes,
        retries: task.retries,
        throttled: task.throttled,
        requests: task.requests.total(),
        workers: 0,
        bandwidth: None,
        requests_per_second: None,
        slowed_to: None,
        kept: 0,
        in_flight: Vec::new(),
        reason: task.reason.clone(),
        priority: task.priority,
        due: task.due,
    }
}
