//! `State`: everything the screen is made of, with one owner. `update` changes it, `view` reads it.

use std::{cell::Cell, io};

use jiff::{SignedDuration, Timestamp};
use ratatui::layout::Rect;

use crate::config::mapping::Direction;
use crate::domain::{
    location::Location,
    progress::{TaskId, TaskState},
    side::Side,
    text::printable,
};

use crate::tui::{
    action::{Action, Answer, Global},
    dialog::Dialog,
    kept::Kept,
    keymap::{Context, Keymap},
    msg::Effect,
    scene::Scene,
    shell::{Settings, Shell},
    tab::{
        Tab,
        browse::Browse,
        instances::Instances,
        log::{Log, Weight},
        tasks::Tasks,
        training::Training,
        wrap_up::WrapUp,
    },
    theme::Theme,
};

/// What a task takes at least whose end is rung for.
pub const LONG: SignedDuration = SignedDuration::from_secs(10);

/// Everything the screen is made of.
#[derive(Debug)]
pub struct State {
    /// The tab in front.
    pub tab: Tab,
    /// The tab Browse.
    pub browse: Browse,
    /// The tab Tasks.
    pub tasks: Tasks,
    /// The tab Instances.
    pub instances: Instances,
    /// The tab Training.
    pub training: Training,
    /// The tab Wrap-up.
    pub wrap_up: WrapUp,
    /// The tab Log.
    pub log: Log,
    /// What all share.
    pub shell: Shell,
    /// Leave as soon as no task runs.
    pub leaving: bool,
    /// Where the names of the tabs were drawn: what a click hits.
    pub header: Cell<[Rect; Tab::ALL.len()]>,
}

impl State {
    /// An empty screen.
    pub fn new(settings: Settings, keymap: Keymap, theme: Theme, now: Timestamp) -> Self {
        Self {
            tab: Tab::default(),
            browse: Browse::default(),
            tasks: Tasks::default(),
            instances: Instances::default(),
            training: Training::of(settings.config.runs.values().cloned()),
            wrap_up: WrapUp::of(settings.endings.iter().cloned()),
            log: Log::default(),
            shell: Shell::new(settings, keymap, theme, now),
            leaving: false,
            header: Cell::default(),
        }
    }

    /// Takes what earlier sessions kept; returns what was looked at last.
    pub fn take_kept(&mut self, kept: Option<io::Result<Kept>>) -> Option<Scene> {
        match kept? {
            Ok(Kept { last, bookmarks }) => {
                self.shell.bookmarks = bookmarks;
                last
            }
            Err(why) => {
                let text = format!(
                    "The bookmarks cannot be read: {why}. Nothing is kept until screen.toml in the state folder is mended or put aside."
                );
                self.shell.say(Weight::Warning, text);
                None
            }
        }
    }

    /// Opens what was looked at last, or else what the command line named; returns what is to be done for it.
    pub fn open(&mut self, places: [Option<Location>; 2], last: Option<&Scene>) -> Vec<Effect> {
        for remark in self.shell.settings.remarks.clone() {
            self.shell.say(Weight::Warning, remark);
        }
        if let Some(scene) = last {
            scene.show(&mut self.browse, &mut self.shell);
            return std::mem::take(&mut self.shell.effects);
        }
        for (side, place) in Side::BOTH.into_iter().zip(places) {
            if let Some(place) = place {
                self.browse.pane_mut(side).go(place, &mut self.shell);
            }
        }
        if self
            .browse
            .mapping(&self.shell)
            .is_some_and(|mapping| mapping.direction == Direction::Pull)
        {
            self.browse.focus = Side::Right;
        }
        std::mem::take(&mut self.shell.effects)
    }

