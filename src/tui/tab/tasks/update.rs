//! What a person's actions do in Tasks.

use crate::domain::progress::{TaskKind, TaskSnapshot, TaskState};

use crate::engine::Command;

use crate::tui::{
    action::{Move, Tasking},
    dialog::{
        Dialog,
        cleanup::CleanupDialog,
        input::{InputDialog, Purpose},
        menu::{Choice, MenuDialog},
        pages::Pages,
    },
    shell::{Question, Shell},
    tab::{
        browse::stepped,
        log::Weight,
        tasks::{Tasks, report},
    },
};

impl Tasks {
    /// Does what the person means with the task under the cursor.
    pub fn act(&mut self, action: Tasking, shell: &mut Shell) {
        if let Some(launch) = self.current_launch(&shell.snapshot) {
            return launch.act(action, shell);
        }
        let Some(task) = self.current(&shell.snapshot).cloned() else {
            return shell.say(Weight::Info, "No task yet: s in Browse plans a sync.");
        };
        if self.is_past(task.id, &shell.snapshot) {
            return self.act_on_past(action, &task, shell);
        }
        match action {
            Tasking::Pause => pause(&task, shell),
            Tasking::Resume => resume(&task, shell),
            Tasking::Cancel => cancel(&task, shell),
            Tasking::Raise => prioritise(&task, 1, shell),
            Tasking::Lower => prioritise(&task, -1, shell),
            Tasking::Workers => {
                let dialog =
                    InputDialog::boxed(Purpose::Workers(task.id), task.workers.to_string());
                shell.dialogs.push(Dialog::Input(dialog));
            }
            Tasking::Bandwidth => {
                let text = task
                    .bandwidth
                    .map(crate::humanize::bytes)
                    .unwrap_or_default();
                shell.dialogs.push(Dialog::Input(InputDialog::boxed(
                    Purpose::Bandwidth(task.id),
                    text,
                )));
            }
            Tasking::Requests => {
                let text = task
                    .requests_per_second
                    .map(|count| count.to_string())
                    .unwrap_or_default();
                let dialog = InputDialog::boxed(Purpose::Requests(task.id), text);
                shell.dialogs.push(Dialog::Input(dialog));
            }
            Tasking::Errors => {
                let lines = report::errors(&task, self.facts(task.id));
                shell.dialogs.push(Dialog::Pages(Pages::new(
                    format!("errors of task {}", task.id.0),
                    lines,
                )));
            }
            Tasking::Report => {
                let lines = report::report(&task, self.facts(task.id), shell);
                shell.dialogs.push(Dialog::Pages(Pages::new(
                    format!("report of task {}", task.id.0),
                    lines,
                )));
            }
            Tasking::CleanUp => CleanupDialog::open(&task, shell),
            // Leads to another tab: the root does it.
            Tasking::Follow => {}
        }
    }

    /// Does what the person means with a task that only the journal knows.
    fn act_on_past(&self, action: Tasking, task: &TaskSnapshot, shell: &mut Shell) {
        let id = task.id;
        match action {
            Tasking::Resume if self.can_go_on(id) => {
                shell.ask(Question::GoOn(id), |view| Command::GoOn { view, task: id });
            }
            Tasking::Resume if task.state == TaskState::Paused => {
                shell.command(Command::Resume(id));
            }
            Tasking::Resume => shell.say(Weight::Info, "Nothing is left to go on with."),
            Tasking::Pause => pause(task, shell),
            Tasking::Cancel => cancel(task, shell),
            Tasking::Raise => prioritise(task, 1, shell),
            Tasking::Lower => prioritise(task, -1, shell),
            Tasking::Errors | Tasking::Report => {
                shell.ask(Question::Report(id), |view| Command::Report {
                    view,
                    task: id,
                });
            }
            Tasking::Workers | Tasking::Bandwidth | Tasking::Requests => shell.say(
                Weight::Info,
                "Another program runs it: its pace is set there.",
            ),
            Tasking::CleanUp => CleanupDialog::open(task, shell),
            // Leads to another tab: the root does it.
            Tasking::Follow => {}
        }
    }

    /// Whether an action would have an effect now.
    pub fn offers(&self, action: Tasking, shell: &Shell) -> bool {
        if let Some(launch) = self.current_launch(&shell.snapshot) {
            return launch.offers(action);
        }
        let Some(task) = self.current(&shell.snapshot) else {
            return false;
        };
        let past = self.is_past(task.id, &shell.snapshot);
        match action {
            Tasking::Pause => matches!(task.state, TaskState::Running | TaskState::Waiting),
            Tasking::Resume if past => self.can_go_on(task.id) || task.state == TaskState::Paused,
            Tasking::Resume => {
                task.state == TaskState::Paused || (task.state.is_over() && task.failed > 0)
            }
            Tasking::Cancel => {
                !task.state.is_over() || (past && task.state == TaskState::Interrupted)
            }
            Tasking::Workers | Tasking::Bandwidth | Tasking::Requests => {
                !past && !task.state.is_over()
            }
            Tasking::Raise | Tasking::Lower => task.state == TaskState::Waiting,
            Tasking::Errors => task.failed > 0,
            Tasking::Report => true,
            Tasking::CleanUp => {
                let moved = matches!(task.kind, TaskKind::Sync | TaskKind::Group);
                moved && task.state.is_over() && shell.settings.remembers
            }
            Tasking::Follow => self
                .facts(task.id)
                .is_some_and(|facts| facts.places.is_some()),
        }
    }

    /// Moves the cursor.
    pub fn walk(&mut self, action: Move, shell: &Shell) {
        let to = stepped(action, self.position(&shell.snapshot), &self.window);
        self.put_on(to, &shell.snapshot);
    }
}

fn pause(task: &TaskSnapshot, shell: &mut Shell) {
    if task.state.is_over() {
        return shell.say(Weight::Info, "This task is over.");
    }
    shell.command(Command::Pause(task.id));
}

fn prioritise(task: &TaskSnapshot, by: i64, shell: &mut Shell) {
    let waits = matches!(
        task.state,
        TaskState::Waiting | TaskState::Paused | TaskState::Interrupted
    );
    if !waits || task.parent.is_some() {
        return shell.say(
            Weight::Info,
            "Only a task that waits has a place in the queue.",
        );
    }
    let place = task.priority.saturating_add(by);
    let text = format!(
        "Task {} has priority {place:+}: higher goes first.",
        task.id.0
    );
    shell.say(Weight::Info, text);
    shell.command(Command::Prioritise { task: task.id, by });
}

fn resume(task: &TaskSnapshot, shell: &mut Shell) {
    if task.state == TaskState::Paused || task.failed > 0 {
        shell.command(Command::Resume(task.id));
    } else {
        shell.say(Weight::Info, "Nothing is held, and nothing failed.");
    }
}

fn cancel(task: &TaskSnapshot, shell: &mut Shell) {
    if task.state.is_over() && task.state != TaskState::Interrupted {
        return shell.say(Weight::Info, "This task is over.");
    }
    let title = format!("stop task {}?", task.id.0);
    let about = "What was moved stays; what is in flight is given up and leaves nothing behind.";
    let choices = vec![
        ("Let it go on", Choice::Nothing),
        ("Stop it", Choice::Cancel(task.id)),
    ];
    shell
        .dialogs
        .push(Dialog::Menu(MenuDialog::ask(title, about, choices)));
}
