//! The clean-up gate in Tasks: the look, what stays by reason, the typed word, and the route that is cleaned.
#![allow(
    clippy::unwrap_used,
    reason = "a test stops where its stage cannot be set"
)]

use std::sync::Arc;

use wharf::{
    config::Config,
    domain::{
        diff::Sign,
        location::Location,
        plan::{Cleaning, Group, Op, Plan, PlannedRoute, Refusal},
        progress::{TaskId, TaskKind, TaskSnapshot, TaskState},
    },
    engine::{
        Body, Command, Family, View,
        event::{Failed, FailedClass},
    },
    tui::{msg::Effect, shell::Settings, theme::ThemeName},
};

use super::{
    screens::look,
    stage::{Stage, settings, story_plan, task},
};

const MARKERS: &str = "the source's bucket keeps versions: a removal hides each object behind a delete marker; its bytes stay, and are billed, until a lifecycle rule or a person deletes the versions";

fn route(name: &str) -> [String; 2] {
    ["data", "project/pokemon-card-recognition/data"]
        .map(|place| format!("main:s3://pokemon-card-training/{place}/{name}"))
}

/// The clean-up behind a route: so many of the story's steps go, and these stay.
fn cleans(name: &str, steps: usize, stays: &[(&str, &str)]) -> PlannedRoute {
    let [source, destination] = route(name).map(|place| Location::parse(&place).unwrap());
    let mut plan = Plan {
        source,
        destination,
        notices: vec![MARKERS.to_owned()],
        cleans: Some(Cleaning {
            task: 1,
            word: "12".into(),
        }),
        ..story_plan(&[])
    };
    plan.options.recount = false;
    let steps = plan.groups[0].steps[..steps].iter().cloned().map(|step| {
        let destination = step.source.clone().map(Box::new);
        wharf::domain::plan::Step {
            op: Op::Remove,
            destination,
            ..step
        }
    });
    let steps: Vec<_> = steps.collect();
    plan.groups = vec![Group {
        sign: Sign::Same,
        op: Op::Remove,
        overwrites: false,
        selected: true,
        why: None,
        steps,
    }];
    plan.groups.retain(|group| !group.steps.is_empty());
    plan.left = wharf::domain::plan::Left::default();
    plan.left.refused = stays
        .iter()
        .map(|(key, reason)| Refusal {
            key: (*key).into(),
            sign: Sign::Unproven,
            reason: (*reason).into(),
        })
        .collect();
    PlannedRoute {
        name: name.into(),
        plan: Arc::new(plan),
    }
}

fn planned() -> Body {
    let changed = "it changed since it was proven";
    let unproven = "nothing proves that the destination holds the same";
    let reference = [
        ("embeddings.npy", unproven),
        ("index.json", changed),
        ("usearch.index", unproven),
        (
            "metadata/a_name_that_is_so_long_that_no_column_of_any_dialog_on_a_narrow_terminal_holds_it.json",
            unproven,
        ),
        ("new.json", unproven),
        ("newer.json", unproven),
    ];
    Body::PlannedRoutes(
        [
            cleans("calibration", 4, &[]),
            cleans("raw", 8, &[]),
            cleans("reference", 0, &reference),
            cleans("processed", 0, &[]),
        ]
        .into(),
    )
}

fn head(state: TaskState) -> TaskSnapshot {
    TaskSnapshot {
        kind: TaskKind::Group,
        name: Some("migrate consolidate".into()),
        source: "main:s3://pokemon-card-training/data".into(),
        destination: "main:s3://pokemon-card-training/project".into(),
        ..task(1, state, 12, &story_plan(&[]))
    }
}

/// A task between the places of a route.
fn child(id: u64, parent: u64, (kind, state): (TaskKind, TaskState), name: &str) -> TaskSnapshot {
    let [source, destination] = route(name);
    let snapshot = task(id, state, 4, &story_plan(&[]));
    TaskSnapshot {
        parent: Some(TaskId(parent)),
        name: Some(name.into()),
        kind,
        source: source.into(),
        destination: destination.into(),
        planned: 4,
        verified: 4,
        in_flight: Vec::new(),
        ..snapshot
    }
}

/// A migration that is over, in Tasks, with the cursor on it.
fn migrated(settings: Settings) -> Stage {
    let mut stage = Stage::with(
        Settings {
            remembers: true,
            ..settings
        },
        ThemeName::Plain,
    );
    let done = (TaskKind::Sync, TaskState::Done);
    stage.list().press("2").count(vec![
        head(TaskState::Done),
        child(2, 1, done, "calibration"),
        child(3, 1, done, "raw"),
    ]);
    stage
}

fn asked(stage: &Stage) -> (View, TaskId) {
    stage.asked(|command| {
        if let Command::PlanCleanup { view, task } = command {
            Some((*view, *task))
        } else {
            None
        }
    })
}

