//! What is done to entries where they stand: keys in, questions and plans out.

use wharf::{
    domain::plan::Edit,
    engine::{Command, EditAsk},
};

use super::stage::Stage;

/// What was asked last to be planned where it stands.
fn asked(stage: &Stage) -> EditAsk {
    stage.asked(|command| {
        let Command::PlanEdit { ask, .. } = command else {
            return None;
        };
        Some((**ask).clone())
    })
}

#[test]
fn a_folder_on_the_disk_gets_another_name_where_it_stands() {
    let mut stage = Stage::new();
    stage.list().press("R");
    let screen = stage.text((80, 24));
    assert!(screen.contains("rename to"), "{screen}");
    stage.press("Ctrl-u").type_text("a/b").press("Enter");
    let screen = stage.text((80, 24));
    assert!(screen.contains("a name has no \"/\""), "{screen}");
    stage.press("Ctrl-u").type_text("other").press("Enter");
    let ask = asked(&stage);
    let key = ask.only[0].clone();
    assert!(key.is_folder());
    let to = key.parent().join("other/");
    assert_eq!(ask.edit, Edit::Rename { to });
    assert!(stage.text((80, 24)).contains("rename in"));
}

#[test]
fn in_s3_another_name_is_a_move_beside_it() {
    let mut stage = Stage::new();
    stage.list().press("Tab").press("R");
    stage.press("Ctrl-u").type_text("other").press("Enter");
    let (source, destination, options) = stage.asked(|command| {
        let Command::Plan {
            source,
            destination,
            options,
            ..
        } = command
        else {
            return None;
        };
        Some((source.clone(), destination.clone(), options.clone()))
    });
    assert_eq!(source.parent(), destination.parent());
    assert!(
        destination.to_string().ends_with("/other/"),
        "{destination}"
    );
    assert!(options.remove_source);
}

#[test]
fn a_folder_is_made_beside_the_row_under_the_cursor() {
    let mut stage = Stage::new();
    stage.list().press("a").type_text("new").press("Enter");
    let ask = asked(&stage);
    assert_eq!(ask.edit, Edit::NewFolder);
    assert_eq!(ask.only[0].to_string(), "new/");
}