    /// What takes keys now, in front first.
    pub fn stack(&self) -> &'static [Context] {
        match self.shell.dialogs.last().map(Dialog::context) {
            Some(Context::Plan) => &[Context::Plan],
            Some(Context::Launch) => &[Context::Launch],
            Some(Context::Input) => &[Context::Input],
            Some(Context::Pages) => &[Context::Pages],
            Some(
                Context::Menu
                | Context::Global
                | Context::List
                | Context::Browse
                | Context::Gaps
                | Context::Tasks
                | Context::Instances
                | Context::Training
                | Context::WrapUp
                | Context::Log,
            ) => &[Context::Menu],
            None => self.tab_stack(),
        }
    }

    /// What takes keys while no dialog is open.
    pub fn tab_stack(&self) -> &'static [Context] {
        match self.tab {
            Tab::Browse if self.browse.gaps.focused => &[
                Context::Gaps,
                Context::Browse,
                Context::List,
                Context::Global,
            ],
            Tab::Browse => &[Context::Browse, Context::List, Context::Global],
            Tab::Tasks => &[Context::Tasks, Context::List, Context::Global],
            Tab::Instances => &[Context::Instances, Context::List, Context::Global],
            Tab::Training => &[Context::Training, Context::List, Context::Global],
            Tab::WrapUp => &[Context::WrapUp, Context::List, Context::Global],
            Tab::Log => &[Context::Log, Context::List, Context::Global],
        }
    }

    /// Whether an action would have an effect now: only such ones are hinted at.
    pub fn offers(&self, action: Action) -> bool {
        match action {
            Action::Browsing(action) => self.browse.offers(action, &self.shell),
            Action::Tasking(action) => self.tasks.offers(action, &self.shell),
            Action::Instancing(action) => self.instances.offers(action),
            Action::Watching(action) => self.training.offers(action),
            Action::Wrapping(action) => self.wrap_up.offers(action),
            Action::Global(Global::WrapUp) => self.run_in_front().is_some(),
            Action::Logging(_) => !self.log.is_empty(),
            Action::Answer(Answer::Accept) => {
                let front = self.shell.dialogs.last();
                front.is_none_or(Dialog::can_accept)
            }
            Action::Global(_) | Action::Move(_) | Action::Answer(_) => true,
        }
    }

    /// Rings for the end of a task that took long enough to look elsewhere, and for whatever needs a person.
    pub fn notify(&mut self, id: TaskId, to: TaskState, reason: &str) {
        let tasks = &self.shell.snapshot.tasks;
        let Some(task) = tasks.iter().find(|task| task.id == id) else {
            return;
        };
        let long = self.shell.now.duration_since(task.started) >= LONG;
        let rings = match to {
            TaskState::Done => long,
            TaskState::Failed | TaskState::Paused => true,
            TaskState::Waiting
            | TaskState::Running
            | TaskState::Recounting
            | TaskState::Cancelled
            | TaskState::Interrupted => false,
        };
        if rings && task.parent.is_none() {
            let word = crate::tui::tab::tasks::state_word(to);
            let text = format!("wharf: task {} {word}{reason}", id.0);
            let text = printable(text.as_bytes()).into_owned();
            self.shell.effects.push(Effect::Notify(text));
        }
    }

    /// Shows only lines that contain a text, in the tab in front.
    pub fn search(&mut self, text: &str) {
        if self.tab == Tab::Training {
            self.training.search(text);
        } else {
            self.log.search(text);
        }
    }

    /// The run of what is under the cursor.
    pub fn run_in_front(&self) -> Option<String> {
        match self.tab {
            Tab::Instances => self.instances.current()?.instance.run().map(str::to_owned),
            Tab::Training => Some(self.training.current()?.ask.name.to_string()),
            Tab::Browse | Tab::Tasks | Tab::WrapUp | Tab::Log => None,
        }
    }

    /// How many tasks are not over.
    pub fn running(&self) -> usize {
        self.shell
            .snapshot
            .tasks
            .iter()
            .filter(|task| !task.state.is_over())
            .count()
    }

    /// The same with launches.
    pub fn at_work(&self) -> usize {
        self.running() + self.tasks.launching().count()
    }

    /// Whether anything moves on the screen by itself.
    pub fn is_busy(&self) -> bool {
        let moving = |state: TaskState| !state.is_over() && state != TaskState::Paused;
        self.shell.open_questions() > 0
            || self
                .shell
                .snapshot
                .tasks
                .iter()
                .any(|task| moving(task.state))
    }
}
