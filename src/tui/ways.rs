//! Which way mappings go: what the picker offers for one, for a group, for parts, and how the plans of all are run.

use std::sync::Arc;

use crate::config::Way;
use crate::domain::location::Remote;
use crate::engine::{Command, Family};
use crate::tui::{
    dialog::{
        Dialog,
        errand::Wish,
        menu::{Choice, MenuDialog},
    },
    msg::Effect,
    shell::{Question, Shell},
    tab::log::Weight,
};

/// Runs several plans as one task.
pub(super) fn run_family(shell: &mut Shell, family: Family) {
    for member in &family.members {
        let changes = member.plan.changes();
        let production = changes.filter_map(|place| shell.production(place));
        // The word behind which a clean-up goes was typed before this is decided.
        let word = member.plan.cleans.as_ref();
        let word = word.map(|cleaning| Remote::named(&cleaning.word));
        let given: Vec<Remote> = production.cloned().chain(word).collect();
        shell.effects.extend(given.into_iter().map(Effect::Consent));
    }
    shell
        .dialogs
        .retain(|dialog| !matches!(dialog, Dialog::Errand(_) | Dialog::Cleanup(_)));
    let plans = family.members.iter().map(|member| Arc::clone(&member.plan));
    let plans = plans.collect();
    shell.ask(Question::RunFamily(plans), |view| Command::RunFamily {
        view,
        family,
    });
}

/// Asks what a person wants of a mapping; only what may be is offered. False where only looking is left, which wants no question.
pub(super) fn ask_mapping(shell: &mut Shell, at: usize) -> bool {
    let config = Arc::clone(&shell.settings.config);
    let Some(name) = shell.settings.mappings.get(at).map(|m| m.name.to_string()) else {
        return true;
    };
    let mut choices = vec![("Show both sides", Choice::Mapping(at))];
    let set = config.mappings.get(&name);
    let allowed = |way: &(Way, &str)| set.is_some_and(|set| config.refuses(set, way.0).is_none());
    for (way, label) in WAYS.iter().filter(|way| allowed(way)) {
        if !shell.settings.read_only {
            choices.push((
                label,
                Choice::Plan(wish(std::slice::from_ref(&name), *way, &[])),
            ));
        }
    }
    if set.is_some_and(|set| set.parts.is_some()) && !shell.settings.read_only {
        choices.push(("Only some parts of it ...", Choice::Parts(at)));
    }
    if choices.len() == 1 {
        return false;
    }
    let menu = MenuDialog::ask(name, "", choices);
    shell.dialogs.push(Dialog::Menu(menu));
    true
}

/// Asks which way mappings or groups go.
pub(super) fn ask_ways(shell: &mut Shell, names: &[String], parts: &[String]) {
    if shell.refuses_writes() {
        return;
    }
    let config = Arc::clone(&shell.settings.config);
    let may = |way: Way| {
        let chosen = config.choose(names, way);
        chosen.is_ok_and(|chosen| !chosen.mappings.is_empty())
    };
    let ways = WAYS.iter().filter(|(way, _)| may(*way));
    let choices: Vec<(&str, Choice)> = ways
        .map(|(way, label)| (*label, Choice::Plan(wish(names, *way, parts))))
        .collect();
    if choices.is_empty() {
        return shell.say(
            Weight::Info,
            "None of these may go any way from this machine.",
        );
    }
    let menu = MenuDialog::ask(names.join(", "), &parts.join(", "), choices);
    shell.dialogs.push(Dialog::Menu(menu));
}

/// The ways with what a menu calls them.
const WAYS: [(Way, &str); 3] = [
    (Way::Pull, "Pull: from S3 to this machine ..."),
    (Way::Push, "Push: from this machine to S3 ..."),
    (Way::Both, "Both ways: changes go to the other side ..."),
];

fn wish(names: &[String], way: Way, parts: &[String]) -> Wish {
    Wish {
        names: names.to_vec(),
        way,
        parts: parts.to_vec(),
    }
}
