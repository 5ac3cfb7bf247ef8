//! Dialogs: they lie over the tab, take the keys, and end in a `Decision` that the root carries out.
//! A destructive decision carries the exact plan that was shown.

pub mod bucket;
pub mod cleanup;
mod complete;
pub mod confirm;
pub mod errand;
pub mod find;
pub mod input;
pub mod launch;
pub mod menu;
pub mod pages;
pub mod palette;
pub mod parts;
pub mod picker;
pub mod plan;
mod plan_facts;
pub mod versions;

use std::sync::Arc;

use crossterm::event::KeyEvent;
use jiff::Timestamp;
use ratatui::{buffer::Buffer, layout::Rect};

use crate::domain::{
    key::Key,
    location::Location,
    plan::{Edit, Plan},
    progress::TaskId,
    side::Side,
};

use crate::engine::{Pace, View, event::Failed};

use crate::engine::Family;
use crate::tui::tab::{instances::Deed, wrap_up::Said};
use crate::tui::{
    action::{Action, Answer, Global, Move},
    dialog::{
        bucket::{BucketDialog, Ruling},
        cleanup::CleanupDialog,
        confirm::ConfirmDialog,
        errand::{ErrandDialog, Wish},
        find::FindDialog,
        input::InputDialog,
        launch::LaunchDialog,
        menu::{MenuDialog, Signed},
        pages::Pages,
        palette::PaletteDialog,
        parts::PartsDialog,
        picker::PickerDialog,
        plan::PlanDialog,
        plan::PlanForm,
        versions::VersionsDialog,
    },
    keymap::Context,
    shell::Shell,
    tab::browse::Asked,
    widget::paint::clear,
};

/// What lies over the tab.
#[derive(Debug)]
pub enum Dialog {
    /// What a sync would do, before it does it.
    Plan(Box<PlanDialog>),
    /// Mappings before they go.
    Errand(Box<ErrandDialog>),
    /// What of a task's sources may go.
    Cleanup(Box<CleanupDialog>),
    /// The parts of a mapping.
    Parts(Box<PartsDialog>),
    /// A launch before it is one.
    Launch(Box<LaunchDialog>),
    /// Asks for a typed word.
    Confirm(Box<ConfirmDialog>),
    /// A bucket as a whole.
    Bucket(Box<BucketDialog>),
    /// What is found below a folder.
    Find(Box<FindDialog>),
    /// Versions of objects.
    Versions(Box<VersionsDialog>),
    /// A line to type in.
    Input(InputDialog),
    /// A few things to choose from.
    Menu(MenuDialog),
    /// Remotes, buckets and mappings.
    Picker(Box<PickerDialog>),
    /// Actions by name.
    Palette(Box<PaletteDialog>),
    /// A text to read.
    Pages(Pages),
}

