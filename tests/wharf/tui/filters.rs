//! The filter of names: letters with others between them, texts as they stand, and what is marked of both.

use super::{screens::look, stage::Stage};

fn filtered(text: &str) -> Stage {
    let mut stage = Stage::new();
    stage.list().compare().press("/").type_text(text);
    stage
}

#[test]
fn letters_are_found_with_others_between_them() {
    let screen = filtered("clsf").text((132, 36));
    assert!(screen.contains("classification/"), "{screen}");
    assert!(!screen.contains("card_images/"), "{screen}");
    let screen = filtered("'clsf").text((132, 36));
    assert!(
        screen.contains("The filter lets nothing through."),
        "{screen}"
    );
    let screen = filtered("'class").text((132, 36));
    assert!(screen.contains("classification/"), "{screen}");
}

#[test]
fn a_filter_before_and_while_it_is_typed() {
    look(&filtered(""), "filter-asked");
    look(&filtered("mtwo"), "filter-letters");
}
