//! `update`: the one place where the state changes. Sync, without IO; what is to be done comes back as effects.

use std::sync::Arc;

use crossterm::event::{KeyEvent, KeyEventKind};

use crate::config::mapping::Direction;
use jiff::Timestamp;

use crate::domain::{plan::Plan, progress::TaskId, side::Side};

use crate::engine::Command;

use crate::humanize;

use crate::tui::{
    action::{Action, Global, Tasking},
    bookmarks,
    dialog::{
        Decision, Dialog,
        confirm::ConfirmDialog,
        errand::ErrandDialog,
        input::{InputDialog, Purpose},
        menu::{Choice, MenuDialog},
        pages::Pages,
        palette::PaletteDialog,
        parts::PartsDialog,
    },
    export, facts, identity,
    keymap::{Chord, Context, Found},
    mouse,
    msg::{Effect, Msg},
    rules,
    shell::{Question, Shell},
    state::State,
    tab::{Tab, browse::names, instances::Deed, log::Weight},
    ways,
};

/// How long a word to the person stays, seconds.
const NOTICE: i64 = 8;

/// Takes what happened; returns what is to be done.
pub fn update(state: &mut State, msg: Msg) -> Vec<Effect> {
    let rests = matches!(msg, Msg::Tick { .. });
    match msg {
        Msg::Key(event) if event.kind == KeyEventKind::Release => {}
        Msg::Key(event) => key(state, event),
        Msg::Mouse(event) => mouse::take(state, event),
        Msg::Paste(text) => paste(state, &text),
        Msg::Resize(..) => {}
        Msg::Event(event) => facts::take(state, *event),
        Msg::Tick { now, snapshot } => {
            state.shell.ticks += 1;
            state.shell.now = now;
            state.tasks.sample(&snapshot, now);
            state.browse.fly(&snapshot.tasks);
            state.shell.pace = state.tasks.pace(&snapshot).or(state.shell.pace);
            state.shell.take_snapshot(*snapshot);
            if state.tab == Tab::Tasks {
                state.tasks.look_back(&mut state.shell);
            }
            state.instances.attend(state.tab, &mut state.shell);
            state.training.attend(&mut state.shell);
            let front = state.tab == Tab::WrapUp;
            let followed = state.training.runs();
            state.wrap_up.attend(front, followed, &mut state.shell);
            let old = |at: Timestamp| now.duration_since(at).as_secs() >= NOTICE;
            state.shell.notice.take_if(|notice| old(notice.at));
            if state.leaving && state.at_work() == 0 {
                state.shell.effects.push(Effect::Quit);
            }
        }
        Msg::Records(records) => records.iter().for_each(|record| state.log.tell(record)),
        Msg::Painted { of, painted } => state.browse.preview.take_painted(of, painted),
        Msg::Saved(Ok(name)) => state.shell.say(Weight::Good, format!("Wrote {name}.")),
        Msg::ShellOver(over) => state.instances.shell_over(*over, &mut state.shell),
        Msg::Saved(Err(why)) => state
            .shell
            .say(Weight::Error, format!("Nothing was written: {why}.")),
        Msg::Terminate => state.shell.effects.push(Effect::Quit),
        Msg::Hangup => {
            let running = state.running() > 0 && state.shell.settings.hands_over;
            let effect = if running {
                Effect::Detach
            } else {
                Effect::Quit
            };
            state.shell.effects.push(effect);
        }
    }
    state.browse.attend(&mut state.shell, rests);
    state.browse.attend_preview(&mut state.shell, rests);
    if rests {
        identity::ask(state);
    }
    for entry in std::mem::take(&mut state.shell.unlogged) {
        state.log.push(entry);
    }
    std::mem::take(&mut state.shell.effects)
}

fn key(state: &mut State, event: KeyEvent) {
    state.shell.notice = None;
    let chord = Chord::of(&event);
    state.shell.pending.push(chord);
    let stack = state.stack();
    match state.shell.keymap.find(stack, &state.shell.pending) {
        Found::Action(action) => {
            state.shell.pending.clear();
            act(state, action);
        }
        Found::Prefix => {}
        Found::Nothing => {
            let sequence = state.shell.pending.len() > 1;
            state.shell.pending.clear();
            if stack == [Context::Input] {
                let decision = state
                    .shell
                    .dialogs
                    .last_mut()
                    .map(|dialog| dialog.type_key(event));
                decide(state, decision.unwrap_or(Decision::Stay));
            } else if sequence {
                key(state, event);
            }
        }
    }
}