/// What a person decided.
#[derive(Debug, Clone)]
pub enum Decision {
    /// To go on reading or typing.
    Stay,
    /// To leave it.
    Nothing,
    /// To run exactly this plan.
    Run(Arc<Plan>),
    /// To be asked for a word before this plan runs.
    Confirm(Arc<Plan>),
    /// To run exactly these plans, as one task.
    RunFamily(Family),
    /// To be asked for a word before these plans run.
    ConfirmFamily(Family),
    /// To choose what becomes of a mapping, by its number.
    AskMapping(usize),
    /// To choose which way these mappings or groups go, and with which parts.
    Ways(Vec<String>, Vec<String>),
    /// To choose parts of a mapping, by its number.
    Parts(usize),
    /// To plan what mappings shall do.
    Plan(Wish),
    /// To go to a place.
    Go(Side, Location),
    /// To go to a place with the side that has the focus.
    Choose(Location),
    /// To go to both places of a mapping, by its number.
    Mapping(usize),
    /// To show only these names; typing goes on.
    Filter(String),
    /// To show only these log lines; typing goes on.
    Search(String),
    /// To change the pace of a task.
    Pace(TaskId, Pace),
    /// To do this with an instance, or to launch one.
    Instance(Deed),
    /// To go on with the end of a run, by what was said.
    Wrap(Said),
    /// To stop a task.
    Cancel(TaskId),
    /// To keep what is looked at under a name that is still to be typed.
    AskBookmark,
    /// To keep what is looked at under this name.
    Keep(String),
    /// To take this for what Browse asked.
    Typed(Asked, String),
    /// To go to what is kept under this name.
    Bookmark(String),
    /// To keep what has this name no longer.
    Forget(String),
    /// To put a text into the clipboard.
    Copy(String),
    /// To put an address into the clipboard that is still to be signed.
    Address(Box<Signed>),
    /// To type what the chosen objects shall bear.
    Ask(Asked),
    /// To do this to all that is below the chosen folders.
    Below(Edit),
    /// To type a lifecycle rule; the dialog stays.
    AskRule,
    /// To edit the lifecycle rules of a bucket whose name was given.
    EditRules(Box<Ruling>),
    /// To plan that a version is there again: where, which key, how.
    BringBack(Box<(Location, Key, Edit)>),
    /// To go to a key of the side that has the focus.
    Reveal(Key),
    /// To do what an action means.
    Act(Action),
    /// To leave at once; running tasks are stopped.
    Quit,
    /// To leave at once; a worker goes on with what runs.
    Detach,
    /// To leave as soon as no task runs.
    QuitWhenDone,
    /// To choose the form in which the plan is written to a file.
    AskExport,
    /// Ask at which time the plan is to run.
    AskStart,
    /// Run the plan at this time, or at once.
    Start(Option<Timestamp>),
    /// To write the plan to a file; its dialog stays.
    ExportPlan(PlanForm),
}

impl Decision {
    /// Whether the dialog stays.
    pub fn stays(&self) -> bool {
        match self {
            Self::Stay
            | Self::Filter(_)
            | Self::Search(_)
            | Self::AskExport
            | Self::AskStart
            | Self::AskRule
            | Self::Confirm(_)
            | Self::ConfirmFamily(_) => true,
            Self::Nothing
            | Self::Run(_)
            | Self::RunFamily(_)
            | Self::AskMapping(_)
            | Self::Ways(..)
            | Self::Parts(_)
            | Self::Plan(_)
            | Self::Go(..)
            | Self::Choose(_)
            | Self::Mapping(_)
            | Self::Pace(..)
            | Self::Instance(_)
            | Self::Wrap(_)
            | Self::Cancel(_)
            | Self::AskBookmark
            | Self::Keep(_)
            | Self::Bookmark(_)
            | Self::Typed(..)
            | Self::Forget(_)
            | Self::Copy(_)
            | Self::Address(_)
            | Self::Ask(_)
            | Self::Below(_)
            | Self::EditRules(_)
            | Self::BringBack(_)
            | Self::Reveal(_)
            | Self::ExportPlan(_)
            | Self::Start(_)
            | Self::Act(_)
            | Self::Detach
            | Self::Quit
            | Self::QuitWhenDone => false,
        }
    }
}

impl Dialog {
    /// The plan that it shows.
    pub fn plan(&self) -> Option<&Plan> {
        match self {
            Self::Plan(dialog) => dialog.plan(),
            Self::Errand(dialog) => dialog.plan(),
            Self::Cleanup(dialog) => dialog.plan(),
            Self::Parts(_)
            | Self::Launch(_)
            | Self::Confirm(_)
            | Self::Find(_)
            | Self::Versions(_)
            | Self::Bucket(_)
            | Self::Input(_)
            | Self::Menu(_)
            | Self::Picker(_)
            | Self::Palette(_)
            | Self::Pages(_) => None,
        }
    }

