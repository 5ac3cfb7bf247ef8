//! What the engine tells, led to the place that asked. An answer to a question that nobody waits for is dropped here.

use std::{collections::HashMap, sync::Arc};

use crate::domain::{
    key::Key,
    plan::Plan,
    progress::{TaskEvent, TaskId, TaskState},
    runs::Runs,
    side::Side,
    text::printable,
};

use crate::engine::{
    Body, Event, PastTask, View,
    cloud::CloudTold,
    event::{Bucket, Failed},
    launch::LaunchTold,
    look::LookTold,
};

use crate::humanize;

use crate::tui::{
    dialog::{
        Dialog, cleanup::CleanupDialog, errand::ErrandDialog, find::FindDialog, input::InputDialog,
        pages::Pages, parts::PartsDialog, picker::PickerDialog, plan::PlanDialog,
        versions::VersionsDialog,
    },
    identity,
    msg::Effect,
    shell::{Mapping, Question},
    state::{LONG, State},
    tab::{instances::Sought, log::Weight},
};

/// Takes a fact.
pub fn take(state: &mut State, event: Event) {
    match event {
        Event::View { view, body } => answer(state, view, body),
        Event::Task { id, event } => task(state, id, &event),
    }
}

fn answer(state: &mut State, view: View, body: Body) {
    let shell = &mut state.shell;
    let Some(question) = shell.question(view).cloned() else {
        return;
    };
    match (question, body) {
        (Question::Compare, body) => state.browse.compared(view, body, shell),
        (Question::Listing(side, _), body @ Body::Listed { .. }) => {
            state.browse.listed((view, side), body, shell);
        }
        (
            question @ (Question::Layout | Question::Parts | Question::Completion),
            body @ (Body::Listed { .. } | Body::Buckets(_)),
        ) => gathered(state, view, &question, &body),
        (question, body @ (Body::Identity(_) | Body::Preview(_) | Body::Picture(_))) => {
            looked(state, view, question, body);
        }
        (question, Body::Looked(told)) => looked_up(state, view, question, *told),
        (_, Body::Run(news)) => state.training.absorb(view, *news, shell),
        (Question::Sought(Sought::Push(run)), Body::Cloud(CloudTold::Said { said, .. })) => {
            shell.close(view);
            state.wrap_up.pushed(&run, &said, shell);
        }
        (question, Body::Cloud(told)) => instances(state, (view, &question), told),
        (Question::WrapUp(run), Body::WrapUp(told)) => {
            state.wrap_up.take((view, &run), told, shell);
        }
        (question, Body::Failed(failed)) => {
            shell.close(view);
            fail(state, view, &question, failed);
        }
        (question, Body::Buckets(found)) => {
            shell.close(view);
            buckets(state, &question, &found);
        }
        (_, body @ (Body::Past(_) | Body::Report(_))) => remembered(state, view, body),
        (
            question @ (Question::Plan | Question::Errand | Question::Cleanup),
            body @ (Body::Planned(_) | Body::PlannedBoth(_) | Body::PlannedRoutes(_)),
        ) => {
            shell.close(view);
            planned(&mut shell.dialogs, view, &question, &body);
        }
        (question, Body::Accepted(id)) => {
            shell.close(view);
            accepted(state, question, id);
        }
        (
            _,
            Body::Listed { .. }
            | Body::Recorded { .. }
            | Body::Pairs(_)
            | Body::Compared(_)
            | Body::Planned(_)
            | Body::PlannedBoth(_)
            | Body::PlannedRoutes(_)
            | Body::Watched
            | Body::WrapUp(_),
        ) => {}
    }
}

/// Shows plans where they are waited for.
fn planned(dialogs: &mut [Dialog], view: View, question: &Question, body: &Body) {
    match (question, body) {
        (Question::Plan, Body::Planned(plan)) => {
            waiting_plans(dialogs, view).for_each(|dialog| dialog.show((**plan).clone()));
        }
        (Question::Cleanup, Body::PlannedRoutes(planned)) => {
            waiting_looks(dialogs, view).for_each(|dialog| dialog.show(planned));
        }
        (_, body) => errands(dialogs).for_each(|dialog| dialog.take(view, body)),
    }
}

/// Takes a look at an entry or a remote.
fn looked(state: &mut State, view: View, question: Question, body: Body) {
    state.shell.close(view);
    if let Body::Preview(preview) = body {
        state.browse.preview.absorb(view, preview);
    } else if let Body::Picture(pixels) = body {
        state.browse.preview.absorb_picture(view, pixels);
    } else if let (Question::Identity(remote), Body::Identity(identity)) = (question, body) {
        state.shell.identities.insert(remote, Some(*identity));
    }
}