fn paste(state: &mut State, text: &str) {
    let decision = match state.shell.dialogs.last_mut() {
        Some(Dialog::Input(input)) => input.paste(text),
        Some(Dialog::Find(find)) => return find.paste(text),
        Some(_) | None => return,
    };
    decide(state, decision);
}

/// Does what the person means, in the dialog in front, or else in the tab.
pub fn act(state: &mut State, action: Action) {
    if let Some(mut dialog) = state.shell.dialogs.pop() {
        let below = state.shell.dialogs.len();
        let decision = dialog.act(action, &mut state.shell);
        let live = matches!(&dialog, Dialog::Input(input) if input.is_live());
        let leaves = action == Global::Back.into() && live;
        if decision.stays() && !leaves {
            state.shell.dialogs.insert(below, dialog);
        }
        return decide(state, decision);
    }
    match action {
        Action::Global(action) => act_globally(state, action),
        Action::Move(step) => match state.tab {
            Tab::Browse => state.browse.walk(step),
            Tab::Tasks => state.tasks.walk(step, &state.shell),
            Tab::Instances => state.instances.walk(step),
            Tab::Training => state.training.walk(step),
            Tab::WrapUp => state.wrap_up.walk(step),
            Tab::Log => state.log.walk(step),
        },
        Action::Browsing(action) => {
            state.tab = Tab::Browse;
            state.browse.act(action, &mut state.shell);
        }
        Action::Tasking(Tasking::Follow) => follow(state),
        Action::Tasking(action) => state.tasks.act(action, &mut state.shell),
        Action::Instancing(action) => state.instances.act(action, &mut state.shell),
        Action::Watching(action) => state.training.act(action, &mut state.shell),
        Action::Wrapping(action) => state.wrap_up.act(action, &mut state.shell),
        Action::Logging(action) => {
            if let Some((task, key)) = state.log.act(action, &mut state.shell) {
                state.tab = Tab::Browse;
                show_places(state, task);
                state.browse.reveal(&key, &mut state.shell);
            }
        }
        Action::Answer(_) => {}
    }
}

fn act_globally(state: &mut State, action: Global) {
    let at =
        |state: &mut State, at: usize| state.tab = Tab::ALL.get(at).copied().unwrap_or(state.tab);
    match action {
        Global::Palette => {
            let palette = PaletteDialog::new(state.tab_stack(), &state.shell);
            state.shell.dialogs.push(Dialog::Palette(Box::new(palette)));
        }
        Global::Help => {
            let help = Pages::help(state.tab_stack(), &state.shell);
            state.shell.dialogs.push(Dialog::Pages(help));
        }
        Global::Quit => quit(state),
        Global::Back => {
            match state.tab {
                Tab::Browse => state.browse.back(&mut state.shell),
                Tab::Instances => state.instances.back(),
                Tab::Log => state.log.back(),
                Tab::Training => state.training.back(),
                Tab::Tasks | Tab::WrapUp => false,
            };
        }
        Global::TabFirst => at(state, 0),
        Global::TabSecond => at(state, 1),
        Global::TabThird => at(state, 2),
        Global::TabFourth => at(state, 3),
        Global::TabFifth => at(state, 4),
        Global::TabSixth => at(state, 5),
        Global::WrapUp => wrap_up(state),
        Global::NextTab => state.tab = state.tab.step(1),
        Global::PreviousTab => state.tab = state.tab.step(Tab::ALL.len() - 1),
        Global::Redraw => state.shell.effects.push(Effect::Redraw),
        Global::Suspend => state.shell.effects.push(Effect::Suspend),
    }
}

/// Goes to the end of the run of what is under the cursor.
fn wrap_up(state: &mut State) {
    match state.run_in_front() {
        Some(run) => {
            state.wrap_up.show(&run, &state.shell);
            state.tab = Tab::WrapUp;
        }
        None => state
            .shell
            .say(Weight::Info, "No run made this: it has no tag wharf:run."),
    }
}

