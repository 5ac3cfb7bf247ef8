//! The key map and the screens tell the same story.

use wharf::tui::{
    keymap::{Context, Found, Keymap, STACKS},
    widget::key_hints::hints,
};

use super::stage::Stage;

#[test]
fn every_key_of_every_hint_works_where_it_is_shown() {
    let keymap = Keymap::new(None).unwrap();
    for stack in STACKS {
        for context in stack.iter().copied() {
            for row in keymap.rows(context).iter().filter(|row| row.hint.is_some()) {
                let key = row.on.first().expect("a hint has a key");
                let found = keymap.find(stack, key.chords());
                let shadowed = stack[0] == Context::Gaps && context != Context::Gaps;
                assert!(
                    found == Found::Action(row.run) || shadowed,
                    "{key} is no {}",
                    row.run.name()
                );
            }
        }
    }
}

#[test]
fn what_is_not_offered_is_not_hinted_at() {
    let mut stage = Stage::new();
    stage.list();
    let hinted = |stage: &Stage| {
        let shown = hints(&stage.state.shell.keymap, stage.state.stack(), |action| {
            stage.state.offers(action)
        });
        shown.into_iter().map(|(_, word)| word).collect::<Vec<_>>()
    };
    assert!(!hinted(&stage).contains(&"gaps".to_owned()));
    stage.compare();
    assert!(hinted(&stage).contains(&"gaps".to_owned()));
    stage.state.shell.settings.read_only = true;
    assert!(!hinted(&stage).contains(&"sync".to_owned()));
}

#[test]
fn help_is_the_live_key_map() {
    let keymap = Keymap::new(Some("browse = [{ on = \"C\", run = \"compare\" }]")).unwrap();
    let mut stage = Stage::new();
    stage.state.shell.keymap = keymap;
    stage.list().press("?");
    let text = stage.text((200, 60));
    let line = text
        .lines()
        .find(|line| line.contains("compare the two sides"))
        .expect("help tells of compare");
    assert!(line.contains("  C  "), "{line}");
}