/// Takes what is told of what stands somewhere.
fn looked_up(state: &mut State, view: View, question: Question, told: LookTold) {
    let shell = &mut state.shell;
    match told {
        LookTold::Found { entries, seen, end } => {
            if end.is_some() {
                shell.close(view);
            }
            let dialog = finds(&mut shell.dialogs).next();
            let full =
                dialog.is_some_and(|dialog| dialog.absorb(view, entries, (seen, end.as_ref())));
            if full {
                shell.stop(|question| matches!(question, Question::Found));
            }
        }
        LookTold::Address { address, until } => {
            shell.close(view);
            if let Question::Address(name) = question {
                let until = humanize::timestamp_exact(until, &shell.zone);
                let text = format!(
                    "Copied an address by which anybody can read {name} until {until}, or until the credentials end that signed it."
                );
                shell.say(Weight::Info, text);
                let address = address.reveal().to_owned();
                shell.effects.push(Effect::Clipboard(address));
            }
        }
        told @ (LookTold::Settings(_) | LookTold::Holds { .. } | LookTold::Metrics(_)) => {
            if buckets_shown(&mut shell.dialogs, view, told) {
                shell.close(view);
            }
        }
        LookTold::Rules(rules) => {
            shell.close(view);
            shell.say(Weight::Good, "The lifecycle rules are changed.");
            buckets_shown(&mut shell.dialogs, view, LookTold::Rules(rules));
        }
        LookTold::Uploads { count, bytes } => {
            shell.close(view);
            state.browse.layout.absorb_uploads(view, count, bytes);
        }
        LookTold::Copies { again, seen, whole } => {
            if again.is_some() {
                shell.close(view);
            }
            let layout = &mut state.browse.layout;
            layout.contents.absorb(view, again, (seen, whole));
        }
        LookTold::Versions { versions, over } => {
            let dialog = shell.dialogs.iter_mut().find_map(version_list);
            let done = dialog.is_none_or(|dialog| dialog.absorb(view, versions, over));
            if over {
                shell.close(view);
            } else if done {
                shell.stop(|question| matches!(question, Question::Versions));
            }
        }
    }
}

fn version_list(dialog: &mut Dialog) -> Option<&mut VersionsDialog> {
    if let Dialog::Versions(versions) = dialog {
        Some(versions)
    } else {
        None
    }
}

/// Hands what is told to the bucket that is shown; `true` where nothing more comes.
fn buckets_shown(dialogs: &mut [Dialog], view: View, told: LookTold) -> bool {
    let shown = dialogs.iter_mut().find_map(|dialog| {
        if let Dialog::Bucket(bucket) = dialog {
            Some(bucket)
        } else {
            None
        }
    });
    shown.is_some_and(|bucket| bucket.absorb(view, told))
}

/// Hands what is listed for a panel or a dialog to where it is waited for.
fn gathered(state: &mut State, view: View, question: &Question, body: &Body) {
    let shell = &mut state.shell;
    let over = !matches!(body, Body::Listed { end: None, .. });
    if over {
        shell.close(view);
    }
    if let Body::Buckets(found) = body {
        inputs(&mut shell.dialogs).for_each(|input| input.absorb_buckets(view, found));
    }
    let Body::Listed { entries, end, .. } = body else {
        return;
    };
    if *question == Question::Layout {
        state.browse.layout.absorb(view, entries, end.as_ref());
    } else if *question == Question::Parts {
        parts(&mut shell.dialogs).for_each(|dialog| dialog.absorb(entries));
    } else {
        inputs(&mut shell.dialogs).for_each(|input| input.absorb(view, entries, over));
    }
}

/// Lines that are typed in.
fn inputs(dialogs: &mut [Dialog]) -> impl Iterator<Item = &mut InputDialog> {
    dialogs.iter_mut().filter_map(|dialog| {
        if let Dialog::Input(input) = dialog {
            Some(input)
        } else {
            None
        }
    })
}

/// The deep search, where it is open.
fn finds(dialogs: &mut [Dialog]) -> impl Iterator<Item = &mut FindDialog> {
    dialogs.iter_mut().filter_map(|dialog| {
        if let Dialog::Find(find) = dialog {
            Some(&mut **find)
        } else {
            None
        }
    })
}

/// Takes what the journal tells.
fn remembered(state: &mut State, view: View, body: Body) {
    state.shell.close(view);
    if let Body::Past(past) = body {
        state.tasks.absorb(&past);
        state.shell.runs = runs(&state.shell.settings.mappings, &past);
    } else if let Body::Report(report) = body {
        let lines = state.tasks.told(&report, &state.shell);
        let title = format!("report of task {}", report.task.id.0);
        let pages = Pages::new(title, lines);
        state.shell.dialogs.push(Dialog::Pages(pages));
    }
}

