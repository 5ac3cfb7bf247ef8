//! Lifecycle rules on their way from what is typed to the engine: the bucket that is shown takes them, its name is asked for,
//! and only then they are written.

use crate::domain::location::Remote;

use crate::tui::{
    dialog::{
        Dialog,
        bucket::{Ruling, ask_rules},
        input::{InputDialog, Purpose},
    },
    msg::Effect,
    shell::Shell,
    state::State,
    tab::browse::Asked,
};

/// Asks for a rule of the bucket that is shown.
pub(super) fn ask(shell: &mut Shell) {
    let dialog = InputDialog::boxed(Purpose::Browse(Asked::Rule), String::new());
    shell.dialogs.push(Dialog::Input(dialog));
}

/// Takes what was typed: a rule for the bucket that is shown, or what Browse asked for.
pub(super) fn typed(state: &mut State, asked: Asked, text: &str) {
    if asked == Asked::Rule {
        add(&mut state.shell, text);
    } else {
        state.browse.typed(asked, text, &mut state.shell);
    }
}

/// Takes a rule for the bucket that is shown.
fn add(shell: &mut Shell, text: &str) {
    let at = shell
        .dialogs
        .iter()
        .rposition(|dialog| matches!(dialog, Dialog::Bucket(_)));
    let Some(at) = at else { return };
    let dialog = shell.dialogs.remove(at);
    if let Dialog::Bucket(bucket) = &dialog {
        bucket.add(text, shell);
    }
    shell.dialogs.insert(at, dialog);
}

/// Edits the lifecycle rules of a bucket; its name was given.
pub(super) fn edit(shell: &mut Shell, ruling: Ruling) {
    if let Some(prefix) = ruling.bucket.s3() {
        let production = shell.production(&ruling.bucket).cloned();
        let words = [Some(Remote::named(&prefix.bucket)), production];
        let words = words.into_iter().flatten().map(Effect::Consent);
        shell.effects.extend(words);
    }
    ask_rules(ruling, shell);
}