    /// Lets its plans wait for a time; `false` where it has none.
    pub fn start(&mut self, at: Option<Timestamp>) -> bool {
        match self {
            Self::Plan(dialog) => dialog.start(at),
            Self::Errand(dialog) => dialog.start(at),
            Self::Cleanup(dialog) => dialog.start(at),
            Self::Parts(_)
            | Self::Launch(_)
            | Self::Confirm(_)
            | Self::Find(_)
            | Self::Versions(_)
            | Self::Bucket(_)
            | Self::Input(_)
            | Self::Menu(_)
            | Self::Picker(_)
            | Self::Palette(_)
            | Self::Pages(_) => return false,
        }
        true
    }

    /// Takes the bad news about what it looked at, where that was its question.
    pub fn fail(&mut self, view: View, failed: &Failed) {
        match self {
            Self::Find(find) => find.fail(view, failed),
            Self::Bucket(bucket) => bucket.fail(view, failed),
            Self::Versions(versions) => versions.fail(view, failed),
            Self::Plan(_)
            | Self::Errand(_)
            | Self::Cleanup(_)
            | Self::Parts(_)
            | Self::Launch(_)
            | Self::Confirm(_)
            | Self::Input(_)
            | Self::Menu(_)
            | Self::Picker(_)
            | Self::Palette(_)
            | Self::Pages(_) => {}
        }
    }

    /// Which keys it takes.
    pub fn context(&self) -> Context {
        match self {
            Self::Plan(_) | Self::Errand(_) | Self::Cleanup(_) => Context::Plan,
            Self::Confirm(_) | Self::Input(_) | Self::Palette(_) | Self::Find(_) => Context::Input,
            Self::Menu(_)
            | Self::Picker(_)
            | Self::Parts(_)
            | Self::Bucket(_)
            | Self::Versions(_) => Context::Menu,
            Self::Launch(_) => Context::Launch,
            Self::Pages(_) => Context::Pages,
        }
    }

    /// Whether what it shows can be accepted.
    pub fn can_accept(&self) -> bool {
        !matches!(self, Self::Launch(launch) if !launch.can_launch())
    }

    /// Does what the person means.
    pub fn act(&mut self, action: Action, shell: &mut Shell) -> Decision {
        match action {
            Action::Global(Global::Back) => self.back(shell),
            Action::Move(step) => self.walk(step),
            Action::Answer(answer) => self.answer(answer, shell),
            Action::Global(_)
            | Action::Browsing(_)
            | Action::Tasking(_)
            | Action::Instancing(_)
            | Action::Watching(_)
            | Action::Wrapping(_)
            | Action::Logging(_) => Decision::Stay,
        }
    }

    fn back(&mut self, shell: &mut Shell) -> Decision {
        match self {
            Self::Plan(plan) => plan.back(shell),
            Self::Errand(_) => ErrandDialog::back(shell),
            Self::Cleanup(cleanup) => cleanup.back(shell),
            Self::Parts(_) => PartsDialog::back(shell),
            Self::Input(input) => {
                complete::stop(shell);
                input.back()
            }
            Self::Find(_) => FindDialog::back(shell),
            Self::Bucket(_) => BucketDialog::back(shell),
            Self::Versions(_) => VersionsDialog::back(shell),
            Self::Confirm(_)
            | Self::Launch(_)
            | Self::Menu(_)
            | Self::Picker(_)
            | Self::Palette(_)
            | Self::Pages(_) => Decision::Nothing,
        }
    }

    fn walk(&mut self, step: Move) -> Decision {
        match self {
            Self::Plan(plan) => plan.walk(step),
            Self::Errand(errand) => errand.walk(step),
            Self::Cleanup(cleanup) => cleanup.walk(step),
            Self::Parts(parts) => parts.walk(step),
            Self::Menu(menu) => menu.walk(step),
            Self::Launch(launch) => launch.walk(step),
            Self::Picker(picker) => picker.walk(step),
            Self::Palette(palette) => palette.walk(step),
            Self::Find(find) => find.walk(step),
            Self::Bucket(bucket) => bucket.walk(step),
            Self::Versions(versions) => versions.walk(step),
            Self::Pages(pages) => pages.walk(step),
            Self::Confirm(_) | Self::Input(_) => {}
        }
        Decision::Stay
    }

