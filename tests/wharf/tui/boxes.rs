//! The boxes of Browse that no other module looks at, at every size.
#![allow(clippy::panic, reason = "a question of another kind stops the test")]

use std::sync::Arc;

use wharf::{
    domain::{
        diff::Sign,
        entry::{End, Entry, Facts, Kind},
        location::Remote,
        plan::Op,
    },
    engine::{Body, Command, Identity, View, look::LookTold},
};

use super::{
    screens::look,
    stage::{Stage, now, story_plan},
};

/// The right side, in S3.
fn right() -> Stage {
    let mut stage = Stage::new();
    stage.list().press("Tab");
    stage
}

#[test]
fn a_deep_search() {
    let mut stage = right();
    stage.press("Ctrl-f");
    look(&stage, "find");
    stage.type_text("mew").press("Enter");
    let view: View = stage.asked(|command| {
        let Command::Look { view, .. } = command else {
            return None;
        };
        Some(*view)
    });
    look(&stage, "find-running");
    let entries = [
        "raw/card_images/Mew-en_base_base1_8.png",
        "raw/card_images/Mewtwo-en_base_base4_10.png",
        "raw/a/rather/long/way/down/to/the/folder/that/holds/it/and/then/some/more/Mewtwo-ja_neo_neo1_30.png",
        "processed/classification/Mew_8/",
    ];
    let entries = entries.map(|key| Entry {
        key: key.into(),
        facts: if key.ends_with('/') {
            Facts::folder()
        } else {
            Facts {
                kind: Kind::Object,
                size: 712_345,
                modified: Some(now()),
                ..Facts::folder()
            }
        },
    });
    let told = LookTold::Found {
        entries: entries.into(),
        seen: 51_920,
        end: Some(End::Complete),
    };
    stage.tell(view, Body::Looked(Box::new(told)));
    look(&stage, "find-found");
}

#[test]
fn bookmarks_kept_and_gone_to() {
    let mut stage = right();
    stage.press("b");
    look(&stage, "bookmarks-none");
    stage.press("Enter");
    look(&stage, "bookmark-name");
    stage.press("Ctrl-u").type_text("cards").press("Enter");
    stage.press("b");
    look(&stage, "bookmarks");
}

#[test]
fn what_is_typed_in_boxes() {
    for (keys, name) in [("R", "rename"), ("a", "new-folder"), ("E", "edit")] {
        let mut stage = right();
        stage.press(keys);
        look(&stage, name);
    }
    let mut stage = right();
    stage
        .press("E")
        .press("Enter")
        .type_text("COLD")
        .press("Enter");
    look(&stage, "edit-class");
}

#[test]
fn a_plan_of_what_is_done_in_place() {
    let mut stage = right();
    stage.press("x");
    let view = stage.asked(|command| {
        let Command::PlanDeletion { view, .. } = command else {
            return None;
        };
        Some(*view)
    });
    look(&stage, "delete-waiting");
    let mut plan = story_plan(&[]);
    plan.source = plan.destination.clone();
    plan.brakes.clear();
    plan.groups.truncate(1);
    for group in &mut plan.groups {
        (group.sign, group.op) = (Sign::OnlyRight, Op::Delete);
        for step in &mut group.steps {
            step.op = Op::Delete;
            step.destination = step.source.take().map(Box::new);
        }
    }
    stage.tell(view, Body::Planned(Arc::new(plan)));
    look(&stage, "delete");
    let identity = Identity {
        endpoint: None,
        region: "us-east-2".into(),
        who: Some(("123456789012".into(), "Trainer".into())),
    };
    let identities = &mut stage.state.shell.identities;
    identities.insert(Remote::named("demo"), Some(identity));
    stage.press("Enter");
    let text = stage.text((80, 24));
    assert!(text.contains("in the account 123456789012"), "{text}");
    look(&stage, "delete-word");
}
