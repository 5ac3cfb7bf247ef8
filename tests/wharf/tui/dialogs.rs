//! Dialogs of mappings, and what waits for a person, at each size: both ways with conflicts, a group's plan, ticks for parts,
//! leaving with tasks at work, and a task that is held.
#![allow(
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test stops where its stage cannot be set, and asks for the questions it knows"
)]

use std::sync::Arc;

use wharf::{
    config::{Config, Env},
    domain::{
        diff::Newer,
        entry::{Entry, Facts, Tally},
        key::Key,
        location::Location,
        plan::{Conflict, Left, Op, Plan, Settle, Step, TwoWay},
        progress::{TaskId, TaskState},
        runs::{Run, Runs},
    },
    engine::{Body, Command, View},
    tui::{shell::Settings, theme::ThemeName},
};

use super::{
    screens::look,
    stage::{Stage, settings, story_plan, task},
};

const TEXT: &str = "
[remotes.main]
region = \"us-east-2\"
[mappings.datasets]
local = \"/home/ada/datasets\"
remote = \"main:s3://your-bucket/cached-datasets\"
direction = \"pull\"
parts = \"{clipped,metadata}/{part}*\"
[mappings.models]
local = \"/home/ada/models\"
remote = \"main:s3://your-bucket/models\"
direction = \"both\"
existing = \"update\"
[groups.results]
mappings = [\"datasets\", \"models\"]
";

fn mapped() -> Settings {
    let config = Config::of_text(None, TEXT, &Env::default()).unwrap();
    let mut settings = settings();
    for mapping in &mut settings.mappings {
        let set = &config.mappings[&*mapping.name];
        mapping.right = set.remote.value.clone();
    }
    settings.groups = vec![("results".into(), vec!["datasets".into(), "models".into()])];
    settings.remembers = true;
    settings.hands_over = true;
    settings.config = Arc::new(config);
    settings
}

/// Opens the picker and goes down so many rows; a tree knows its rows once it was drawn.
fn picked(stage: &mut Stage, rows: usize) {
    stage.press("m").text((132, 36));
    for _ in 0..rows {
        stage.press("j").text((132, 36));
    }
}

fn stage() -> Stage {
    let mut stage = Stage::with(mapped(), ThemeName::Plain);
    stage.list();
    stage
}

/// The story's plan between the places of a mapping, as far as it does this.
fn between(places: [&str; 2], steps: usize) -> Plan {
    let mut plan = story_plan(&[]);
    let [source, destination] = places.map(|place| Location::parse(place).unwrap());
    plan.source = source;
    plan.destination = destination;
    plan.notices.clear();
    let group = &mut plan.groups[0];
    group.steps.truncate(steps);
    if plan.destination.disk().is_some() {
        for group in &mut plan.groups {
            group.op = Op::Download;
            group
                .steps
                .iter_mut()
                .for_each(|step| step.op = Op::Download);
        }
    }
    plan.left = Left::default();
    plan
}

const MODELS: [&str; 2] = ["/home/ada/models", "main:s3://your-bucket/models"];

fn both() -> TwoWay {
    let push = Plan {
        left: Left {
            same: [
                Tally::default(),
                Tally {
                    objects: 1_204,
                    bytes: 2_010_000_000,
                },
                Tally::default(),
                Tally::default(),
            ],
            ..Left::default()
        },
        ..between(MODELS, 9)
    };
    let mut pull = between([MODELS[1], MODELS[0]], 3);
    pull.groups.truncate(1);
    let claimed = |key: &str, reason: &str, newer, settled| {
        let Step { source, .. } = push.groups[0].steps[0].clone();
        Conflict {
            key: Key::from(key),
            left: source.clone(),
            right: source,
            newer,
            reason: reason.into(),
            settled,
        }
    };
    let conflicts = vec![
        claimed(
            "efficientnet/head.json",
            "changed on both sides",
            Newer::Left,
            Settle::Leave,
        ),
        claimed(
            "efficientnet-hailo/a_checkpoint_with_a_name_that_is_so_long_that_no_column_holds_it.onnx",
            "differs, and was never proven equal",
            Newer::Unknown,
            Settle::Leave,
        ),
        claimed(
            "notes.md",
            "changed on the left, deleted on the right",
            Newer::Right,
            Settle::Right,
        ),
    ];
    TwoWay {
        push,
        pull,
        conflicts,
    }
}

/// Answers what is asked of mappings.
fn planned(stage: &mut Stage) {
    let views = stage.all_asked(|command| match command {
        Command::Plan { view, .. } => Some((*view, false)),
        Command::PlanBoth { view, .. } => Some((*view, true)),
        _ => None,
    });
    for (view, ways) in views {
        let body = if ways {
            Body::PlannedBoth(Arc::new(both()))
        } else {
            let places = [
                "main:s3://your-bucket/cached-datasets",
                "/home/ada/datasets",
            ];
            Body::Planned(Arc::new(between(places, 12)))
        };
        stage.tell(view, body);
    }
}

#[test]
fn both_ways_with_conflicts() {
    let mut stage = stage();
    picked(&mut stage, 1);
    stage.press("Enter");
    look(&stage, "mapping-menu");
    stage.press("j").press("j").press("j").press("Enter");
    look(&stage, "both-listing");
    planned(&mut stage);
    look(&stage, "both");
}

#[test]
fn a_groups_plan() {
    let mut stage = stage();
    picked(&mut stage, 3);
    look(&stage, "places-group");
    stage.press("Enter");
    look(&stage, "group-menu");
    stage.press("Enter");
    planned(&mut stage);
    look(&stage, "group");
}

#[test]
fn the_runs_of_a_mapping_in_the_picker() {
    let mut stage = stage();
    let run = |rate: u32, failed| Run {
        rate: Some(f64::from(rate) * 1024.0 * 1024.0),
        bytes: u64::from(rate) * 40 * 1024 * 1024,
        failed,
        well: failed == 0,
    };
    let runs = Runs(vec![
        run(3, 2),
        run(31, 0),
        run(28, 0),
        run(30, 0),
        run(26, 0),
    ]);
    stage.press("m");
    stage.state.shell.runs.insert("datasets".into(), runs);
    look(&stage, "places-runs");
}

#[test]
fn parts_with_ticks() {
    let mut stage = stage();
    picked(&mut stage, 0);
    stage.press("Enter").press("G").press("Enter");
    let views: Vec<(View, Key)> = stage.all_asked(|command| match command {
        Command::List { view, folder, .. } => Some((*view, folder.clone())),
        _ => None,
    });
    for (view, folder) in views {
        let names = ["101_sermiligarssuk/", "134_Arsuk/", "7_Kangiata/"];
        let entry = |name: &&str| Entry {
            key: folder.join(name),
            facts: Facts::folder(),
        };
        let entries = names.iter().map(entry).collect();
        stage.tell(
            view,
            Body::Listed {
                folder,
                entries,
                end: None,
            },
        );
    }
    stage.press("Space").press("j").press("j").press("Space");
    look(&stage, "parts");
}

#[test]
fn leaving_with_tasks_at_work() {
    let mut stage = stage();
    let plan = story_plan(&[]);
    stage.count(vec![task(1, TaskState::Running, 4, &plan)]);
    stage.press("q");
    look(&stage, "quit-detach");
}

#[test]
fn a_task_that_waits_for_credentials() {
    let mut stage = stage();
    let plan = story_plan(&[]);
    let held = wharf::domain::progress::TaskSnapshot {
        reason: Some(
            "the credentials of main expired: run `aws sso login --profile research`; the task goes on by itself".into(),
        ),
        in_flight: Vec::new(),
        ..task(2, TaskState::Paused, 4, &plan)
    };
    stage.count(vec![held, task(1, TaskState::Done, 12, &plan)]);
    stage.tell_task(
        TaskId(2),
        wharf::domain::progress::TaskEvent::State {
            state: TaskState::Paused,
            reason: Some("the credentials of main expired: run `aws sso login --profile research`; the task goes on by itself".into()),
        },
    );
    stage.press("2");
    look(&stage, "tasks-held");
}
