//! Each screen at each size, as text: aligned, nothing cut without `…`.

use std::sync::Arc;

use wharf::{
    domain::{
        key::Key,
        log::{Level, Record},
        preview::Glance,
        progress::{EndedStep, Failure, Outcome, TaskEvent, TaskId, TaskState},
        retry::FailureKind,
    },
    tui::{msg::Msg, theme::ThemeName},
};

use super::stage::{SIZES, Stage, arrived, settings, task};

/// Compares the screen with its picture at every size.
pub(super) fn look(stage: &Stage, name: &str) {
    for (width, height) in SIZES {
        insta::with_settings!({prepend_module_to_snapshot => false, omit_expression => true}, {
            insta::assert_snapshot!(format!("{name}-{width}x{height}"), stage.text((width, height)));
        });
    }
}

fn compared() -> Stage {
    let mut stage = Stage::new();
    stage.list().compare();
    for keys in ["G", "Enter", "k", "k", "Enter", "g g"] {
        stage.press(keys);
    }
    stage.press("n").press("n");
    stage
}

#[test]
fn browse_apart() {
    let mut stage = Stage::new();
    stage.tick();
    look(&stage, "apart-listing");
    stage.list().press("G").press("l").list();
    look(&stage, "apart");
}

#[test]
fn browse_comparing() {
    look(&compared(), "comparing");
}

#[test]
fn gaps_in_front() {
    let mut stage = compared();
    stage.press("i");
    look(&stage, "gaps");
}

#[test]
fn only_one_kind_of_difference() {
    let mut stage = compared();
    stage.press("f").press("/").type_text("me");
    look(&stage, "filtered");
}

#[test]
fn the_plan_before_anything_runs() {
    let mut stage = compared();
    stage.press("s").plan();
    look(&stage, "plan");
}

#[test]
fn a_move_before_anything_runs() {
    let mut stage = compared();
    stage.press("T").plan_of_a_move();
    look(&stage, "plan-move");
    stage.press("Enter");
    look(&stage, "confirm-move");
}

#[test]
fn a_task_under_way() {
    let mut stage = compared();
    stage.press("s").plan().press("Enter");
    let plan = stage.accept();
    let steps = plan.groups[0].steps.clone();
    for done in 0..4 {
        stage.count(vec![task(1, TaskState::Running, done, &plan)]);
    }
    stage.tell_task(TaskId(1), arrived(&steps[..4])).press("z");
    stage.count(vec![task(1, TaskState::Running, 4, &plan)]);
    look(&stage, "moving");
    stage.press("2");
    look(&stage, "tasks");
    stage.press("q");
    look(&stage, "quit");
    stage.press("Esc").press("6");
    look(&stage, "log");
}

#[test]
fn the_log_of_every_weight() {
    let mut stage = compared();
    let plan = super::stage::plan(&[]);
    let step = &plan.groups[0].steps[3];
    let failure = Failure {
        kind: FailureKind::Throttled,
        reason: "the server answers 503 SlowDown: it asks for fewer requests a second".into(),
        request_id: Some("4442587FB7D0A2F9".into()),
        attempts: 2,
    };
    let record = |level, message: &str, fields: &[(&str, &str)]| {
        let fields = fields.iter().copied();
        Arc::new(Record {
            at: super::stage::now(),
            level,
            target: "wharf::backend".into(),
            message: message.to_owned(),
            fields: fields
                .map(|(name, value)| (name.into(), value.to_owned()))
                .collect(),
        })
    };
    stage.send(Msg::Records(vec![
        record(Level::Info, "wharf begins", &[("version", "0.1.0")]),
        record(
            Level::Debug,
            "GetObject failed: reset",
            &[("request_id", "R2")],
        ),
        record(
            Level::Warn,
            "an upload could not be given up",
            &[
                ("key", "raw/card_images/Mesprit-en_dp_dp1_9.png"),
                ("upload", "abc"),
            ],
        ),
    ]));
    stage.tell_task(
        TaskId(1),
        TaskEvent::Retried {
            seq: step.seq,
            key: step.key.clone(),
            failure: failure.clone(),
        },
    );
    let ended = EndedStep {
        seq: step.seq,
        key: step.key.clone(),
        op: step.op,
        outcome: Outcome::Failed(failure),
    };
    stage.tell_task(TaskId(1), TaskEvent::Ended { steps: vec![ended] });
    stage.press("6").press("f").press("f").press("f");
    look(&stage, "log-details");
    stage.press("f").press("f").press("/").type_text("slow");
    look(&stage, "log-filtered");
}

#[test]
fn a_form_for_the_plans_file() {
    let mut stage = compared();
    stage.press("s").plan().press("e");
    look(&stage, "export");
}

#[test]
fn nothing_yet() {
    let mut stage = Stage::new();
    stage.list().press("2");
    look(&stage, "tasks-empty");
}

#[test]
fn words_over_the_screen() {
    let mut stage = compared();
    stage.press("?");
    look(&stage, "help");
    stage.press("Esc").press(":").type_text("gap");
    look(&stage, "palette");
    stage.press("Esc").press("m");
    look(&stage, "places");
    stage.press("Esc").press("o");
    look(&stage, "open");
    stage.press("Esc").press("y");
    look(&stage, "copy");
}

#[test]
fn colours_change_no_letter() {
    let mut plain = Stage::new();
    plain.list().compare();
    for theme in [ThemeName::Dark, ThemeName::Light, ThemeName::Contrast] {
        let mut coloured = Stage::with(settings(), theme);
        coloured.list().compare();
        assert_eq!(coloured.text((132, 36)), plain.text((132, 36)));
    }
}

#[test]
fn a_look_at_one_object() {
    let mut stage = compared();
    stage.press("G").press("k").press("k").press("p").tick();
    let glance = Glance::of(
        &Key::new("cards.csv"),
        b"name,set,price\nMew,base,7.50\nAbra,fossil,12\n",
        true,
    );
    stage.preview(Ok(glance));
    look(&stage, "preview");
    stage.press("Enter");
    look(&stage, "preview-read");
}

#[test]
fn the_layout_of_a_folder() {
    let mut stage = compared();
    stage.press("g g").press("j").press("j").press("L");
    look(&stage, "layout");
    stage.press("L");
    look(&stage, "layout-by-count");
    stage.press("Enter");
    assert!(
        stage.text((132, 36)).contains("layout"),
        "it goes into the greatest"
    );
    stage.press("L");
    assert!(!stage.text((132, 36)).contains("L closes it"));
}

#[test]
fn plain_letters_where_they_are_asked_for() {
    let mut settings = settings();
    settings.ascii = true;
    let mut stage = Stage::with(settings, ThemeName::Plain);
    stage.list().compare().press("n").press("Space");
    let screen = stage.text((132, 36));
    let names = ["ピカチュウ"];
    let others = screen.chars().filter(|letter| !letter.is_ascii());
    assert!(
        others.clone().all(|letter| names[0].contains(letter)),
        "{}",
        others.collect::<String>()
    );
    look(&stage, "ascii");
}
