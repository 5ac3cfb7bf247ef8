//! A migration from Browse: routes, plans with their reasons, approval, and the routes at work in Tasks.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test stops at the first surprise"
)]

use std::sync::Arc;

use wharf::{
    domain::{
        location::Location,
        plan::{Op, Plan, PlannedRoute},
        progress::{TaskId, TaskKind, TaskSnapshot, TaskState},
    },
    engine::{Body, Command, Family, RouteAsk, View},
    tui::msg::Effect,
};

use super::{
    screens::look,
    stage::{Stage, plan, task},
};

/// Both sides in S3, listed, with the first two folders marked.
fn marked() -> Stage {
    let mut stage = Stage::new();
    let at = |text: &str| Some(Location::parse(text).unwrap());
    let sides = [
        at("demo:s3://pokemon-card-training/data"),
        at("demo:s3://pokemon-card-training/project/cards"),
    ];
    let effects = stage.state.open(sides, None);
    stage.effects = effects;
    stage.list().press("g g").press("Space").press("Space");
    stage
}

fn asked(stage: &Stage) -> (View, Vec<RouteAsk>) {
    stage.asked(|command| {
        if let Command::PlanRoutes { view, routes } = command {
            Some((*view, routes.clone()))
        } else {
            None
        }
    })
}

/// The plans of the routes: copies by the server, and why.
fn planned(routes: &[RouteAsk]) -> Body {
    let planned = routes.iter().map(|ask| {
        let mut plan = Plan {
            source: ask.route.source.clone(),
            destination: ask.route.destination.clone(),
            ..plan(&[])
        };
        plan.groups.truncate(1);
        for group in &mut plan.groups {
            group.op = Op::Copy;
            group.steps.iter_mut().for_each(|step| step.op = Op::Copy);
        }
        plan.take_way(Op::Copy, "the server copies: both buckets are in us-east-2");
        PlannedRoute {
            name: Arc::clone(&ask.route.name),
            plan: Arc::new(plan),
        }
    });
    Body::PlannedRoutes(planned.collect())
}

#[test]
fn marked_folders_become_routes_that_run_as_one_task() {
    let mut stage = marked();
    stage.press("M");
    let (view, routes) = asked(&stage);
    assert_eq!(routes.len(), 2);
    let places: Vec<String> = routes
        .iter()
        .map(|ask| format!("{} → {}", ask.route.source, ask.route.destination))
        .collect();
    assert!(
        places.iter().all(
            |route| route.starts_with("demo:s3://pokemon-card-training/data/")
                && route.contains("→ demo:s3://pokemon-card-training/project/cards/")
        ),
        "{places:?}"
    );
    stage.press("Enter");
    assert!(stage.text((132, 36)).contains("Not all is listed yet"));
    stage.tell(view, planned(&routes));
    look(&stage, "migrate");
    stage.press("e");
    assert!(
        stage
            .text((132, 36))
            .contains("for [migrations] of a configuration")
    );
    stage.press("G").press("Enter");
    let saved = stage.effects.iter().find_map(|effect| {
        let Effect::Save { name, content } = effect else {
            return None;
        };
        Some((name.clone(), content.clone()))
    });
    let (name, content) = saved.unwrap();
    assert_eq!(name, "migration.toml");
    assert!(
        content.contains("[migrations.\"from-browse\"]"),
        "{content}"
    );
    assert_eq!(
        content.matches("from = \"demo:s3://").count(),
        2,
        "{content}"
    );
    stage.press("Enter");
    let family: Family = stage.asked(|command| {
        if let Command::RunFamily { family, .. } = command {
            Some(family.clone())
        } else {
            None
        }
    });
    assert_eq!(family.members.len(), 2);
    assert!(family.name.starts_with("migrate "), "{}", family.name);
}

#[test]
fn routes_at_work_tell_their_stage_and_what_never_left_s3() {
    let mut stage = marked();
    stage.press("M");
    let (view, routes) = asked(&stage);
    let body = planned(&routes);
    let Body::PlannedRoutes(plans) = &body else {
        panic!("no routes")
    };
    let plans: Vec<Arc<Plan>> = plans.iter().map(|route| Arc::clone(&route.plan)).collect();
    stage.tell(view, body).press("Enter");
    let run = stage.asked(|command| {
        if let Command::RunFamily { view, .. } = command {
            Some(*view)
        } else {
            None
        }
    });
    stage.tell(run, Body::Accepted(TaskId(1))).press("2");
    let states = [TaskState::Running, TaskState::Done];
    for done in 0..4 {
        let mut tasks = vec![TaskSnapshot {
            kind: TaskKind::Group,
            name: Some("migrate consolidate".into()),
            ..task(1, TaskState::Running, done, &plans[0])
        }];
        for ((id, state), (plan, ask)) in (2..).zip(states).zip(plans.iter().zip(&routes)) {
            let all = plan.steps().count() as u64;
            let done = if state.is_over() { all } else { done };
            let child = task(id, state, done, plan);
            tasks.push(TaskSnapshot {
                parent: Some(TaskId(1)),
                name: Some(Arc::clone(&ask.route.name)),
                source: ask.route.source.to_string().into(),
                destination: ask.route.destination.to_string().into(),
                verified: child.done,
                ..child
            });
        }
        stage.count(tasks);
    }
    let screen = stage.text((132, 36));
    for told in ["proven", "ETA", "never left S3; a relay would have moved"] {
        assert!(screen.contains(told), "{told}\n{screen}");
    }
    look(&stage, "routes");
}

#[test]
fn a_migration_wants_buckets_on_both_sides_and_folders() {
    let mut stage = Stage::new();
    stage.list().press("M");
    let screen = stage.text((132, 36));
    assert!(screen.contains("both sides must be in S3"), "{screen}");
    let planned = |effect: &Effect| matches!(effect, Effect::Engine(Command::PlanRoutes { .. }));
    assert!(!stage.effects.iter().any(planned));
}