/// Leaves; where tasks run it lists them and asks.
fn quit(state: &mut State) {
    if state.wrap_up.deletes() {
        return ask_while_it_deletes(state);
    }
    if state.at_work() == 0 {
        return state.shell.effects.push(Effect::Quit);
    }
    let now = state.shell.now;
    let running = state
        .shell
        .snapshot
        .tasks
        .iter()
        .filter(|task| !task.state.is_over());
    let running = running.map(|task| crate::tui::tab::tasks::summary(task, now));
    let launching = state.tasks.launching();
    let mut about: Vec<String> = launching.map(|launch| launch.summary(now)).collect();
    if !about.is_empty() {
        let text = "What a launch made so far stays, and its ledger knows it: wharf wrap-up tells what is there.";
        about.push(text.to_owned());
    }
    about.extend(running);
    let mut choices = vec![
        ("Stay", Choice::Nothing),
        ("Leave as soon as they are done", Choice::QuitWhenDone),
        ("Stop them and leave; what was moved stays", Choice::Quit),
    ];
    if state.shell.settings.hands_over && state.running() > 0 {
        choices.insert(
            2,
            ("Leave, and let them go on without a screen", Choice::Detach),
        );
    }
    state.shell.dialogs.push(Dialog::Menu(MenuDialog::ask(
        "tasks are running".to_owned(),
        &about.join("\n"),
        choices,
    )));
}

/// Leaving stops a wrap-up between two deletions.
fn ask_while_it_deletes(state: &mut State) {
    let about = "What AWS was asked to delete goes on there; the rest stays, and costs on.\n\
                 The ledger knows how far it came: the next look goes on from there.";
    let choices = vec![
        ("Stay", Choice::Nothing),
        ("Stop it and leave", Choice::Quit),
    ];
    let title = "a wrap-up deletes".to_owned();
    let menu = MenuDialog::ask(title, about, choices);
    state.shell.dialogs.push(Dialog::Menu(menu));
}

/// Carries out what a person decided.
fn decide(state: &mut State, decision: Decision) {
    let shell = &mut state.shell;
    match decision {
        Decision::Stay | Decision::Nothing => {}
        Decision::Run(plan) => run_plan(shell, plan),
        Decision::Confirm(plan) => {
            let dialog = ConfirmDialog::new(Arc::clone(&plan), shell.production_of(&plan));
            shell.dialogs.push(Dialog::Confirm(Box::new(dialog)));
        }
        Decision::RunFamily(family) => ways::run_family(shell, family),
        Decision::ConfirmFamily(family) => {
            let dialog = ConfirmDialog::of_family(family, shell);
            shell.dialogs.push(Dialog::Confirm(Box::new(dialog)));
        }
        Decision::AskMapping(at) => {
            if !ways::ask_mapping(shell, at) {
                go_to_mapping(state, at);
            }
        }
        Decision::Ways(names, parts) => ways::ask_ways(shell, &names, &parts),
        Decision::Parts(at) => PartsDialog::open(at, shell),
        Decision::Plan(wish) => ErrandDialog::open(&wish, shell),
        Decision::Go(side, place) => state.browse.go(side, place, shell),
        Decision::Choose(place) => state.browse.go(state.browse.focus, place, shell),
        Decision::Mapping(at) => go_to_mapping(state, at),
        Decision::Filter(text) => state.browse.filter(&text),
        Decision::Search(text) => search(state, &text),
        Decision::Pace(task, change) => shell.command(Command::Pace { task, change }),
        Decision::Instance(deed) => {
            if let Deed::Launch(ask) = &deed {
                state.tasks.launch(ask, shell.now);
            }
            state.instances.carry_out(deed, shell);
        }
        Decision::Wrap(said) => state.wrap_up.said(said, shell),
        Decision::Cancel(task) => shell.command(Command::Cancel(task)),
        Decision::AskBookmark => bookmarks::ask(state),
        Decision::Keep(name) => bookmarks::keep(state, name),
        Decision::Typed(asked, text) => rules::typed(state, asked, &text),
        Decision::Bookmark(name) => bookmarks::go(state, &name),
        Decision::Forget(name) => bookmarks::forget(shell, name),
        Decision::Copy(text) => {
            shell.say(Weight::Info, format!("Copied {text} to the clipboard."));
            shell.effects.push(Effect::Clipboard(text));
        }
        Decision::Address(signed) => names::ask_address(*signed, shell),
        Decision::Ask(asked) => state.browse.ask_of_chosen(asked, shell),
        Decision::Below(edit) => state.browse.edit_below(edit, shell),
        Decision::AskRule => rules::ask(shell),
        Decision::EditRules(ruling) => rules::edit(shell, *ruling),
        Decision::BringBack(what) => state.browse.bring_back(*what, shell),
        Decision::Reveal(key) => state.browse.reveal(&key, shell),
        Decision::Act(action) => act(state, action),
        Decision::Detach => shell.effects.push(Effect::Detach),
        Decision::Quit => shell.effects.push(Effect::Quit),
        Decision::QuitWhenDone => leave_when_done(state),
        Decision::AskExport => export::ask(shell),
        Decision::AskStart => ask_start(shell),
        Decision::Start(at) => start_at(shell, at),
        Decision::ExportPlan(form) => export::write(shell, form),
    }
}