/// The last runs of each mapping among these tasks.
fn runs(mappings: &[Mapping], past: &[PastTask]) -> HashMap<Arc<str>, Runs> {
    let of = |mapping: &Mapping| {
        let (left, right) = (mapping.left.text(), mapping.right.text());
        let own = past.iter().filter(|task| task.is_between(&left, &right));
        Runs(own.filter_map(PastTask::run).collect())
    };
    let each = mappings.iter();
    each.map(|mapping| (Arc::clone(&mapping.name), of(mapping)))
        .collect()
}

/// The plan dialogs that wait for this answer: one, or none if it was closed.
fn waiting_plans(dialogs: &mut [Dialog], view: View) -> impl Iterator<Item = &mut PlanDialog> {
    let plans = dialogs.iter_mut().filter_map(|dialog| {
        if let Dialog::Plan(plan) = dialog {
            Some(&mut **plan)
        } else {
            None
        }
    });
    plans.filter(move |plan| plan.waits_for(view))
}

/// The looks before a clean-up that wait for this answer: one, or none if it was closed.
fn waiting_looks(dialogs: &mut [Dialog], view: View) -> impl Iterator<Item = &mut CleanupDialog> {
    let looks = dialogs.iter_mut().filter_map(|dialog| {
        if let Dialog::Cleanup(look) = dialog {
            Some(&mut **look)
        } else {
            None
        }
    });
    looks.filter(move |look| look.waits_for(view))
}

/// The parts of a mapping, where they are shown.
fn parts(dialogs: &mut [Dialog]) -> impl Iterator<Item = &mut PartsDialog> {
    dialogs.iter_mut().filter_map(|dialog| {
        if let Dialog::Parts(parts) = dialog {
            Some(&mut **parts)
        } else {
            None
        }
    })
}

/// The mappings before they go, where they are shown.
fn errands(dialogs: &mut [Dialog]) -> impl Iterator<Item = &mut ErrandDialog> {
    dialogs.iter_mut().filter_map(|dialog| {
        if let Dialog::Errand(errand) = dialog {
            Some(&mut **errand)
        } else {
            None
        }
    })
}

/// The picker, where it is open.
fn picker(dialogs: &mut [Dialog]) -> Option<&mut PickerDialog> {
    dialogs.iter_mut().find_map(|dialog| {
        if let Dialog::Picker(picker) = dialog {
            Some(&mut **picker)
        } else {
            None
        }
    })
}

fn buckets(state: &mut State, question: &Question, found: &[Bucket]) {
    if let Question::Buckets(side) = question {
        state.browse.pane_mut(*side).absorb_buckets(found);
    } else if let (Question::Choices(remote), Some(picker)) =
        (question, picker(&mut state.shell.dialogs))
    {
        picker.absorb(remote, Ok(found.to_vec()));
    }
}

fn accepted(state: &mut State, question: Question, id: TaskId) {
    if let Question::GoOn(of) = question {
        state.tasks.go_on(of, id);
        let text = format!("Task {} goes on.", id.0);
        return state.shell.say(Weight::Good, text);
    }
    if let Question::RunFamily(plans) = question {
        state.tasks.accept_family(id, plans);
        return state
            .shell
            .say(Weight::Good, format!("Task {} runs; 2 shows it.", id.0));
    }
    if let Question::Run(plan) = question {
        let places = [plan.source.clone(), plan.destination.clone()];
        state.browse.link_plan(id, &plan);
        state.tasks.accept(id, Some(plan), Some(places));
        let text = format!("Task {} runs; 2 shows it.", id.0);
        state.shell.say_of_task(id, Weight::Good, text);
    } else {
        let [left, right] = Side::BOTH.map(|side| state.browse.place(side).cloned());
        let places = left.zip(right).map(|(left, right)| [left, right]);
        state.tasks.accept(id, None, places);
        state.browse.link_proof(id);
        let text = format!("Task {} verifies; 2 shows it.", id.0);
        state.shell.say_of_task(id, Weight::Good, text);
    }
}

