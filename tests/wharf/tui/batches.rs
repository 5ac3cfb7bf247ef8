//! S3 Batch Operations in the plan dialog: `b` hands over what a job can do, says what it costs and what stays, and takes it back.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::sync::Arc;

use wharf::{
    domain::{
        batch::Role,
        location::Location,
        plan::{Existing, Op, Plan},
    },
    engine::{Body, Command},
};

use super::stage::{Stage, plan};

/// The plan of copies from bucket to bucket, with all that a job needs.
fn between() -> Plan {
    let place = |text: &str| Location::parse(text).unwrap();
    let mut plan = Plan {
        source: place("demo:s3://pokemon-card-training/data"),
        destination: place("demo:s3://pokemon-cards/archive/data"),
        ..plan(&[])
    };
    for group in &mut plan.groups {
        group.op = Op::Copy;
        group.steps.iter_mut().for_each(|step| step.op = Op::Copy);
    }
    let options = &mut plan.options;
    options.existing = Existing::Update;
    options.sse = None;
    options.batch_role = Role::parse("arn:aws:iam::123456789012:role/wharf-batch").ok();
    options.batch_report = Some(place("demo:s3://pokemon-cards/batch"));
    plan.notices.clear();
    plan
}

/// The plan dialog with this plan.
fn shown(plan: Plan) -> Stage {
    let mut stage = Stage::new();
    stage.list().press("s");
    let view = stage.asked(|command| {
        let Command::Plan { view, .. } = command else {
            return None;
        };
        Some(*view)
    });
    stage.tell(view, Body::Planned(Arc::new(plan)));
    stage
}

#[test]
fn b_hands_copies_over_and_takes_them_back() {
    let mut stage = shown(between());
    let offered = stage.text((132, 36));
    assert!(offered.contains("b hands over"), "{offered}");
    stage.press("b");
    for size in [(80, 24), (132, 36), (200, 60)] {
        let told = stage.text(size);
        for words in [
            "17 objects by S3 Batch Operations, ~$0.25; b takes back",
            "1 object stays here: 1 would write over something",
            "written over",
        ] {
            assert!(told.contains(words), "{words}\n{told}");
        }
    }
    stage.press("b");
    assert_eq!(stage.text((132, 36)), offered);
}

#[test]
fn what_cannot_be_handed_over_says_why() {
    let mut plan = between();
    plan.options.existing = Existing::Keep;
    let mut stage = shown(plan);
    assert!(!stage.text((132, 36)).contains("hands over"));
    stage.press("b");
    let told = stage.text((200, 60));
    assert!(
        told.contains("S3 Batch Operations: what exists is kept"),
        "{told}"
    );
}
