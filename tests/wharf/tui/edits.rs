//! What is done to entries where they stand: keys in, questions and plans out.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a question of another kind stops the test"
)]

use std::sync::Arc;

use crossterm::event::{KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use jiff::SignedDuration;
use wharf::{
    domain::{
        bucket::{Holds, Measured, Metrics, PublicAccess, Reading, Rules, Settings},
        entry::{End, Entry, Facts, Kind, Tally},
        estimate::Prices,
        plan::{Edit, Op},
    },
    engine::{
        Body, Bucket, Command, EditAsk, View,
        look::{LookAsk, LookTold},
    },
    tui::msg::{Effect, Msg},
};

use super::{
    screens::look,
    stage::{Stage, story_plan},
};

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

fn looked(stage: &Stage) -> (View, LookAsk) {
    stage.asked(|command| {
        let Command::Look { view, ask } = command else {
            return None;
        };
        Some((*view, (**ask).clone()))
    })
}

fn entry(key: &str) -> Entry {
    Entry {
        key: key.into(),
        facts: Facts {
            kind: Kind::Object,
            size: 7,
            ..Facts::folder()
        },
    }
}

#[test]
fn a_deep_search_streams_and_goes_to_what_it_found() {
    let mut stage = Stage::new();
    stage.list().press("Tab").press("Ctrl-f");
    stage.type_text("mew").press("Enter");
    let (first, _) = looked(&stage);
    // Another search: what the first one still tells is dropped.
    stage.send(Msg::Paste("t\u{7}wo".to_owned())).press("Enter");
    let (view, ask) = looked(&stage);
    let LookAsk::Find { text, folder, .. } = ask else {
        panic!("{ask:?}");
    };
    assert_eq!(text, "mewtwo");
    let found = |names: &[&str], end| {
        let entries = names.iter().map(|name| entry(name)).collect();
        Body::Looked(Box::new(LookTold::Found {
            entries,
            seen: 9,
            end,
        }))
    };
    stage.tell(first, found(&["old"], None));
    let names = [
        folder.join("deep/mewtwo-1.png"),
        folder.join("deep/mewtwo-2.png"),
    ];
    let names: Vec<&str> = names.iter().map(|name| name.as_str().unwrap()).collect();
    stage.tell(view, found(&names, Some(End::Complete)));
    let screen = stage.text((80, 24));
    assert!(screen.contains("deep/mewtwo-1.png"), "{screen}");
    assert!(screen.contains("2 of 9"), "{screen}");
    assert!(!screen.contains("old "), "{screen}");
    stage.press("Down").press("Enter");
    assert!(stage.state.shell.dialogs.is_empty());
}

#[test]
fn an_address_goes_to_the_clipboard_and_to_no_log() {
    let mut stage = Stage::new();
    stage
        .list()
        .press("Tab")
        .press("Enter")
        .list()
        .press("j")
        .press("y");
    let screen = stage.text((132, 36));
    assert!(
        screen.contains("anybody can read it for 1 hour"),
        "{screen}"
    );
    stage.press("G").press("Enter");
    let (_, ask) = looked(&stage);
    let LookAsk::Address { time, .. } = ask else {
        panic!("{ask:?}");
    };
    assert_eq!(time, std::time::Duration::from_hours(7 * 24));
}

#[test]
fn what_objects_bear_is_typed_and_planned() {
    let mut stage = Stage::new();
    stage.list().press("E");
    assert!(stage.text((80, 24)).contains("Objects in S3 are edited"));
    stage.press("Tab").press("E").press("Enter");
    stage.type_text("COLD").press("Enter");
    assert!(stage.text((80, 24)).contains("not allowed here"));
    stage
        .press("Ctrl-u")
        .type_text("STANDARD_IA")
        .press("Enter");
    let ask = asked(&stage);
    assert_eq!(ask.edit, Edit::Rewrite);
    assert_eq!(ask.options.storage_class.as_deref(), Some("STANDARD_IA"));
    assert!(stage.text((80, 24)).contains("rewrite in"));
}

#[test]
fn a_lifecycle_rule_wants_the_buckets_name() {
    let mut stage = Stage::new();
    stage.list().press("Tab").press("B");
    let (view, _) = looked(&stage);
    let settings = Settings {
        region: "us-east-2".into(),
        versioning: Ok("off"),
        encryption: Ok("AES256".into()),
        public_access: Ok(PublicAccess::default()),
        lifecycle: Ok(Rules::default()),
        tiering: Err("not known: s3:GetIntelligentTieringConfiguration is missing".into()),
    };
    let told = LookTold::Settings(Box::new(settings));
    stage.tell(view, Body::Looked(Box::new(told)));
    let classes = [(
        "STANDARD",
        Tally {
            objects: 51_970,
            bytes: 25 << 30,
        },
    )];
    let holds = Holds::of(classes, (Prices::embedded(), "us-east-2"));
    let told = LookTold::Holds {
        holds,
        uploads: Some(3),
        end: Some(End::Complete),
    };
    stage.tell(view, Body::Looked(Box::new(told)));
    let measuring = stage.asked(|command| {
        let Command::Look { view, ask } = command else {
            return None;
        };
        matches!(**ask, LookAsk::Metrics { .. }).then_some(*view)
    });
    let now = stage.state.shell.now;
    let day = now - SignedDuration::from_hours(30);
    let measured = |measured, value| Reading {
        measured,
        value,
        at: day,
    };
    let readings = [
        measured(Measured::Bytes("StandardStorage".into()), 26e9),
        measured(Measured::Objects, 51_002.0),
    ];
    let prices = (Prices::embedded(), "us-east-2");
    let told = LookTold::Metrics(Metrics::of(&readings, now, prices));
    stage.tell(measuring, Body::Looked(Box::new(told)));
    look(&stage, "bucket");
    stage.press("Enter").type_text("abort 7").press("Enter");
    let screen = stage.text((80, 24));
    assert!(screen.contains("Type pokemon-card-training"), "{screen}");
    stage.type_text("pokemon-card-training").press("Enter");
    let (_, ask) = looked(&stage);
    assert!(matches!(ask, LookAsk::Lifecycle { .. }), "{ask:?}");
}

#[test]
fn a_typed_place_is_completed_from_what_is_there() {
    let mut stage = Stage::new();
    stage.list().press("Tab").press("o").press("Ctrl-u");
    stage.type_text("demo:s3://poke").press("Tab");
    let view = stage.asked(|command| {
        let Command::Buckets { view, .. } = command else {
            return None;
        };
        Some(*view)
    });
    let bucket = |name: &str| Bucket {
        name: name.into(),
        created: None,
        region: None,
    };
    let found = vec![bucket("other"), bucket("pokemon-a"), bucket("pokemon-b")];
    stage.tell(view, Body::Buckets(found));
    let screen = stage.text((80, 24));
    assert!(screen.contains("demo:s3://pokemon-"), "{screen}");
    assert!(screen.contains("pokemon-a/"), "{screen}");
    assert!(!screen.contains("other"), "{screen}");
    stage.type_text("a/").press("Tab");
    let (view, location) = stage.asked(|command| {
        let Command::List { view, location, .. } = command else {
            return None;
        };
        Some((*view, location.to_string()))
    });
    assert_eq!(location, "demo:s3://pokemon-a/");
    let folder = Entry {
        key: "data/".into(),
        facts: Facts::folder(),
    };
    let listed = Body::Listed {
        folder: "".into(),
        entries: vec![folder],
        end: Some(End::Complete),
    };
    stage.tell(view, listed);
    assert!(stage.text((80, 24)).contains("demo:s3://pokemon-a/data/"));
}

#[test]
fn the_border_between_the_sides_follows_the_mouse() {
    let mut stage = Stage::new();
    stage.list();
    let border = |stage: &Stage| {
        let screen = stage.text((80, 24));
        let line = screen.lines().nth(1).unwrap();
        line.chars().position(|letter| letter == '╮').unwrap()
    };
    assert_eq!(border(&stage), 39);
    let mouse = |stage: &mut Stage, kind, column| {
        stage.send(Msg::Mouse(MouseEvent {
            kind,
            column,
            row: 5,
            modifiers: KeyModifiers::NONE,
        }));
    };
    mouse(&mut stage, MouseEventKind::Down(MouseButton::Left), 39);
    mouse(&mut stage, MouseEventKind::Drag(MouseButton::Left), 56);
    assert_eq!(border(&stage), 55);
    mouse(&mut stage, MouseEventKind::Drag(MouseButton::Left), 79);
    mouse(&mut stage, MouseEventKind::Up(MouseButton::Left), 79);
    assert_eq!(border(&stage), 59);
    mouse(&mut stage, MouseEventKind::Drag(MouseButton::Left), 20);
    assert_eq!(border(&stage), 59);
}

#[test]
fn unfinished_uploads_go_behind_a_typed_word() {
    let mut stage = Stage::new();
    stage
        .list()
        .press("Tab")
        .press("E")
        .press("G")
        .press("Enter");
    let ask = asked(&stage);
    assert_eq!(ask.edit, Edit::Abort { before: None });
    assert_eq!(ask.only[0].to_string(), "calibration/");
    let view = stage.asked(|command| {
        let Command::PlanEdit { view, .. } = command else {
            return None;
        };
        Some(*view)
    });
    let mut plan = story_plan(&[]);
    plan.destination = plan.source.clone();
    plan.brakes.clear();
    plan.edit = Some(ask.edit);
    plan.groups.truncate(1);
    for group in &mut plan.groups {
        group.op = Op::Edit;
        group.steps.truncate(3);
        group.steps.iter_mut().for_each(|step| step.op = Op::Edit);
    }
    stage.tell(view, Body::Planned(Arc::new(plan)));
    stage.press("Enter");
    let screen = stage.text((80, 24));
    assert!(screen.contains("3 unfinished uploads"), "{screen}");
    assert!(screen.contains("Type delete"), "{screen}");
}

#[test]
fn a_plan_is_written_for_s5cmd() {
    let mut stage = Stage::new();
    stage.list().compare().press("s").plan();
    stage.press("e").press("j").press("j");
    let screen = stage.text((132, 36));
    assert!(screen.contains("plan.s5cmd"), "{screen}");
    stage.press("Enter");
    let saved = stage.effects.iter().find_map(|effect| {
        let Effect::Save { name, content } = effect else {
            return None;
        };
        Some((name.clone(), content.clone()))
    });
    let (name, content) = saved.unwrap();
    assert_eq!(name, "plan.s5cmd");
    assert!(content.contains("run plan.s5cmd"), "{content}");
    assert!(content.contains("\ncp "), "{content}");
}
