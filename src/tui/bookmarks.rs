//! Bookmarks: scenes that are kept under names, gone to and taken away again; and the last scene of a session.

use crate::domain::side::Side;

use crate::tui::{
    dialog::{
        Dialog,
        input::{InputDialog, Purpose},
        menu::MenuDialog,
    },
    kept::{Bookmark, Change, Kept},
    msg::Effect,
    scene::Scene,
    shell::Shell,
    state::State,
    tab::log::Weight,
};

/// Asks for the name under which the places are kept.
pub(super) fn ask(state: &mut State) {
    let names = Side::BOTH.map(|side| {
        let place = state.browse.place(side)?;
        Some(place.base_name()?.to_string())
    });
    let [left, right] = &names;
    let name = match (left, right) {
        (Some(left), Some(right)) if left == right => left.clone(),
        (left, right) => {
            let both: Vec<&str> = [left, right]
                .into_iter()
                .flatten()
                .map(|name| &**name)
                .collect();
            both.join(" ")
        }
    };
    let dialog = InputDialog::boxed(Purpose::Bookmark, name);
    state.shell.dialogs.push(Dialog::Input(dialog));
}

/// Keeps what is looked at under this name.
pub(super) fn keep(state: &mut State, name: String) {
    let scene = Scene::of(&state.browse);
    let text = format!("Kept as \"{name}\"; b goes there.");
    change(&mut state.shell, Change::Add(Bookmark { name, scene }));
    state.shell.say(Weight::Good, text);
}

/// Goes to what is kept under this name.
pub(super) fn go(state: &mut State, name: &str) {
    let found = state.shell.bookmarks.iter().find(|kept| kept.name == name);
    if let Some(scene) = found.map(|kept| kept.scene.clone()) {
        scene.show(&mut state.browse, &mut state.shell);
    }
}

/// Keeps what has this name no longer.
pub(super) fn forget(shell: &mut Shell, name: String) {
    let text = format!("\"{name}\" is kept no longer.");
    change(shell, Change::Remove(name));
    shell.say(Weight::Info, text);
    MenuDialog::bookmarks(shell);
}

fn change(shell: &mut Shell, change: Change) {
    let mut kept = Kept {
        last: None,
        bookmarks: std::mem::take(&mut shell.bookmarks),
    };
    kept.apply(change.clone());
    shell.bookmarks = kept.bookmarks;
    shell.effects.push(Effect::Keep(change));
}