fn ran(stage: &Stage) -> Vec<Family> {
    stage.all_asked(|command| {
        if let Command::RunFamily { family, .. } = command {
            Some(family.clone())
        } else {
            None
        }
    })
}

fn consents(stage: &Stage) -> Vec<String> {
    let named = |effect: &Effect| {
        if let Effect::Consent(remote) = effect {
            remote.name().map(str::to_owned)
        } else {
            None
        }
    };
    stage.effects.iter().filter_map(named).collect()
}

#[test]
fn nothing_goes_but_by_the_word_of_what_was_shown() {
    let mut stage = migrated(settings());
    stage.press("C");
    let (view, behind) = asked(&stage);
    assert_eq!(behind, TaskId(1));
    assert!(stage.text((132, 36)).contains("nothing is changed"));
    stage.press("Enter");
    assert!(stage.text((132, 36)).contains("Not all is listed yet"));
    stage.tell(view, planned());
    look(&stage, "cleanup");
    stage.press("Enter");
    look(&stage, "cleanup-word");
    stage.type_text("11").press("Enter");
    assert!(stage.text((132, 36)).contains("That is not the word"));
    assert!(ran(&stage).is_empty() && consents(&stage).is_empty());
    stage
        .press("Backspace")
        .press("Backspace")
        .type_text("12")
        .press("Enter");
    let family = ran(&stage).pop().unwrap();
    let names: Vec<&str> = family.members.iter().map(|member| &*member.name).collect();
    assert_eq!(
        names,
        ["calibration", "raw"],
        "what has nothing to do is no task"
    );
    assert_eq!(consents(&stage), ["12", "12"]);
    assert!(
        !stage
            .text((132, 36))
            .contains("clean up behind task 1 migrate")
    );
}

#[test]
fn what_is_not_ticked_stays_and_changes_the_word() {
    let mut stage = migrated(settings());
    stage.press("C");
    let (view, _) = asked(&stage);
    stage.tell(view, planned()).press("Space").press("Enter");
    stage.type_text("12").press("Enter");
    assert!(ran(&stage).is_empty(), "the word counts what is ticked");
    stage
        .press("Backspace")
        .press("Backspace")
        .type_text("8")
        .press("Enter");
    let family = ran(&stage).pop().unwrap();
    assert_eq!(family.members.len(), 1);
    let cleaning = family.members[0].plan.cleans.clone().unwrap();
    assert_eq!((cleaning.task, &*cleaning.word), (1, "8"));
    assert_eq!(consents(&stage), ["8"]);
}

#[test]
fn production_wants_its_name_too() {
    let mut settings = settings();
    let text = "[remotes.main]\nproduction = true\n";
    settings.config =
        Arc::new(Config::of_text(None, text, &wharf::config::Env::default()).unwrap());
    let mut stage = migrated(settings);
    stage.press("C");
    let (view, _) = asked(&stage);
    stage.tell(view, planned()).press("Enter");
    stage.type_text("12").press("Enter");
    assert!(ran(&stage).is_empty());
    stage
        .press("Backspace")
        .press("Backspace")
        .type_text("main 12")
        .press("Enter");
    assert_eq!(ran(&stage).len(), 1);
    assert_eq!(consents(&stage), ["main", "12", "main", "12"]);
}

#[test]
fn a_refusal_is_told_and_read_only_is_not_even_asked() {
    let mut stage = migrated(settings());
    stage.press("C");
    let (view, _) = asked(&stage);
    let refused = Failed {
        class: FailedClass::Usage,
        message: "task 1 copied nothing: no source stands behind it".to_owned(),
        help: None,
        request_id: None,
    };
    stage.tell(view, Body::Failed(refused));
    let screen = stage.text((132, 36));
    assert!(screen.contains("copied nothing"), "{screen}");
    assert!(!screen.contains("clean up behind task"), "{screen}");

    let mut stage = migrated(Settings {
        read_only: true,
        ..settings()
    });
    stage.press("C");
    assert!(stage.text((132, 36)).contains("Read-only"));
    let asks = |command: &Command| matches!(command, Command::PlanCleanup { .. }).then_some(());
    assert!(stage.all_asked(asks).is_empty());
}

#[test]
fn a_route_tells_of_the_clean_up_behind_it() {
    let mut stage = migrated(settings());
    let done = (TaskKind::Sync, TaskState::Done);
    stage.count(vec![
        head(TaskState::Done),
        child(2, 1, done, "calibration"),
        child(3, 1, done, "raw"),
        TaskSnapshot {
            name: Some("clean up behind task 1".into()),
            id: TaskId(4),
            ..head(TaskState::Running)
        },
        child(5, 4, (TaskKind::Cleanup, TaskState::Done), "calibration"),
        child(6, 4, (TaskKind::Cleanup, TaskState::Running), "raw"),
    ]);
    look(&stage, "cleaning");
}