fn leave_when_done(state: &mut State) {
    state.leaving = true;
    let text = "wharf leaves as soon as no task runs; q takes that back.";
    state.shell.say(Weight::Info, text);
}

/// Runs exactly this plan; that it may write to production, a person said.
fn run_plan(shell: &mut Shell, plan: Arc<Plan>) {
    let production = plan.changes().filter_map(|place| shell.production(place));
    let production: Vec<Effect> = production.cloned().map(Effect::Consent).collect();
    shell.effects.extend(production);
    shell
        .dialogs
        .retain(|dialog| !matches!(dialog, Dialog::Plan(_)));
    let asked = Arc::clone(&plan);
    shell.ask(Question::Run(asked), |view| Command::Run { view, plan });
}

/// Shows only what holds this text, in the tab where it is typed.
fn search(state: &mut State, text: &str) {
    match state.tab {
        Tab::Instances => state.instances.search(text),
        Tab::Training => state.training.search(text),
        Tab::Browse | Tab::Tasks | Tab::WrapUp | Tab::Log => state.log.search(text),
    }
}

fn ask_start(shell: &mut Shell) {
    let dialog = InputDialog::boxed(Purpose::Start, String::new());
    shell.dialogs.push(Dialog::Input(dialog));
}

/// Lets the plans of the dialog in front wait for a time.
fn start_at(shell: &mut Shell, at: Option<Timestamp>) {
    let begins = shell
        .dialogs
        .last_mut()
        .is_some_and(|front| front.start(at));
    if !begins {
        return;
    }
    let text = match at {
        Some(at) => {
            let at = humanize::timestamp_exact(at, &shell.zone);
            format!("Not before {at}: Enter takes it into the queue.")
        }
        None => "At once: Enter runs it.".to_owned(),
    };
    shell.say(Weight::Info, text);
}

fn go_to_mapping(state: &mut State, at: usize) {
    let Some(mapping) = state.shell.settings.mappings.get(at).cloned() else {
        return;
    };
    state.browse.part(&mut state.shell);
    let [left, right] = &mut state.browse.panes;
    left.go(mapping.left, &mut state.shell);
    right.go(mapping.right, &mut state.shell);
    state.browse.focus = match mapping.direction {
        Direction::Pull => Side::Right,
        Direction::Push | Direction::Both => Side::Left,
    };
}

/// Shows the places of the task under the cursor, compared; of a launch its instance.
fn follow(state: &mut State) {
    if let Some(launch) = state.tasks.current_launch(&state.shell.snapshot) {
        let Some(id) = &launch.id else {
            let text = "AWS has not told of an instance yet.";
            return state.shell.say(Weight::Info, text);
        };
        state.instances.show(id);
        state.tab = Tab::Instances;
        return;
    }
    let task = state.tasks.current(&state.shell.snapshot);
    let task = task.map(|task| task.id);
    if show_places(state, task) {
        state.tab = Tab::Browse;
    } else {
        let text = "The places of this task are not known here.";
        state.shell.say(Weight::Info, text);
    }
}

/// Shows the places of a task, compared, unless they are what is shown; `false` where they are not known.
fn show_places(state: &mut State, task: Option<TaskId>) -> bool {
    let facts = task.and_then(|task| state.tasks.facts(task));
    let Some([source, destination]) = facts.and_then(|facts| facts.places.clone()) else {
        return false;
    };
    let shown = state.browse.comparison.as_ref().is_some_and(|comparison| {
        [&source, &destination].into_iter().all(|place| {
            comparison
                .places
                .iter()
                .any(|shown| shown.same_place(place))
        })
    });
    if !shown {
        state.browse.part(&mut state.shell);
        let [left, right] = &mut state.browse.panes;
        left.go(source, &mut state.shell);
        right.go(destination, &mut state.shell);
        state.browse.compare(&mut state.shell);
    }
    true
}
