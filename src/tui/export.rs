//! The plan of the dialog in front, written to a file: as JSON, as a table, as commands of s5cmd, or as routes of a migration.

use crate::domain::plan::{Plan, S5cmdRefusal, s5cmd_files};

use crate::tui::{
    dialog::{
        Dialog,
        menu::{Choice, MenuDialog},
        plan::PlanForm,
    },
    msg::Effect,
    shell::Shell,
    tab::log::Weight,
};

/// Asks in which form the plan is written to a file.
pub(super) fn ask(shell: &mut Shell) {
    let mut choices = vec![
        (
            "plan.json   all of it: steps, options, what is left and why",
            Choice::ExportPlan(PlanForm::Json),
        ),
        (
            "plan.csv    a line for each step that is ticked",
            Choice::ExportPlan(PlanForm::Csv),
        ),
    ];
    if plan(shell).is_some_and(|plan| plan.s5cmd().is_ok()) {
        choices.push((
            "plan.s5cmd  commands for s5cmd run, a line for each step that is ticked",
            Choice::ExportPlan(PlanForm::S5cmd),
        ));
    }
    if migration(shell).is_some() {
        choices.push((
            "migration.toml   the routes, for [migrations] of a configuration",
            Choice::ExportPlan(PlanForm::Migration),
        ));
    }
    let menu = MenuDialog::ask("write the plan to a file".to_owned(), "", choices);
    shell.dialogs.push(Dialog::Menu(menu));
}

/// The plan of the dialog in front.
fn plan(shell: &Shell) -> Option<&Plan> {
    shell.dialogs.iter().rev().find_map(Dialog::plan)
}

/// The plan as a file of commands, with the line that runs it in its head.
fn commands(plan: &Plan, shell: &Shell) -> Result<String, S5cmdRefusal> {
    let places = [&plan.source, &plan.destination].into_iter();
    let remotes = places.filter_map(|place| place.s3().map(|prefix| &prefix.remote));
    let mut told = remotes.filter_map(|remote| shell.identities.get(remote)?.as_ref());
    let endpoint = told.find_map(|identity| identity.endpoint.as_deref());
    let endpoint = endpoint.map(|endpoint| format!(" --endpoint-url {endpoint}"));
    let line = format!(
        "s5cmd{} --retry-count {} run plan.s5cmd",
        endpoint.unwrap_or_default(),
        plan.options.retries
    );
    let files = s5cmd_files(&plan.s5cmd()?, None, |_| line.clone());
    Ok(files.concat().trim_end().to_owned())
}

/// The routes of the dialog in front, as a configuration has them.
fn migration(shell: &Shell) -> Option<String> {
    let fronts = shell.dialogs.iter().rev();
    let mut errands = fronts.filter_map(|dialog| {
        if let Dialog::Errand(errand) = dialog {
            Some(errand)
        } else {
            None
        }
    });
    errands.next()?.migration()
}

/// Writes the plan of the dialog in front to a file.
pub(super) fn write(shell: &mut Shell, form: PlanForm) {
    let Some(plan) = plan(shell) else { return };
    let (name, content) = match form {
        PlanForm::Json => (
            "plan.json",
            serde_json::to_string_pretty(plan).map_err(|wrong| wrong.to_string()),
        ),
        PlanForm::Csv => ("plan.csv", plan.csv().map_err(|wrong| wrong.to_string())),
        PlanForm::S5cmd => (
            "plan.s5cmd",
            commands(plan, shell).map_err(|wrong| wrong.to_string()),
        ),
        PlanForm::Migration => ("migration.toml", Ok(migration(shell).unwrap_or_default())),
    };
    match content {
        Ok(content) => shell.effects.push(Effect::Save {
            name: name.to_owned(),
            content: content + "\n",
        }),
        Err(wrong) => shell.say(
            Weight::Error,
            format!("The plan cannot be written: {wrong}."),
        ),
    }
}