    fn answer(&mut self, answer: Answer, shell: &mut Shell) -> Decision {
        match self {
            Self::Plan(plan) => plan.answer(answer, shell),
            Self::Errand(errand) => errand.answer(answer, shell),
            Self::Cleanup(cleanup) => cleanup.answer(answer, shell),
            Self::Parts(parts) => parts.answer(answer, shell),
            Self::Confirm(confirm) => confirm.answer(answer),
            Self::Input(input) => input.answer(answer, shell),
            Self::Menu(menu) => menu.answer(answer),
            Self::Launch(launch) => launch.answer(answer),
            Self::Picker(picker) => picker.answer(answer, shell),
            Self::Palette(palette) => palette.answer(answer),
            Self::Find(find) => find.answer(answer, shell),
            Self::Bucket(bucket) => bucket.answer(answer, shell),
            Self::Versions(versions) => versions.answer(answer, shell),
            Self::Pages(_) => Decision::Stay,
        }
    }

    /// Takes a key that the key map does not know, where something can be typed.
    pub fn type_key(&mut self, event: KeyEvent) -> Decision {
        match self {
            Self::Confirm(confirm) => confirm.type_key(event),
            Self::Input(input) => input.type_key(event),
            Self::Palette(palette) => palette.type_key(event),
            Self::Find(find) => find.type_key(event),
            Self::Plan(_)
            | Self::Errand(_)
            | Self::Cleanup(_)
            | Self::Bucket(_)
            | Self::Versions(_)
            | Self::Parts(_)
            | Self::Launch(_)
            | Self::Menu(_)
            | Self::Picker(_)
            | Self::Pages(_) => Decision::Stay,
        }
    }

    /// Draws it over the screen.
    pub fn draw(&self, shell: &Shell, screen: Rect, buffer: &mut Buffer) {
        match self {
            Self::Plan(plan) => plan.draw(shell, screen, buffer),
            Self::Errand(errand) => errand.draw(shell, screen, buffer),
            Self::Cleanup(cleanup) => cleanup.draw(shell, screen, buffer),
            Self::Parts(parts) => parts.draw(shell, screen, buffer),
            Self::Confirm(confirm) => confirm.draw(shell, screen, buffer),
            Self::Input(input) => input.draw(shell, screen, buffer),
            Self::Menu(menu) => menu.draw(shell, screen, buffer),
            Self::Launch(launch) => launch.draw(shell, screen, buffer),
            Self::Picker(picker) => picker.draw(shell, screen, buffer),
            Self::Palette(palette) => palette.draw(shell, screen, buffer),
            Self::Find(find) => find.draw(shell, screen, buffer),
            Self::Bucket(bucket) => bucket.draw(shell, screen, buffer),
            Self::Versions(versions) => versions.draw(shell, screen, buffer),
            Self::Pages(pages) => pages.draw(shell, screen, buffer),
        }
    }
}

/// A cleared area in the middle of the screen, as large as wished and as there is room.
pub(super) fn centred(screen: Rect, (width, height): (u16, u16), buffer: &mut Buffer) -> Rect {
    let width = width.min(screen.width.saturating_sub(2));
    let height = height.min(screen.height.saturating_sub(2));
    let area = Rect {
        x: screen.x + (screen.width - width) / 2,
        y: screen.y + (screen.height - height) / 2,
        width,
        height,
    };
    // A column of air keeps its frame apart from those behind.
    clear(
        buffer,
        Rect {
            x: area.x.saturating_sub(1),
            width: area.width + 2,
            ..area
        },
    );
    area
}
