//! Versions in Browse: listed with what each is, and brought back through the plan.
#![allow(
    clippy::panic,
    reason = "a stage that cannot be set must stop the test"
)]

use jiff::{SignedDuration, Timestamp};
use wharf::{
    domain::{
        key::Key,
        plan::Edit,
        version::{Version, VersionContent},
    },
    engine::{
        Body, Command, EditAsk, View,
        look::{LookAsk, LookTold},
    },
};

use super::{
    screens::look,
    stage::{Stage, now},
};

fn asked(stage: &Stage) -> (View, Key) {
    stage.asked(|command| {
        let Command::Look { view, ask } = command else {
            return None;
        };
        let LookAsk::Versions { below, .. } = &**ask else {
            return None;
        };
        Some((*view, below.clone()))
    })
}

fn version(key: &Key, hours: i64, latest: bool, size: Option<u64>) -> Version {
    let at: Timestamp = now() - SignedDuration::from_hours(hours);
    Version {
        key: key.clone(),
        id: format!("v{hours}").into(),
        is_latest: latest,
        modified: Some(at),
        content: size.map(|size| VersionContent {
            size,
            etag: None,
            class: Some("STANDARD".into()),
        }),
    }
}

fn told(versions: Vec<Version>) -> Body {
    Body::Looked(Box::new(LookTold::Versions {
        versions,
        over: true,
    }))
}

fn planned(stage: &Stage) -> EditAsk {
    stage.asked(|command| {
        let Command::PlanEdit { ask, .. } = command else {
            return None;
        };
        Some((**ask).clone())
    })
}

/// The versions of the object under the cursor, which was deleted once and is there again.
fn of_an_object() -> Stage {
    let mut stage = Stage::new();
    stage.list().press("Tab").press("Enter").list();
    stage.press("j").press("V");
    let (view, key) = asked(&stage);
    stage.tell(
        view,
        told(vec![
            version(&key, 2, true, Some(1_234_567)),
            version(&key, 5, false, None),
            version(&key, 30, false, Some(1_200_000)),
            version(&key, 24 * 80, false, Some(900_000)),
        ]),
    );
    stage
}

#[test]
fn an_older_version_is_brought_back_by_plan() {
    let mut stage = of_an_object();
    look(&stage, "versions");
    stage.press("Enter");
    assert!(!stage.state.shell.dialogs.is_empty(), "the latest is there");
    stage.press("j").press("Enter");
    assert!(
        !stage.state.shell.dialogs.is_empty(),
        "a marker holds nothing"
    );
    stage.press("j").press("Enter");
    let ask = planned(&stage);
    assert_eq!(
        ask.edit,
        Edit::BringBack {
            version: "v30".into()
        }
    );
    assert_eq!(ask.only.len(), 1);
    let screen = stage.text((80, 24));
    assert!(screen.contains("bring back in"), "{screen}");
}

#[test]
fn what_was_deleted_below_a_folder_is_listed_with_its_names() {
    let mut stage = Stage::new();
    stage.list().press("Tab").press("V");
    let (view, folder) = asked(&stage);
    assert!(folder.is_folder());
    let [gone, there] = ["deep/gone.png", "there.png"].map(|name| folder.join(name));
    stage.tell(
        view,
        told(vec![
            version(&gone, 1, true, None),
            version(&gone, 9, false, Some(731)),
            version(&there, 3, true, Some(88_000)),
        ]),
    );
    look(&stage, "versions-folder");
    stage.press("Enter");
    let ask = planned(&stage);
    assert_eq!((ask.edit, ask.only), (Edit::Undelete, vec![gone]));
}

#[test]
fn a_side_on_a_disk_has_no_versions() {
    let mut stage = Stage::new();
    stage.list().press("V");
    assert!(stage.text((80, 24)).contains("Objects in S3 have versions"));
}
