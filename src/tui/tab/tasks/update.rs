//! What a person's actions do in Tasks.

use crate::domain::progress::{TaskSnapshot, TaskState};

use crate::engine::Command;

use crate::tui::{
    action::{Move, Tasking},
    dialog::{
        Dialog,
        input::{InputDialog, Purpose},
        menu::{Choice, MenuDialog},
        pages::Pages,
    },
    shell::Shell,
    tab::{
        browse::stepped,
        log::Weight,
        tasks::{Tasks, report},
    },
};

impl Tasks {
    /// Does what the person means with the task under the cursor.
    pub fn act(&mut self, action: Tasking, shell: &mut Shell) {
        let Some(task) = self.current(&shell.snapshot).cloned() else {
            return shell.say(Weight::Info, "No task yet: s in Browse plans a sync.");
        };
        match action {
            Tasking::Pause => pause(&task, shell),
            Tasking::Resume => resume(&task, shell),
            Tasking::Cancel => cancel(&task, shell),
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
            // Leads to another tab: the root does it.
            Tasking::Follow => {}
        }
    }

    /// Whether an action would have an effect now.
    pub fn offers(&self, action: Tasking, shell: &Shell) -> bool {
        let Some(task) = self.current(&shell.snapshot) else {
            return false;
        };
        match action {
            Tasking::Pause => matches!(task.state, TaskState::Running | TaskState::Waiting),
            Tasking::Resume => {
                task.state == TaskState::Paused || (task.state.is_over() && task.failed > 0)
            }
            Tasking::Cancel | Tasking::Workers | Tasking::Bandwidth | Tasking::Requests => {
                !task.state.is_over()
            }
            Tasking::Errors => task.failed > 0,
            Tasking::Report => true,
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

fn resume(task: &TaskSnapshot, shell: &mut Shell) {
    if task.state == TaskState::Paused || task.failed > 0 {
        shell.command(Command::Resume(task.id));
    } else {
        shell.say(Weight::Info, "Nothing is held, and nothing failed.");
    }
}

fn cancel(task: &TaskSnapshot, shell: &mut Shell) {
    if task.state.is_over() {
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