/// Tells what could not be answered, where it was asked.
fn fail(state: &mut State, view: View, question: &Question, failed: Failed) {
    let shell = &mut state.shell;
    match question {
        Question::Listing(side, folder) => {
            state.browse.listing_failed(*side, folder, failed, shell);
        }
        Question::Buckets(side) => {
            let root = Key::default();
            state.browse.listing_failed(*side, &root, failed, shell);
        }
        Question::Choices(remote) => {
            if let Some(picker) = picker(&mut shell.dialogs) {
                picker.absorb(remote, Err(&failed));
            }
        }
        Question::Plan => {
            shell
                .dialogs
                .retain(|dialog| !matches!(dialog, Dialog::Plan(plan) if plan.waits_for(view)));
            shell.say_failed(&failed);
        }
        Question::Cleanup => {
            shell
                .dialogs
                .retain(|dialog| !matches!(dialog, Dialog::Cleanup(look) if look.waits_for(view)));
            shell.say_failed(&failed);
        }
        Question::Bucket | Question::Found | Question::Versions => {
            let dialogs = shell.dialogs.iter_mut();
            dialogs.for_each(|dialog| dialog.fail(view, &failed));
        }
        Question::Layout => state.browse.layout.fail(&failed),
        Question::Contents => state.browse.layout.contents.fail(view, &failed),
        Question::Identity(remote) => identity::unknown(remote, &failed, shell),
        Question::Preview | Question::Picture => state.browse.preview.fail(view, &failed),
        Question::Errand => {
            errands(&mut shell.dialogs).for_each(|dialog| dialog.fail(view, &failed));
        }
        // A side that is not there yet has no parts; where uploads may not be listed nothing is known of them; what is
        // watched tells its failures itself.
        Question::Completion
        | Question::Parts
        | Question::Uploads
        | Question::Training
        | Question::Instances => {}
        Question::Past => {
            // Told once: it would fail again at each look.
            shell.settings.remembers = false;
            shell.say_failed(&failed);
        }
        Question::WrapUp(run) => state.wrap_up.fail((view, run), failed, shell),
        Question::Turn(..) | Question::Sought(_) => instances_failed(state, question, &failed),
        Question::Compare
        | Question::Address(_)
        | Question::Rules
        | Question::Details
        | Question::Console
        | Question::Run(_)
        | Question::RunFamily(_)
        | Question::Verify(_)
        | Question::Report(_)
        | Question::GoOn(_) => shell.say_failed(&failed),
    }
}

/// Takes what is told of instances; a launch is told to Tasks too.
fn instances(state: &mut State, (view, question): (View, &Question), told: CloudTold) {
    if let (Question::Sought(Sought::Launch(_, name)), CloudTold::Launch(told)) = (question, &told)
    {
        launch_told(state, name, Ok(told));
    }
    let shell = &mut state.shell;
    state.instances.take((view, question), told, shell);
}

/// What was asked of an instance came to nothing, or a launch did.
fn instances_failed(state: &mut State, question: &Question, failed: &Failed) {
    state.instances.fail(question, failed, &mut state.shell);
    if let Question::Sought(Sought::Launch(_, name)) = question {
        launch_told(state, name, Err(failed));
    }
}

/// Takes what is told of a launch; its end is rung for where it failed, or took long enough to look elsewhere.
fn launch_told(state: &mut State, name: &str, told: Result<&LaunchTold, &Failed>) {
    let Some(launch) = state.tasks.launch_told(name, told, state.shell.now) else {
        return;
    };
    if told.is_ok() && launch.took().is_none_or(|took| took < LONG) {
        return;
    }
    let run = printable(launch.run.as_bytes());
    let text = match told {
        Ok(_) => format!("wharf: {run} is launched, and its checks pass"),
        Err(_) => format!("wharf: the launch of {run} failed"),
    };
    state.shell.effects.push(Effect::Notify(text));
}

fn task(state: &mut State, id: TaskId, event: &TaskEvent) {
    let now = state.shell.now;
    let tasks = state.shell.snapshot.tasks.iter();
    let kind = tasks
        .filter(|task| task.id == id)
        .map(|task| task.kind)
        .next();
    state.log.record((id, kind), event, now);
    state.tasks.record(id, event);
    match event {
        TaskEvent::Ended { steps } => state.browse.land(id, steps, now),
        TaskEvent::State { state: to, reason } if to.is_over() => {
            let plan = state.tasks.facts(id).and_then(|facts| facts.plan.clone());
            state.browse.unlink(id, plan.as_deref());
            let seen = |plan: &Arc<Plan>| {
                plan.source == plan.destination
                    || state.browse.holds([&plan.source, &plan.destination])
            };
            if plan.as_ref().is_some_and(seen) {
                // What went by itself is seen nowhere else.
                state.browse.refresh(&mut state.shell);
            }
            let word = crate::tui::tab::tasks::state_word(*to);
            let reason = reason
                .as_ref()
                .map(|reason| format!(": {reason}"))
                .unwrap_or_default();
            let weight = crate::tui::tab::tasks::state_weight(*to);
            state.notify(id, *to, &reason);
            state
                .shell
                .say_of_task(id, weight, format!("Task {} {word}{reason}.", id.0));
        }
        TaskEvent::State {
            state: to @ TaskState::Paused,
            reason: Some(reason),
        } => state.notify(id, *to, &format!(": {reason}")),
        TaskEvent::State { .. }
        | TaskEvent::Retried { .. }
        | TaskEvent::OtherWay { .. }
        | TaskEvent::Recounted(_)
        | TaskEvent::Checked(_) => {}
    }
}
