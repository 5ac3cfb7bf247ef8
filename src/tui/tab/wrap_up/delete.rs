//! Deleting what is ticked, one question after the other: is the training over, why without proof, which account. What a person
//! answers is only sent: the engine compares anew, judges, and refuses.

use crate::domain::{
    text::printable,
    wrap_up::{Consent, Resource, Target, cost},
};
use crate::humanize::{counted, wrap_up::an_hour};
use crate::tui::{
    action::Wrapping,
    dialog::{
        Dialog,
        confirm::ConfirmDialog,
        input::{InputDialog, Purpose},
        menu::{Choice, MenuDialog},
    },
    keymap::Context,
    msg::Effect,
    shell::Shell,
    tab::log::Weight,
};

use super::{WrapUp, stand::Stand};

/// The most things that the last question lists.
const LISTED: usize = 8;

/// What a person said on the way to a deletion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// The training is over, whatever runs.
    Ended,
    /// Why it goes without proof.
    Reason(String),
    /// The account that is meant.
    Account(String),
}

impl WrapUp {
    /// Goes on with what a person said.
    pub fn said(&mut self, said: Said, shell: &mut Shell) {
        let Some(stand) = self.stand_mut() else {
            return;
        };
        match said {
            Said::Ended => stand.ended = true,
            Said::Reason(reason) => stand.reason = Some(reason.into()),
            Said::Account(account) => return self.delete_for(&account, shell),
        }
        self.delete(shell);
    }

    /// Asks what is still to be asked before what is ticked goes.
    pub(super) fn delete(&mut self, shell: &mut Shell) {
        if shell.refuses_writes() {
            return;
        }
        let log_is_over = self.log_is_over();
        let Some((ending, stand)) = self.current().zip(self.stand()) else {
            return shell.say(Weight::Info, "No run is looked at.");
        };
        if stand.doing.is_some() {
            return shell.say(
                Weight::Info,
                "It is still looked at: wait until steps 1 to 3 stand.",
            );
        }
        if !stand.is_whole {
            let key = shell.keymap.key_text(Context::WrapUp, Wrapping::LookAgain);
            let text = format!("It was not looked at to its end: {key} looks again.");
            return shell.say(Weight::Info, text);
        }
        let shown = stand.shown();
        let ticked: Vec<&Resource> = shown.iter().filter(|one| one.selected).collect();
        if ticked.is_empty() {
            return shell.say(
                Weight::Info,
                "Nothing is ticked: Space ticks what is to go.",
            );
        }
        let name = printable(ending.run.as_bytes()).into_owned();
        let dialog = if stand.running().is_some() && !stand.ended && !log_is_over {
            ask_ended(&name, stand.running().unwrap_or(0))
        } else if stand.is_unproven() && stand.reason.is_none() {
            Dialog::Input(InputDialog::boxed(Purpose::Reason, String::new()))
        } else {
            let lines = lines(&name, stand, &ticked, log_is_over);
            let confirm = ConfirmDialog::of_teardown(lines, &stand.told);
            Dialog::Confirm(Box::new(confirm))
        };
        shell.dialogs.push(dialog);
    }

    /// Lets the engine delete what is ticked, where it finds the gate open.
    fn delete_for(&mut self, account: &str, shell: &mut Shell) {
        let log_is_over = self.log_is_over();
        let Some((ending, stand)) = self.current().zip(self.stand()) else {
            return;
        };
        let consent = stand.consent(account, log_is_over);
        let production = shell.production_remote(&ending.remote);
        shell.effects.extend(production.map(Effect::Consent));
        self.ask_to_delete(consent, shell);
    }

    fn ask_to_delete(&mut self, consent: Consent, shell: &mut Shell) {
        let Some(stand) = self.stand() else { return };
        let shown = stand.shown();
        let ticked = shown.iter().filter(|one| one.selected);
        let only: Vec<Target> = ticked.map(Resource::target).collect();
        let things = counted(only.len() as u64, "thing");
        self.ask(Some((consent, only)), shell);
        shell.say(
            Weight::Info,
            format!("Comparing once more, then {things} of it go."),
        );
    }
}

fn ask_ended(name: &str, running: usize) -> Dialog {
    let about = format!(
        "{} of {name} {}.\nWhat is not pushed by now goes with it.",
        counted(running as u64, "instance"),
        if running == 1 {
            "still runs"
        } else {
            "still run"
        }
    );
    let choices = vec![
        ("Leave it as it is", Choice::Nothing),
        (
            "The training is over, whatever runs",
            Choice::Wrap(Said::Ended),
        ),
    ];
    Dialog::Menu(MenuDialog::ask(
        "training ended?".to_owned(),
        &about,
        choices,
    ))
}

/// What goes, in the order in which it goes, and on what that stands.
fn lines(name: &str, stand: &Stand, ticked: &[&Resource], log_is_over: bool) -> Vec<String> {
    let price = cost(ticked.iter().copied(), |_| true);
    let mut lines = vec![format!(
        "{} of {name}, {}, will be deleted for good:",
        counted(ticked.len() as u64, "thing"),
        an_hour(price)
    )];
    for one in ticked.iter().take(LISTED) {
        let id = printable(one.id.as_bytes());
        let name = printable(one.name.as_bytes());
        lines.push(format!("  {} {id} {name}", one.kind.word()));
    }
    if ticked.len() > LISTED {
        lines.push(format!("  … and {} more", ticked.len() - LISTED));
    }
    lines.push(String::new());
    let proofs = counted(stand.told.proofs.len() as u64, "output");
    let reason = stand.reason.as_ref().map(|reason| {
        let reason = printable(reason.as_bytes());
        format!("Without proof, because: {reason}")
    });
    lines.push(reason.unwrap_or_else(|| format!("{proofs} proven; compared once more before.")));
    if stand.running().is_some() {
        lines.push(
            if log_is_over && !stand.ended {
                "The training is over, as its log says."
            } else {
                "The training is over, as you said."
            }
            .to_owned(),
        );
    }
    let shown = stand.shown();
    let behind = shown
        .iter()
        .filter(|one| one.is_left_behind(&shown))
        .count();
    if behind > 0 {
        let things = counted(behind as u64, "thing");
        lines.push(format!("! {things} on what goes would stay, and cost on."));
    }
    lines
}
